"""Which texts of a page trafilatura and readability take for its article.

Only their choice counts. Each text of a tree has a mark, a character for private use, before it. Both libraries carry
it along, so the marks in their results name the chosen texts. The article itself is read from the page, so it does not
matter what a library makes of tables, quotes or code.
"""

from __future__ import annotations

import logging
import re
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from lxml.html import HtmlElement

log = logging.getLogger(__name__)

MARKS = re.compile("[\U000f0000-\U000ffffd]")
LINE_BREAK = "\U000ffffb"
"""The sign for a line break in a text, until the tree is written as HTML."""
NOTE = "\U000ffffc"
"""The mark of a footnote."""
ENTRY = "\U000ffffd"
"""The mark of an entry in a thread. Texts with this mark or the one above are the article's, whatever is chosen."""
_FIRST_MARK = ord("\U000f0000")
_LIBRARY_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""Raised by code that was not written for hostile pages."""


def mark_texts(tree: HtmlElement) -> None:
    """Put a mark before each text of a tree; trees that are given to the libraries have fewer texts than marks."""
    marks = map(chr, range(_FIRST_MARK, ord(LINE_BREAK)))
    for element in tree.iter("*"):
        if element.text and not element.text.isspace():
            element.text = next(marks) + element.text
        if element.tail and not element.tail.isspace():
            element.tail = next(marks) + element.tail


def remark(element: HtmlElement, mark: str) -> None:
    """Give all texts in a marked element the same mark."""
    for inner in element.iter("*"):
        if inner.text and MARKS.match(inner.text):
            inner.text = mark + inner.text[1:]
        if inner is not element and inner.tail and MARKS.match(inner.tail):
            inner.tail = mark + inner.tail[1:]


def marks_in(element: HtmlElement) -> set[str]:
    """Return the marks of all texts in an element."""
    return set(MARKS.findall("".join(element.itertext())))


def chosen_size(element: HtmlElement, chosen: set[str]) -> int:
    """Return the characters of the texts in an element that have one of these marks."""
    return sum(len(text) for text in element.itertext() if text[:1] in chosen)


def chosen_by_trafilatura(tree: HtmlElement) -> set[str]:
    """Return the marks of the texts that trafilatura finds in its fast mode. Leaves the tree unchanged."""
    try:
        found = _trafilatura().bare_extraction(tree, fast=True, include_comments=False, output_format="xml")
    except _LIBRARY_ERRORS:
        log.warning("trafilatura failed on a page; readability is asked", exc_info=True)
        return set()
    return set() if found is None else marks_in(found.body)


def chosen_by_readability(tree: HtmlElement) -> set[str]:
    """Return the marks of the texts that readability finds. Leaves the tree unchanged."""
    from readability import readability

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    try:
        return set(MARKS.findall(readability.Document(deepcopy(tree)).summary(html_partial=True)))
    except readability.Unparseable:
        return set()


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
