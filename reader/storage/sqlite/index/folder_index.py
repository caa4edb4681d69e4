"""The index of a folder, a row per document: reads what lists, sorts and links need.

:mod:`reader.storage.sqlite.index.writer` writes it. Marks are stored elsewhere
(:mod:`reader.storage.sqlite.marks.store`), so an index that is damaged, or in another format, is rebuilt
from the folder without loss.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sqlite3
import threading
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reader.core.errors import describe_error
from reader.core.marks import id_to_int, int_to_id
from reader.core.model import PRECISIONS, IndexTotals, Links, ListField, Problem, ReadProgress, Row
from reader.core.ordering import Sort
from reader.core.paths import INDEX_FORMAT
from reader.core.text import show_path
from reader.core.times import from_micros
from reader.core.urls import url_key
from reader.documents.files import join_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import (
    Database,
    StorageError,
    corruption_error,
    delete_quarantined,
    json_array,
    open_database,
    quarantine,
)
from reader.storage.sqlite.index import sort_orders
from reader.storage.sqlite.index.facts import read_fact

if TYPE_CHECKING:
    from reader.storage.sqlite.index.writer import IndexWriter

log = logging.getLogger(__name__)

_FIRST_FORMAT_WITH_PLACES = 8
"""Before, the id of an article was another: see :func:`reader.core.urls.previous_id`."""
_APPLICATION_ID = 0x6E657749  # "newI"
_PATHS = "files f JOIN folders d ON d.rowid = f.folder"
_ROW = (
    "SELECT a.rowid, a.id, d.path, f.name, title, excerpt, published_at, precision, original_url, web_url, amp_url, "
    "cdn_amp_url, type, quality, a.heat, provider_name, provider_domain, topics, authors, "
    "a.heat_estimate, quality_estimate, s.id, sources, "
    "iif(copy_of IS NULL, 1, (SELECT count(*) FROM articles c WHERE c.copy_of = a.copy_of)) "
    "FROM articles a JOIN details USING (rowid) JOIN files f USING (rowid) JOIN folders d ON d.rowid = f.folder "
    "LEFT JOIN stories s ON s.id = a.story"
)


class Index:
    """The index of one folder; create it with :meth:`open`. Every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._writer_lock = threading.Lock()

    @classmethod
    def open(cls, path: Path | None) -> tuple[Index, str]:
        """Open or create the index at ``path``; None for memory.

        Return it with a notice, which is not empty if it has to be in memory.
        """
        notice = ""
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
        return cls(open_database(None, _prepare, durable=False)), notice

    def copied_to_memory(self) -> Index:
        """Return an index in memory with a copy of this one, empty if this one cannot be read."""
        copy = Index(open_database(None, _prepare, durable=False))
        with contextlib.suppress(StorageError), self.database.read() as source, copy.database.read() as target:
            source.backup(target)
        return copy

    @property
    def in_memory(self) -> bool:
        """Whether the index is in memory only."""
        return self.database.path is None

    def is_gone(self) -> bool:
        """Return whether the file was deleted or replaced while it is open; what was read of it is still here."""
        return not self.database.is_current()

    # Reading.

    def generation(self) -> int:
        """Return a number that increases whenever lists change."""
        with self.database.read() as db:
            return read_fact(db, "generation")

    def order(self, sort: Sort) -> array[int]:
        """Return the row ids of all articles in the order of ``sort``."""
        with self.database.read() as db:
            return sort_orders.load_order(db, sort)

    def rows(self, rowids: Sequence[int]) -> dict[int, Row]:
        """Return the existing articles among ``rowids`` by row id, without marks."""
        rows: dict[int, Row] = {}
        with self.database.read() as db:
            query = f"{_ROW} WHERE a.rowid IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
            for values in db.execute(query, [json_array(rowids)]):
                try:
                    row = _row(values)
                except (AssertionError, ValueError, OverflowError):  # values that are never written
                    self.database.damaged = True
                    raise StorageError(self.database.path, corruption_error()) from None
                rows[row.rowid] = row
        return rows

    def ids_by_row(self, rowids: Sequence[int]) -> dict[int, str]:
        """Return the ids of the existing articles among ``rowids``, by row id."""
        query = "SELECT a.rowid, a.id FROM json_each(?) JOIN articles a ON a.rowid = value"
        return {rowid: int_to_id(id_) for rowid, id_ in self.database.select(query, [json_array(rowids)])}

    def ids_of(self, rowids: Sequence[int]) -> list[str]:
        """Return the ids of the existing articles among ``rowids``, without duplicates."""
        return list(dict.fromkeys(self.ids_by_row(rowids).values()))

    def folder_paths(self) -> dict[int, bytes]:
        """Return the paths of all scanned folders by their row id."""
        return dict(self.database.select("SELECT rowid, path FROM folders"))

    def documents(self) -> int:
        """Return the number of files in the index, including files that are not documents."""
        return int(self.database.select("SELECT count(*) FROM files")[0][0])

    def paths(self) -> Iterator[tuple[int, bytes]]:
        """Yield the row id and path of every file in the index."""
        with self.database.read() as db:
            for rowid, folder, name in db.execute(f"SELECT f.rowid, d.path, f.name FROM {_PATHS}"):  # noqa: S608
                yield rowid, join_path(folder, name)

    def path(self, rowid: int) -> bytes | None:
        """Return the path of a file relative to the folder of the index, or None if it no longer exists."""
        query = f"SELECT d.path, f.name FROM {_PATHS} WHERE f.rowid = ?"  # noqa: S608 - constants
        return next((join_path(*row) for row in self.database.select(query, [rowid])), None)

    def rowids_by_id(self, id_: str) -> list[int]:
        """Return the row ids of the documents with one article id, ascending."""
        query = "SELECT rowid FROM articles WHERE id = ? ORDER BY rowid"
        return [rowid for (rowid,) in self.database.select(query, [id_to_int(id_)])]

    def rowid_by_path(self, path: bytes) -> int | None:
        """Return the row id of the article at ``path``, or None."""
        folder, _, name = path.rpartition(b"/")
        query = (
            f"SELECT a.rowid FROM {_PATHS} JOIN articles a ON a.rowid = f.rowid "  # noqa: S608 - constants
            "WHERE d.path = ? AND f.name = ?"
        )
        return next((rowid for (rowid,) in self.database.select(query, [folder, name])), None)

    def rowid_by_url(self, urls: Iterable[str]) -> int | None:
        """Return the row id of the document with one of ``urls``, in canonical form, the first that is found.

        Of several documents with that URL, the lowest; None if there is none.
        """
        # An article's id is the key of one of its URLs; a separate table contains the others.
        query = "SELECT rowid FROM articles WHERE id = :key UNION ALL SELECT article FROM urls WHERE url = :key"
        keys = (key for key in map(url_key, urls) if key is not None)
        found = (min(rows)[0] for key in keys if (rows := self.database.select(query, {"key": key})))
        return next(found, None)

    def totals(self) -> IndexTotals:
        """Return the numbers of articles and problems."""
        with self.database.read() as db:
            articles = sort_orders.article_count(db)
            query = "SELECT count(*), count(DISTINCT path), count(DISTINCT iif(file IS NULL, path, NULL)) FROM problems"
            problems, with_problems, unlisted = db.execute(query).fetchone()
            complete = bool(read_fact(db, "complete"))
        return IndexTotals(articles, problems, with_problems, complete, unlisted)

    def read_progress(self) -> ReadProgress | None:
        """Return the progress that the current writer stored, or None if there is none.

        If a writer was killed, this is the last progress it stored.
        """
        query = "SELECT name, value FROM facts WHERE name IN ('done', 'total', 'before', 'walking', 'began')"
        facts = dict(self.database.select(query))
        return ReadProgress(**facts | {"began": facts["began"] / 1000}) if facts["total"] else None

    def count_rows(self, ids: Collection[int]) -> int:
        """Return the number of rows of the articles ``ids`` (see :func:`reader.core.marks.id_to_int`)."""
        query = "SELECT count(*) FROM json_each(?) JOIN articles ON articles.id = value"
        return int(self.database.select(query, [json_array(sorted(ids))])[0][0]) if ids else 0

    def rowids_of(self, ids: Collection[int]) -> list[int]:
        """Return the row ids of the articles ``ids`` (see :func:`reader.core.marks.id_to_int`)."""
        query = "SELECT articles.rowid FROM json_each(?) JOIN articles ON articles.id = value"
        # Sorted, because SQLite finds a million four times as fast.
        return [rowid for (rowid,) in self.database.select(query, [json_array(sorted(ids))])] if ids else []

    def has_values(self, field: ListField) -> bool:
        """Return whether any document has ``field``; as to the type, whether it is anything but an article."""
        with self.database.read() as db:
            match field:
                case "quality" | "heat" | "date":
                    return sort_orders.has_values(db, field)
                case "type":
                    # The same condition as the partial index other_types, so that SQLite uses it.
                    query = "SELECT 1 FROM articles WHERE type NOT IN ('', 'article') LIMIT 1"
                    return db.execute(query).fetchone() is not None
                case _:
                    from reader.storage.sqlite.index import columns  # lazy: most folders have both

                    return bool(columns.load(db, field).tobytes().strip(b"\0"))

    def check(self) -> None:
        """Check the integrity of the file. Raises StorageError with ``damaged`` if it is damaged."""
        if self.database.select("PRAGMA quick_check(1)") != [("ok",)]:
            self.database.damaged = True
            raise StorageError(self.database.path, sqlite3.DatabaseError("it is damaged"), damaged=True)

    def problems(self) -> list[Problem]:
        """Return all problems by path, line and field."""
        query = "SELECT path, line, field, message FROM problems ORDER BY path, line, field"
        return [Problem(*values) for values in self.database.select(query)]

    # Writing.

    @contextlib.contextmanager
    def writer(self, wait: lock.KeepWaiting = lock.NO_WAIT) -> Iterator[IndexWriter]:
        """Lock the index for writing and yield its writer; there is one at a time on this machine.

        While another process has the lock, ``wait`` is called repeatedly; when it returns false,
        :class:`reader.storage.sqlite.lock.BusyError` is raised.
        """
        path = self.database.path
        with lock.locked(self._writer_lock, None if path is None else path.with_suffix(".lock"), wait):
            from reader.storage.sqlite.index.writer import IndexWriter  # lazy: not needed for reading

            yield IndexWriter(self.database)

    def close(self) -> None:
        """Close the file. A damaged one is set aside, so that the next start builds a new one."""
        self.database.close()
        path = self.database.path
        # Another process, such as the updater, may have replaced it already; leave the new file alone.
        if self.database.damaged and path is not None and self.database.is_current():
            with contextlib.suppress(OSError):  # another instance was faster
                log.warning("the index is damaged and will be rebuilt; it is now %s", show_path(_set_aside(path)))


def _row(values: Sequence[object]) -> Row:
    rowid, id_, folder, file, title, excerpt, when, precision, original, web, amp, cdn, *rest = values
    type_, quality, heat, name, domain, topics, authors, heat_estimate, quality_estimate, story, sources, copies = rest
    assert isinstance(rowid, int)
    assert isinstance(id_, int)
    assert isinstance(folder, bytes)
    assert isinstance(file, bytes)
    assert isinstance(precision, int)
    return Row(
        rowid=rowid,
        id=int_to_id(id_),
        path=show_path(join_path(folder, file)),
        title=str(title),
        excerpt=str(excerpt),
        published_at=from_micros(when) if isinstance(when, int) else None,
        precision=PRECISIONS[precision],
        links=Links(str(original), str(original if web is None else web), str(amp), str(cdn)),
        type=str(type_),
        quality=quality if isinstance(quality, (int, float)) else None,
        heat=heat if isinstance(heat, (int, float)) else None,
        provider_name=str(name),
        provider_domain=str(domain),
        topics=tuple(str(topics).split("\n")) if topics else (),
        authors=tuple(str(authors).split("\n")) if authors else (),
        heat_estimate=heat_estimate if isinstance(heat_estimate, (int, float)) else None,
        quality_estimate=quality_estimate if isinstance(quality_estimate, (int, float)) else None,
        story=int_to_id(story) if isinstance(story, int) else "",
        sources=sources if isinstance(sources, int) else 0,
        copies=copies if isinstance(copies, int) else 1,
    )


def _set_aside(path: Path) -> Path:
    """Rename a damaged index, and delete those set aside earlier: the folder has all their contents."""
    aside = quarantine(path)
    delete_quarantined(path, aside)
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
    """Create the tables in an empty file, and delete what earlier versions had for the folder."""
    with database.read() as db:
        if _is_current_format(db):
            return
    from reader.storage.sqlite.index.schema import SCHEMA  # lazy: an existing index needs no tables

    with database.write() as db:
        if _is_current_format(db):  # another instance was faster
            return
        if db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StorageError(database.path, sqlite3.DatabaseError("it has other tables"), damaged=True)
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        earlier = [] if database.path is None else _files_of_earlier_versions(database.path)
        if any(0 < _user_version(file) < _FIRST_FORMAT_WITH_PLACES for file in earlier if file.suffix == ".db"):
            db.execute("UPDATE facts SET value = 1 WHERE name = 'old_ids'")
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={INDEX_FORMAT}")
    for file in earlier:
        with contextlib.suppress(OSError):  # an earlier version that has it open creates another
            file.unlink()


def _is_current_format(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(version == INDEX_FORMAT and owner == _APPLICATION_ID)


def _files_of_earlier_versions(path: Path) -> list[Path]:
    """Return the indexes of the same folder in earlier formats, with their journals and what was set aside."""
    folder = path.name.removesuffix(f"-{INDEX_FORMAT}.db")
    formats = (
        (file, re.match(r"(?:-(\d+))?\.db", file.name[len(folder) :])) for file in path.parent.glob(f"{folder}*")
    )
    # At first, the format was not in the name.
    return [file for file, format_ in formats if format_ and int(format_[1] or 0) < INDEX_FORMAT]


def _user_version(file: Path) -> int:
    """Return the user version in the header of an SQLite file (https://sqlite.org/fileformat.html), or 0."""
    with contextlib.suppress(OSError), file.open("rb") as opened:
        return int.from_bytes(opened.read(64)[60:])
    return 0
