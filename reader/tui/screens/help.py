"""Every key, from the registry of actions; searchable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reader.content.blocks import Paragraph, Span
from reader.content.layout.layout import layout
from reader.core.text import cell_width, fit_cells
from reader.query.completion import EXAMPLES
from reader.tui.keys import bindings
from reader.tui.screens.text_list import ListingScreen
from reader.tui.widgets.article_list.columns import type_legend
from reader.tui.widgets.text.lines import BLANK, Line, Run

_SIGNS = (
    ("•", "unread; read articles are dimmed"),
    ("–", "unknown quality, heat or date; always sorted last"),
    ("›", "a related item that is a document of this folder"),
    ("", type_legend()),
    ("mouse", "click selects, a second click opens; the header sorts; the wheel scrolls"),
)


_GROUPS_OF: dict[bindings.KeyContext, bindings.Group] = {"text": "Reader", "views": "Sidebar", "entry": "Prompt"}
"""Where keys mean something else than in the list and the article, and the group that says what."""


class HelpScreen(ListingScreen):
    """The keys in force, in groups."""

    def __init__(self, keymap: Mapping[str, str], where: bindings.KeyContext = "list") -> None:
        """``where`` the person is: what the keys mean there goes first."""
        super().__init__("Keys, signs and queries", "type to filter")
        self._keymap = dict(keymap)
        self._first = _GROUPS_OF.get(where)

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:  # noqa: D102 - see ListingScreen
        lines: list[Line] = []
        for group, found in sorted(bindings.groups(), key=lambda each: each[0] != self._first):
            rows = [(bindings.key_label(bindings.keys_of(a, self._keymap)), a.title, a.help) for a in found]
            lines += _group(group, [row for row in rows if _has(words, (group, *row))], width)
        signs = [(sign, text, "") for sign, text in _SIGNS if _has(words, ("signs", sign, text))]
        lines += _group("Signs", signs, width)
        queries = [(query, "", text) for query, text in EXAMPLES if _has(words, ("queries search /", query, text))]
        lines += _group("Queries", queries, width, keys=28)
        return tuple(lines[1:]) if lines else ((Run("Nothing matches these words.", "quiet"),),)


def _has(words: Sequence[str], texts: Sequence[str]) -> bool:
    everything = " ".join(texts).lower()
    return all(word in everything for word in words)


def _group(name: str, rows: Sequence[tuple[str, str, str]], cells: int, keys: int = 16) -> list[Line]:
    if not rows:
        return []
    lines: list[Line] = [BLANK, (Run(name, "heading"),)]
    titles = 24 if cells >= 76 else 0
    for key, title, text in rows:
        said = f"{title}: {text}" if title and text and not titles else text or title
        first = [Run(fit_cells(f"  {key}", keys), "key")]
        if titles and title and text:
            first.append(Run(fit_cells(title, titles), "text"))
        indent = sum(cell_width(run.text) for run in first)
        wrapped = layout((Paragraph((Span(said),)),), max(8, cells - indent))
        for number, line in enumerate(wrapped):
            start = first if number == 0 else [Run(" " * indent)]
            lines.append((*start, *(Run(span.text, "quiet" if text and titles else "text") for span in line)))
    return lines
