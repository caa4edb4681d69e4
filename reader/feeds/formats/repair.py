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
_ENTRY_START = re.compile(rb"<((?:[\w.-]{1,40}:)?(?:item|entry))(?:\s[^<>]*)?>", re.IGNORECASE)
_ELEMENT = re.compile(rb"\s*(?:<!--.*?-->\s*)*<([A-Za-z_][\w:.-]*)(?:[\s/][^<>]*)?(?:(?<=/)>|>.*?</\1\s*>)", re.DOTALL)
"""An element and all in it."""
_NOT_XML = bytes(each for each in range(32) if each not in b"\t\n\r")
_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_REFERENCE = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    rb"|&(?!(?:amp|lt|gt|quot|apos);)(?:(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{0,31});)?",
    re.DOTALL,
)

_OPEN_SECTION = re.compile(
    rb"<([\w:.-]{1,80})(?:\s[^<>]*)?>\s*<!\[CDATA\[(?:(?!\]\]>|<!\[CDATA\[).)*+(?=<!\[CDATA\[|\Z)", re.DOTALL
)
"""An element that begins with a section that has no end before another begins."""
_ATOM = b"http://www.w3.org/2005/Atom"
_PREFIX = re.compile(rb"[<\s/]([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]*(?=[\s/>=])")
_DECLARED_PREFIX = re.compile(rb"\sxmlns:([\w.-]{1,41})\s*=")
_MOST_PREFIXES = 50
_TAG_END = re.compile(rb"/?>")
_TAG = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<(/?)([A-Za-z_][\w:.-]*)([\s/][^<>]*)?>", re.DOTALL
)
_ENTRIES = frozenset({b"item", b"entry"})
_LINES = frozenset({b"title", b"link", b"guid", b"id", b"pubdate", b"published", b"updated", b"dc:date", b"dc:creator"})
"""Elements in which none of these, nor an entry, begins."""
_EMPTY = frozenset({b"br", b"hr", b"img", b"wbr"})
"""Elements of HTML that have no end tag."""
_MOST_OPEN = 200
"""Elements in each other, at most."""


def root_of(data: bytes) -> bytes:
    """Return the name of the outermost element of a feed in lower case; empty if there is none."""
    root = _ROOT.match(data)
    return root[1].lower() if root else b""


def whole_part(data: bytes) -> bytes | None:
    """Return a feed that ends early up to what is whole in it, with end tags; None if it does not end early.

    The entry in which it ends is kept, without the element in which it ends, if its title and its id or link are whole.
    A feed without a whole entry is returned as it is.
    """
    root = _ROOT.match(data)
    if root is None or b"</%b" % root[1].lower() in data[-_TAIL:].lower() or data.endswith(b"/>"):
        return None
    end = 0
    for found in _ENTRY_END.finditer(data):
        end = found.end()
    entry = _ENTRY_START.search(data, end)
    last = _end_of_elements(data, entry.end()) if entry else 0
    if not end and not last:
        return data
    body = data[:last] + b"</%b>" % entry[1] if entry and last else data[:end]
    return b"%b%b</%b>" % (body, b"</channel>" if root[1].lower() == b"rss" else b"", root[1])


def _end_of_elements(data: bytes, start: int) -> int:
    """Return where the last whole element of an entry ends; 0 if it has no whole title and id or link."""
    names = set()
    while found := _ELEMENT.match(data, start):
        names.add(found[1].lower())
        start = found.end()
    return start if b"title" in names and not names.isdisjoint({b"id", b"guid", b"link"}) else 0


def mend(data: bytes) -> bytes:
    """Return a feed without characters that XML forbids, with references and prefixes that every parser understands."""
    data = _NONCHARACTER.sub(b"", data.translate(None, _NOT_XML))
    data = _OPEN_SECTION.sub(lambda found: found[0].replace(b"</%b>" % found[1], b"]]></%b>" % found[1], 1), data)
    has_entities = b"<!ENTITY" in data[:_TAIL]
    return _declare(_REFERENCE.sub(lambda found: _mended_reference(found, has_entities=has_entities), data))


def _declare(data: bytes) -> bytes:
    """Return a feed that declares its prefixes, which alone tell their meaning, except for that of Atom."""
    root = _ROOT.match(data)
    missing = {*_PREFIX.findall(data)} - {*_DECLARED_PREFIX.findall(data)} - {b"xml", b"xmlns"}
    if root is None or len(missing) > _MOST_PREFIXES:
        return data
    namespaces = ((each, _ATOM if each == b"atom" else b"urn:" + each) for each in sorted(missing))
    declarations = b"".join(b' xmlns:%b="%b"' % each for each in namespaces)
    # After those that are there: feedparser forgets a prefix if its usual namespace is declared later by another one.
    end = _TAG_END.search(data, root.end())
    return data[: end.start()] + declarations + data[end.start() :] if end else data


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


def balance(data: bytes) -> bytes:
    """Return a feed in which each element ends: before its parent does, or at an end tag whose name is misspelt."""
    pieces: list[bytes] = []
    names: list[bytes] = []  # of the elements that are open
    position = 0

    def close(count: int) -> None:
        pieces.extend(b"</%b>" % names.pop() for _ in range(count))

    for found in _TAG.finditer(data):
        if found[2] is None:
            continue
        pieces.append(data[position : found.start()])
        position, name = found.end(), found[2].lower()
        outwards = [each.lower() for each in reversed(names)]
        if found[1]:
            close(next((n for n, each in enumerate(outwards, 1) if each == name), _is_like(name, outwards[:1])))
            continue
        if name in _ENTRIES:
            close(next((n for n, each in enumerate(outwards, 1) if each in _ENTRIES), 0))
        if name in _ENTRIES | _LINES and names and names[-1].lower() in _LINES:
            close(1)
        is_closed = found[0].endswith(b"/>")
        is_empty = name in _EMPTY or (name == b"link" and b"href=" in found[0])
        pieces.append(found[0][:-1] + b"/>" if is_empty and not is_closed else found[0])
        if not is_empty and not is_closed:
            names.append(found[2])
        if len(names) > _MOST_OPEN:
            return data  # no parser reads it
    pieces.append(data[position:])
    close(len(names))
    return b"".join(pieces)


def _is_like(name: bytes, others: list[bytes]) -> bool:
    """Return whether a name may be one of the others, misspelt, as ``titel``: they share the first and most letters."""
    return any(name[0] == each[0] and 5 * len({*name} & {*each}) >= 3 * len({*name} | {*each}) for each in others)
