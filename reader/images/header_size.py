"""The size of an image from its header, to be known before anything decodes it. Pure.

A file of a few kilobytes can decompress to gigabytes of pixels. An image whose header gives no size is not accepted.
"""

from __future__ import annotations

import re
from math import prod
from struct import error as StructError  # noqa: N812 - named as an exception is
from struct import unpack_from

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15: ITU T.81, table B.1
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_MAX_MARKERS = 1_000


def size(body: bytes, media: str) -> tuple[int, int] | None:
    """Return width and height in pixels from the header of an image with media type ``media``, or None."""
    read = {
        "image/png": _png,
        "image/gif": _gif,
        "image/jpeg": _jpeg,
        "image/webp": _webp,
        "image/avif": _avif,
    }.get(media)
    try:
        found = read(body) if read else None
    except (StructError, IndexError):
        return None
    return found if found and min(found) > 0 else None


def _png(body: bytes) -> tuple[int, int] | None:
    return unpack_from(">II", body, 16) if body[12:16] == b"IHDR" else None


def _gif(body: bytes) -> tuple[int, int] | None:
    return unpack_from("<HH", body, 6)


def _jpeg(body: bytes) -> tuple[int, int] | None:
    offset = 2
    for _ in range(_MAX_MARKERS):
        if body[offset] != 0xFF:
            return None
        while body[offset] == 0xFF:  # any number of fill bytes may precede a marker
            offset += 1
        marker = body[offset]
        offset += 1
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in _FRAMES:
            height, width = unpack_from(">HH", body, offset + 3)
            return width, height
        offset += unpack_from(">H", body, offset)[0]
    return None


def _webp(body: bytes) -> tuple[int, int] | None:
    kind = body[12:16]
    if kind == b"VP8 ":  # RFC 6386, 9.1: 14 bits each
        width, height = unpack_from("<HH", body, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = unpack_from("<I", body, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1
    return None


def _avif(body: bytes) -> tuple[int, int] | None:
    # ISO/IEC 23008-12, 6.5.3: one for each contained image; a decoder may have to hold the largest.
    sizes = (unpack_from(">II", body, found.end() + 4) for found in re.finditer(b"ispe", body[:65_536]))
    return max(sizes, key=prod, default=None)
