"""Sets of the articles with marks or with fetched pages, cached until these or the lists change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.marks import HIDDEN, READ, STARRED, TAG, normalize_tag, tag_key
from reader.core.tokenize import words
from reader.storage.sqlite.index import bitmap
from reader.storage.sqlite.marks.store import MarkStore

if TYPE_CHECKING:
    from reader.storage.sqlite.index.folder_index import Index
    from reader.storage.sqlite.marks.undo import MarkResult
    from reader.storage.sqlite.pages.store import PageStore

log = logging.getLogger(__name__)

_CACHE_SIZE = 64


class MarkRowSets:
    """Sets of the articles that are read, starred or tagged. Thread-safe."""

    def __init__(self, store: MarkStore, index: Callable[[], Index]) -> None:
        """``index`` returns the current index."""
        self._store = store
        self._index = index
        self._lock = threading.RLock()
        self._state: tuple[object, int] = (None, -1)
        """The state of the lists and the version of the marks for which the sets are valid."""
        self._sets: dict[str, int] | None = {}
        """The sets of all marks except ``read``, by the name of the mark; None if they must be loaded."""
        self._read = 0
        self._spellings: dict[str, str] = {}
        """The spelling of each tag, by its key."""

    def refresh(self, lists: object) -> None:
        """Load the sets again if marks or lists have changed. Raises ReaderError.

        ``lists`` is the same object as long as the lists have not changed. The caller holds the index connection.
        """
        with self._lock:
            state = (lists, self._store.version())
            if state != self._state:
                self._read = _set_of(self._index(), self._store.all_marked(READ))
                self._sets = None
                self._state = state

    def apply_change(self, result: MarkResult) -> None:
        """Update the sets after this process changed marks. Sets that cannot be updated are loaded again later."""
        if self._state[1] != result.version - 1:
            return  # another process changed marks too: refresh() loads all sets
        # Outside the lock: a searching thread holds the index connection while it waits for the lock.
        added, removed = (_set_of(self._index(), result.became(read=value)) for value in (True, False))
        only_read = all(name == READ or not ids for name, (_, ids) in result.by_mark.items())
        others = None
        if not only_read and self._sets is not None:
            try:
                by_name, spellings = self._store.all_but_read(result.changed)
            except ReaderError as error:
                log.warning("cannot read the marks", exc_info=error)
            else:
                sets = {name: _set_of(self._index(), ids) for name, ids in by_name.items()}
                others = sets, spellings, _set_of(self._index(), result.changed)
        with self._lock:
            lists, known = self._state
            if known != result.version - 1:
                return
            self._state = (lists, result.version)
            self._read = (self._read | added) & ~removed
            if others is not None and self._sets is not None:
                sets, spellings, articles = others
                for name in {*self._sets, *sets}:
                    self._sets[name] = self._sets.get(name, 0) & ~articles | sets.get(name, 0)
                self._spellings |= spellings
            elif not only_read:
                self._sets = None

    def read(self) -> int:
        """Return the read articles."""
        with self._lock:
            return self._read

    def starred(self) -> int:
        """Return the starred articles. Raises ReaderError."""
        return self._other_sets().get(STARRED, 0)

    def hidden(self) -> int:
        """Return the articles that are hidden. Raises ReaderError."""
        return self._other_sets().get(TAG + HIDDEN, 0)

    def tagged(self, tag: str | None = None) -> int:
        """Return the articles with a tag, ignoring case, or with any tag. Raises ReaderError."""
        sets = self._other_sets()
        if tag is None:
            return reduce(or_, (rows for name, rows in sets.items() if name.startswith(TAG)), 0)
        try:
            return sets.get(TAG + tag_key(normalize_tag(tag)), 0)
        except ReaderError:  # not a valid tag
            return 0

    def tags_with(self, phrase: list[str], *, prefix: bool) -> int:
        """Return the articles with a tag that contains the phrase. Raises ReaderError."""
        wanted = f" {' '.join(phrase)}{'' if prefix else ' '}"
        return reduce(or_, (rows for tag, rows in self.tags() if wanted in f" {' '.join(words(tag))} "), 0)

    def tags(self) -> list[tuple[str, int]]:
        """Return the spelling and articles of every tag in use, by key. Raises ReaderError."""
        sets = self._other_sets()
        return [
            (self._spellings.get(name[1:], name[1:]), rows)
            for name, rows in sorted(sets.items())
            if name.startswith(TAG) and rows
        ]

    def _other_sets(self) -> dict[str, int]:
        with self._lock:
            if self._sets is None:
                by_name, self._spellings = self._store.all_but_read()
                self._sets = {name: _set_of(self._index(), ids) for name, ids in by_name.items()}
            return self._sets


def _set_of(index: Index, ids: Collection[int]) -> int:
    """Return the rows of articles, given their ids."""
    rowids = index.rowids_of(ids)
    return bitmap.from_rows(rowids, max(rowids) + 1) if rowids else 0


class PageRowSets:
    """Sets of the articles that have a page, or a page with certain words. Thread-safe."""

    def __init__(self, pages: Callable[[], PageStore], index: Callable[[], Index]) -> None:
        """``pages`` is called only for queries about pages; ``index`` returns the current index."""
        self._pages = pages
        self._index = index
        self._lock = threading.Lock()
        self._state: tuple[object, int] | None = None
        """The state of the lists and the version of the pages for which the sets are valid."""
        self._sets: dict[tuple[object, ...], int] = {}

    def with_page(self, lists: object) -> int:
        """Return the articles with a page. Raises ReaderError.

        ``lists`` is the same object as long as the lists have not changed.
        """
        return self._cached(lists, (), lambda pages: pages.ids_with_page())

    def with_words(self, lists: object, phrase: list[str], *, prefix: bool) -> int:
        """Return the articles with a page that contains the phrase. Raises ReaderError.

        With ``prefix``, the last word of the phrase is a prefix.
        """
        return self._cached(lists, (prefix, *phrase), lambda pages: pages.with_words(phrase, prefix=prefix))

    def _cached(self, lists: object, key: tuple[object, ...], find: Callable[[PageStore], Collection[int]]) -> int:
        pages = self._pages()
        with self._lock:
            state = (lists, pages.version())
            if state != self._state or len(self._sets) > _CACHE_SIZE:
                self._sets.clear()
                self._state = state
            if key not in self._sets:
                self._sets[key] = _set_of(self._index(), find(pages))
            return self._sets[key]
