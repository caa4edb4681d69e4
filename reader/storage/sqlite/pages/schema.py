"""The tables of the page file, and the conversion between pages and rows."""

from __future__ import annotations

import json
import logging
import sqlite3
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

from reader.content.page import Extract, Page
from reader.core.marks import id_to_int
from reader.core.model import Image, UrlKind
from reader.core.times import from_micros, to_micros
from reader.core.tokenize import words
from reader.storage.sqlite.database import Database, StorageError, open_database
from reader.storage.sqlite.pages import fulltext

if TYPE_CHECKING:
    from reader.content.blocks import Block

log = logging.getLogger(__name__)

_FORMAT = 2
"""Incremented with every change of the tables. Format 1 is converted in place; a file of any other is set aside."""
_MARKDOWN_FORMAT = 1
"""Stored Markdown instead of blocks; its texts are parsed when they are read."""
_MAX_MARKDOWN = 2_000_000
"""Characters of the longest text that format 1 stores."""
_CACHE_KIB = 256
"""A page is read once, in one piece: a larger cache would only keep it in memory."""
_APPLICATION_ID = 0x6E657750  # "newP"
# Texts have their own table, so that a scan of the pages does not have to read them.
_SCHEMA = """
CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    fetched_at INTEGER NOT NULL, -- microseconds since 1970, like all times here
    checked_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    facts TEXT NOT NULL -- everything else about the page, as JSON
);
CREATE INDEX pages_by_age ON pages (fetched_at);
CREATE TABLE texts (id INTEGER PRIMARY KEY, blocks BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE images (
    url TEXT PRIMARY KEY, content_type TEXT NOT NULL, fetched_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX images_by_age ON images (fetched_at, bytes);
CREATE TABLE failures (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, told TEXT NOT NULL);
CREATE INDEX failures_by_age ON failures (at);
CREATE TABLE totals (
    pages INTEGER NOT NULL, images INTEGER NOT NULL, bytes INTEGER NOT NULL, changes INTEGER NOT NULL
    -- counts changes of pages, from a random start that differs between files
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
_PAGE_FACTS = ("way", "url", "final_url", "etag", "last_modified", "size")
_EXTRACT_FACTS = ("words", "title", "byline", "site")
"""Fields of a page and of its extract that are stored in its facts unchanged."""
ROW_BYTES = 500
"""Approximate size of a page or image in the file, besides its content."""


class PageRow(NamedTuple):
    """A page as its tables store it."""

    id: int
    fetched_at: int
    checked_at: int
    size: int
    facts: str
    text: bytes
    """The blocks of the page as compressed JSON; Markdown in rows of format 1."""
    body: bytes


def put(db: sqlite3.Connection, row: PageRow) -> None:
    """Store a page in place of its previous version. Raises sqlite3.Error."""
    db.execute("DELETE FROM pages WHERE id = ?", [row.id])
    db.execute("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", row[:5])
    db.execute("INSERT INTO texts VALUES (?, ?, ?)", [row.id, row.text, row.body])
    fulltext.put(db, row.id, words_of(row.text))
    db.execute("DELETE FROM failures WHERE id = ?", [row.id])


def row_of(page: Page, body: bytes, charset: str) -> PageRow:
    """Return the row of a page and its body."""
    from reader.content.blocks import plain_text  # lazy: the first frame needs no page text

    extract = page.extract
    image = extract.image
    facts = {
        **{name: getattr(page, name) for name in _PAGE_FACTS},
        "charset": charset,
        **{name: getattr(extract, name) for name in _EXTRACT_FACTS},
        "published_at": None if extract.published_at is None else to_micros(extract.published_at),
        "image": None if image is None else [image.url, image.width, image.height, image.title, image.attribution],
    }
    text = _pack(extract.blocks)
    packed = zlib.compress(body)
    size = len(text) + len(packed) + len(plain_text(extract.blocks)) // 2 + ROW_BYTES  # half: its index
    times = to_micros(page.fetched_at), to_micros(page.checked_at)
    return PageRow(id_to_int(page.id), *times, size, json.dumps(facts), text, packed)


def page_in(db: sqlite3.Connection, id_: str, *, with_text: bool = True) -> Page | None:
    """Return the page of an article; unless ``with_text``, its extract has no blocks.

    Raises sqlite3.Error, and what :func:`page_of` raises for damage.
    """
    blocks = "blocks FROM pages JOIN texts USING (id)" if with_text else "NULL FROM pages"
    query = f"SELECT fetched_at, checked_at, facts, {blocks} WHERE id = ?"
    found = db.execute(query, [id_to_int(id_)]).fetchone()
    return None if found is None else page_of(id_, *found)


def page_of(id_: str, fetched_at: int, checked_at: int, facts_json: str, text: bytes | None) -> Page:
    """Return the page of a row. Raises zlib.error, ValueError, KeyError or TypeError if the row is damaged."""
    facts = json.loads(facts_json)
    published, image = facts["published_at"], facts["image"]
    if facts["way"] not in get_args(UrlKind):
        raise ValueError
    extract = Extract(
        blocks=() if text is None else _unpack(text, facts["final_url"]),
        published_at=None if published is None else from_micros(published),
        image=None if image is None else Image(*image),
        **{name: facts[name] for name in _EXTRACT_FACTS},
    )
    return Page(
        id=id_,
        extract=extract,
        fetched_at=from_micros(fetched_at),
        checked_at=from_micros(checked_at),
        **{name: facts[name] for name in _PAGE_FACTS},
    )


def _pack(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks in their stored form."""
    from reader.content.blocks import to_values  # lazy, as above

    # Clean text has no lone surrogates; any would be replaced by a question mark.
    return zlib.compress(json.dumps(to_values(blocks), ensure_ascii=False).encode("utf-8", "replace"))


def _unpack(stored: bytes, url: str) -> tuple[Block, ...]:
    """Return stored blocks. Raises zlib.error, ValueError or TypeError if they are damaged.

    ``url`` resolves the relative links of text that format 1 stored as Markdown.
    """
    from reader.content.blocks import from_values

    text = zlib.decompress(stored).decode("utf-8")
    # Markdown of format 1 never starts like this: it escapes brackets at the start of a text.
    if text == "[]" or text.startswith('[["'):
        return from_values(json.loads(text))
    from reader.content.markdown.parser import parse_markdown

    return parse_markdown(text, url, most=_MAX_MARKDOWN)


def words_of(stored: bytes) -> str:
    """Return the words of a stored text for the search index. Raises what :func:`page_of` raises."""
    from reader.content.blocks import plain_text

    return " ".join(words(plain_text(_unpack(stored, ""))))


def open_page_file(path: Path | None) -> Database:
    """Open or create the page file at ``path``, or in memory. Raises StorageError as :func:`prepare` does."""
    return open_database(path, prepare, durable=False, cache_kib=_CACHE_KIB)


def prepare(database: Database) -> None:
    """Create the tables, or convert those of format 1.

    Raises StorageError; a file of another format or program counts as damaged.
    """
    with database.read() as db:
        if is_ours(db):
            return
        if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            # Lets vacuum() shrink the file. A file that already uses WAL adopts the setting only with VACUUM.
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            db.execute("VACUUM")
    with database.write() as db:
        if is_ours(db):  # another instance was faster
            return
        if is_ours(db, _MARKDOWN_FORMAT):
            db.execute("ALTER TABLE texts RENAME COLUMN markdown TO blocks")
            db.execute(f"PRAGMA user_version={_FORMAT}")
            return
        if db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StorageError(database.path, sqlite3.DatabaseError("it has another format"), damaged=True)
        for statement in f"{_SCHEMA};{fulltext.SCHEMA}".split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={_FORMAT}")


def is_ours(db: sqlite3.Connection, version: int = _FORMAT) -> bool:
    """Return whether newsreader wrote the file, in format ``version``. Raises sqlite3.Error."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(found == version and owner == _APPLICATION_ID)
