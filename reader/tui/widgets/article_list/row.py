"""Draws a row of the list: marks, title, scores, date, source and topics in their columns."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, get_args

from rich.segment import Segment
from textual.strip import Strip

from reader.core.model import Number, Row
from reader.core.ordering import FoldState
from reader.core.text import cell_width, fit_cells, format_count
from reader.tui.widgets.article_list.columns import Column, type_mark
from reader.tui.widgets.article_list.rows import ListRow
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.scroll_view import LineList, LineState

if TYPE_CHECKING:
    from rich.style import Style

    from reader.tui.widgets.text.highlight import Term


ORIGINAL_MARKS = {"saved": ("⇩", "quiet"), "failed": ("✗", "warning")}
"""The mark of each state of an original, and its style."""
_LEAST_MARKED = 12
"""The cells of a title from which on it has such a mark."""
_LEAST_WORDED, _LEAST_SIGNED = 80, 24
"""The cells of a title from which on its story is described in words, and by a sign of few cells."""
_MAX_LINES = 512
"""Lines that are held: a few screens."""
_LINES_OF_ROW = 2
_FOLDS: dict[FoldState, str] = {"": "  ", "folded": "▸ ", "unfolded": "▾ ", "inside": "    "}
"""What precedes the titles of a list that is grouped."""


class RowRenderer:
    """Draws rows with the styles of a list."""

    def __init__(self, view: LineList) -> None:
        self._style = view.style
        self._cursor_style = view.cursor_style
        self.terms: tuple[Term, ...] = ()
        """The words to highlight in titles."""
        self.now = datetime.now().astimezone()
        """The time that dates are shown relative to."""
        self.is_grouped = False
        """Whether stories can be unfolded."""

    def render(self, shown: ListRow, line: Sequence[Column], width: int, bar: int, state: LineState) -> Strip:
        """Return a line of a row as a strip, ``width`` cells wide, with score bars of ``bar`` cells."""
        segments: list[Segment] = []
        joined, joined_style = "", self._cursor_style(state)
        for text, style in self._pieces(shown, line, width, bar, state):
            if style is not joined_style:  # fewer segments are drawn faster
                segments.append(Segment(joined, joined_style))
                joined, joined_style = "", style
            joined += text
        segments.append(Segment(joined, joined_style))
        if not line or line[-1].start + line[-1].width <= width:
            return Strip(segments, width)
        return Strip(segments).adjust_cell_length(width)  # a list too narrow for its columns

    def _pieces(
        self, shown: ListRow, line: Sequence[Column], width: int, bar: int, state: LineState
    ) -> Iterable[tuple[str, Style]]:
        """Yield the texts of a line with their styles; together they are as wide as the line."""
        row = shown.row
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
                    yield self._score((row.quality, row.quality_estimate), formats.QUALITY_FULL, cells, bar, state)
                case "heat":
                    yield self._score((row.heat, row.heat_estimate), formats.HEAT_FULL, cells, bar, state)
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
                    yield from self._titled(shown, cells, state)
        yield " " * (width - end), quiet

    def _titled(self, shown: ListRow, cells: int, state: LineState) -> Iterable[tuple[str, Style]]:
        """Yield the title after the sign of its fold, and before what is known of its story."""
        if self.is_grouped:
            before = _FOLDS[shown.fold][: cells // 2]
            yield before, self._style("accent", state)
            cells -= len(before)
        sign = story_sign(shown, cells)
        room = cells - cell_width(sign)
        has_room = shown.period and cell_width(shown.period) <= room - _LEAST_MARKED
        period = f" {shown.period}" if has_room else ""
        title = room - cell_width(period)
        if period:
            title = min(title, cell_width(shown.row.title) + 2 * bool(shown.row.original))
        yield from self._title(shown.row, title, state)
        if period:
            rule = room - title - cell_width(period)
            yield f" {'─' * (rule - 1)}" if rule else "", self._style("quiet", state)
            yield period, self._style("accent", state)
        if sign:
            yield sign, self._style("quiet", state)

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

    def _score(
        self, score: tuple[Number | None, Number | None], full: int, cells: int, bar: int, state: LineState
    ) -> tuple[str, Style]:
        """Return a score that is known, else estimated, with its style."""
        known, estimate = score
        is_estimated = known is None and estimate is not None
        value = estimate if is_estimated else known
        number = fit_cells(formats.score(value, estimated=is_estimated), 5 if cells >= 6 and not bar else 4, right=True)
        drawn = f" {formats.bar(value, full, bar)}" if bar else ""
        strength = 0.0 if is_estimated else formats.strength(value, full)
        return (number + drawn).ljust(cells), self._style("score", state, strength)


def story_sign(shown: ListRow, cells: int) -> str:
    """Return what stands at the end of a title of ``cells`` cells: how many sources its story has, and copies."""
    row, is_folded = shown.row, shown.fold == "folded"
    # The number of sources comes last: lists that are not grouped have it in the same place.
    counted: list[tuple[str, str]] = [(format_count(shown.days, "day"), f"{shown.days}d")] if shown.days else []
    if row.copies > 1 and not is_folded:
        counted.append((f"{row.copies} copies", f"={row.copies}"))
    if row.sources > 1 and shown.fold != "inside":
        is_part = 0 < shown.listed < row.sources  # the list has not all of them
        words, sign = (f"{shown.listed} of ", f"{shown.listed}/") if is_part else ("", "")
        counted.append((words + format_count(row.sources, "source"), f"×{sign}{row.sources}"))
    elif is_folded:
        counted.append((format_count(shown.articles, "article"), f"({shown.articles})"))
    if not counted:
        return ""
    words, signs = (" · ".join(text for text, _ in counted), " ".join(sign for _, sign in counted))
    if cells >= _LEAST_WORDED and len(words) + 2 <= cells // 2:
        return f"  {words}"
    return f" {signs}" if cells >= _LEAST_SIGNED and len(signs) < cells // 2 else ""


class DrawnLines(OrderedDict[tuple[int, LineState, int], Strip]):
    """Lines as they were drawn last, by row id, state and line of the row; the oldest are dropped."""

    def add(self, rowid: int, state: LineState, line: int, strip: Strip) -> Strip:
        """Add a line, and return it."""
        self[rowid, state, line] = strip
        if len(self) > _MAX_LINES:
            self.popitem(last=False)
        return strip

    def drop(self, rowids: Iterable[int]) -> None:
        """Drop the lines of some rows."""
        for key in product(rowids, get_args(LineState), range(_LINES_OF_ROW)):
            self.pop(key, None)
