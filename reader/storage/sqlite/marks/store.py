"""The user's marks: never derived from anything else, never lost.

A mark belongs to the id of an article (:func:`reader.core.urls.article_id`), so it survives
moving, renaming and downloading the document again. A change is durable when the call
returns (WAL with synchronous=FULL).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.marks import (
    HIDDEN,
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
from reader.storage.sqlite.database import Database, StorageError, file_identity, json_array, open_database
from reader.storage.sqlite.marks import backups, merge, positions, recovery, schema, undo
from reader.storage.sqlite.marks.named_items import ItemTable, SettingTable
from reader.storage.sqlite.marks.undo import MarkResult

log = logging.getLogger(__name__)

_NOT_SAVED = "Marks are not saved in this session."


class ArticleMarks(NamedTuple):
    """The marks of one article."""

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    """In their first spelling, in the order of their keys."""


class MarkFile:
    """Connections to the marks file, or to memory. Any thread may use them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        name = os.fspath(database.path or "")
        self._names = (name, f"{name}-wal", f"{name}-shm")
        self._files = self._identities()
        self.on_notice: Callable[[str], None] = log.warning
        """Receives a sentence for the user when the file had to be written again."""
        self._renewing = threading.RLock()
        self._replaced: list[Database] = []
        self._is_closed = False

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection for reading. Raises StorageError."""
        database = self.current()
        try:
            with database.read() as db:
                yield db
        except StorageError:
            # Tables that a newer instance has upgraded meanwhile look like damaged ones.
            with database.read() as db:
                format_ = schema.format_of(db)
            if format_ > schema.FORMAT:
                raise schema.newer_format_error(format_) from None
            raise

    def select(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Return the rows that a query returns. Raises StorageError."""
        with self.read() as db:
            return db.execute(query, parameters).fetchall()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside a transaction. Raises StorageError."""
        with self.current().write() as db:
            format_ = schema.format_of(db)
            if format_ != schema.FORMAT:  # a newer instance has upgraded the tables meanwhile
                raise schema.newer_format_error(format_)
            yield db

    def current(self) -> Database:
        """Return the database that has the file name now.

        Another instance may have quarantined the open file and restored it, or the user may have deleted it or its
        journal. What was written to the old file is merged into the new one. Raises ReaderError.
        """
        if self._is_closed or self._database.path is None or self._identities() == self._files:
            return self._database  # a closed one says so itself; its journal is gone
        with self._renewing:
            if self._identities() != self._files:
                self._renew()
        return self._database

    def _identities(self) -> list[tuple[int, int] | None]:
        """Return what distinguishes the file and its journal from others of the same names."""
        return [file_identity(name) for name in self._names]

    def _renew(self) -> None:
        path = self._database.path
        assert path is not None
        log.warning("%s is another file than before", show_path(path))
        content = merge.FileContent()
        try:
            with self._database.existing_connection() as db:
                content = merge.read_content(db)
        except StorageError as error:
            # It was quarantined because it is damaged; the instance that did so has salvaged its content.
            log.warning("the previous marks file cannot be read", exc_info=error)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._rewrite_if_removed(path)
            fresh, _ = recovery.open_or_recover(path)
        except OSError as error:
            raise ReaderError(
                f"{show_path(path)} is gone and cannot be created again: {describe_error(error)}.",
                "Check that its folder is writable.",
            ) from error
        # Another thread may still use the old database, so it stays open until close().
        self._replaced.append(self._database)
        self._database, self._files = fresh, self._identities()
        with self.write() as db:
            merge.merge_content(db, content)

    def _rewrite_if_removed(self, path: Path) -> None:
        """Write the file again unless another instance has replaced it. Raises ReaderError and OSError."""
        with backups.exclusive_access(path):
            if file_identity(path) in {None, self._files[0]}:
                try:
                    self.on_notice(recovery.rewrite(path, self._database))
                except StorageError as error:
                    if not error.damaged:
                        raise
                    log.warning("the previous marks file cannot be read", exc_info=error)

    def close(self) -> None:
        """Close the file."""
        self.on_notice = log.warning
        try:
            self.current()  # its journal may be gone, with marks that only this process can still read
        except ReaderError as error:
            log.warning("the marks file is gone", exc_info=error)
        self._is_closed = True
        for database in (*self._replaced, self._database):
            database.close()


class MarkStore:
    """The marks, named items, settings and positions of one user. Use :meth:`open`."""

    def __init__(self, database: Database) -> None:
        self.file = MarkFile(database)
        read, write = self.file.read, self.file.write
        self.items = ItemTable(read, write)
        self.settings = SettingTable(read, write)
        self.positions = positions.PositionTable(read, write)
        self.is_saved = database.path is not None
        """Whether marks outlast the program."""

    @classmethod
    def open(cls, path: Path) -> tuple[MarkStore, str]:
        """Return the store in the file at ``path``, and a sentence for the user if the file had to be repaired.

        A damaged file is quarantined, never deleted, and restored from the newest backup. If the file is unusable
        (newer format, no permission, disk full), the store is in memory and starts with what could be read.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            database, notice = recovery.open_or_recover(path)
            backups.remove_partial(path)
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
        """Return a store that ends with the program; with ``path``, it starts with what can be read there."""
        store = cls(open_database(None, schema.prepare, durable=False))
        for content in [] if path is None else recovery.readable(path):
            with store.file.write() as db:
                merge.merge_content(db, content)
        return store

    def report_to(self, on_notice: Callable[[str], None]) -> None:
        """Have ``on_notice`` called, in any thread, with a sentence whenever the file had to be written again."""
        self.file.on_notice = on_notice

    # Changing marks.

    def mark(self, ids: Iterable[str], change: MarkChange) -> MarkResult:
        """Change the marks of articles, as :meth:`mark_each` does."""
        return self.mark_each([(change, ids)])

    def mark_each(
        self, changes: Iterable[tuple[MarkChange, Iterable[str]]], *, undoable: bool = True, folder: str = ""
    ) -> MarkResult:
        """Make changes, each of other marks and for its own articles; all or none, and durable on return.

        They are a step for :meth:`undo` if ``undoable``; its message names their ``folder``.
        Raises StorageError, and ReaderError for an invalid tag or one that is both added and removed.
        """
        added: dict[str, str] = {}
        removed: dict[str, str] = {}
        wanted: list[tuple[str, bool, str]] = []
        for change, ids in changes:
            its_added, its_removed, values = _values_of(change)
            added |= its_added
            removed |= its_removed
            # Sorted, so that many marks are written to adjacent database pages.
            ids_json = json_array(sorted({id_to_int(id_) for id_ in ids}))
            wanted += [(name, value, ids_json) for name, value in values.items()]
        now = schema.timestamp()
        with self.file.write() as db:
            step = schema.mark_version(db) + 1
            by_mark = {
                name: (value, undo.apply_mark(db, step, name, ids_json, now, value=value, undoable=undoable))
                for name, value, ids_json in wanted
            }
            parts = [(name, value, len(each)) for name, (value, each) in by_mark.items() if each]
            if not parts:
                return MarkResult({}, step - 1)
            schema.set_mark_version(db, step)
            db.executemany(
                "INSERT OR IGNORE INTO spellings (key, shown, written_at) VALUES (?, ?, ?)",
                [(key, text, now) for key, text in added.items()],
            )
            words = describe_marks(parts, _spellings(db, {*added, *removed}))
            if undoable:
                undo.record_step(db, step, words, folder)
        return MarkResult(by_mark, step, words)

    def undo(self, *, redo: bool = False) -> MarkResult | None:
        """Undo the latest step, or ``redo`` the one undone last, whichever instance did it; None if there is none.

        Marks that another step or a merge has changed since stay unchanged. Raises StorageError.
        """
        with self.file.write() as db:
            return undo.undo(db, schema.timestamp(), redo=redo)

    def can_undo(self) -> bool:
        """Return whether there is a step to undo. Raises StorageError."""
        with self.file.read() as db:
            return bool(db.execute("SELECT EXISTS (SELECT 1 FROM steps WHERE NOT undone)").fetchone()[0])

    def reassign_ids(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Copy the marks and positions of each first id to the second; the later mark wins. Raises StorageError."""
        every = list(pairs)
        with self.file.write() as db:
            undo.reassign_ids(db, every)
            positions.reassign_ids(db, every)
            schema.set_mark_version(db, schema.mark_version(db) + 1)

    # Reading marks. Each method raises StorageError.

    def version(self) -> int:
        """Return a number that rises with every change of marks or items, by any instance."""
        with self.file.read() as db:
            return schema.mark_version(db)

    def marks_of(self, ids: Iterable[str]) -> dict[str, ArticleMarks]:
        """Return the marks of those articles of ``ids`` that have any."""
        wanted = {id_to_int(id_): id_ for id_ in ids}
        query = (
            "SELECT m.id, m.what, s.shown FROM marks m LEFT JOIN spellings s ON s.key = substr(m.what, 2) "
            "WHERE m.value AND m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id, m.what"
        )
        found: dict[str, ArticleMarks] = {}
        for key, name, shown in self.file.select(query, [json_array(wanted)]):
            marks = found.get(wanted[key], ArticleMarks())
            if name == READ:
                marks = marks._replace(read=True)
            elif name == STARRED:
                marks = marks._replace(starred=True)
            else:
                marks = marks._replace(tags=(*marks.tags, name[1:] if shown is None else shown))
            found[wanted[key]] = marks
        return found

    def marked_ids(self) -> frozenset[int]:
        """Return the numbers of all articles that ever had a mark."""
        return frozenset(id_ for (id_,) in self.file.select("SELECT DISTINCT id FROM marks"))

    def changed_marks(self, ids: Iterable[int]) -> list[tuple[int, str, bool]]:
        """Return each mark that the articles with these numbers ever had: number, name, and whether it is set now."""
        query = "SELECT id, what, value FROM marks WHERE id IN (SELECT value FROM json_each(?))"
        return [(id_, name, bool(value)) for id_, name, value in self.file.select(query, [json_array({*ids})])]

    def tags(self) -> list[str]:
        """Return every tag in use, as displayed, sorted without regard to case."""
        query = (
            "SELECT DISTINCT m.what, s.shown FROM marks m LEFT JOIN spellings s ON s.key = substr(m.what, 2) "
            "WHERE m.value AND m.what > '#' AND m.what < '$'"
        )
        found = [name[1:] if shown is None else shown for name, shown in self.file.select(query)]
        return sorted(found, key=str.casefold)

    def read_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Return which of ``ids`` are marked read."""
        wanted = {id_to_int(id_): id_ for id_ in ids}
        query = "SELECT id FROM marks WHERE value AND what = ? AND id IN (SELECT value FROM json_each(?))"
        return frozenset(wanted[key] for (key,) in self.file.select(query, [READ, json_array(wanted)]))

    def all_marked(self, name: str) -> list[int]:
        """Return the ids of all articles with the mark READ, STARRED or a tag, as integers."""
        query = "SELECT id FROM marks WHERE value AND what = ?"
        return [key for (key,) in self.file.select(query, [name])]

    def read_and_hidden(self) -> tuple[set[int], set[int]]:
        """Return the ids of all articles that are read and of all that are hidden, in one scan of the marks."""
        found: dict[str, set[int]] = {READ: set(), TAG + HIDDEN: set()}
        for name, key in self.file.select("SELECT what, id FROM marks WHERE value AND what IN (?, ?)", [*found]):
            found[name].add(key)
        return found[READ], found[TAG + HIDDEN]

    def all_but_read(self, among: Iterable[int] | None = None) -> tuple[dict[str, list[int]], dict[str, str]]:
        """Return the ids of the articles with each mark except "read", and the spellings of tags by key.

        The marks go by their names (see :mod:`reader.core.marks`). ``among`` limits the ids.
        """
        query, parameters = "SELECT what, id FROM marks WHERE value AND what <> ?", [READ]
        if among is not None:
            query += " AND id IN (SELECT value FROM json_each(?))"
            parameters.append(json_array(among))
        found: dict[str, list[int]] = {}
        for name, key in self.file.select(query, parameters):
            found.setdefault(name, []).append(key)
        return found, dict(self.file.select("SELECT key, shown FROM spellings"))

    # Whole files.

    def entries(self) -> Generator[MarkEntry]:
        """Yield one snapshot of all marks, as :func:`reader.storage.sqlite.marks.merge.entries` does."""
        database = self.file.current()
        # A connection of its own, so that this long read does not block other threads.
        with database.dedicated_connection() if database.path is not None else database.read() as db:
            yield from merge.entries(db)

    def merge(self, marks: MarkSet, *, backup: bool = False) -> int:
        """Merge marks from another file; the later change of each mark wins. This cannot be undone.

        With ``backup``, a backup is made first if anything changes. Return how many marks were
        new or later. Raises StorageError, and ReaderError if the backup fails.
        """
        with contextlib.ExitStack() as stack:
            path = self.file.current().path if backup else None
            if path is not None:
                stack.enter_context(backups.exclusive_access(path))
            db = stack.enter_context(self.file.write())
            version = schema.mark_version(db) + 1
            merged, changed = merge.merge_marks(db, marks, version)
            if changed:
                if path is not None:
                    # It uses its own connection, which does not see the uncommitted merge.
                    backups.make(self.file.current(), path, "before-import")
                schema.set_mark_version(db, version)
            return merged

    def backup_if_due(self, now: float | None = None) -> Path | None:
        """Make the daily backup if marks have changed since the last one; return its path, or None.

        Readers and writers are not blocked. It takes as long as copying the file, so call it in
        a worker thread. ``now`` is in seconds since 1970. Raises ReaderError if it fails.
        """
        database = self.file.current()
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
        self.file.close()


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
