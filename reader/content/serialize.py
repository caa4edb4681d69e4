"""Blocks <-> plain values, for other processes and for storage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
    Spans,
    Table,
    TextStyle,
)


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
        case Embed(url=url, kind=kind):
            return "embed", url, kind
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
        case ("embed", url, kind):
            return Embed(url, kind)
        case ("rule",):
            return Rule()
        case _:
            raise ValueError("not a block")


def _spans(values: Iterable[Any]) -> Spans:
    return tuple(Span(text, TextStyle(mark), href) for text, mark, href in values)
