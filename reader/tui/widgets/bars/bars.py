"""The lines around the panes: what this is, what happened, and which keys there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
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

if TYPE_CHECKING:
    from reader.core.model import Counts

_SECONDS_SHOWN = 6.0
_SECONDS_UNTIL_PASSED = 0.15
"""Long enough for a key that is held down to say the same again, so that the line does not flicker."""


class TopBar(Widget):
    """Which folder this is, how many articles it has, and whether anything is wrong."""

    counts: reactive[Counts | None] = reactive(None)
    query_text: reactive[str] = reactive("")
    """What the articles below were searched for."""
    shown: reactive[int | None] = reactive[int | None](None)
    """How many of the articles the query finds; None without one."""
    away: reactive[bool] = reactive(False)
    """Whether the folder cannot be read now, so that this is how it was."""

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
        """Draw name and folder at the left, numbers at the right; what does not fit goes, from the left."""
        quiet = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        right = self._right()
        away = "  not there now" if self.away else ""
        room = self.size.width - sum(cell_width(text) for text, _ in right) - 2 - cell_width(away)
        left = [(" newsreader ", "name"), (" " + truncate(stable_width(self._folder), max(0, room - 13)), "strong")]
        if room < 16:
            left = [(" " + truncate(stable_width(self._folder), max(0, room)), "strong")]
        left += [(away, "warning")] if away else []
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
            articles = articles if self.shown is None else f"{self.shown:,} of {articles}"
            pieces.append((articles + so_far, "quiet"))
            pieces.append((f"{counts.unread:,} unread", "strong" if counts.unread else "quiet"))
        if counts is not None and counts.with_problems:
            documents = format_count(counts.with_problems, "document")
            words = f"{counts.with_problems} !" if narrow else f"{documents} with problems !"
            pieces.append((words, "warning"))
        return [part for piece in pieces for part in (("  ", "quiet"), piece)][1:]


class LongMessage(Static):
    """A message that is too long for a line, over the last lines of the screen."""

    def show(self, sentence: str, *, warning: bool) -> None:
        """Show a sentence; as text, never as markup."""
        self.set_class(warning, "-warning")
        self.update(Content(sentence))
        self.display = True

    def hide(self) -> None:
        """Take it away."""
        self.display = False


class KeyBar(Widget):
    """The last line: the keys that matter where the focus is, or for some seconds what one of them did.

    What does not fit of the keys goes, from the right. A message that does not fit is
    shown by :class:`LongMessage`; one that does changes this line and nothing else.
    """

    class TooLong(Message):
        """A message needs more than this line; or, when it is empty, no longer does."""

        def __init__(self, sentence: str, *, warning: bool) -> None:
            super().__init__()
            self.sentence = sentence
            self.warning = warning

    class ActionClicked(Message):
        """The mouse asked for an action."""

        def __init__(self, action: bindings.Action) -> None:
            super().__init__()
            self.action = action

    context: reactive[bindings.KeyContext] = reactive[bindings.KeyContext]("list")
    idle: reactive[frozenset[str]] = reactive(frozenset[str]())
    """The names of actions that would find nothing to do now; their keys stay where they are, but do not stand out."""
    selected_count: reactive[int] = reactive(0)
    """How many articles are chosen that a key would be about; 0 when it is the selected one."""
    message: reactive[str] = reactive("")
    """What is said instead of the keys, if anything."""

    def __init__(self, keymap: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._keymap = keymap
        self._places: list[tuple[range, bindings.Action]] = []
        """Where in the line each action can be clicked."""
        self._timer: Timer | None = None
        self._said = 0
        """How many times a time was set after which the keys are shown again."""
        self._warning = False
        self._long = False
        self._transient = False

    def show_message(self, sentence: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence that has passed the gate, for some seconds or until the next one.

        One that is ``passing`` says only that a key found nothing to do: the next key takes it away.
        """
        self.clear()
        self._transient = transient
        sentence = stable_width(sentence)
        self._warning = warning
        if cell_width(sentence) + 2 > self.size.width > 0:
            self._long = True
            self.post_message(self.TooLong(sentence, warning=warning))
        self.message = sentence
        self._hush_in(_SECONDS_SHOWN * (2 if warning else 1))

    def _hush_in(self, seconds: float) -> None:
        """Show the keys again after that, unless something else is said until then.

        The sentence is asked for too: a timer that has rung before it was stopped may still be heard afterwards.
        """
        if self._timer is not None:
            self._timer.stop()
        self._said += 1
        said = self._said
        self._timer = self.set_timer(seconds, lambda: self.clear() if said == self._said else None)

    def watch_message(self, message: str) -> None:
        """Be seen while something is said, also where the keys are not."""
        self.set_class(bool(message), "-speaking")

    def on_next_key(self) -> None:
        """Take what is passing away, unless what is done now has it said again."""
        if self._transient and self.message:
            self._transient = False
            self._hush_in(_SECONDS_UNTIL_PASSED)

    def clear(self) -> None:
        """Show the keys again."""
        if self._timer is not None:
            self._timer.stop()
        if self._long:
            self._long = False
            self.post_message(self.TooLong("", warning=False))
        self.message = ""

    def render_line(self, y: int) -> Strip:
        """Draw each key and what it does."""
        blank = theme_style(self, "footer")
        if y:
            return Strip.blank(self.size.width, blank)
        if self.message:
            said = Segment(
                f" {truncate(self.message, self.size.width - 1)}",
                theme_style(self, "warning" if self._warning else "text"),
            )
            return Strip([said]).adjust_cell_length(self.size.width, blank)
        key_ink = theme_style(self, "footer-key")
        line: list[Segment] = []
        self._places = []
        chosen = f" {self.selected_count:,} chosen " if self.selected_count else ""
        if chosen:
            line.append(Segment(chosen, theme_style(self, "name")))
        at = 1 + cell_width(chosen)
        for key, word, action in self._fitting():
            of_key = blank if action.name in self.idle else key_ink
            line += [Segment("  " if self._places else " ", blank), Segment(key, of_key), Segment(f" {word}", blank)]
            at += 2 if self._places else 0
            cells = cell_width(key) + 1 + cell_width(word)
            self._places.append((range(at, at + cells), action))
            at += cells
        return Strip(line or [Segment(" ", blank)]).adjust_cell_length(self.size.width, blank)

    def _fitting(self) -> list[tuple[str, str, bindings.Action]]:
        """Return key, word and action of each that fits; where not all do, help and the way out stay longest."""
        shown = [
            (bindings.key_label(bindings.keys_of(action, self._keymap).split(",")[0]), word, action)
            for action, word in bindings.footer(self.context)
        ]
        room = self.size.width - (cell_width(f" {self.selected_count:,} chosen ") if self.selected_count else 0)
        while shown and sum(cell_width(key) + cell_width(word) + 3 for key, word, _ in shown) - 1 > room:
            lost = max((at for at, (*_, action) in enumerate(shown) if action.group != "App"), default=len(shown) - 1)
            del shown[lost]
        return shown

    def on_click(self, event: events.Click) -> None:
        """Ask for what is under the mouse."""
        for place, action in self._places:
            if event.x in place:
                self.post_message(self.ActionClicked(action))
