"""The rows of the list that were loaded, and those that were requested. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from reader.core.model import Row
from reader.tui.widgets.article_list.pending_marks import same_marks

_MAX_ROWS = 4096
"""Rows kept in memory, about 1 kB each."""


class RowCache:
    """Rows by row id; the oldest are dropped."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: OrderedDict[int, Row] = OrderedDict((row.rowid, row) for row in rows)
        self._requested: set[int] = set()

    def get(self, rowid: int) -> Row | None:
        """Return a row if it is loaded."""
        return self._rows.get(rowid)

    def get_all(self, rowids: Iterable[int]) -> list[Row] | None:
        """Return rows if all of them are loaded."""
        rows = [self._rows.get(rowid) for rowid in rowids]
        loaded = [row for row in rows if row is not None]
        return loaded if len(loaded) == len(rows) else None

    @property
    def rows(self) -> list[Row]:
        """All loaded rows."""
        return [*self._rows.values()]

    def clear(self) -> None:
        """Drop all rows and requests."""
        self._rows.clear()
        self._requested.clear()

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows that were loaded."""
        for row in rows:
            self._rows[row.rowid] = row
            self._requested.discard(row.rowid)
        while len(self._rows) > _MAX_ROWS:
            self._rows.popitem(last=False)

    def update_marks(self, rows: Iterable[Row]) -> list[int]:
        """Give every document of the articles of ``rows`` their marks; return the row ids of those documents."""
        by_id = {row.id: row for row in rows}
        changed = [other.rowid for other in self._rows.values() if other.id in by_id]
        for rowid in changed:
            self._rows[rowid] = same_marks(self._rows[rowid], by_id[self._rows[rowid].id])
        return changed

    def is_missing(self, rowid: int) -> bool:
        """Whether a row is neither loaded nor requested."""
        return rowid not in self._rows and rowid not in self._requested

    def request(self, rowids: Sequence[int]) -> list[int]:
        """Note the missing ones of ``rowids`` as requested, and return them."""
        missing = [rowid for rowid in rowids if self.is_missing(rowid)]
        self._requested.update(missing)
        return missing

    def forget_requests(self) -> None:
        """Treat the rows that did not come as missing."""
        self._requested.clear()
