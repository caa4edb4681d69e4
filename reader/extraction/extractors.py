"""The results of trafilatura and readability as blocks.

The XML of trafilatura is converted, since its Markdown loses quotes and blank lines. Its elements get HTML names, so
that :mod:`reader.content.html.builder` alone decides what a block is.
"""

from __future__ import annotations

import logging
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING

from reader.content.blocks import Block
from reader.content.html.builder import MAX_CHARACTERS, build, cut_notice
from reader.extraction.content_markers import Placeholders

if TYPE_CHECKING:
    from types import ModuleType

    from lxml.etree import _Element
    from lxml.html import HtmlElement

log = logging.getLogger(__name__)

_LIBRARY_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""Raised by code that was not written for hostile pages; the other candidates remain."""
_NAMES = {
    **{name: name for name in ("code", "div", "p", "table", "td", "th", "tr")},
    **{"body": "div", "cell": "td", "cell head": "th", "del": "s", "graphic": "img", "head": "h2", "lb": "br"},
    **{f"head {name}": name for name in ("h1", "h2", "h3", "h4", "h5", "h6")},
    **{"hi #b": "b", "hi #i": "i", "hi #t": "kbd", "item": "li", "item dd": "dd", "item dt": "dt", "list": "ul"},
    **{"list dl": "dl", "list ol": "ol", "quote": "blockquote", "ref": "a", "row": "tr"},
}
"""The HTML names of trafilatura's elements, by name and kind; the others have no meaning."""


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
    return () if found is None else build(placeholders.resolve(_as_html(found.body)), base_url)


def readability_blocks(tree: HtmlElement, placeholders: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return what readability finds, or nothing. Leaves the tree unchanged."""
    library = _readability()
    try:
        found = library.Document(deepcopy(tree)).summary(html_partial=True)
    except library.Unparseable:
        return ()
    return build(placeholders.resolve(found), base_url)


def all_blocks(tree: HtmlElement, placeholders: Placeholders, base_url: str) -> tuple[Block, ...]:
    """Return everything in a prepared tree, in linear time and within the limits of parse_html."""
    from lxml.etree import tostring

    text = tostring(tree, encoding="unicode", method="html")
    blocks = build(placeholders.resolve(text[:MAX_CHARACTERS]), base_url)
    return (*blocks, cut_notice()) if len(text) > MAX_CHARACTERS else blocks


@cache
def _trafilatura() -> ModuleType:
    """Return the library. Lazy: the import takes a third of a second."""
    import socket

    # Its import of urllib3, which nothing here uses, would open a socket to see whether there is IPv6.
    has_ipv6, socket.has_ipv6 = socket.has_ipv6, False
    try:
        from trafilatura import core
    finally:
        socket.has_ipv6 = has_ipv6
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns about every page without an article
    return core


@cache
def _readability() -> ModuleType:
    from readability import readability

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    return readability  # type: ignore[no-any-return]


def _as_html(root: _Element) -> str:
    """Return trafilatura's tree as HTML, after renaming its elements."""
    from lxml.etree import tostring

    for element in root.iter("*"):
        tag, kind = str(element.tag), (element.get("role") or element.get("rend") or "").partition("-")[0]
        attributes = {}
        if tag == "ref":
            attributes["href"] = element.get("target") or ""
        elif tag == "graphic":
            attributes["src"] = element.get("src") or ""
        element.tag = _NAMES.get(f"{tag} {kind}") or _NAMES.get(tag, "span")
        element.attrib.clear()
        element.attrib.update(attributes)
    return tostring(root, method="c14n").decode()  # the HTML method would encode URLs
