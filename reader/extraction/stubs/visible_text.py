"""The visible text of a page, in order, and the region of the page that each piece is in. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from reader.content.html.linked_data import is_article
from reader.extraction.page_tree import ParsedPage, is_hidden, text_of
from reader.extraction.stubs.patterns import paywall_patterns

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CHARACTERS = 100_000
"""Characters of visible text; the rest is ignored."""
_INVISIBLE = {
    "script", "style", "template", "svg", "select", "datalist", "title", "head", "noscript", "iframe", "object",
}  # fmt: skip
_FRAME_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:site|page|global|main)?-?(?:header|footer|nav|navbar|masthead|topbar)|newsletter|cookie\w*)(?:$|[\s_-])",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\d{1,6}", re.ASCII)
_LOCKED_TIER = re.compile(r"locked|metered|premium|paid", re.IGNORECASE)


class Region(IntEnum):
    """The region of the page that a piece of text is in; of nested regions, the greatest."""

    TEXT = 0
    WALL = 1
    """A box that is named like a paywall."""
    FRAME = 2
    """The header, the footer or a menu of the page."""


@dataclass
class VisibleText:
    """The visible text of a page, and how much of it its metadata calls locked."""

    titles: list[str] = field(default_factory=list)
    """The ``title`` and the first headings, as far as the page has them."""
    pieces: list[tuple[str, Region]] = field(default_factory=list)
    noscript: str = ""
    """The text for browsers without scripts."""
    has_password_field: bool = False
    is_locked: bool = False
    """Whether the page's metadata calls the article not free."""
    locked_text: int = 0
    """Characters of text that the page contains although its metadata calls them not free."""
    stated_words: int = 0
    """Words of the article by the page's metadata, or 0."""

    @cached_property
    def text(self) -> str:
        """All text outside of header, footer and menus, else all text; then the text for browsers without scripts."""
        inside = " ".join(text for text, region in self.pieces if region != Region.FRAME)
        return f"{inside or ' '.join(text for text, _ in self.pieces)} {self.noscript}".strip()


def visible_text(page: ParsedPage) -> VisibleText:
    """Return the visible text of a page; of plain text, all of it."""
    tree, head = page.tree, page.head
    if tree is None:
        return VisibleText(pieces=[(page.text[:MAX_CHARACTERS], Region.TEXT)])
    # By schema.org and Google's rules for paywalled content.
    not_free = [thing for thing in head.objects if str(thing.get("isAccessibleForFree")).lower().endswith("false")]
    counts = (str(thing.get("wordCount")) for thing in filter(is_article, head.objects))
    return VisibleText(
        titles=_titles(tree),
        pieces=_pieces(tree),
        noscript=" ".join(text_of(part)[:1_000] for part in list(tree.iter("noscript"))[:5]),
        has_password_field=any((field.get("type") or "").lower() == "password" for field in tree.iter("input")),
        is_locked=any(thing.get("cssSelector") is None for thing in not_free)
        or any(map(_LOCKED_TIER.search, head.texts.get("article:content_tier", ()))),
        locked_text=_locked_text(tree, [str(thing.get("cssSelector")) for thing in not_free]),
        stated_words=next((int(count) for count in counts if _COUNT.fullmatch(count)), 0),
    )


def _titles(tree: HtmlElement) -> list[str]:
    titles = [text_of(title) for title in list(tree.iter("title"))[:1]]
    titles += [text_of(heading) for heading in list(tree.iter("h1"))[:2]]
    if len(titles) < 2:
        titles += [text_of(heading) for heading in list(tree.iter("h2"))[:1]]
    return titles


def _pieces(tree: HtmlElement) -> list[tuple[str, Region]]:
    """Return the texts of a tree with their regions, without recursion, up to the limit."""
    pieces: list[tuple[str, Region]] = []
    left = MAX_CHARACTERS
    stack: list[tuple[HtmlElement | str, Region]] = [(tree, Region.TEXT)]
    while stack and left > 0:
        node, region = stack.pop()
        if isinstance(node, str):
            text = " ".join(node[:left].split())
            if text:
                pieces.append((text, region))
                left -= len(text)
            continue
        for child in reversed(node):
            if child.tail:
                stack.append((child.tail, region))
            if isinstance(child.tag, str) and child.tag not in _INVISIBLE and not is_hidden(child):
                stack.append((child, max(region, _region(child))))
        if node.text:
            stack.append((node.text, region))
    return pieces


def _region(element: HtmlElement) -> Region:
    if element.tag in ("header", "footer", "nav") or element.get("role") in ("navigation", "banner", "contentinfo"):
        return Region.FRAME
    names = f"{element.get('class') or ''} {element.get('id') or ''}"[:1_000]
    if element.tag in ("body", "html"):
        return Region.TEXT
    if _FRAME_NAMES.search(names):
        return Region.FRAME
    is_wall = element.tag not in ("main", "article") and any(box.search(names) for box in paywall_patterns("box"))
    return Region.WALL if is_wall else Region.TEXT


def _locked_text(tree: HtmlElement, selectors: list[str]) -> int:
    """Return the characters of running text in the boxes that the page's metadata names (``cssSelector``)."""
    names = {name for selector in selectors for name in re.findall(r"\.([\w-]+)", selector)}
    if not names:
        return 0
    boxes = [
        box for box in tree.iter("div", "section", "p", "article") if names & set((box.get("class") or "").split())
    ]
    inside = [part for box in boxes[:200] for part in ([box] if box.tag == "p" else box.iter("p"))]
    return sum(len(text_of(part)) for part in dict.fromkeys(inside))
