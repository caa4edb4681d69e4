"""Marks of the articles of one library, with the count of read articles and the row sets kept up to date."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from reader.core.errors import ReaderError
from reader.core.marks import HIDDEN, READ, TAG, MarkChange
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.marks.store import ArticleMarks, MarkStore

if TYPE_CHECKING:
    from reader.storage.sqlite.marks.undo import MarkResult
    from reader.storage.sqlite.search.row_sets import MarkRowSets

log = logging.getLogger(__name__)


class LibraryMarks:
    """The user's marks. Methods may be called in any thread and raise ReaderError; changes are durable on return."""

    def __init__(self, store: MarkStore, index: Callable[[], Index], folder: str = "") -> None:
        """``index`` returns the current index; ``folder`` is the name of the open folder."""
        self.store = store
        """The marks file; only this class and ``Library.items`` change it."""
        self._index = index
        self._folder = folder
        self._guard = threading.Lock()
        self._counted = (-1, -1)
        """Index generation and mark version at the last count of read articles."""
        self._read_count = 0
        """How many articles are read and not hidden."""
        self._hidden: frozenset[int] = frozenset()
        """The rows of hidden articles."""
        self._row_sets: MarkRowSets | None = None

    @property
    def counted_version(self) -> int:
        """The mark version at the last :meth:`count_read` or own change; -1 before the first."""
        return self._counted[1]

    def apply(self, ids: Iterable[str], change: MarkChange, *, undoable: bool = True) -> MarkResult:
        """Change the marks of articles, all or none, as one step for :meth:`undo` if ``undoable``.

        Raises StorageError, and ReaderError for an invalid tag.
        """
        return self.apply_each([(change, ids)], undoable=undoable)

    def apply_each(self, changes: Sequence[tuple[MarkChange, Iterable[str]]], *, undoable: bool = True) -> MarkResult:
        """Make several changes, each of other marks and for its own articles, as one step; see :meth:`apply`."""
        with self._guard:
            result = self.store.mark_each(changes, undoable=undoable, folder=self._folder)
            if result.by_mark:  # the version of a change without effect belongs to another instance's change
                self._note(result)
            return result

    def apply_to_rows(self, rowids: Sequence[int], change: MarkChange, *, undoable: bool = True) -> MarkResult:
        """Change the marks of the articles of many documents, as :meth:`apply` does."""
        return self.apply(self._index().ids_of(rowids), change, undoable=undoable)

    def toggle(self, rowids: Sequence[int], mark: Literal["read", "starred"]) -> MarkResult:
        """Set a mark of the articles of many documents if any of them lacks it, else clear it."""
        ids = self._index().ids_of(rowids)
        marks = self.store.marks_of(ids)
        value = any(not getattr(marks.get(id_), mark, False) for id_ in ids)
        return self.apply(ids, MarkChange(read=value) if mark == "read" else MarkChange(starred=value))

    def undo(self, *, redo: bool = False) -> MarkResult | None:
        """Undo the latest change of marks or items, of any session or window, or ``redo`` the one undone last.

        Return None if there is none. What has changed since stays unchanged. Raises StorageError.
        """
        with self._guard:
            result = self.store.undo(redo=redo)
            if result is None:
                return None
            self._note(result)
            changed = result.changed
            return result._replace(is_elsewhere=bool(changed) and not self._index().count_rows(changed))

    def _note(self, result: MarkResult) -> None:
        """Update the count of read articles and the row sets, so that nothing has to be counted again."""
        if self._row_sets is not None:
            self._row_sets.apply_change(result)
        generation, version = self._counted
        if version == result.version - 1 and not self._hidden and TAG + HIDDEN not in result.by_mark:
            self._counted = (generation, result.version)
            value, ids = result.by_mark.get(READ, (True, ()))
            if ids:
                self._read_count += self._index().count_rows(ids) * (1 if value else -1)

    def marks_of(self, ids: Sequence[str]) -> dict[str, ArticleMarks]:
        """Return the marks of those articles that have any; none if the marks cannot be read. Raises nothing."""
        try:
            return self.store.marks_of(ids)
        except ReaderError as error:
            _log_unreadable(error)
            return {}

    def count_read(self) -> int:
        """Return how many articles are read and not hidden; see :meth:`hidden_rows`."""
        self.hidden_rows()
        return self._read_count

    def hidden_rows(self) -> frozenset[int]:
        """Return the rows of hidden articles; loaded again only after changes by others. Raises nothing."""
        try:
            with self._guard:
                index, now = self._index(), (self._index().generation(), self.store.version())
                if self._counted != now:
                    read, hidden = self.store.read_and_hidden()
                    self._hidden = frozenset(index.rowids_of(hidden))
                    self._read_count = index.count_rows(read - hidden)
                    self._counted = now
                return self._hidden
        except ReaderError as error:
            _log_unreadable(error)
            self._read_count, self._hidden, self._counted = 0, frozenset(), (-1, -1)
            return self._hidden

    def row_sets(self) -> MarkRowSets:
        """Return the marks as sets of row ids, which :meth:`apply` and :meth:`undo` keep up to date."""
        with self._guard:
            if self._row_sets is None:
                from reader.storage.sqlite.search.row_sets import MarkRowSets  # lazy: the first frame needs none

                self._row_sets = MarkRowSets(self.store, self._index)
            return self._row_sets


def _log_unreadable(error: ReaderError) -> None:
    # News can be read without marks. The next start detects the damage and reports it. That a thread still asks for
    # marks while the app ends is no damage.
    if not (isinstance(error, StorageError) and error.is_closed):
        log.warning("marks cannot be read", exc_info=error)
