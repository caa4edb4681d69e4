"""The bytes of a web page -> the tree that the extractors work on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reader.content.html.encodings import detect_encoding
from reader.content.html.tokenizer import ATTRIBUTE
from reader.core.text import unescape

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CHARACTERS = 5_000_000
"""Characters of a page; the rest is cut off."""
MAX_ATTRIBUTES = 500
"""Attributes of an element; the rest is dropped. The parser's time grows with their square."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LONG_TAG = re.compile(r"(<[a-zA-Z][^\s<>]*+)([^<>]{4000,}+)>")
# Characters that XML (1.0, section 2.2) and therefore lxml do not allow, C1 controls, and those of placeholders.
_NOT_XML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ue0bf\ue0da-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?=[0-9]|[xX][0-9a-fA-F])(?:[xX]0*+([0-9a-fA-F]*+)|0*+([0-9]*+));?", re.ASCII)


class Parsed(NamedTuple):
    """A parsed page."""

    tree: HtmlElement
    is_whole: bool
    """False if the parser dropped elements that were nested too deep."""


def decode(source: bytes | str, charset: str = "") -> str:
    """Return a page as text without characters (and references to them) that XML forbids or placeholders use.

    ``charset`` is the one that the server named, a hint for decoding. Broken bytes
    become U+FFFD. Never raises.
    """
    text = source if isinstance(source, str) else source.decode(detect_encoding(source, charset), "replace")
    text = text.removeprefix("\ufeff")
    text = _NOT_XML.sub("", text)
    return _REFERENCE.sub(_safe_reference, text) if "&#" in text else text


def _safe_reference(found: re.Match[str]) -> str:
    """Return a numeric reference, or its character where a parser would fail on it or misread it."""
    digits = found[1] or found[2] or "0"
    number = int(digits, 16 if found[1] else 10) if len(digits) < 8 else 0
    if number in (9, 10, 13) or number >= 0xA0 or 0x20 <= number < 0x7F:
        return found[0] if number < 0x110000 and not _NOT_XML.match(chr(number)) else ""
    # unescape() reads &#146; as Windows-1252, as the HTML standard requires (13.2.5.80).
    return _NOT_XML.sub("", unescape(f"&#{number};"))


def parse(source: str) -> Parsed | None:
    """Return the tree of a page, or None if it has no markup.

    ``source`` comes from :func:`decode`. Elements nested more than 255 deep are dropped, the limit of libxml2.
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    source = _LONG_TAG.sub(_with_some_attributes, source[:MAX_CHARACTERS])
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        # As bytes, because lxml refuses text with an encoding declaration.
        tree = document_fromstring(source.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    return Parsed(tree, not parser.error_log.filter_types([etree.ErrorTypes.ERR_RESOURCE_LIMIT]))


def _with_some_attributes(tag: re.Match[str]) -> str:
    """Return a long tag with at most :data:`MAX_ATTRIBUTES` attributes."""
    for index, attribute in enumerate(ATTRIBUTE.finditer(tag[2])):
        if index == MAX_ATTRIBUTES:
            return f"{tag[1]}{tag[2][: attribute.start()]}>"
    return tag[0]


def elements(tree: HtmlElement, *names: str) -> list[HtmlElement]:
    """Return the elements with these names in order."""
    return list(tree.iter(*names))


def drop(element: HtmlElement) -> None:
    """Remove an element from its tree, but not the text behind it."""
    if element.getparent() is not None:
        element.drop_tree()


def text_of(element: HtmlElement) -> str:
    """Return all text inside an element with blanks collapsed."""
    return " ".join(" ".join(element.itertext()).split())


def size_of(element: HtmlElement) -> int:
    """Return the number of characters of text inside an element, without blanks."""
    return sum(len("".join(text.split())) for text in element.itertext())


def is_hidden(element: HtmlElement) -> bool:
    """Return whether an element itself says that it is not shown."""
    get = element.get
    return get("hidden") is not None or get("aria-hidden") == "true" or bool(_HIDDEN.search(get("style") or ""))
