"""The articles of one library: lists, rows, whole articles, and finding them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.model import Article, Problem, Row
from reader.core.ordering import ArticleOrder, Sort
from reader.core.text import show_path
from reader.documents.files import EXTENSIONS, Folder, read_file
from reader.library.marks import LibraryMarks
from reader.storage.sqlite.index.reader import Index

if TYPE_CHECKING:
    from reader.documents.parse import ParsedDocument

_FIRST_CHUNK, _LARGEST_CHUNK = 500, 50_000
"""Articles per query of :meth:`LibraryArticles.next_unread`, at first and at most."""
_ID = re.compile(r"[0-9a-f]{16}")


class VanishedError(ReaderError):
    """A document is no longer in the index."""

    gone = True


class LibraryArticles:
    """The articles of one folder. Any thread may call it, and may wait for the disk. Raises ReaderError."""

    def __init__(self, folder: Folder, index: Callable[[], Index], marks: LibraryMarks) -> None:
        """``index`` returns the current index."""
        self._folder = folder
        self._index = index
        self._marks = marks

    def order(self, sort: Sort) -> ArticleOrder:
        """Return all articles in the order of ``sort``."""
        return ArticleOrder(sort, self._index().order(sort))

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

    def load(self, rowid: int) -> Article:
        """Return an article, parsed anew from its file.

        Raises ReaderError if the file is gone, unreadable or no longer a document.
        """
        path = self._index().path(rowid)
        if path is None:
            raise VanishedError("This document is no longer in the folder.", "It was moved or deleted.")
        parsed = self.parse(path)
        if parsed.article is None:
            why = parsed.problems[0].message if parsed.problems else "it is empty"
            raise ReaderError(f"{show_path(path)} can no longer be read as a document: {why}.", "See ! for details.")
        return parsed.article

    def parse(self, path: bytes) -> ParsedDocument:
        """Return the parsed file at ``path``, relative to the folder. Raises ReaderError if it is unreadable."""
        from reader.documents.parse import parse_document  # lazy: a list needs no parser

        return parse_document(path, read_file(self._folder, path).data)

    def ids(self, rowids: Sequence[int]) -> list[str]:
        """Return the distinct ids of the articles of these documents."""
        return self._index().ids_of(rowids)

    def rowids(self, id_: str) -> list[int]:
        """Return the row ids of the documents of one article: none, one, or several duplicates."""
        return self._index().rowids_by_id(id_)

    def rowid_by_url(self, urls: Iterable[str]) -> int | None:
        """Return the row id of the document with one of these addresses, the first that is found."""
        return next((found for found in map(self._index().rowid_by_url, urls) if found is not None), None)

    def collection_members(self, rowid: int, names: Sequence[str]) -> list[int | None]:
        """Return the documents that a collection lists, in order, as row ids; None for missing ones.

        A name is a path without extension, relative to the folder above the collection's own.
        """
        index = self._index()
        own = index.path(rowid) or b""
        base = own.rsplit(b"/", 2)[0] + b"/" if own.count(b"/") >= 2 else b""
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
                "Name it by its path, file name or id, as `newsreader list --json` gives them.",
            )
        if len(found) > 1:
            paths = ", ".join(row.path for row in self.rows(found[:5]))
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            raise ReaderError(f"{len(found)} documents have this name: {paths}{more}.", "Name one by its path.")
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
        """Return the index of the first unread article in ``order`` from ``start`` on, down (1) or up (-1)."""
        size, indexes = _FIRST_CHUNK, range(start, len(order) if step > 0 else -1, step)
        while indexes:
            chunk, indexes = indexes[:size], indexes[size:]
            ids = self._index().ids_by_row([order.rowids[index] for index in chunk])
            read_ids = self._marks.read_among(set(ids.values()))
            for index in chunk:
                id_ = ids.get(order.rowids[index])
                if id_ is not None and id_ not in read_ids:
                    return index
            size = min(2 * size, _LARGEST_CHUNK)
        return None

    def folders(self) -> frozenset[bytes]:
        """Return every folder that was scanned, relative to this one, which is the empty path."""
        return frozenset(self._index().folder_paths().values())

    def has_other_types(self) -> bool:
        """Return whether any document is not an article but, for example, a video."""
        return self._index().has_other_types()

    def problems(self) -> list[Problem]:
        """Return all problems of the documents, by path and line."""
        return self._index().problems()
