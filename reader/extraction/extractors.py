"""The results of trafilatura and readability as blocks.

We walk trafilatura's XML, since its Markdown loses quotes and blank lines. Its tags become tokens of HTML, so that
:mod:`reader.content.html.builder` alone decides what a block is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING

from reader.content.blocks import Block
from reader.content.html.builder import MAX_CHARACTERS, assemble, cut_notice
from reader.content.html.tokenizer import Token, tokens
from reader.extraction.placeholders import (
    CODE,
    CODE_BREAK,
    Placeholders,
    number_of,
    show_code,
    split_placeholders,
    without_number,
)

if TYPE_CHECKING:
    from types import ModuleType

    from lxml.etree import _Element
    from lxml.html import HtmlElement

log = logging.getLogger(__name__)

_LIBRARY_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""Raised by code that was not written for hostile pages; the other candidates remain."""
_NAMES = {
    **{"p": "p", "quote": "blockquote", "item": "li", "table": "table", "row": "tr", "del": "s", "body": "div"},
    **{"div": "div", "td": "td", "th": "th", "tr": "tr"},
}
_STYLES = {"#b": "b", "#i": "i", "#t": "kbd"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def trafilatura_blocks(tree: HtmlElement, placeholders: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return what trafilatura finds in its fast mode, or nothing. Leaves the tree unchanged."""
    try:
        found = _trafilatura().bare_extraction(
            tree,
            fast=True,
            include_comments=False,
            include_formatting=True,
            include_images=True,
            include_links=True,
            include_tables=True,
            output_format="xml",
        )
    except _LIBRARY_ERRORS:
        log.warning("trafilatura failed on a page; the other candidates remain", exc_info=True)
        return ()
    return () if found is None else assemble(_walk(found.body, placeholders), base_url)


def readability_blocks(tree: HtmlElement, placeholders: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return what readability finds, or nothing. Leaves the tree unchanged."""
    library = _readability()
    try:
        found = library.Document(deepcopy(tree)).summary(html_partial=True)
    except library.Unparseable:
        return ()
    return assemble(_restored(tokens(found), placeholders), base_url)


def all_blocks(tree: HtmlElement, placeholders: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return everything in a prepared tree, in linear time and within the limits of parse_html."""
    from lxml.etree import tostring

    text = tostring(tree, encoding="unicode", method="html")
    blocks = assemble(_restored(tokens(text[:MAX_CHARACTERS]), placeholders), base_url)
    return (*blocks, cut_notice()) if len(text) > MAX_CHARACTERS else blocks


@cache
def _trafilatura() -> ModuleType:
    """Return the library. Lazy: the import takes a third of a second."""
    from trafilatura import core

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns about every page without an article
    return core


@cache
def _readability() -> ModuleType:
    from readability import readability

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    return readability  # type: ignore[no-any-return]


# --- trafilatura's XML ------------------------------------------------------------------------


def _walk(root: _Element, placeholders: Placeholders) -> Iterator[Token]:
    """Yield the tokens of trafilatura's tree, without recursion."""
    stack: list[tuple[_Element, bool]] = [(root, False)]
    while stack:
        element, is_closing = stack.pop()
        name = _name(element)
        if is_closing:
            if name:
                yield Token("end", name)
            if element.tail and element is not root:
                yield from _text(element.tail, placeholders)
            continue
        stack.append((element, True))
        if name == "pre":
            yield from _listing(element.text or "")
            stack[-1:] = []
            if element.tail:
                yield from _text(element.tail, placeholders)
            continue
        if name == "img":
            yield from _image(element.get("src") or "", placeholders)
            continue
        if name:
            yield Token("start", name, _attributes(element, name))
        if element.text:
            yield from _text(element.text, placeholders)
        stack += [(child, False) for child in reversed(element) if isinstance(child.tag, str)]


def _name(element: _Element) -> str:
    """Return the HTML name of an element of trafilatura; empty for one without meaning."""
    tag, kind = str(element.tag), element.get("rend") or ""
    if tag in _NAMES:
        return {"dt": "dt", "dd": "dd"}.get(kind[:2], "li") if tag == "item" else _NAMES[tag]
    match tag:
        case "head":
            return kind if kind in _HEADINGS else "h2"
        case "list":
            return kind if kind in ("ol", "dl") else "ul"
        case "code":
            return "pre" if (element.text or "").startswith(CODE) else "code"
        case "cell":
            return "th" if element.get("role") == "head" else "td"
        case "hi":
            return _STYLES.get(kind, "")
        case "ref":
            return "a"
        case "lb":
            return "br"
        case "graphic":
            return "img"
    return ""


def _attributes(element: _Element, name: str) -> Mapping[str, str]:
    if name == "a":
        return {"href": element.get("target") or ""}
    if name == "li" and (number := number_of(_first_text(element))):
        return {"value": number}
    return {}


def _first_text(item: _Element) -> str:
    """Return the first text of an item; empty if it starts with a list, whose first text is another item's."""
    inner: _Element | None = item
    while inner is not None and not inner.text:
        inner = next((child for child in inner if isinstance(child.tag, str)), None)
        if inner is not None and inner.tag == "list":
            return ""
    return "" if inner is None else inner.text or ""


# --- placeholders -------------------------------------------------------------------------------


def _restored(found: Iterator[Token], placeholders: Placeholders) -> Iterator[Token]:
    """Yield tokens of HTML with the images and code listings of the page."""
    in_listing = False
    for token in found:
        if token.kind == "start" and token.text == "img":
            yield from _image(token.attributes.get("src", ""), placeholders)
        elif token.kind == "text" and token.text.startswith(CODE):
            yield from _listing(token.text)
        elif token.kind == "start" and token.text == "code" and token.attributes.get("lang"):
            in_listing = True
        elif token.kind == "end" and token.text == "code" and in_listing:
            in_listing = False
        elif token.kind == "text":
            yield from _text(token.text, placeholders)
        else:
            yield token


def _text(text: str, placeholders: Placeholders) -> Iterator[Token]:
    """Yield a text, with its placeholders replaced."""
    for piece, html in split_placeholders(without_number(text), placeholders):
        if html:
            yield from _restored(tokens(html), placeholders)
        else:
            yield Token("text", piece)


def _image(address: str, placeholders: Placeholders) -> Iterator[Token]:
    image = placeholders.find(address)
    if image is None:
        return
    size = {name: value for name, value in (("width", image.width), ("height", image.height)) if value}
    yield Token("start", "figure")
    yield Token("start", "img", {"src": image.url, "alt": image.alt, **size})
    if image.caption:
        yield Token("start", "figcaption")
        yield Token("text", image.caption)
        yield Token("end", "figcaption")
    yield Token("end", "figure")


def _listing(text: str) -> Iterator[Token]:
    language, _, code = text.removeprefix(CODE).partition(CODE_BREAK)
    yield Token("start", "pre", {"class": f"language-{language}"} if language else {})
    yield Token("text", show_code(code))
    yield Token("end", "pre")
