"""The list of articles: its keys and the mouse, over the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import events
from textual.message import Message

from reader.tui.keys import bindings
from reader.tui.widgets.article_list.rows import ArticleRows
from reader.tui.widgets.text.line_view import LineView


class ArticleList(ArticleRows):
    """The rows of a view, as a person moves in them, chooses several, and goes into one."""

    BINDINGS = bindings.bindings("list")

    _waiting: list[Callable[[], object]] | None = None
    """What was asked for while another list was on its way; None when none is."""
    _pressed = -1
    """Where the mouse went down, to choose what it is drawn over, or -1."""
    before_blur: Callable[[], None] = staticmethod(lambda: None)
    """Called when what is pressed next is not meant for the list."""

    class UnreadRequested(Message):
        """The next unread article is looked for, beyond the rows that are here."""

        def __init__(self, at: int, step: int) -> None:
            super().__init__()
            self.at = at
            """Where to begin, in the view, and in which direction to go on."""
            self.step = step

    class Entered(Message):
        """The person wants into the selected article."""

    class Left(Message):
        """The person wants out of the list."""

    class EndReached(LineView.EndReached):
        """A key led against the first or the last article."""

    # Mouse and keys.

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to choose, should the mouse be drawn over further rows."""
        at = event.y + self.scroll_offset.y
        if at < len(self.view) and not event.shift:
            self._pressed = at
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Choose what the mouse is drawn over."""
        at = max(0, min(event.y + self.scroll_offset.y, len(self.view) - 1))
        if 0 <= self._pressed < len(self.view) and at != self._pressed and len(self.view):
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
        if at >= len(self.view) or (pressed not in {-1, at} and self._anchor != -1):
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
        self._step(-len(self.view))

    def action_end(self) -> None:
        """Select the last article."""
        self._step(len(self.view))

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

    def begin_loading(self) -> None:
        """Keep what is asked of the list back until the next view is shown: it is meant for that one."""
        self._waiting = self._waiting or []

    def end_loading(self) -> None:
        """Do what was kept back."""
        acts, self._waiting = self._waiting or (), None
        for act in acts:
            if not self.defer(act):  # one of them may have asked for yet another list
                act()

    def defer(self, act: Callable[[], object]) -> bool:
        """Keep ``act`` back if another list is on its way, which it is meant for; return whether that is so."""
        if self._waiting is None:
            return False
        self._waiting.append(act)
        return True

    def _step(self, rows: int) -> None:
        if self.defer(partial(self._step, rows)):
            return
        before = self.rowid
        self.select(self.cursor + rows)
        if self.rowid == before:  # not by its place: the row above may have gone
            self._say_end(rows)

    def _say_end(self, rows: int) -> None:
        if len(self.view):
            words = "This is the last article." if rows > 0 else "This is the first article."
        else:
            words = "There are no articles here."
        self.post_message(self.EndReached(words))

    def _page(self, rows: int) -> None:
        """Move the selection and what is on screen by as many rows, so that the selection keeps its line."""
        if self.defer(partial(self._page, rows)):
            return
        before = self.rowid
        top = max(0, min(self.scroll_offset.y + rows, max(0, len(self.view) - self.size.height)))
        self.select(self.cursor + rows, top=top)
        if self.rowid == before:
            self._say_end(rows)

    def action_enter(self) -> None:
        """Ask for the selected article."""
        if self.defer(self.action_enter):
            return
        self.clear_range()
        self.before_blur()
        self.post_message(self.Entered())

    def action_leave(self) -> None:
        """Let go of what is chosen, or say that there is nowhere further out."""
        if self.defer(self.action_leave):
            return
        if not self.clear_range():
            self.post_message(self.Left())

    # Several articles.

    def action_choose(self) -> None:
        """Begin to choose several articles, or end it."""
        if self.defer(self.action_choose):
            return
        if not len(self.view):
            self._say_end(1)
        elif not self.clear_range():
            self._begin_choice()

    def action_extend(self, rows: int) -> None:
        """Choose the article below or above as well."""
        if self.defer(partial(self.action_extend, rows)):
            return
        begun = not self._range()
        self._begin_choice()
        last = 0 if rows < 0 else len(self.view) - 1
        if not (begun and self.cursor == last and len(self.view)):  # otherwise one is chosen, which is news enough
            self._step(rows)

    # Unread articles.

    def to_unread(self, step: int) -> None:
        """Select the next unread article, or the one before."""
        if self.defer(partial(self.to_unread, step)):
            return
        at = self.cursor + step
        while 0 <= at < len(self.view):
            row = self._rows.get(self.view.rowids[at])
            if row is None:
                self.begin_loading()
                self.post_message(self.UnreadRequested(at, step))
                return
            if not row.read:
                self.select(at)
                return
            at += step
        self._say_no_unread(step)

    def select_unread(self, at: int | None, step: int) -> None:
        """Select the unread article that was looked for, or say that there is none."""
        if at is not None:
            self.select(at)
        else:
            self._say_no_unread(step)
        self.end_loading()

    def _say_no_unread(self, step: int) -> None:
        self.post_message(self.EndReached(f"No unread article {'below' if step > 0 else 'above'}."))
