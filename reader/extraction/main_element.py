"""Find the element of a prepared page that contains its article. Pure; linear in the size of the tree.

Follows the idea of readability (Arc90): each piece of running text adds to the score of the element around it, and
half as much to the next outer one.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from reader.extraction.page_tree import size_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins",
    "kbd", "mark", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip
_BLOCKS = {
    "p", "div", "li", "dd", "dt", "td", "section", "article", "main", "blockquote", "center", "font", "span",
    "body", "form", "header",
}  # fmt: skip
_PARTS = {"p", "li", "dd", "dt", "span", "font"}
_PIECES = {"p", "li", "ul", "ol", "dl", "dd", "span", "font", "tr", "tbody", "blockquote"}
_WIDENING = 1.4
"""An outer element replaces an inner one if it has this many times the running text."""
_MIN_TEXT = 25
"""Minimum characters of a piece of text that scores."""
_SHARES = (1.0, 0.5, 0.25)
"""Shares of a text's score for its element and the next two outer ones."""


def main_element(tree: HtmlElement) -> HtmlElement | None:
    """Return the element with most of the running text of a prepared page, or None without any."""
    scores: dict[HtmlElement, float] = defaultdict(float)
    totals: dict[HtmlElement, float] = defaultdict(float)
    for element in tree.iter(*_BLOCKS):
        text, linked = _text_sizes(element)
        if text < _MIN_TEXT:
            continue
        score = (1 + min(text / 100, 6)) * (1 - linked / text)
        # Text directly in an element, between line breaks, scores for that element.
        around = element.iterancestors()
        for index, outer in enumerate(around if element.tag in _PARTS else chain([element], around)):
            totals[outer] += score
            if index < len(_SHARES):
                scores[outer] += _SHARES[index] * score
    if not scores:
        return None
    return _widened(max(scores, key=lambda element: scores[element]), totals)


def _text_sizes(element: HtmlElement) -> tuple[int, int]:
    """Return the characters of text in an element and its inline children, and those of them in links."""
    text, linked = len((element.text or "").strip()), 0
    for child in element:
        if child.tag in _INLINE:
            inside = size_of(child)
            text += inside
            linked += inside if child.tag == "a" else sum(size_of(link) for link in child.iter("a"))
        text += len((child.tail or "").strip())
    return text, linked


def _widened(best: HtmlElement, totals: dict[HtmlElement, float]) -> HtmlElement:
    """Return an outer element if it has much more running text than the best one, however far outside it is.

    Some pages put each paragraph into its own box. A table cell or a list item is never the whole article.
    """
    widest = best
    for outer in best.iterancestors():
        if outer.tag == "html" or widest.tag == "article":
            break
        if widest.tag in _PIECES or totals[outer] > _WIDENING * totals[widest]:
            widest = outer
        elif widest.tag == "main":
            break
    return widest
