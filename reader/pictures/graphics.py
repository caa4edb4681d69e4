"""Pictures that the terminal draws itself, by Kitty's graphics protocol, through textual-image (an extra).

Its Unicode placeholders are text: each cell says which part of which picture it is, so a
picture scrolls, is covered and goes as text does. See
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders. textual-image asks
the terminal what it can when it is imported, and waits for an answer where there is a
terminal. So it is imported in a worker alone, which has none; what it would send is
taken from it, and the screen sends it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

from reader.pictures.decoding import PictureError, opened, pixels, seen_size
from reader.pictures.shapes import Box, Cell, Picture, fit

_ESCAPE, _END = "\x1b_G", "\x1b\\"
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,;")
_HIGHEST = 2**32
_MISSING = "textual-image is not installed: pip install 'newsreader-tui[images]'"


def kitty(body: bytes, box: Box) -> Picture:
    """Return a picture that the terminal draws in ``box``. Raises PictureError."""
    with opened(body) as image:
        cells, lines = fit(*seen_size(image), box)
        shown = pixels(image, (cells * box.cell.width, lines * box.cell.height), box.ground)
    renderer = _renderer(box.cell)
    from rich.console import Console

    made = renderer(shown, width=cells, height=lines)
    console = Console(file=io.StringIO(), width=cells, height=lines, color_system=None)
    with _taken() as sent:
        segments = [*console.render(made, console.options.update(max_width=cells, height=lines))]
    number = made.terminal_image_id
    told = tuple(_ESCAPE + part for part in sent.getvalue().split(_ESCAPE) if part)
    if number is None or not 0 < number < _HIGHEST or not all(map(_is_plain, told)):
        raise PictureError("textual-image has made something else of it than was expected")
    placeholders = tuple(segment.text.rstrip("\n") for segment in segments if segment.text.strip())
    return Picture(cells, lines, number=number, placeholders=placeholders, told=told)


def _renderer(cell: Cell) -> Any:
    """Return textual-image's class, told how large a cell is. Raises PictureError."""
    # It looks there where it cannot ask the terminal, once.
    os.environ["TEXTUAL_CELL_WIDTH"], os.environ["TEXTUAL_CELL_HEIGHT"] = str(cell.width), str(cell.height)
    try:
        from textual_image.renderable.tgp import Image
    except ImportError:
        raise PictureError(_MISSING) from None
    return Image


@contextlib.contextmanager
def _taken() -> Iterator[io.StringIO]:
    """Take what is written to the standard output that Python began with; for a process that has no use for it."""
    taken, before = io.StringIO(), sys.__stdout__
    sys.__stdout__ = taken  # type: ignore[misc, assignment]
    try:
        yield taken
    finally:
        sys.__stdout__ = before  # type: ignore[misc]


def _is_plain(message: str) -> bool:
    """Whether it is one message of the protocol and nothing else."""
    body = message.removeprefix(_ESCAPE).removesuffix(_END)
    return len(message) == len(_ESCAPE) + len(body) + len(_END) and _ALLOWED.issuperset(body)
