"""Which element of a prepared page holds its article: the third opinion, and a quick one.

By the idea of readability (Arc90): each piece of running text counts for the element
around it, and half as much for the one around that. Linear in the size of the tree.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from reader.prose.furniture import is_standfirst
from reader.prose.tree import size_of, text_of

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
_LOOK_AHEAD = 25
"""Elements behind the heading."""
_STANDFIRST = (20, 600)
"""Characters, at least and at most."""
_LEAST = 25
"""Characters of a piece of text that counts."""
_SHARES = (1.0, 0.5, 0.25)
"""Of a text's weight, for the element that holds it, the one around that, and the next."""


def container(tree: HtmlElement) -> HtmlElement | None:
    """Return the element that holds most of the running text of a prepared page, or None when there is none."""
    scores: dict[HtmlElement, float] = defaultdict(float)
    for element in tree.iter(*_BLOCKS):
        text, linked = _own(element)
        if text < _LEAST:
            continue
        score = (1 + min(text / 100, 6)) * (1 - linked / text)
        # Text that stands in the element itself, between line breaks, is its own.
        inner: HtmlElement | None = (
            element if element.tag not in ("p", "li", "dd", "dt", "span", "font") else element.getparent()
        )
        for share in _SHARES:
            if inner is None:
                break
            scores[inner] += share * score
            inner = inner.getparent()
    if not scores:
        return None
    best = max(scores, key=lambda element: scores[element])
    return _widened(best, scores)


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


def _widened(best: HtmlElement, scores: dict[HtmlElement, float]) -> HtmlElement:
    """Return the element around the best one as long as that has much more text of the same kind."""
    while best.tag not in ("body", "article", "main"):
        outer = best.getparent()
        if outer is None or outer.tag == "html":
            break
        around = sum(scores.get(child, 0.0) for child in outer if child is not best)
        if (
            best.tag in ("p", "li", "ul", "ol", "span", "td", "tr", "tbody", "blockquote")
            or around > 0.25 * scores[best]
        ):
            scores.setdefault(outer, scores[best])
            scores[outer] = max(scores[outer], scores[best] + around)
            best = outer
        else:
            break
    return best


def standfirst(tree: HtmlElement) -> str:
    """Return the sentence or two that stand between a page's heading and its text, where the page names them so."""
    heading = next(tree.iter("h1"), None)
    if heading is None:
        return ""
    following = (element for element in heading.xpath("following::*") if isinstance(element.tag, str))
    for element in islice(following, _LOOK_AHEAD):
        if is_standfirst(element.get("class") or "") and element.tag in ("p", "div", "h2", "h3", "span"):
            text = text_of(element)
            linked = sum(size_of(link) for link in element.iter("a"))
            if _STANDFIRST[0] <= len(text) <= _STANDFIRST[1] and not linked:
                return text
    return ""
