"""Pictures that the terminal draws itself, by Kitty's graphics protocol or Sixel, through textual-image (an extra).

Kitty's Unicode placeholders are text: each cell says which part of which picture it is, so a
picture scrolls, is covered and goes as text does. See
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders. Sixel (DEC's VT340
manual, chapter 14) knows nothing of the kind: it paints pixels from the cursor on. So a
picture is one Sixel image for each of its lines, which comes and goes with that line.

textual-image asks the terminal what it can when it is imported, and waits for an answer where
there is a terminal. So it is imported in a worker alone, which has none; what it would send is
taken from it, checked, and the screen sends it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from PIL import Image
from rich.console import Console
from rich.segment import Segment

from reader.images.decode import ImageError, opened, pixels, seen_size
from reader.images.model import CellSize, ImageBox, RenderedImage, fit

_ESCAPE, _END = "\x1b_G", "\x1b\\"
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,;")
_HIGHEST = 2**32
_COLOURS = 256
"""Of a picture in Sixel: what most terminals have registers for."""
_SIXEL = re.compile(r'\x1bP0;0;0q"1;1;(?P<width>\d+);(?P<height>\d+)(?P<data>[#0-9;!?-~$-]*)\x1b\\')
_DEFINED = re.compile(r"#(\d+);2;\d+;\d+;\d+")
_MISSING = "textual-image is not installed: pip install 'newsreader-tui[images]'"
_OTHER = "textual-image has made something else of it than was expected"


def kitty(body: bytes, box: ImageBox) -> RenderedImage:
    """Return a picture that the terminal draws in ``box``, by Kitty's protocol. Raises ImageError."""
    cells, lines, shown = _fitted(body, box)
    made = _renderer("tgp", box.cell)(shown, width=cells, height=lines)
    with _taken() as sent:
        segments = _rendered(made, cells, lines)
    number = made.terminal_image_id
    commands = tuple(_ESCAPE + part for part in sent.getvalue().split(_ESCAPE) if part)
    if number is None or not 0 < number < _HIGHEST or not all(map(_is_plain, commands)):
        raise ImageError(_OTHER)
    placeholders = tuple(segment.text.rstrip("\n") for segment in segments if segment.text.strip())
    return RenderedImage(cells, lines, kitty_id=number, placeholders=placeholders, kitty_commands=commands)


def sixel(body: bytes, box: ImageBox) -> RenderedImage:
    """Return a picture as half-blocks, with what draws it sharply over them in ``box``. Raises ImageError."""
    cells, lines, shown = _fitted(body, box)
    renderer = _renderer("sixel", box.cell)
    # The colours of the whole, so that its lines do not differ.
    few = shown.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    high = box.cell.height
    strips = [few.crop((0, at * high, few.width, (at + 1) * high)) for at in range(lines)]
    sixels = tuple(_sixel_of(_rendered(renderer(strip, width=cells, height=1), cells, 1)) for strip in strips)
    small = shown.resize((cells, 2 * lines), Image.Resampling.LANCZOS)
    return RenderedImage(cells, lines, small.tobytes(), sixels=sixels)


def _fitted(body: bytes, box: ImageBox) -> tuple[int, int, Image.Image]:
    """Return how many cells and lines a picture takes in ``box``, and its pixels, as many as those have."""
    with opened(body) as image:
        cells, lines = fit(*seen_size(image), box)
        return cells, lines, pixels(image, (cells * box.cell.width, lines * box.cell.height), box.background)


def _renderer(name: str, cell: CellSize) -> Any:
    """Return textual-image's class for a protocol, told how large a cell is. Raises ImageError."""
    # It looks there where it cannot ask the terminal, once.
    os.environ["TEXTUAL_CELL_WIDTH"], os.environ["TEXTUAL_CELL_HEIGHT"] = str(cell.width), str(cell.height)
    try:
        return import_module(f"textual_image.renderable.{name}").Image
    except ImportError:
        raise ImageError(_MISSING) from None


def _rendered(made: Any, cells: int, lines: int) -> list[Segment]:
    console = Console(file=io.StringIO(), width=cells, height=lines, color_system=None)
    return [*console.render(made, console.options.update(max_width=cells, height=lines))]


def _sixel_of(segments: list[Segment]) -> str:
    """Return the one Sixel image among segments, as every terminal understands it. Raises ImageError."""
    found = [match for segment in segments if (match := _SIXEL.fullmatch(segment.text))]
    if len(found) != 1:
        raise ImageError(_OTHER)
    # A colour that is defined is not chosen by that in xterm. A line feed of Sixel's at the end may scroll the screen.
    # And what is not painted stays as it is ("1"): the last band is higher than the line of text, mostly.
    data = _DEFINED.sub(r"\g<0>#\1", found[0]["data"].rstrip("-"))
    return f'\x1bP0;1;0q"1;1;{found[0]["width"]};{found[0]["height"]}{data}{_END}'


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
