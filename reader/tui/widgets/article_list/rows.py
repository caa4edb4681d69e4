"""The rows of the list: those that were loaded, with the marks set since, and those that were requested. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from reader.core.marks import MarkChange
from reader.core.model import Row

_MAX_ROWS = 4096
"""Rows held in memory, about 1 kB each."""
_MAX_CHANGES = 1000
"""Changes of marks held in memory; no load of rows takes longer than as many."""


@dataclass(eq=False, slots=True)
class LocalChange:
    """A change of marks in this run, for rows that were loaded before it was on disk."""

    ids: frozenset[str]
    change: MarkChange
    number: float = math.inf
    """How many changes of this run are on disk, this one included; infinity until it is."""


class RowCache(OrderedDict[int, Row]):
    """Rows by row id; the oldest are dropped."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        super().__init__((row.rowid, row) for row in rows)
        self.requested: set[int] = set()
        """The row ids of the missing rows that are being loaded."""
        self.saved_changes: float = 0
        """How many changes of this run were on disk when the rows were read; some rows may be newer."""
        self._changes: deque[LocalChange] = deque(maxlen=_MAX_CHANGES)

    def get_all(self, rowids: Iterable[int]) -> list[Row] | None:
        """Return rows if all of them are loaded."""
        try:
            return [self[rowid] for rowid in rowids]
        except KeyError:
            return None

    def add(self, rows: Iterable[Row], saved_changes: float) -> None:
        """Add rows that were read when ``saved_changes`` changes of this run were on disk, with all later ones."""
        later = [local for local in self._changes if local.number > saved_changes]
        for row in rows:
            for local in later:
                if row.id in local.ids:
                    row = local.change.applied_to(row)  # noqa: PLW2901
            self[row.rowid] = row
            self.requested.discard(row.rowid)
        while len(self) > _MAX_ROWS:
            self.popitem(last=False)

    def mark(self, local: LocalChange) -> list[int]:
        """Change the marks of every document of some articles; return the row ids of those that are loaded."""
        self._changes.append(local)
        changed = [row for row in self.values() if row.id in local.ids]
        self.update((row.rowid, local.change.applied_to(row)) for row in changed)
        return [row.rowid for row in changed]

    def take_originals(self, rows: Iterable[Row]) -> list[int]:
        """Take what ``rows`` know of their originals, nothing else; return the row ids of those that have changed."""
        old = ((self.get(row.rowid), row.original) for row in rows)
        changed = {row.rowid: replace(row, original=now) for row, now in old if row is not None and row.original != now}
        self.update(changed)
        return [*changed]

    def forget_change(self, local: LocalChange) -> None:
        """Do not apply a change, which failed, to rows from now on."""
        with suppress(ValueError):
            self._changes.remove(local)

    def is_missing(self, rowid: int) -> bool:
        """Whether a row is neither loaded nor requested."""
        return rowid not in self and rowid not in self.requested

    def request(self, rowids: Sequence[int]) -> list[int]:
        """Note the missing ones of ``rowids`` as requested, and return them."""
        missing = [rowid for rowid in rowids if self.is_missing(rowid)]
        self.requested.update(missing)
        return missing
