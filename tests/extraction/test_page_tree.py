from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.extraction.page_tree import decode

TEXT = "Grüße aus Köln – “naïve”"


@pytest.mark.parametrize(
    ("source", "charset", "expected"),
    [
        (TEXT.encode(), "", TEXT),
        (TEXT.encode("cp1252"), "", TEXT),
        (TEXT.encode("cp1252"), "ISO-8859-1", TEXT),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("Привет".encode("koi8-r"), "KOI8-R", "Привет"),
        ("你好，世界".encode("gb18030"), "gb2312", "你好，世界"),
        ("こんにちは".encode("cp932"), "Shift_JIS", "こんにちは"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "cp1251", TEXT),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-8", TEXT),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "", TEXT),
        (b"<meta charset='windows-1251'>" + "Да".encode("cp1251"), "", "<meta charset='windows-1251'>Да"),
        (
            b'<meta http-equiv=Content-Type content="text/html; charset=euc-kr">' + "한국".encode("cp949"),
            "",
            '<meta http-equiv=Content-Type content="text/html; charset=euc-kr">한국',
        ),
        (
            b"<?xml version='1.0' encoding='big5'?>" + "中文".encode("big5"),
            "",
            "<?xml version='1.0' encoding='big5'?>中文",
        ),
        (b"<meta charset=utf-16>" + TEXT.encode(), "", f"<meta charset=utf-16>{TEXT}"),
        (TEXT.encode(), "no-such-charset", TEXT),
        (TEXT.encode(), "hex", TEXT),
        (TEXT.encode(), "unicode_escape", TEXT),
        (TEXT.encode() * 30 + b"\xff", "", TEXT * 30 + "\ufffd"),
        (TEXT, "ascii", TEXT),
    ],
)
def test_a_page_is_read_in_its_charset(source: bytes | str, charset: str, expected: str) -> None:
    assert decode(source, charset) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\x00b\x1b[31mc\x9bd\ud800e\ufffff", "ab[31mcdef"),
        ("&#27;&#x1b;&#x001B;&#8;x", "x"),
        ("&#0;&#00000;&#x0;", "\ufffd\ufffd\ufffd"),
        ("&#146;s &#x80;", "’s €"),
        ("&#xD800;&#1114112;&#x110000;&#99999999999;", "\ufffd" * 4),
        ("&#65;&#x41;&#10;&#160;&#8212;&#x1F600;", "&#65;&#x41;&#10;\xa0—😀"),
        ("&#;&#x;&#xg;&#a; &# &amp;", "&#;&#x;&#xg;&#a; &# &amp;"),
    ],
)
def test_characters_that_xml_forbids_are_removed(source: str, expected: str) -> None:
    assert decode(source) == expected


@given(st.binary(), st.text(max_size=12))
def test_any_bytes_become_text_that_lxml_accepts(source: bytes, charset: str) -> None:
    from lxml.etree import Element

    Element("a").text = decode(source, charset)
