"""Where in a text the reader's eye is, however wide its lines are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.scroll_view import ScrollView

from reader.tui.timings import timings_of

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.tui.widgets.text.lines import LineMap, TextPosition


class ReadingPosition:
    """Keeps the position in a view's text when its lines change, and reports where the user has scrolled to.

    The position changes only when the user scrolls, a text is shown, or :meth:`pin` is called. So however
    often the lines change, a view that returns to its former size shows what it showed.
    """

    def __init__(self, view: ScrollView, on_settled: Callable[[], object]) -> None:
        """``on_settled`` is called when the user has scrolled and then paused."""
        self._view = view
        self._on_settled = on_settled
        self._map: LineMap | None = None
        """Maps the lines to positions; None while no text is shown."""
        self._top: TextPosition | None = None
        """The position of the first line on screen,"""
        self._middle: TextPosition | None = None
        """and of the middle line,"""
        self._pinned_size = Size(0, 0)
        """when the view had this size."""
        self._user_scrolls = False
        """Whether the user scrolls, and not the view by itself."""
        self._changed: int | None = None
        self._timer: Timer | None = None
        self._height = 0

    def start(self, line_map: LineMap | None) -> None:
        """Track another text; with None, track nothing."""
        self._map = line_map
        self._changed, self._user_scrolls = None, False

    def refit(self, line_map: LineMap, *, by_middle: bool = False) -> int:
        """Take the new lines of the same text, and return the first one to show.

        It is at the position of the former first line or, with ``by_middle``, keeps the middle line in place.
        """
        self._map = line_map
        self._user_scrolls = False
        y = 0 if self._top is None else line_map.line_of(self._top)
        if by_middle and self._middle is not None and self._pinned_size.height:
            half = round(self._half * self._view.size.height / self._pinned_size.height)
            y = max(0, line_map.line_of(self._middle) - half)
            if self._view.size == self._pinned_size:  # what was inserted above has moved the first line
                self._top = line_map.position_of(y)
        return y

    def pin(self, y: int | None = None) -> None:
        """Remember the position of the line ``y``, by default the first one on screen."""
        if self._map is not None:
            y = self._view.scroll_offset.y if y is None else y
            self._pinned_size = self._view.size
            self._top = self._map.position_of(y)
            self._middle = self._map.position_of(min(y + self._half, self._view.virtual_size.height))

    @property
    def _half(self) -> int:
        """How many lines the pinned middle line is below the first."""
        return self._pinned_size.height // 2

    def pop_changed(self) -> int | None:
        """Return the offset in the text that the user has scrolled to since the last call; else None."""
        offset, self._changed = self._changed, None
        return offset

    def note_user_scroll(self) -> None:
        """Note that the user is about to scroll."""
        self._user_scrolls = True

    def note_own_scroll(self) -> None:
        """Note that the view is about to scroll by itself."""
        self._user_scrolls = False

    def scrolled(self) -> None:
        """Follow a scroll of the view."""
        # A view that grew may scroll; it shows the same position again once it shrinks.
        if self._map is None or not self._user_scrolls or self._view.size.height != self._height:
            return
        self.pin()
        self._changed = self._map.offset_of(self._view.scroll_offset.y)
        if self._timer is not None:
            self._timer.stop()  # reset() would wait for its end first
        self._timer = self._view.set_timer(timings_of(self._view).position_settled, self._settle)

    def resized(self) -> None:
        """Note the new height; scrolling from now on is a consequence of the resize."""
        self._height = self._view.size.height
        self._user_scrolls = False

    def _settle(self) -> None:
        self._timer = None
        self._on_settled()
