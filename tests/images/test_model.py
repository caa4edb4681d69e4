"""The size of an image in cells, and what its lines consist of."""

from __future__ import annotations

import marshal
from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from reader.images.model import MOST_ENLARGED, CellSize, ImageBox, RenderedImage, fit

SIDES = st.integers(8, 40_000)
CELLS = st.builds(CellSize, st.integers(4, 40), st.integers(4, 60))


@given(SIDES, SIDES, st.integers(1, 200), st.integers(1, 80), CELLS)
def test_an_image_fits_is_hardly_enlarged_and_keeps_its_aspect_ratio(
    width: int, height: int, cells: int, lines: int, cell: CellSize
) -> None:
    wide, high = fit(width, height, ImageBox(cells, lines, cell=cell))
    cell_width, cell_height = cell
    assert 1 <= wide <= cells
    assert 1 <= high <= lines
    assert (wide - 1) * cell_width <= MOST_ENLARGED * width
    assert (high - 1) * cell_height <= MOST_ENLARGED * height
    # The aspect ratio: the same scale on both sides, to within a cell.
    scale = min(MOST_ENLARGED, cells * cell_width / width, lines * cell_height / height)
    assert abs(width * scale / cell_width - wide) <= 1
    assert abs(height * scale / cell_height - high) <= 1


def test_sizes() -> None:
    assert fit(720, 400, ImageBox(72, 40)) == (72, 20)
    assert fit(7200, 4000, ImageBox(72, 40)) == (72, 20)
    assert fit(7200, 4000, ImageBox(72, 10)) == (36, 10)
    assert fit(300, 150, ImageBox(72, 40)) == (72, 18)
    assert fit(100, 40, ImageBox(72, 40)) == (30, 6)


@given(st.integers(1, 20), st.integers(1, 6), st.data())
def test_the_blocks_of_a_line_are_its_colors(cells: int, lines: int, data: st.DataObject) -> None:
    few = st.sampled_from([0, 255])  # so that neighbors are alike
    colors = bytes(data.draw(st.lists(few, min_size=6 * cells * lines, max_size=6 * cells * lines)))
    image = RenderedImage(cells, lines, colors)
    for line in range(lines):
        upper, lower = bytearray(), bytearray()
        for above, below, number in image.blocks(line):
            assert number >= 1
            upper += bytes(above) * number
            lower += bytes(below) * number
        assert upper + lower == colors[6 * cells * line : 6 * cells * (line + 1)]


def test_images_and_boxes_survive_serialization() -> None:
    box = ImageBox(72, 20, (1, 2, 3), CellSize(9, 18), protocol="sixel")
    assert ImageBox.from_values(marshal.loads(marshal.dumps(box.to_values()))) == box
    image = RenderedImage(2, 1, b"123456789012", 7, ("ab",), ("told",))
    assert astuple(RenderedImage(*marshal.loads(marshal.dumps(astuple(image))))) == astuple(image)
