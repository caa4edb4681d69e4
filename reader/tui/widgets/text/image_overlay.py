"""Sixel images over the half-blocks of a line view.

Half-blocks are drawn first, and stay in a terminal that cannot do Sixel after all. Once nothing
has moved for a moment, a Sixel image is written over each line of an image: they are large, and
scrolling must not wait for them. Pixels hide under no text, so half-blocks remain where a dialog
may stand above.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rich.segment import ControlType, Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reader.core.text import cell_width
from reader.tui.timings import timings_of

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.timer import Timer

    from reader.images.model import ImageLine
    from reader.tui.widgets.text.lines import Line

_SAVE_CURSOR, _RESTORE_CURSOR = "\x1b7", "\x1b8"  # DECSC, DECRC
_CONTROL = ((ControlType.CURSOR_FORWARD, 0),)
"""Marks a segment that takes no cells; Textual does not look at which control it is."""


class _Scene(NamedTuple):
    """What is on screen; the view moves while it changes."""

    lines: object
    y: float
    size: Size

    def is_same(self, other: _Scene | None) -> bool:
        return other is not None and self.lines is other.lines and self[1:] == other[1:]


class LineSource(Protocol):
    """The lines of a view."""

    lines: Sequence[Line]

    @property
    def margin(self) -> int:
        """The columns left of each line."""

    def line_at(self, y: int) -> Line:
        """Return the line in row ``y`` of the content."""


class ImageOverlay:
    """Adds Sixel images to the strips of a view that has come to rest."""

    def __init__(self, view: ScrollView, source: LineSource) -> None:
        self._view = view
        self._source = source
        self._latest: _Scene | None = None
        """What was drawn last."""
        self._still: _Scene | None = None
        """What has not moved for a moment."""
        self._timer: Timer | None = None

    def apply(self, strips: list[Strip], crop: Region) -> list[Strip]:
        """Return the strips of the region ``crop`` with Sixel images where nothing moves or stands above."""
        view = self._view
        images = [(row, image) for row in range(len(strips)) if (image := self._sixel_at(crop.y + row)) is not None]
        if not images or crop.x or crop.width != view.outer_size.width or not view.screen.is_active:
            return strips
        scene = _Scene(self._source.lines, view.scroll_y, view.size)
        if not scene.is_same(self._still):
            if not scene.is_same(self._latest):
                self._wait(scene)
            return strips
        last = view.app.size.height - 1 - view.region.y - crop.y  # pixels in the last line would scroll the screen
        for row, (left, line) in images:
            if row < last:
                strips[row] = _with_sixel(strips[row], left, line)
        return strips

    def _wait(self, scene: _Scene) -> None:
        self._latest = scene
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._view.set_timer(timings_of(self._view).images_settled, self._settle)

    def _settle(self) -> None:
        self._timer, self._still = None, self._latest
        self._view.refresh()

    def _sixel_at(self, row: int) -> tuple[int, ImageLine] | None:
        """Return the column and the Sixel image in a row of the widget, if there is one."""
        top, _, _, left = self._view.gutter
        left += self._source.margin
        for run in self._source.line_at(row - top):
            if run.image is not None:
                return (left, run.image) if run.image.picture.sixels else None
            left += cell_width(run.text)
        return None


def _with_sixel(strip: Strip, left: int, line: ImageLine) -> Strip:
    """Return a strip with pixels over the cells of an image, and the cursor after them as if there were none."""
    cells = line.picture.cells
    before, blocks, after = strip.divide([left, left + cells, strip.cell_length])
    pixels = f"{_RESTORE_CURSOR}{line.picture.sixels[line.line]}{_RESTORE_CURSOR}\x1b[{cells}C"
    segments = [*before, Segment(_SAVE_CURSOR, None, _CONTROL), *blocks, Segment(pixels, None, _CONTROL), *after]
    return Strip(segments, strip.cell_length)
