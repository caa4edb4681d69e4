"""What the list, the sidebar and the text views share: lines drawn once, and a scroll bar that is cheap to draw.

Textual adds borders, padding and opacity to each line of a widget, every time, and loses
what the line has cached. Our widgets have none of these, so they return their lines as
they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

Direction = Literal["down", "up", "top", "end", "half_down", "half_up", "page_down", "page_up"]
"""Where a movement key leads."""
_FAR = 1 << 30
"""More lines than there are."""
_MAX_CACHED_CELLS = 100
"""Enough for the track, the thumb and its 16 partial ends in a few themes."""


def move_distance(direction: Direction, height: int) -> int:
    """Return by how many lines a movement key moves in a view of ``height`` lines; negative is up."""
    down = direction in {"down", "end", "half_down", "page_down"}
    if direction in {"top", "end"}:
        lines = _FAR
    elif direction in {"half_down", "half_up"}:
        lines = max(1, height // 2)
    elif direction in {"page_down", "page_up"}:
        lines = max(1, height - 1)
    else:
        lines = 1
    return lines if down else -lines


def line_width(view: ScrollView) -> int:
    """Return how many cells a line has, without the scroll bar."""
    return max(1, view.scrollable_content_region.width)


def scroll_line_into_view(view: ScrollView, line: int) -> None:
    """Scroll as little as needed to show ``line``."""
    top, height = view.scroll_offset.y, view.size.height
    if height and not top <= line < top + height:
        scroll_to_line(view, line if line < top else line - height + 1)


def scroll_to_line(view: ScrollView, line: int) -> None:
    """Scroll at once so that ``line`` is the first one, even where Textual does not know yet that it can be."""
    view.scroll_to(y=line, animate=False, immediate=True, force=True)


def crop_strips(widget: Widget, lines: Iterable[Strip], crop: Region, blank: Style) -> list[Strip]:
    """Return ``lines`` as the region ``crop`` of ``widget``, padded with ``blank``.

    For widgets without border, padding and opacity.
    """
    filters = widget.get_line_filters()
    strips = list(lines)
    if filters:
        _, background = widget.background_colors
        for line_filter in filters:
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
    width, span = widget.size.width, crop.column_span
    return [strip.adjust_cell_length(width, blank).crop(*span) for strip in strips]


class CachedScrollBar(ScrollBar):
    """A scroll bar that draws equal cells with one cached strip.

    The strips of Textual's scroll bar refer to themselves, so that only the garbage collector frees
    them: thousands of objects for a few pages.
    """

    def __init__(self, vertical: bool = True, name: str | None = None, *, thickness: int = 1) -> None:
        super().__init__(vertical, name, thickness=thickness)
        self._strips: dict[Segment, Strip] = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw a region of the bar."""
        bar = cast(ScrollBarRender, self.render())
        style = cast(Style, bar.style)
        rendered = bar.render_bar(
            self.size.height,
            bar.virtual_size,
            bar.window_size,
            bar.position,
            bar.thickness,
            back_color=style.bgcolor or Color.default(),
            bar_color=style.color or Color.default(),
        )
        cells = list(rendered.segments)[crop.y : crop.bottom]
        return crop_strips(self, [self._strip(cell) for cell in cells], crop, style)

    def _strip(self, cell: Segment) -> Strip:
        strip = self._strips.get(cell)
        if strip is None:
            if len(self._strips) > _MAX_CACHED_CELLS:
                self._strips.clear()
            strip = self._strips[cell] = Strip([cell], self.thickness)
        return strip
