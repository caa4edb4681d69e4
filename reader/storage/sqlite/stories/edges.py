"""Links between documents, found from the keys of what each document is and of what it lists.

Nothing is stored but these keys (the tables ``articles``, ``urls`` and ``links``), so that a link exists as soon as
both documents do, and is gone with either.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator

from reader.documents.files import join_path
from reader.storage.sqlite.database import json_array

_LISTED = (
    "SELECT l.article, a.rowid FROM links l JOIN articles a ON a.id = l.key WHERE l.article IN {rows} UNION "
    "SELECT l.article, u.article FROM links l JOIN urls u ON u.url = l.key WHERE l.article IN {rows}"
)
_LISTING = (
    "SELECT a.rowid, l.article FROM articles a JOIN links l ON l.key = a.id WHERE a.rowid IN {rows} UNION "
    "SELECT u.article, l.article FROM urls u JOIN links l ON l.key = u.url WHERE u.article IN {rows}"
)
_MOST_SHARED = 50
"""An item that more documents list says nothing about two of them."""


def listed(db: sqlite3.Connection, rowids: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield each of ``rowids`` with each document that it lists as a related item. Raises sqlite3.Error."""
    return _pairs(db, _LISTED, rowids)


def listing(db: sqlite3.Connection, rowids: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield each of ``rowids`` with each document that lists it as a related item. Raises sqlite3.Error."""
    return _pairs(db, _LISTING, rowids)


def collections_with(db: sqlite3.Connection, rowid: int) -> list[int]:
    """Return the other documents that are collections with this one as a member. Raises sqlite3.Error."""
    query = "SELECT d.path, f.name FROM files f JOIN folders d ON d.rowid = f.folder WHERE f.rowid = ?"
    row = db.execute(query, [rowid]).fetchone()
    if row is None:
        return []
    stem = os.path.splitext(join_path(*row))[0]
    return [each for (each,) in db.execute("SELECT article FROM members WHERE stem = ?", [stem]) if each != rowid]


def members_of(db: sqlite3.Connection, rowid: int) -> list[int]:
    """Return the other documents that are members of this collection. Raises sqlite3.Error."""
    query = (
        "SELECT f.rowid, f.name FROM files f JOIN folders d ON d.rowid = f.folder JOIN articles USING (rowid) "
        "WHERE d.path = ? AND f.name > ? AND f.name < ? ORDER BY f.name"
    )
    found = []
    for (stem,) in db.execute("SELECT stem FROM members WHERE article = ?", [rowid]).fetchall():
        folder, _, name = stem.rpartition(b"/")
        files = db.execute(query, [folder, name + b".", name + b"/"]).fetchall()  # "/" follows "."
        found += [each for each, file in files if os.path.splitext(file)[0] == name][:1]
    return [each for each in found if each != rowid]


def copies_of(db: sqlite3.Connection, rowid: int) -> list[int]:
    """Return the other copies of a document. Raises sqlite3.Error."""
    query = (
        "SELECT b.rowid FROM articles a JOIN articles b ON b.copy_of = a.copy_of WHERE a.rowid = :rowid UNION "
        "SELECT b.rowid FROM articles a JOIN articles b ON b.id = a.id WHERE a.rowid = :rowid"
    )
    return [other for (other,) in db.execute(query, {"rowid": rowid}) if other != rowid]


def sharing(db: sqlite3.Connection, rowid: int) -> dict[int, int]:
    """Return how many items that are no documents here each other document lists too. Raises sqlite3.Error."""
    query = (
        "SELECT key FROM links l WHERE article = ? AND NOT EXISTS (SELECT 1 FROM articles WHERE id = l.key) "
        "AND NOT EXISTS (SELECT 1 FROM urls WHERE url = l.key)"
    )
    found: dict[int, int] = {}
    for (key,) in db.execute(query, [rowid]).fetchall():
        others = db.execute("SELECT article FROM links WHERE key = ? LIMIT ?", [key, _MOST_SHARED + 1]).fetchall()
        if len(others) <= _MOST_SHARED:
            for (other,) in others:
                if other != rowid:
                    found[other] = found.get(other, 0) + 1
    return found


def count_links(db: sqlite3.Connection, rowids: Collection[int]) -> dict[int, int]:
    """Return how many links each of ``rowids`` has, in either direction. Raises sqlite3.Error."""
    counts = dict.fromkeys(rowids, 0)
    for query in (_LISTED, _LISTING):
        for rowid, _ in _pairs(db, query, rowids):
            counts[rowid] += 1
    return counts


def _pairs(db: sqlite3.Connection, query: str, rowids: Collection[int]) -> Iterator[tuple[int, int]]:
    rows = "(SELECT value FROM json_each(:rows))"
    pairs = db.execute(query.format(rows=rows), {"rows": json_array(rowids)}).fetchall()
    return ((one, other) for one, other in pairs if one != other)
