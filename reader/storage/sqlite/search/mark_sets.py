"""The person's marks as sets of row numbers, kept until marks or lists change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Set

from reader.core.errors import ReaderError
from reader.core.marks import STARRED, TAG, normalize_tag, tag_key
from reader.core.tokenize import words
from reader.storage.sqlite.marks.store import MarkStore
from reader.storage.sqlite.search import bitmap

log = logging.getLogger(__name__)


class MarkRowSets:
    """Sets of the articles that are read, starred or tagged. Any thread may ask."""

    def __init__(self, store: MarkStore, rows_of: Callable[[Iterable[int]], list[int]]) -> None:
        """``rows_of`` gives the rows of articles by their numbers."""
        self._store = store
        self._rows_of = rows_of
        self._guard = threading.RLock()
        self._known: tuple[object, int] = (None, -1)
        """State of the lists and version of the marks that the sets are of."""
        self._sets: dict[str, int] | None = {}
        """By name of the mark, all but ``read``; None when they have to be looked up."""
        self._read = 0
        self._shown: dict[str, str] = {}
        """How tags are shown, by key."""

    def refresh(self, lists: object) -> None:
        """Look whether marks or lists have changed; of one state of the lists, ``lists`` is always the same object.

        To be called by who has the index lent already. Raises ReaderError.
        """
        with self._guard:
            now = (lists, self._store.version())
            if now != self._known:
                self._read = self._set_of(self._store.all_read())
                self._sets = None
                self._known = now

    def apply_change(
        self, version: int, read: Set[int], unread: Set[int], changed: Set[int], *, only_read: bool
    ) -> None:
        """Take over a change of marks that was made here: of the articles ``changed``, by their numbers.

        ``only_read`` tells that nothing else was changed. Never raises: what cannot be looked
        up now is looked up when it is asked for.
        """
        if self._known[1] != version - 1:
            return  # somebody else has changed something too: all is looked up when it is asked for
        # Before the guard: who searches has the index lent, and waits for the guard.
        more, less = self._set_of(read), self._set_of(unread)
        others = None
        if not only_read and self._sets is not None:
            try:
                by_name, shown = self._store.all_but_read(changed)
            except ReaderError as error:
                log.warning("marks cannot be read", exc_info=error)
            else:
                others = {what: self._set_of(ids) for what, ids in by_name.items()}, shown, self._set_of(changed)
        with self._guard:
            lists, known = self._known
            if known == version - 1:
                self._read = (self._read | more) & ~less
                if not only_read:
                    self._replace(others)
                self._known = (lists, version)

    def _replace(self, others: tuple[dict[str, int], dict[str, str], int] | None) -> None:
        """Put the marks that some articles have now in the place of those they had; None for "look again"."""
        if others is None or self._sets is None:
            self._sets = None
            return
        now, shown, articles = others
        for what in {*self._sets, *now}:
            self._sets[what] = self._sets.get(what, 0) & ~articles | now.get(what, 0)
        self._shown |= shown

    def read(self) -> int:
        """Return the articles that are read."""
        with self._guard:
            return self._read

    def starred(self) -> int:
        """Return the starred articles. Raises ReaderError."""
        return self._others().get(STARRED, 0)

    def tagged(self, text: str | None = None) -> int:
        """Return the articles with a tag, in whatever case, or with any. Raises ReaderError for the file of marks."""
        sets = self._others()
        if text is None:
            return _union(rows for what, rows in sets.items() if what.startswith(TAG))
        try:
            return sets.get(TAG + tag_key(normalize_tag(text)), 0)
        except ReaderError:  # no tag can be called that
            return 0

    def tags_with(self, phrase: list[str], *, prefix: bool) -> int:
        """Return the articles with a tag in which these words stand in a row. Raises ReaderError."""
        wanted = f" {' '.join(phrase)}{'' if prefix else ' '}"
        return _union(rows for _, shown, rows in self.tags() if wanted in f" {' '.join(words(shown))} ")

    def tags(self) -> list[tuple[str, str, int]]:
        """Return key, spelling and articles of every tag that an article has, by key. Raises ReaderError."""
        sets = self._others()
        return [
            (what[1:], self._shown.get(what[1:], what[1:]), rows)
            for what, rows in sorted(sets.items())
            if what.startswith(TAG) and rows
        ]

    def _others(self) -> dict[str, int]:
        with self._guard:
            if self._sets is None:
                by_name, self._shown = self._store.all_but_read()
                self._sets = {what: self._set_of(ids) for what, ids in by_name.items()}
            return self._sets

    def _set_of(self, ids: Iterable[int]) -> int:
        rowids = self._rows_of(ids)
        return bitmap.from_rows(rowids, max(rowids) + 1) if rowids else 0


def _union(sets: Iterable[int]) -> int:
    union = 0
    for each in sets:
        union |= each
    return union
