"""What a text consists of, between the markup it came in and the lines it is drawn as.

Both parsers end here and both printers start here, so HTML can become Markdown, and
either can become lines, without one knowing the other. Every string in a block that a
parser made has passed :mod:`reader.core.text`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias


class TextStyle(enum.Flag):
    """How a piece of text stands out; a theme decides what that looks like."""

    NONE = 0
    BOLD = enum.auto()
    ITALIC = enum.auto()
    CODE = enum.auto()
    STRIKE = enum.auto()
    HEADING = enum.auto()
    MUTED = enum.auto()
    LINK = enum.auto()
    """Set by the layout only; in a block, ``href`` says that a span is a link."""
    DECORATION = enum.auto()
    """Set by the layout only: says something of a line and is no text of it, so it is neither found nor copied."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; in a block, a ``\\n`` in it is a line break that the author asked for."""

    text: str
    style: TextStyle = TextStyle.NONE
    href: str = ""
    """An http, https or mailto address, or empty."""


Spans: TypeAlias = tuple[Span, ...]
Cell: TypeAlias = Spans


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` is 1 to 6."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; ``start`` is the number of the first item when ``ordered``."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Text whose line breaks and indents count."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, possibly of unequal length; ``header`` is empty when the table has none."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, by address; ``width`` and ``height`` in pixels where the markup says."""

    url: str
    alt: str = ""
    caption: Spans = ()
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """Something of another site that a terminal cannot play, by address."""

    url: str
    kind: Literal["video", "audio", "embed"] = "embed"


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block: TypeAlias = Heading | Paragraph | Quote | ListBlock | CodeBlock | Table | Figure | Embed | Rule

EMBED_NAMES = {"video": "Video", "audio": "Audio", "embed": "Embedded"}


def spans_text(spans: Iterable[Span]) -> str:
    """Return the text of ``spans`` without its styles."""
    return "".join(span.text for span in spans)


def plain_text(blocks: Iterable[Block]) -> str:
    """Return the words of ``blocks`` alone, for searching and copying.

    Blocks are parted by a blank line, the items of a list and the rows of a table by a
    line break, cells by a tab. A picture gives its alternative text and caption, an
    embed its address.
    """
    return "\n\n".join(filter(None, map(_block_text, blocks)))


def _block_text(block: Block) -> str:
    match block:
        case Heading(spans=spans) | Paragraph(spans=spans):
            return spans_text(spans)
        case Quote(blocks=inner):
            return plain_text(inner)
        case ListBlock(items=items):
            return "\n".join(plain_text(item) for item in items)
        case CodeBlock(text=text):
            return text
        case Table(header=header, rows=rows):
            return "\n".join("\t".join(map(spans_text, row)).rstrip("\t") for row in (header, *rows) if row)
        case Figure(alt=alt, caption=caption):
            return "\n\n".join(filter(None, (alt, spans_text(caption))))
        case Embed(url=url):
            return url
        case Rule():
            return ""


def links(blocks: Iterable[Block]) -> tuple[tuple[str, str], ...]:
    """Return each link and embed as (text, address), in order; an address that comes again is left out."""
    found: dict[str, str] = {}
    for text, href in _links(blocks):
        found.setdefault(href, text)
    return tuple((text, href) for href, text in found.items())


def _links(blocks: Iterable[Block]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        match block:
            case Heading(spans=spans) | Paragraph(spans=spans) | Figure(caption=spans):
                yield from _span_links(spans)
            case Quote(blocks=inner):
                yield from _links(inner)
            case ListBlock(items=items):
                for item in items:
                    yield from _links(item)
            case Table(header=header, rows=rows):
                for cell in (cell for row in (header, *rows) for cell in row):
                    yield from _span_links(cell)
            case Embed(url=url, kind=kind):
                yield EMBED_NAMES[kind], url
            case CodeBlock() | Rule():
                pass


def _span_links(spans: Spans) -> Iterator[tuple[str, str]]:
    # One link is several spans when a part of its text is bold.
    for href, group in groupby(spans, key=lambda span: span.href):
        if href:
            yield " ".join(spans_text(group).split()) or href, href
