"""What is still to be grouped: new and changed articles, and those that are gone."""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence

from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.stories import edges
from reader.stories.grouping import StoryArticle

_READ_TOGETHER = 500


def has_any(db: sqlite3.Connection) -> bool:
    """Return whether anything is to be grouped. Raises sqlite3.Error."""
    query = "SELECT EXISTS (SELECT 1 FROM articles WHERE story IS NULL) OR EXISTS (SELECT 1 FROM departed)"
    return bool(db.execute(query).fetchone()[0])


def newest_first(db: sqlite3.Connection) -> array[int]:
    """Return the articles that are not grouped, the newest first. Raises sqlite3.Error."""
    query = "SELECT rowid FROM articles WHERE story IS NULL ORDER BY published_at DESC, rowid"
    return array("I", [rowid for (rowid,) in db.execute(query)])


def take_departed(db: sqlite3.Connection) -> list[int]:
    """Return the articles that are gone or changed, and forget them. Raises sqlite3.Error."""
    departed = db.execute("SELECT rowid, copy_of FROM departed").fetchall()
    db.execute("DELETE FROM departed")
    return [rowid for rowid, _ in departed]


def articles(db: sqlite3.Connection, rowids: Sequence[int]) -> Iterator[StoryArticle]:
    """Yield articles in the order of ``rowids``, without those that are gone. Raises sqlite3.Error."""
    query = (
        "SELECT rowid, id, title, excerpt, topics, published_at, ifnull(nullif(provider_name, ''), provider_domain) "
        "FROM articles JOIN details USING (rowid) WHERE rowid IN (SELECT value FROM json_each(?))"
    )
    for start in range(0, len(rowids), _READ_TOGETHER):
        part = rowids[start : start + _READ_TOGETHER]
        links: defaultdict[int, list[int]] = defaultdict(list)
        for find in (edges.listed, edges.listing):
            for rowid, other in find(db, part):
                links[rowid].append(other)
        found = {
            rowid: StoryArticle(
                rowid,
                id_,
                title,
                excerpt,
                topics.split("\n") if topics else (),
                None if published_at is None else published_at // 1_000_000,
                source,
                links.get(rowid, ()),
            )
            for rowid, id_, title, excerpt, topics, published_at, source in db.execute(query, [json_array(part)])
        }
        yield from (found[rowid] for rowid in part if rowid in found)
