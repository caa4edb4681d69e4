"""Images that the terminal draws: the escape sequences it gets, and the text that represents them."""

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

BOX = ImageBox(60, 24, protocol="kitty")
SIXEL = ImageBox(60, 24, protocol="sixel")


def rendered_by_worker(body: bytes, box: ImageBox = BOX) -> RenderedImage:
    """Return an image as a worker renders it, in a process without a terminal."""
    program = (
        "import sys, marshal; from reader.workers.image_tasks import TASKS;"
        "sys.stdout.buffer.write(marshal.dumps(TASKS['picture'](*marshal.loads(sys.stdin.buffer.read()))))"
    )
    given = marshal.dumps((body, box.to_values()))
    found = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, check=True)
    plain, why = marshal.loads(found.stdout)
    assert why == ""
    return RenderedImage(*plain)


def test_kitty_commands_transfer_the_image_and_create_a_placement() -> None:
    image = rendered_by_worker(encoded(halves((600, 300))))
    assert (image.cells, image.lines) == (60, 15)
    assert 0 < image.kitty_id < 2**32
    parts = [re.fullmatch("\x1b_G([^;]*);?([^\x1b]*)\x1b\\\\", part) for part in image.kitty_commands]
    assert all(parts)
    sent = b"".join(base64.b64decode(part[2]) for part in parts if part and "f=100" in part[1])
    shown = Image.open(io.BytesIO(sent))
    assert shown.size == (600, 300)
    last = parts[-1]
    assert last is not None
    assert set(last[1].split(",")) >= {"a=p", "U=1", "q=2", f"i={image.kitty_id}", "c=60", "r=15"}
    assert all(part is not None and "q=2" in part[1].split(",") for part in parts)  # the terminal must not reply


def test_each_placeholder_names_its_image_row_and_column() -> None:
    image = rendered_by_worker(encoded(halves((600, 300))))
    assert len(image.placeholders) == 15
    for line in image.placeholders:
        assert cell_len(line) == 60
        assert line.count("\U0010eeee") == 60
    assert len(set(image.placeholders)) == 15


def test_only_valid_protocol_messages_are_sent(capfd: pytest.CaptureFixture[str]) -> None:
    image = rendered_by_worker(encoded(halves((600, 300))))
    assert re.fullmatch("(?:\x1b_G[A-Za-z0-9+/=,;]*\x1b\\\\)+", "".join(image.kitty_commands))
    assert capfd.readouterr().out == ""


def test_limits_are_those_of_half_blocks() -> None:
    with pytest.raises(ImageError, match="million pixels"):
        kitty(bomb(), BOX)


# Sixel.


def test_a_sixel_line_paints_only_its_own_pixels() -> None:
    image = rendered_by_worker(encoded(halves((600, 300))), SIXEL)
    assert (image.cells, image.lines, image.kitty_id) == (60, 15, 0)
    assert len(image.sixels) == 15
    for line in image.sixels:
        rows = painted(line)
        assert len(rows) == 24  # four bands, of which a cell has 20 rows of pixels
        assert {pixel for row in rows[:20] for pixel in row[:300]} == {(100, 0, 0)}
        assert {pixel for row in rows[:20] for pixel in row[300:]} == {(0, 0, 100)}
        assert {pixel for row in rows[20:] for pixel in row} == {None}


@pytest.mark.parametrize("cell", [CellSize(10, 20), CellSize(7, 13), CellSize(9, 18), CellSize(16, 31)])
def test_every_cell_is_painted_at_any_cell_size(cell: CellSize) -> None:
    gray = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    image = rendered_by_worker(encoded(gray), SIXEL._replace(cell=cell))
    rows = [row for line in image.sixels for row in painted(line)[: cell.height]]
    assert len(rows) == image.lines * cell.height
    assert all(len(row) == image.cells * cell.width for row in rows)
    assert all(pixel is not None for row in rows for pixel in row)
    # From black to white, in the colors of one palette for the whole image.
    light = [row[0][0] for row in rows if row[0] is not None]
    assert (light[0], light[-1]) == (0, 100)
    assert max(abs(a - b) for a, b in itertools.pairwise(light)) <= 2


def test_half_blocks_are_below_the_pixels() -> None:
    body = encoded(halves((600, 300)))
    sharp, blocks = rendered_by_worker(body, SIXEL), rendered_by_worker(body, SIXEL._replace(protocol="blocks"))
    assert len(sharp.colors) == len(blocks.colors) == 60 * 30 * 3
    assert max(abs(a - b) for a, b in zip(sharp.colors, blocks.colors, strict=True)) <= 8  # it was reduced twice
