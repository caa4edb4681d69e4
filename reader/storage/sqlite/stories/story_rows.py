"""The articles that conditions on stories find, as row ids."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Literal

from reader.core.marks import id_to_int
from reader.core.ordering import Sort
from reader.storage.sqlite.index import sort_orders
from reader.storage.sqlite.stories import edges
from reader.storage.sqlite.stories.state import REPEATED_IDS, members_query


def members(db: sqlite3.Connection, id_: str) -> set[int]:
    """Return the articles of the story with this id, or of that of the article with this id. Raises sqlite3.Error."""
    number = id_to_int(id_)
    query = "SELECT rowid, story FROM articles WHERE id = ?"
    own = db.execute(query, [number]).fetchall()
    found = {rowid for rowid, _ in own}
    for story in {number, *(story for _, story in own if story is not None)}:
        found.update(rowid for rowid, _ in db.execute(members_query("(:id)"), {"id": story}))
    return found


def linked(db: sqlite3.Connection, id_: str) -> set[int]:
    """Return the articles that are linked with the article with this id. Raises sqlite3.Error."""
    rows = {rowid for (rowid,) in db.execute("SELECT rowid FROM articles WHERE id = ?", [id_to_int(id_)])}
    found = {other for find in (edges.listed, edges.listing) for _, other in find(db, rows)}
    for rowid in rows:
        found.update(edges.sharing(db, rowid), edges.collections_with(db, rowid), edges.copies_of(db, rowid))
        found.update(edges.members_of(db, rowid))
    return found


def numbers_with_sources(
    db: sqlite3.Connection, relation: Literal["=", "<", "<=", ">", ">="], sources: float
) -> Collection[int]:
    """Return the numbers of the stories with so many sources; 0 for articles without a story. Raises sqlite3.Error."""
    query = f"SELECT number FROM stories WHERE sources {relation} :n UNION ALL SELECT 0 WHERE 1 {relation} :n"  # noqa: S608
    return {number for (number,) in db.execute(query, {"n": sources})}


def earliest(db: sqlite3.Connection) -> list[int]:
    """Return the earliest article of each story, and every article without one. Raises sqlite3.Error."""
    query = (
        "SELECT a.rowid FROM articles a LEFT JOIN stories s ON s.id = a.story WHERE ifnull(earliest, a.rowid) = a.rowid"
    )
    return [rowid for (rowid,) in db.execute(query)]


def duplicates(db: sqlite3.Connection) -> list[int]:
    """Return every article that has another copy before it in the order by quality. Raises sqlite3.Error.

    Those with the same id are copies also before they are grouped. Of equal copies, the one with the lower row id
    comes first.
    """
    query = (
        f"SELECT rowid FROM (SELECT rowid, row_number() OVER (PARTITION BY id ORDER BY {sort_orders.terms(Sort())}) "  # noqa: S608
        f"AS place FROM articles WHERE id IN ({REPEATED_IDS})) WHERE place > 1 "
        "UNION SELECT rowid FROM articles WHERE copy_of <> rowid"
    )
    return [rowid for (rowid,) in db.execute(query)]


def copies_of_others(db: sqlite3.Connection) -> list[int]:
    """Return every article that is a copy of a better one with another id, and so with other marks.

    Raises sqlite3.Error.
    """
    query = "SELECT a.rowid FROM articles a JOIN articles best ON best.rowid = a.copy_of WHERE a.id <> best.id"
    return [rowid for (rowid,) in db.execute(query)]
