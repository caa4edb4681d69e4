"""What a page says to somebody who looks at it, in order, and where each piece of it stands. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from reader.extraction.json_ld import StructuredData, structured_data
from reader.extraction.stubs.patterns import WALL_BOX
from reader.extraction.tree import parse, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CHARACTERS = 100_000
"""Of what is seen; what comes after is left out."""
_UNSEEN = {"script", "style", "template", "svg", "select", "datalist", "title", "head", "noscript", "iframe", "object"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_AWAY_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:site|page|global|main)?-?(?:header|footer|nav|navbar|masthead|topbar)|newsletter|cookie\w*)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LOCKED = re.compile(r"locked|metered|premium|paid", re.IGNORECASE)


class Region(IntEnum):
    """Where a piece of text stands; what is inside of something counts as the greater of the two."""

    TEXT = 0
    WALL = 1
    """In a box that calls itself a wall."""
    ASIDE = 2
    AWAY = 3
    """In the head, the foot or a menu of the page."""


@dataclass(slots=True)
class VisibleText:
    """A page as it is looked at."""

    titles: list[str] = field(default_factory=list)
    """``title`` and the first headings, as far as there are any."""
    pieces: list[tuple[str, Region]] = field(default_factory=list)
    noscript: str = ""
    """What is shown to readers without scripts."""
    has_password: bool = False
    said: StructuredData = field(default_factory=StructuredData)
    """What the page says of itself to programs."""
    locked_text: int = 0
    """Characters of the text that the page says is not free, and has all the same."""

    @property
    def text(self) -> str:
        """All that is seen but for head, foot and menus, else those too; what is for readers without scripts last."""
        inside = " ".join(text for text, place in self.pieces if place != Region.AWAY)
        return f"{inside or ' '.join(text for text, _ in self.pieces)} {self.noscript}".strip()


def visible_text(source: str) -> VisibleText:
    """Return what is seen of a page; of plain text, all of it."""
    found = VisibleText()
    parsed = parse(source)
    if parsed is None:
        found.pieces.append((source[:MAX_CHARACTERS], Region.TEXT))
        return found
    tree = parsed.tree
    found.titles = [text_of(title) for title in list(tree.iter("title"))[:1]]
    found.titles += [text_of(heading) for heading in list(tree.iter("h1"))[:2]]
    if len(found.titles) < 2:
        found.titles += [text_of(heading) for heading in list(tree.iter("h2"))[:1]]
    found.noscript = " ".join(text_of(part)[:1_000] for part in list(tree.iter("noscript"))[:5])
    found.has_password = any((field.get("type") or "").lower() == "password" for field in tree.iter("input"))
    found.said = structured_data(tree)
    for meta in tree.iter("meta"):
        if (meta.get("property") or meta.get("name")) == "article:content_tier" and _LOCKED.search(
            meta.get("content") or ""
        ):
            found.said.is_free = False
    found.locked_text = _locked_text(tree, found.said.locked)
    _walk(tree, found.pieces)
    return found


def _walk(tree: HtmlElement, pieces: list[tuple[str, Region]]) -> None:
    """Add the texts of a tree, without recursion, up to the bound."""
    left = MAX_CHARACTERS
    stack: list[tuple[HtmlElement | str, Region]] = [(tree, Region.TEXT)]
    while stack and left > 0:
        node, place = stack.pop()
        if isinstance(node, str):
            text = " ".join(node[:left].split())
            if text:
                pieces.append((text, place))
                left -= len(text)
            continue
        for child in reversed(node):
            if child.tail:
                stack.append((child.tail, place))
            if isinstance(child.tag, str) and child.tag not in _UNSEEN and not _is_hidden(child):
                stack.append((child, max(place, _place(child))))
        if node.text:
            stack.append((node.text, place))


def _is_hidden(element: HtmlElement) -> bool:
    get = element.get
    return get("hidden") is not None or get("aria-hidden") == "true" or bool(_HIDDEN.search(get("style") or ""))


def _place(element: HtmlElement) -> Region:
    if element.tag in ("header", "footer", "nav") or element.get("role") in ("navigation", "banner", "contentinfo"):
        return Region.AWAY
    names = f"{element.get('class') or ''} {element.get('id') or ''}"[:1_000]
    if element.tag not in ("body", "html") and _AWAY_NAMES.search(names):
        return Region.AWAY
    if element.tag == "aside" and not WALL_BOX.search(names):
        return Region.ASIDE
    return (
        Region.WALL
        if WALL_BOX.search(names) and element.tag not in ("body", "html", "main", "article")
        else Region.TEXT
    )


def _locked_text(tree: HtmlElement, selectors: list[str]) -> int:
    """Return how much running text is in the boxes that a page's data names by their classes (``cssSelector``)."""
    names = {name for selector in selectors for name in re.findall(r"\.([\w-]+)", selector)}
    if not names:
        return 0
    boxes = [
        box for box in tree.iter("div", "section", "p", "article") if names & set((box.get("class") or "").split())
    ]
    inside = [part for box in boxes[:200] for part in ([box] if box.tag == "p" else box.iter("p"))]
    return sum(len(text_of(part)) for part in dict.fromkeys(inside))
