"""Pictures that the terminal draws: what it is told, and the text that stands for them."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys

import pytest
from PIL import Image
from rich.cells import cell_len

from reader.pictures.decoding import PictureError
from reader.pictures.graphics import kitty
from reader.pictures.shapes import Box, Picture
from tests.pictures.made import bomb, encoded, halves

BOX = Box(72, 24, is_kitty=True)


def made(body: bytes) -> Picture:
    """Return a picture as a worker makes it, in a process without a terminal."""
    program = (
        "import sys, marshal; from reader.jobs.picture_tasks import TASKS;"
        "sys.stdout.buffer.write(marshal.dumps(TASKS['picture'](*marshal.loads(sys.stdin.buffer.read()))))"
    )
    given = marshal_of(body)
    found = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, check=True)
    import marshal

    plain, why = marshal.loads(found.stdout)
    assert why == ""
    return Picture.of(plain)


def marshal_of(body: bytes) -> bytes:
    import marshal

    return marshal.dumps((body, BOX.plain()))


def test_the_terminal_is_told_the_picture_and_where_it_may_stand() -> None:
    picture = made(encoded(halves((600, 300))))
    assert (picture.cells, picture.lines) == (60, 15)
    assert 0 < picture.number < 2**32
    parts = [re.fullmatch("\x1b_G([^;]*);?([^\x1b]*)\x1b\\\\", part) for part in picture.told]
    assert all(parts)
    sent = b"".join(base64.b64decode(part[2]) for part in parts if part and "f=100" in part[1])
    shown = Image.open(io.BytesIO(sent))
    assert shown.size == (600, 300)
    last = parts[-1]
    assert last is not None
    assert set(last[1].split(",")) >= {"a=p", "U=1", "q=2", f"i={picture.number}", "c=60", "r=15"}
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
    assert re.fullmatch("(?:\x1b_G[A-Za-z0-9+/=,;]*\x1b\\\\)+", "".join(picture.told))
    assert capfd.readouterr().out == ""


def test_bounds_are_those_of_half_blocks() -> None:
    with pytest.raises(PictureError, match="million pixels"):
        kitty(bomb(), BOX)
