"""The facade over one folder and its storage: all that screens and commands see of it.

Its operations are grouped in facets: ``articles``, ``marks``, ``positions``, ``items``,
``settings``, ``search``, ``stories`` and ``pages``.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote_to_bytes

from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.marks import id_to_int
from reader.core.model import Counts
from reader.core.paths import Paths
from reader.documents.files import Folder
from reader.library import folder_identity
from reader.library.articles import LibraryArticles
from reader.library.marks import LibraryMarks
from reader.library.positions import Positions
from reader.library.stores import open_pages
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.marks.store import MarkStore

if TYPE_CHECKING:
    from reader.documents.resolve import ReadingOptions
    from reader.library.last_visit import LastVisit
    from reader.library.rules.apply import RuleRunner
    from reader.library.stories import LibraryStories
    from reader.storage.sqlite.pages.store import PageStore
    from reader.storage.sqlite.search.service import SearchService

log = logging.getLogger(__name__)

_LAST_FOLDER = "last-folder"


class Library:
    """One open folder of documents. Every method may be called in any thread and may wait for the disk."""

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
        """The files of newsreader; None if there are only those given."""
        self.notices = notices
        """Sentences to show to the user once: what could not be opened normally."""
        self._index_file = index_file
        self._opening = threading.RLock()
        self._pages: PageStore | None = None
        self._search: SearchService | None = None
        self._stories: LibraryStories | None = None
        self.is_first_folder = False
        """Whether no folder was known before this one, so that its marks may be from an earlier version."""
        self.marks = LibraryMarks(store, self._current_index, folder.name)
        self.articles = LibraryArticles(folder, self._current_index, self.marks, lambda: self.reading)
        self.positions = Positions(store.positions, self._current_index, self.quoted_target)
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

    @cached_property
    def reading(self) -> ReadingOptions:
        """How documents are read: as the settings file says, and with the identity of the folder.

        What is wrong in the file becomes notices.
        """
        from reader.config.load import problem_lines  # lazy: a warm start parses no document
        from reader.documents.field_names import FieldNames
        from reader.documents.resolve import DEFAULTS, ReadingOptions

        config = self._config
        self.notices = (*self.notices, *problem_lines(config))
        names = FieldNames(config.fields) if config.fields else DEFAULTS.names
        return ReadingOptions(names, config.date_order, self._roots())

    @cached_property
    def _config(self) -> Config:
        from reader.config.load import load_config  # lazy: as above

        return Config() if self.paths is None else load_config(self.paths.config_file)

    @property
    def estimates_quality(self) -> bool:
        """Whether quality is estimated where documents give none."""
        return self._config.estimate_quality

    def _roots(self) -> folder_identity.Roots:
        name, root = folder_identity.SETTING, self.folder.root
        try:
            stored = self.settings.get(name)
            if folder_identity.add_folder(stored, root) != stored:
                self.is_first_folder = stored is None
                self.settings.update(name, lambda now: folder_identity.add_folder(now, root) or "")
                stored = self.settings.get(name)
        except ReaderError as error:
            log.warning("the identity of the folder cannot be stored: %s", error)
            stored = folder_identity.add_folder(None, root)
        return folder_identity.roots_of(stored, root)

    def carry_over(self, ids: Iterable[tuple[str, int]]) -> None:
        """Copy marks and move pages from the ids of an earlier version, the first of each pair. Raises ReaderError."""
        marked = self.marks.store.marked_ids()
        if not marked:
            return
        with_page = self.pages.ids_with_page()
        pairs = [(previous, new) for old, new in ids if (previous := id_to_int(old)) != new]
        if of_marks := [pair for pair in pairs if pair[0] in marked]:
            self.marks.store.reassign_ids(of_marks)
        if of_pages := [pair for pair in pairs if pair[0] in with_page]:
            self.pages.reassign_ids(of_pages)

    @property
    def pages(self) -> PageStore:
        """The fetched pages of the articles of all folders; opened on first use."""
        with self._opening:
            if self._pages is None:
                self._pages = open_pages(None if self.paths is None else self.paths.pages_file, self.marks.store)
            return self._pages

    @property
    def search(self) -> SearchService:
        """Queries, facet values and counts."""
        with self._opening:
            if self._search is None:
                # lazy: the first frame searches nothing
                from reader.storage.sqlite.search.row_sets import PageRowSets
                from reader.storage.sqlite.search.service import SearchService

                pages = PageRowSets(lambda: self.pages, self._current_index)
                self._search = SearchService(self._current_index, self.marks.row_sets(), pages, self.last_visit.new_of)
            return self._search

    @property
    def stories(self) -> LibraryStories:
        """What belongs together."""
        with self._opening:
            if self._stories is None:
                from reader.library.stories import LibraryStories  # lazy: the first frame groups nothing

                self._stories = LibraryStories(self._current_index, self.articles)
            return self._stories

    @cached_property
    def last_visit(self) -> LastVisit:
        """When the user last left the folder, and so what is new since then."""
        from reader.library.last_visit import LastVisit  # lazy: the first frame asks for nothing new

        return LastVisit(self._current_index)

    @property
    def rules(self) -> RuleRunner | None:
        """What the user wants done with articles that arrive; None for a single document, or without settings."""
        if self.paths is None or self.folder.only is not None:
            return None
        from reader.library.rules.apply import RuleRunner  # lazy: mostly nothing has arrived
        from reader.library.rules.rules_file import RulesFile

        return RuleRunner(RulesFile(self.paths.rules_file), self._current_index, self.marks, lambda: self.search)

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
        self.settings.set(_LAST_FOLDER, self.quoted_target)

    @property
    def quoted_target(self) -> str:
        """The path of the folder or document as text, for settings: the name of a folder need not be text."""
        return quote_from_bytes(os.fsencode(self.target))

    @property
    def name(self) -> str:
        """The display name of the folder or of the single document."""
        return self.folder.name

    @property
    def target(self) -> Path:
        """The path that opens this library: the folder, or the single document."""
        only = self.folder.only
        return self.folder.root if only is None else self.folder.root / os.fsdecode(only)

    def counts(self) -> Counts:
        """Return the numbers of articles and unread articles that are not hidden, and of documents with problems."""
        totals = self.index.totals()
        hidden = len(self.marks.hidden_rows())
        articles = totals.articles - hidden
        unread = articles - self.marks.count_read()
        return Counts(articles, unread, totals.with_problems, totals.complete, totals.unlisted, hidden)

    def close(self) -> None:
        """Close the files."""
        self.index.close()
        self.marks.store.close()
        with self._opening:
            if self._pages is not None:
                self._pages.close()
