"""In which order articles are listed, and the list itself. Pure."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

SortKey = Literal["quality", "heat", "date"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)


class Sort(NamedTuple):
    """An order: highest (or newest) first unless ``reverse``. What is unknown comes last either way.

    Ties fall to the newest, then to the title, in both directions.
    """

    by: SortKey = "quality"
    reverse: bool = False

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
        return place_of(self.rowids, rowid)

    def __len__(self) -> int:
        return len(self.rowids)


def place_of(rowids: array[int], rowid: int) -> int | None:
    """Return where ``rowid`` stands among ``rowids``, from 0, or None. Looks at a million in a millisecond."""
    if rowid < 0:
        return None
    data, size = rowids.tobytes(), rowids.itemsize
    wanted = array(rowids.typecode, [rowid]).tobytes()
    at = data.find(wanted)
    while at >= 0 and at % size:  # the end of one number and the beginning of the next
        at = data.find(wanted, at + 1)
    return at // size if at >= 0 else None
