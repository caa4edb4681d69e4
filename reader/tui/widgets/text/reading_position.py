"""A view of a text that knows at which place of it the eye is, however wide its lines are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.message import Message

from reader.tui.widgets.text.image_overlay import PicturedView
from reader.tui.widgets.text.line_view import MEASURE

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.tui.widgets.text.lines import Line, LineMap, TextPosition

_PAUSE = 2.0
"""Seconds without scrolling after which it is told where one is."""


class PlacedView(PicturedView):
    """Keeps the place through other widths, and tells it when the person has scrolled there."""

    class Rested(Message):
        """The person has scrolled, and stays there."""

    class WidthChanged(Message):
        """The lines of a view should be made anew for another width."""

        def __init__(self, view: PlacedView) -> None:
            super().__init__()
            self.view = view

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, PlacedView.WidthChanged) and message.view is self.view

    def __init__(self, *, id: str | None = None, measure: int = MEASURE) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, measure=measure)
        self._measured: LineMap | None = None
        """Where in the text the lines are; None when what is shown is no text."""
        self._top: TextPosition | None = None
        """Where in the text the topmost line was when somebody scrolled last, or a text was shown;"""
        self._middle: TextPosition | None = None
        """and the line in the middle,"""
        self._held_in = Size(0, 0)
        """when the view was of this size."""
        self._steered = False
        """Whether the person scrolls, and not this view of itself."""
        self._left_at: int | None = None
        """The place that the person has scrolled to, until it is taken."""
        self._resting: Timer | None = None
        self._height = 0

    def show_text(self, lines: Sequence[Line], measured: LineMap, *, y: int = 0, place: int | None = None) -> None:
        """Show another text, scrolled to the line ``y``, or to a ``place``."""
        self._measured = measured
        self._left_at, self._steered = None, False
        line = y if place is None else measured.line(place)
        self.show_lines(lines, y=line)
        # Also where the text is too short now to be scrolled so far.
        self._hold(self.scroll_offset.y if place is None else line)

    def fit_text(self, lines: Sequence[Line], measured: LineMap, *, by_middle: bool = False) -> None:
        """Show the same text in other lines; the topmost one stays at the same place of it, or the one in the middle.

        That is where it was before anything but the person moved it. So however often the lines change, what comes
        back to its former size shows what it showed.
        """
        self._measured = measured
        self._steered = False
        y = 0 if self._top is None else measured.line_of(self._top)
        if by_middle and self._middle is not None and self._held_in.height:
            half = round(self._half * self.size.height / self._held_in.height)
            y = max(0, measured.line_of(self._middle) - half)
            if self.size == self._held_in:  # what came above it has moved the top
                self._top = measured.spot(y)
        self.show_lines(lines, y=y)

    def hold(self) -> None:
        """Take note that the eye is where it is, though it was not the person who scrolled there."""
        self._hold(self.scroll_offset.y)

    def _hold(self, y: int) -> None:
        """Take note of where the eye is when the line ``y`` is the topmost."""
        if self._measured is not None:
            self._held_in = self.size
            self._top = self._measured.spot(y)
            self._middle = self._measured.spot(min(y + self._half, len(self._lines)))

    @property
    def _half(self) -> int:
        """How far below the top the middle is that is held."""
        return self._held_in.height // 2

    def show_untracked(self, lines: Sequence[Line]) -> None:
        """Show lines that are not to be come back to."""
        self._measured = None
        self._left_at, self._steered = None, False
        self.show_lines(lines, y=0)

    def pop_changed(self) -> int | None:
        """Return the place that the person has scrolled to since this was asked last; else None."""
        place, self._left_at = self._left_at, None
        return place

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow where in the text the eye is."""
        super().watch_scroll_y(old_value, new_value)
        # What scrolls because the view has become higher is where it was again once that is lower.
        if self._measured is None or not self._steered or self.size.height != self._height:
            return
        self._hold(self.scroll_offset.y)
        self._left_at = self._measured.place(self.scroll_offset.y)
        if self._resting is not None:
            self._resting.stop()  # its reset() would wait for its end first
        self._resting = self.set_timer(_PAUSE, self._rest)

    def _rest(self) -> None:
        self._resting = None
        self.post_message(self.Rested())

    def on_resize(self) -> None:
        """Take note of the height; whoever shows the text asks for lines of the new width."""
        self._height = self.size.height
        self._steered = False  # what scrolls from now on does so because of that

    # Who scrolls.

    def steer(self) -> None:
        """Take note that it is the person who scrolls."""
        self._steered = True

    def scroll_by_itself(self) -> None:
        """Take note that what scrolls now is not the person."""
        self._steered = False

    def _scroll_by(self, lines: int) -> None:
        self.steer()
        super()._scroll_by(lines)

    def on_mouse_scroll_down(self) -> None:
        """Take note that it is the person who scrolls; Textual does it."""
        self.steer()

    def on_mouse_scroll_up(self) -> None:
        """As above."""
        self.steer()

    def on_scroll_to(self) -> None:
        """As above, by the scrollbar."""
        self.steer()

    def on_scroll_down(self) -> None:
        """As above, below its thumb."""
        self.steer()

    def on_scroll_up(self) -> None:
        """As above, above its thumb."""
        self.steer()
