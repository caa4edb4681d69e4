"""The reading view with the line above it: what is read, and how far one is."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Container
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.text import cell_width, stable_width, truncate
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.reader.lines import USUAL_MEASURE, minutes
from reader.tui.widgets.reader.reader_view import ReaderView


class ReaderHeader(Widget):
    """What is read, how much of it is above the lower edge, and what is being fetched."""

    heading: reactive[str] = reactive("")
    """The title, once it is scrolled out of sight; until then the name of the folder stands there."""
    share: reactive[float] = reactive(0.0)
    """How much of the text was seen, from 0 to 1."""
    words: reactive[int] = reactive(0)
    """How many words the text has; 0 while there is none."""
    state: reactive[str] = reactive("")
    """What is going on."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def render_line(self, y: int) -> Strip:
        """Draw the title at the left, and how far one is at the right."""
        quiet = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        right: list[tuple[str, str]] = []
        if self.state:
            right.append((truncate(self.state, max(8, self.size.width // 2)), "accent"))
        if self.words:
            left = minutes(round(self.words * (1 - self.share))) if self.share < 1 else 0
            right.append((f"{round(100 * self.share):>3} %", "text"))
            right.append((f"{left} min left" if left else "at the end", "quiet"))
        right = [part for piece in right for part in (("  ", "quiet"), piece)][1:]
        room = max(0, self.size.width - sum(cell_width(text) for text, _ in right) - 3)
        name = self.heading or self._folder
        shown = [(" newsreader ", "name")] if not self.heading and room > 24 else []
        room -= sum(cell_width(text) for text, _ in shown)
        shown.append((" " + truncate(stable_width(name), max(0, room)), "strong"))
        gap = max(1, self.size.width - sum(cell_width(text) for text, _ in (*shown, *right)) - 1)
        pieces = [*shown, (" " * gap, "quiet"), *right, (" ", "quiet")]
        return Strip([Segment(text, theme_style(self, name)) for text, name in pieces]).adjust_cell_length(
            self.size.width, quiet
        )


class ReaderPane(Container):
    """Covers list and article while a text is read."""

    def __init__(self, folder: str, measure: int = USUAL_MEASURE) -> None:
        super().__init__(id="text-pane")
        self.bar = ReaderHeader(folder)
        self.view = ReaderView(measure=measure, id="text")

    def compose(self) -> ComposeResult:
        """The line, and the text below it."""
        yield self.bar
        yield self.view

    def on_mount(self) -> None:
        """Follow how far one is."""
        self.watch(self.view, "scroll_y", self.tell, init=False)

    def on_resize(self) -> None:
        """As above: a page is as long as it is high."""
        self.call_after_refresh(self.tell)

    def tell(self) -> None:
        """Tell the line above how far one is."""
        text = self.view.text
        self.bar.words = text.words if text is not None and text.kind != "excerpt" else 0
        self.bar.share = self.view.share
        title_lines = 0 if self.view.laid is None else self.view.laid.text.start
        self.bar.heading = text.title if text is not None and self.view.scroll_offset.y >= title_lines > 0 else ""
