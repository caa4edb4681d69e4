"""One row per document: what lists, sorts and links need. Rebuilt from the folder at any time.

This is the reading half; :mod:`reader.storage.sqlite.index.writer` is the other. The only table of a
person's is elsewhere (:mod:`reader.storage.sqlite.marks.store`), so a file of another format, or a
damaged one, costs nothing but the time to read the folder again.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from reader.core.errors import describe_error
from reader.core.marks import id_to_int
from reader.core.model import Links, Problem, ReadProgress, Row
from reader.core.ordering import Sort
from reader.core.text import show_path
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
"""Raised with every change of the tables or of what parsing yields."""
_APPLICATION_ID = 0x6E657749  # "newI"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PATHS = "files f JOIN folders d ON d.rowid = f.folder"
_ROW = (
    "SELECT a.rowid, a.id, d.path, f.name, title, excerpt, published_at, original_url, web_url, amp_url, cdn_amp_url, "
    "type, quality, heat, provider_name, provider_domain, topics "
    "FROM articles a JOIN details USING (rowid) JOIN files f USING (rowid) JOIN folders d ON d.rowid = f.folder"
)
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ArticleTotals:
    """How many there are."""

    articles: int
    with_problems: int
    """Documents, files and folders with at least one problem."""
    complete: bool
    """Whether the folder has been read to its end."""


class Index:
    """The index of one folder. Use :meth:`open`. Every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing = threading.Lock()
        self._file = file_identity(database.path)
        self._searcher: Searcher | None = None

    @classmethod
    def open(cls, path: Path | None) -> tuple[Index, str]:
        """Return the index kept at ``path``, new where needed, and a sentence when it has to live in memory."""
        if path is not None:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                return cls(_ready(path)), ""
            except StorageError as error:
                notice = f"{error.message} The index is kept in memory."
                log.warning("index %s", show_path(path), exc_info=error)
            except OSError as error:
                notice = (
                    f"{show_path(path.parent)} cannot be used: {describe_error(error)}. The index is kept in memory."
                )
        else:
            notice = ""
        return cls(open_database(None, _prepare, durable=False)), notice

    def copied_to_memory(self) -> Index:
        """Return an index that ends with the program, with everything that can be read of this one."""
        copy = Index(open_database(None, _prepare, durable=False))
        with contextlib.suppress(StorageError), self._database.read() as source, copy._database.read() as target:
            source.backup(target)
        return copy

    @property
    def in_memory(self) -> bool:
        """Whether it ends with the program."""
        return self._database.path is None

    # What is there.

    def generation(self) -> int:
        """Return a number that rises whenever lists have changed."""
        with self._database.read() as db:
            return _generation(db)

    def order(self, sort: Sort) -> array[int]:
        """Return the row numbers of all articles in the order of ``sort``."""
        with self._database.read() as db:
            return sort_orders.order(db, sort)

    def rows(self, rowids: Sequence[int]) -> dict[int, Row]:
        """Return the articles of these row numbers that are there; marks are not filled in."""
        found: dict[int, Row] = {}
        with self._database.read() as db:
            for start in range(0, len(rowids), _ROWS_AT_ONCE):
                part = rowids[start : start + _ROWS_AT_ONCE]
                marks = ",".join("?" * len(part))
                for values in db.execute(f"{_ROW} WHERE a.rowid IN ({marks})", part):
                    try:
                        row = _row(values)
                    except (AssertionError, ValueError, OverflowError):  # values that nobody has written
                        self._database.damaged = True
                        raise StorageError(self._database.path, corruption_error()) from None
                    found[row.rowid] = row
        return found

    def ids_by_row(self, rowids: Sequence[int]) -> dict[int, str]:
        """Return the identity of each of these articles that is there, by row number."""
        numbers = f"[{','.join(map(str, rowids))}]"
        with self._database.read() as db:
            query = "SELECT a.rowid, a.id FROM json_each(?) JOIN articles a ON a.rowid = value"
            return {rowid: id_.to_bytes(8, "big", signed=True).hex() for rowid, id_ in db.execute(query, [numbers])}

    def ids_of(self, rowids: Sequence[int]) -> list[str]:
        """Return the identities of the articles of these documents, each once."""
        return list(dict.fromkeys(self.ids_by_row(rowids).values()))

    def folders(self) -> frozenset[bytes]:
        """Return the path of every folder that was looked through."""
        with self._database.read() as db:
            return frozenset(path for (path,) in db.execute("SELECT path FROM folders"))

    def documents(self) -> int:
        """Return how many files were taken in, documents or not."""
        with self._database.read() as db:
            return int(db.execute("SELECT count(*) FROM files").fetchone()[0])

    def paths(self) -> Iterator[tuple[int, bytes]]:
        """Yield row number and path of every file that was taken in."""
        with self._database.read() as db:
            for rowid, folder, name in db.execute(f"SELECT f.rowid, d.path, f.name FROM {_PATHS}"):  # noqa: S608
                yield rowid, join_path(folder, name)

    def path(self, rowid: int) -> bytes | None:
        """Return where a document lies in its folder, or None when it is gone."""
        with self._database.read() as db:
            found = db.execute(f"SELECT d.path, f.name FROM {_PATHS} WHERE f.rowid = ?", [rowid]).fetchone()  # noqa: S608
            return None if found is None else join_path(*found)

    def rowids_by_id(self, id_: str) -> list[int]:
        """Return the row numbers of the documents of one article."""
        with self._database.read() as db:
            return [
                r for (r,) in db.execute("SELECT rowid FROM articles WHERE id = ? ORDER BY rowid", [id_to_int(id_)])
            ]

    def rowid_by_path(self, path: bytes) -> int | None:
        """Return the row number of the article at ``path``."""
        folder, _, name = path.rpartition(b"/")
        with self._database.read() as db:
            query = (
                f"SELECT a.rowid FROM {_PATHS} JOIN articles a ON a.rowid = f.rowid "  # noqa: S608 - constants
                "WHERE d.path = ? AND f.name = ?"
            )
            found = db.execute(query, [folder, name]).fetchone()
            return None if found is None else found[0]

    def rowid_by_url(self, url: str) -> int | None:
        """Return the row number of the first document that any of whose addresses is ``url``, canonically."""
        key = url_key(url)
        if key is None:
            return None
        with self._database.read() as db:
            # The identity is made from one of the addresses; the others have a table of their own.
            query = (
                "SELECT min(rowid) FROM (SELECT rowid FROM articles WHERE id = :key "
                "UNION ALL SELECT article FROM urls WHERE url = :key)"
            )
            found = db.execute(query, {"key": key}).fetchone()
            return None if found[0] is None else int(found[0])

    def totals(self) -> ArticleTotals:
        """Return how many articles and how many with_problems documents there are."""
        with self._database.read() as db:
            articles = sort_orders.length(db)
            (with_problems,) = db.execute("SELECT count(DISTINCT path) FROM problems").fetchone()
            (complete,) = db.execute("SELECT value FROM facts WHERE name = 'complete'").fetchone()
        return ArticleTotals(articles, with_problems, bool(complete))

    def read_progress(self) -> ReadProgress | None:
        """Return how far whoever is writing has come, as it told itself; None when there is little to read.

        Asked by those who wait for it: of one that was killed, it is what it told last.
        """
        with self._database.read() as db:
            query = "SELECT name, value FROM facts WHERE name IN ('done', 'total', 'before', 'walking', 'began')"
            told = dict(db.execute(query).fetchall())
        if not told["total"]:
            return None
        return ReadProgress(told["done"], told["total"], told["before"], bool(told["walking"]), told["began"] / 1000)

    def count_rows(self, ids: Iterable[int]) -> int:
        """Return how many rows belong to one of ``ids`` (see :func:`reader.core.marks.id_to_int`)."""
        numbers = _in_order(ids)
        with self._database.read() as db:
            query = "SELECT count(*) FROM json_each(?) JOIN articles ON articles.id = value"
            return int(db.execute(query, [f"[{numbers}]"]).fetchone()[0]) if numbers else 0

    def searcher(self) -> Searcher:
        """Return what answers queries; it remembers what it was asked."""
        if self._searcher is None:
            from reader.storage.sqlite.search.evaluate import (
                Searcher,  # imported late: the first frame searches for nothing
            )

            self._searcher = Searcher(self._database)
        return self._searcher

    def rowids_of(self, ids: Iterable[int]) -> list[int]:
        """Return the row numbers of the documents of ``ids`` (see :func:`reader.core.marks.id_to_int`)."""
        numbers = _in_order(ids)
        if not numbers:
            return []
        with self._database.read() as db:
            query = "SELECT articles.rowid FROM json_each(?) JOIN articles ON articles.id = value"
            return [rowid for (rowid,) in db.execute(query, [f"[{numbers}]"])]

    def folder_paths(self) -> dict[int, bytes]:
        """Return the path of every folder that was looked through, by its row."""
        with self._database.read() as db:
            return dict(db.execute("SELECT rowid, path FROM folders").fetchall())

    def has_other_types(self) -> bool:
        """Return whether any document is something else than an article."""
        with self._database.read() as db:
            # In the words of the index other_types, so that SQLite looks there.
            query = "SELECT EXISTS (SELECT 1 FROM articles WHERE type NOT IN ('', 'article'))"
            return bool(db.execute(query).fetchone()[0])

    def check(self) -> None:
        """Look the whole file over. Raises StorageError, which says that it is damaged, when it is."""
        with self._database.read() as db:
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                self._database.damaged = True
                raise StorageError(self._database.path, sqlite3.DatabaseError("it is damaged"), damaged=True)

    def problem_count(self) -> int:
        """Return how many things are wrong."""
        with self._database.read() as db:
            return int(db.execute("SELECT count(*) FROM problems").fetchone()[0])

    def problems(self) -> list[Problem]:
        """Return everything that is wrong, by path and line."""
        with self._database.read() as db:
            query = "SELECT path, line, field, message FROM problems ORDER BY path, line, field"
            return [Problem(*values) for values in db.execute(query)]

    # Changing it.

    @contextlib.contextmanager
    def writer(self, wait: lock.KeepWaiting = lock.NO_WAIT) -> Iterator[IndexWriter]:
        """Lend what changes the index, to one at a time, on this machine.

        While another has it, ``wait`` is asked again and again whether to go on waiting.
        Raises :class:`reader.storage.sqlite.lock.BusyError` when it says no.
        """
        path = self._database.path
        with lock.locked(self._writing, None if path is None else path.with_suffix(".lock"), wait):
            from reader.storage.sqlite.index.writer import IndexWriter  # imported late: who only reads needs none

            yield IndexWriter(self._database)

    def close(self) -> None:
        """Close the file; one that turned out to be damaged is set aside, and built anew by the next start."""
        self._database.close()
        path = self._database.path
        # Another, the keeper of this very folder for one, may have set it aside already: what is there now is sound.
        if self._database.damaged and path is not None and file_identity(path) == self._file:
            with contextlib.suppress(OSError):  # another instance was quicker
                log.warning("the index is damaged and built anew; the former is %s", show_path(_put_away(path)))


def _in_order(ids: Iterable[int]) -> str:
    """Return numbers with commas between; in order, for a million at random are looked up in four times the time."""
    return ",".join(map(str, sorted(ids)))


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
        published_at=_EPOCH + when * _MICROSECOND if isinstance(when, int) else None,
        links=Links(str(original), str(original if web is None else web), str(amp), str(cdn)),
        type=str(type_),
        quality=quality if isinstance(quality, (int, float)) else None,
        heat=heat if isinstance(heat, (int, float)) else None,
        provider_name=str(name),
        provider_domain=str(domain),
        topics=tuple(str(topics).split("\n")) if topics else (),
    )


def _put_away(path: Path) -> Path:
    """Set a damaged index aside, and forget those that were damaged before: they can be built from the folder."""
    aside = quarantine(path)
    for former in path.parent.glob(f"{path.name}.damaged-*"):
        if former.name.removesuffix("-wal").removesuffix("-shm") != aside.name and former.is_file():
            former.unlink(missing_ok=True)
    return aside


def _ready(path: Path) -> Database:
    if path.is_dir():
        log.warning("%s is a folder. It is set aside.", show_path(path))
        quarantine(path)
    try:
        return open_database(path, _prepare, durable=False)
    except StorageError as error:
        if not error.damaged:
            raise
        log.warning("%s It is set aside, and built anew.", error.message)
    _put_away(path)
    return open_database(path, _prepare, durable=False)


def _prepare(database: Database) -> None:
    """Create the tables, in the place of those of another format."""
    with database.read() as db:
        if _is_ours(db):
            return
    from reader.storage.sqlite.index.schema import SCHEMA  # lazy: an existing index needs no tables

    with database.write() as db:
        if _is_ours(db):  # another instance was quicker
            return
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        if owner != _APPLICATION_ID and db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StorageError(database.path, sqlite3.DatabaseError("it is another program's file"), damaged=True)
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        for (table,) in db.execute(tables).fetchall():
            # IF EXISTS: a virtual table takes its shadows along.
            db.execute(f'DROP TABLE IF EXISTS "{table.replace(chr(34), chr(34) * 2)}"')
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={_FORMAT}")


def _is_ours(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(version == _FORMAT and owner == _APPLICATION_ID)


def _generation(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()[0])
