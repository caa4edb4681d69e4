"""Forum threads and live blogs: entries that are alike, each with a date and mostly an author. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from reader.extraction.boilerplate import find_date, is_named
from reader.extraction.extractors import ENTRY, marks_in, remark
from reader.extraction.page_tree import TEXTS, drop, prose_size, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_ENTRY = 60
"""Characters of running text that a box must have to be taken for an entry."""
_LINE = 80
"""Characters of a line with a date or an author."""
_MIN_ENTRIES = 3
_TIMES = frozenset({"time", "relative-time"})
_CLOCK = re.compile(r"^\s*\d{1,2}[:.]\d{2}\b|\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"\d{1,2}[:.]\d{2}|\d{4}")
_PROFILE = re.compile(r"(?:\b(?:user|member|profile|people)s?|/u|/~|[?&]u)\b", re.IGNORECASE)


def mark_entries(tree: HtmlElement, chosen: set[str]) -> bool:
    """Mark the texts of all entries if they are what the page is about, and write author and time above each.

    Returns whether they are: if most of them have chosen texts, or if they have half of the page's text and nothing
    else was chosen. Comments below an article are not.
    """
    found = False
    for entries in _groups(tree):
        inside = [entry for entry in entries if marks_in(entry) & chosen]
        others = chosen - {mark for entry in inside for mark in marks_in(entry)}
        is_page = 2 * sum(map(prose_size, entries)) > prose_size(tree) and len(others) <= len(chosen) // 2
        if 2 * len(inside) > len(entries) or is_page:
            bodies = [_body(entry) for entry in entries]
            kind = Counter(map(_kind, bodies)).most_common(1)[0][0]
            for (entry, time), body in zip(entries.items(), bodies, strict=True):
                _write_entry(entry, time, next((box for box in entry.iter(kind[0]) if _kind(box) == kind), body))
            found = True
    return found


def _groups(tree: HtmlElement) -> list[dict[HtmlElement, HtmlElement]]:
    """Return the entries of a page, by their kind, each with the element that has its time."""
    groups: dict[tuple[str, str], dict[HtmlElement, HtmlElement]] = {}
    size = cache(prose_size)
    for time in _times(tree):
        inner: HtmlElement | None = None
        outer = time
        for box in time.iterancestors():
            if inner is None and size(box) > _ENTRY:
                inner = box
            if inner is not None and (size(box) > size(inner) or box.tag == "body"):
                break
            outer = box
        if inner is not None and inner.tag != "body":
            groups.setdefault(_kind(inner), {}).setdefault(outer, time)
    return [entries for entries in groups.values() if len(entries) >= _MIN_ENTRIES]


def _times(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements that have only a date or a time."""
    is_time = cache(_is_time)
    for element in list(tree.iter("*")):
        own = element if _has_number(element.text) or _has_number(element.get("title")) else None
        owner = element.getparent() if own is None and _has_number(element.tail) else own
        if element.tag in _TIMES:
            yield element
        elif owner is not None and is_time(owner):
            yield owner


def _has_number(text: str | None) -> bool:
    return bool(text and len(text) < _LINE and _NUMBER.search(text))


def _is_time(element: HtmlElement) -> bool:
    text = text_of(element)
    return len(text) < _LINE and any(
        _CLOCK.search(each) or find_date(each) for each in (text, element.get("title") or "")
    )


def _kind(box: HtmlElement) -> tuple[str, str]:
    return str(box.tag), (box.get("class") or "").partition(" ")[0]


def _body(entry: HtmlElement) -> HtmlElement:
    """Return the smallest box with the whole running text of an entry."""
    size = prose_size(entry)
    while True:
        inner = [child for child in entry if child.tag not in TEXTS and prose_size(child) == size]
        if not inner:
            return entry
        entry = inner[0]


def _write_entry(entry: HtmlElement, time: HtmlElement, body: HtmlElement) -> None:
    """Leave author and time of an entry, in a line above it, its headings and its text."""
    author = next(filter(_is_author, (*entry.iter("a"), *entry.iter("span", "div", "b", "strong", "h4"))), None)
    words = [text_of(part).strip("«» ") for part in (author, time) if part is not None]
    around = time.getparent()
    for part in (author, around if around is not None and around.tag == "p" else time):
        if part is not None and part is not body:
            drop(part)
    line = entry.makeelement("p", {})
    line.text = ENTRY + " · ".join(filter(None, words))
    if body is entry:
        line.tail, entry.text = entry.text, None
        entry.insert(0, line)
    else:
        inside = {entry, *body.iter()}
        others = (other for other in entry.iter("h1", "h2", "h3", "h4", "figure") if other not in inside)
        parts = [other for other in others if size_of(other) and next(other.iter("a"), None) is None]
        entry.clear(keep_tail=True)
        entry.extend([line, *parts, body])
    remark(body, ENTRY)


def _is_author(element: HtmlElement) -> bool:
    names = " ".join(element.get(name) or "" for name in ("class", "itemprop", "rel"))
    is_named_so = is_named(names, "author") or (element.tag == "a" and _PROFILE.search(element.get("href") or ""))
    return bool(is_named_so) and 0 < size_of(element) < _ENTRY
