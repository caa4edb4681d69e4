"""The columns of the list for a width, shared by header and rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

ColumnName = Literal["mark", "quality", "heat", "date", "source", "type", "topics", "title"]

_TYPE_MARKS = {
    "video": "▷",
    "audio": "♪",
    "download": "↓",
    "course": "§",
    "collection": "≡",
    "profile": "@",
    "forum": "¶",
}
_SOURCE = range(10, 19)
"""The cells of a source beside a title,"""
_TITLE_BESIDE_SOURCE = 60
"""and those that the title has at least if there is a source."""
_LEAST_TOPICS = 8


class Column(NamedTuple):
    """A column; ``start`` and ``width`` are in cells."""

    name: ColumnName
    start: int
    width: int


class Columns(NamedTuple):
    """The columns of a list."""

    lines: tuple[tuple[Column, ...], ...]
    """The columns in each line of a row, from left to right; the heads are those of the last line."""
    bar: int
    """The cells of a score's bar; 0 for the number alone."""

    def at(self, x: int) -> Column | None:
        """Return the column whose head is at the cell ``x``; the gap after a column belongs to it."""
        return next((column for column in reversed(self.lines[-1]) if x >= column.start), None)


@lru_cache(maxsize=64)
def columns(width: int, fields: frozenset[str], *, comfortable: bool) -> Columns:
    """Return the columns for a list of ``width`` cells, none of them for what is not in ``fields``.

    A comfortable row has two lines, the first for its title. Else the title has the largest share of the only line:
    there is a source if that leaves enough for the title.
    """
    if comfortable:
        score, source, date, gap = (8, min(20, width // 4), 9, 2) if width >= 46 else (4, width // 3, 6, 1)
        wanted: list[_Wanted] = [("source", max(1, source)), ("date", date), ("quality", score), ("heat", score)]
        below, end = _placed([*wanted, ("type", 1)], fields, _INDENT, gap)
        if "topics" in fields and width - end >= _LEAST_TOPICS:
            below.append(Column("topics", end, width - end))
        return Columns(((_MARK, Column("title", _INDENT, max(1, width - _INDENT))), tuple(below)), 0)
    score, bar, gap = (9, 4, 2) if width >= 100 else (6, 0, 2) if width >= 90 else (5 if width >= 60 else 4, 0, 1)
    date = 9 if width >= 60 else 6
    wanted = [("quality", score), ("heat", score), ("date", date)]
    _, end = _placed([*wanted, ("type", 1)], fields, _MARK.width, gap)
    source = min(_SOURCE[-1], width - end - gap - _TITLE_BESIDE_SOURCE)
    if source in _SOURCE:
        wanted.append(("source", source))
    placed, end = _placed([*wanted, ("type", 1)], fields, _MARK.width, gap)
    return Columns(((_MARK, *placed, Column("title", end, max(1, width - end))),), bar)


_Wanted: TypeAlias = tuple[ColumnName, int]
_MARK = Column("mark", 0, 2)
_INDENT = 3
"""Where the text of a comfortable row begins."""


def _placed(wanted: Iterable[_Wanted], fields: frozenset[str], start: int, gap: int) -> tuple[list[Column], int]:
    """Return those of the wanted columns that are in ``fields``, from ``start`` on, and where the next one starts."""
    placed = []
    for name, cells in wanted:
        if name in fields:
            placed.append(Column(name, start, cells))
            start += cells + gap
    return placed, start


def type_mark(kind: str) -> str:
    """Return the one-cell symbol of a type; a blank for an article."""
    if kind in {"", "article"}:
        return " "
    return _TYPE_MARKS.get(kind, "◇")


def type_legend() -> str:
    """Return all symbols with their meaning, for the help screen."""
    return "   ".join(f"{mark} {kind}" for kind, mark in _TYPE_MARKS.items()) + "   ◇ other type"
