"""What the list, the sidebar and the text views share: move distances, scrolling, and lines with a selection."""

from __future__ import annotations

from typing import Literal

from rich.color import Color
from rich.style import Style
from textual import events, on
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from reader.tui.theme.styles import blended, theme_style

Direction = Literal["down", "up", "top", "end", "half_down", "half_up", "page_down", "page_up"]
"""Where a movement key leads."""
_FAR = 1 << 30
"""More lines than there are."""
LineState = Literal["", "selected", "in_range"]
"""Whether a line is selected, another one of the selected range, or neither."""
_BACKGROUNDS: dict[LineState, tuple[str, str]] = {
    "": ("", ""),
    "selected": ("panel", "surface"),
    "in_range": ("surface", "surface"),
}
"""The background of each, with the focus and without."""


def move_distance(direction: Direction, height: int) -> int:
    """Return by how many lines a movement key moves in a view of ``height`` lines; negative is up."""
    half, page = max(1, height // 2), max(1, height - 1)
    return {
        "down": 1, "up": -1, "half_down": half, "half_up": -half, "page_down": page, "page_up": -page, "end": _FAR,
        "top": -_FAR,
    }[direction]  # fmt: skip


def line_width(view: ScrollView) -> int:
    """Return how many cells a line has, without the scroll bar."""
    return max(1, view.scrollable_content_region.width)


def scroll_line_into_view(view: ScrollView, line: int) -> None:
    """Scroll as little as needed to show ``line``."""
    top, height = view.scroll_offset.y, view.size.height
    if height and not top <= line < top + height:
        scroll_to_line(view, line if line < top else line - height + 1)


def scroll_to_line(view: ScrollView, line: int) -> None:
    """Scroll at once so that ``line`` is the first one, even if Textual does not know yet that this is possible."""
    view.scroll_to(y=line, animate=False, immediate=True, force=True)


def screen_offset(view: ScrollView, line: int, cell: int = 0) -> Offset:
    """Return where a cell of ``line`` is on the terminal's screen; at the edge of ``view`` if it is beyond."""
    left, top, _, height = view.content_region
    return Offset(left + cell, top + max(0, min(line - view.scroll_offset.y, height - 1)))


def set_line_count(view: ScrollView, lines: int) -> None:
    """Set the virtual size of ``view`` without Textual's layout of the whole screen.

    Only the scroll bar, which is always there, depends on it.
    """
    view.set_reactive(ScrollView.virtual_size, Size(line_width(view), lines))
    view.vertical_scrollbar.window_virtual_size = lines


def draw_lines(view: ScrollView, crop: Region, blank: Style) -> list[Strip]:
    """Draw the lines of a region of ``view`` as they are, followed by blanks.

    Textual would add border, padding and opacity, and lose what a line has cached.
    """
    strips = [view.render_line(y) for y in crop.line_range]
    _, background = view.background_colors
    for line_filter in view.get_line_filters():
        strips = [strip.apply_filter(line_filter, background) for strip in strips]
    width, span = view.size.width, crop.column_span
    return [strip.adjust_cell_length(width, blank).crop(*span) for strip in strips]


def draw_scroll_bar(bar: ScrollBar, crop: Region) -> list[Strip]:
    """Draw the lines of a region of a scroll bar. A vertical one has only a few kinds of cells.

    Textual would draw each cell as if it were a line of any widget, a tenth of the work of most keys.
    """
    found, (width, height) = bar.render(), bar.size
    if not bar.vertical or not isinstance(found, ScrollBarRender):
        return Widget.render_lines(bar, crop)
    style = bar.app.console.get_style(found.style)
    colors = (each or Color.default() for each in (style.bgcolor, style.color))
    sizes = found.virtual_size, found.window_size, found.position, width
    whole = found.render_bar(height, *sizes, found.vertical, *colors)
    cells, (_, background), drawn = list(whole.segments), bar.background_colors, dict[int, Strip]()
    for cell in cells:
        if id(cell) not in drawn:
            strip = Strip([cell], width).apply_style(bar.rich_style)
            for line_filter in bar.get_line_filters():
                strip = strip.apply_filter(line_filter, background)
            drawn[id(cell)] = strip.crop(*crop.column_span)
    return [drawn[id(cell)] for cell in cells[crop.y : crop.bottom]]


ScrollBar.render_lines = draw_scroll_bar  # type: ignore[assignment,method-assign]


class LineList(ScrollView, can_focus=True):
    """Draws lines with cached styles; the selection is brighter with the focus."""

    def __init__(self, *, id: str, cursor: int = 0) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.cursor = cursor
        """The index of the selected line."""
        self._styles: dict[tuple[str, LineState, float], Style] = {}

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the terminal's cursor is while the list has the focus, as of a text input."""
        return screen_offset(self, self.cursor * self.row_height)

    @property
    def row_height(self) -> int:
        """The lines of each of what can be selected."""
        return 1

    def style(self, name: str, state: LineState = "", strength: float = 1.0) -> Style:
        """Return a style on the background of ``state``; below the full ``strength``, its color becomes quiet."""
        key = (name, state, strength)
        style = self._styles.get(key)
        if style is None:
            focused, otherwise = _BACKGROUNDS[state]
            background = focused if self.has_focus else otherwise
            style = theme_style(self, name, background)
            if strength < 1:
                style = blended(theme_style(self, "quiet", background), style, strength)
            self._styles[key] = style
        return style

    def cursor_style(self, state: LineState) -> Style:
        """Return the style of the bar before the selected line."""
        return self.style("accent" if self.has_focus else "quiet", state)

    def drop_styles(self) -> None:
        """Drop what depends on the theme and the focus."""
        self._styles.clear()

    def notify_style_update(self) -> None:
        """Drop the styles of the previous theme."""
        self.drop_styles()
        super().notify_style_update()

    @on(events.Focus)
    @on(events.Blur)
    def _refresh_selection(self) -> None:
        self.drop_styles()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines of a region as they are."""
        return draw_lines(self, crop, self.style("text"))
