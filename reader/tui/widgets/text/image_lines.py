"""Pictures among lines of text: where they stand, and how a line of one is drawn. Pure."""

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

MOST = 40
"""Pictures of one text that are shown."""
_NESTED = 6
"""Cells that a list or a quotation takes from its lines at most, about."""
_QUOTE_BAR = "▎"
_BLOCK = "▀"
_LINES_REMEMBERED = 256
"""Lines of pictures, about four screens of them."""


def figures(blocks: Iterable[Block]) -> dict[str, int]:
    """Return the pictures of a text by address, each with the cells that what it stands in takes from its line."""
    found: dict[str, int] = {}
    for url, indent in _figures(blocks, 0):
        if url.startswith(("http://", "https://")):
            found[url] = max(indent, found.get(url, 0))
    return found


def _figures(blocks: Iterable[Block], indent: int) -> Iterator[tuple[str, int]]:
    for block in blocks:
        match block:
            case Figure(url=url):
                yield url, indent
            case Quote(blocks=inner):
                yield from _figures(inner, indent + _NESTED)
            case ListBlock(items=items):
                for item in items:
                    yield from _figures(item, indent + _NESTED)
            case _:
                pass


def with_pictures(lines: Sequence[Line], pictures: Mapping[str, RenderedImage | str], cells: int) -> list[Line]:
    """Return ``lines`` with each picture that is there above the line that names it, and below it why one is not."""
    made: list[Line] = []
    at = 0
    while at < len(lines):
        url, before = _names_picture(lines[at], begins=True)
        answer = pictures.get(url) if url else None
        end = at + 1
        while end < len(lines) and url and _names_picture(lines[end])[0] == url:
            end += 1
        if isinstance(answer, RenderedImage):
            made += picture_lines(answer, cells, before)
        made += lines[at:end]
        if isinstance(answer, str) and answer:
            made += [(*before, *_aside(part)) for part in _why(answer, cells - _taken(before))]
        at = end
    return made


def picture_lines(picture: RenderedImage, cells: int, before: Line = BLANK) -> list[Line]:
    """Return the lines of a picture, behind the runs that stand before it; none where it has no room in ``cells``."""
    if _taken(before) + picture.cells > cells:
        return []
    blank = " " * picture.cells
    return [
        (*before, Run(blank, "picture", picture=ImageLine(picture, line), counts=False))
        for line in range(picture.lines)
    ]


def lead_lines(image: Image, answer: RenderedImage | str | None, cells: int) -> list[Line]:
    """Return the picture of a whole article with what is said of it, or why it is not shown; may be nothing.

    An empty line comes first.
    """
    if isinstance(answer, RenderedImage):
        lines = picture_lines(answer, cells)
        caption = " · ".join(filter(None, (image.title, image.attribution)))
        if lines and caption:
            lines += [_aside(part) for part in wrapped(caption, cells)]
        return [_aside(""), *lines] if lines else []
    return [_aside(""), *(_aside(part) for part in _why(answer, cells))] if answer else []


def _aside(text: str) -> Line:
    """Return a line that comes and goes with a picture."""
    return (Run(text, "quiet", counts=False),)


def _why(answer: str, cells: int) -> list[str]:
    why = answer if answer.endswith("?") else f"{answer.rstrip('.')}."
    return wrapped(f"The picture is not shown: {why}", max(8, cells))


def _taken(before: Line) -> int:
    return sum(cell_width(run.text) for run in before)


def _names_picture(line: Line, *, begins: bool = False) -> tuple[str, Line]:
    """Return the address of the picture that a line names, and what stands before it, as it stands before others.

    ``begins`` is for the first line of a name, which says what it is.
    """
    for at, run in enumerate(line):
        if run.href:
            if TextStyle.MUTED not in run.text_style or (begins and not run.text.startswith("Picture")):
                return "", BLANK
            return run.href, tuple(map(_as_before, line[:at]))
        if run.text.strip(f" {_QUOTE_BAR}•◦.0123456789"):
            break
    return "", BLANK


def _as_before(run: Run) -> Run:
    """Return a bar of a quotation as it is, and a bullet or number as blanks."""
    return run if _QUOTE_BAR in run.text else replace(run, text=" " * cell_width(run.text))


# How it is drawn.


@lru_cache(maxsize=_LINES_REMEMBERED)
def drawn(line: ImageLine) -> tuple[Segment, ...]:
    """Return a line of a picture as it goes to the terminal."""
    picture = line.picture
    if picture.kitty_id:
        # Which picture it is, the colour says, and a mark on each cell (the protocol's Unicode placeholders).
        number = picture.kitty_id & 0xFFFFFF
        colour = Color.from_rgb(number >> 16, number >> 8 & 0xFF, number & 0xFF)
        return (Segment(picture.placeholders[line.line], Style(color=colour)),)
    return tuple(
        Segment(_BLOCK * cells, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
        for upper, lower, cells in picture.blocks(line.line)
    )
