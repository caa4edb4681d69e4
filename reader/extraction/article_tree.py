"""The tree of a page -> the tree of its article: what the libraries chose, and what belongs between. Pure.

Both libraries drop parts of articles: lists of links, listings, quotes from social networks, answers in accordions. So
an unchosen element stays if it stands between chosen ones and is of a kind that articles have. What a box is named
counts for boxes only: a paragraph is judged by its text, whatever its class.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from reader.extraction.boilerplate import is_line, is_named
from reader.extraction.extractors import ENTRY, NOTE, chosen_size, marks_in
from reader.extraction.page_tree import (
    HEADINGS,
    INLINE,
    TEXTS,
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

_LISTS = frozenset({"ul", "ol", "dl", "menu", "table"})
_CARDS = frozenset({"article", "li", "div", "section"})
_CONTENT = frozenset(
    {"audio", "blockquote", "details", "figure", "iframe", "img", "math", "picture", "pre", "svg", "video"}
)
"""Elements that no library needs to choose: what they show belongs to the text around them."""
_NOISE = frozenset({"button", "dialog", "footer", "form", "nav"})
_NAMING = ("class", "id", "data-component", "data-testid")
_OPENERS = HEADINGS | {"button", "dt", "summary"}
"""What stands above a hidden answer in an accordion."""
_NEAR_HEADING = 60
"""Elements behind the heading of a page that are searched for a standfirst."""
_FAR = 20
"""Siblings above a list that are searched for what announces it, and below a heading for its text."""
_TEASER = 400
"""Characters of a box that shows another article."""
_LABEL = 100
"""Characters of a line without a sentence, such as a byline."""
_BESIDE = frozenset({"blockquote", "figure", "pre", "table"})
"""What a caption stands beside."""
_LONG = 60
"""Bytes (a Chinese character says as much as three letters); a longer text outside headings begins an article."""


def article_tree(tree: HtmlElement, chosen: set[str]) -> HtmlElement:
    """Return the smallest box that has all chosen texts; see :func:`reduce`."""
    kept = _with_marks(tree, chosen)
    box = tree
    while box.tag not in TEXTS and not _has_own_text(box, chosen):
        inner = [child for child in box if child in kept]
        if len(inner) != 1:
            break
        box = inner[0]
    if box.tag != "body":
        box.tag = "div"
    return box


def standfirst(tree: HtmlElement, chosen: set[str]) -> set[str]:
    """Return the marks of the standfirst: a text that is named so, between the page's heading and its article."""
    heading = next((found for found in tree.iter("h1") if not is_in_page_header(found)), None)
    for element in () if heading is None else heading.xpath("following::*")[:_NEAR_HEADING]:
        marks, names = marks_in(element), " ".join(element.get(name) or "" for name in _NAMING)
        if element.tag == "p" and marks & chosen:
            break
        if is_named(names, "standfirst") and not marks & chosen and _LONG // 3 < size_of(element) < _TEASER:
            return marks
    return set()


def reduce(box: HtmlElement, chosen: set[str]) -> None:
    """Remove from a box with marks what is not the article's."""
    _Reduction(box, chosen | {NOTE, ENTRY}).reduce(box)


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
    slug = re.sub(r"\W+", "-", text_of(heading).lower()).strip("-") if heading is not None else ""
    return len(slug) > 3 and (element.get("id") or "").lower().startswith(slug)


def _with_marks(tree: HtmlElement, chosen: set[str]) -> set[HtmlElement]:
    """Return the elements that have text with one of these marks inside."""
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


def _is_card(element: HtmlElement) -> bool:
    """Return whether a box looks as if it showed another article: a heading that is a link, and little text."""
    heading = next(element.iter(*HEADINGS), None) if element.tag in _CARDS and size_of(element) < _TEASER else None
    if heading is None:
        return False
    return linked_share(heading) > 0.9 or any(outer.tag == "a" for outer in heading.iterancestors())


def _is_heading(box: HtmlElement) -> bool:
    """Return whether a box has nothing but a heading, which may be inside a link."""
    heading = next(box.iter(*HEADINGS), None)
    return heading is not None and linked_share(heading) < 0.5 and size_of(heading) == size_of(box)


def _below(element: HtmlElement) -> HtmlElement | None:
    """Return the element with text that begins where another ends."""
    for below in islice(element.itersiblings(), _FAR):
        if size_of(below) or next(below.iter("img"), None) is not None:
            return below
    around = element.getparent()
    return None if around is None else _below(around)


class _Reduction:
    """One pass over a box in the order of its elements."""

    def __init__(self, box: HtmlElement, chosen: set[str]) -> None:
        self._chosen = chosen
        self._kept = _with_marks(box, chosen)
        self._sure = _with_marks(box, {NOTE, ENTRY})
        self._places = {element: place for place, element in enumerate(box.iter("*"))}
        texts = [place for element, place in self._places.items() if self._begins(element)]
        self._begin, self._end = min(texts, default=0), max(texts, default=0)
        self._size = chosen_size(box, chosen)

    def _begins(self, element: HtmlElement) -> bool:
        """Return whether chosen running text stands in an element or right behind it."""
        texts = [text for text in (element.text, element.tail)[element.tag in HEADINGS :] if text]
        return any(len(text.encode()) > _LONG and text[0] != NOTE and text[0] in self._chosen for text in texts)

    def _is_inside(self, element: HtmlElement) -> bool:
        return self._begin < self._places.get(element, 0) < self._end

    def _is_behind(self, element: HtmlElement) -> bool:
        return self._begin < self._places.get(element, 0)

    def reduce(self, box: HtmlElement) -> None:
        """Remove what does not belong from an element with chosen text."""
        is_running = _has_own_text(box, self._chosen)
        others = self._other_articles(box)
        for child in list(box):
            if child in self._kept:
                self._reduce_kept(child, is_other=child in others)
            elif not (is_running and child.tag in INLINE) and not self._belongs(child):
                drop(child)

    def _other_articles(self, box: HtmlElement) -> set[HtmlElement]:
        """Return the cards in a box; if there is nothing else and they have the text, they are sections."""
        cards = set(filter(_is_card, box))
        has_others = any(child.tag not in HEADINGS for child in self._kept.intersection(box) - cards)
        is_article = not has_others and 3 * sum(chosen_size(card, self._chosen) for card in cards) > self._size
        return set() if len(cards) < 2 or is_article else cards

    def _reduce_kept(self, element: HtmlElement, *, is_other: bool) -> None:
        if element.tag in TEXTS | {"blockquote"} or (
            element.tag in INLINE and all(inner.tag in INLINE for inner in element.iter("*"))
        ):
            return
        is_other = is_other or is_noise(element) or self._is_menu(element)
        belongs = element in self._sure or self._is_answer(element)
        if is_other and not belongs and 3 * chosen_size(element, self._chosen) < self._size:
            drop(element)
        elif element.tag not in _LISTS or next(element.iter("p", "div", "section"), None) is not None:
            self.reduce(element)

    def _is_menu(self, element: HtmlElement) -> bool:
        """Return whether a box has hardly any text but that of its links."""
        links = list(element.iter("a"))
        if element.tag == "td" and links and not prose_size(element):
            return True
        return len(links) >= 3 and linked_share(element) > 0.7 and not self._is_announced(element)

    # --- what was not chosen ----------------------------------------------------------------------

    def _belongs(self, element: HtmlElement) -> bool:
        """Return whether an unchosen element belongs to the article; remove from it what does not."""
        tag, is_inside = element.tag, self._is_inside(element)
        if tag in ("br", "hr"):
            return True
        if tag in _OPENERS or (element.getprevious() is None and _is_heading(element)):
            below = _below(element)
            is_link = tag in _OPENERS and linked_share(element) >= 0.5
            return below is not None and not is_link and (below in self._kept or is_hidden(below))
        if tag == "p":
            return self._is_paragraph(element)
        if tag != "img" and is_noise(element) and not self._is_answer(element):  # hidden images are gone already
            return False
        is_picture = not size_of(element) and next(element.iter("img"), None) is not None
        if tag in _CONTENT or is_picture:
            return is_inside or (
                (tag in _CONTENT or not self._is_behind(element)) and element.getparent() in self._kept
            )
        if tag in _LISTS:
            is_announced = self._is_behind(element) and self._is_announced(element)
            is_list = is_announced or (is_inside and linked_share(element) < 0.8)
            return is_list and next(element.iter("h2", "h3", "h4"), None) is None
        return is_inside and tag not in INLINE and (_is_note(element) or self._has_belonging(element))

    def _has_belonging(self, box: HtmlElement) -> bool:
        if self._is_answer(box) or _is_named_after_heading(box):
            return True
        found = False
        for child in list(box):
            if self._belongs(child):
                found = found or child.tag not in ("br", "hr")
            else:
                drop(child)
        return found

    def _is_paragraph(self, element: HtmlElement) -> bool:
        """Return whether a paragraph is one between chosen ones, or a sentence right below the last one."""
        text, above = text_of(element), element.getprevious()
        if not text:
            return True
        is_sentence = text.endswith((".", "!", "?", "。", "”", '"', ":")) or len(text) > _LABEL
        if self._is_inside(element):
            beside = chain(element.itersiblings(preceding=True), element.itersiblings())
            if not any(other.tag in _BESIDE or (other.tag == "p" and other in self._kept) for other in beside):
                return False
        elif not is_sentence or not self._is_behind(element) or above not in self._kept:
            return False
        self._kept.add(element)
        is_text = linked_share(element) < 0.5 or self._is_announced(element)
        return is_text and not is_line(text, "boilerplate")

    def _is_announced(self, element: HtmlElement) -> bool:
        """Return whether links are announced by the text above them."""
        siblings = islice(element.itersiblings(preceding=True), _FAR)
        others = (other for other in siblings if other.tag not in ("p", "ul", "ol") or linked_share(other) <= 0.5)
        above = next(others, None)
        if above is None or above not in self._kept:
            return False
        text = text_of(above)
        return (above.tag in HEADINGS or text.endswith((":", "："))) and not is_line(text, "heading")

    def _is_answer(self, element: HtmlElement) -> bool:
        """Return whether a hidden box is the answer to what stands above it, as in an accordion."""
        above = element.getprevious()
        if above is None or not is_hidden(element) or not self._is_inside(element):
            return False
        return above.tag in _OPENERS or above.get("aria-expanded") is not None


def _is_note(element: HtmlElement) -> bool:
    """Return whether a box has running text of its own, such as a quote or an explanation, and few links."""
    own = max(map(len, filter(None, (element.text, *(child.tail for child in element)))), default=0)
    is_box = element.tag == "aside" or (element.tag == "div" and own > _LONG)
    return is_box and prose_size(element) > _LONG and linked_share(element) < 0.3
