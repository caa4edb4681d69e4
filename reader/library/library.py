"""The facade over one folder and its storage: all that screens and commands see of it.

What can be done with it is grouped in facets: ``articles``, ``marks``, ``positions``, ``items``,
``settings``, ``search`` and ``pages``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote_to_bytes

from reader.core.model import Counts, IndexTotals
from reader.core.paths import Paths
from reader.documents.files import Folder
from reader.library.articles import LibraryArticles
from reader.library.marks import LibraryMarks
from reader.library.positions import Positions
from reader.library.stores import open_pages
from reader.storage.sqlite.index.reader import Index
from reader.storage.sqlite.marks.store import MarkStore

if TYPE_CHECKING:
    from reader.storage.sqlite.pages.store import PageStore
    from reader.storage.sqlite.search.service import SearchService

_LAST_FOLDER = "last-folder"


class Library:
    """One open folder of documents. Any thread may call every method, which may wait for the disk."""

    def __init__(
        self,
        folder: Folder,
        index: Index,
        store: MarkStore,
        notices: tuple[str, ...] = (),
        index_file: Path | None = None,
        *,
        paths: Paths | None = None,
    ) -> None:
        self.folder = folder
        self.index = index
        self.paths = paths
        """Where our files are; None if there are none but those given."""
        self.notices = notices
        """Sentences to show to the user once: what could not be opened as usual."""
        self._index_file = index_file
        self._store = store
        self._opening = threading.RLock()
        self._pages: PageStore | None = None
        self._search: SearchService | None = None
        self.marks = LibraryMarks(store, self._current_index)
        self.articles = LibraryArticles(folder, self._current_index, self.marks)
        self.positions = Positions(store.positions, self._current_index, self._quoted_target())
        self.items = store.items
        """Named JSON values, such as saved views."""
        self.settings = store.settings
        """Small persistent values of the session."""

    @classmethod
    def open(cls, path: Path, paths: Paths) -> Library:
        """Open the folder, or the single document, at ``path``. Raises ReaderError if there is none."""
        folder = Folder.of(path)
        # A single document is read at once and needs no index file.
        index_file = paths.index_file(folder.root) if folder.only is None else None
        index, index_notice = Index.open(index_file)
        store, store_notice = MarkStore.open(paths.state_file)
        return cls(folder, index, store, tuple(filter(None, (index_notice, store_notice))), index_file, paths=paths)

    def _current_index(self) -> Index:
        return self.index  # renew() replaces it

    def _rowids_of(self, ids: Iterable[int]) -> list[int]:
        return self.index.rowids_of(ids)

    @property
    def pages(self) -> PageStore:
        """The fetched pages of the articles of all folders; opened on first use."""
        with self._opening:
            if self._pages is None:
                self._pages = open_pages(None if self.paths is None else self.paths.pages_file, self._store)
            return self._pages

    @property
    def search(self) -> SearchService:
        """Queries, facet values and counts."""
        with self._opening:
            if self._search is None:
                # lazy: the first frame searches nothing
                from reader.storage.sqlite.search.page_sets import PageRowSets
                from reader.storage.sqlite.search.service import SearchService

                pages = PageRowSets(lambda: self.pages, self._rowids_of)
                self._search = SearchService(self._current_index, self.marks.row_sets(), pages)
            return self._search

    def renew(self) -> bool:
        """Close the index, which is quarantined if damaged, and open a new file; return whether that worked."""
        if self._index_file is None:
            return False
        self.index.close()
        self.index, _ = Index.open(self._index_file)
        self.positions.forget_rows()
        return not self.index.in_memory

    def use_memory(self) -> None:
        """Continue with a copy of the index in memory, because its file cannot be written."""
        old, self.index = self.index, self.index.copied_to_memory()
        self._index_file = None
        old.close()

    @staticmethod
    def last(paths: Paths) -> tuple[Path | None, str]:
        """Return the folder or document that was opened last, and a sentence if the marks could not be opened."""
        store, notice = MarkStore.open(paths.state_file)
        try:
            target = store.settings.get(_LAST_FOLDER)
        finally:
            store.close()
        return (None if target is None else Path(os.fsdecode(unquote_to_bytes(target)))), notice

    def remember_folder(self) -> None:
        """Store which folder this is, for :meth:`last`. Raises StorageError."""
        self.settings.set(_LAST_FOLDER, self._quoted_target())

    def _quoted_target(self) -> str:
        # Quoted, because a setting is text and the name of a folder may not be.
        return quote_from_bytes(os.fsencode(self.target))

    @property
    def name(self) -> str:
        """The display name: that of the folder or of the single document."""
        return self.folder.name

    @property
    def target(self) -> Path:
        """The path that opens this library: the folder, or the single document."""
        only = self.folder.only
        return self.folder.root if only is None else self.folder.root / os.fsdecode(only)

    def generation(self) -> int:
        """Return a number that rises whenever lists have changed."""
        return self.index.generation()

    def counts(self) -> Counts:
        """Return the numbers of articles, unread articles and documents with problems."""
        totals = self.index.totals()
        return Counts(totals.articles, totals.articles - self.marks.count_read(), totals.with_problems, totals.complete)

    def census(self) -> IndexTotals:
        """Return complete numbers, which takes a while in a large folder."""
        totals = self.index.totals()
        return IndexTotals(totals.articles, self.index.documents(), totals.problems, totals.with_problems)

    def close(self) -> None:
        """Close the files."""
        self.index.close()
        self._store.close()
        with self._opening:
            if self._pages is not None:
                self._pages.close()
