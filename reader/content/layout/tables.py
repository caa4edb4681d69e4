"""Tables -> lines: columns side by side where they fit, else one value a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from reader.content.blocks import Cell, Span, Spans, TextStyle, spans_text
from reader.content.layout.wrap import Line, cells, wrap
from reader.core.text import truncate

_GAP = 2
_MIN_COLUMN = 8
"""Cells; a column that is narrower than this and than its text is unreadable."""
_MAX_LABEL = 80
"""Characters of a column's name before each of its values."""


def lay_table(header: Sequence[Cell], rows: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """Return a table as lines of at most ``width`` cells; ``width`` is at least 8."""
    natural = _natural_widths([header, *rows], width)
    columns = _fit(natural, width)
    if columns is None:
        return _as_records(header, rows, width)
    lines: list[Line] = []
    if header:
        lines += _row(header, columns, TextStyle.BOLD)
        lines.append((Span("─" * (sum(columns) + _GAP * (len(columns) - 1)), TextStyle.MUTED),))
    for row in rows:
        lines += _row(row, columns, TextStyle.NONE)
    return lines


def _natural_widths(rows: Sequence[Sequence[Cell]], most: int) -> list[int]:
    """Return the width of each column without wrapping, at most ``most`` cells."""
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for column, cell in enumerate(row):
            if widths[column] < most:
                lines = wrap(cell, most)
                widths[column] = max([widths[column], *(line_cells(line) for line in lines)])
    return widths


def line_cells(line: Line) -> int:
    """Return the width of a line in cells."""
    return sum(cells(span.text) for span in line)


def _fit(natural: list[int], width: int) -> list[int] | None:
    """Return a width for each column, or None when they do not fit side by side.

    Narrow columns get their natural width; the others share the rest evenly.
    """
    room = width - _GAP * (len(natural) - 1)
    if sum(natural) <= room:
        return natural
    fitted = [0] * len(natural)
    open_columns = sorted(range(len(natural)), key=lambda column: natural[column])
    for index, column in enumerate(open_columns):
        share = room // (len(open_columns) - index)
        fitted[column] = min(natural[column], share)
        if fitted[column] < min(natural[column], _MIN_COLUMN):
            return None
        room -= fitted[column]
    return fitted


def _row(row: Sequence[Cell], columns: list[int], style: TextStyle) -> list[Line]:
    wrapped = [wrap(cell, size, style) for cell, size in zip(row, columns, strict=False)]
    lines: list[Line] = []
    for parts in zip_longest(*wrapped, fillvalue=()):
        line: list[Span] = []
        missing = 0
        for part, size in zip(parts, columns, strict=False):
            if part:
                line += [Span(" " * missing)] if missing else []
                line += part
                missing = 0
            missing += size - line_cells(part) + _GAP
        lines.append(tuple(line))
    return lines


def _as_records(header: Sequence[Cell], rows: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """Return each row as lines ``header: value``, with an empty line between rows."""
    labels = [_label(name) for name in header] if rows else []
    lines: list[Line] = []
    for row in rows or [header]:
        record: list[Line] = []
        for column, cell in enumerate(row):
            if not cell:
                continue
            label = labels[column] if column < len(labels) else ()
            record += wrap((*label, *cell), width)
        if record:
            lines += [(), *record] if lines else record
    return lines


def _label(name: Cell) -> Spans:
    """Return the label before each value of a column: its name, cut where it is long."""
    text = spans_text(name)
    if len(text) > _MAX_LABEL:
        return (Span(truncate(text, _MAX_LABEL), TextStyle.BOLD), Span(": "))
    return (*(Span(span.text, span.style | TextStyle.BOLD, span.href) for span in name), Span(": ")) if text else ()
