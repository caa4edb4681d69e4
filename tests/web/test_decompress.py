from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.response.decompress import PIECE, BodyDecoder
from reader.web.responses import FetchError

_CODERS = {
    "": lambda content: content,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


def decoded(codings: str, data: bytes, limit: int, step: int) -> bytes:
    body = BodyDecoder(codings, limit, "a.example")
    for at in range(0, len(data), step):
        body.feed(data[at : at + step])
    return body.end()


@given(st.sampled_from(list(_CODERS)), st.binary(max_size=500), st.integers(1, 300), st.integers(1, 40))
def test_any_split_of_the_input_decodes_the_same(coding: str, seed: bytes, times: int, step: int) -> None:
    content = seed * times
    data = _CODERS[coding](content)
    assert decoded(coding, data, max(len(content), len(data)), max(step, len(data) // 50)) == content


@given(st.sampled_from(list(_CODERS)), st.integers(1, 4 * PIECE), st.integers(0, 4 * PIECE))
def test_never_more_than_the_limit(coding: str, size: int, limit: int) -> None:
    data = _CODERS[coding](b" " * size)
    body = BodyDecoder(coding, limit, "a.example")
    try:
        body.feed(data)
    except FetchError as error:
        assert error.kind == "too_large"
        assert max(size, len(data)) > limit
    else:
        assert body.end() == b" " * size
    assert len(body.content) <= limit


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 1_000_000])
def test_content_of_exactly_one_piece(size: int) -> None:
    assert len(decoded("gzip", gzip.compress(b" " * size), size, 1_000_000)) == size


@given(st.sampled_from(["gzip", "deflate"]), st.binary())
def test_any_bytes_decode_or_raise(coding: str, data: bytes) -> None:
    try:
        decoded(coding, data, 1_000_000, 7)
    except FetchError as error:
        assert error.why == "its response is damaged" or error.kind == "too_large"


def test_members_that_arrive_one_by_one() -> None:
    body = BodyDecoder("gzip", 100, "a.example")
    for member in (b"one ", b"two ", b"three"):
        body.feed(gzip.compress(member))
    body.feed(b"garbage")
    assert body.end() == b"one two three"


@pytest.mark.parametrize("codings", ["gzip, gzip", "br", "zstd", "identity, br", "gzip deflate"])
def test_other_codings_are_refused(codings: str) -> None:
    with pytest.raises(FetchError, match="unsupported compression"):
        BodyDecoder(codings, 10, "a.example")


@pytest.mark.parametrize("codings", ["", " ", "identity", "IDENTITY, ", ","])
def test_an_uncompressed_body(codings: str) -> None:
    assert decoded(codings, b"text", 10, 1) == b"text"


def test_an_empty_body_need_not_be_compressed() -> None:
    assert BodyDecoder("gzip", 10, "a.example").end() == b""
