"""Draws a row of the list: marks, scores, date, source and title in their columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from reader.core.model import Number, Row
from reader.core.text import fit_cells
from reader.tui.theme.styles import dimmed, theme_style
from reader.tui.widgets.article_list.columns import columns, type_mark
from reader.tui.widgets.text import formats

if TYPE_CHECKING:
    from reader.tui.widgets.text.highlight import Term

RowState = Literal["", "selected", "in_range"]
"""Whether a row is selected, another one of the selected range, or neither."""
_BACKGROUNDS: dict[RowState, tuple[str, str]] = {
    "": ("", ""),
    "selected": ("panel", "surface"),
    "in_range": ("surface", "surface"),
}
"""The background of each, with the focus and without."""


class RowRenderer:
    """Draws rows for a widget, and caches its styles."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self.terms: tuple[Term, ...] = ()
        """The words to highlight in titles."""
        self._styles: dict[tuple[str, RowState, float], Style] = {}

    def drop_styles(self) -> None:
        """Drop the cached styles: theme or focus have changed."""
        self._styles.clear()

    def blank(self, width: int, state: RowState) -> Strip:
        """Return an empty row."""
        return Strip([]).adjust_cell_length(width, self.style("normal", state))

    def render(self, row: Row, width: int, state: RowState, *, types: bool, now: datetime) -> Strip:
        """Return ``row`` as a strip, ``width`` cells wide; ``types`` shows the column of types."""
        strip = Strip(list(self._segments(row, width, state, types=types, now=now)))
        return strip.adjust_cell_length(width, self.style("normal", state))

    def style(self, name: str, state: RowState, strength: float = 1.0) -> Style:
        """Return a style on the background of ``state``."""
        key = (name, state, strength)
        style = self._styles.get(key)
        if style is None:
            focused, otherwise = _BACKGROUNDS[state]
            style = theme_style(self._widget, name, focused if self._widget.has_focus else otherwise)
            style += dimmed(style, strength)
            self._styles[key] = style
        return style

    def _segments(self, row: Row, width: int, state: RowState, *, types: bool, now: datetime) -> Iterable[Segment]:
        quiet = self.style("quiet", state)
        end = 0
        layout = columns(width, types=types)
        for column in layout.columns:
            if column.start > end:
                yield Segment(" " * (column.start - end), quiet)
            end = column.start + column.width
            match column.name:
                case "mark":
                    accent = self.style("accent", state)
                    yield Segment("▌" if state else " ", accent)
                    yield Segment("★" if row.starred else " " if row.read else "•", accent)
                case "quality":
                    yield from self._score(row.quality, formats.QUALITY_FULL, column.width, layout.bar, state)
                case "heat":
                    yield from self._score(row.heat, formats.HEAT_FULL, column.width, layout.bar, state)
                case "date":
                    when = formats.short_date(row.published_at, now, column.width)
                    yield Segment(fit_cells(when, column.width), quiet)
                case "source":
                    yield Segment(fit_cells(row.source, column.width), quiet)
                case "type":
                    yield Segment(fit_cells(type_mark(row.type), column.width), quiet)
                case "title":
                    yield from self._title(row, column.width, state)

    def _title(self, row: Row, cells: int, state: RowState) -> Iterable[Segment]:
        """Yield the title with its highlighted words."""
        title = fit_cells(row.title, cells)
        usual = self.style("quiet" if row.read else "strong", state)
        if not self.terms:
            yield Segment(title, usual)
            return
        from reader.tui.widgets.text.highlight import pieces, spans

        found = usual + self.style("found", state)
        for piece, is_found in pieces(title, spans(title, self.terms)):
            yield Segment(piece, found if is_found else usual)

    def _score(self, value: Number | None, full: int, cells: int, bar: int, state: RowState) -> Iterable[Segment]:
        number = f"{formats.score(value):>3}" if cells > 3 else fit_cells(formats.score(value), 3, right=True)
        yield Segment(number, self.style("quiet" if value is None else "normal", state))
        rest = cells - len(number)
        if rest > 0:
            drawn = formats.shade(value, full) if bar == 1 else formats.bar(value, full, bar)
            style = self.style("score", state, formats.lightness(value, full))
            yield Segment((" " + drawn).ljust(rest)[:rest], style)
