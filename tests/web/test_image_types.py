from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.images import header_size
from reader.web.client import WebClient
from reader.web.response import content_type
from reader.web.responses import FetchError
from tests.web.server import Server, redirect, reply


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    return (
        b"\xff\xd8\xff\xe0\0\4ab" + before + b"\xff\xff\xc2\0\x11\x08" + struct.pack(">HH", height, width) + b"\3" * 9
    )


def webp(kind: bytes, data: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 20) + b"WEBP" + kind + struct.pack("<I", len(data)) + data


IMAGE_FILES = [
    ("image/png", png(3, 2)),
    ("image/gif", b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0\0\0"),
    ("image/jpeg", jpeg(3, 2)),
    ("image/jpeg", jpeg(3, 2, b"\xff\xd0\xff\xe1\0\x06\xff\xc0ab")),
    ("image/webp", webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 3, 2))),
    ("image/webp", webp(b"VP8L", b"\x2f" + struct.pack("<I", 2 | 1 << 14))),
    ("image/webp", webp(b"VP8X", b"\0\0\0\0" + (2).to_bytes(3, "little") + (1).to_bytes(3, "little"))),
    ("image/avif", b"\0\0\0\x1cftypavif" + b"\0" * 16 + b"ispe\0\0\0\0" + struct.pack(">II", 3, 2)),
]


@pytest.mark.parametrize(("kind", "body"), IMAGE_FILES, ids=[f"{n} {kind}" for n, (kind, _) in enumerate(IMAGE_FILES)])
async def test_images_are_recognized_by_their_bytes(server: Server, fetcher: WebClient, kind: str, body: bytes) -> None:
    server.on("/b", reply(body, kind="application/octet-stream"))
    answer = await fetcher.image(server.on("/a", redirect("/b")))
    assert (answer.content_type, answer.body) == (kind, body)
    assert header_size.size(body, kind) == (3, 2)


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (png(30_000, 30_000), "too_large", "an image of 30,000 × 30,000 pixels"),
        (jpeg(65_535, 65_535), "too_large", "an image of 65,535 × 65,535 pixels"),
        (png(0, 5), "protocol", "its image is damaged"),
        (b"\x89PNG\r\n\x1a\n", "protocol", "its image is damaged"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "not_a_page",
            "a web page of 41 bytes instead of an image",
        ),
        (b"%PDF-1.7", "not_a_page", "a PDF of 8 bytes instead of an image"),
    ],
    ids=["bomb", "jpeg bomb", "no width", "cut", "svg", "pdf"],
)
async def test_unsupported_images(server: Server, fetcher: WebClient, body: bytes, kind: str, why: str) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.image(server.on("/", reply(body)))
    assert (caught.value.kind, caught.value.why) == (kind, why)


@pytest.mark.parametrize(
    ("body", "type_", "why"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "image/svg+xml",
            "an image in an unsupported format (SVG)",
        ),
        (b"II*\0\x08\0\0\0", "image/tiff", "an image in an unsupported format (TIFF)"),
        (b"BM\0\0", "image/x-bmp", "an image in an unsupported format (BMP)"),
        (b"<html>Not found", "image/png", "a web page of 15 bytes instead of an image"),
        (b"no words", "image/webp", "a text of 8 bytes instead of an image"),
        (b"no words", "", "a text of 8 bytes instead of an image"),
    ],
)
async def test_unsupported_image_formats_are_described(
    server: Server, fetcher: WebClient, body: bytes, type_: str, why: str
) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.image(server.on("/", reply(body, kind=type_)))
    assert caught.value.why == why


@given(st.sampled_from([body for _, body in IMAGE_FILES]), st.integers(0, 60), st.binary(max_size=20))
def test_any_bytes_have_a_size_or_none(body: bytes, at: int, noise: bytes) -> None:
    changed = body[:at] + noise + body[at + len(noise) :]
    for kind in content_type.IMAGES:
        found = header_size.size(changed, kind)
        assert found is None or min(found) > 0
    assert isinstance(content_type.signature(changed), str)
