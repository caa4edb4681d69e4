"""A view of lines with pictures, which draws them sharply where the terminal takes Sixel.

A picture is drawn as half-blocks first, and so it stays in a terminal that does not take Sixel after all. Over those
goes a Sixel image for each line, once nothing has moved for a moment: they are large, and who scrolls is not to wait
for them. Pixels lie under no text: where a dialog may stand above, half-blocks remain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.segment import ControlType, Segment
from textual.geometry import Size
from textual.strip import Strip

from reader.core.text import cell_width
from reader.tui.widgets.text.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Region
    from textual.timer import Timer

    from reader.images.model import ImageLine
    from reader.tui.widgets.text.lines import Line

_PAUSE = 0.15
"""Seconds without scrolling after which pictures are drawn sharply."""
_SAVE, _RESTORE = "\x1b7", "\x1b8"  # the cursor: DECSC, DECRC
_CONTROL = ((ControlType.CURSOR_FORWARD, 0),)
"""Of a segment that takes no cells; which it is, Textual does not look at."""


class _Scene(NamedTuple):
    """What is drawn; while it changes, it moves."""

    lines: Sequence[Line]
    y: float
    size: Size

    def is_same(self, other: _Scene | None) -> bool:
        return other is not None and self.lines is other.lines and self[1:] == other[1:]


class PicturedView(LineView):
    """Draws its pictures as sharply as the terminal can."""

    _scene: _Scene | None = None
    """What was there when it was drawn last."""
    _still: _Scene | None = None
    """What has been there for a moment."""
    _settling: Timer | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, with pixels over those of pictures where nothing moves and nothing stands above."""
        strips = super().render_lines(crop)
        found = [(at, here) for at in range(len(strips)) if (here := self._sixel_at(crop.y + at)) is not None]
        if not found or crop.x or crop.width != self.outer_size.width or not self.screen.is_active:
            return strips
        scene = _Scene(self._lines, self.scroll_y, self.size)
        if not scene.is_same(self._still):
            if not scene.is_same(self._scene):
                self._wait(scene)
            return strips
        last = self.app.size.height - 1 - self.region.y - crop.y  # pixels in the last line would scroll the screen
        for at, (left, line) in found:
            if at < last:
                strips[at] = _sharp(strips[at], left, line)
        return strips

    def _wait(self, scene: _Scene) -> None:
        self._scene = scene
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_PAUSE, self._settle)

    def _settle(self) -> None:
        self._settling, self._still = None, self._scene
        self.refresh()

    def _sixel_at(self, row: int) -> tuple[int, ImageLine] | None:
        """Return the picture in a row of this widget that can be drawn by Sixel, and the cells before it."""
        top, _, _, left = self.gutter
        left += self._margin()
        for run in self.line_at(row - top):
            if run.picture is not None:
                return (left, run.picture) if run.picture.picture.sixels else None
            left += cell_width(run.text)
        return None


def _sharp(strip: Strip, left: int, line: ImageLine) -> Strip:
    """Return a strip with pixels over the cells of a picture, and the cursor behind them as if there were none."""
    cells = line.picture.cells
    before, blocks, after = strip.divide([left, left + cells, strip.cell_length])
    pixels = f"{_RESTORE}{line.picture.sixels[line.line]}{_RESTORE}\x1b[{cells}C"
    segments = [*before, Segment(_SAVE, None, _CONTROL), *blocks, Segment(pixels, None, _CONTROL), *after]
    return Strip(segments, strip.cell_length)
