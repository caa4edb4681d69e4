"""The line above the reader: what is read, and how far."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Container
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.text import cell_width, stable_width, truncate
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.reader.lines import DEFAULT_MEASURE, reading_minutes
from reader.tui.widgets.reader.reader_view import ReaderView


class ReaderHeader(Widget):
    """Shows the title, the reading progress, and what is being fetched."""

    heading: reactive[str] = reactive("")
    """The title once it is scrolled out of view; until then the name of the folder is shown."""
    progress: reactive[float] = reactive(0.0)
    """The share of the text that was seen, from 0 to 1."""
    words: reactive[int] = reactive(0)
    """The number of words; 0 without a text."""
    status: reactive[str] = reactive("")
    """What is going on."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def render_line(self, y: int) -> Strip:
        """Draw the title on the left, status and progress on the right."""
        quiet = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        right: list[tuple[str, str]] = []
        if self.status:
            right.append((truncate(self.status, max(8, self.size.width // 2)), "accent"))
        if self.words:
            left = reading_minutes(round(self.words * (1 - self.progress))) if self.progress < 1 else 0
            right.append((f"{round(100 * self.progress):>3} %", "text"))
            right.append((f"{left} min left" if left else "at the end", "quiet"))
        right = [part for piece in right for part in (("  ", "quiet"), piece)][1:]
        room = max(0, self.size.width - sum(cell_width(text) for text, _ in right) - 3)
        title = [(" newsreader ", "name")] if not self.heading and room > 24 else []
        room -= sum(cell_width(text) for text, _ in title)
        title.append((" " + truncate(stable_width(self.heading or self._folder), max(0, room)), "strong"))
        gap = max(1, self.size.width - sum(cell_width(text) for text, _ in (*title, *right)) - 1)
        pieces = [*title, (" " * gap, "quiet"), *right, (" ", "quiet")]
        strip = Strip([Segment(text, theme_style(self, style)) for text, style in pieces])
        return strip.adjust_cell_length(self.size.width, quiet)

    def follow(self, view: ReaderView) -> None:
        """Show the title and the progress of ``view``."""
        text, layout = view.text, view.text_layout
        self.words = text.words if text is not None and text.kind != "excerpt" else 0
        self.progress = view.progress
        title_lines = 0 if layout is None else layout.text.start
        self.heading = text.title if text is not None and view.scroll_offset.y >= title_lines > 0 else ""


class ReaderPane(Container):
    """The reading view under its header."""

    def __init__(self, folder: str, measure: int = DEFAULT_MEASURE) -> None:
        super().__init__(id="text-pane")
        self.header = ReaderHeader(folder)
        self.view = ReaderView(measure=measure, id="text")

    def compose(self) -> ComposeResult:
        """Yield the header and the view."""
        yield self.header
        yield self.view

    def on_mount(self) -> None:
        """Follow the reading progress."""
        self.watch(self.view, "scroll_y", self.update_header, init=False)

    def on_resize(self) -> None:
        """Update the progress: a page is as long as the view is high."""
        self.call_after_refresh(self.update_header)

    def update_header(self) -> None:
        """Show title and progress in the header."""
        self.header.follow(self.view)
