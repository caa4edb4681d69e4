"""Sets of the articles with marks, cached until marks or lists change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Set
from functools import reduce
from operator import or_

from reader.core.errors import ReaderError
from reader.core.marks import STARRED, TAG, normalize_tag, tag_key
from reader.core.tokenize import words
from reader.storage.sqlite.marks.store import MarkStore
from reader.storage.sqlite.search import bitmap

log = logging.getLogger(__name__)


class MarkRowSets:
    """Sets of the articles that are read, starred or tagged. Thread-safe."""

    def __init__(self, store: MarkStore, rows_of: Callable[[Iterable[int]], list[int]]) -> None:
        """``rows_of`` returns the row ids of article ids."""
        self._store = store
        self._rows_of = rows_of
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
                self._read = self._set_of(self._store.all_read())
                self._sets = None
                self._state = state

    def apply_change(
        self, version: int, read: Set[int], unread: Set[int], changed: Set[int], *, only_read: bool
    ) -> None:
        """Update the sets after this process changed marks of the article ids ``changed``.

        ``only_read`` states that no other marks were changed. Sets that cannot be updated are loaded again later.
        """
        if self._state[1] != version - 1:
            return  # another process changed marks too: refresh() loads all sets
        # Outside the lock: a searching thread holds the index connection while it waits for the lock.
        added, removed = self._set_of(read), self._set_of(unread)
        others = None
        if not only_read and self._sets is not None:
            try:
                by_name, spellings = self._store.all_but_read(changed)
            except ReaderError as error:
                log.warning("cannot read the marks", exc_info=error)
            else:
                sets = {name: self._set_of(ids) for name, ids in by_name.items()}
                others = sets, spellings, self._set_of(changed)
        with self._lock:
            lists, known = self._state
            if known == version - 1:
                self._read = (self._read | added) & ~removed
                if not only_read:
                    self._replace(others)
                self._state = (lists, version)

    def _replace(self, others: tuple[dict[str, int], dict[str, str], int] | None) -> None:
        """Replace the marks of some articles; None to load all sets again."""
        if others is None or self._sets is None:
            self._sets = None
            return
        sets, spellings, articles = others
        for name in {*self._sets, *sets}:
            self._sets[name] = self._sets.get(name, 0) & ~articles | sets.get(name, 0)
        self._spellings |= spellings

    def read(self) -> int:
        """Return the read articles."""
        with self._lock:
            return self._read

    def starred(self) -> int:
        """Return the starred articles. Raises ReaderError."""
        return self._other_sets().get(STARRED, 0)

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
        return reduce(or_, (rows for _, tag, rows in self.tags() if wanted in f" {' '.join(words(tag))} "), 0)

    def tags(self) -> list[tuple[str, str, int]]:
        """Return the key, spelling and articles of every tag in use, by key. Raises ReaderError."""
        sets = self._other_sets()
        return [
            (name[1:], self._spellings.get(name[1:], name[1:]), rows)
            for name, rows in sorted(sets.items())
            if name.startswith(TAG) and rows
        ]

    def _other_sets(self) -> dict[str, int]:
        with self._lock:
            if self._sets is None:
                by_name, self._spellings = self._store.all_but_read()
                self._sets = {name: self._set_of(ids) for name, ids in by_name.items()}
            return self._sets

    def _set_of(self, ids: Iterable[int]) -> int:
        rowids = self._rows_of(ids)
        return bitmap.from_rows(rowids, max(rowids) + 1) if rowids else 0
