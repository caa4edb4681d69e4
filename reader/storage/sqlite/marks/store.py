"""The person's marks: never derived from anything, never lost.

A mark belongs to the article's identity (:func:`reader.core.urls.article_id`), so it
survives moving, renaming and downloading the document anew. A mark is on disk when
the call returns (WAL with synchronous=FULL).
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.marks import LATEST, READ, STARRED, TAG, Entry, Marks, number, tag, tag_key, told_of
from reader.core.model import Json
from reader.core.text import clean, show_path
from reader.storage.sqlite.database import Database, StorageError, identity, prepared
from reader.storage.sqlite.marks import merge, positions, schema
from reader.storage.sqlite.marks import named_items as kept
from reader.storage.sqlite.marks import undo as history
from reader.storage.sqlite.marks.schema import VERSION

if TYPE_CHECKING:
    from reader.storage.sqlite.marks.undo import Undone

__all__ = ["VERSION", "Marked", "Said", "State", "number"]

log = logging.getLogger(__name__)

_NOT_KEPT = "Marks are not kept in this run."
_LONGEST_TOLD = 200


class Said(NamedTuple):
    """What the person says of one article."""

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    """As first written, in the order of their keys."""


class Marked(NamedTuple):
    """What came of marking."""

    changed: set[int]
    """The numbers of the articles that are different now; never marked is unread, not starred, without tags."""
    version: int
    """See :meth:`State.version`."""
    told: str = ""
    """The step as :meth:`State.undo` will tell it; empty when nothing was changed."""
    read: Set[int] = frozenset()
    """Articles that are read now, and were not."""
    unread: Set[int] = frozenset()
    """Articles that are unread now, and were read."""


def _now() -> int:
    return min(max(time.time_ns() // 1_000_000, 0), LATEST)


class State:
    """The marks of one person. Use :meth:`open`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = identity(database.path)
        self._renewing = threading.RLock()
        self._former: list[Database] = []
        self.places = positions.Kept(self._read, self._write)
        """How far one was in articles, and the places in views."""

    @classmethod
    def open(cls, path: Path) -> tuple[State, str]:
        """Return the state kept at ``path`` and, when something had to be done about it, a sentence that says what.

        A damaged file is set aside, never deleted, and restored from the newest backup.
        Where nothing can be kept (newer version, no permission, disk full), the state
        lives in memory for this run, with what could be read.
        """
        from reader.storage.sqlite.marks import recovery

        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            database, notice = recovery.ready(path)
            return cls(database), notice
        except schema.NotForUsError as error:
            return cls.in_memory(), str(error)
        except StorageError as error:
            log.warning("state file %s", show_path(path), exc_info=error)
            notice = f"{error.message} {_NOT_KEPT}"
        except ReaderError as error:
            notice = str(error) if _NOT_KEPT[:-1].lower() in str(error) else f"{error} {_NOT_KEPT}"
        except OSError as error:
            notice = f"{show_path(path)} cannot be used: {describe_error(error)}. {_NOT_KEPT}"
        return cls.in_memory(path), notice

    @property
    def ends_with_program(self) -> bool:
        """Whether nothing is kept, because the file cannot be used."""
        return self._file is None

    @classmethod
    def in_memory(cls, path: Path | None = None) -> State:
        """Return a state that ends with the program; with ``path``, it begins with what can be read of that file."""
        state = cls(prepared(None, schema.prepare, durable=False))
        if path is not None and path.is_file():
            from reader.storage.sqlite.marks import recovery

            found = recovery.salvage(path)
            state.take_in(found.marks)
            state.take_facts(found.session)
            state.take_places(found.places)
        return state

    @property
    def is_kept(self) -> bool:
        """Whether marks last longer than this run."""
        return self._database.path is not None

    # Marking.

    def mark(
        self,
        ids: Iterable[str],
        *,
        read: bool | None = None,
        starred: bool | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
        told: str = "",
    ) -> Marked:
        """Change marks of articles, all or none of them; on disk when this returns, and one step for :meth:`undo`.

        ``told`` is what the step is called, as in "Marked 12 articles read"; without it,
        that is put into words here. Raises StorageError, and ReaderError for what can be
        no tag, or is to be added and removed at once.
        """
        wanted = {what: value for what, value in ((READ, read), (STARRED, starred)) if value is not None}
        shown = {tag_key(each): each for each in reversed([tag(each) for each in add_tags])}
        gone = {tag_key(each): each for each in map(tag, remove_tags)}
        for both in shown.keys() & gone.keys():
            raise ReaderError(f"The tag “{shown[both]}” cannot be added and removed at once.", "Do one of the two.")
        wanted |= {TAG + key: True for key in sorted(shown)} | {TAG + key: False for key in sorted(gone)}
        # In order, so that those of many are written into neighbouring pages.
        numbers = f"[{','.join(map(str, sorted({number(id_) for id_ in ids})))}]"
        now = _now()
        with self._write() as db:
            step = schema.changes_of(db) + 1
            changed: dict[str, set[int]] = {}
            for what, value in wanted.items():
                changed[what] = history.change(db, step, what, numbers, now, value=value)
            every = set().union(*changed.values())
            if not every:
                return Marked(set(), step - 1)
            schema.set_changes(db, step)
            db.executemany(
                "INSERT OR IGNORE INTO spellings (key, shown, written_at) VALUES (?, ?, ?)",
                [(key, text, now) for key, text in shown.items()],
            )
            parts = [(what, wanted[what], len(its)) for what, its in changed.items() if its]
            words = clean(told)[:_LONGEST_TOLD].rstrip(" .") or told_of(parts, _spellings(db, {*shown, *gone}))
            history.keep(db, step, words)
        of_read = changed.get(READ, set())
        return Marked(every, step, words, of_read if read else set(), set() if read else of_read)

    def mark_read(self, ids: Iterable[str], *, read: bool) -> Marked:
        """Mark articles read or unread, all or none of them; on disk when this returns. Raises StorageError."""
        return self.mark(ids, read=read)

    def keep(self, kind: str, things: Mapping[str, Json], *, told: str) -> int:
        """Keep things of a kind by name, all or none; None deletes one. Return how many are different now.

        On disk when this returns, and one step for :meth:`undo`, called ``told``, as in
        "Saved the view “AI”". Raises StorageError, and ReaderError for what cannot be kept.
        """
        with self._write() as db:
            step = schema.changes_of(db) + 1
            changed = kept.put(db, step, kind, things, _now())
            if changed:
                schema.set_changes(db, step)
                history.keep(db, step, clean(told)[:_LONGEST_TOLD].rstrip(" ."))
            return changed

    def take_over(self, kind: str, things: Mapping[str, Json]) -> int:
        """Keep things of a kind as they are elsewhere, in a file of the person's; None deletes one.

        This is no step for :meth:`undo`, and former steps leave alone what it changes. Return how many are
        different now. Raises StorageError, and ReaderError for what cannot be kept.
        """
        with self._write() as db:
            step = schema.changes_of(db) + 1
            changed = kept.put(db, step, kind, things, _now(), undoable=False)
            if changed:
                schema.set_changes(db, step)
            return changed

    def undo(self) -> Undone | None:
        """Take back the last step that was not taken back yet, whoever made it; None when there is none.

        What was changed since by another step, or taken in from elsewhere, stays as it is.
        Raises StorageError.
        """
        with self._write() as db:
            return history.move(db, _now(), again=False)

    def redo(self) -> Undone | None:
        """Take back the last :meth:`undo` that was not taken back yet; None when there is none. Raises StorageError."""
        with self._write() as db:
            return history.move(db, _now(), again=True)

    def version(self) -> int:
        """Return a number that rises with every change of marks, whoever makes it. Raises StorageError."""
        with self._read() as db:
            return schema.changes_of(db)

    def carry(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Give the marks of each first identity to the second as well; of one that both have, the later holds.

        Raises StorageError.
        """
        every = list(pairs)
        with self._write() as db:
            history.carry(db, every)
            positions.carry(db, every)
            schema.set_changes(db, schema.changes_of(db) + 1)

    # Looking.

    def said(self, ids: Iterable[str]) -> dict[str, Said]:
        """Return what is said of those of ``ids`` of which anything is. Raises StorageError."""
        wanted = {number(id_): id_ for id_ in ids}
        query = (
            "SELECT m.id, m.what, s.shown FROM marks m LEFT JOIN spellings s ON s.key = substr(m.what, 2) "
            "WHERE m.value AND m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id, m.what"
        )
        found: dict[str, Said] = {}
        with self._read() as db:
            for key, what, shown in db.execute(query, [json.dumps([*wanted])]):
                said = found.get(wanted[key], Said())
                if what == READ:
                    said = said._replace(read=True)
                elif what == STARRED:
                    said = said._replace(starred=True)
                else:
                    said = said._replace(tags=(*said.tags, what[1:] if shown is None else shown))
                found[wanted[key]] = said
        return found

    def tags(self) -> list[str]:
        """Return every tag that some article has, as it is shown, in alphabetical order. Raises StorageError."""
        query = (
            "SELECT DISTINCT m.what, s.shown FROM marks m LEFT JOIN spellings s ON s.key = substr(m.what, 2) "
            "WHERE m.value AND m.what > '#' AND m.what < '$'"
        )
        with self._read() as db:
            found = [what[1:] if shown is None else shown for what, shown in db.execute(query)]
        return sorted(found, key=str.casefold)

    def kept(self, kind: str) -> dict[str, Json]:
        """Return the things of a kind by name, in the order of their names. Raises StorageError."""
        with self._read() as db:
            return kept.every(db, kind)

    def read_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Return which of ``ids`` are marked read. Raises StorageError."""
        wanted = {number(id_): id_ for id_ in ids}
        query = "SELECT id FROM marks WHERE value AND what = ? AND id IN (SELECT value FROM json_each(?))"
        with self._read() as db:
            return frozenset(wanted[key] for (key,) in db.execute(query, [READ, json.dumps([*wanted])]))

    def all_read(self) -> list[int]:
        """Return the numbers (see :func:`number`) of every article marked read. Raises StorageError."""
        return self._all(READ)

    def all_starred(self) -> list[int]:
        """Return the numbers of every starred article. Raises StorageError."""
        return self._all(STARRED)

    def all_tagged(self, text: str) -> list[int]:
        """Return the numbers of every article with a tag, in whatever case. Raises StorageError and ReaderError."""
        return self._all(TAG + tag_key(tag(text)))

    def all_but_read(self, among: Iterable[int] | None = None) -> tuple[dict[str, list[int]], dict[str, str]]:
        """Return the numbers of the articles with each mark but that of being read, and how tags are shown, by key.

        With ``among``, only of the articles of these numbers. The marks go by their names
        (see :mod:`reader.core.marks`). Raises StorageError.
        """
        query, given = "SELECT what, id FROM marks WHERE value AND what <> ?", [READ]
        if among is not None:
            query += " AND id IN (SELECT value FROM json_each(?))"
            given.append(json.dumps([*among]))
        found: dict[str, list[int]] = {}
        with self._read() as db:
            for what, key in db.execute(query, given):
                found.setdefault(what, []).append(key)
            return found, dict(db.execute("SELECT key, shown FROM spellings").fetchall())

    def _all(self, what: str) -> list[int]:
        with self._read() as db:
            return [key for (key,) in db.execute("SELECT id FROM marks WHERE value AND what = ?", [what])]

    # Going from one file to another.

    def marks(self) -> Generator[Entry]:
        """Yield every tag's key with its spelling, in order, then every thing by kind and name, then every mark.

        Those go by the identity as it is written, then by name. It is one look at the
        file, whatever is changed meanwhile. Raises StorageError.
        """
        database = self._current()
        with database.aside() if database.path is not None else database.read() as db:
            yield from merge.entries(db)

    def take_in(self, marks: Marks, *, backup: bool = False, later: bool = False) -> int:
        """Merge marks from elsewhere: of each the later change holds. Return how many were new here or later.

        With ``backup``, there is a backup of what was before, if anything is changed. With
        ``later``, of two at the same time the one that is here holds. This is no step for
        :meth:`undo`. Raises StorageError, and ReaderError when no backup can be made.
        """
        with contextlib.ExitStack() as stack:
            path = self._current().path
            if backup and path is not None:
                from reader.storage.sqlite.marks import recovery

                stack.enter_context(recovery.alone(path))
            db = stack.enter_context(self._write())
            version = schema.changes_of(db) + 1
            taken, changed = merge.take_in(db, marks, version, later=later)
            if changed:
                if backup and path is not None:
                    from reader.storage.sqlite.marks import backups

                    # By a connection of its own, which does not see yet what is written here.
                    backups.make(self._database, path, "before-import")
                schema.set_changes(db, version)
            return taken

    def take_facts(self, facts: Mapping[str, str]) -> None:
        """Keep the small facts of another file. Raises StorageError."""
        with self._write() as db:
            changes = facts.get(schema.CHANGES, "")
            known = schema.changes_of(db)
            db.executemany(
                "INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)",
                [(name, value) for name, value in facts.items() if name != schema.CHANGES],
            )
            if changes.isdecimal() and len(changes) < 19:
                # Nobody who watches the number may take a later one for an earlier.
                schema.set_changes(db, max(int(changes), known) + 1)

    def take_places(self, rows: positions.Rows) -> None:
        """Merge the places of another file: of each the later one holds. Raises StorageError."""
        with self._write() as db:
            positions.take_in(db, rows)

    def backup_if_due(self, now: float | None = None) -> Path | None:
        """Make the backup of the day, if marks were changed since the last one; return where, or None.

        Others go on reading and writing meanwhile; it takes as long as copying the file,
        so a worker should do it. ``now`` is in seconds since 1970. Seven are kept.
        Raises ReaderError when none can be made.
        """
        database = self._current()
        path = database.path
        if path is None:
            return None
        from reader.storage.sqlite.marks import backups, recovery

        try:
            with recovery.alone(path):
                if not backups.due(database, path, time.time() if now is None else now):
                    return None
                return backups.make(database, path, "daily")
        except OSError as error:
            raise ReaderError(
                f"No backup of the marks could be made in {show_path(path.parent)}: {describe_error(error)}.",
                "See that this folder can be read and written.",
            ) from error

    # Small facts.

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact about the session, such as the last folder. Raises StorageError."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)", [name, value])

    def remember_with(self, name: str, change: Callable[[str | None], str]) -> None:
        """Keep what ``change`` makes of what was kept, with nobody between. Raises StorageError."""
        with self._write() as db:
            row = db.execute("SELECT value FROM session WHERE name = ?", [name]).fetchone()
            value = change(None if row is None else str(row[0]))
            db.execute("INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)", [name, value])

    def recall(self, name: str) -> str | None:
        """Return what :meth:`remember` kept, or None. Raises StorageError."""
        with self._read() as db:
            row = db.execute("SELECT value FROM session WHERE name = ?", [name]).fetchone()
            return None if row is None else str(row[0])

    def close(self) -> None:
        """Close the file."""
        for database in (*self._former, self._database):
            database.close()

    # The file.

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        database = self._current()
        try:
            with database.read() as db:
                yield db
        except StorageError:
            # Tables that a newer instance has changed under us look like damaged ones.
            with database.read() as db:
                version = schema.version_of(db)
            if version > VERSION:
                raise schema.newer(version) from None
            raise

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._current().write() as db:
            version = schema.version_of(db)
            if version != VERSION:  # a newer instance has changed the tables meanwhile
                raise schema.newer(version)
            yield db

    def _current(self) -> Database:
        """Return the database in the file that has our name now.

        Another instance may have set the file aside that we have open and restored it, or
        the person deleted it. What was written into the former one goes along.
        """
        path = self._database.path
        if path is None or identity(path) == self._file:
            return self._database
        with self._renewing:
            if identity(path) != self._file:
                self._renew(path)
        return self._database

    def _renew(self, path: Path) -> None:
        from reader.storage.sqlite.marks import recovery

        log.warning("%s is another file than before", show_path(path))
        marks, facts, left = Marks(), {}, positions.Rows()
        try:
            with self._database.open_already() as db:
                marks = merge.marks_of(merge.entries(db))
                facts = dict(db.execute("SELECT name, value FROM session").fetchall())
                left = positions.every(db)
        except StorageError as error:
            # Damaged, that is why it was set aside: whoever did so has saved what can be read.
            log.warning("the former file of marks cannot be read", exc_info=error)
        try:
            fresh, _ = recovery.ready(path)
        except OSError as error:
            raise ReaderError(
                f"{show_path(path)} is gone, and cannot be made anew: {describe_error(error)}.",
                "See that its folder can be written.",
            ) from error
        # The former one is closed at the end, with this: another thread may be using it.
        self._former.append(self._database)
        self._database, self._file = fresh, identity(path)
        self.take_in(marks)
        self.take_facts(facts)
        self.take_places(left)


def _spellings(db: sqlite3.Connection, keys: Iterable[str]) -> dict[str, str]:
    """Return how tags are shown, by key."""
    query = "SELECT key, shown FROM spellings WHERE key IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, [json.dumps([*keys])]).fetchall())
