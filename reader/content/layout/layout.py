"""Blocks -> lines of a given width.

Each function returns a list of lines of the width it is given; a container prefixes the lines of its content. The
theme decides how a style looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from reader.content.blocks import (
    Block,
    CodeBlock,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    TextStyle,
    spans_text,
)
from reader.content.html.links import host_of
from reader.content.layout.tables import lay_table
from reader.content.layout.wrap import Line, make_span, pieces_of, wrap
from reader.core.text import stable_width, truncate

MIN_WIDTH = 8
"""Cells; a narrower view is laid out in this width, and an indent leaves at least this much for the text."""

_QUOTE = Span("▎ ", TextStyle.MUTED)
_QUOTE_BLANK = Span("▎", TextStyle.MUTED)
_BULLETS = "•◦"
CONTINUATION_SIGN = "↳ "
"""Precedes the continuation of a line of code that is too long for the view."""
_TAB = 4
_URL_CELLS = 40
_Media = Figure | Embed


def layout(blocks: Iterable[Block], width: int) -> list[Line]:
    """Return ``blocks`` as lines of at most ``width`` terminal cells; an empty tuple is an empty line.

    A ``width`` under :data:`MIN_WIDTH` counts as that. Takes time linear in the text. Recurses as deep as the
    parsers nest blocks.
    """
    return _flow(tuple(blocks), max(width, MIN_WIDTH), 0)


def _flow(blocks: Sequence[Block], width: int, level: int) -> list[Line]:
    """Return ``blocks`` with an empty line between each two, except between images and between numbered lists."""
    lines: list[Line] = []
    before: Block | None = None
    for block in blocks:
        made = _block(block, width, level)
        if not made:
            continue
        if before is not None and not _are_close(before, block):
            lines.append(())
        lines += made
        before = block
    return lines


def _are_close(before: Block, block: Block) -> bool:
    """Return whether no empty line stands between two blocks: images, or parts of a list with jumps in its numbers."""
    if isinstance(before, ListBlock) and isinstance(block, ListBlock) and before.ordered and block.ordered:
        return block.start != 1 or before.start == 2
    return isinstance(before, _Media) and isinstance(block, _Media)


def _block(block: Block, width: int, level: int) -> list[Line]:
    match block:
        case Heading(spans=spans):
            return wrap(spans, width, TextStyle.HEADING | TextStyle.BOLD)
        case Paragraph(spans=spans):
            return wrap(spans, width)
        case Quote(blocks=inner):
            return _quote(inner, width, level)
        case ListBlock():
            return _list(block, width, level)
        case CodeBlock(text=text):
            return _code(text, width)
        case Table(header=header, rows=rows):
            return lay_table(header, rows, width)
        case Figure():
            return _figure(block, width)
        case Embed(url=url):
            return wrap([Span(f"{block.label} · {_short(url)}", TextStyle.MUTED, url)], width)
        case Rule():
            return [(Span("─" * width, TextStyle.MUTED),)]


def _quote(blocks: tuple[Block, ...], width: int, level: int) -> list[Line]:
    room = width - 2
    if room < MIN_WIDTH:
        return _flow(blocks, width, level)
    return [(_QUOTE, *line) if line else (_QUOTE_BLANK,) for line in _flow(blocks, room, level)]


def _list(block: ListBlock, width: int, level: int) -> list[Line]:
    if block.ordered:
        size = len(str(block.start + len(block.items) - 1))
        markers = [f"{number:>{size}}. " for number in range(block.start, block.start + len(block.items))]
    else:
        markers = [f"{_BULLETS[min(level, 1)]} "] * len(block.items)
    lines: list[Line] = []
    for marker, item in zip(markers, block.items, strict=True):
        lines += _item(marker, item, width, level + 1)
    return lines


def _item(marker: str, blocks: tuple[Block, ...], width: int, level: int) -> list[Line]:
    """Return one list item without empty lines, with a hanging indent where there is room."""
    hanging = width - len(marker) >= MIN_WIDTH
    if not hanging and blocks and isinstance(blocks[0], Paragraph):
        blocks = (Paragraph((Span(marker), *blocks[0].spans)), *blocks[1:])
    room = width - len(marker) if hanging else width
    lines = [line for block in blocks for line in _block(block, room, level)]
    if not hanging:
        return lines
    indent = Span(" " * len(marker))
    return [
        (Span(marker) if index == 0 else indent, *line) if line or index == 0 else ()
        for index, line in enumerate(lines)
    ]


def _code(text: str, width: int) -> list[Line]:
    indent = 2 if width - 2 >= MIN_WIDTH else 0
    room = width - indent
    margin = (Span(" " * indent),) if indent else ()
    sign = Span(CONTINUATION_SIGN, TextStyle.MUTED | TextStyle.DECORATION)
    lines: list[Line] = []
    for row in text.split("\n"):
        # In parts, because stable_width() caches its results and a row can be a megabyte.
        shown = (
            "".join(stable_width(row[index : index + 200]) for index in range(0, len(row), 200))
            .expandtabs(_TAB)
            .rstrip()
        )
        made: list[Line] = [(*margin, make_span(piece, TextStyle.CODE)) for piece, _ in pieces_of(shown, room, room)]
        lines += made[:1] or [()]
        lines += [(sign, *line[1:]) if indent else line for line in made[1:]]
    return lines


def _figure(figure: Figure, width: int) -> list[Line]:
    caption = spans_text(figure.caption)
    size = f"{figure.width}×{figure.height}" if figure.width and figure.height else ""
    alt = figure.alt if figure.alt != caption else ""
    label = " · ".join(filter(None, ("Image", alt, size)))
    address = [Span(figure.url, TextStyle.MUTED, figure.url)]
    named = wrap([Span(label, TextStyle.MUTED, figure.url)], width)
    return [*named, *wrap(address, width), *wrap(figure.caption, width, TextStyle.MUTED)]


def _short(url: str) -> str:
    """Return host and path of a URL for display, truncated if long; the link has the full URL."""
    return truncate(host_of(url) + urlsplit(url).path.rstrip("/"), _URL_CELLS)
