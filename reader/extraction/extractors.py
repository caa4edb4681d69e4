"""What the two extractors find in a prepared tree, as blocks.

trafilatura's XML is walked, not its Markdown, which loses quotes and blank lines. Its tags
become tokens of HTML, so that :mod:`reader.content.html.builder` decides what a block is, as everywhere.
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
from reader.extraction.placeholders import CODE, CODE_BREAK, Placeholders, number_of, parted, show_code, without_number

if TYPE_CHECKING:
    from types import ModuleType

    from lxml.etree import _Element
    from lxml.html import HtmlElement

log = logging.getLogger(__name__)

_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What code that was not written for hostile pages raises; a page is not lost by one of them."""
_PLAIN = {
    **{"p": "p", "quote": "blockquote", "item": "li", "table": "table", "row": "tr", "del": "s", "body": "div"},
    **{"div": "div", "td": "td", "th": "th", "tr": "tr"},
}
_STYLES = {"#b": "b", "#i": "i", "#t": "kbd"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def trafilatura_blocks(tree: HtmlElement, held: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return what trafilatura finds, in its fast mode; empty when that is nothing. The tree stays as it is."""
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
    except _FAULTS:
        log.warning("trafilatura failed at a page; the other opinions hold", exc_info=True)
        return ()
    return () if found is None else assemble(_walk(found.body, held), base_url)


def readability_blocks(tree: HtmlElement, held: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return what readability finds; empty when that is nothing. The tree stays as it is."""
    library = _readability()
    try:
        found = library.Document(deepcopy(tree)).summary(html_partial=True)
    except library.Unparseable:
        return ()
    return assemble(_restored(tokens(found), held), base_url)


def all_blocks(tree: HtmlElement, held: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return everything that is left in a prepared tree, in linear time; bounded as parse_html is."""
    from lxml.etree import tostring

    text = tostring(tree, encoding="unicode", method="html")
    blocks = assemble(_restored(tokens(text[:MAX_CHARACTERS]), held), base_url)
    return (*blocks, cut_notice()) if len(text) > MAX_CHARACTERS else blocks


@cache
def _trafilatura() -> ModuleType:
    """Return the library; late, as it takes a third of a second."""
    from trafilatura import core

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every page without an article
    return core


@cache
def _readability() -> ModuleType:
    from readability import readability

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    return readability  # type: ignore[no-any-return]


# --- trafilatura's XML ------------------------------------------------------------------------


def _walk(root: _Element, held: Placeholders) -> Iterator[Token]:
    """Yield an extractor's tree as tokens, without recursion."""
    stack: list[tuple[_Element, bool]] = [(root, False)]
    while stack:
        element, is_closing = stack.pop()
        name = _name(element)
        if is_closing:
            if name:
                yield Token("end", name)
            if element.tail and element is not root:
                yield from _said(element.tail, held)
            continue
        stack.append((element, True))
        if name == "pre":
            yield from _listing(element.text or "")
            stack[-1:] = []
            if element.tail:
                yield from _said(element.tail, held)
            continue
        if name == "img":
            yield from _picture(element.get("src") or "", held)
            continue
        if name:
            yield Token("start", name, _attributes(element, name))
        if element.text:
            yield from _said(element.text, held)
        stack += [(child, False) for child in reversed(element) if isinstance(child.tag, str)]


def _name(element: _Element) -> str:
    """Return the name that an element of trafilatura's has in HTML; empty for one that says nothing more."""
    tag, kind = str(element.tag), element.get("rend") or ""
    if tag in _PLAIN:
        return {"dt": "dt", "dd": "dd"}.get(kind[:2], "li") if tag == "item" else _PLAIN[tag]
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
    if name == "li" and (number := number_of(_begin(element))):
        return {"value": number}
    return {}


def _begin(item: _Element) -> str:
    """Return the first text of an item; empty where a list begins it, whose first text is another item's."""
    inner: _Element | None = item
    while inner is not None and not inner.text:
        inner = next((child for child in inner if isinstance(child.tag, str)), None)
        if inner is not None and inner.tag == "list":
            return ""
    return "" if inner is None else inner.text or ""


# --- what pruning holds, put back ---------------------------------------------------------------


def _restored(found: Iterator[Token], held: Placeholders) -> Iterator[Token]:
    """Yield tokens of HTML with pictures and listings as the page had them."""
    in_listing = False
    for token in found:
        if token.kind == "start" and token.text == "img":
            yield from _picture(token.attributes.get("src", ""), held)
        elif token.kind == "text" and token.text.startswith(CODE):
            yield from _listing(token.text)
        elif token.kind == "start" and token.text == "code" and token.attributes.get("lang"):
            in_listing = True
        elif token.kind == "end" and token.text == "code" and in_listing:
            in_listing = False
        elif token.kind == "text":
            yield from _said(token.text, held)
        else:
            yield token


def _said(text: str, held: Placeholders) -> Iterator[Token]:
    """Yield a text, and what is held where it says so."""
    for piece, html in parted(without_number(text), held):
        if html:
            yield from _restored(tokens(html), held)
        else:
            yield Token("text", piece)


def _picture(address: str, held: Placeholders) -> Iterator[Token]:
    picture = held.find(address)
    if picture is None:
        return
    size = {name: value for name, value in (("width", picture.width), ("height", picture.height)) if value}
    yield Token("start", "figure")
    yield Token("start", "img", {"src": picture.url, "alt": picture.alt, **size})
    if picture.caption:
        yield Token("start", "figcaption")
        yield Token("text", picture.caption)
        yield Token("end", "figcaption")
    yield Token("end", "figure")


def _listing(text: str) -> Iterator[Token]:
    language, _, code = text.removeprefix(CODE).partition(CODE_BREAK)
    yield Token("start", "pre", {"class": f"language-{language}"} if language else {})
    yield Token("text", show_code(code))
    yield Token("end", "pre")
