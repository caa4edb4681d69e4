"""Footnotes: links with numbers or signs in the text, and what they lead to. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reader.extraction.extractors import NOTE, marks_in, remark
from reader.extraction.page_tree import HEADINGS, INLINE, drop, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MARKER = re.compile(r"[\[(]?\s*(\d{1,3}|[a-z]|[ivx]{1,5}|[*†‡§]{1,3})\s*[\])]?", re.IGNORECASE)
_BACK = re.compile(r"[^\w*†‡§]*")


def mark_notes(tree: HtmlElement, chosen: set[str]) -> None:
    """Mark the notes to chosen texts, wherever they are, and show the links to them as raised numbers.

    A note is below its link. Links from notes back to the text are dropped, but for the only number that a note has.
    """
    links = filter(_is_here, tree.iter("a"))
    numbers = {link: found[1] for link in links if (found := _MARKER.fullmatch(text_of(link)))}
    if not numbers:
        return
    places = {element: place for place, element in enumerate(tree.iter("*"))}
    targets = {name: element for element in places for name in (element.get("id"), element.get("name")) if name}
    notes: set[HtmlElement] = set()

    @cache
    def is_chosen(line: HtmlElement) -> bool:
        return bool(marks_in(line) & chosen)

    @cache
    def has_heading(note: HtmlElement) -> bool:
        return next(note.iter(*HEADINGS), None) is not None

    for link, number in numbers.items():
        target = targets.get((link.get("href") or "")[1:])
        if target is None or places[target] < places[link]:
            continue
        note, line = _block(target), _block(link)
        if note is line or has_heading(note) or not is_chosen(line):
            continue
        notes.add(note if note.tag != "li" or (others := note.getparent()) is None else others)
        around = link.getparent()
        mark = around if around is not None and around.tag == "sup" else link
        mark.clear(keep_tail=True)
        mark.tag, mark.text = "sup", NOTE + number
    for note in notes:
        for link in filter(_is_here, list(note.iter("a"))):
            text = text_of(link)
            if _BACK.fullmatch(text) or (_MARKER.fullmatch(text) and note.tag in ("ol", "ul")):
                drop(link)
            elif _MARKER.fullmatch(text):
                link.drop_tag()
        remark(note, NOTE)


def _is_here(link: HtmlElement) -> bool:
    return (link.get("href") or "").startswith("#")


def _block(element: HtmlElement) -> HtmlElement:
    """Return the nearest element around or at an element that is not inside a line."""
    while element.tag in INLINE and (around := element.getparent()) is not None:
        element = around
    return element
