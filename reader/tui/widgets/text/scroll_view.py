"""What the list and the article have in common as drawn things: lines that remember how they were drawn.

Textual joins borders, padding and opacity to each line of a widget, anew each time, and
so loses what the line remembers of how it was cut and written. Here is none of that to
be joined. A scrollbar is worse: its lines each come to hold themselves, and are left to
the search for garbage, thousands of objects for a few pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget


def drawn(widget: Widget, lines: Iterable[Strip], crop: Region, blank: Style) -> list[Strip]:
    """Return ``lines`` as a part of ``widget`` as wide as ``crop``; ``blank`` is the style of what they do not fill.

    For widgets without border, padding and opacity.
    """
    filters = widget.get_line_filters()
    strips = list(lines)
    if filters:
        _, ground = widget.background_colors
        for line_filter in filters:
            strips = [strip.apply_filter(line_filter, ground) for strip in strips]
    width, span = widget.size.width, crop.column_span
    return [strip.adjust_cell_length(width, blank).crop(*span) for strip in strips]


class CachedScrollBar(ScrollBar):
    """Textual's scrollbar, which draws the same line once for all the places where it stands."""

    def __init__(self, vertical: bool = True, name: str | None = None, *, thickness: int = 1) -> None:
        super().__init__(vertical, name, thickness=thickness)
        self._strips: dict[Segment, Strip] = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw a region of it."""
        bar = cast(ScrollBarRender, self.render())
        style = cast(Style, bar.style)
        made = bar.render_bar(
            self.size.height,
            bar.virtual_size,
            bar.window_size,
            bar.position,
            bar.thickness,
            back_color=style.bgcolor or Color.default(),
            bar_color=style.color or Color.default(),
        )
        cells = list(made.segments)[crop.y : crop.bottom]
        return drawn(self, [self._strip(cell) for cell in cells], crop, style)

    def _strip(self, cell: Segment) -> Strip:
        strip = self._strips.get(cell)
        if strip is None:
            if len(self._strips) > _MOST_CELLS:
                self._strips.clear()
            strip = self._strips[cell] = Strip([cell], self.thickness)
        return strip


_MOST_CELLS = 100
"""The track, the thumb, eight of its heads and eight tails, for each of a few themes."""


class LinesScrollView(ScrollView):
    """A view with a quick scrollbar at its side."""

    @property
    def room(self) -> int:
        """The cells of a line: without the scrollbar."""
        return max(1, self.scrollable_content_region.width)

    def set_line_count(self, width: int, lines: int) -> None:
        """Take note of how many lines there are, without the layout of the whole screen that Textual makes for it.

        Nothing but the scrollbar, which is always there, has to change for it.
        """
        self.set_reactive(LinesScrollView.virtual_size, Size(width, lines))
        self.vertical_scrollbar.window_virtual_size = lines

    def scroll_line_into_view(self, at: int) -> None:
        """Scroll as little as it takes to have a line on the screen."""
        top, height = self.scroll_offset.y, self.size.height
        if not height:
            return
        if at < top:
            self.scroll_to(y=at, animate=False, immediate=True, force=True)
        elif at >= top + height:
            self.scroll_to(y=at - height + 1, animate=False, immediate=True, force=True)

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scrollbar, made when it is first asked for; as Textual does it, but for its class."""
        if self._vertical_scrollbar is None:
            bar = self._vertical_scrollbar = CachedScrollBar(name="vertical", thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar
