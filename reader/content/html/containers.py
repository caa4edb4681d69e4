"""The open containers while HTML is parsed: quotes, lists, tables, figures and code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reader.content.blocks import Block, CodeBlock, Figure, Heading, ListBlock, Paragraph, Quote, Span, Spans, Table
from reader.content.html.inline import BREAK
from reader.core.text import clean_block

_MAX_COLUMNS_SPANNED = 12
_MAX_ITEMS = 12
"""Items of a list in a cell; a table with a longer one is for layout."""
_SLASH = Span(" / ")
_BLANK_LINES = re.compile(r"(?:[ \t]*+\n)++")


@dataclass(slots=True)
class Style:
    """The open inline elements."""

    marks: dict[str, int] = field(default_factory=dict)
    """Open elements by name; counts, since broken HTML does not nest."""
    href: str = ""
    heading: int = 0

    def inner(self) -> Style:
        """Return the style at the start of a container; changes to it do not leak out of the container."""
        return Style(dict(self.marks), self.href)


class Frame:
    """A container of blocks. The base class passes its blocks through."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.style = Style()
        """The style of the text around the container, restored at its end."""

    def add(self, block: Block) -> None:
        """Add a block to the container."""
        self.blocks.append(block)

    def finish(self) -> Iterable[Block]:
        """Return the blocks that the container becomes."""
        return self.blocks


class QuoteFrame(Frame):
    """``blockquote``."""

    def finish(self) -> Iterable[Block]:
        """Return the quote unless it is empty."""
        return [Quote(tuple(self.blocks))] if self.blocks else []


class ListFrame(Frame):
    """``ul``, ``ol``, ``menu`` and ``dl``; text outside an item belongs to the item before it."""

    def __init__(self, ordered: bool, start: str = "", *, is_reversed: bool = False) -> None:
        super().__init__()
        self.ordered = ordered
        self._start = _number(start)
        self._is_reversed = ordered and is_reversed
        self.items: list[tuple[int | None, list[Block]]] = []
        """The explicit number, or None, and the blocks of each item."""

    def begin_item(self, value: str = "") -> None:
        """Start the next item; ``value`` is its ``value`` attribute."""
        self.items.append((_number(value) if self.ordered else None, []))

    def add(self, block: Block) -> None:
        """Add a block to the current item."""
        if not self.items:
            self.begin_item()
        self.items[-1][1].append(block)

    def finish(self) -> Iterable[Block]:
        """Return the list without empty items; an item whose number is not the next one starts another list."""
        blocks = [block for _, item in self.items for block in item]
        if all(isinstance(block, Figure) for block in blocks):  # a gallery
            return blocks
        lists: list[tuple[int, list[tuple[Block, ...]]]] = []
        first = sum(bool(item) for _, item in self.items) if self._is_reversed else 1
        number = first if self._start is None else self._start
        for value, item in self.items:
            jumps = self._is_reversed or (value is not None and value != number)
            number = number if value is None else value
            if not item:
                continue
            if jumps or not lists:
                lists.append((max(number, 0), []))
            lists[-1][1].append(tuple(item))
            number += -1 if self._is_reversed else 1
        return [ListBlock(tuple(items), self.ordered, start) for start, items in lists]


class TableFrame(Frame):
    """``table``, for data or for layout."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[tuple[bool, list[Block]]]] = []
        """The cells of each row: whether it is a header cell, and its blocks."""
        self._current = self.blocks
        """The blocks of the current cell, or those before the table."""

    def begin_row(self) -> None:
        """Start the next row."""
        self.rows.append([])
        self._current = self.blocks

    def begin_cell(self, *, head: bool, span: str = "") -> int:
        """Start the next cell, ``span`` columns wide, and return how many cells that adds."""
        if not self.rows:
            self.begin_row()
        columns = int(span) if span.isascii() and span.isdecimal() and len(span) < 4 else 1
        columns = max(1, min(columns, _MAX_COLUMNS_SPANNED))
        self.rows[-1] += [(head, []) for _ in range(columns)]
        self._current = self.rows[-1][-columns][1]
        return columns

    def add(self, block: Block) -> None:
        """Add a block to the current cell; outside a cell (a caption, for example), before the table."""
        self._current.append(block)

    def finish(self) -> Iterable[Block]:
        """Return a table if it has several columns of short texts, else only its content."""
        rows = [row for row in self.rows if any(blocks for _, blocks in row)]
        inside = [block for row in rows for _, blocks in row for block in blocks]
        widest = max((sum(bool(blocks) for _, blocks in row) for row in rows), default=0)
        is_plain = all(isinstance(block, Paragraph | Heading) for block in inside)
        if max(map(len, rows), default=0) < 2 or not (is_plain or (widest > 1 and all(map(_fits_cell, inside)))):
            return [*self.blocks, *inside]
        cells = [tuple(_cell(blocks) for _, blocks in row) for row in rows]
        header = cells.pop(0) if all(is_head for is_head, _ in rows[0]) else ()
        return [*self.blocks, Table(header, tuple(cells))]


class FigureFrame(Frame):
    """``figure``: its caption belongs to its last image."""

    def __init__(self) -> None:
        super().__init__()
        self.in_caption = False
        self.caption: list[Spans] = []

    def add(self, block: Block) -> None:
        """Add a block to the figure or to its caption."""
        if self.in_caption and isinstance(block, Paragraph | Heading):
            self.caption.append(block.spans)
        else:
            self.blocks.append(block)

    def finish(self) -> Iterable[Block]:
        """Return the blocks with the caption at the last image, or as a paragraph without an image."""
        caption = _joined(self.caption)
        if not caption:
            return self.blocks
        for index in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[index]
            if isinstance(block, Figure):
                return [*self.blocks[:index], replace(block, caption=caption), *self.blocks[index + 1 :]]
        return [*self.blocks, Paragraph(caption)]


class CodeFrame(Frame):
    """``pre``: white space is significant."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.language = ""

    def end_line(self) -> None:
        """Start a new line unless at the start of one, for markup with an element around each line."""
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def finish(self) -> Iterable[Block]:
        """Return the code without blank lines around it, and any other blocks."""
        text = clean_block("".join(self.parts)).rstrip()
        before = _BLANK_LINES.match(text)
        text = text[before.end() :] if before else text
        return [CodeBlock(text, self.language), *self.blocks] if text else self.blocks


def _number(text: str) -> int | None:
    """Return the number in a ``start`` or ``value`` attribute; None for anything but a short decimal number."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _fits_cell(block: Block) -> bool:
    """Return whether a block can be shown in a cell: a text, an image, or a short list of texts."""
    if isinstance(block, ListBlock):
        return len(block.items) <= _MAX_ITEMS and all(
            isinstance(part, Paragraph) for item in block.items for part in item
        )
    return isinstance(block, Paragraph | Heading | Figure)


def _cell(blocks: list[Block]) -> Spans:
    return _joined([_cell_spans(block) for block in blocks])


def _cell_spans(block: Block) -> Spans:
    match block:
        case Paragraph(spans=spans) | Heading(spans=spans):
            return spans
        case Figure(url=url, alt=alt):
            return (Span(alt or "Image", href=url),)
        case ListBlock(items=items):
            parts = [part.spans for item in items for part in item if isinstance(part, Paragraph)]
            return tuple(span for index, spans in enumerate(parts) for span in ((_SLASH, *spans) if index else spans))
    return ()


def _joined(parts: list[Spans]) -> Spans:
    spans: list[Span] = []
    for part in parts:
        spans += [BREAK, *part] if spans else part
    return tuple(spans)
