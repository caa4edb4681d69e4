"""Pictures that the terminal draws: what it is told, and the text that stands for them."""

from __future__ import annotations

import base64
import io
import itertools
import marshal
import re
import subprocess
import sys

import pytest
from PIL import Image
from rich.cells import cell_len

from reader.images.decode import ImageError
from reader.images.model import CellSize, ImageBox, RenderedImage
from reader.images.terminal_graphics import kitty
from tests.images.sample_images import bomb, encoded, halves
from tests.images.sixels import painted

BOX = ImageBox(72, 24, protocol="kitty")
SIXEL = ImageBox(72, 24, protocol="sixel")


def made(body: bytes, box: ImageBox = BOX) -> RenderedImage:
    """Return a picture as a worker makes it, in a process without a terminal."""
    program = (
        "import sys, marshal; from reader.workers.image_tasks import TASKS;"
        "sys.stdout.buffer.write(marshal.dumps(TASKS['picture'](*marshal.loads(sys.stdin.buffer.read()))))"
    )
    given = marshal.dumps((body, box.to_values()))
    found = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, check=True)
    plain, why = marshal.loads(found.stdout)
    assert why == ""
    return RenderedImage.from_values(plain)


def test_the_terminal_is_told_the_picture_and_where_it_may_stand() -> None:
    picture = made(encoded(halves((600, 300))))
    assert (picture.cells, picture.lines) == (60, 15)
    assert 0 < picture.kitty_id < 2**32
    parts = [re.fullmatch("\x1b_G([^;]*);?([^\x1b]*)\x1b\\\\", part) for part in picture.kitty_commands]
    assert all(parts)
    sent = b"".join(base64.b64decode(part[2]) for part in parts if part and "f=100" in part[1])
    shown = Image.open(io.BytesIO(sent))
    assert shown.size == (600, 300)
    last = parts[-1]
    assert last is not None
    assert set(last[1].split(",")) >= {"a=p", "U=1", "q=2", f"i={picture.kitty_id}", "c=60", "r=15"}
    assert all(part is not None and "q=2" in part[1].split(",") for part in parts)  # it is not to answer


def test_each_cell_says_which_part_of_which_picture_it_is() -> None:
    picture = made(encoded(halves((600, 300))))
    assert len(picture.placeholders) == 15
    for line in picture.placeholders:
        assert cell_len(line) == 60
        assert line.count("\U0010eeee") == 60
    assert len(set(picture.placeholders)) == 15


def test_what_is_sent_holds_nothing_but_the_protocol(capfd: pytest.CaptureFixture[str]) -> None:
    picture = made(encoded(halves((600, 300))))
    assert re.fullmatch("(?:\x1b_G[A-Za-z0-9+/=,;]*\x1b\\\\)+", "".join(picture.kitty_commands))
    assert capfd.readouterr().out == ""


def test_bounds_are_those_of_half_blocks() -> None:
    with pytest.raises(ImageError, match="million pixels"):
        kitty(bomb(), BOX)


# Sixel.


def test_a_line_of_sixel_paints_its_pixels_and_leaves_those_of_the_next_line() -> None:
    picture = made(encoded(halves((600, 300))), SIXEL)
    assert (picture.cells, picture.lines, picture.kitty_id) == (60, 15, 0)
    assert len(picture.sixels) == 15
    for line in picture.sixels:
        rows = painted(line)
        assert len(rows) == 24  # four bands, of which a cell has 20 rows of pixels
        assert {pixel for row in rows[:20] for pixel in row[:300]} == {(100, 0, 0)}
        assert {pixel for row in rows[:20] for pixel in row[300:]} == {(0, 0, 100)}
        assert {pixel for row in rows[20:] for pixel in row} == {None}


@pytest.mark.parametrize("cell", [CellSize(10, 20), CellSize(7, 13), CellSize(9, 18), CellSize(16, 31)])
def test_every_cell_is_painted_whatever_its_size(cell: CellSize) -> None:
    grey = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    picture = made(encoded(grey), SIXEL._replace(cell=cell))
    rows = [row for line in picture.sixels for row in painted(line)[: cell.height]]
    assert len(rows) == picture.lines * cell.height
    assert all(len(row) == picture.cells * cell.width for row in rows)
    assert all(pixel is not None for row in rows for pixel in row)
    # From black to white, by the colours of one palette for the whole.
    light = [row[0][0] for row in rows if row[0] is not None]
    assert (light[0], light[-1]) == (0, 100)
    assert max(abs(a - b) for a, b in itertools.pairwise(light)) <= 2


def test_below_the_pixels_are_the_half_blocks() -> None:
    body = encoded(halves((600, 300)))
    sharp, blocks = made(body, SIXEL), made(body, SIXEL._replace(protocol="blocks"))
    assert len(sharp.colors) == len(blocks.colors) == 60 * 30 * 3
    assert max(abs(a - b) for a, b in zip(sharp.colors, blocks.colors, strict=True)) <= 8  # it was reduced twice
