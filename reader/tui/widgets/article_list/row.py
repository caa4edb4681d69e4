"""Draws a row of the list: marks, title, scores, date, source and topics in their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
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
        strip = Strip(list(self._segments(row, line, bar, state)))
        return strip.adjust_cell_length(width, self._style("text", state))

    def _segments(self, row: Row, line: Sequence[Column], bar: int, state: LineState) -> Iterable[Segment]:
        quiet, accent = self._style("quiet", state), self._style("accent", state)
        end = 1
        yield Segment("▌" if state else " ", self._cursor_style(state))
        for column in line:
            if column.start > end:
                yield Segment(" " * (column.start - end), quiet)
            end = column.start + column.width
            match column.name:
                case "mark":
                    yield Segment("★" if row.starred else " " if row.read else "•", accent)
                case "quality":
                    yield from self._score(row.quality, formats.QUALITY_FULL, column.width, bar, state)
                case "heat":
                    yield from self._score(row.heat, formats.HEAT_FULL, column.width, bar, state)
                case "date":
                    when = formats.short_date(row.published_at, self.now, column.width, row.precision)
                    yield Segment(fit_cells(when, column.width), quiet)
                case "source":
                    yield Segment(fit_cells(row.source, column.width), quiet)
                case "topics":
                    yield Segment(fit_cells(" · ".join(row.topics), column.width), quiet)
                case "type":
                    yield Segment(fit_cells(type_mark(row.type), column.width), quiet)
                case "title":
                    yield from self._title(row, column.width, state)

    def _title(self, row: Row, cells: int, state: LineState) -> Iterable[Segment]:
        """Yield the title with its highlighted words, and at its end what is known of the original."""
        if row.original and cells >= _LEAST_MARKED:
            yield from self._title(replace(row, original=""), cells - 2, state)
            mark, style = ORIGINAL_MARKS[row.original]
            yield Segment(f" {mark}", self._style(style, state))
            return
        title = fit_cells(row.title, cells)
        usual = self._style("quiet" if row.read else "strong", state)
        if not self.terms:
            yield Segment(title, usual)
            return
        from reader.tui.widgets.text.highlight import pieces, spans

        found = usual + self._style("found", state)
        for piece, is_found in pieces(title, spans(title, self.terms)):
            yield Segment(piece, found if is_found else usual)

    def _score(self, value: Number | None, full: int, cells: int, bar: int, state: LineState) -> Iterable[Segment]:
        strength = formats.strength(value, full)
        number = fit_cells(formats.score(value), 5 if cells >= 6 and not bar else 4, right=True)
        drawn = f" {formats.bar(value, full, bar)}" if bar else ""
        yield Segment((number + drawn).ljust(cells), self._style("score", state, strength))
