"""Marks of the articles of one library, with the count of read articles and the row sets kept up to date."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.storage.sqlite.index.reader import Index
from reader.storage.sqlite.marks.store import ArticleMarks, MarkResult, MarkStore

if TYPE_CHECKING:
    from reader.storage.sqlite.marks.undo import UndoResult
    from reader.storage.sqlite.search.mark_sets import MarkRowSets

log = logging.getLogger(__name__)


class LibraryMarks:
    """The user's marks of articles. Any thread may call it; changes are durable on return. Raises ReaderError."""

    def __init__(self, store: MarkStore, index: Callable[[], Index]) -> None:
        """``index`` returns the current index."""
        self._store = store
        self._index = index
        self._guard = threading.Lock()
        self._counted = (-1, -1)
        """Index generation and mark version at the last count of read articles."""
        self._read_count = 0
        self._row_sets: MarkRowSets | None = None

    @property
    def are_saved(self) -> bool:
        """Whether marks are saved; not if their file is unusable, as a notice at the start has said."""
        return self._store.is_saved

    def version(self) -> int:
        """Return a number that rises with every change of marks or items, by any instance."""
        return self._store.version()

    @property
    def counted_version(self) -> int:
        """The mark version at the last :meth:`count_read` or own change; -1 before the first."""
        return self._counted[1]

    def apply(self, ids: Iterable[str], change: MarkChange, description: str = "") -> MarkResult:
        """Change the marks of articles, all or none, as one step for :meth:`undo`.

        ``description`` names the step; by default it is derived from the change. Raises
        StorageError, and ReaderError for an invalid tag.
        """
        with self._guard:
            result = self._store.mark(ids, change, description)
            if result.changed:  # the version of a change without effect belongs to somebody else's change
                self._note(result, only_read=change.only_read())
            return result

    def apply_to_rows(self, rowids: Sequence[int], change: MarkChange) -> MarkResult:
        """Change the marks of the articles of many documents, as :meth:`apply` does."""
        return self.apply(self._index().ids_of(rowids), change)

    def set_or_toggle(
        self, rowids: Sequence[int], mark: Literal["read", "starred"], value: bool | None = None
    ) -> MarkResult:
        """Set one mark of the articles of many documents, as :meth:`apply` does.

        Without ``value``, set it if any article lacks it, else clear it.
        """
        ids = self._index().ids_of(rowids)
        if value is None:
            marks = self._store.marks_of(ids)
            value = any(not getattr(marks.get(id_), mark, False) for id_ in ids)
        return self.apply(ids, MarkChange(read=value) if mark == "read" else MarkChange(starred=value))

    def undo(self) -> UndoResult | None:
        """Undo the latest change of marks or items, of any session or window; None if there is none.

        What has changed since stays as it is. Raises StorageError.
        """
        with self._guard:
            result = self._store.undo()
            self._note(result)
            return result

    def redo(self) -> UndoResult | None:
        """Redo the change that was undone last; None if there is none. Raises StorageError."""
        with self._guard:
            result = self._store.redo()
            self._note(result)
            return result

    def _note(self, result: MarkResult | UndoResult | None, *, only_read: bool = False) -> None:
        """Update the count of read articles and the row sets, so that nothing has to be counted again."""
        if result is None:
            return
        if self._row_sets is not None:
            self._row_sets.apply_change(result.version, result.read, result.unread, result.changed, only_read=only_read)
        generation, version = self._counted
        if version == result.version - 1:
            self._counted = (generation, result.version)
            index = self._index()
            self._read_count += index.count_rows(result.read) - index.count_rows(result.unread)

    def marks_of(self, ids: Sequence[str]) -> dict[str, ArticleMarks]:
        """Return the marks of those articles that have any; none if the marks cannot be read. Raises nothing."""
        try:
            return self._store.marks_of(ids)
        except ReaderError as error:
            # News can be read without marks. The next start detects the damage and reports it.
            log.warning("marks cannot be read", exc_info=error)
            return {}

    def count_read(self) -> int:
        """Return how many articles are read; counted again only after changes by others. Raises nothing."""
        try:
            with self._guard:
                now = (self._index().generation(), self._store.version())
                if self._counted != now:
                    self._read_count = self._index().count_rows(self._store.all_read())
                    self._counted = now
                return self._read_count
        except ReaderError as error:
            log.warning("marks cannot be read", exc_info=error)
            return 0

    def read_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Return which of ``ids`` are marked read."""
        return self._store.read_among(ids)

    def tags(self) -> list[str]:
        """Return every tag in use, as displayed, sorted without regard to case."""
        return self._store.tags()

    def row_sets(self) -> MarkRowSets:
        """Return the marks as sets of row ids, which :meth:`apply` and :meth:`undo` keep up to date."""
        with self._guard:
            if self._row_sets is None:
                from reader.storage.sqlite.search.mark_sets import MarkRowSets  # lazy: the first frame needs none

                self._row_sets = MarkRowSets(self._store, lambda ids: self._index().rowids_of(ids))
            return self._row_sets

    def backup_if_due(self) -> Path | None:
        """Make the daily backup of the marks if it is due; return its path, or None."""
        return self._store.backup_if_due()

    def reassign_ids(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Copy the marks of articles whose id has changed: pairs of old and new id."""
        self._store.reassign_ids(pairs)
