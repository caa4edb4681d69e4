"""When the user last left the folder, and so what is new since then."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from reader.core.ordering import Sort
from reader.storage.sqlite.index import arrived, bitmap
from reader.storage.sqlite.index.folder_index import Index


class LastVisit:
    """The last visit of one folder. Methods may be called in any thread and raise StorageError."""

    def __init__(self, index: Callable[[], Index]) -> None:
        """``index`` returns the current index, which may be replaced."""
        self._index = index
        self._known: tuple[Index, int] | None = None
        self._restored: frozenset[str] = frozenset()

    def left_at(self) -> int | None:
        """Return the highest row id when the user left; None if it is not known.

        It stays the same while the folder is open, whatever other windows do.
        """
        index = self._index()
        if self._known is None or self._known[0] is not index:
            found = arrived.left_at(index.database)
            if found is None:
                return None
            self._known = index, found
        return self._known[1]

    def restored(self, paths: Iterable[str]) -> None:
        """Note that documents come back which were here before: until the user leaves, they are not new."""
        self._restored = self._restored.union(paths)

    def new_of(self, rows: int) -> int:
        """Return those of a set of articles that have come since the user left (see :mod:`bitmap`)."""
        left_at = self.left_at()
        if left_at is None:
            return 0
        new = rows >> left_at + 1 << left_at + 1
        if self._restored:
            index = self._index()
            found = (index.rowid_by_path(os.fsencode(path)) for path in self._restored)
            size = rows.bit_length()
            new &= ~bitmap.from_rows([row for row in found if row is not None and row < size], size)
        return new

    def end(self) -> None:
        """Note that the user leaves the folder now: what is listed is not new the next time."""
        index = self._index()
        last = max(index.order(Sort()), default=0)
        if (self.left_at() or 0) < last:
            arrived.leave(index.database, last)
