"""Reading positions in articles and positions in lists of one folder, cached until they are written."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reader.core.errors import ReaderError
from reader.core.marks import id_to_int, int_to_id
from reader.core.ordering import ArticleOrder, ListPosition
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.marks.positions import MAX_LISTS, PositionKind, PositionTable, position_key

log = logging.getLogger(__name__)

_MAX_KEY_LENGTH = 2_000


class Positions:
    """Reading and list positions in one folder. A position takes effect at once and is durable after :meth:`write`.

    Methods may be called in any thread; only ``write``, ``article`` and ``index_in`` wait for the disk.
    """

    def __init__(self, table: PositionTable, index: Callable[[], Index], folder: str) -> None:
        """``index`` returns the current index; ``folder`` names the folder in the table."""
        self._table = table
        self._index = index
        self._folder = folder
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._articles: dict[int, int] = {}
        """Unwritten reading positions, by key."""
        self._lists: OrderedDict[str, ListPosition | None] = OrderedDict()
        """List positions of this session, by row ids, latest last; None for the top."""
        self._unwritten: set[str] = set()

    def set_article(self, id_: str, position: int, kind: PositionKind = "article") -> None:
        """Set the reading position in an article or its full text: characters above the top line."""
        with self._guard:
            self._articles[position_key(id_, kind)] = position

    def set_list(self, key: str, position: ListPosition) -> None:
        """Set the position in a list, by row ids. The first article counts as the top, whatever comes before it."""
        if len(key) > _MAX_KEY_LENGTH:
            return  # such a query is not worth returning to
        with self._guard:
            self._lists[key] = position if position.index else None
            self._lists.move_to_end(key)
            self._unwritten.add(key)
            while len(self._lists) > MAX_LISTS:
                self._unwritten.discard(self._lists.popitem(last=False)[0])

    def write(self) -> None:
        """Write new positions to disk. Raises StorageError; the next call tries again."""
        with self._writing:
            with self._guard:
                articles = dict(self._articles)
                lists = {key: self._lists[key] for key in self._unwritten}
            if not articles and not lists:
                return
            self._table.store(self._folder, articles, self._by_article_id(lists))
            with self._guard:
                for key, position in articles.items():
                    if self._articles.get(key) == position:
                        del self._articles[key]
                self._unwritten -= {key for key, position in lists.items() if self._lists.get(key) == position}

    def _by_article_id(self, lists: Mapping[str, ListPosition | None]) -> dict[str, ListPosition | None]:
        rowids = sorted({rowid for position in lists.values() if position is not None for rowid in position.articles})
        ids = self._index().ids_by_row(rowids)
        return {
            key: position
            and replace(position, articles=tuple(id_to_int(ids[rowid]) for rowid in position.articles if rowid in ids))
            for key, position in lists.items()
        }

    def forget_rows(self) -> None:
        """Drop row ids, because another index replaces the current one."""
        with self._guard:
            self._lists.clear()
            self._unwritten.clear()

    def article(self, id_: str, kind: PositionKind = "article") -> int:
        """Return the reading position in an article or its full text; 0 for the top."""
        key = position_key(id_, kind)
        with self._guard:
            if key in self._articles:
                return self._articles[key]
        try:
            return self._table.article_position(key)
        except ReaderError as error:
            log.warning("positions cannot be read", exc_info=error)  # not essential
            return 0

    def index_in(self, key: str, order: ArticleOrder) -> tuple[int, int] | None:
        """Return the index of the article last selected in a list and its line on the screen; None for the top.

        If the article is no longer in ``order``, its nearest neighbor takes its place.
        """
        with self._guard:
            is_cached = key in self._lists
            position = self._lists.get(key)
        if is_cached:
            return None if position is None else _find(order, position, lambda rowid: (rowid,))
        try:
            position = self._table.list_position(self._folder, key)
            return None if position is None else _find(order, position, self._rowids_of)
        except ReaderError as error:
            log.warning("positions cannot be read", exc_info=error)
            return None

    def _rowids_of(self, article: int) -> list[int]:
        return self._index().rowids_by_id(int_to_id(article))


def _find(
    order: ArticleOrder, position: ListPosition, rowids_of: Callable[[int], Sequence[int]]
) -> tuple[int, int] | None:
    for article in position.articles:
        found = [index for index in map(order.index_of, rowids_of(article)) if index is not None]
        if found:  # of several documents of one article, the one nearest to the old index
            return min(found, key=lambda index: abs(index - position.index)), position.line
    return (min(position.index, len(order) - 1), position.line) if len(order) else None
