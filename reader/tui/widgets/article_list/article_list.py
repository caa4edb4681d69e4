"""The list of articles: draws only the rows on screen, requests only those around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events, on
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader.core.model import Row
from reader.core.ordering import ArticleOrder
from reader.tui.keys import bindings
from reader.tui.timings import DelayedCall, timings_of
from reader.tui.widgets.article_list.columns import columns
from reader.tui.widgets.article_list.row import DrawnLines, RowRenderer
from reader.tui.widgets.article_list.rows import LocalChange, RowCache
from reader.tui.widgets.messages import LatestMessage, show_status
from reader.tui.widgets.text.scroll_view import (
    Direction,
    LineList,
    LineState,
    line_width,
    move_distance,
    scroll_to_line,
    set_line_count,
)

if TYPE_CHECKING:
    from reader.tui.widgets.text.highlight import Term


class ArticleList(LineList):
    """The articles of an order, one of them selected. The selection follows its article wherever that moves.

    A range of several articles can be selected too; it ends at the selected article.
    """

    BINDINGS = bindings.bindings("list")

    fields: reactive[frozenset[str]] = reactive(frozenset[str]())
    """What some article of the list has, so that there is a column for it."""

    class Selected(LatestMessage):
        """Another article is selected, or none."""

    class RowsRequested(Message):
        """Rows are needed that are not loaded."""

        def __init__(self, rowids: list[int]) -> None:
            super().__init__()
            self.rowids = rowids

    class RangeChanged(LatestMessage):
        """The number of articles in the selected range has changed; 0 without a range."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class SelectionConfirmed(Message):
        """The user has selected the article that was selected by default."""

    class SelectionSettled(Message):
        """The user has moved the selection and then paused."""

    class Entered(Message):
        """The user wants to enter the selected article."""

    class LeaveRequested(Message):
        """The user wants to leave the list."""

    def __init__(
        self, order: ArticleOrder, rows: Iterable[Row], fields: frozenset[str], *, index: int, line: int
    ) -> None:
        """The article at ``index`` is selected, on the row ``line`` of the screen."""
        super().__init__(id="list", cursor=index)
        self.set_reactive(ArticleList.fields, fields)
        self.order = order
        self.comfortable = False
        """Whether each article has two lines."""
        self.user_selected = False
        """Whether the user has selected an article."""
        self.user_moved = False
        """Whether the user has moved the selection since its position was saved."""
        self.unmatched: frozenset[int] = frozenset()
        """Articles that no longer match the query; they stay until the selection moves on."""
        self.rows = RowCache(rows)
        self._renderer = RowRenderer(self)
        self._renderer.is_grouped = order.is_grouped
        self._drawn = DrawnLines()
        self._anchor = -1
        """The index where the selected range begins, or -1."""
        self._pressed = -1
        """The index where the mouse button was pressed, or -1,"""
        self._pressed_y = -1
        """and the line: what is there may change once the list has the focus."""
        self._pause = DelayedCall(self)
        self.on_changed: Callable[[ArticleOrder], object] = id
        """Receives the list when a story was folded or unfolded, or articles have left that no longer match."""
        self.has_unhandled_selection = False
        """Whether a :class:`Selected` message was posted that the screen has not handled yet."""
        self._start_at(max(0, index - line))

    def _start_at(self, top: int) -> None:
        # As in the first frame, before the height is known.
        self.set_reactive(ArticleList.virtual_size, Size(0, len(self.order) * self.row_height))
        self.set_reactive(ArticleList.scroll_y, float(top * self.row_height))

    # Rows and lines.

    def set_comfortable(self, comfortable: bool) -> None:
        """Draw each article in two lines, or in one; the selected one stays where it is on the screen."""
        if comfortable == self.comfortable:
            return
        top, line = self.top, self.cursor * self.row_height - self.scroll_offset.y
        self.comfortable = comfortable
        if not self.size:
            self._start_at(top)
            return
        self._lay_out()
        self._scroll_to_row(self.cursor + -line // self.row_height)
        self._scroll_into_view()

    @property
    def row_height(self) -> int:
        """The lines of an article."""
        return 2 if self.comfortable else 1

    @property
    def top(self) -> int:
        """The index of the first article on the screen."""
        return self.scroll_offset.y // self.row_height

    @property
    def _rows_on_screen(self) -> int:
        """How many articles the screen shows in full."""
        return self.size.height // self.row_height

    def validate_scroll_y(self, value: float) -> float:
        """Scroll by whole rows."""
        return super().validate_scroll_y(value) // self.row_height * self.row_height

    def _scroll_to_row(self, index: int) -> None:
        scroll_to_line(self, index * self.row_height)

    def _scroll_into_view(self) -> None:
        """Scroll as little as needed to show the selected article."""
        top, rows = self.top, self._rows_on_screen
        if rows and not top <= self.cursor < top + rows:
            self._scroll_to_row(self.cursor if self.cursor < top else self.cursor - rows + 1)

    def _set_line_count(self) -> None:
        # With the lines at the bottom that are not enough for a row, so that the last page begins with a whole one.
        set_line_count(self, len(self.order) * self.row_height + self.size.height % self.row_height)

    # Content.

    @property
    def rowid(self) -> int:
        """The row id of the selected article, or -1."""
        return self.order.rowids[self.cursor] if self.cursor < len(self.order) else -1

    @property
    def row(self) -> Row | None:
        """The row of the selected article, if it is loaded."""
        return self.rows.get(self.rowid)

    def show(
        self,
        order: ArticleOrder,
        rows: Iterable[Row],
        *,
        saved_changes: float = math.inf,
        index: int | None = None,
        top: int | None = None,
        terms: tuple[Term, ...] = (),
        unmatched: frozenset[int] = frozenset(),
    ) -> None:
        """Show ``order``, of which ``rows`` are loaded, with the article at ``index`` selected.

        The rows were read when ``saved_changes`` changes of marks of this run were on disk.
        The selected article stays on its row of the screen, unless ``top`` names the first row to show. Without an
        ``index`` the selected article is gone, and its neighbor is selected. ``terms`` are highlighted.
        """
        before = self.rowid
        anchor_rowid = self.anchor_rowid
        offset = self.cursor - self.top
        self.order = order
        self.unmatched = unmatched
        self._renderer.terms = terms
        self._renderer.is_grouped = order.is_grouped
        self._renderer.now = datetime.now().astimezone()
        self.rows.clear()
        self.rows.requested.clear()
        self._drawn.clear()
        self.rows.saved_changes = saved_changes
        self.rows.add(rows, saved_changes)
        self._set_line_count()
        self.cursor = max(0, min(self.cursor if index is None else index, len(order) - 1))
        if self._anchor != -1:
            anchor = order.index_of(anchor_rowid)
            self._anchor = -1 if anchor is None or index is None else anchor
            self._range_changed()
        if before != -1 or top is not None:
            self._scroll_to_row(self.cursor - offset if top is None else top)
        self._scroll_into_view()
        self.refresh()
        if self.rowid != before:
            self._post_selected()

    def _post_selected(self) -> None:
        self.has_unhandled_selection = True
        self.post_message(self.Selected())

    def add_rows(self, rows: Sequence[Row], saved_changes: int) -> None:
        """Add rows that were requested, read when ``saved_changes`` changes of marks of this run were on disk."""
        self.rows.add(rows, saved_changes)
        if self.rows.has_periods:
            self._drawn.clear()  # also those below, whose period may begin above them
        self._drop_drawn(row.rowid for row in rows)
        on_screen = frozenset(self.order.rowids[self.top : self.top + self._rows_on_screen + 1])
        if any(self.order.row_of(row.rowid) in on_screen for row in rows):
            self.refresh()

    def show_originals(self, rows: Iterable[Row]) -> None:
        """Show what is known of the originals of loaded rows."""
        changed = self.rows.take_originals(rows)
        if changed:
            self._drop_drawn(changed)
            self.refresh()

    def request_missing_rows(self) -> None:
        """Request again the rows that did not arrive."""
        self.rows.requested.clear()
        self.refresh()

    def mark(self, local: LocalChange) -> None:
        """Show a change of marks that is not on disk yet, in all rows of its articles."""
        self._drop_drawn(self.rows.mark(local))
        self.refresh()

    def _drop_drawn(self, rowids: Iterable[int]) -> None:
        self._drawn.drop(map(self.order.row_of, rowids))

    def _request_rows(self) -> None:
        missing = self.rows.request_around(self.order, self.top, self._rows_on_screen + 1)
        if missing:
            self.post_message(self.RowsRequested(missing))

    def _look_ahead(self) -> None:
        """Request rows before a key leads to them."""
        if self.rows.lacks_ahead(self.order, self.top, self._rows_on_screen):
            # After the refresh, which the reading thread would delay. render_line() requests the rows on screen.
            self.call_after_refresh(self._request_rows)

    # Selection.

    def select(self, index: int, *, top: int | None = None) -> None:
        """Select an article for the user, and scroll it into view, or so that ``top`` is the first row."""
        if not len(self.order):
            return
        first, self.user_selected, self.user_moved = not self.user_selected, True, True
        self._pause.start(timings_of(self).list_settled, lambda: self.post_message(self.SelectionSettled()))
        index = max(0, min(index, len(self.order) - 1))
        if top is not None:
            self._scroll_to_row(top)
        if index == self.cursor:
            self._scroll_into_view()
            if first:
                self.post_message(self.SelectionConfirmed())
            return
        before, self.cursor = self.cursor, index
        self._scroll_into_view()
        if self.unmatched and self._anchor == -1:
            self._drop_unmatched()
            return
        self._look_ahead()
        if self._anchor != -1:
            self._range_changed()
        for row in (before, index):
            self.refresh_lines(row * self.row_height, self.row_height)
        self._post_selected()

    def _drop_unmatched(self) -> None:
        """Remove the articles that no longer match, except the selected one."""
        left = self.unmatched.intersection(self.order.articles_of(self.rowid))
        selected, order = self.rowid, self.order.without(self.unmatched - left)
        terms, rows = self._renderer.terms, list(self.rows.values())
        self.show(order, rows, index=order.index_of(selected), terms=terms, unmatched=left)
        self.on_changed(order)
        self._post_selected()

    # Stories.

    def fold(self, *, unfold: bool = False) -> bool:
        """Fold the story of the selected article or, with ``unfold``, unfold it; return whether there was one."""
        before, top = self.rowid, self.top
        order = self.order.fold(before, unfold=unfold)
        if order is self.order or self._anchor != -1:
            return False
        self.order, self.cursor = order, order.index_of(before) or 0
        self.user_selected = self.user_moved = True
        self._lay_out()
        self._scroll_to_row(top)
        self._scroll_into_view()
        self.on_changed(order)
        self._post_selected()  # also if it is the same article, which may have become a story
        return True

    # Selected range.

    @property
    def selected_range(self) -> list[int]:
        """The row ids of the articles in the selected range, in the order of the list; empty without a range."""
        indexes = self._range()
        rowids = self.order.rowids[indexes.start : indexes.stop].tolist()
        return [each for rowid in rowids for each in self.order.articles_of(rowid)] if self.order.is_grouped else rowids

    def _range(self) -> range:
        start = self._anchor
        return range(0) if start == -1 else range(min(start, self.cursor), max(start, self.cursor) + 1)

    @property
    def anchor_rowid(self) -> int:
        """The row id of the article where the range begins, or -1."""
        return self.order.rowids[self._anchor] if self._anchor != -1 else -1

    def extend_from(self, rowid: int) -> None:
        """Select the range from an article to the selected one; no range if it is not in the list."""
        index = self.order.index_of(rowid)
        if index is not None:
            self._anchor = index
            self._range_changed()

    def _begin_range(self) -> None:
        if self._anchor == -1 and len(self.order):
            self._anchor = self.cursor
            self._range_changed()

    def clear_range(self) -> bool:
        """Clear the selected range, and return whether there was one."""
        if self._anchor == -1:
            return False
        self._anchor = -1
        self._range_changed()
        return True

    def _range_changed(self) -> None:
        self.refresh()
        self.post_message(self.RangeChanged(len(self.selected_range if self.order.is_grouped else self._range())))

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """Draw the line ``y`` of the screen."""
        index, line = divmod(y + self.scroll_offset.y, self.row_height)
        width = line_width(self)
        if index >= len(self.order):
            return Strip.blank(width, self.style("text"))
        rowid = self.order.rowids[index]
        state: LineState = "selected" if index == self.cursor else "in_range" if index in self._range() else ""
        cached = self._drawn.get((rowid, state, line))
        if cached is not None:
            return cached
        if self.rows.lacks(self.order, rowid):
            self._request_rows()
        shown = self.rows.shown(self.order, rowid)
        if shown is None:
            return Strip.blank(width, self.style("text", state))
        if not line:
            shown = shown._replace(period=self.rows.period_from(self.order, index, self._renderer.now))
        layout = columns(width, self.fields, comfortable=self.comfortable)
        strip = self._renderer.render(shown, layout.lines[line], width, layout.bar, state)
        return self._drawn.add(rowid, state, line, strip)

    def drop_styles(self) -> None:
        """Drop what depends on the theme and the focus."""
        super().drop_styles()
        self._drawn.clear()

    def watch_fields(self) -> None:
        """Lay out the columns again."""
        self._lay_out()

    @on(events.Resize)
    def _fit_size(self) -> None:
        self._lay_out()
        self._scroll_into_view()

    def _lay_out(self) -> None:
        self._set_line_count()
        self._drawn.clear()
        self.refresh()

    # Mouse.

    def _index_at(self, y: int) -> int:
        return (y + self.scroll_offset.y) // self.row_height

    def _is_fold_sign(self, x: int, y: int) -> bool:
        """Whether the sign that a story is folded or unfolded would be there."""
        layout = columns(line_width(self), self.fields, comfortable=self.comfortable)
        line = layout.lines[(y + self.scroll_offset.y) % self.row_height]
        return any(column.name == "title" and x - column.start in range(2) for column in line)

    @on(events.MouseDown)
    def _begin_drag(self, event: events.MouseDown) -> None:
        index = self._index_at(event.y)
        if index < len(self.order) and not event.shift:
            self._pressed, self._pressed_y = index, event.y
            self.capture_mouse()

    @on(events.MouseMove)
    def _drag(self, event: events.MouseMove) -> None:
        """Select the range that the mouse is dragged over."""
        index = max(0, min(self._index_at(event.y), len(self.order) - 1))
        if 0 <= self._pressed < len(self.order) and index != self._pressed and event.y != self._pressed_y:
            if self._anchor == -1:
                self.select(self._pressed)
                self._anchor = self.cursor
            self.select(index)

    @on(events.MouseUp)
    def _end_drag(self) -> None:
        self.release_mouse()

    @on(events.Click)
    def _click(self, event: events.Click) -> None:
        """Select an article or, with Shift, the range up to it; a second click enters the article."""
        pressed, self._pressed = self._pressed, -1
        index = pressed if pressed != -1 and event.y == self._pressed_y else self._index_at(event.y)
        if index >= len(self.order) or (pressed not in {-1, index} and self._anchor != -1):
            return
        fold = self.order.fold_state(self.order.rowids[index])
        if event.shift:
            self._begin_range()
            self.select(index)
        elif fold in {"folded", "unfolded"} and self._is_fold_sign(event.x, event.y):
            self.clear_range()
            self.select(index)
            self.fold(unfold=fold == "folded")
        elif index == self.cursor and self.user_selected and self._anchor == -1:
            self.fold(unfold=True) or self.post_message(self.Entered())
        else:
            self.clear_range()
            self.select(index)

    # Keys.

    def action_move(self, direction: Direction) -> None:
        """Select another article; by a page, the selection keeps its row on the screen."""
        before, rows = self.rowid, move_distance(direction, self._rows_on_screen)
        if direction in {"down", "up", "top", "end"}:
            self.select(self.cursor + rows)
        else:
            top = max(0, min(self.top + rows, max(0, len(self.order) - self._rows_on_screen)))
            self.select(self.cursor + rows, top=top)
        if self.rowid == before:  # not by index: the row above may have gone
            self._show_end(rows)

    def _show_end(self, rows: int) -> None:
        if len(self.order):
            text = "This is the last article." if rows > 0 else "This is the first article."
        else:
            text = "There are no articles here."
        show_status(self, text)

    def action_enter(self) -> None:
        """Unfold the selected story, or enter the selected article."""
        self.clear_range()
        if not self.fold(unfold=True):
            self.post_message(self.Entered())

    def action_leave(self) -> None:
        """Clear the selected range, else fold the story of the selected article, else leave the list."""
        if not self.clear_range() and not self.fold():
            self.post_message(self.LeaveRequested())

    def action_choose(self) -> None:
        """Begin to select a range, or clear it."""
        if not len(self.order):
            self._show_end(1)
        elif not self.clear_range():
            self._begin_range()

    def action_extend(self, rows: int) -> None:
        """Extend the selected range to the article below or above."""
        is_new = not self._range()
        self._begin_range()
        last = 0 if rows < 0 else len(self.order) - 1
        if not (is_new and self.cursor == last and len(self.order)):  # then the range of one is the news
            self.action_move("down" if rows > 0 else "up")
