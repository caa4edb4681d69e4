"""What is still to be grouped: new and changed articles, and those that are gone."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice

from reader.storage.sqlite.database import json_array
from reader.stories.grouping import BATCH, StoryArticle


def has_any(db: sqlite3.Connection) -> bool:
    """Return whether anything is to be grouped. Raises sqlite3.Error."""
    query = "SELECT EXISTS (SELECT 1 FROM articles WHERE story IS NULL) OR EXISTS (SELECT 1 FROM departed)"
    return bool(db.execute(query).fetchone()[0])


def newest_first(db: sqlite3.Connection) -> array[int]:
    """Return the articles that are not grouped, the newest first. Raises sqlite3.Error."""
    query = "SELECT rowid FROM articles WHERE story IS NULL ORDER BY published_at DESC, rowid"
    return array("I", [rowid for (rowid,) in db.execute(query)])


def add_alone(db: sqlite3.Connection, limit: int) -> None:
    """Let the newest of those articles wait again that are alone in their story. Raises sqlite3.Error."""
    query = (
        "UPDATE articles SET story = NULL WHERE rowid IN (SELECT rowid FROM articles "
        "WHERE story = id AND id NOT IN (SELECT id FROM stories) ORDER BY published_at DESC, rowid LIMIT ?)"
    )
    db.execute(query, [limit])


def articles(db: sqlite3.Connection, rowids: Iterable[int]) -> Iterator[StoryArticle]:
    """Yield articles without those that are gone; a batch at a time in the order of ``rowids``.

    Raises sqlite3.Error.
    """
    second = "(published_at - (published_at % 1000000 + 1000000) % 1000000) / 1000000"  # rounded down, also before 1970
    query = (
        f"SELECT rowid, id, title, excerpt, {second}, iif(provider_name = '', provider_domain, provider_name) "  # noqa: S608
        "FROM articles JOIN details USING (rowid) WHERE rowid IN (SELECT value FROM json_each(?))"
    )
    waiting = iter(rowids)
    while part := sorted(islice(waiting, BATCH)):
        yield from map(StoryArticle._make, db.execute(query, [json_array(part)]).fetchall())
