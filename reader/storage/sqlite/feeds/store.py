"""The state of feeds and what is known of their entries."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from reader.core.errors import ReaderError
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database
from reader.storage.sqlite.feeds.schema import back_up, backup_of, open_feeds

log = logging.getLogger(__name__)
_DAY = 86_400.0
_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps() would make an encoder each time


@dataclass(frozen=True, slots=True)
class FeedState:
    """What newsreader remembers of a feed. Times are seconds since 1970."""

    etag: str = ""
    last_modified: str = ""
    """From the same response as ``etag``."""
    validated: str = ""
    """The URL that sent them."""
    body_hash: str = ""
    """Of the body that was last read completely."""
    checked_at: float = 0.0
    changed_at: float = 0.0
    next_due: float = 0.0
    interval: float = 60.0
    """Minutes, as it has adapted."""
    failures: int = 0
    """How many times in a row it has failed."""
    failing_since: float = 0.0
    failure: str = ""
    """What is wrong, as a sentence."""
    moved_to: str = ""
    """Where it has redirected to permanently."""
    moved_times: int = 0
    """How many times in a row."""
    title: str = ""
    """As the feed calls itself."""
    site: str = ""


class StoredEntry(NamedTuple):
    """An entry of a feed, and the document that was made of it."""

    number: int
    """0 if it is not stored yet."""
    path: str
    """The path of its document in the folder, whether or not that is still there."""
    keys: tuple[str, ...]
    """See :mod:`reader.feeds.entries.identity`, which also explains ``title`` and ``published``."""
    title: str
    published: int | None
    """Microseconds since 1970."""
    first_seen: int
    """Microseconds since 1970."""
    text_hash: bytes | None
    """Of its text; None if that is unknown."""
    document_hash: bytes | None
    """Of the document as newsreader wrote it; None if only the document itself can tell whether it has been changed."""


_MOST_CHANGES = 200
"""Changes of your list that are remembered, so that they can be undone."""
_REMOVED = "removed:"
"""Precedes such a key."""
_STATE_FIELDS = frozenset(each.name for each in fields(FeedState))
_COLUMNS = "path, keys, title, published, first_seen, text_hash, document_hash"


class FeedStore:
    """The file feeds.db. Thread-safe. Methods raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> tuple[FeedStore, str]:
        """Return the store at ``path``, and a sentence if it had to be repaired. Raises StorageError."""
        database, notice = open_feeds(path)
        return cls(database), notice

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def back_up_daily(self, now: float) -> None:
        """Make a backup of the file if the last one is a day old. Raises nothing: the file itself is complete."""
        path = self._database.path
        assert path is not None
        try:
            made = backup_of(path).stat().st_mtime if backup_of(path).exists() else -_DAY
            # In both directions: a clock that was set back must not cause a backup at every sync.
            if abs(now - made) >= _DAY:
                back_up(self._database, path)
        except (OSError, ReaderError):
            log.warning("what is known about feeds could not be backed up", exc_info=True)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Exclude other programs that fetch feeds. Raises BusyError."""
        path = self._database.path
        assert path is not None
        busy = lock.BusyError("Another newsreader is fetching feeds.", "Try again in a moment.")
        with lock.locked(threading.Lock(), path.with_name(f"{path.name}-sync"), lock.NO_WAIT, busy):
            yield

    def states(self) -> dict[str, FeedState]:
        """Return the states of all feeds by their keys."""
        rows = self._database.select("SELECT key, state FROM feed")
        return {key: _state(text) for key, text in rows}

    def save_state(self, key: str, state: FeedState) -> None:
        """Store the state of a feed."""
        with self._database.write() as db:
            _save_state(db, key, state)

    def rename(self, key: str, new: str) -> None:
        """Store what is known of a feed under another key; if that is in use, add the entries to those there."""
        feed = "(SELECT id FROM feed WHERE key = ?)"
        with self._database.write() as db:
            if db.execute("UPDATE OR IGNORE feed SET key = ? WHERE key = ?", (new, key)).rowcount == 0:
                db.execute(f"UPDATE OR IGNORE entry SET feed = {feed} WHERE feed = {feed}", (new, key))  # noqa: S608
                self.forget(key)

    def entries(self, key: str) -> list[StoredEntry]:
        """Return the entries of a feed."""
        query = f"SELECT entry.id, {_COLUMNS} FROM entry JOIN feed ON feed.id = entry.feed WHERE key = ?"  # noqa: S608
        rows = self._database.select(query, (key,))
        return [StoredEntry(number, path, tuple(json.loads(keys)), *more) for number, path, keys, *more in rows]

    def folders(self) -> dict[str, list[str]]:
        """Return the folders that documents of each feed were written to, by its key."""
        folder = "rtrim(rtrim(path, replace(path, '/', '')), '/')"
        query = f"SELECT DISTINCT key, {folder} FROM feed JOIN entry ON feed.id = entry.feed"  # noqa: S608 - a constant
        found: defaultdict[str, list[str]] = defaultdict(list)
        for key, path in self._database.select(query):
            found[key].append(path)
        return found

    def seen_since(self, key: str, time: int) -> dict[str, int]:
        """Return when the entries of a feed that are not older than ``time`` were first seen, by path."""
        query = "SELECT path, first_seen FROM entry JOIN feed ON feed.id = entry.feed WHERE key = ? AND first_seen >= ?"
        return dict(self._database.select(query, (key, time)))

    def keys_in(self, folder: str) -> list[str]:
        """Return the keys of the feeds with documents directly in a folder."""
        query = (
            "SELECT DISTINCT key FROM feed JOIN entry ON feed.id = entry.feed"
            " WHERE substr(path, 1, length(:folder)) = :folder AND instr(substr(path, length(:folder) + 1), '/') = 0"
            " AND key NOT LIKE :removed"
        )
        return [key for (key,) in self._database.select(query, {"folder": f"{folder}/", "removed": f"{_REMOVED}%"})]

    def save(self, key: str, entries: Iterable[StoredEntry], state: FeedState | None = None) -> None:
        """Store new and changed entries of a feed together with its state."""
        with self._database.write() as db:
            feed = _save_state(db, key, state)
            for each in entries:
                values = (each.path, _encode(each.keys), *each[3:])
                if each.number:
                    changes = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
                    db.execute(f"UPDATE entry SET {changes} WHERE id = ?", (*values, each.number))  # noqa: S608
                else:
                    marks = ", ".join("?" * 8)
                    query = f"INSERT OR IGNORE INTO entry (feed, {_COLUMNS}, text_length) VALUES ({marks}, 0)"  # noqa: S608
                    db.execute(query, (feed, *values))

    def forget(self, key: str) -> None:
        """Remove all that is known of a feed."""
        with self._database.write() as db:
            db.execute("DELETE FROM entry WHERE feed = (SELECT id FROM feed WHERE key = ?)", (key,))
            db.execute("DELETE FROM feed WHERE key = ?", (key,))

    def save_change(self, number: str, value: Sequence[object]) -> None:
        """Store what a change of your list did, as JSON; drop the oldest, with the feeds that they removed."""
        with self._database.write() as db:
            db.execute("INSERT INTO change VALUES (?, ?)", (number, json.dumps(value)))
            newest = "SELECT rowid FROM change ORDER BY rowid DESC LIMIT ?"
            db.execute(f"DELETE FROM change WHERE rowid NOT IN ({newest})", (_MOST_CHANGES,))  # noqa: S608 - a constant
            for (key,) in db.execute("SELECT key FROM feed WHERE key LIKE ?", (f"{_REMOVED}%",)).fetchall():
                if not db.execute("SELECT 1 FROM change WHERE id = ?", (key.split(":")[1],)).fetchone():
                    self.forget(key)

    def change(self, number: str) -> Any:
        """Return what a change did; None if that is unknown."""
        rows = self._database.select("SELECT value FROM change WHERE id = ?", (number,))
        return json.loads(rows[0][0]) if rows else None

    def pauses(self) -> dict[str, float]:
        """Return the hosts that have asked for a pause, and until when."""
        return dict(self._database.select("SELECT name, paused_until FROM host"))

    def pause(self, host: str, until: float, now: float) -> None:
        """Store that a host has asked for a pause, and drop the pauses that are over."""
        with self._database.write() as db:
            db.execute("DELETE FROM host WHERE paused_until < ?", (now,))
            db.execute("INSERT OR REPLACE INTO host VALUES (?, ?)", (host, until))

    def has_read(self, folder: str) -> bool:
        """Return whether the documents in a folder have told what is known."""
        return bool(self._database.select("SELECT 1 FROM folder WHERE path = ?", (folder,)))

    def add_folder(self, folder: str, found: Sequence[tuple[str, StoredEntry]]) -> None:
        """Store what the documents in a folder tell: keys of feeds, and entries."""
        by_feed: defaultdict[str, list[StoredEntry]] = defaultdict(list)
        for key, entry in found:
            by_feed[key].append(entry)
        with self._database.write() as db:
            for key, entries in by_feed.items():
                self.save(key, entries)
            db.execute("INSERT OR IGNORE INTO folder VALUES (?)", (folder,))


def key_of_removed(key: str, change: str) -> str:
    """Return the key under which a feed that was removed with its documents is stored, until that change is undone."""
    return f"{_REMOVED}{change}:{key}"


def _save_state(db: sqlite3.Connection, key: str, state: FeedState | None) -> int:
    """Store a state, if given, and return the number of the feed."""
    if state is None:
        db.execute("INSERT OR IGNORE INTO feed (key) VALUES (?)", (key,))
    else:
        text = json.dumps(asdict(state), ensure_ascii=False)
        query = "INSERT INTO feed (key, state) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state"
        db.execute(query, (key, text))
    (number,) = db.execute("SELECT id FROM feed WHERE key = ?", (key,)).fetchone()
    return int(number)


def _state(text: str) -> FeedState:
    try:
        values = json.loads(text)
        return FeedState(**{name: value for name, value in values.items() if name in _STATE_FIELDS})
    except (ValueError, AttributeError, TypeError):
        return FeedState()
