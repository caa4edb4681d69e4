"""The line above everything, and the line that says what happened."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from reader.library.library import Counts
from reader.text import count, cut, steady, width

_SECONDS_SHOWN = 6.0


class TopBar(Widget):
    """Which folder this is, how many articles it has, and whether anything is wrong."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--name", "bar--quiet", "bar--strong", "bar--warning"}

    counts: reactive[Counts | None] = reactive(None)

    def __init__(self, folder: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._folder = folder

    def render_line(self, y: int) -> Strip:
        """Draw name and folder at the left, numbers at the right; what does not fit goes, from the left."""
        quiet = self.get_component_rich_style("bar--quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        right = self._right()
        room = self.size.width - sum(width(text) for text, _ in right) - 2
        left = [(" newsreader ", "name"), (" " + cut(steady(self._folder), max(0, room - 13)), "strong")]
        if room < 16:
            left = [(" " + cut(steady(self._folder), max(0, room)), "strong")]
        gap = max(1, self.size.width - sum(width(text) for text, _ in (*left, *right)) - 1)
        pieces = [*left, (" " * gap, "quiet"), *right, (" ", "quiet")]
        segments = [Segment(text, self.get_component_rich_style(f"bar--{ink}")) for text, ink in pieces]
        return Strip(segments).adjust_cell_length(self.size.width, quiet)

    def _right(self) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = []
        counts = self.counts
        narrow = self.size.width < 60
        if counts is not None:
            pieces.append((f"{counts.articles:,}" if narrow else count(counts.articles, "article"), "quiet"))
            pieces.append((f"{counts.unread:,} unread", "strong" if counts.unread else "quiet"))
        if counts is not None and counts.troubled:
            words = f"{counts.troubled} !" if narrow else f"{count(counts.troubled, 'document')} with problems !"
            pieces.append((words, "warning"))
        return [part for piece in pieces for part in (("  ", "quiet"), piece)][1:]


class MessageLine(Static):
    """Says what a key did, over the footer, for some seconds or until the next message."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._timer: Timer | None = None

    def say(self, sentence: str, *, warning: bool = False) -> None:
        """Show a sentence that has passed the gate; it is shown as text, never as markup."""
        if self._timer is not None:
            self._timer.stop()
        self.set_class(warning, "-warning")
        self.update(Content(f" {steady(sentence)}"))
        self.display = True
        self._timer = self.set_timer(_SECONDS_SHOWN * (2 if warning else 1), self.hush)

    def hush(self) -> None:
        """Take the sentence away."""
        self.display = False
