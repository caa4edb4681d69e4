"""The bars around the panes: folder and counts on top, keys and messages at the bottom."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from reader.core.model import Counts
from reader.core.text import cell_width, format_count, stable_width, truncate
from reader.tui.keys import bindings
from reader.tui.keys.actions import Action, KeyContext
from reader.tui.theme.styles import draw_line
from reader.tui.timings import DelayedCall, timings_of

Piece = tuple[str, str]
"""A text, and the name of its style."""


def cells_of(pieces: Iterable[Piece]) -> int:
    """Return the width of a line in cells."""
    return sum(cell_width(text) for text, _ in pieces)


def spaced(pieces: Iterable[Piece]) -> list[Piece]:
    """Return ``pieces`` with a gap between each two."""
    return [part for piece in pieces for part in (("  ", "quiet"), piece)][1:]


def draw_ends(widget: Widget, left: Sequence[Piece], right: Sequence[Piece]) -> Strip:
    """Return a line with ``left`` at its left end and ``right`` at its right end."""
    gap = max(1, widget.size.width - cells_of([*left, *right]) - 1)
    return draw_line(widget, [*left, (" " * gap, "quiet"), *right, (" ", "quiet")])


class TopBar(Widget):
    """Shows the folder, the query, and how many articles, unread ones and problems there are."""

    counts: reactive[Counts | None] = reactive(None)
    query_text: reactive[str] = reactive("")
    """The query of the list."""
    matches: reactive[int | None] = reactive[int | None](None)
    """How many articles match the query; None without one."""
    folder_missing: reactive[bool] = reactive(False)
    """Whether the folder cannot be read now, so that the list shows its last known state."""

    def __init__(self, folder: str, counts: Counts | None) -> None:
        super().__init__(id="top")
        self.set_reactive(TopBar.counts, counts)
        self._folder = folder

    def render_line(self, y: int) -> Strip:
        """Draw name and folder on the left, numbers on the right; what does not fit is dropped from the left."""
        right = self._right()
        missing = [("  not available", "warning")] if self.folder_missing else []
        room = self.size.width - cells_of([*right, *missing]) - 2
        left = [(" newsreader ", "name")] if room >= 16 else []
        room_for_name = room - 13 if left else room
        left += [(" " + truncate(stable_width(self._folder), max(0, room_for_name)), "strong"), *missing]
        room -= cells_of(left)
        if self.query_text and room > 6:
            left.append((truncate(f"  /{stable_width(self.query_text)}", room), "accent"))
        return draw_ends(self, left, right)

    def _right(self) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = []
        counts = self.counts
        narrow = self.size.width < 60
        if counts is not None and (counts.complete or counts.articles):
            so_far = "" if counts.complete else " so far"
            number = counts.articles + (counts.hidden if counts.finds_hidden else 0)
            articles = f"{number:,}" if narrow else format_count(number, "article")
            unread: int | None = counts.unread
            gap = "  "
            if self.matches is not None:
                articles, unread, gap = f"{self.matches:,} of {articles}", counts.unread_found, " · "
            pieces.append((articles + so_far, "quiet"))
            if unread is not None:
                pieces += [(gap, "quiet"), (f"{unread:,} unread", "strong" if unread else "quiet")]
        if counts is not None and counts.with_problems:
            documents = format_count(counts.with_problems, "document")
            words = f"! {counts.with_problems}" if narrow else f"! {documents} with problems"
            pieces += [("  ", "quiet"), (words, "warning")]
        return pieces


class KeyBar(Widget):
    """The last line: the most important keys or, until the next key, a message.

    Keys that do not fit are dropped from the right. A message that does not fit is shown in ``long_message``.
    """

    class ActionClicked(Message):
        """The user clicked a key."""

        def __init__(self, action: Action) -> None:
            super().__init__()
            self.action = action

    context: reactive[KeyContext] = reactive[KeyContext]("list")
    idle: reactive[frozenset[str]] = reactive(frozenset[str]())
    """The names of actions that have nothing to do now; their keys are drawn dimmed."""
    selected_count: reactive[int] = reactive(0)
    """The number of articles in the selected range; 0 without a range."""
    message: reactive[str] = reactive("", toggle_class="-has-message")
    """The message that is shown instead of the keys, if any; the bar is shown for it even where the keys are hidden."""

    typed: reactive[tuple[str, tuple[Piece, ...]]] = reactive[tuple[str, tuple[Piece, ...]]](("", ()))
    """The keys that were typed of a sequence, and those that may follow, each with a word."""
    keymap: reactive[Mapping[str, str]] = reactive({})
    """The keys by action, as far as they are not the default ones."""

    def __init__(self) -> None:
        super().__init__(id="keys")
        self.long_message = Static(id="message")
        """Covers the last lines of the screen."""
        self._places: list[tuple[range, Action]] = []
        """The cells where each action can be clicked."""
        self._end = DelayedCall(self)
        self._importance = 0
        """That of the message: 2 for a warning, 0 for a transient message, 1 for others."""
        self._ends_after = 0.0
        """When the next key may remove the message, by time.monotonic()."""
        self._key_came = False
        """Whether a key came after the message."""

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a message until the next key or for some seconds, unless a more important one is there.

        It must be clean text. As it may come just before a key that is no answer to it, it stays for a moment, and a
        warning twice as long; but one that is ``transient`` says no more than that a key had no effect.
        """
        importance = 2 if warning else 0 if transient else 1
        is_read = self._key_came and time.monotonic() >= self._ends_after
        if self.message and importance < self._importance and not is_read:
            return
        self.clear()
        self._importance, self._key_came = importance, False
        self._ends_after = time.monotonic() + importance * timings_of(self).least_message
        text = stable_width(text)
        if cell_width(text) + 2 > self.size.width > 0:
            self.long_message.set_class(warning, "-warning")
            self.long_message.update(Content(text))  # plain text, never markup
            self.long_message.display = True
        self.message = text
        self._end.start(timings_of(self).message * (2 if warning else 1), self.clear)

    def on_next_key(self) -> None:
        """Remove the message, unless this key shows it again."""
        if self.message and not self._key_came:
            self._key_came = True
            left = max(timings_of(self).transient_message, self._ends_after - time.monotonic())
            self._end.start(left, self.clear)

    def clear(self) -> None:
        """Remove the message."""
        self._end.stop()
        self.long_message.display = False
        self.message = ""

    def watch_typed(self) -> None:
        """Show the bar for the typed keys even where the keys are hidden."""
        self.set_class(bool(self.typed[0]), "-typing")

    def _draw_typed(self) -> Strip:
        typed, follows = self.typed
        pieces: list[Piece] = [(f" {typed} ", "name")]
        for key, word in follows:
            more: list[Piece] = [("  ", "footer"), (key, "footer-key"), (f" {word}", "footer")]
            if cells_of([*pieces, *more]) > self.size.width - 3:
                pieces.append(("  …", "footer"))
                break
            pieces += more
        return draw_line(self, pieces, "footer")

    def render_line(self, y: int) -> Strip:
        """Draw the keys or the message."""
        if self.typed[0]:
            self._places = []
            return self._draw_typed()
        if self.message:
            message = f" {truncate(self.message, self.size.width - 1)}"
            return draw_line(self, [(message, "warning" if self._importance == 2 else "text")], "footer")
        pieces: list[Piece] = [(self._selected_label, "name")] if self.selected_count else []
        self._places = []
        end = cells_of(pieces)
        for key, word, action in self._fitting():
            gap = "  " if self._places else " "
            start = end + len(gap)
            end = start + cell_width(key) + 1 + cell_width(word)
            key_style = "footer" if action.name in self.idle else "footer-key"
            pieces += [(gap, "footer"), (key, key_style), (f" {word}", "footer")]
            self._places.append((range(start, end), action))
        return draw_line(self, pieces, "footer")

    @property
    def _selected_label(self) -> str:
        return f" {self.selected_count:,} selected " if self.selected_count else ""

    def _fitting(self) -> list[tuple[str, str, Action]]:
        """Return key, word and action of the keys that fit; help and quit are dropped last."""
        actions = bindings.footer(self.context)
        shown = [
            (bindings.first_key(action.name, self.keymap), word, action)
            for action, word in actions
            if bindings.keys_of(action, self.keymap)
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
