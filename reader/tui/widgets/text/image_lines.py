"""Images among lines of text: where they are, and how one of their lines becomes segments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from reader.content.blocks import Block, Figure, ListBlock, Quote, TextStyle
from reader.core.model import Image
from reader.core.text import cell_width
from reader.images.model import ImageLine, RenderedImage
from reader.tui.widgets.text.lines import BLANK, Line, Run, wrapped

MAX_IMAGES = 40
"""How many images of one text are shown."""
_NESTED_CELLS = 6
"""The cells that a list or a quotation takes from its lines, at most."""
_QUOTE_BAR = "▎"
_BLOCK = "▀"
_CACHED_LINES = 256
"""About four screens of image lines."""


def image_indents(blocks: Iterable[Block]) -> dict[str, int]:
    """Return the indent in cells of each image of a text, by its URL."""
    found: dict[str, int] = {}
    for url, indent in _image_indents(blocks, 0):
        if url.startswith(("http://", "https://")):
            found[url] = max(indent, found.get(url, 0))
    return found


def _image_indents(blocks: Iterable[Block], indent: int) -> Iterator[tuple[str, int]]:
    for block in blocks:
        match block:
            case Figure(url=url):
                yield url, indent
            case Quote(blocks=inner):
                yield from _image_indents(inner, indent + _NESTED_CELLS)
            case ListBlock(items=items):
                for item in items:
                    yield from _image_indents(item, indent + _NESTED_CELLS)
            case _:
                pass


def insert_images(lines: Sequence[Line], images: Mapping[str, RenderedImage | str], cells: int) -> list[Line]:
    """Return ``lines`` with each image above its caption or, where it could not be loaded, the reason below."""
    made: list[Line] = []
    at = 0
    while at < len(lines):
        url, before = _caption_of(lines[at], begins=True)
        answer = images.get(url) if url else None
        end = at + 1
        while end < len(lines) and url and _caption_of(lines[end])[0] == url:
            end += 1
        if isinstance(answer, RenderedImage):
            made += image_lines(answer, cells, before)
        made += lines[at:end]
        if isinstance(answer, str) and answer:
            made += [(*before, *_aside(part)) for part in _reason_lines(answer, cells - _cells(before))]
        at = end
    return made


def image_lines(image: RenderedImage, cells: int, before: Line = BLANK) -> list[Line]:
    """Return the lines of an image, each after the runs ``before``; none if it does not fit into ``cells``."""
    if _cells(before) + image.cells > cells:
        return []
    blank = " " * image.cells
    return [(*before, Run(blank, "picture", image=ImageLine(image, line), counts=False)) for line in range(image.lines)]


def lead_image_lines(image: Image, answer: RenderedImage | str | None, cells: int) -> list[Line]:
    """Return an empty line and the lead image of an article with its caption, or why it is not shown; may be empty."""
    if isinstance(answer, RenderedImage):
        lines = image_lines(answer, cells)
        caption = " · ".join(filter(None, (image.title, image.attribution)))
        if lines and caption:
            lines += [_aside(part) for part in wrapped(caption, cells)]
        return [_aside(""), *lines] if lines else []
    return [_aside(""), *(_aside(part) for part in _reason_lines(answer, cells))] if answer else []


def note_lines(note: str, cells: int) -> list[Line]:
    """Return an empty line and a note about images; none without a note."""
    return [_aside(""), *map(_aside, wrapped(note, max(8, cells)))] if note else []


def _aside(text: str) -> Line:
    """Return a line that comes and goes with an image."""
    return (Run(text, "quiet", counts=False),)


def _reason_lines(answer: str, cells: int) -> list[str]:
    why = answer if answer.endswith("?") else f"{answer.rstrip('.')}."
    return wrapped(f"The image cannot be shown: {why}", max(8, cells))


def _cells(before: Line) -> int:
    return sum(cell_width(run.text) for run in before)


def _caption_of(line: Line, *, begins: bool = False) -> tuple[str, Line]:
    """Return the URL of the image whose caption this line is, and the runs to put before the image's lines.

    ``begins`` is for the first line of a caption, which starts with the word for an image.
    """
    for at, run in enumerate(line):
        if run.href:
            if TextStyle.MUTED not in run.text_style or (begins and not run.text.startswith("Image")):
                return "", BLANK
            return run.href, tuple(map(_indent_run, line[:at]))
        if run.text.strip(f" {_QUOTE_BAR}•◦.0123456789"):
            break
    return "", BLANK


def _indent_run(run: Run) -> Run:
    """Return the bar of a quotation unchanged, a bullet or number as blanks."""
    return run if _QUOTE_BAR in run.text else replace(run, text=" " * cell_width(run.text))


@lru_cache(maxsize=_CACHED_LINES)
def image_segments(line: ImageLine) -> tuple[Segment, ...]:
    """Return the segments of one line of an image."""
    picture = line.picture
    if picture.kitty_id:
        # The color names the image, a mark in each cell the row and column (Kitty's Unicode placeholders).
        number = picture.kitty_id & 0xFFFFFF
        color = Color.from_rgb(number >> 16, number >> 8 & 0xFF, number & 0xFF)
        return (Segment(picture.placeholders[line.line], Style(color=color)),)
    return tuple(
        Segment(_BLOCK * cells, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
        for upper, lower, cells in picture.blocks(line.line)
    )
