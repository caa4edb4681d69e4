"""Which articles have arrived since rules last ran on the index, and since the user last left the folder.

Row ids grow with each document that comes into the folder, and are never used again. Rules run twice on each article:
when it arrives, and once it is grouped, as only then its story and its copies are known.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from reader.core.ordering import Sort
from reader.storage.sqlite.database import Database
from reader.storage.sqlite.index import sort_orders

_RULES, _STORY_RULES, _LEFT = "rules_below", "story_rules_below", "left_below"
_NOTE = "INSERT INTO facts SELECT ?, ? WHERE {} ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"


class Arrivals(NamedTuple):
    """The articles that rules have not seen."""

    ids: dict[int, int]
    """Their ids (see :func:`reader.core.marks.id_to_int`) by row id."""
    last: int
    """The highest row id of all articles."""


class Grouped(NamedTuple):
    """An article that rules have not seen since it was grouped, or one that has become a copy of such an article."""

    rowid: int
    id: int
    copy_of: int | None
    is_new: bool


def load(database: Database) -> Arrivals:
    """Return what has arrived. Raises StorageError."""
    with database.read() as db:
        seen = db.execute("SELECT value FROM facts WHERE name = ?", [_RULES]).fetchone() or (0,)
        ids = dict(db.execute("SELECT rowid, id FROM articles WHERE rowid > ?", seen).fetchall())
    return Arrivals(ids, max(ids, default=seen[0]))


def seen(database: Database) -> tuple[int, int]:
    """Return the highest row ids that rules have seen when they arrived, and after they were grouped.

    Raises StorageError.
    """
    query = "SELECT name, value FROM facts WHERE name IN (?, ?)"
    found: dict[str, int] = dict(database.select(query, [_RULES, _STORY_RULES]))
    first = found.get(_RULES, 0)
    return first, found.get(_STORY_RULES, first)  # an index of an earlier version knows only one


def load_grouped(database: Database, above: int, last: int) -> list[Grouped]:
    """Return the articles with row ids ``above`` one and up to ``last``; nothing until all articles are grouped.

    Of the earlier copies of such an article, only the best one can have become a copy of a better one: the others were
    so before. Raises StorageError.
    """
    query = f"""
        WITH new AS (SELECT rowid, id, copy_of FROM articles WHERE rowid > :above AND rowid <= :last
            AND NOT EXISTS (SELECT 1 FROM articles WHERE story IS NULL)
            AND NOT (SELECT value FROM facts WHERE name = 'stories_unshown')),
        earlier AS (SELECT rowid, id, copy_of,
            row_number() OVER (PARTITION BY copy_of ORDER BY {sort_orders.terms(Sort())}) AS place
            FROM articles WHERE copy_of IN (SELECT copy_of FROM new) AND rowid <= :above)
        SELECT rowid, id, copy_of, 1 FROM new
        UNION ALL SELECT rowid, id, copy_of, 0 FROM earlier WHERE place = 1 AND rowid <> copy_of
    """  # noqa: S608 - constants
    rows = database.select(query, {"above": above, "last": last})
    return [Grouped(rowid, id_, copy_of, bool(is_new)) for rowid, id_, copy_of, is_new in rows]


def mark_seen(database: Database, last: int) -> None:
    """Note that rules have seen the articles up to the row id ``last`` when they arrived. Raises StorageError."""
    after = seen(database)[1]
    with database.write() as db:
        db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", [_STORY_RULES, after])
        db.execute(_NOTE.format("1"), [_RULES, last])


def mark_grouped_seen(database: Database, last: int) -> None:
    """Note that rules have seen the articles up to the row id ``last`` after they were grouped. Raises StorageError."""
    with database.write() as db:
        db.execute(_NOTE.format("1"), [_STORY_RULES, last])


def begin(db: sqlite3.Connection, last: int) -> None:
    """Note that the folder was read completely for the first time: only what comes after ``last`` is new."""
    db.execute(_NOTE.format("1"), [_LEFT, last])


def left_at(database: Database) -> int | None:
    """Return the highest row id when the user last left the folder; None if that is not known. Raises StorageError."""
    return next((last for (last,) in database.select("SELECT value FROM facts WHERE name = ?", [_LEFT])), None)


def leave(database: Database, last: int) -> None:
    """Note that the user leaves the folder, of which articles up to the row id ``last`` are listed.

    Of a folder that was never read completely, nothing is noted. Raises StorageError.
    """
    with database.write() as db:
        db.execute(_NOTE.format("(SELECT value FROM facts WHERE name = 'complete')"), [_LEFT, last])
