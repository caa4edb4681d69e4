"""In which order articles are listed. Pure."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Literal, get_args

SortKey = Literal["quality", "heat", "date"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)

_COLUMNS: dict[SortKey, str] = {"quality": "quality", "heat": "heat", "date": "published_at"}


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: highest (or newest) first unless ``reverse``. What is unknown comes last either way."""

    by: SortKey = "quality"
    reverse: bool = False

    def sql(self) -> str:
        """Return the ORDER BY terms over the table ``articles``; made of constants only."""
        column = _COLUMNS[self.by]
        terms = [f"{column} IS NULL", f"{column} {'ASC' if self.reverse else 'DESC'}"]
        if self.by != "date":
            # Ties fall to the newest, in both directions.
            terms += ["published_at IS NULL", "published_at DESC"]
        return ", ".join([*terms, "title COLLATE NOCASE", "rowid"])

    def flipped(self) -> Sort:
        """Return the same order the other way round."""
        return Sort(self.by, not self.reverse)


@dataclass(frozen=True, slots=True)
class View:
    """What a list shows: the rows of the index in their order, as compact numbers."""

    sort: Sort
    rowids: array[int]

    def find(self, rowid: int) -> int | None:
        """Return the place of a row in this order, from 0, or None when it is not in it."""
        try:
            return self.rowids.index(rowid)
        except ValueError:
            return None

    def __len__(self) -> int:
        return len(self.rowids)
