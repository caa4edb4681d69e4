"""Number the links of a text that lists them below. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from reader.content.blocks import (
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
from reader.content.html.inline import to_superscript
from reader.content.html.links import host_of


class LinkNumbering:
    """Numbers links in their order; a URL has the same number everywhere."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}
        """URL -> its number and the text of its first link."""

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The numbered links from 1 on, as (text, URL)."""
        return tuple((text, href) for href, (_, text) in self._found.items())

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """Return ``blocks`` with a number behind each link. Images and embeds become links."""
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
                words = " ".join((spans_text(block.caption) or block.alt).split())
                named = Span(f"Image · {words}" if words else "Image", TextStyle.MUTED, block.url)
                return Paragraph(self._spans((named,)))
            case Embed(url=url):
                return Paragraph(self._spans((Span(f"{block.label} · {host_of(url)}", TextStyle.MUTED, url),)))
            case _:
                return block

    def _spans(self, spans: Spans) -> Spans:
        return tuple(self._numbered(spans))

    def _numbered(self, spans: Spans) -> Iterator[Span]:
        # A link whose text is partly bold is several spans.
        for href, group in groupby(spans, key=lambda span: span.href):
            pieces = [*group]
            yield from pieces
            if href:
                text = " ".join(spans_text(pieces).split()) or href
                number, _ = self._found.setdefault(href, (len(self._found) + 1, text))
                yield Span(to_superscript(str(number), "sup"), TextStyle.MUTED, href)
