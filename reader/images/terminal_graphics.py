"""Images that the terminal draws itself with Kitty's graphics protocol or Sixel, using textual-image (an extra).

Kitty's Unicode placeholders are text: each cell names its part of an image, so images scroll and are covered like
text. See https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders. Sixel (VT340 manual, chapter 14)
has nothing like that: it paints pixels starting at the cursor. So an image is one Sixel image for each of its lines,
drawn and erased with that line.

textual-image queries the terminal when it is imported, and waits for the response. So only a worker imports it, which
has no terminal; the escape sequences it would write are captured, checked, and sent by the screen.
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

from reader.images.decode import ImageError, displayed_size, opened, pixels
from reader.images.model import CellSize, ImageBox, RenderedImage, fit

_ESCAPE, _END = "\x1b_G", "\x1b\\"
_KITTY = re.compile(r"\x1b_G[A-Za-z0-9+/=,;]*\x1b\\")
"""One message of Kitty's protocol."""
_HIGHEST = 2**32
_COLORS = 256
"""Colors of a Sixel image; most terminals have that many registers."""
_SIXEL = re.compile(r'\x1bP0;0;0q"1;1;(?P<width>\d+);(?P<height>\d+)(?P<data>[#0-9;!?-~$-]*)\x1b\\')
_DEFINED = re.compile(r"#(\d+);2;\d+;\d+;\d+")
_MISSING = "textual-image is not installed: pip install 'newsreader-tui[images]'"
_UNEXPECTED = "textual-image returned an unexpected result"


def kitty(body: bytes, box: ImageBox) -> RenderedImage:
    """Return an image for Kitty's protocol that fits ``box``. Raises ImageError."""
    cells, lines, shown = _fitted(body, box)
    made = _renderer("tgp", box.cell)(shown, width=cells, height=lines)
    with _captured_output() as sent:
        segments = _rendered(made, cells, lines)
    number = made.terminal_image_id
    commands = tuple(_ESCAPE + part for part in sent.getvalue().split(_ESCAPE) if part)
    if number is None or not 0 < number < _HIGHEST or not all(map(_KITTY.fullmatch, commands)):
        raise ImageError(_UNEXPECTED)
    placeholders = tuple(segment.text.rstrip("\n") for segment in segments if segment.text.strip())
    return RenderedImage(cells, lines, kitty_id=number, placeholders=placeholders, kitty_commands=commands)


def sixel(body: bytes, box: ImageBox) -> RenderedImage:
    """Return an image as half-blocks that fit ``box``, with Sixel images to draw over them. Raises ImageError."""
    cells, lines, shown = _fitted(body, box)
    renderer = _renderer("sixel", box.cell)
    # One palette for the whole image, so that its lines do not differ.
    few = shown.quantize(_COLORS, Image.Quantize.MEDIANCUT)
    high = box.cell.height
    strips = [few.crop((0, index * high, few.width, (index + 1) * high)) for index in range(lines)]
    sixels = tuple(_sixel_of(_rendered(renderer(strip, width=cells, height=1), cells, 1)) for strip in strips)
    small = shown.resize((cells, 2 * lines), Image.Resampling.LANCZOS)
    return RenderedImage(cells, lines, small.tobytes(), sixels=sixels)


def _fitted(body: bytes, box: ImageBox) -> tuple[int, int, Image.Image]:
    """Return the cells and lines of an image in ``box``, and the image scaled to their pixels."""
    with opened(body) as image:
        cells, lines = fit(*displayed_size(image), box)
        return cells, lines, pixels(image, (cells * box.cell.width, lines * box.cell.height), box.background)


def _renderer(name: str, cell: CellSize) -> Any:
    """Return textual-image's class for a protocol with this cell size. Raises ImageError."""
    # textual-image reads these once, since it has no terminal to query.
    os.environ["TEXTUAL_CELL_WIDTH"], os.environ["TEXTUAL_CELL_HEIGHT"] = str(cell.width), str(cell.height)
    try:
        return import_module(f"textual_image.renderable.{name}").Image
    except ImportError:
        raise ImageError(_MISSING) from None


def _rendered(made: Any, cells: int, lines: int) -> list[Segment]:
    console = Console(file=io.StringIO(), width=cells, height=lines, color_system=None)
    return [*console.render(made, console.options.update(max_width=cells, height=lines))]


def _sixel_of(segments: list[Segment]) -> str:
    """Return the one Sixel image in segments, in a form that all terminals support. Raises ImageError."""
    found = [match for segment in segments if (match := _SIXEL.fullmatch(segment.text))]
    if len(found) != 1:
        raise ImageError(_UNEXPECTED)
    # In xterm, defining a color does not select it. A Sixel line feed at the end may scroll the screen. Pixels that are
    # not painted stay ("1"), since the last band is usually higher than the line of text.
    data = _DEFINED.sub(r"\g<0>#\1", found[0]["data"].rstrip("-"))
    return f'\x1bP0;1;0q"1;1;{found[0]["width"]};{found[0]["height"]}{data}{_END}'


@contextlib.contextmanager
def _captured_output() -> Iterator[io.StringIO]:
    """Capture what is written to the original standard output, which a worker does not use otherwise."""
    captured, before = io.StringIO(), sys.__stdout__
    sys.__stdout__ = captured  # type: ignore[misc, assignment]
    try:
        yield captured
    finally:
        sys.__stdout__ = before  # type: ignore[misc]
