"""The tree of a page -> the tree of its article: what the libraries chose, and what belongs between. Pure.

Both libraries drop parts of articles: lists of links, listings, quotes from social networks, answers in accordions,
footnotes. So an unchosen element stays if it stands between chosen ones and is of a kind that articles have. What a box
is named counts for boxes only: a paragraph is judged by its text, whatever its class.
"""

from __future__ import annotations

import re
from copy import deepcopy
from itertools import islice
from typing import TYPE_CHECKING

from reader.extraction.boilerplate import is_boilerplate_heading, is_boilerplate_line, is_named
from reader.extraction.extractors import KEEP, MARKS, marks_in
from reader.extraction.page_tree import (
    INLINE,
    drop,
    is_hidden,
    is_in_page_header,
    linked_share,
    prose_size,
    size_of,
    text_of,
)

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TEXTS = HEADINGS | {"p", "pre", "dt", "figcaption", "caption", "summary"}
"""Elements that stay whole if any of their text was chosen."""
_LISTS = frozenset({"ul", "ol", "dl", "menu"})
_PARTS = frozenset({"tbody", "thead", "tfoot", "tr", "td", "th", "li", "dd"})
_CONTENT = frozenset(
    {"audio", "blockquote", "details", "figure", "iframe", "img", "math", "picture", "pre", "svg", "video"}
)
"""Elements that no library needs to choose: what they show belongs to the text around them."""
_NOISE = frozenset({"aside", "button", "dialog", "footer", "form", "nav"})
_MAY_STAND_FIRST = HEADINGS | {"p", "div"}
_NEAR_HEADING = 60
"""Elements behind the heading of a page that are searched for a standfirst."""
_NAMING = ("class", "id", "data-component", "data-testid")
_OPENERS = HEADINGS | {"button", "dt", "summary"}
"""What stands above a hidden answer in an accordion."""
_FAR = 20
"""Siblings above a list that are searched for what announces it."""
_LABEL = 100
"""Characters of a line without a sentence, such as a byline."""
_TEASER = 400
"""Characters of a box that shows another article."""
_LONG = 60
"""Characters; a longer text outside headings is where an article begins."""


def article_tree(tree: HtmlElement, chosen: set[str]) -> HtmlElement:
    """Return a copy of the smallest element that has all chosen texts; see :func:`reduce`."""
    kept = _with_chosen(tree, chosen)
    box = tree
    while box.tag not in _TEXTS and not _has_own_text(box, chosen):
        inner = [child for child in box if child in kept]
        if len(inner) != 1:
            break
        box = inner[0]
    copied = deepcopy(box)
    copied.tail = None
    if copied.tag in _TEXTS | _PARTS:
        copied.tag = "div"
    return copied


def standfirst(tree: HtmlElement, chosen: set[str]) -> set[str]:
    """Return the marks of the standfirst: a text that is named so, between the page's heading and its article."""
    heading = next((found for found in tree.iter("h1") if not is_in_page_header(found)), None)
    for element in () if heading is None else heading.xpath("following::*")[:_NEAR_HEADING]:
        if element.tag == "p" and marks_in(element) & chosen:
            break
        names = " ".join(element.get(name) or "" for name in _NAMING)
        if element.tag in _MAY_STAND_FIRST and is_named(names, "standfirst") and not is_hidden(element):
            marks = marks_in(element)
            is_text = _LONG // 2 < len(text_of(element)) < _TEASER and linked_share(element) < 0.2
            if is_text and not marks & chosen:
                return marks
    return set()


def reduce(box: HtmlElement, chosen: set[str]) -> None:
    """Remove from a box with marks what is not the article's."""
    _Reduction(box, chosen).reduce(box)


def drop_noise(box: HtmlElement) -> None:
    """Remove from a box without marks what its name or role tells to be no part of an article."""
    whole = prose_size(box)
    for element in list(box.iter("*")):
        if element is not box and is_noise(element) and 3 * prose_size(element) < whole:
            drop(element)


def is_noise(element: HtmlElement) -> bool:
    """Return whether an element says of itself that it is no part of an article."""
    if element.tag in _NOISE or is_hidden(element):
        return True
    names = (name for name in _NAMING if is_named(element.get(name) or "", "boilerplate"))
    return any(name != "id" or not _is_named_after_heading(element) for name in names)


def _is_named_after_heading(element: HtmlElement) -> bool:
    """Return whether an id is derived from a heading, as that of a section about newsletters."""
    heading = next(element.iter(*HEADINGS), None)
    slug = re.sub(r"\W+", "-", MARKS.sub("", text_of(heading)).lower()).strip("-") if heading is not None else ""
    return len(slug) > 3 and (element.get("id") or "").lower().startswith(slug) and prose_size(element) > 0


def _with_chosen(tree: HtmlElement, chosen: set[str]) -> set[HtmlElement]:
    """Return the elements that have chosen text inside."""
    kept: set[HtmlElement] = set()
    for element in tree.iter("*"):
        owner = element if element.text and element.text[0] in chosen else None
        if owner is None and element.tail and element.tail[0] in chosen:
            owner = element.getparent()
        while owner is not None and owner not in kept:
            kept.add(owner)
            owner = owner.getparent()
    return kept


def _has_own_text(element: HtmlElement, chosen: set[str]) -> bool:
    """Return whether chosen text stands directly in an element."""
    return any(text and text[0] in chosen for text in (element.text, *(child.tail for child in element)))


def _is_label(element: HtmlElement) -> bool:
    """Return whether a text is too short for a sentence."""
    text = text_of(element)
    return len(text) < _LABEL and not text.endswith((".", "!", "?", "。", "”", '"', ":"))


def _is_links(element: HtmlElement) -> bool:
    return element.tag in ("p", "ul", "ol") and linked_share(element) > 0.5


def _is_teaser(element: HtmlElement) -> bool:
    """Return whether a box looks as if it showed another article: a heading that is a link, and little text."""
    if element.tag not in ("article", "li", "div", "section") or size_of(element) > _TEASER:
        return False
    heading = next(element.iter(*HEADINGS), None)
    if heading is None:
        return False
    return linked_share(heading) > 0.9 or any(outer.tag == "a" for outer in heading.iterancestors())


def _below(element: HtmlElement) -> HtmlElement | None:
    """Return the element that begins where another ends."""
    below = element.getnext()
    while below is None and (around := element.getparent()) is not None:
        element, below = around, around.getnext()
    return below


class _Reduction:
    """One pass over a box in the order of its elements."""

    def __init__(self, box: HtmlElement, chosen: set[str]) -> None:
        self._chosen = chosen | {KEEP}
        self._kept = _with_chosen(box, self._chosen)
        self._places = {element: place for place, element in enumerate(box.iter("*"))}
        texts = [place for element, place in self._places.items() if self._begins(element)]
        self._begin, self._end = min(texts, default=0), max(texts, default=0)
        self._size = self._chosen_size(box)

    def _begins(self, element: HtmlElement) -> bool:
        """Return whether chosen running text stands in an element or right behind it."""
        texts = [element.tail] if element.tag in HEADINGS else [element.text, element.tail]
        return any(text and text[0] in self._chosen and len(text) > _LONG for text in texts)

    def _chosen_size(self, element: HtmlElement) -> int:
        return sum(len(text) for text in element.itertext() if text[:1] in self._chosen)

    def _is_inside(self, element: HtmlElement) -> bool:
        return self._begin < self._places.get(element, 0) < self._end

    def reduce(self, box: HtmlElement) -> None:
        """Remove what does not belong from an element with chosen text."""
        is_running = _has_own_text(box, self._chosen)
        teasers = set(filter(_is_teaser, box))
        for child in list(box):
            if child in self._kept:
                self._reduce_kept(child, is_card=child in teasers and len(teasers) > 1)
            elif not (is_running and child.tag in INLINE) and not self._belongs(child):
                drop(child)

    def _reduce_kept(self, element: HtmlElement, *, is_card: bool) -> None:
        if element.tag in _TEXTS or (element.tag in INLINE and all(inner.tag in INLINE for inner in element.iter("*"))):
            return
        is_other = is_card or is_noise(element) or self._is_menu(element)
        belongs = is_footnotes(element) or self._is_answer(element)
        if is_other and not belongs and 3 * self._chosen_size(element) < self._size:
            drop(element)
        elif element.tag not in _LISTS | {"table"} or next(element.iter("p", "div", "section"), None) is not None:
            self.reduce(element)

    def _is_menu(self, element: HtmlElement) -> bool:
        """Return whether a box has hardly any text but that of its links."""
        links = list(element.iter("a"))
        if element.tag == "td" and links and not prose_size(element):
            return True
        return len(links) >= 3 and linked_share(element) > 0.7 and not self._is_list(element)

    # --- what was not chosen ----------------------------------------------------------------------

    def _belongs(self, element: HtmlElement) -> bool:
        """Return whether an unchosen element belongs to the article; remove from it what does not."""
        tag = element.tag
        if tag in ("br", "hr"):
            return True
        if is_footnotes(element):
            return self._places[element] > self._begin
        if tag in HEADINGS:
            return self._is_heading(element)
        if tag == "p":
            return (self._is_inside(element) or self._continues(element)) and self._is_paragraph(element)
        if tag != "img" and is_noise(element) and not self._is_answer(element):  # hidden images are gone already
            return False
        if tag in _CONTENT:
            return self._is_inside(element) or element.getparent() in self._kept
        if not self._is_inside(element):
            return False
        if tag in _LISTS or tag == "table":
            return next(element.iter("h2", "h3", "h4"), None) is None and self._is_list(element)
        if tag in INLINE:
            return False
        return self._has_belonging(element)

    def _has_belonging(self, box: HtmlElement) -> bool:
        if self._is_answer(box) or (box.tag in ("div", "section") and _is_named_after_heading(box)):
            return True
        found = False
        for child in list(box):
            if self._belongs(child):
                found = found or child.tag not in ("br", "hr")
            else:
                drop(child)
        return found

    def _is_heading(self, element: HtmlElement) -> bool:
        """Return whether a heading is that of a part of the article."""
        below = _below(element)
        if below is None or linked_share(element) >= 0.5:
            return False
        return is_footnotes(below) or (self._is_inside(element) and (below in self._kept or is_hidden(below)))

    def _continues(self, element: HtmlElement) -> bool:
        """Return whether a paragraph is a sentence right below the last one."""
        above = element.getprevious()
        return above is not None and above.tag == "p" and above in self._kept and not _is_label(element)

    def _is_paragraph(self, element: HtmlElement) -> bool:
        """Return whether a paragraph is one of several in its box."""
        text = MARKS.sub("", text_of(element))
        around = element.getparent()
        if not text:
            return True
        if around is None or not any(other.tag == "p" and other in self._kept for other in around):
            return False
        return self._is_list(element) and not is_boilerplate_line(text)

    def _is_list(self, element: HtmlElement) -> bool:
        """Return whether an element has other text than links, or is announced by the text above it."""
        if linked_share(element) < 0.5:
            return True
        above = next(
            (above for above in islice(element.itersiblings(preceding=True), _FAR) if not _is_links(above)), None
        )
        if above is None or above not in self._kept:
            return False
        text = MARKS.sub("", text_of(above))
        return (above.tag in HEADINGS or text.endswith((":", "："))) and not is_boilerplate_heading(text)

    def _is_answer(self, element: HtmlElement) -> bool:
        """Return whether a hidden box is the answer to what stands above it, as in an accordion."""
        above = element.getprevious()
        return above is not None and above.tag in _OPENERS and self._is_inside(element) and is_hidden(element)


def is_footnotes(element: HtmlElement) -> bool:
    """Return whether an element is the list of an article's footnotes."""
    names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}".lower()
    if element.tag in ("div", "section", "ol", "ul", "dl", "aside", "footer"):
        return any(name in names for name in ("footnotes", "endnotes", "reflist", "references"))
    return False
