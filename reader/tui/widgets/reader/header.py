"""The line above the reader: what is read, and how far."""

from __future__ import annotations

from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.text import stable_width, truncate
from reader.tui.widgets.bars.bars import cells_of, draw_ends, spaced
from reader.tui.widgets.panes import CoveredContainer
from reader.tui.widgets.reader.reader_view import ReaderView


class ReaderHeader(Widget):
    """Shows the title, the reading progress, and what is being fetched."""

    status: reactive[str] = reactive("")
    """What is going on."""

    def __init__(self, folder: str, view: ReaderView) -> None:
        super().__init__()
        self._folder = folder
        self._view = view

    def render_line(self, y: int) -> Strip:
        """Draw the title once it is scrolled out of view, else the folder, on the left; status and progress right."""
        text, progress = self._view.text, self._view.progress
        right: list[tuple[str, str]] = []
        if self.status:
            right.append((truncate(self.status, max(8, self.size.width // 2)), "accent"))
        if text is not None and text.kind != "excerpt" and text.length:
            left = text.minutes(1 - progress) if progress < 1 else 0
            right.append((f"{round(100 * progress):>3}%", "text"))
            right.append((f"{left} min left" if left else "at the end", "quiet"))
        right = spaced(right)
        room = max(0, self.size.width - cells_of(right) - 3)
        is_scrolled = self._view.scroll_offset.y >= self._view.text_layout.text.start > 0
        heading = text.title if text is not None and is_scrolled else ""
        title = [(" newsreader ", "name")] if not heading and room > 24 else []
        room -= cells_of(title)
        title.append((" " + truncate(stable_width(heading or self._folder), max(0, room)), "strong"))
        return draw_ends(self, title, right)


class ReaderPane(CoveredContainer):
    """The reading view under its header."""

    def __init__(self, folder: str) -> None:
        self.view = ReaderView()
        self.header = ReaderHeader(folder, self.view)
        super().__init__(self.header, self.view, id="text-pane")

    def on_mount(self) -> None:
        """Follow the reading progress."""
        self.watch(self.view, "scroll_y", self.update_header, init=False)

    def on_resize(self) -> None:
        """Update the progress: a page is as long as the view is high."""
        self.call_after_refresh(self.update_header)

    def update_header(self) -> None:
        """Show title and progress in the header."""
        self.header.refresh()
