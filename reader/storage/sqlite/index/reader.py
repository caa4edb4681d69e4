"""The index of a folder, a row per document: reads what lists, sorts and links need.

:mod:`reader.storage.sqlite.index.writer` writes it. Marks are stored elsewhere
(:mod:`reader.storage.sqlite.marks.store`), so an index that is damaged or has another format is rebuilt
from the folder without loss.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reader.core.errors import describe_error
from reader.core.marks import id_to_int
from reader.core.model import Links, Problem, ReadProgress, Row
from reader.core.ordering import Sort
from reader.core.text import show_path
from reader.core.times import from_micros
from reader.core.urls import url_key
from reader.documents.files import join_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import (
    Database,
    StorageError,
    corruption_error,
    file_identity,
    open_database,
    quarantine,
)
from reader.storage.sqlite.index import sort_orders

if TYPE_CHECKING:
    from reader.storage.sqlite.index.writer import IndexWriter
    from reader.storage.sqlite.search.evaluate import Searcher

log = logging.getLogger(__name__)

_FORMAT = 7
"""Incremented with every change of the tables or of the parser's results."""
_APPLICATION_ID = 0x6E657749  # "newI"
_PATHS = "files f JOIN folders d ON d.rowid = f.folder"
_ROW = (
    "SELECT a.rowid, a.id, d.path, f.name, title, excerpt, published_at, original_url, web_url, amp_url, cdn_amp_url, "
    "type, quality, heat, provider_name, provider_domain, topics "
    "FROM articles a JOIN details USING (rowid) JOIN files f USING (rowid) JOIN folders d ON d.rowid = f.folder"
)
_ROWS_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class ArticleTotals:
    """Numbers of articles and problems."""

    articles: int
    problems: int
    with_problems: int
    """The number of documents, files and folders with at least one problem."""
    complete: bool
    """Whether the whole folder was scanned."""


class Index:
    """The index of one folder; create it with :meth:`open`. Every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer_lock = threading.Lock()
        self._file = file_identity(database.path)
        self._searcher: Searcher | None = None

    @classmethod
    def open(cls, path: Path | None) -> tuple[Index, str]:
        """Open or create the index at ``path``; None for memory.

        Return it with a notice, which is not empty if it has to be in memory.
        """
        if path is not None:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                return cls(_open_or_rebuild(path)), ""
            except StorageError as error:
                notice = f"{error.message} The index is kept in memory."
                log.warning("cannot open the index %s", show_path(path), exc_info=error)
            except OSError as error:
                notice = (
                    f"{show_path(path.parent)} cannot be used: {describe_error(error)}. The index is kept in memory."
                )
        else:
            notice = ""
        return cls(open_database(None, _prepare, durable=False)), notice

    def copied_to_memory(self) -> Index:
        """Return an index in memory with a copy of this one, empty if this one cannot be read."""
        copy = Index(open_database(None, _prepare, durable=False))
        with contextlib.suppress(StorageError), self._database.read() as source, copy._database.read() as target:
            source.backup(target)
        return copy

    @property
    def in_memory(self) -> bool:
        """Whether the index is in memory only."""
        return self._database.path is None

    # Reading.

    def generation(self) -> int:
        """Return a number that increases whenever lists change."""
        with self._database.read() as db:
            return int(db.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()[0])

    def order(self, sort: Sort) -> array[int]:
        """Return the row ids of all articles in the order of ``sort``."""
        with self._database.read() as db:
            return sort_orders.load_order(db, sort)

    def rows(self, rowids: Sequence[int]) -> dict[int, Row]:
        """Return the existing articles among ``rowids`` by row id, without marks."""
        rows: dict[int, Row] = {}
        with self._database.read() as db:
            for start in range(0, len(rowids), _ROWS_PER_QUERY):
                chunk = rowids[start : start + _ROWS_PER_QUERY]
                marks = ",".join("?" * len(chunk))
                for values in db.execute(f"{_ROW} WHERE a.rowid IN ({marks})", chunk):
                    try:
                        row = _row(values)
                    except (AssertionError, ValueError, OverflowError):  # values that are never written
                        self._database.damaged = True
                        raise StorageError(self._database.path, corruption_error()) from None
                    rows[row.rowid] = row
        return rows

    def ids_by_row(self, rowids: Sequence[int]) -> dict[int, str]:
        """Return the ids of the existing articles among ``rowids``, by row id."""
        numbers = f"[{','.join(map(str, rowids))}]"
        with self._database.read() as db:
            query = "SELECT a.rowid, a.id FROM json_each(?) JOIN articles a ON a.rowid = value"
            return {rowid: id_.to_bytes(8, "big", signed=True).hex() for rowid, id_ in db.execute(query, [numbers])}

    def ids_of(self, rowids: Sequence[int]) -> list[str]:
        """Return the ids of the existing articles among ``rowids``, without duplicates."""
        return list(dict.fromkeys(self.ids_by_row(rowids).values()))

    def folder_paths(self) -> dict[int, bytes]:
        """Return the paths of all scanned folders by their row id."""
        with self._database.read() as db:
            return dict(db.execute("SELECT rowid, path FROM folders").fetchall())

    def documents(self) -> int:
        """Return the number of files in the index, including files that are not documents."""
        with self._database.read() as db:
            return int(db.execute("SELECT count(*) FROM files").fetchone()[0])

    def paths(self) -> Iterator[tuple[int, bytes]]:
        """Yield the row id and path of every file in the index."""
        with self._database.read() as db:
            for rowid, folder, name in db.execute(f"SELECT f.rowid, d.path, f.name FROM {_PATHS}"):  # noqa: S608
                yield rowid, join_path(folder, name)

    def path(self, rowid: int) -> bytes | None:
        """Return the path of a file relative to the folder of the index, or None if it no longer exists."""
        with self._database.read() as db:
            row = db.execute(f"SELECT d.path, f.name FROM {_PATHS} WHERE f.rowid = ?", [rowid]).fetchone()  # noqa: S608
            return None if row is None else join_path(*row)

    def rowids_by_id(self, id_: str) -> list[int]:
        """Return the row ids of the documents with one article id, ascending."""
        with self._database.read() as db:
            query = "SELECT rowid FROM articles WHERE id = ? ORDER BY rowid"
            return [rowid for (rowid,) in db.execute(query, [id_to_int(id_)])]

    def rowid_by_path(self, path: bytes) -> int | None:
        """Return the row id of the article at ``path``, or None."""
        folder, _, name = path.rpartition(b"/")
        with self._database.read() as db:
            query = (
                f"SELECT a.rowid FROM {_PATHS} JOIN articles a ON a.rowid = f.rowid "  # noqa: S608 - constants
                "WHERE d.path = ? AND f.name = ?"
            )
            row = db.execute(query, [folder, name]).fetchone()
            return None if row is None else row[0]

    def rowid_by_url(self, url: str) -> int | None:
        """Return the lowest row id of the documents with the canonical form of ``url`` among their URLs, or None."""
        key = url_key(url)
        if key is None:
            return None
        with self._database.read() as db:
            # An article's id is the key of one of its URLs; a separate table contains the others.
            query = (
                "SELECT min(rowid) FROM (SELECT rowid FROM articles WHERE id = :key "
                "UNION ALL SELECT article FROM urls WHERE url = :key)"
            )
            row = db.execute(query, {"key": key}).fetchone()
            return None if row[0] is None else int(row[0])

    def totals(self) -> ArticleTotals:
        """Return the numbers of articles and problems."""
        with self._database.read() as db:
            articles = sort_orders.article_count(db)
            problems, with_problems = db.execute("SELECT count(*), count(DISTINCT path) FROM problems").fetchone()
            (complete,) = db.execute("SELECT value FROM facts WHERE name = 'complete'").fetchone()
        return ArticleTotals(articles, problems, with_problems, bool(complete))

    def read_progress(self) -> ReadProgress | None:
        """Return the progress that the present writer stored, or None if there is none.

        After a writer was killed, this is the last progress that it stored.
        """
        with self._database.read() as db:
            query = "SELECT name, value FROM facts WHERE name IN ('done', 'total', 'before', 'walking', 'began')"
            facts = dict(db.execute(query).fetchall())
        if not facts["total"]:
            return None
        walking, began = bool(facts["walking"]), facts["began"] / 1000
        return ReadProgress(facts["done"], facts["total"], facts["before"], walking, began)

    def count_rows(self, ids: Iterable[int]) -> int:
        """Return the number of rows of the articles ``ids`` (see :func:`reader.core.marks.id_to_int`)."""
        numbers = _sorted_json(ids)
        with self._database.read() as db:
            query = "SELECT count(*) FROM json_each(?) JOIN articles ON articles.id = value"
            return int(db.execute(query, [numbers]).fetchone()[0]) if numbers else 0

    def rowids_of(self, ids: Iterable[int]) -> list[int]:
        """Return the row ids of the articles ``ids`` (see :func:`reader.core.marks.id_to_int`)."""
        numbers = _sorted_json(ids)
        if not numbers:
            return []
        with self._database.read() as db:
            query = "SELECT articles.rowid FROM json_each(?) JOIN articles ON articles.id = value"
            return [rowid for (rowid,) in db.execute(query, [numbers])]

    def searcher(self) -> Searcher:
        """Return the searcher of this index, which caches its results."""
        if self._searcher is None:
            from reader.storage.sqlite.search.evaluate import Searcher  # lazy: the first frame needs no search

            self._searcher = Searcher(self._database)
        return self._searcher

    def has_other_types(self) -> bool:
        """Return whether any document is not an article."""
        with self._database.read() as db:
            # The same condition as the partial index other_types, so that SQLite uses it.
            query = "SELECT EXISTS (SELECT 1 FROM articles WHERE type NOT IN ('', 'article'))"
            return bool(db.execute(query).fetchone()[0])

    def check(self) -> None:
        """Check the integrity of the file. Raises StorageError with ``damaged`` if it is damaged."""
        with self._database.read() as db:
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                self._database.damaged = True
                raise StorageError(self._database.path, sqlite3.DatabaseError("it is damaged"), damaged=True)

    def problems(self) -> list[Problem]:
        """Return all problems by path, line and field."""
        with self._database.read() as db:
            query = "SELECT path, line, field, message FROM problems ORDER BY path, line, field"
            return [Problem(*values) for values in db.execute(query)]

    # Writing.

    @contextlib.contextmanager
    def writer(self, wait: lock.KeepWaiting = lock.NO_WAIT) -> Iterator[IndexWriter]:
        """Lock the index for writing and yield its writer; there is one at a time on this machine.

        While another process has the lock, ``wait`` is called repeatedly; when it returns false,
        :class:`reader.storage.sqlite.lock.BusyError` is raised.
        """
        path = self._database.path
        with lock.locked(self._writer_lock, None if path is None else path.with_suffix(".lock"), wait):
            from reader.storage.sqlite.index.writer import IndexWriter  # lazy: not needed for reading

            yield IndexWriter(self._database)

    def close(self) -> None:
        """Close the file. A damaged one is set aside, so that the next start builds a new one."""
        self._database.close()
        path = self._database.path
        # Another process, such as the updater, may have replaced it already; leave the new file alone.
        if self._database.damaged and path is not None and file_identity(path) == self._file:
            with contextlib.suppress(OSError):  # another instance was faster
                log.warning("the index is damaged and will be rebuilt; it is now %s", show_path(_set_aside(path)))


def _sorted_json(ids: Iterable[int]) -> str:
    """Return a JSON array of ids, empty without any; sorted, because SQLite finds a million four times as fast."""
    numbers = ",".join(map(str, sorted(ids)))
    return numbers and f"[{numbers}]"


def _row(values: Sequence[object]) -> Row:
    rowid, id_, folder, file, title, excerpt, when, original, web, amp, cdn, *rest = values
    type_, quality, heat, name, domain, topics = rest
    assert isinstance(rowid, int)
    assert isinstance(id_, int)
    assert isinstance(folder, bytes)
    assert isinstance(file, bytes)
    return Row(
        rowid=rowid,
        id=id_.to_bytes(8, "big", signed=True).hex(),
        path=show_path(join_path(folder, file)),
        title=str(title),
        excerpt=str(excerpt),
        published_at=from_micros(when) if isinstance(when, int) else None,
        links=Links(str(original), str(original if web is None else web), str(amp), str(cdn)),
        type=str(type_),
        quality=quality if isinstance(quality, (int, float)) else None,
        heat=heat if isinstance(heat, (int, float)) else None,
        provider_name=str(name),
        provider_domain=str(domain),
        topics=tuple(str(topics).split("\n")) if topics else (),
    )


def _set_aside(path: Path) -> Path:
    """Rename a damaged index, and delete those set aside before: the folder has all their contents."""
    aside = quarantine(path)
    for former in path.parent.glob(f"{path.name}.damaged-*"):
        if former.name.removesuffix("-wal").removesuffix("-shm") != aside.name and former.is_file():
            former.unlink(missing_ok=True)
    return aside


def _open_or_rebuild(path: Path) -> Database:
    if path.is_dir():
        log.warning("%s is a folder. It is set aside.", show_path(path))
        quarantine(path)
    try:
        return open_database(path, _prepare, durable=False)
    except StorageError as error:
        if not error.damaged:
            raise
        log.warning("%s The index is set aside and rebuilt.", error.message)
    _set_aside(path)
    return open_database(path, _prepare, durable=False)


def _prepare(database: Database) -> None:
    """Create the tables, replacing those of another format."""
    with database.read() as db:
        if _is_current_format(db):
            return
    from reader.storage.sqlite.index.schema import SCHEMA  # lazy: an existing index needs no tables

    with database.write() as db:
        if _is_current_format(db):  # another instance was faster
            return
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        if owner != _APPLICATION_ID and db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StorageError(database.path, sqlite3.DatabaseError("it is another program's file"), damaged=True)
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        for (table,) in db.execute(tables).fetchall():
            # IF EXISTS: dropping a virtual table drops its shadow tables.
            db.execute(f'DROP TABLE IF EXISTS "{table.replace(chr(34), chr(34) * 2)}"')
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={_FORMAT}")


def _is_current_format(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(version == _FORMAT and owner == _APPLICATION_ID)
