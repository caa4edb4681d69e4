"""Images that can be drawn: their size in cells and the colors of their half-blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

RGB: TypeAlias = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""
ImageProtocol: TypeAlias = Literal["blocks", "kitty", "sixel"]
"""How an image is drawn: half-blocks, Kitty's graphics protocol, or Sixel."""


class CellSize(NamedTuple):
    """The size of a terminal cell in pixels."""

    width: int = 10
    height: int = 20


DEFAULT_CELL_SIZE = CellSize()
"""For terminals that do not report their cell size; that of the VT340, a common default."""


class ImageBox(NamedTuple):
    """The space for an image in cells, and how it is drawn."""

    cells: int
    lines: int
    background: RGB = (0, 0, 0)
    """The color behind transparent pixels."""
    cell: CellSize = DEFAULT_CELL_SIZE
    protocol: ImageProtocol = "blocks"

    @classmethod
    def from_values(cls, values: Any) -> ImageBox:
        """Return the inverse of :meth:`to_values`."""
        cells, lines, background, cell, protocol = values
        return cls(cells, lines, background, CellSize(*cell), protocol)

    def to_values(self) -> tuple[Any, ...]:
        """Return plain values, for another process."""
        return (self.cells, self.lines, tuple(self.background), tuple(self.cell), self.protocol)


@dataclass(frozen=True, slots=True, eq=False)
class RenderedImage:
    """An image of ``cells`` by ``lines``. Compared by identity."""

    cells: int
    lines: int
    colors: bytes = b""
    """Three bytes a half-block, ``cells`` in a row, two rows a line; empty with Kitty's protocol."""
    kitty_id: int = 0
    """The id in Kitty's protocol, 1 to 2**32 - 1; else 0."""
    placeholders: tuple[str, ...] = ()
    """The text of each line with Kitty's protocol: its Unicode placeholders."""
    kitty_commands: tuple[str, ...] = ()
    """The escape sequences that transfer the image to the terminal first."""
    sixels: tuple[str, ...] = ()
    """Each line as Sixel, drawn over the half-blocks; empty with other protocols."""

    def blocks(self, line: int) -> Iterator[tuple[RGB, RGB, int]]:
        """Yield the runs of a line of half-blocks as (upper color, lower color, number of cells)."""
        row = 3 * self.cells
        upper = self.colors[2 * line * row : (2 * line + 1) * row]
        lower = self.colors[(2 * line + 1) * row : (2 * line + 2) * row]
        offset = 0
        while offset < row:
            above, below, start = upper[offset : offset + 3], lower[offset : offset + 3], offset
            while offset < row and upper[offset : offset + 3] == above and lower[offset : offset + 3] == below:
                offset += 3
            yield (above[0], above[1], above[2]), (below[0], below[1], below[2]), (offset - start) // 3


@dataclass(frozen=True, slots=True)
class ImageLine:
    """One line of an image."""

    picture: RenderedImage
    line: int


MOST_ENLARGED = 3.0
"""How many times its size an image is shown at most. Cells have few pixels, and on fine screens pixels are small."""


def fit(width: int, height: int, box: ImageBox) -> tuple[int, int]:
    """Return the cells and lines of an image of this size in pixels: as large as fits ``box``; at least one of each.

    Small images are enlarged, up to :data:`MOST_ENLARGED` times. The aspect ratio is preserved as well as whole cells
    allow.
    """
    most_wide, most_high = max(1, box.cells) * box.cell.width, max(1, box.lines) * box.cell.height
    scale = min(MOST_ENLARGED, most_wide / width, most_high / height)
    cells = round(width * scale / box.cell.width)
    lines = round(height * scale / box.cell.height)
    return max(1, min(cells, box.cells)), max(1, min(lines, box.lines))
