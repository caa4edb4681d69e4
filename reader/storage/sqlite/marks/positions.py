"""Reading positions in articles and positions in lists, stored beside the marks.

A position is not a change that a user would undo, nor one that other instances must notice
at once: it is not part of any undo step and does not raise the mark version.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from reader.core.marks import id_to_int
from reader.core.ordering import ListPosition
from reader.storage.sqlite.database import Connect
from reader.storage.sqlite.marks.schema import timestamp

MAX_ARTICLES = 10_000
"""Number of articles whose reading positions are stored."""
MAX_LISTS = 200
"""Number of lists of one folder whose positions are stored."""
MAX_LISTS_TOTAL = 10_000
"""Number of lists of all folders together whose positions are stored."""
_FULL_TEXT = 0x5D2F_9A61_C38E_7B04
"""XORed with the id of an article to key the position in its full text."""

PositionKind = Literal["article", "text"]
"""Where a reading position is: in the article pane or in the full text."""


class PositionRows(NamedTuple):
    """The rows of the two tables."""

    articles: Sequence[tuple[int, int, int]] = ()
    lists: Sequence[tuple[str, str, str, int, int, int]] = ()


def position_key(id_: str, kind: PositionKind) -> int:
    """Return the key of a reading position."""
    return id_to_int(id_) if kind == "article" else id_to_int(id_) ^ _FULL_TEXT


def all_positions(db: sqlite3.Connection) -> PositionRows:
    """Return every position."""
    return PositionRows(
        db.execute("SELECT id, position, seen_at FROM positions").fetchall(),
        db.execute("SELECT folder, view, ids, at, line, seen_at FROM places").fetchall(),
    )


def merge_positions(db: sqlite3.Connection, rows: PositionRows) -> None:
    """Merge the positions of another file; the later one of each wins."""
    db.executemany(
        "INSERT INTO positions (id, position, seen_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "position = excluded.position, seen_at = excluded.seen_at WHERE excluded.seen_at > seen_at",
        rows.articles,
    )
    db.executemany(
        "INSERT INTO places (folder, view, ids, at, line, seen_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (folder, view) DO UPDATE SET ids = excluded.ids, at = excluded.at, line = excluded.line, "
        "seen_at = excluded.seen_at WHERE excluded.seen_at > seen_at",
        rows.lists,
    )
    _trim(db)


def reassign_ids(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Copy the positions of each first article to the second, unless that one has a later position."""
    new_ids = {old: new for old, new in pairs if old != new}
    new_ids |= {old ^ _FULL_TEXT: new ^ _FULL_TEXT for old, new in new_ids.items()}
    query = "SELECT id, position, seen_at FROM positions WHERE id IN (SELECT value FROM json_each(?))"
    copied = [(new_ids[id_], *rest) for id_, *rest in db.execute(query, [json.dumps([*new_ids])])]
    merge_positions(db, PositionRows(copied))
    changed = []
    for folder, key, text in db.execute("SELECT folder, view, ids FROM places"):
        ids = parse_ids(text)
        if not new_ids.keys().isdisjoint(ids):
            changed.append((json.dumps([new_ids.get(id_, id_) for id_ in ids]), folder, key))
    db.executemany("UPDATE places SET ids = ? WHERE folder = ? AND view = ?", changed)


def parse_ids(text: str) -> list[int]:
    """Return the ids in a row; an empty list unless it is a JSON list of 64-bit integers."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    ids = found if isinstance(found, list) else []
    return ids if all(isinstance(id_, int) and -(1 << 63) <= id_ < 1 << 63 for id_ in ids) else []


def _trim(db: sqlite3.Connection) -> None:
    """Delete the oldest positions beyond the limits."""
    db.execute(
        "DELETE FROM positions WHERE id IN (SELECT id FROM positions ORDER BY seen_at DESC, id LIMIT -1 OFFSET ?)",
        [MAX_ARTICLES],
    )
    db.execute(
        "DELETE FROM places WHERE (folder, view) IN (SELECT folder, view FROM (SELECT folder, view, "
        "row_number() OVER (PARTITION BY folder ORDER BY seen_at DESC, view) AS rank FROM places) WHERE rank > ?)",
        [MAX_LISTS],
    )
    db.execute(
        "DELETE FROM places WHERE (folder, view) IN "
        "(SELECT folder, view FROM places ORDER BY seen_at DESC, folder, view LIMIT -1 OFFSET ?)",
        [MAX_LISTS_TOTAL],
    )


@dataclass(frozen=True)
class PositionTable:
    """The positions in the marks file, by article id. Every method may raise StorageError."""

    _read: Connect
    _write: Connect

    def article_position(self, key: int) -> int:
        """Return a reading position, given its :func:`position_key`; 0 for the top."""
        with self._read() as db:
            row = db.execute("SELECT position FROM positions WHERE id = ?", [key]).fetchone()
        return 0 if row is None else int(row[0])

    def list_position(self, folder: str, key: str) -> ListPosition | None:
        """Return the position in a list, by article ids, or None."""
        with self._read() as db:
            query = "SELECT ids, at, line FROM places WHERE folder = ? AND view = ?"
            row = db.execute(query, [folder, key]).fetchone()
        return None if row is None else ListPosition(tuple(parse_ids(row[0])), int(row[1]), int(row[2]))

    def store(self, folder: str, articles: Mapping[int, int], lists: Mapping[str, ListPosition | None]) -> None:
        """Store reading positions (0 for the top) and positions in lists of a folder (None for the top)."""
        with self._write() as db:
            # Later than all others, whatever the clock says, so that the last position seen is never trimmed.
            last = "SELECT max(seen_at) FROM (SELECT seen_at FROM positions UNION ALL SELECT seen_at FROM places)"
            now = max(timestamp(), (db.execute(last).fetchone()[0] or 0) + 1)
            db.executemany("DELETE FROM positions WHERE id = ?", [[key] for key in articles])
            db.executemany("DELETE FROM places WHERE folder = ? AND view = ?", [(folder, key) for key in lists])
            merge_positions(
                db,
                PositionRows(
                    [(key, position, now) for key, position in articles.items() if position > 0],
                    [
                        (folder, key, json.dumps([*place.articles]), place.index, place.line, now)
                        for key, place in lists.items()
                        if place is not None
                    ],
                ),
            )
