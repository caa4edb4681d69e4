"""The columns of the list for a width, shared by header and rows. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

ColumnName = Literal["mark", "quality", "heat", "date", "source", "type", "title"]

_TYPE_MARKS = {
    "video": "▷",
    "download": "↓",
    "course": "§",
    "collection": "≡",
    "profile": "@",
    "forum": "¶",
}


class Column(NamedTuple):
    """A column; ``start`` and ``width`` are in cells."""

    name: ColumnName
    start: int
    width: int


class Columns(NamedTuple):
    """The columns of a list from left to right, and how scores are drawn."""

    columns: tuple[Column, ...]
    bar: int
    """The cells of a score's bar; 1 is a shaded cell, 0 the number alone."""

    def at(self, x: int) -> Column | None:
        """Return the column at the cell ``x``; the gap after a column belongs to it."""
        return next((column for column in reversed(self.columns) if x >= column.start), None)


@lru_cache(maxsize=64)
def columns(width: int, *, types: bool) -> Columns:
    """Return the columns for a list of ``width`` cells; ``types`` adds the column of types.

    The title always has the largest share: in narrow lists the source is shortened, then dropped, and the bars
    become shaded cells, then numbers.
    """
    if width >= 64:
        gap, bar, score, date = (2, 4, 8, 9) if width >= 90 else (1, 4, 8, 9)
        source = 20 if width >= 110 else 16 if width >= 90 else 12
    elif width >= 46:
        gap, bar, score, date, source = 1, 1, 5, 9, 0
    else:
        gap, bar, score, date, source = 1, 0, 3, 6, 0
    wanted: list[tuple[ColumnName, int]] = [("mark", 2), ("quality", score), ("heat", score), ("date", date)]
    if source:
        wanted.append(("source", source))
    if types:
        wanted.append(("type", 1))
    placed, start = [], 0
    for name, cells in wanted:
        placed.append(Column(name, start, cells))
        start += cells + (0 if name == "mark" else gap)
    placed.append(Column("title", start, max(1, width - start)))
    return Columns(tuple(placed), bar)


def type_mark(kind: str) -> str:
    """Return the one-cell symbol of a type; a blank for an article."""
    if kind in {"", "article"}:
        return " "
    return _TYPE_MARKS.get(kind, "◇")


def type_legend() -> str:
    """Return all symbols with their meaning, for the help screen."""
    return "   ".join(f"{mark} {kind}" for kind, mark in _TYPE_MARKS.items()) + "   ◇ other type"
