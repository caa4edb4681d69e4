"""The bytes of a web page -> its tree."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reader.content.html.encodings import detect_encoding
from reader.content.html.page_head import PageHead
from reader.content.html.tokenizer import ATTRIBUTE
from reader.core.text import unescape
from reader.extraction.extractors import MARKS

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CHARACTERS = 5_000_000
"""Characters of a page; the rest is cut off."""
MAX_ATTRIBUTES = 500
"""Attributes of an element; the rest is dropped. The parser's time grows with their square."""
_SNIFFED = 1_000
"""Bytes that are checked for binary data."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "br", "button", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "math", "q", "rb", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
"""Elements inside lines."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
TEXTS = HEADINGS | {"p", "pre", "dt", "figcaption", "caption", "summary"}
"""Elements that stay whole if any of their text was chosen."""
_PROSE = (
    "p", "div", "li", "dd", "td", "section", "article", "main", "blockquote", "center", "font", "span", "body", "pre",
)  # fmt: skip
_LONG = 60
"""Characters of a text that needs no paragraph to be running text."""
_TAG = re.compile(r"<[a-zA-Z!?/]")
_HIDING_CLASSES = frozenset({"hide", "hidden", "is-hidden", "d-none", "display-none", "visuallyhidden"})
_LONG_TAG = re.compile(r"(<[a-zA-Z][^\s<>]*+)([^<>]{4000,}+)>")
# Characters that XML (1.0, section 2.2) and therefore lxml do not allow, C1 controls, and the planes for private use,
# which serve as marks.
_NOT_XML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U000effff]")
_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]++|[0-9]++);?")


@dataclass
class ParsedPage:
    """A page, decoded and parsed once."""

    text: str
    tree: HtmlElement | None = None
    """None for plain text."""
    is_whole: bool = True
    """False if the parser dropped elements that were nested too deep."""

    @cached_property
    def head(self) -> PageHead:
        """What the head of the page says."""
        head = PageHead()
        for element in () if self.tree is None else self.tree.iter("html", "title", "meta", "time", "link", "script"):
            head.add(str(element.tag), attributes_of(element), element.text or "")
        return head


def decode(source: bytes | str, charset: str = "") -> str:
    """Return a page as text without characters (and references to them) that XML forbids or marks use.

    ``charset`` is the one that the server named, a hint for decoding. Broken bytes
    become U+FFFD. Never raises.
    """
    text = source if isinstance(source, str) else source.decode(detect_encoding(source, charset), "replace")
    text = _NOT_XML.sub("", text.removeprefix("\ufeff"))
    return _REFERENCE.sub(_safe_reference, text) if "&#" in text else text


def _safe_reference(found: re.Match[str]) -> str:
    """Return a numeric reference to a letter of ASCII, which may be markup, as it is, and others as their character."""
    # unescape() reads &#146; as Windows-1252, as the HTML standard requires (13.2.5.80).
    text = _NOT_XML.sub("", unescape(f"{found[0].rstrip(';')};"))
    return found[0] if text.isascii() and text else text


def read_page(source: bytes | str, charset: str = "") -> ParsedPage:
    """Return a page as text and as a tree. Elements nested more than 255 deep are dropped, the limit of libxml2."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if isinstance(source, bytes) and b"\0" in source[:_SNIFFED] and not source.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return ParsedPage("")  # an image, a PDF or a program: of texts, only those in UTF-16 have NULs
    text = decode(source, charset)[:MAX_CHARACTERS]
    if not _TAG.search(text):
        return ParsedPage(text)
    markup = _LONG_TAG.sub(_with_some_attributes, text)
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        # As bytes, because lxml refuses text with an encoding declaration.
        tree = document_fromstring(markup.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return ParsedPage("")
    return ParsedPage(text, tree, not parser.error_log.filter_types([etree.ErrorTypes.ERR_RESOURCE_LIMIT]))


def _with_some_attributes(tag: re.Match[str]) -> str:
    """Return a long tag with at most :data:`MAX_ATTRIBUTES` attributes."""
    for index, attribute in enumerate(ATTRIBUTE.finditer(tag[2])):
        if index == MAX_ATTRIBUTES:
            return f"{tag[1]}{tag[2][: attribute.start()]}>"
    return tag[0]


def attributes_of(element: HtmlElement) -> dict[str, str]:
    """Return the attributes of an element by name."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def drop(element: HtmlElement) -> None:
    """Remove an element from its tree, but not the text behind it."""
    if element.getparent() is not None:
        element.drop_tree()


def text_of(element: HtmlElement) -> str:
    """Return all text inside an element without marks, and with blanks collapsed."""
    return " ".join(MARKS.sub("", " ".join(element.itertext())).split())


def size_of(element: HtmlElement) -> int:
    """Return the number of characters of text inside an element, without blanks."""
    return len("".join("".join(element.itertext()).split()))


def is_hidden(element: HtmlElement) -> bool:
    """Return whether an element itself says that it is not shown."""
    get = element.get
    if get("hidden") is not None or get("aria-hidden") == "true" or _HIDDEN.search(get("style") or ""):
        return True
    return not _HIDING_CLASSES.isdisjoint((get("class") or "").split())


def is_in_page_header(heading: HtmlElement) -> bool:
    """Return whether a heading is the name of the site rather than that of an article."""
    around = next(heading.iterancestors("header"), None)
    return around is not None and next(around.iterancestors("article", "main"), None) is None


def prose_size(element: HtmlElement) -> int:
    """Return the characters of running text in an element: of paragraphs and long pieces, not of links."""
    total = 0
    for inner in element.iter(*_PROSE):
        own = len((inner.text or "").strip())
        for child in inner:
            own += len((child.tail or "").strip())
        if inner.tag == "p" or own > _LONG:
            total += own
    return total


def linked_share(element: HtmlElement) -> float:
    """Return the share of an element's text that is inside links to other pages, from 0 to 1."""
    total = size_of(element)
    links = (link for link in element.iter("a") if not (link.get("href") or "#").startswith("#"))
    return sum(map(size_of, links)) / total if total else 0.0
