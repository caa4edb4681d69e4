"""The articles of one library: lists, rows, whole articles, and finding them."""

from __future__ import annotations

import os
import re
import threading
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.model import LIST_FIELDS, Article, ListField, Row
from reader.core.ordering import ArticleOrder, Sort
from reader.core.text import show_path
from reader.documents.files import EXTENSIONS, FileGoneError, Folder, base_of_members, read_file
from reader.library.marks import LibraryMarks
from reader.storage.sqlite.index import columns
from reader.storage.sqlite.index.folder_index import Index

if TYPE_CHECKING:
    from reader.documents.parse import ParsedDocument
    from reader.documents.resolve import ReadingOptions

_FIRST_CHUNK, _LARGEST_CHUNK = 500, 50_000
"""Articles per query of :meth:`LibraryArticles.next_unread`, at first and at most."""
_ID = re.compile(r"[0-9a-f]{16}")


class LibraryArticles:
    """The articles of one folder. Methods may be called in any thread, may wait for the disk, and raise ReaderError."""

    def __init__(
        self, folder: Folder, index: Callable[[], Index], marks: LibraryMarks, options: Callable[[], ReadingOptions]
    ) -> None:
        """``index`` returns the current index, ``options`` how documents are read."""
        self._folder = folder
        self._index = index
        self._marks = marks
        self._options = options
        self._guard = threading.Lock()
        self._stories: tuple[object, array[int], array[int]] | None = None
        """A state of the index, with the number of the story of each row, and the place of each row in it."""

    def usual_sort(self) -> Sort:
        """Return the order of lists until one is chosen: by date as long as no article states its quality."""
        return Sort() if self._index().has_values("quality") else Sort("date")

    def order(self, sort: Sort) -> ArticleOrder:
        """Return all articles but hidden ones in the order of ``sort``."""
        order, hidden = self._index().order(sort), self._marks.hidden_rows()
        if hidden:
            order = array("I", [rowid for rowid in order if rowid not in hidden])
        return ArticleOrder(sort, order)

    def grouped(self, order: ArticleOrder) -> ArticleOrder:
        """Return a list with a row for each story."""
        from reader.stories.groups import group_order  # lazy: few lists are grouped

        index = self._index()
        with self._guard, index.database.read() as db:
            state = (index, index.generation())
            if self._stories is None or self._stories[0] != state:
                self._stories = (state, columns.load(db, "story"), columns.load(db, "story rank"))
            _, story_of, place_of = self._stories
        return group_order(order, story_of, place_of)

    def rows(self, rowids: Sequence[int]) -> list[Row]:
        """Return the rows of ``rowids`` in that order, with their marks, without those that are gone."""
        index = self._index()
        found = index.rows(rowids)
        if rowids and not found:
            index.check()  # all are gone: an overwritten file does not have to look damaged
        marks = self._marks.marks_of([row.id for row in found.values()])
        return [
            replace(row, **marks[row.id]._asdict()) if row.id in marks else row
            for row in (found[rowid] for rowid in rowids if rowid in found)
        ]

    def fields(
        self, rows: Sequence[Row], has_values: Callable[[ListField], bool] | None = None
    ) -> frozenset[ListField]:
        """Return what some article of a list has, of which ``rows`` are loaded; an empty list has the usual fields.

        ``has_values`` looks in the whole list, unless that is the whole folder.
        """
        has_values = has_values or self._index().has_values
        if not rows:
            return frozenset(LIST_FIELDS) - {"type"}
        return frozenset(each for each in LIST_FIELDS if any(row.has(each) for row in rows) or has_values(each))

    def load(self, rowid: int) -> Article:
        """Return an article, parsed again from its file. Raises ReaderError if the file is gone or unreadable."""
        path = self._index().path(rowid)
        if path is None:
            raise FileGoneError("This document is no longer in the folder.", "It was moved or deleted.")
        return self.parse(path).article

    def parse(self, path: bytes) -> ParsedDocument:
        """Return the parsed file at ``path``, relative to the folder. Raises ReaderError if it is unreadable."""
        from reader.documents.parse import parse_document  # lazy: a list needs no parser

        return parse_document(path, read_file(self._folder, path).data, self._options())

    def collection_members(self, rowid: int, names: Sequence[str]) -> list[int | None]:
        """Return the documents that a collection lists, in order, as row ids; None for missing ones.

        A name is a path without extension, relative to the folder above the collection's own.
        """
        index = self._index()
        base = base_of_members(index.path(rowid) or b"")
        found: list[int | None] = []
        for name in names:
            paths = (base + os.fsencode(name + ending) for ending in sorted(EXTENSIONS))
            found.append(next((each for each in map(index.rowid_by_path, paths) if each is not None), None))
        return found

    def find(self, name: str) -> int:
        """Return the row id of the article with this path, file name, file name without extension, or id.

        Raises ReaderError if there is none, or more than one.
        """
        index = self._index()
        exact = index.rowid_by_path(os.fsencode(name.removeprefix("./")))
        if exact is not None:
            return exact
        found = index.rowids_by_id(name) if _ID.fullmatch(name) else []
        found = found or self._named(name)
        if not found:
            raise ReaderError(
                f"There is no article “{show_path(os.fsencode(name))}” in {self._folder.name}.",
                "Give its path, file name or id; `newsreader list PATH --json` prints them.",
            )
        if len(found) > 1:
            paths = ", ".join(row.path for row in self.rows(found[:5]))
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            raise ReaderError(f"{len(found)} documents have this name: {paths}{more}.", "Give the path of one of them.")
        return found[0]

    def _named(self, name: str) -> list[int]:
        """Return the articles with this absolute path, file name, or file name without extension."""
        index = self._index()
        wanted = os.fsencode(name)
        if os.path.isabs(wanted):
            inside = os.path.relpath(os.path.realpath(wanted), os.fsencode(self._folder.root))
            found = index.rowid_by_path(inside)
            return [] if found is None else [found]
        paths = [(path, rowid) for rowid, path in index.paths()]
        by_name = [rowid for path, rowid in paths if path.rsplit(b"/", 1)[-1] == wanted]
        by_name = by_name or [rowid for path, rowid in paths if show_path(path) == name]  # as `list` prints it
        by_stem = [rowid for path, rowid in paths if os.path.splitext(path.rsplit(b"/", 1)[-1])[0] == wanted]
        return sorted(index.rows(by_name or by_stem))

    def next_unread(self, order: ArticleOrder, start: int, step: int) -> int | None:
        """Return the index of the first unread row in ``order`` from ``start`` on, down (1) or up (-1)."""
        size, indexes = _FIRST_CHUNK, range(start, len(order) if step > 0 else -1, step)
        while indexes:
            chunk, indexes = indexes[:size], indexes[size:]
            articles = [order.articles_of(order.rowids[index]) for index in chunk]
            ids = self._index().ids_by_row([rowid for each in articles for rowid in each])
            read_ids = self._marks.store.read_among(set(ids.values()))
            unread = {rowid for rowid, id_ in ids.items() if id_ not in read_ids}
            for index, each in zip(chunk, articles, strict=True):
                if not unread.isdisjoint(each):
                    return index
            size = min(2 * size, _LARGEST_CHUNK)
        return None
