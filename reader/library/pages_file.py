"""The file of fetched pages: its tables, pages as their rows, and what to do when it is damaged."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args

from reader.library import lock, page_words
from reader.library.database import Database, StorageError, identity, prepared, set_aside
from reader.library.marks import number
from reader.model import Extract, Image, Page, Way
from reader.text import count, show_path

log = logging.getLogger(__name__)

_FORMAT = 1
"""Raised with every change of the tables. What is in those of another format is not taken over."""
_APPLICATION_ID = 0x6E657750  # "newP"
# The texts have a table of their own, so that what pages there are is found without passing over them.
_SCHEMA = """
CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    fetched_at INTEGER NOT NULL, -- microseconds since 1970, as all times here
    checked_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    facts TEXT NOT NULL -- all else that is known of it, as JSON
);
CREATE INDEX pages_by_age ON pages (fetched_at);
CREATE TABLE texts (id INTEGER PRIMARY KEY, markdown BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE images (
    url TEXT PRIMARY KEY, content_type TEXT NOT NULL, fetched_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX images_by_age ON images (fetched_at, bytes);
CREATE TABLE failures (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, told TEXT NOT NULL);
CREATE INDEX failures_by_age ON failures (at);
CREATE TABLE totals (
    pages INTEGER NOT NULL, images INTEGER NOT NULL, bytes INTEGER NOT NULL, changes INTEGER NOT NULL
    -- of pages, from a number on that no other file begins with
);
INSERT INTO totals VALUES (0, 0, 0, random() / 4);
CREATE TRIGGER page_in AFTER INSERT ON pages BEGIN
    UPDATE totals SET pages = pages + 1, bytes = bytes + NEW.bytes, changes = changes + 1; END;
CREATE TRIGGER page_out AFTER DELETE ON pages BEGIN
    UPDATE totals SET pages = pages - 1, bytes = bytes - OLD.bytes, changes = changes + 1; DELETE FROM texts
    WHERE id = OLD.id; END;
CREATE TRIGGER image_in AFTER INSERT ON images BEGIN
    UPDATE totals SET images = images + 1, bytes = bytes + NEW.bytes; END;
CREATE TRIGGER image_out AFTER DELETE ON images BEGIN
    UPDATE totals SET images = images - 1, bytes = bytes - OLD.bytes; END
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
ROW_BYTES = 500
"""Roughly what a page takes besides its texts."""


class Row(NamedTuple):
    """A page as its tables have it."""

    id: int
    fetched_at: int
    checked_at: int
    size: int
    facts: str
    markdown: bytes
    body: bytes


def put(db: sqlite3.Connection, row: Row) -> None:
    """Write a page in the place of its former self."""
    db.execute("DELETE FROM pages WHERE id = ?", [row.id])
    db.execute("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", row[:5])
    db.execute("INSERT INTO texts VALUES (?, ?, ?)", [row.id, row.markdown, row.body])
    page_words.put(db, row.id, zlib.decompress(row.markdown).decode("utf-8"))
    db.execute("DELETE FROM failures WHERE id = ?", [row.id])


def row_of(page: Page, body: bytes, charset: str) -> Row:
    """Return what the tables have of a page and its body."""
    extract = page.extract
    image = extract.image
    facts = {
        "way": page.way, "url": page.url, "final_url": page.final_url, "etag": page.etag,
        "last_modified": page.last_modified, "size": page.size, "charset": charset, "words": extract.words,
        "title": extract.title, "byline": extract.byline, "site": extract.site,
        "published_at": None if extract.published_at is None else micros(extract.published_at),
        "image": None if image is None else [image.url, image.width, image.height, image.title, image.attribution],
    }  # fmt: skip
    # What cannot be written as UTF-8 has no business in a clean text; it comes back as a replacement character.
    markdown = zlib.compress(extract.markdown.encode("utf-8", "replace"))
    packed = zlib.compress(body)
    size = len(markdown) + len(packed) + len(extract.markdown) // 2 + ROW_BYTES  # half of the text: its words
    return Row(
        number(page.id), micros(page.fetched_at), micros(page.checked_at), size, json.dumps(facts), markdown, packed
    )


def page_of(id_: str, fetched_at: int, checked_at: int, told: str, markdown: bytes) -> Page:
    """Return the page that a row is of. Raises zlib.error and kinds of ValueError, KeyError or TypeError for damage."""
    facts = json.loads(told)
    published, image = facts["published_at"], facts["image"]
    if facts["way"] not in get_args(Way):
        raise ValueError
    extract = Extract(
        markdown=zlib.decompress(markdown).decode("utf-8"),
        words=facts["words"],
        title=facts["title"],
        byline=facts["byline"],
        published_at=None if published is None else time_of(published),
        site=facts["site"],
        image=None if image is None else Image(*image),
    )
    return Page(
        id=id_,
        way=facts["way"],
        url=facts["url"],
        final_url=facts["final_url"],
        extract=extract,
        fetched_at=time_of(fetched_at),
        checked_at=time_of(checked_at),
        etag=facts["etag"],
        last_modified=facts["last_modified"],
        size=facts["size"],
    )


def micros(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def time_of(micros: int) -> datetime:
    """Return the aware time, in UTC, of so many microseconds since 1970."""
    return _EPOCH + micros * _MICROSECOND


# The file.


def ready(path: Path, *, locked: bool = False) -> tuple[Database, str]:
    """Return the file with its tables made, and what had to be done about it. Raises StorageError, OSError."""
    if not path.is_dir():
        try:
            return prepared(path, prepare, durable=False), ""
        except StorageError as error:
            if not error.damaged:
                raise
            log.warning("%s It is set aside, and made anew.", error.message)
    if locked:
        return made_anew(path)
    before = identity(path)
    with lock.held(threading.Lock(), path.with_name(path.name + ".lock"), lambda: True):
        if identity(path) != before:  # another process was quicker
            return prepared(path, prepare, durable=False), ""
        return made_anew(path)


def made_anew(path: Path) -> tuple[Database, str]:
    """Set a damaged file aside, and return another with what can be read of the former."""
    aside = set_aside(path)
    for former in put_away(path):
        if not former.name.startswith(aside.name):
            former.unlink(missing_ok=True)
    database = prepared(path, prepare, durable=False)
    saved = 0
    for row in _readable(aside):
        with database.write() as db:
            put(db, row)
        saved += 1
    what = f"{count(saved, 'page')} could be saved." if saved else "What was in it can be fetched again."
    return database, f"The file of fetched pages was damaged, and is set aside as {show_path(aside)}. {what}"


def _readable(path: Path) -> Iterator[Row]:
    """Yield every page of a damaged file that is whole."""
    if not path.is_file():
        return
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA trusted_schema=OFF")
        if not _is_ours(db):
            return
        ids = dict.fromkeys(id_ for query in _EVERY_ID for id_ in _until_damage(db, query))
        for id_ in ids:
            row = _whole_row(db, id_)
            if row is not None:
                yield row
    except (sqlite3.Error, UnicodeDecodeError) as error:
        log.warning("%s cannot be read any further", show_path(path), exc_info=error)
    finally:
        if db is not None:
            db.close()


_EVERY_ID = (
    "SELECT id FROM texts ORDER BY id",
    "SELECT id FROM texts ORDER BY id DESC",
    "SELECT id FROM pages ORDER BY id",
    "SELECT id FROM pages ORDER BY id DESC",
)
"""From both ends: what is damaged in the middle hides what is behind it."""


def _until_damage(db: sqlite3.Connection, query: str) -> Iterator[int]:
    try:
        for (id_,) in db.execute(query):
            if isinstance(id_, int):
                yield id_
    except (sqlite3.Error, UnicodeDecodeError):
        return


def _whole_row(db: sqlite3.Connection, id_: int) -> Row | None:
    query = "SELECT id, fetched_at, checked_at, bytes, facts, markdown, body FROM pages JOIN texts USING (id)"
    try:
        found: Sequence[Any] | None = db.execute(f"{query} WHERE id = ?", [id_]).fetchone()
        if found is None:
            return None
        row = Row(*found)
        page_of("0" * 16, row.fetched_at, row.checked_at, row.facts, row.markdown)
        zlib.decompress(row.body)
    except (sqlite3.Error, zlib.error, ValueError, KeyError, TypeError, OverflowError):
        return None
    return row


def put_away(path: Path | None) -> list[Path]:
    """Return files that were set aside as damaged."""
    return [] if path is None else [each for each in path.parent.glob(f"{path.name}.damaged-*") if each.is_file()]


def prepare(database: Database) -> None:
    """Create the tables. Raises StorageError, of a file of another format or program as of a damaged one."""
    with database.read() as db:
        if _is_ours(db):
            return
        if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            # So that room can be given back; a file that has a journal already takes it up by VACUUM alone.
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            db.execute("VACUUM")
    with database.write() as db:
        if _is_ours(db):  # another instance was quicker
            return
        if db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StorageError(database.path, sqlite3.DatabaseError("it is of another format"), damaged=True)
        for statement in f"{_SCHEMA};{page_words.SCHEMA}".split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={_FORMAT}")


def _is_ours(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(version == _FORMAT and owner == _APPLICATION_ID)
