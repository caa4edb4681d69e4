"""The blocks of a text: what all parsers return, and what the layout and the Markdown writer accept.

Every string in a block that a parser returns has passed :mod:`reader.core.text`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, Literal, TypeAlias


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
    """A piece of text in one style; in a block, ``\\n`` is a line break that the author wrote."""

    text: str
    style: TextStyle = TextStyle.NONE
    href: str = ""
    """An http, https or mailto URL; empty for text that is not a link."""


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
    title: str = ""

    @property
    def label(self) -> str:
        """The kind, and the title if there is one."""
        return " · ".join(filter(None, (EMBED_NAMES[self.kind], self.title)))


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
    gives its alternative text and caption, an embed its title and URL.
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
        case Embed(url=url, title=title):
            return " ".join(filter(None, (title, url)))
        case Rule():
            return ""


def leaves(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield ``blocks`` in order, with their content in place of quotes and lists."""
    for block in blocks:
        match block:
            case Quote(blocks=inner):
                yield from leaves(inner)
            case ListBlock(items=items):
                yield from leaves(chain.from_iterable(items))
            case _:
                yield block


def links(blocks: Iterable[Block]) -> tuple[tuple[str, str], ...]:
    """Return each link and embed as (text, URL), in order; each URL once."""
    found: dict[str, str] = {}
    for block in leaves(blocks):
        match block:
            case Heading(spans=spans) | Paragraph(spans=spans) | Figure(caption=spans):
                texts: Iterable[Spans] = [spans]
            case Table(header=header, rows=rows):
                texts = chain(header, *rows)
            case Embed(url=url):
                texts = [(Span(block.label, href=url),)]
            case _:
                continue
        for spans in texts:
            # A link whose text is partly bold is several spans.
            for href, group in groupby(spans, key=lambda span: span.href):
                if href:
                    found.setdefault(href, " ".join(spans_text(group).split()) or href)
    return tuple((text, href) for href, text in found.items())


# --- plain values, for other processes and for storage ------------------------------------------


def to_values(blocks: Iterable[Block]) -> list[Any]:
    """Return ``blocks`` as lists, tuples, strings and numbers; :func:`from_values` is the inverse."""
    return [_block_values(block) for block in blocks]


def from_values(values: Iterable[Any]) -> tuple[Block, ...]:
    """Return blocks from the values of :func:`to_values`. Raises ValueError or TypeError for other values."""
    return tuple(map(_block, values))


def _block_values(block: Block) -> tuple[Any, ...]:
    match block:
        case Heading(level=level, spans=spans):
            return "heading", level, _span_values(spans)
        case Paragraph(spans=spans):
            return "paragraph", _span_values(spans)
        case Quote(blocks=blocks):
            return "quote", to_values(blocks)
        case ListBlock(items=items, ordered=ordered, start=start):
            return "list", [to_values(item) for item in items], ordered, start
        case CodeBlock(text=text, language=language):
            return "code", text, language
        case Table(header=header, rows=rows):
            return "table", list(map(_span_values, header)), [list(map(_span_values, row)) for row in rows]
        case Figure():
            return "figure", block.url, block.alt, _span_values(block.caption), block.width, block.height
        case Embed():
            return "embed", block.url, block.kind, block.title
        case Rule():
            return ("rule",)


def _span_values(spans: Spans) -> list[tuple[str, int, str]]:
    return [(span.text, span.style.value, span.href) for span in spans]


def _block(value: Any) -> Block:
    match value:
        case ("heading", level, spans):
            return Heading(level, _spans(spans))
        case ("paragraph", spans):
            return Paragraph(_spans(spans))
        case ("quote", blocks):
            return Quote(from_values(blocks))
        case ("list", items, ordered, start):
            return ListBlock(tuple(map(from_values, items)), ordered, start)
        case ("code", text, language):
            return CodeBlock(text, language)
        case ("table", header, rows):
            return Table(tuple(map(_spans, header)), tuple(tuple(map(_spans, row)) for row in rows))
        case ("figure", url, alt, caption, width, height):
            return Figure(url, alt, _spans(caption), width, height)
        case ("embed", url, kind, *titles):  # pages stored by older versions have none
            return Embed(url, kind, *titles)
        case ("rule",):
            return Rule()
        case _:
            raise ValueError("not a block")


def _spans(values: Iterable[Any]) -> Spans:
    return tuple(Span(text, TextStyle(mark), href) for text, mark, href in values)
