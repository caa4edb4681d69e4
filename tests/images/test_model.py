"""How large a picture is in cells, and what its lines consist of."""

from __future__ import annotations

import marshal

from hypothesis import given
from hypothesis import strategies as st

from reader.images.model import CellSize, ImageBox, RenderedImage, fit, is_visible_size

SIDES = st.integers(8, 40_000)
CELLS = st.builds(CellSize, st.integers(4, 40), st.integers(4, 60))


@given(SIDES, SIDES, st.integers(1, 200), st.integers(1, 80), CELLS)
def test_a_picture_fits_is_not_magnified_and_keeps_its_form(
    width: int, height: int, cells: int, lines: int, cell: CellSize
) -> None:
    wide, high = fit(width, height, ImageBox(cells, lines, cell=cell))
    cell_width, cell_height = cell
    assert 1 <= wide <= cells
    assert 1 <= high <= lines
    assert (wide - 1) * cell_width <= width
    assert (high - 1) * cell_height <= height
    # Its form: the same share of it along both sides, to within a cell.
    scale = min(1, cells * cell_width / width, lines * cell_height / height)
    assert abs(width * scale / cell_width - wide) <= 1
    assert abs(height * scale / cell_height - high) <= 1


def test_sizes() -> None:
    assert fit(720, 400, ImageBox(72, 40)) == (72, 20)
    assert fit(7200, 4000, ImageBox(72, 40)) == (72, 20)
    assert fit(7200, 4000, ImageBox(72, 10)) == (36, 10)
    assert fit(100, 40, ImageBox(72, 40)) == (10, 2)
    assert is_visible_size(8, 8)
    assert not is_visible_size(1, 1)
    assert not is_visible_size(728, 2)


@given(st.integers(1, 20), st.integers(1, 6), st.data())
def test_the_blocks_of_a_line_are_its_colours(cells: int, lines: int, data: st.DataObject) -> None:
    few = st.sampled_from([0, 255])  # so that neighbours are alike
    colours = bytes(data.draw(st.lists(few, min_size=6 * cells * lines, max_size=6 * cells * lines)))
    picture = RenderedImage(cells, lines, colours)
    for line in range(lines):
        upper, lower = bytearray(), bytearray()
        for above, below, number in picture.blocks(line):
            assert number >= 1
            upper += bytes(above) * number
            lower += bytes(below) * number
        assert upper + lower == colours[6 * cells * line : 6 * cells * (line + 1)]


def test_both_go_between_processes_as_plain_values() -> None:
    box = ImageBox(72, 20, (1, 2, 3), CellSize(9, 18), protocol="sixel")
    assert ImageBox.from_values(marshal.loads(marshal.dumps(box.to_values()))) == box
    picture = RenderedImage(2, 1, b"123456789012", 7, ("ab",), ("told",))
    assert (
        RenderedImage.from_values(marshal.loads(marshal.dumps(picture.to_values()))).to_values() == picture.to_values()
    )
