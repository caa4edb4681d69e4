"""The user's marks: never derived from anything else, never lost.

A mark belongs to the id of an article (:func:`reader.core.urls.article_id`), so it survives
moving, renaming and downloading the document again. A change is durable when the call
returns (WAL with synchronous=FULL).
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Generator, Iterable, Set
from pathlib import Path
from typing import NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.marks import (
    READ,
    STARRED,
    TAG,
    MarkChange,
    MarkEntry,
    MarkSet,
    describe_marks,
    id_to_int,
    normalize_tag,
    tag_key,
)
from reader.core.text import show_path
from reader.storage.sqlite.database import Database, StorageError, open_database
from reader.storage.sqlite.marks import backups, merge, positions, recovery, schema, undo
from reader.storage.sqlite.marks.mark_file import MarkFile
from reader.storage.sqlite.marks.named_items import ItemTable, SettingTable, step_description
from reader.storage.sqlite.marks.undo import UndoResult

log = logging.getLogger(__name__)

_NOT_SAVED = "Marks are not saved in this session."


class ArticleMarks(NamedTuple):
    """The marks of one article."""

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    """In their first spelling, in the order of their keys."""


class MarkResult(NamedTuple):
    """The effect of a change of marks."""

    changed: set[int]
    """Ids of the articles that changed, as integers; an unmarked article counts as unread, unstarred and untagged."""
    version: int
    """The mark version after the change; see :meth:`MarkStore.version`."""
    description: str = ""
    """The step as undo will name it; empty if nothing changed."""
    read: Set[int] = frozenset()
    """Ids of the articles that have become read."""
    unread: Set[int] = frozenset()
    """Ids of the articles that have become unread."""


class MarkStore:
    """The marks, named items, settings and positions of one user. Use :meth:`open`."""

    def __init__(self, database: Database) -> None:
        self._file = MarkFile(database)
        read, write = self._file.read, self._file.write
        self.items = ItemTable(read, write)
        self.settings = SettingTable(read, write)
        self.positions = positions.PositionTable(read, write)

    @classmethod
    def open(cls, path: Path) -> tuple[MarkStore, str]:
        """Return the store in the file at ``path``, and a sentence if something had to be done about the file.

        A damaged file is quarantined, never deleted, and restored from the newest backup. If
        the file is unusable (newer format, no permission, disk full), the store is in memory
        and starts with what could be read.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            database, notice = recovery.open_or_recover(path)
            return cls(database), notice
        except schema.UnsupportedFileError as error:
            return cls.in_memory(), str(error)
        except StorageError as error:
            log.warning("state file %s", show_path(path), exc_info=error)
            notice = f"{error.message} {_NOT_SAVED}"
        except ReaderError as error:
            notice = str(error) if _NOT_SAVED[:-1].lower() in str(error) else f"{error} {_NOT_SAVED}"
        except OSError as error:
            notice = f"{show_path(path)} cannot be used: {describe_error(error)}. {_NOT_SAVED}"
        return cls.in_memory(path), notice

    @classmethod
    def in_memory(cls, path: Path | None = None) -> MarkStore:
        """Return a store that ends with the program; with ``path``, it starts with what can be read of that file."""
        store = cls(open_database(None, schema.prepare, durable=False))
        if path is not None and path.is_file():
            content = recovery.salvage(path)
            with store._file.write() as db:
                merge.merge_content(db, content)
        return store

    @property
    def is_saved(self) -> bool:
        """Whether marks outlast the program."""
        return self._file.has_file

    # Changing marks.

    def mark(self, ids: Iterable[str], change: MarkChange, description: str = "") -> MarkResult:
        """Change the marks of articles, all or none; durable on return, and one step for :meth:`undo`.

        ``description`` names the step, as in "Marked 12 articles read"; by default it is derived
        from the change. Raises StorageError, and ReaderError for an invalid tag or one that is
        both added and removed.
        """
        added, removed, values = _values_of(change)
        # Sorted, so that many marks are written to adjacent database pages.
        ids_json = f"[{','.join(map(str, sorted({id_to_int(id_) for id_ in ids})))}]"
        now = schema.timestamp()
        with self._file.write() as db:
            step = schema.mark_version(db) + 1
            changed = {
                name: undo.apply_mark(db, step, name, ids_json, now, value=value) for name, value in values.items()
            }
            all_changed = set().union(*changed.values())
            if not all_changed:
                return MarkResult(set(), step - 1)
            schema.set_mark_version(db, step)
            db.executemany(
                "INSERT OR IGNORE INTO spellings (key, shown, written_at) VALUES (?, ?, ?)",
                [(key, text, now) for key, text in added.items()],
            )
            parts = [(name, values[name], len(each)) for name, each in changed.items() if each]
            words = step_description(description) or describe_marks(parts, _spellings(db, {*added, *removed}))
            undo.record_step(db, step, words)
        of_read = changed.get(READ, set())
        read, unread = (of_read, set[int]()) if change.read else (set[int](), of_read)
        return MarkResult(all_changed, step, words, read, unread)

    def undo(self) -> UndoResult | None:
        """Undo the latest step, whichever instance made it; None if there is none. Raises StorageError.

        What another step or a merge has changed since stays as it is.
        """
        with self._file.write() as db:
            return undo.undo(db, schema.timestamp())

    def redo(self) -> UndoResult | None:
        """Redo the step that was undone last; None if there is none. Raises StorageError."""
        with self._file.write() as db:
            return undo.redo(db, schema.timestamp())

    def reassign_ids(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Copy the marks and positions of each first id to the second; the later mark wins. Raises StorageError."""
        every = list(pairs)
        with self._file.write() as db:
            undo.reassign_ids(db, every)
            positions.reassign_ids(db, every)
            schema.set_mark_version(db, schema.mark_version(db) + 1)

    # Reading marks. Each method raises StorageError.

    def version(self) -> int:
        """Return a number that rises with every change of marks or items, by any instance."""
        with self._file.read() as db:
            return schema.mark_version(db)

    def marks_of(self, ids: Iterable[str]) -> dict[str, ArticleMarks]:
        """Return the marks of those articles of ``ids`` that have any."""
        wanted = {id_to_int(id_): id_ for id_ in ids}
        query = (
            "SELECT m.id, m.what, s.shown FROM marks m LEFT JOIN spellings s ON s.key = substr(m.what, 2) "
            "WHERE m.value AND m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id, m.what"
        )
        found: dict[str, ArticleMarks] = {}
        with self._file.read() as db:
            for key, name, shown in db.execute(query, [json.dumps([*wanted])]):
                marks = found.get(wanted[key], ArticleMarks())
                if name == READ:
                    marks = marks._replace(read=True)
                elif name == STARRED:
                    marks = marks._replace(starred=True)
                else:
                    marks = marks._replace(tags=(*marks.tags, name[1:] if shown is None else shown))
                found[wanted[key]] = marks
        return found

    def tags(self) -> list[str]:
        """Return every tag in use, as displayed, sorted without regard to case."""
        query = (
            "SELECT DISTINCT m.what, s.shown FROM marks m LEFT JOIN spellings s ON s.key = substr(m.what, 2) "
            "WHERE m.value AND m.what > '#' AND m.what < '$'"
        )
        with self._file.read() as db:
            found = [name[1:] if shown is None else shown for name, shown in db.execute(query)]
        return sorted(found, key=str.casefold)

    def read_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Return which of ``ids`` are marked read."""
        wanted = {id_to_int(id_): id_ for id_ in ids}
        query = "SELECT id FROM marks WHERE value AND what = ? AND id IN (SELECT value FROM json_each(?))"
        with self._file.read() as db:
            return frozenset(wanted[key] for (key,) in db.execute(query, [READ, json.dumps([*wanted])]))

    def all_read(self) -> list[int]:
        """Return the ids of all read articles, as integers."""
        return self._all_marked(READ)

    def all_starred(self) -> list[int]:
        """Return the ids of all starred articles, as integers."""
        return self._all_marked(STARRED)

    def _all_marked(self, name: str) -> list[int]:
        with self._file.read() as db:
            return [key for (key,) in db.execute("SELECT id FROM marks WHERE value AND what = ?", [name])]

    def all_but_read(self, among: Iterable[int] | None = None) -> tuple[dict[str, list[int]], dict[str, str]]:
        """Return the ids of the articles with each mark except "read", and the spellings of tags by key.

        The marks go by their names (see :mod:`reader.core.marks`). ``among`` limits the ids.
        """
        query, parameters = "SELECT what, id FROM marks WHERE value AND what <> ?", [READ]
        if among is not None:
            query += " AND id IN (SELECT value FROM json_each(?))"
            parameters.append(json.dumps([*among]))
        found: dict[str, list[int]] = {}
        with self._file.read() as db:
            for name, key in db.execute(query, parameters):
                found.setdefault(name, []).append(key)
            return found, dict(db.execute("SELECT key, shown FROM spellings").fetchall())

    # Whole files.

    def entries(self) -> Generator[MarkEntry]:
        """Yield one snapshot of all marks, as :func:`reader.storage.sqlite.marks.merge.entries` does."""
        with self._file.snapshot() as db:
            yield from merge.entries(db)

    def merge(self, marks: MarkSet, *, backup: bool = False) -> int:
        """Merge marks from another file; the later change of each mark wins. This cannot be undone.

        With ``backup``, a backup is made first if anything changes. Return how many marks were
        new or later. Raises StorageError, and ReaderError if the backup fails.
        """
        with contextlib.ExitStack() as stack:
            path = self._file.current().path if backup else None
            if path is not None:
                stack.enter_context(backups.exclusive_access(path))
            db = stack.enter_context(self._file.write())
            version = schema.mark_version(db) + 1
            merged, changed = merge.merge_marks(db, marks, version)
            if changed:
                if path is not None:
                    # It uses its own connection, which does not see the uncommitted merge.
                    backups.make(self._file.current(), path, "before-import")
                schema.set_mark_version(db, version)
            return merged

    def backup_if_due(self, now: float | None = None) -> Path | None:
        """Make the daily backup if marks have changed since the last one; return its path, or None.

        Readers and writers are not blocked. It takes as long as copying the file, so call it in
        a worker thread. ``now`` is in seconds since 1970. Raises ReaderError if it fails.
        """
        database = self._file.current()
        path = database.path
        if path is None:
            return None
        try:
            with backups.exclusive_access(path):
                if not backups.is_due(database, path, time.time() if now is None else now):
                    return None
                return backups.make(database, path, "daily")
        except OSError as error:
            raise ReaderError(
                f"The marks could not be backed up in {show_path(path.parent)}: {describe_error(error)}.",
                "Check that this folder is readable and writable.",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _values_of(change: MarkChange) -> tuple[dict[str, str], dict[str, str], dict[str, bool]]:
    """Return the tags to add and to remove, by key, and the new value of each mark, by mark name."""
    added = {tag_key(each): each for each in reversed([normalize_tag(each) for each in change.add_tags])}
    removed = {tag_key(each): each for each in map(normalize_tag, change.remove_tags)}
    for key in added.keys() & removed.keys():
        raise ReaderError(f"The tag “{added[key]}” cannot be added and removed at the same time.", "Do one of the two.")
    values = {name: value for name, value in ((READ, change.read), (STARRED, change.starred)) if value is not None}
    values |= {TAG + key: True for key in sorted(added)} | {TAG + key: False for key in sorted(removed)}
    return added, removed, values


def _spellings(db: sqlite3.Connection, keys: Iterable[str]) -> dict[str, str]:
    """Return the spellings of tags, by key."""
    query = "SELECT key, shown FROM spellings WHERE key IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, [json.dumps([*keys])]).fetchall())
