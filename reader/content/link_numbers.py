"""Blocks whose links carry numbers, for a text whose links are listed below it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from reader.content.blocks import (
    EMBED_NAMES,
    Block,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Span,
    Spans,
    Table,
    TextStyle,
    spans_text,
)

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript_number(number: int) -> str:
    """Return a number as small figures above the line."""
    return str(number).translate(_RAISED)


class LinkNumbering:
    """Numbers links in the order in which they come; the same address has the same number wherever it stands."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}
        """Address -> its number, and the text it had first."""

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """What was numbered, from 1 on, as (text, address)."""
        return tuple((text, href) for href, (_, text) in self._found.items())

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """Return ``blocks`` with a number behind each link. Pictures and embeds become a line that is one."""
        return tuple(map(self._block, blocks))

    def _block(self, block: Block) -> Block:
        match block:
            case Heading() | Paragraph():
                return replace(block, spans=self._spans(block.spans))
            case Quote(blocks=inner):
                return Quote(self.blocks(inner))
            case ListBlock(items=items):
                return replace(block, items=tuple(map(self.blocks, items)))
            case Table(header=header, rows=rows):
                return Table(tuple(map(self._spans, header)), tuple(tuple(map(self._spans, row)) for row in rows))
            case Figure():
                return Paragraph(self._spans(_picture(block)))
            case Embed(url=url, kind=kind):
                return Paragraph(self._spans((Span(EMBED_NAMES[kind], TextStyle.MUTED, url),)))
            case _:
                return block

    def _spans(self, spans: Spans) -> Spans:
        return tuple(self._numbered(spans))

    def _numbered(self, spans: Spans) -> Iterator[Span]:
        # One link is several spans when a part of its text is bold.
        for href, group in groupby(spans, key=lambda span: span.href):
            pieces = [*group]
            yield from pieces
            if href:
                text = " ".join(spans_text(pieces).split()) or href
                number, _ = self._found.setdefault(href, (len(self._found) + 1, text))
                yield Span(superscript_number(number), TextStyle.MUTED, href)


def _picture(figure: Figure) -> Spans:
    """Return a picture in words that lead to it: its caption, else what it says of itself."""
    words = " ".join((spans_text(figure.caption) or figure.alt).split())
    return (Span(f"Picture · {words}" if words else "Picture", TextStyle.MUTED, figure.url),)
