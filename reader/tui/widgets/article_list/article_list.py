"""The list of articles: its keys and the mouse, over the rows."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from reader.tui.keys import bindings
from reader.tui.widgets.article_list.rows import ArticleRows
from reader.tui.widgets.status_message import StatusMessage


class ArticleList(ArticleRows):
    """The rows of a view, as a person moves in them, chooses several, and goes into one."""

    BINDINGS = bindings.bindings("list")

    _pressed = -1
    """Where the mouse went down, to choose what it is drawn over, or -1."""
    before_blur: Callable[[], None] = staticmethod(lambda: None)
    """Called when what is pressed next is not meant for the list."""

    class Entered(Message):
        """The person wants into the selected article."""

    class LeaveRequested(Message):
        """The person wants out of the list."""

    # Mouse and keys.

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to choose, should the mouse be drawn over further rows."""
        at = event.y + self.scroll_offset.y
        if at < len(self.order) and not event.shift:
            self._pressed = at
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Choose what the mouse is drawn over."""
        at = max(0, min(event.y + self.scroll_offset.y, len(self.order) - 1))
        if 0 <= self._pressed < len(self.order) and at != self._pressed and len(self.order):
            if self._anchor == -1:
                self.select(self._pressed)
                self._anchor = self.cursor
            self.select(at)

    def on_mouse_up(self) -> None:
        """Leave it at what is chosen."""
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse, or with Shift all up to it; a second click enters the article."""
        at, pressed, self._pressed = event.y + self.scroll_offset.y, self._pressed, -1
        if at >= len(self.order) or (pressed not in {-1, at} and self._anchor != -1):
            return
        if event.shift:
            self._begin_choice()
            self.select(at)
        elif at == self.cursor and self.user_selected and self._anchor == -1:
            self.post_message(self.Entered())
        else:
            self.clear_range()
            self.select(at)

    def action_down(self) -> None:
        """Select the next article."""
        self._step(1)

    def action_up(self) -> None:
        """Select the previous article."""
        self._step(-1)

    def action_top(self) -> None:
        """Select the first article."""
        self._step(-len(self.order))

    def action_end(self) -> None:
        """Select the last article."""
        self._step(len(self.order))

    def action_half_down(self) -> None:
        """Select the article half a page down."""
        self._page(max(1, self.size.height // 2))

    def action_half_up(self) -> None:
        """Select the article half a page up."""
        self._page(-max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        """Select the article a page down."""
        self._page(max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        """Select the article a page up."""
        self._page(-max(1, self.size.height - 1))

    def _step(self, rows: int) -> None:
        before = self.rowid
        self.select(self.cursor + rows)
        if self.rowid == before:  # not by its place: the row above may have gone
            self._say_end(rows)

    def _say_end(self, rows: int) -> None:
        if len(self.order):
            words = "This is the last article." if rows > 0 else "This is the first article."
        else:
            words = "There are no articles here."
        self.post_message(StatusMessage(words, transient=True))

    def _page(self, rows: int) -> None:
        """Move the selection and what is on screen by as many rows, so that the selection keeps its line."""
        before = self.rowid
        top = max(0, min(self.scroll_offset.y + rows, max(0, len(self.order) - self.size.height)))
        self.select(self.cursor + rows, top=top)
        if self.rowid == before:
            self._say_end(rows)

    def action_enter(self) -> None:
        """Ask for the selected article."""
        self.clear_range()
        self.before_blur()
        self.post_message(self.Entered())

    def action_leave(self) -> None:
        """Let go of what is chosen, or say that there is nowhere further out."""
        if not self.clear_range():
            self.post_message(self.LeaveRequested())

    # Several articles.

    def action_choose(self) -> None:
        """Begin to choose several articles, or end it."""
        if not len(self.order):
            self._say_end(1)
        elif not self.clear_range():
            self._begin_choice()

    def action_extend(self, rows: int) -> None:
        """Choose the article below or above as well."""
        begun = not self._range()
        self._begin_choice()
        last = 0 if rows < 0 else len(self.order) - 1
        if not (begun and self.cursor == last and len(self.order)):  # otherwise one is chosen, which is news enough
            self._step(rows)

    # Unread articles.

    def find_unread(self, step: int) -> tuple[int | None, bool]:
        """Return the index of the next unread article, or None, and True; or where to look on, and False."""
        index = self.cursor + step
        while 0 <= index < len(self.order):
            row = self._rows.get(self.order.rowids[index])
            if row is None:
                return index, False
            if not row.read:
                return index, True
            index += step
        return None, True
