"""The bytes of a web page -> text that a parser takes."""

from __future__ import annotations

import codecs
import re

from reader.text import unescape

PRESCAN = 4_096
"""Bytes in which a page may name its own charset; the HTML standard asks for 1,024, pages in the wild use more."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<(?:meta\b|\?xml\b)[^>]*?\b(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
# What pages call a charset and what browsers take it for (WHATWG Encoding, section 4.2).
_TAKEN_FOR = {
    **dict.fromkeys(("ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin-1", "latin1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "chinese"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "korean"), "cp949"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "windows-874"), "cp874"),
    **dict.fromkeys(("x-cp1251",), "cp1251"),
    **dict.fromkeys(("unicode-1-1-utf-8", "utf8"), "utf-8"),
}
# XML takes no other characters, and lxml with it (XML 1.0, section 2.2); C1 controls are taken out with them.
_NOT_XML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?=[0-9]|[xX][0-9a-fA-F])(?:[xX]0*+([0-9a-fA-F]*+)|0*+([0-9]*+));?", re.ASCII)


def decode(source: bytes | str, charset: str = "") -> str:
    """Return a page as text without the characters and numeric references that XML does not take.

    A byte order mark holds before ``charset``, what the server said; then come what the
    page says of itself, UTF-8, and Windows-1252. Broken bytes become U+FFFD; never raises.
    """
    text = source if isinstance(source, str) else _decoded(source, charset)
    text = _NOT_XML.sub("", text)
    return _REFERENCE.sub(_harmless, text) if "&#" in text else text


def _decoded(source: bytes, charset: str) -> str:
    for mark, name in _BOMS:
        if source.startswith(mark):
            return source[len(mark) :].decode(name, "replace")
    said = _META.search(source[:PRESCAN])
    for name in (charset, said[1].decode("ascii", "replace") if said else ""):
        codec = _codec(name)
        # Whoever could read "meta charset=utf-16" in ASCII knows that it is none.
        if codec and not (name is not charset and codec.startswith(("utf-16", "utf-32"))):
            return source.decode(codec, "replace")
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError:
        # One broken character does not make another charset of a long text.
        text = source.decode("utf-8", "replace")
        beyond = sum(byte >= 0x80 for byte in source[:200_000])
        return text if text[:200_000].count("\ufffd") * 10 < beyond else source.decode("cp1252", "replace")


def _codec(name: str) -> str:
    """Return the name of Python's codec for text in a charset, or nothing when there is none."""
    name = name.strip().strip("\"'").lower()
    name = _TAKEN_FOR.get(name, name)
    try:
        found = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        return ""
    # Codecs such as "hex" and "zip" turn bytes into bytes, "unicode_escape" reads programs; no page is in them.
    if (
        found is None
        or not found._is_text_encoding
        or "escape" in found.name
        or found.name in ("idna", "punycode", "mbcs")
    ):
        return ""
    return found.name


def _harmless(found: re.Match[str]) -> str:
    """Return a numeric reference, or what it stands for when a parser would choke on it or misread it."""
    digits = found[1] or found[2] or "0"
    number = int(digits, 16 if found[1] else 10) if len(digits) < 8 else 0
    if number in (9, 10, 13) or number >= 0xA0 or 0x20 <= number < 0x7F:
        return found[0] if number < 0x110000 and not _NOT_XML.match(chr(number)) else ""
    # unescape knows that &#146; is meant as Windows-1252, as the HTML standard says (13.2.5.80).
    return _NOT_XML.sub("", unescape(f"&#{number};"))
