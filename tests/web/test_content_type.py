"""Media types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.response import content_type


@given(st.text())
def test_any_content_type_can_be_parsed(header: str) -> None:
    name, label = content_type.media_type(header)
    assert name.isascii() and name.isprintable() and len(label) <= 64
    assert content_type.describe(name)


@given(st.binary())
def test_any_body_has_a_type(body: bytes) -> None:
    assert content_type.sniff(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b" \n<!DOCTYPE HTML><p>", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        (b"<?xml version='1.0'?><html>", "text/html"),
        (b"<p>x", "text/html"),
        (b"Once upon a time", "text/plain"),
        (b"ID3 is a tag. BZh, too.", "text/plain"),
        (b"ID3\x03\0\0\0", "audio/mpeg"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"\xff\xfea\0", "text/plain"),
        (b"\x01\x02", "application/octet-stream"),
    ],
)
def test_a_body_without_a_declared_type(body: bytes, kind: str) -> None:
    assert content_type.sniff(body) == kind
