"""The pages that are kept as sets of row numbers, for queries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from reader.storage.sqlite.search import bitmap

if TYPE_CHECKING:
    from reader.storage.sqlite.pages.store import PageStore

_REMEMBERED = 64


class PageRowSets:
    """Sets of the articles that have a page, or one with some words. Any thread may ask."""

    def __init__(self, pages: Callable[[], PageStore], rows_of: Callable[[Iterable[int]], list[int]]) -> None:
        """``pages`` is asked only when a query is about pages; ``rows_of`` gives articles' rows by their numbers."""
        self._pages = pages
        self._rows_of = rows_of
        self._guard = threading.Lock()
        self._known: tuple[object, int] | None = None
        """State of the lists and version of the pages that the sets are of."""
        self._sets: dict[tuple[object, ...], int] = {}

    def with_page(self, lists: object) -> int:
        """Return the articles that have a page; of one state of the lists, ``lists`` is always the same object.

        Raises ReaderError.
        """
        return self._remembered(lists, (), lambda pages: pages.ids_with_page())

    def with_words(self, lists: object, phrase: list[str], *, prefix: bool) -> int:
        """Return those in whose pages these words stand in a row; with ``prefix`` the last may go on.

        Raises ReaderError.
        """
        return self._remembered(lists, (prefix, *phrase), lambda pages: pages.with_words(phrase, prefix=prefix))

    def _remembered(self, lists: object, key: tuple[object, ...], find: Callable[[PageStore], Iterable[int]]) -> int:
        pages = self._pages()
        with self._guard:
            now = (lists, pages.version())
            if now != self._known or len(self._sets) > _REMEMBERED:
                self._sets.clear()
                self._known = now
            if key not in self._sets:
                rowids = self._rows_of(find(pages))
                self._sets[key] = bitmap.from_rows(rowids, max(rowids) + 1) if rowids else 0
            return self._sets[key]
