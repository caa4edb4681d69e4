"""Mends XML that is not well-formed where it is clear what was meant, so that no parser has to guess. Pure.

Feeds come in UTF-8. What these functions do not mend is left to feedparser.
"""

from __future__ import annotations

import re
from html.entities import html5

_ROOT = re.compile(rb"(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|[^<]++)*+<([A-Za-z_][\w:.-]*)", re.DOTALL)
_TAIL = 2000
"""Bytes at the end of a file in which its outermost element ends: comments may follow."""
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)
_NOT_XML = bytes(each for each in range(32) if each not in b"\t\n\r")
_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_REFERENCE = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    rb"|&(?!(?:amp|lt|gt|quot|apos);)(?:(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{0,31});)?",
    re.DOTALL,
)


def whole_part(data: bytes) -> bytes | None:
    """Return a feed that ends early up to its last whole entry, with end tags; None if it does not end early.

    A feed without a whole entry is returned as it is.
    """
    root = _ROOT.match(data)
    if root is None or b"</%b" % root[1].lower() in data[-_TAIL:].lower() or data.endswith(b"/>"):
        return None
    end = 0
    for found in _ENTRY_END.finditer(data):
        end = found.end()
    channel = b"</channel>" if root[1].lower() == b"rss" else b""
    return b"%b%b</%b>" % (data[:end], channel, root[1]) if end else data


def mend(data: bytes) -> bytes:
    """Return a feed without characters that XML forbids, and with references that every parser understands."""
    data = _NONCHARACTER.sub(b"", data.translate(None, _NOT_XML))
    has_entities = b"<!ENTITY" in data[:_TAIL]
    return _REFERENCE.sub(lambda found: _mended_reference(found, has_entities=has_entities), data)


def _mended_reference(found: re.Match[bytes], *, has_entities: bool) -> bytes:
    whole, name = found[0], found[1]
    if not whole.startswith(b"&"):
        return whole
    if name is None:
        return b"&amp;"
    if name.startswith(b"#"):
        number = int(name[2:], 16) if name[1:2] in b"xX" else int(name[1:])
        is_xml = number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or number > 0xFFFF
        return whole if is_xml and number < 0x110000 else b""
    characters = html5.get(f"{name.decode()};")
    if characters is None:
        return whole if has_entities else b"&amp;" + whole[1:]
    return "".join(f"&#{ord(each)};" for each in characters).encode()
