"""The column heads of the list: name, sort key and direction."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from textual import events, on
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.ordering import Sort, SortKey
from reader.core.text import cell_width, fit_cells
from reader.tui.keys import bindings
from reader.tui.theme.styles import draw_line
from reader.tui.widgets.article_list.columns import Columns, columns

_LIT = {"accent": "name", "quiet": "accent", "strong": "strong"}
"""The styles of the heads while the list has the focus,"""
_UNLIT = {"accent": "quiet", "quiet": "quiet", "strong": "text"}
"""and while another pane has it."""


class ListHeader(Widget):
    """Shows the names of the columns; those that sort with their key and direction."""

    sort: reactive[Sort | None] = reactive[Sort | None](Sort())
    """The sort order; None for relevance."""
    fields: reactive[frozenset[str]] = reactive(frozenset[str]())
    comfortable: reactive[bool] = reactive(False)
    """As in the list."""
    lit: reactive[bool] = reactive(True)
    """Whether the list has the focus."""
    keymap: reactive[Mapping[str, str]] = reactive({})
    """The keys by action, as far as they are not the default ones."""

    class SortChosen(Message):
        """The user clicked a column to sort by it."""

        def __init__(self, by: SortKey) -> None:
            super().__init__()
            self.by = by

    def __init__(self, sort: Sort, keymap: Mapping[str, str], fields: frozenset[str]) -> None:
        super().__init__(id="header")
        self.set_reactive(ListHeader.sort, sort)
        self.set_reactive(ListHeader.fields, fields)
        self.set_reactive(ListHeader.keymap, keymap)
        self._keys = bindings.single_keys(keymap)
        """Action -> its key, where that is a single character."""

    def watch_keymap(self) -> None:
        """Show other keys."""
        self._keys = bindings.single_keys(self.keymap)

    def render_line(self, y: int) -> Strip:
        """Draw the column heads."""
        pieces: list[tuple[str, str]] = []
        end = 0
        named = [column for column in self._columns().lines[-1] if column.name not in {"mark", "type"}]
        for column, after in pairwise([*named, None]):
            assert column is not None
            pieces.append((" " * (column.start - end), "quiet"))
            end = column.start + column.width
            if column.name in {"quality", "heat", "date"}:
                end = after.start - 1 if after is not None else end  # also over a column without a name
                pieces += self._label(column.name, end - column.start)
            else:
                pieces.append((fit_cells(column.name.capitalize(), column.width), "quiet"))
        pieces = self._with_hidden_sort(pieces)
        styles = _LIT if self.lit else _UNLIT
        return draw_line(self, [(text, styles[style]) for text, style in pieces])

    def _with_hidden_sort(self, pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Say at the right what the list is sorted by if no column shows it, because all its values are unknown."""
        if self.sort is None or self.sort.by in self.fields:
            return pieces
        words = f"by {self.sort.by}: all unknown "
        room = self.size.width - cell_width(words) - 1
        end = cell_width("".join(text for text, _ in pieces).rstrip())
        # The names of the last columns matter less.
        dropped = {"", "Title", "Topics"} if end > room else {""}
        kept = [*pieces]
        while kept and kept[-1][0].strip() in dropped:
            kept.pop()
        kept[-1:] = [(text.rstrip(), style) for text, style in kept[-1:]]
        gap = room + 1 - sum(cell_width(text) for text, _ in kept)
        return [*kept, (" " * gap, "quiet"), (words, "strong")] if gap > 0 else pieces

    def _label(self, by: SortKey, cells: int) -> list[tuple[str, str]]:
        key = self._keys.get(f"sort.{by}", " ")
        chosen = self.sort is not None and by == self.sort.by
        arrow = ("↑" if self.sort is not None and self.sort.reverse else "↓") if chosen else ""
        full = {"quality": "Qual", "heat": "Heat", "date": "Date"}[by]
        texts = f" {full} {arrow}", f" {full}{arrow}", f" {full[0]} {arrow}", f" {full[0]}{arrow}", f"{full[0]}{arrow}"
        room = cells - len(key)
        text = next((text for each in texts if 0 < len(text := each.rstrip()) <= room), "")
        return [(key, "accent"), (text.ljust(room), "strong" if chosen else "quiet")]

    @on(events.Click)
    def _sort_by_clicked(self, event: events.Click) -> None:
        column = self._columns().at(event.x)
        if column is not None and column.name in {"quality", "heat", "date"}:
            self.post_message(self.SortChosen(column.name))

    def _columns(self) -> Columns:
        return columns(max(1, self.size.width), self.fields, comfortable=self.comfortable)
