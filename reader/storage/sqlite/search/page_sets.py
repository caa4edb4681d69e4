"""Sets of the articles with fetched pages, for queries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from reader.storage.sqlite.search import bitmap

if TYPE_CHECKING:
    from reader.storage.sqlite.pages.store import PageStore

_CACHE_SIZE = 64


class PageRowSets:
    """Sets of the articles that have a page, or a page with certain words. Thread-safe."""

    def __init__(self, pages: Callable[[], PageStore], rows_of: Callable[[Iterable[int]], list[int]]) -> None:
        """``pages`` is called only for queries about pages; ``rows_of`` returns the row ids of article ids."""
        self._pages = pages
        self._rows_of = rows_of
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

    def _cached(self, lists: object, key: tuple[object, ...], find: Callable[[PageStore], Iterable[int]]) -> int:
        pages = self._pages()
        with self._lock:
            state = (lists, pages.version())
            if state != self._state or len(self._sets) > _CACHE_SIZE:
                self._sets.clear()
                self._state = state
            if key not in self._sets:
                rowids = self._rows_of(find(pages))
                self._sets[key] = bitmap.from_rows(rowids, max(rowids) + 1) if rowids else 0
            return self._sets[key]
