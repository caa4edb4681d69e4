"""Sixel images over the half-blocks of a line view.

Half-blocks are drawn first, and stay if the terminal does not support Sixel after all. Once nothing
has moved for a moment, a Sixel image is written over each line of an image: they are large, and
scrolling must not wait for them. Text cannot cover pixels, so half-blocks remain where a dialog
may be on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import ControlType, Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reader.core.text import cell_width
from reader.tui.timings import DelayedCall, timings_of

if TYPE_CHECKING:
    from textual.geometry import Region

    from reader.images.model import ImageLine
    from reader.tui.widgets.text.lines import Line

_SAVE_CURSOR, _RESTORE_CURSOR = "\x1b7", "\x1b8"  # DECSC, DECRC
_CONTROL = ((ControlType.CURSOR_FORWARD, 0),)
"""Marks a segment that takes no cells; Textual does not check which control it is."""
_Scene = tuple[int, float, Size]
"""What is on screen, and where: the identity of the lines, the scroll position, and the size of the view."""


class ImageOverlay:
    """Adds Sixel images to the strips of a view that has come to rest."""

    def __init__(self, view: ScrollView) -> None:
        self._view = view
        self._latest: _Scene | None = None
        """What was drawn last."""
        self._still: _Scene | None = None
        """What has not moved for a moment."""
        self._rest = DelayedCall(view)

    def apply(self, strips: list[Strip], crop: Region, lines: Sequence[Line], margin: int) -> list[Strip]:
        """Return the strips of the region ``crop`` with Sixel images where nothing moves or covers them.

        ``lines`` are those of the view, which begin in the column ``margin``.
        """
        view = self._view
        first = crop.y - view.gutter.top + view.scroll_offset.y
        images = [
            (row, *found)
            for row, line in enumerate(lines[max(0, first) : max(0, first + len(strips))], max(0, -first))
            if (found := _sixel_in(line, view.gutter.left + margin)) is not None
        ]
        # A prompt is a transparent screen on top, which hides no image.
        is_covered = not (view.screen.is_active or view.app.screen.styles.background.is_transparent)
        if not images or crop.x or crop.width != view.outer_size.width or is_covered:
            return strips
        if view.screen.get_widget_at(*view.region.offset)[0] is not view:
            return strips  # the sidebar is above it
        scene = (id(lines), view.scroll_y, view.size)
        if scene != self._still:
            if scene != self._latest:
                self._latest = scene
                self._rest.start(timings_of(view).images_settled, self._settle)
            return strips
        last = view.app.size.height - 1 - view.region.y - crop.y  # pixels in the last line would scroll the screen
        for row, left, image in images:
            if row < last:
                strips[row] = _with_sixel(strips[row], left, image)
        return strips

    def _settle(self) -> None:
        self._still = self._latest
        self._view.refresh()


def _sixel_in(line: Line, left: int) -> tuple[int, ImageLine] | None:
    """Return the column and the Sixel image in a line that begins in the column ``left``, if there is one."""
    for run in line:
        if run.image is not None:
            return (left, run.image) if run.image.picture.sixels else None
        left += cell_width(run.text)
    return None


def _with_sixel(strip: Strip, left: int, line: ImageLine) -> Strip:
    """Return a strip with pixels over the cells of an image, and the cursor after them as without pixels."""
    cells = line.picture.cells
    before, blocks, after = strip.divide([left, left + cells, strip.cell_length])
    pixels = f"{_RESTORE_CURSOR}{line.picture.sixels[line.line]}{_RESTORE_CURSOR}\x1b[{cells}C"
    segments = [*before, Segment(_SAVE_CURSOR, None, _CONTROL), *blocks, Segment(pixels, None, _CONTROL), *after]
    return Strip(segments, strip.cell_length)
