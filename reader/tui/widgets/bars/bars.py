"""The bars around the panes: folder and counts on top, keys and messages at the bottom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from reader.core.text import cell_width, format_count, stable_width, truncate
from reader.tui.keys import bindings
from reader.tui.theme.styles import theme_style
from reader.tui.timings import timings_of

if TYPE_CHECKING:
    from reader.core.model import Counts


class TopBar(Widget):
    """Shows the folder, the query, and how many articles, unread ones and problems there are."""

    counts: reactive[Counts | None] = reactive(None)
    query_text: reactive[str] = reactive("")
    """The query of the list."""
    matches: reactive[int | None] = reactive[int | None](None)
    """How many articles match the query; None without one."""
    folder_missing: reactive[bool] = reactive(False)
    """Whether the folder cannot be read now, so that the list shows its last known state."""

    def __init__(
        self,
        folder: str,
        counts: Counts | None = None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(TopBar.counts, counts)
        self._folder = folder

    def render_line(self, y: int) -> Strip:
        """Draw name and folder on the left, numbers on the right; what does not fit is dropped from the left."""
        quiet = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        right = self._right()
        missing = "  not available" if self.folder_missing else ""
        room = self.size.width - sum(cell_width(text) for text, _ in right) - 2 - cell_width(missing)
        left = [(" newsreader ", "name"), (" " + truncate(stable_width(self._folder), max(0, room - 13)), "strong")]
        if room < 16:
            left = [(" " + truncate(stable_width(self._folder), max(0, room)), "strong")]
        left += [(missing, "warning")] if missing else []
        room -= sum(cell_width(text) for text, _ in left)
        if self.query_text and room > 6:
            left.append((truncate(f"  /{stable_width(self.query_text)}", room), "accent"))
        gap = max(1, self.size.width - sum(cell_width(text) for text, _ in (*left, *right)) - 1)
        pieces = [*left, (" " * gap, "quiet"), *right, (" ", "quiet")]
        segments = [Segment(text, theme_style(self, name)) for text, name in pieces]
        return Strip(segments).adjust_cell_length(self.size.width, quiet)

    def _right(self) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = []
        counts = self.counts
        narrow = self.size.width < 60
        if counts is not None and (counts.complete or counts.articles):
            so_far = "" if counts.complete else " so far"
            articles = f"{counts.articles:,}" if narrow else format_count(counts.articles, "article")
            articles = articles if self.matches is None else f"{self.matches:,} of {articles}"
            pieces.append((articles + so_far, "quiet"))
            pieces.append((f"{counts.unread:,} unread", "strong" if counts.unread else "quiet"))
        if counts is not None and counts.with_problems:
            documents = format_count(counts.with_problems, "document")
            words = f"{counts.with_problems} !" if narrow else f"{documents} with problems !"
            pieces.append((words, "warning"))
        return [part for piece in pieces for part in (("  ", "quiet"), piece)][1:]


class LongMessage(Static):
    """A message that is too long for the key bar, over the last lines of the screen."""

    def show(self, text: str, *, warning: bool) -> None:
        """Show a message as plain text, never as markup."""
        self.set_class(warning, "-warning")
        self.update(Content(text))
        self.display = True

    def hide(self) -> None:
        """Hide the message."""
        self.display = False


class KeyBar(Widget):
    """The last line: the most important keys or, for some seconds, a message.

    Keys that do not fit are dropped from the right. A message that does not fit is shown by :class:`LongMessage`.
    """

    class TooLong(Message):
        """A message does not fit into the bar; an empty text means that it is over."""

        def __init__(self, text: str, *, warning: bool) -> None:
            super().__init__()
            self.text = text
            self.warning = warning

    class ActionClicked(Message):
        """The user clicked a key."""

        def __init__(self, action: bindings.Action) -> None:
            super().__init__()
            self.action = action

    context: reactive[bindings.KeyContext] = reactive[bindings.KeyContext]("list")
    idle: reactive[frozenset[str]] = reactive(frozenset[str]())
    """The names of actions that have nothing to do now; their keys are drawn dimmed."""
    selected_count: reactive[int] = reactive(0)
    """The number of articles in the selected range; 0 without a range."""
    message: reactive[str] = reactive("")
    """The message that is shown instead of the keys, if any."""

    def __init__(self, keymap: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._keymap = keymap
        self._places: list[tuple[range, bindings.Action]] = []
        """The cells where each action can be clicked."""
        self._timer: Timer | None = None
        self._timer_id = 0
        self._warning = False
        self._long = False
        self._transient = False

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a message for some seconds or until the next one; it must be clean text.

        A ``transient`` message says only that a key had no effect: the next key removes it.
        """
        self.clear()
        self._transient = transient
        text = stable_width(text)
        self._warning = warning
        if cell_width(text) + 2 > self.size.width > 0:
            self._long = True
            self.post_message(self.TooLong(text, warning=warning))
        self.message = text
        self._clear_in(timings_of(self).message * (2 if warning else 1))

    def _clear_in(self, seconds: float) -> None:
        """Show the keys again after ``seconds``, unless there is another message by then.

        The timer id matters: a timer that fired before it was stopped may still call back afterwards.
        """
        if self._timer is not None:
            self._timer.stop()
        self._timer_id += 1
        timer_id = self._timer_id
        self._timer = self.set_timer(seconds, lambda: self.clear() if timer_id == self._timer_id else None)

    def watch_message(self, message: str) -> None:
        """Show the bar while there is a message, even where the keys are hidden."""
        self.set_class(bool(message), "-speaking")

    def on_next_key(self) -> None:
        """Remove a transient message, unless this key shows it again."""
        if self._transient and self.message:
            self._transient = False
            self._clear_in(timings_of(self).transient_message)

    def clear(self) -> None:
        """Remove the message."""
        if self._timer is not None:
            self._timer.stop()
        if self._long:
            self._long = False
            self.post_message(self.TooLong("", warning=False))
        self.message = ""

    def render_line(self, y: int) -> Strip:
        """Draw the keys or the message."""
        blank = theme_style(self, "footer")
        if y:
            return Strip.blank(self.size.width, blank)
        if self.message:
            style = theme_style(self, "warning" if self._warning else "text")
            message = Segment(f" {truncate(self.message, self.size.width - 1)}", style)
            return Strip([message]).adjust_cell_length(self.size.width, blank)
        active = theme_style(self, "footer-key")
        line: list[Segment] = []
        self._places = []
        selected = self._selected_label
        if selected:
            line.append(Segment(selected, theme_style(self, "name")))
        at = 1 + cell_width(selected)
        for key, word, action in self._fitting():
            key_style = blank if action.name in self.idle else active
            line += [Segment("  " if self._places else " ", blank), Segment(key, key_style), Segment(f" {word}", blank)]
            at += 2 if self._places else 0
            cells = cell_width(key) + 1 + cell_width(word)
            self._places.append((range(at, at + cells), action))
            at += cells
        return Strip(line or [Segment(" ", blank)]).adjust_cell_length(self.size.width, blank)

    @property
    def _selected_label(self) -> str:
        return f" {self.selected_count:,} selected " if self.selected_count else ""

    def _fitting(self) -> list[tuple[str, str, bindings.Action]]:
        """Return key, word and action of the keys that fit; help and quit are dropped last."""
        shown = [
            (bindings.key_label(bindings.keys_of(action, self._keymap).split(",")[0]), word, action)
            for action, word in bindings.footer(self.context)
        ]
        room = self.size.width - cell_width(self._selected_label)
        while shown and sum(cell_width(key) + cell_width(word) + 3 for key, word, _ in shown) - 1 > room:
            lost = max((at for at, (*_, action) in enumerate(shown) if action.group != "App"), default=len(shown) - 1)
            del shown[lost]
        return shown

    @on(events.Click)
    def _request_clicked(self, event: events.Click) -> None:
        for place, action in self._places:
            if event.x in place:
                self.post_message(self.ActionClicked(action))
