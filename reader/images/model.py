"""What a picture is once it can be drawn, how large it is in cells, and the colours of its half-blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

RGB: TypeAlias = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""
ImageProtocol: TypeAlias = Literal["blocks", "kitty", "sixel"]
"""What a picture is drawn with: half-blocks, Kitty's graphics protocol, or Sixel."""


class CellSize(NamedTuple):
    """How many pixels a cell of the terminal has."""

    width: int = 10
    height: int = 20


DEFAULT_CELL_SIZE = CellSize()
"""Where the terminal does not say; that of the VT340, which others take too."""


class ImageBox(NamedTuple):
    """What a picture may take, and what it is made for."""

    cells: int
    lines: int
    background: RGB = (0, 0, 0)
    """What shows through where it is transparent."""
    cell: CellSize = DEFAULT_CELL_SIZE
    protocol: ImageProtocol = "blocks"

    @classmethod
    def from_values(cls, plain: Any) -> ImageBox:
        """Return it from plain values, as :meth:`to_values` gives."""
        cells, lines, background, cell, protocol = plain
        return cls(cells, lines, background, CellSize(*cell), protocol)

    def to_values(self) -> tuple[Any, ...]:
        """Return it as plain values, for the way between processes."""
        return (self.cells, self.lines, tuple(self.background), tuple(self.cell), self.protocol)


@dataclass(frozen=True, slots=True, eq=False)
class RenderedImage:
    """A picture of so many cells by so many lines. Each is one of its own, however alike two are."""

    cells: int
    lines: int
    colors: bytes = b""
    """Three bytes a half-block: ``cells`` in a row, two rows a line; empty for one of Kitty's."""
    kitty_id: int = 0
    """By which Kitty knows it, 1 to 2**32 - 1; else 0."""
    placeholders: tuple[str, ...] = ()
    """The text of each line, where Kitty draws it: see its graphics protocol, Unicode placeholders."""
    kitty_commands: tuple[str, ...] = ()
    """What Kitty has to be told before, piece by piece."""
    sixels: tuple[str, ...] = ()
    """Each line as Sixel, to be drawn over the half-blocks; empty where the terminal does not take it."""

    @classmethod
    def from_values(cls, plain: Any) -> RenderedImage:
        """Return it from plain values, as :meth:`to_values` gives."""
        cells, lines, colours, number, placeholders, told, sixels = plain
        return cls(cells, lines, colours, number, tuple(placeholders), tuple(told), tuple(sixels))

    def to_values(self) -> tuple[Any, ...]:
        """Return it as plain values, for the way between processes."""
        return (self.cells, self.lines, self.colors, self.kitty_id, self.placeholders, self.kitty_commands, self.sixels)

    def blocks(self, line: int) -> Iterator[tuple[RGB, RGB, int]]:
        """Yield what a line of half-blocks consists of: the upper colour, the lower one, and for how many cells."""
        row = 3 * self.cells
        upper = self.colors[2 * line * row : (2 * line + 1) * row]
        lower = self.colors[(2 * line + 1) * row : (2 * line + 2) * row]
        at = 0
        while at < row:
            above, below, start = upper[at : at + 3], lower[at : at + 3], at
            while at < row and upper[at : at + 3] == above and lower[at : at + 3] == below:
                at += 3
            yield (above[0], above[1], above[2]), (below[0], below[1], below[2]), (at - start) // 3


@dataclass(frozen=True, slots=True)
class ImageLine:
    """One line of a picture."""

    picture: RenderedImage
    line: int


_LEAST = 8
"""Pixels; what is smaller, at any side, is not there to be seen: it counts who reads."""


def is_visible_size(width: int, height: int) -> bool:
    """Whether a picture of so many pixels is one to look at, and not a counter of readers or a line."""
    return min(width, height) >= _LEAST


def fit(width: int, height: int, box: ImageBox) -> tuple[int, int]:
    """Return how many cells and lines a picture of so many pixels takes in ``box``: as large as fits, never magnified.

    At least one of each. Its form is kept as well as whole cells allow.
    """
    most_wide, most_high = max(1, box.cells) * box.cell.width, max(1, box.lines) * box.cell.height
    scale = min(1.0, most_wide / width, most_high / height)
    cells = round(width * scale / box.cell.width)
    lines = round(height * scale / box.cell.height)
    return max(1, min(cells, box.cells)), max(1, min(lines, box.lines))
