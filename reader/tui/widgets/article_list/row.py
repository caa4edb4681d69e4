"""Draws a row of the list: marks, title, scores, date, source and topics in their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from reader.core.model import Number, Row
from reader.core.text import fit_cells
from reader.tui.widgets.article_list.columns import Column, type_mark
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.scroll_view import LineList, LineState

if TYPE_CHECKING:
    from rich.style import Style

    from reader.tui.widgets.text.highlight import Term


ORIGINAL_MARKS = {"saved": ("⇩", "quiet"), "failed": ("✗", "warning")}
"""The mark of each state of an original, and its style."""
_LEAST_MARKED = 12
"""The cells of a title from which on it has such a mark."""


class RowRenderer:
    """Draws rows with the styles of a list."""

    def __init__(self, view: LineList) -> None:
        self._style = view.style
        self._cursor_style = view.cursor_style
        self.terms: tuple[Term, ...] = ()
        """The words to highlight in titles."""
        self.now = datetime.now().astimezone()
        """The time that dates are shown relative to."""

    def render(self, row: Row, line: Sequence[Column], width: int, bar: int, state: LineState) -> Strip:
        """Return a line of ``row`` as a strip, ``width`` cells wide, with score bars of ``bar`` cells."""
        segments: list[Segment] = []
        joined, joined_style = "", self._cursor_style(state)
        for text, style in self._pieces(row, line, width, bar, state):
            if style is not joined_style:  # fewer segments are drawn faster
                segments.append(Segment(joined, joined_style))
                joined, joined_style = "", style
            joined += text
        segments.append(Segment(joined, joined_style))
        if not line or line[-1].start + line[-1].width <= width:
            return Strip(segments, width)
        return Strip(segments).adjust_cell_length(width)  # a list too narrow for its columns

    def _pieces(
        self, row: Row, line: Sequence[Column], width: int, bar: int, state: LineState
    ) -> Iterable[tuple[str, Style]]:
        """Yield the texts of a line with their styles; together they are as wide as the line."""
        quiet, accent = self._style("quiet", state), self._style("accent", state)
        yield "▌" if state else " ", self._cursor_style(state)
        end = 1
        for name, start, cells in line:
            if start > end:
                yield " " * (start - end), quiet
            end = start + cells
            match name:
                case "mark":
                    yield "★" if row.starred else " " if row.read else "•", accent
                case "quality":
                    yield self._score(row.quality, formats.QUALITY_FULL, cells, bar, state)
                case "heat":
                    yield self._score(row.heat, formats.HEAT_FULL, cells, bar, state)
                case "date":
                    when = formats.short_date(row.published_at, self.now, cells, row.precision)
                    yield fit_cells(when, cells), quiet
                case "source":
                    yield fit_cells(row.source, cells), quiet
                case "topics":
                    yield fit_cells(" · ".join(row.topics), cells), quiet
                case "type":
                    yield fit_cells(type_mark(row.type), cells), quiet
                case "title":
                    yield from self._title(row, cells, state)
        yield " " * (width - end), quiet

    def _title(self, row: Row, cells: int, state: LineState) -> Iterable[tuple[str, Style]]:
        """Yield the title with its highlighted words, and at its end what is known of the original."""
        original = row.original if cells >= _LEAST_MARKED else ""
        title = fit_cells(row.title, cells - 2 if original else cells)
        usual = self._style("quiet" if row.read else "strong", state)
        if self.terms:
            from reader.tui.widgets.text.highlight import pieces, spans

            found = usual + self._style("found", state)
            for piece, is_found in pieces(title, spans(title, self.terms)):
                yield piece, found if is_found else usual
        else:
            yield title, usual
        if original:
            mark, style = ORIGINAL_MARKS[original]
            yield f" {mark}", self._style(style, state)

    def _score(self, value: Number | None, full: int, cells: int, bar: int, state: LineState) -> tuple[str, Style]:
        strength = formats.strength(value, full)
        number = fit_cells(formats.score(value), 5 if cells >= 6 and not bar else 4, right=True)
        drawn = f" {formats.bar(value, full, bar)}" if bar else ""
        return (number + drawn).ljust(cells), self._style("score", state, strength)
