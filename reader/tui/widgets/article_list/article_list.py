"""The list of articles: draws only the rows on screen, requests only those around it."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from textual import events, on
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from reader.core.model import Row
from reader.core.ordering import ArticleOrder, Sort
from reader.tui.keys import bindings
from reader.tui.terminal.textual_internals import cached_vertical_scrollbar, set_line_count
from reader.tui.timings import timings_of
from reader.tui.widgets.article_list.row import RowRenderer, RowState
from reader.tui.widgets.article_list.rows import RowCache
from reader.tui.widgets.status_message import StatusMessage
from reader.tui.widgets.text.scroll_view import (
    Direction,
    crop_strips,
    line_width,
    move_distance,
    scroll_line_into_view,
    scroll_to_line,
)

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.tui.widgets.text.highlight import Term

_MAX_STRIPS = 512
"""Cached rows as they were drawn: a few screens."""
_PAGES_AHEAD = 3
"""Pages above and below the screen that are requested in advance."""


class ArticleList(ScrollView, can_focus=True):
    """The articles of an order, one of them selected. The selection follows its article wherever that moves.

    A range of several articles can be selected too; it ends at the selected article.
    """

    BINDINGS = bindings.bindings("list")

    types: reactive[bool] = reactive(False)
    """Whether to show the column for types other than articles."""

    class Selected(Message):
        """Another article is selected, or none (-1)."""

        def __init__(self, rowid: int) -> None:
            super().__init__()
            self.rowid = rowid

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, ArticleList.Selected)

    class RowsRequested(Message):
        """Rows are needed that are not loaded."""

        def __init__(self, rowids: list[int]) -> None:
            super().__init__()
            self.rowids = rowids

    class RangeChanged(Message):
        """The number of articles in the selected range has changed; 0 without a range."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, ArticleList.RangeChanged)

    class SelectionConfirmed(Message):
        """The user has selected the article that was selected by default."""

    class SelectionSettled(Message):
        """The user has moved the selection and then paused."""

    class Entered(Message):
        """The user wants to enter the selected article."""

    class LeaveRequested(Message):
        """The user wants to leave the list."""

    def __init__(
        self,
        order: ArticleOrder | None = None,
        rows: Iterable[Row] = (),
        *,
        index: int = 0,
        line: int = 0,
        types: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """``index`` is selected, and on the row ``line`` of the screen."""
        super().__init__(id=id)
        self.set_reactive(ArticleList.types, types)
        self.before_blur: Callable[[], None] = lambda: None
        """Called before an action that moves the focus: the next key is not meant for the list."""
        self.order = order if order is not None else ArticleOrder(Sort(), array("q"))
        self.cursor = index
        """The index of the selected article."""
        self.user_selected = False
        """Whether the user has selected an article."""
        self.user_moved = False
        """Whether the user has moved the selection since its position was saved."""
        self.unmatched: frozenset[int] = frozenset()
        """Articles that no longer match the query; they stay until the selection moves on."""
        self._rows = RowCache(rows)
        self._renderer = RowRenderer(self)
        self._strips: OrderedDict[tuple[int, RowState], Strip] = OrderedDict()
        """The rows that were drawn last."""
        self._now = datetime.now().astimezone()
        self._anchor = -1
        """The index where the selected range begins, or -1."""
        self._pressed = -1
        """The index where the mouse button was pressed, or -1."""
        self._timer: Timer | None = None
        self.has_unhandled_selection = False
        """Whether a :class:`Selected` message was posted that the screen has not handled yet."""
        # As in the first frame, before its height is known.
        self.set_reactive(ArticleList.virtual_size, Size(0, len(self.order)))
        self.set_reactive(ArticleList.scroll_y, float(max(0, index - line)))

    # Content.

    @property
    def rowid(self) -> int:
        """The row id of the selected article, or -1."""
        return self.order.rowids[self.cursor] if self.cursor < len(self.order) else -1

    @property
    def row(self) -> Row | None:
        """The row of the selected article, if it is loaded."""
        return self._rows.get(self.rowid)

    def show(
        self,
        order: ArticleOrder,
        rows: Iterable[Row],
        *,
        index: int | None = None,
        top: int | None = None,
        terms: tuple[Term, ...] = (),
        unmatched: frozenset[int] = frozenset(),
    ) -> None:
        """Show ``order``, of which ``rows`` are loaded, with the article at ``index`` selected.

        The selected article stays on its row of the screen, unless ``top`` names the first row to show. Without an
        ``index`` the selected article is gone, and its neighbor is selected. ``terms`` are highlighted.
        """
        before = self.rowid
        anchor_rowid = self.anchor_rowid
        offset = self.cursor - self.scroll_offset.y
        self.order = order
        self.unmatched = unmatched
        self._renderer.terms = terms
        self._now = datetime.now().astimezone()
        self._rows.clear()
        self._strips.clear()
        self._rows.add(rows)
        set_line_count(self, line_width(self), len(order))
        self.cursor = max(0, min(self.cursor if index is None else index, len(order) - 1))
        if self._anchor != -1:
            anchor = order.index_of(anchor_rowid)
            self._anchor = -1 if anchor is None or index is None else anchor
            self._post_range()
        if before != -1 or top is not None:
            scroll_to_line(self, self.cursor - offset if top is None else top)
        scroll_line_into_view(self, self.cursor)
        self.refresh()
        if self.rowid != before:
            self._post_selected()

    def _post_selected(self) -> None:
        self.has_unhandled_selection = True
        self.post_message(self.Selected(self.rowid))

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add rows that were requested."""
        rows = list(rows)
        self._rows.add(rows)
        self._drop_strips(row.rowid for row in rows)
        top = self.scroll_offset.y
        on_screen = frozenset(self.order.rowids[top : top + self.size.height])
        if any(row.rowid in on_screen for row in rows):
            self.refresh()

    def request_missing_rows(self) -> None:
        """Request the rows that did not come again."""
        self._rows.forget_requests()
        self.refresh()

    def update_rows(self, rows: Iterable[Row]) -> None:
        """Show the new marks of articles, in every document of theirs."""
        self._drop_strips(self._rows.update_marks(rows))
        self.refresh()

    def cached_rows(self, rowids: Iterable[int]) -> list[Row] | None:
        """Return the rows of articles, or None if not all of them are loaded."""
        return self._rows.get_all(rowids)

    def _drop_strips(self, rowids: Iterable[int]) -> None:
        for rowid in rowids:
            for state in get_args(RowState):
                self._strips.pop((rowid, state), None)

    def _request_rows(self) -> None:
        """Request the missing rows on and around the screen, and at both ends, where a key may lead next."""
        height = max(self.size.height, 24)
        top = self.scroll_offset.y
        rowids = self.order.rowids
        near = rowids[max(0, top - _PAGES_AHEAD * height) : top + (_PAGES_AHEAD + 1) * height]
        missing = self._rows.request(list(dict.fromkeys([*near, *rowids[:height], *rowids[-height:]])))
        if missing:
            self.post_message(self.RowsRequested(missing))

    def _look_ahead(self) -> None:
        """Request rows before a key leads to them: a page away in either direction, and at both ends."""
        rowids, height, top = self.order.rowids, self.size.height, self.scroll_offset.y
        last = len(rowids) - 1
        ahead = (max(0, top - height), min(last, top + 2 * height), 0, last)
        if any(self._rows.is_missing(rowids[index]) for index in ahead):
            # After the refresh, which the thread that reads them would delay. render_line() requests those on screen.
            self.call_after_refresh(self._request_rows)

    # Selection.

    def select(self, index: int, *, top: int | None = None) -> None:
        """Select an article for the user, and scroll it into view, or so that ``top`` is the first row."""
        first, self.user_selected, self.user_moved = not self.user_selected, True, True
        if self._timer is not None:
            self._timer.stop()  # reset() would wait for its end first
        self._timer = self.set_timer(timings_of(self).list_settled, self._settle)
        if not len(self.order):
            return
        index = max(0, min(index, len(self.order) - 1))
        if top is not None:
            scroll_to_line(self, top)
        if index == self.cursor:
            scroll_line_into_view(self, self.cursor)
            if first:
                self.post_message(self.SelectionConfirmed())
            return
        before, self.cursor = self.cursor, index
        scroll_line_into_view(self, self.cursor)
        if self.unmatched and self._anchor == -1:
            self._drop_unmatched()
            return
        self._look_ahead()
        if self._anchor != -1:
            self.refresh()
            self._post_range()
        self.refresh_lines(before)
        self.refresh_lines(index)
        self._post_selected()

    def _settle(self) -> None:
        self._timer = None
        self.post_message(self.SelectionSettled())

    def _drop_unmatched(self) -> None:
        """Remove the articles that no longer match, except the selected one."""
        selected, unmatched = self.rowid, self.unmatched - {self.rowid}
        rowids = array(self.order.rowids.typecode, [rowid for rowid in self.order.rowids if rowid not in unmatched])
        order = ArticleOrder(self.order.sort, rowids)
        index = order.index_of(selected)
        terms, left = self._renderer.terms, self.unmatched & {selected}
        self.show(order, self._rows.rows, index=index, terms=terms, unmatched=left)
        self._post_selected()

    def find_unread(self, step: int) -> tuple[int | None, bool]:
        """Return the index of the next unread article, and whether it is known.

        It is not known where a row on the way is not loaded; then the index is that of this row.
        """
        index = self.cursor + step
        while 0 <= index < len(self.order):
            row = self._rows.get(self.order.rowids[index])
            if row is None:
                return index, False
            if not row.read:
                return index, True
            index += step
        return None, True

    # Selected range.

    @property
    def selected_range(self) -> list[int]:
        """The row ids of the selected range, in the order of the list; empty without a range."""
        indexes = self._range()
        return self.order.rowids[indexes.start : indexes.stop].tolist()

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
            self._post_range()
            self.refresh()

    def _begin_range(self) -> None:
        if self._anchor == -1 and len(self.order):
            self._anchor = self.cursor
            self._post_range()
            self.refresh()

    def clear_range(self) -> bool:
        """Clear the selected range, and return whether there was one."""
        if self._anchor == -1:
            return False
        self._anchor = -1
        self._post_range()
        self.refresh()
        return True

    def _post_range(self) -> None:
        self.post_message(self.RangeChanged(len(self._range())))

    # Drawing.

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar, which is cheap to draw."""
        return cached_vertical_scrollbar(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the rows of a region."""
        lines = (self.render_line(y) for y in crop.line_range)
        return crop_strips(self, lines, crop, self._renderer.style("normal", ""))

    def render_line(self, y: int) -> Strip:
        """Draw the article in row ``y`` of the screen."""
        index = y + self.scroll_offset.y
        width = line_width(self)
        if index >= len(self.order):
            return self._renderer.blank(width, "")
        rowid = self.order.rowids[index]
        state: RowState = "selected" if index == self.cursor else "in_range" if index in self._range() else ""
        cached = self._strips.get((rowid, state))
        if cached is not None:
            return cached
        row = self._rows.get(rowid)
        if row is None:
            self._request_rows()
            return self._renderer.blank(width, state)
        strip = self._renderer.render(row, width, state, types=self.types, now=self._now)
        self._strips[rowid, state] = strip
        if len(self._strips) > _MAX_STRIPS:
            self._strips.popitem(last=False)
        return strip

    def notify_style_update(self) -> None:
        """Drop the styles of the previous theme."""
        self._drop_styles()
        super().notify_style_update()

    def _drop_styles(self) -> None:
        self._renderer.drop_styles()
        self._strips.clear()

    @on(events.Focus)
    @on(events.Blur)
    def _refresh_selection(self) -> None:
        """Draw the selection brighter with the focus."""
        self._drop_styles()
        self.refresh()

    def watch_types(self) -> None:
        """Lay out the columns again."""
        self._lay_out()

    @on(events.Resize)
    def _fit_size(self) -> None:
        self._lay_out()
        scroll_line_into_view(self, self.cursor)

    def _lay_out(self) -> None:
        set_line_count(self, line_width(self), len(self.order))
        self._strips.clear()
        self.refresh()

    # Mouse.

    @on(events.MouseDown)
    def _begin_drag(self, event: events.MouseDown) -> None:
        index = event.y + self.scroll_offset.y
        if index < len(self.order) and not event.shift:
            self._pressed = index
            self.capture_mouse()

    @on(events.MouseMove)
    def _drag(self, event: events.MouseMove) -> None:
        """Select the range that the mouse is dragged over."""
        index = max(0, min(event.y + self.scroll_offset.y, len(self.order) - 1))
        if 0 <= self._pressed < len(self.order) and index != self._pressed:
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
        index, pressed, self._pressed = event.y + self.scroll_offset.y, self._pressed, -1
        if index >= len(self.order) or (pressed not in {-1, index} and self._anchor != -1):
            return
        if event.shift:
            self._begin_range()
            self.select(index)
        elif index == self.cursor and self.user_selected and self._anchor == -1:
            self.post_message(self.Entered())
        else:
            self.clear_range()
            self.select(index)

    # Keys.

    def action_move(self, direction: Direction) -> None:
        """Select another article; by a page, the selection keeps its row on the screen."""
        before, rows = self.rowid, move_distance(direction, self.size.height)
        if direction in {"down", "up", "top", "end"}:
            self.select(self.cursor + rows)
        else:
            top = max(0, min(self.scroll_offset.y + rows, max(0, len(self.order) - self.size.height)))
            self.select(self.cursor + rows, top=top)
        if self.rowid == before:  # not by index: the row above may have gone
            self._say_end(rows)

    def _say_end(self, rows: int) -> None:
        if len(self.order):
            text = "This is the last article." if rows > 0 else "This is the first article."
        else:
            text = "There are no articles here."
        self.post_message(StatusMessage(text, transient=True))

    def action_enter(self) -> None:
        """Enter the selected article."""
        self.clear_range()
        self.before_blur()
        self.post_message(self.Entered())

    def action_leave(self) -> None:
        """Clear the selected range, else leave the list."""
        if not self.clear_range():
            self.post_message(self.LeaveRequested())

    def action_choose(self) -> None:
        """Begin to select a range, or clear it."""
        if not len(self.order):
            self._say_end(1)
        elif not self.clear_range():
            self._begin_range()

    def action_extend(self, rows: int) -> None:
        """Extend the selected range to the article below or above."""
        is_new = not self._range()
        self._begin_range()
        last = 0 if rows < 0 else len(self.order) - 1
        if not (is_new and self.cursor == last and len(self.order)):  # then the range of one is the news
            self.action_move("down" if rows > 0 else "up")
