"""Parsed documents as rows of the tables of the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from reader.documents.index_record import IndexRecord, ParsedFile
from reader.storage.sqlite.database import insert_rows
from reader.storage.sqlite.index import columns, fulltext
from reader.storage.sqlite.index.columns import ColumnField, LabelCodes

_TABLES = {
    **dict.fromkeys(("articles", "details", "codes", "slots"), "rowid"),
    **dict.fromkeys(("urls", "links", "members"), "article"),
    "problems": "file",
}
"""The tables with rows of a document, and the column with its row id."""
_ARTICLES = "articles (rowid, id, published_at, quality, heat, type, title, precision)"


def insert(
    db: sqlite3.Connection, folder: int, files: Iterable[tuple[int, ParsedFile]], last: int, labels: LabelCodes
) -> None:
    """Insert articles into all tables but ``files``; those above ``last`` are new, others were deleted before.

    Raises sqlite3.Error.
    """
    documents = [(rowid, file) for rowid, file in files if file.record is not None]
    if not documents:
        return
    rowids = [rowid for rowid, _ in documents]
    changed = [rowid for rowid in rowids if rowid <= last]
    slots = dict(zip(changed, fulltext.new_slots(db, changed), strict=True))
    # Each field with the values of all documents: handling one document after another takes twice as long.
    of: Any = IndexRecord._make(zip(*(file.record for _, file in documents if file.record), strict=True))
    webs = [None if web == original else web for web, original in zip(of.web_url, of.original_url, strict=True)]
    sources = [name or domain for name, domain in zip(of.provider_name, of.provider_domain, strict=True)]
    flags = [
        each | columns.PROBLEMS if file.problems else each for each, (_, file) in zip(of.flags, documents, strict=True)
    ]
    texts: Mapping[ColumnField, Sequence[str]] = {
        "source": sources,
        "domain": of.provider_domain,
        "type": of.type,
        "category": of.category,
        "lang": of.lang,
        "topics": of.topics,
        "authors": of.authors,
    }
    codes = [labels.of(db, field, values) for field, values in texts.items()]
    insert_rows(
        db,
        _ARTICLES,
        zip(rowids, of.id, of.published_at, of.quality, of.heat, of.type, of.title, of.precision, strict=True),
    )
    addresses = (of.original_url, webs, of.amp_url, of.cdn_amp_url)
    shown = (of.provider_name, of.provider_domain, of.topics, of.authors)
    insert_rows(db, "details", zip(rowids, of.excerpt, *addresses, *shown, strict=True))
    insert_rows(db, "codes", zip(rowids, repeat(folder, len(rowids)), *codes, flags, strict=True))
    identified = zip(rowids, of.id, of.url_keys, strict=True)
    insert_rows(db, "urls", ((key, rowid) for rowid, id_, keys in identified for key in keys if key != id_))
    listed = zip(rowids, of.link_keys, strict=True)
    insert_rows(db, "links", ((rowid, key) for rowid, keys in listed for key in keys))
    collected = zip(rowids, of.members, strict=True)
    insert_rows(db, "members", ((rowid, stem) for rowid, stems in collected for stem in stems))
    words = zip(rowids, of.words, strict=True)
    fulltext.insert(db, [(slots.get(rowid, rowid), *each) for rowid, each in words])


def find_or_add_folder(db: sqlite3.Connection, path: bytes) -> int:
    """Return the row id of the folder at ``path``. Raises sqlite3.Error."""
    # Not RETURNING: SQLite opens a savepoint for it, which makes FTS5 flush its buffered words.
    db.execute("INSERT OR IGNORE INTO folders (path) VALUES (?)", [path])
    return int(db.execute("SELECT rowid FROM folders WHERE path = ?", [path]).fetchone()[0])


def delete(db: sqlite3.Connection, rowids: Iterable[int]) -> None:
    """Delete documents from all tables but ``files``. Raises sqlite3.Error."""
    rows = [(rowid,) for rowid in rowids]
    if rows:
        query = "SELECT rowid, copy_of FROM articles JOIN grouped USING (rowid) WHERE rowid = ?"
        db.executemany(f"INSERT OR IGNORE INTO departed {query}", rows)
        db.execute("UPDATE facts SET value = value + ? WHERE name = 'dead_slots'", [len(rows)])
    for table, column in _TABLES.items():
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608 - constants
