"""The reading position in a text, independent of the width of its lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.scroll_view import ScrollView

from reader.tui.timings import DelayedCall, timings_of

if TYPE_CHECKING:
    from reader.tui.widgets.text.lines import LineMap, TextPosition


class ReadingPosition:
    """Preserves the position in a view's text when its lines change, and reports where the user has scrolled to.

    The position changes only when the user scrolls, a text is shown, or :meth:`pin` is called. So however often the
    lines change, a view that returns to its previous size shows what it showed before.
    """

    def __init__(self, view: ScrollView, on_settled: Callable[[], object]) -> None:
        """``on_settled`` is called when the user has scrolled and then paused."""
        self._view = view
        self._on_settled = on_settled
        self.line_map: LineMap | None = None
        """Maps the lines to positions; None while no text is shown."""
        self._top: TextPosition | None = None
        """The position of the first line on screen,"""
        self._middle: TextPosition | None = None
        """and of the middle line,"""
        self._pinned_size = Size(0, 0)
        """when the view had this size."""
        self.user_scrolls = False
        """Whether the user is scrolling, and not the view itself."""
        self._changed: int | None = None
        self._pause = DelayedCall(view)
        self._height = 0

    def start(self, line_map: LineMap | None) -> None:
        """Track another text; with None, track nothing."""
        self.line_map = line_map
        self._changed, self.user_scrolls = None, False

    def refit(self, line_map: LineMap, *, by_middle: bool = False) -> int:
        """Take the new lines of the same text, and return the first one to show.

        It is at the position of the previous first line or, with ``by_middle``, keeps the middle line in place.
        """
        self.line_map = line_map
        self.user_scrolls = False
        y = 0 if self._top is None else line_map.line_of(self._top)
        if by_middle and self._middle is not None and self._pinned_size.height:
            half = round(self._half * self._view.size.height / self._pinned_size.height)
            y = max(0, line_map.line_of(self._middle) - half)
            if self._view.size == self._pinned_size:  # what was inserted above has moved the first line
                self._top = line_map.position_of(y)
        return y

    def pin(self, y: int | None = None) -> None:
        """Remember the position of the line ``y``, by default the first one on screen."""
        if self.line_map is not None:
            y = self._view.scroll_offset.y if y is None else y
            self._pinned_size = self._view.size
            self._top = self.line_map.position_of(y)
            self._middle = self.line_map.position_of(min(y + self._half, self._view.virtual_size.height))

    @property
    def _half(self) -> int:
        """How many lines the pinned middle line is below the first."""
        return self._pinned_size.height // 2

    def pop_changed(self) -> int | None:
        """Return the offset in the text that the user has scrolled to since the last call; else None."""
        offset, self._changed = self._changed, None
        return offset

    def scrolled(self) -> None:
        """Follow a scroll of the view."""
        # A view that grew may scroll; it shows the same position again once it shrinks.
        if self.line_map is None or not self.user_scrolls or self._view.size.height != self._height:
            return
        self.pin()
        self._changed = self.line_map.offset_of(self._view.scroll_offset.y)
        self._pause.start(timings_of(self._view).position_settled, self._on_settled)

    def resized(self) -> None:
        """Note the new height; scrolling from now on is a consequence of the resize."""
        self._height = self._view.size.height
        self.user_scrolls = False
