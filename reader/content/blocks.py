"""The blocks of a text: what all parsers return, and what the layout and the Markdown writer take.

Every string in a block that a parser returns has passed :mod:`reader.core.text`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias


class TextStyle(enum.Flag):
    """The styles of a piece of text; the theme decides how they look."""

    NONE = 0
    BOLD = enum.auto()
    ITALIC = enum.auto()
    CODE = enum.auto()
    STRIKE = enum.auto()
    HEADING = enum.auto()
    MUTED = enum.auto()
    LINK = enum.auto()
    """Set by the layout only; in a block, a span with an ``href`` is a link."""
    DECORATION = enum.auto()
    """Set by the layout only: a sign that is not part of the text, so it is neither found nor copied."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; in a block, ``\\n`` is a line break of the author."""

    text: str
    style: TextStyle = TextStyle.NONE
    href: str = ""
    """An http, https or mailto address; empty for text that is not a link."""


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
    """A block quote."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; ``start`` is the number of the first item when ``ordered``."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Preformatted text."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, possibly of unequal length; ``header`` may be empty."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """An image; ``width`` and ``height`` are in pixels, None where the markup has none."""

    url: str
    alt: str = ""
    caption: Spans = ()
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """Embedded media that a terminal cannot play."""

    url: str
    kind: Literal["video", "audio", "embed"] = "embed"


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule."""


Block: TypeAlias = Heading | Paragraph | Quote | ListBlock | CodeBlock | Table | Figure | Embed | Rule

EMBED_NAMES = {"video": "Video", "audio": "Audio", "embed": "Embedded"}


def spans_text(spans: Iterable[Span]) -> str:
    """Return the text of ``spans`` without its styles."""
    return "".join(span.text for span in spans)


def plain_text(blocks: Iterable[Block]) -> str:
    """Return the text of ``blocks`` for searching and copying.

    Blocks are separated by a blank line, list items and table rows by a line break, cells by a tab. An image
    gives its alternative text and caption, an embed its address.
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
    """Return each link and embed as (text, address), in order; each address once."""
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
    # A link whose text is partly bold is several spans.
    for href, group in groupby(spans, key=lambda span: span.href):
        if href:
            yield " ".join(spans_text(group).split()) or href, href
