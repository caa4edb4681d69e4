"""One row per document: what lists, sorts and links need. Rebuilt from the folder at any time.

The only table of a person's is elsewhere (:mod:`reader.library.state`), so a file of
another format, or a damaged one, costs nothing but the time to read the folder again.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reader.documents.walk import Candidate
from reader.errors import reason
from reader.library.database import Database, StorageError, prepared, set_aside
from reader.library.state import number
from reader.library.view import Sort
from reader.model import Article, Links, Problem, Row
from reader.text import show_path
from reader.urls import article_id, url_key

log = logging.getLogger(__name__)

_FORMAT = 2
"""Raised with every change of the tables or of what parsing yields."""
_APPLICATION_ID = 0x6E657749  # "newI"
_SCHEMA = """
CREATE TABLE files (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT, -- a row number on somebody's screen never comes to mean another document
    path BLOB NOT NULL UNIQUE,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE articles (
    rowid INTEGER PRIMARY KEY REFERENCES files,
    id INTEGER NOT NULL,
    title TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    published_at INTEGER,
    original_url TEXT NOT NULL,
    web_url TEXT NOT NULL,
    amp_url TEXT NOT NULL,
    cdn_amp_url TEXT NOT NULL,
    type TEXT NOT NULL,
    quality NUMERIC,
    heat NUMERIC,
    provider_name TEXT NOT NULL,
    provider_domain TEXT NOT NULL,
    topics TEXT NOT NULL
);
CREATE INDEX articles_by_id ON articles (id);
CREATE TABLE urls (url INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (url, article)) WITHOUT ROWID;
CREATE INDEX urls_by_article ON urls (article);
CREATE TABLE problems (
    file INTEGER,
    path TEXT NOT NULL,
    line INTEGER NOT NULL,
    field TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX problems_by_file ON problems (file);
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROW = (
    "SELECT a.rowid, a.id, f.path, title, excerpt, published_at, original_url, web_url, amp_url, cdn_amp_url, "
    "type, quality, heat, provider_name, provider_domain, topics FROM articles a JOIN files f ON f.rowid = a.rowid"
)
UNREAD_AGAIN = -1
"""As a file's time of change: it could not be read, so the next refresh tries again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it goes into the index."""

    candidate: Candidate
    article: Article | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many there are."""

    articles: int
    troubled: int
    """Documents, files and folders with at least one problem."""


class Index:
    """The index of one folder. Use :meth:`open`. Every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
                notice = f"{show_path(path.parent)} cannot be used: {reason(error)}. The index is kept in memory."
        else:
            notice = ""
        return cls(prepared(None, _prepare, durable=False)), notice

    # What is there.

    def files(self) -> dict[bytes, tuple[int, int, int]]:
        """Return every file that was taken in: path -> (row number, time of change in ns, size in bytes)."""
        with self._database.read() as db:
            rows = db.execute("SELECT path, rowid, mtime_ns, size FROM files")
            return {path: (rowid, mtime_ns, size) for path, rowid, mtime_ns, size in rows}

    def order(self, sort: Sort) -> array[int]:
        """Return the row numbers of all articles in the order of ``sort``."""
        with self._database.read() as db:
            # The terms are constants of Sort; nothing of a person or a document is in them.
            return array("q", [r for (r,) in db.execute(f"SELECT rowid FROM articles ORDER BY {sort.sql()}")])  # noqa: S608

    def rows(self, rowids: Sequence[int]) -> dict[int, Row]:
        """Return the articles of these row numbers that are there; marks are not filled in."""
        found: dict[int, Row] = {}
        with self._database.read() as db:
            for start in range(0, len(rowids), 500):
                part = rowids[start : start + 500]
                marks = ",".join("?" * len(part))
                for values in db.execute(f"{_ROW} WHERE a.rowid IN ({marks})", part):
                    row = _row(values)
                    found[row.rowid] = row
        return found

    def path(self, rowid: int) -> bytes | None:
        """Return where a document lies in its folder, or None when it is gone."""
        with self._database.read() as db:
            found = db.execute("SELECT path FROM files WHERE rowid = ?", [rowid]).fetchone()
            return None if found is None else found[0]

    def with_id(self, id_: str) -> list[int]:
        """Return the row numbers of the documents of one article."""
        with self._database.read() as db:
            return [r for (r,) in db.execute("SELECT rowid FROM articles WHERE id = ? ORDER BY rowid", [number(id_)])]

    def with_path(self, path: bytes) -> int | None:
        """Return the row number of the article at ``path``."""
        with self._database.read() as db:
            query = "SELECT a.rowid FROM articles a JOIN files f ON f.rowid = a.rowid WHERE f.path = ?"
            found = db.execute(query, [path]).fetchone()
            return None if found is None else found[0]

    def with_url(self, url: str) -> int | None:
        """Return the row number of the first document that any of whose addresses is ``url``, canonically."""
        key = url_key(url)
        if key is None:
            return None
        with self._database.read() as db:
            found = db.execute("SELECT min(article) FROM urls WHERE url = ?", [key]).fetchone()
            return None if found[0] is None else int(found[0])

    def totals(self) -> Totals:
        """Return how many articles and how many troubled documents there are."""
        with self._database.read() as db:
            (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
            (troubled,) = db.execute("SELECT count(DISTINCT path) FROM problems").fetchone()
        return Totals(articles, troubled)

    def count_among(self, ids: Iterable[int]) -> int:
        """Return how many rows belong to one of ``ids`` (see :func:`reader.library.state.number`)."""
        numbers = ",".join(map(str, ids))
        with self._database.read() as db:
            query = "SELECT count(*) FROM articles WHERE id IN (SELECT value FROM json_each(?))"
            return int(db.execute(query, [f"[{numbers}]"]).fetchone()[0])

    def has_other_types(self) -> bool:
        """Return whether any document is something else than an article."""
        with self._database.read() as db:
            query = "SELECT EXISTS (SELECT 1 FROM articles WHERE type NOT IN ('', 'article'))"
            return bool(db.execute(query).fetchone()[0])

    def problems(self) -> list[Problem]:
        """Return everything that is wrong, by path and line."""
        with self._database.read() as db:
            query = "SELECT path, line, field, message FROM problems ORDER BY path, line, field"
            return [Problem(*values) for values in db.execute(query)]

    # Changing it.

    def apply(self, entries: Iterable[Entry]) -> None:
        """Take in documents, new ones or in the place of their former selves."""
        with self._database.write() as db:
            for entry in entries:
                _put(db, entry)

    def remove(self, rowids: Iterable[int]) -> None:
        """Forget documents that are gone."""
        with self._database.write() as db:
            for rowid in rowids:
                _forget(db, rowid)
                db.execute("DELETE FROM files WHERE rowid = ?", [rowid])

    def set_folder_problems(self, problems: Sequence[Problem]) -> None:
        """Replace what is wrong with files and folders that cannot even be read."""
        query = "SELECT path, line, field, message FROM problems WHERE file IS NULL"
        with self._database.read() as db:
            # A transaction that changes nothing would still wake every other instance.
            if {Problem(*values) for values in db.execute(query)} == set(problems):
                return
        with self._database.write() as db:
            db.execute("DELETE FROM problems WHERE file IS NULL")
            _add_problems(db, None, problems)

    def close(self) -> None:
        """Close the file; one that turned out to be damaged is set aside, and built anew by the next start."""
        self._database.close()
        if self._database.damaged and self._database.path is not None:
            with contextlib.suppress(OSError):  # another instance was quicker
                log.warning("the damaged index is now %s", show_path(set_aside(self._database.path)))


def _put(db: sqlite3.Connection, entry: Entry) -> None:
    file = entry.candidate
    # By path, not by a row number read before: another instance may have forgotten that row meanwhile.
    (rowid,) = db.execute(
        "INSERT INTO files (path, mtime_ns, size) VALUES (?, ?, ?) "
        "ON CONFLICT (path) DO UPDATE SET mtime_ns = excluded.mtime_ns, size = excluded.size RETURNING rowid",
        [file.path, file.mtime_ns, file.size],
    ).fetchone()
    _forget(db, rowid)
    _add_problems(db, rowid, entry.problems)
    article = entry.article
    if article is None:
        return
    when = article.published_at
    db.execute(
        "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            rowid,
            number(article_id(article.links.best, file.path)),
            article.title,
            article.excerpt,
            None if when is None else (when - _EPOCH) // _MICROSECOND,
            article.links.original,
            article.links.web,
            article.links.amp,
            article.links.cdn_amp,
            article.type,
            article.quality,
            article.heat,
            article.provider.name,
            article.provider.domain,
            "\n".join(article.topics),  # a topic is one line
        ],
    )
    keys = {key for key in map(url_key, article.links.every()) if key is not None}
    db.executemany("INSERT INTO urls VALUES (?, ?)", [(key, rowid) for key in keys])


def _forget(db: sqlite3.Connection, rowid: int) -> None:
    db.execute("DELETE FROM articles WHERE rowid = ?", [rowid])
    db.execute("DELETE FROM urls WHERE article = ?", [rowid])
    db.execute("DELETE FROM problems WHERE file = ?", [rowid])


def _add_problems(db: sqlite3.Connection, file: int | None, problems: Iterable[Problem]) -> None:
    db.executemany(
        "INSERT INTO problems VALUES (?, ?, ?, ?, ?)", [(file, p.path, p.line, p.field, p.message) for p in problems]
    )


def _row(values: Sequence[object]) -> Row:
    rowid, id_, path, title, excerpt, when, original, web, amp, cdn, type_, quality, heat, name, domain, topics = values
    assert isinstance(rowid, int)
    assert isinstance(id_, int)
    assert isinstance(path, bytes)
    return Row(
        rowid=rowid,
        id=id_.to_bytes(8, "big", signed=True).hex(),
        path=show_path(path),
        title=str(title),
        excerpt=str(excerpt),
        published_at=_EPOCH + when * _MICROSECOND if isinstance(when, int) else None,
        links=Links(str(original), str(web), str(amp), str(cdn)),
        type=str(type_),
        quality=quality if isinstance(quality, (int, float)) else None,
        heat=heat if isinstance(heat, (int, float)) else None,
        provider_name=str(name),
        provider_domain=str(domain),
        topics=tuple(str(topics).split("\n")) if topics else (),
    )


def _ready(path: Path) -> Database:
    try:
        return prepared(path, _prepare, durable=False)
    except StorageError as error:
        if not error.damaged:
            raise
        log.warning("the index %s is damaged; it is set aside and built anew", show_path(path), exc_info=error)
    set_aside(path)
    return prepared(path, _prepare, durable=False)


def _prepare(database: Database) -> None:
    """Create the tables, in the place of those of another format."""
    with database.read() as db:
        if _is_ours(db):
            return
    with database.write() as db:
        if _is_ours(db):  # another instance was quicker
            return
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        for (table,) in db.execute(tables).fetchall():
            # IF EXISTS: a virtual table takes its shadows along.
            db.execute(f'DROP TABLE IF EXISTS "{table.replace(chr(34), chr(34) * 2)}"')
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={_FORMAT}")


def _is_ours(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(version == _FORMAT and owner == _APPLICATION_ID)
