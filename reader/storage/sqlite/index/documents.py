"""Parsed documents as rows of the tables of the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from reader.core.model import without_www
from reader.documents.index_record import IndexRecord, ParsedFile
from reader.storage.sqlite.index import columns, fulltext
from reader.storage.sqlite.index.columns import ColumnField

_TABLES = {
    **dict.fromkeys(("articles", "details", "codes", "slots"), "rowid"),
    **dict.fromkeys(("urls", "links", "members"), "article"),
    "problems": "file",
}
"""The tables with rows of a document, and the column with its row id."""
_INSERT_ARTICLE = (
    "INSERT INTO articles (rowid, id, published_at, quality, heat, type, title, precision) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert(
    db: sqlite3.Connection,
    folder: int,
    files: Iterable[tuple[int, ParsedFile]],
    last: int,
    code: Callable[[ColumnField, str], int],
) -> None:
    """Insert articles into all tables but ``files``; those above ``last`` are new, others were deleted before.

    ``code`` returns the code of a text in a column. Raises sqlite3.Error.
    """
    records = [(rowid, IndexRecord._make(file.record), file) for rowid, file in files if file.record is not None]
    changed = [rowid for rowid, *_ in records if rowid <= last]
    slots = dict(zip(changed, fulltext.new_slots(db, changed), strict=True))
    articles: list[tuple[object, ...]] = []
    details: list[tuple[object, ...]] = []
    codes: list[tuple[int, ...]] = []
    for rowid, record, file in records:
        web = None if record.web_url == record.original_url else record.web_url
        name, domain, topics = record.provider_name, record.provider_domain, record.topics
        sorted_by = (record.published_at, record.quality, record.heat)
        articles.append((rowid, record.id, *sorted_by, record.type, record.title, record.precision))
        addresses = (record.original_url, web, record.amp_url, record.cdn_amp_url)
        details.append((rowid, record.excerpt, *addresses, name, domain, topics, record.authors))
        codes.append(
            (
                rowid,
                folder,
                code("source", without_www(name or domain)),
                code("domain", without_www(domain)),
                code("type", record.type),
                code("category", record.category),
                code("lang", record.lang),
                code("topics", topics),
                code("authors", record.authors),
                record.flags | columns.PROBLEMS if file.problems else record.flags,
            )
        )
    db.executemany(_INSERT_ARTICLE, articles)
    db.executemany("INSERT INTO details VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", details)
    db.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", codes)
    urls = ((key, rowid) for rowid, record, _ in records for key in record.url_keys if key != record.id)
    db.executemany("INSERT INTO urls VALUES (?, ?)", urls)
    links = ((rowid, key) for rowid, record, _ in records for key in record.link_keys)
    db.executemany("INSERT INTO links VALUES (?, ?)", links)
    members = [(rowid, stem) for rowid, record, _ in records for stem in record.members]
    db.executemany("INSERT INTO members VALUES (?, ?)", members)
    fulltext.insert(db, [(slots.get(rowid, rowid), *record.words) for rowid, record, _ in records])


def find_or_add_folder(db: sqlite3.Connection, path: bytes) -> int:
    """Return the row id of the folder at ``path``. Raises sqlite3.Error."""
    # Not RETURNING: SQLite opens a savepoint for it, which makes FTS5 flush its buffered words.
    db.execute("INSERT OR IGNORE INTO folders (path) VALUES (?)", [path])
    return int(db.execute("SELECT rowid FROM folders WHERE path = ?", [path]).fetchone()[0])


def delete(db: sqlite3.Connection, rowids: Iterable[int]) -> None:
    """Delete documents from all tables but ``files``. Raises sqlite3.Error."""
    rows = [(rowid,) for rowid in rowids]
    if rows:
        db.executemany(
            "INSERT OR IGNORE INTO departed SELECT rowid, copy_of FROM articles WHERE rowid = ? AND story IS NOT NULL",
            rows,
        )
        db.execute("UPDATE facts SET value = value + ? WHERE name = 'dead_slots'", [len(rows)])
    for table, column in _TABLES.items():
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608 - constants
