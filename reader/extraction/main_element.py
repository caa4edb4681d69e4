"""Which element of a prepared page holds its article: the third opinion, and a quick one.

By the idea of readability (Arc90): each piece of running text counts for the element
around it, and half as much for the one around that. Linear in the size of the tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from reader.extraction.boilerplate import is_standfirst_name
from reader.extraction.tree import size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_INLINE = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "br",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
    ),
    *("mark", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
}
_BLOCKS = {
    *("p", "div", "li", "dd", "dt", "td", "section", "article", "main", "blockquote", "center", "font", "span", "body"),
    *("form", "header"),
}
_SENTENCE = 60
"""Characters of a paragraph right under the heading, however it is called."""
_PARTS = {"p", "li", "dd", "dt", "span", "font"}
_PIECES = {"p", "li", "ul", "ol", "dl", "dd", "span", "font", "tr", "tbody", "blockquote"}
_MORE = 1.4
"""How many times the running text of an element one around it has to have to be taken instead."""
_LOOK_AHEAD = 25
"""Elements behind the heading."""
_STANDFIRST = (20, 600)
"""Characters, at least and at most."""
_LEAST = 25
"""Characters of a piece of text that counts."""
_SHARES = (1.0, 0.5, 0.25)
"""Of a text's weight, for the element that holds it, the one around that, and the next."""


def main_element(tree: HtmlElement) -> HtmlElement | None:
    """Return the element that holds most of the running text of a prepared page, or None when there is none."""
    scores: dict[HtmlElement, float] = defaultdict(float)
    totals: dict[HtmlElement, float] = defaultdict(float)
    for element in tree.iter(*_BLOCKS):
        text, linked = _own(element)
        if text < _LEAST:
            continue
        score = (1 + min(text / 100, 6)) * (1 - linked / text)
        # Text that stands in the element itself, between line breaks, is its own.
        holder: HtmlElement | None = element.getparent() if element.tag in _PARTS else element
        for at, outer in enumerate(_outwards(holder)):
            totals[outer] += score
            if at < len(_SHARES):
                scores[outer] += _SHARES[at] * score
    if not scores:
        return None
    return _widened(max(scores, key=lambda element: scores[element]), totals)


def _outwards(element: HtmlElement | None) -> Iterator[HtmlElement]:
    while element is not None:
        yield element
        element = element.getparent()


def _own(element: HtmlElement) -> tuple[int, int]:
    """Return how many characters of text an element has in itself and in its inline children, and in links of these."""
    text, linked = len((element.text or "").strip()), 0
    for child in element:
        if child.tag in _INLINE:
            inside = size_of(child)
            text += inside
            linked += inside if child.tag == "a" else sum(size_of(link) for link in child.iter("a"))
        text += len((child.tail or "").strip())
    return text, linked


def _widened(best: HtmlElement, totals: dict[HtmlElement, float]) -> HtmlElement:
    """Return the element around the best one that has much more running text than that, however far outside it is.

    Some pages put every paragraph into boxes of its own. A table's cell or a list's item is never the whole.
    """
    held = best
    for outer in _outwards(best.getparent()):
        if outer.tag == "html" or held.tag == "article":
            break
        if held.tag in _PIECES or totals[outer] > _MORE * totals[held]:
            held = outer
        elif held.tag == "main":
            break
    return held


def standfirst(tree: HtmlElement) -> str:
    """Return the sentence or two that stand between a page's heading and its text, where the page names them so."""
    heading = next(tree.iter("h1"), None)
    if heading is None:
        return ""
    following = (element for element in heading.xpath("following::*") if isinstance(element.tag, str))
    for element in islice(following, _LOOK_AHEAD):
        is_next = element.getprevious() is heading and element.tag in ("p", "h2")
        if is_next or (
            is_standfirst_name(element.get("class") or "") and element.tag in ("p", "div", "h2", "h3", "span")
        ):
            text = text_of(element)
            linked = sum(size_of(link) for link in element.iter("a"))
            if (_SENTENCE if is_next else _STANDFIRST[0]) <= len(text) <= _STANDFIRST[1] and not linked:
                return text
    return ""
