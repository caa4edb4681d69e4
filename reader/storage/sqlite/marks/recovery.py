"""Opening the file of marks, whatever has become of it: made, brought up to date, or restored. Nothing is deleted.

A damaged file is replaced by the newest good backup, merged with all that can still be
read of the damaged one. What replaces it is complete before the damaged file is moved,
so one may be killed at any moment: the next start goes on from there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.marks import LATEST, READ, Mark, Marks, Place, Spelling, Thing, tag, tag_key, valid_name
from reader.core.text import format_count, show_path
from reader.core.times import to_local
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, prepared, set_aside, sync
from reader.storage.sqlite.marks import backups, named_items, schema
from reader.storage.sqlite.marks import positions as places

log = logging.getLogger(__name__)

_SECONDS_OF_PATIENCE = 20.0
_repairing = threading.Lock()


class Found(NamedTuple):
    """What could be read of a file."""

    marks: Marks
    session: dict[str, str]
    places: places.Rows


def ready(path: Path) -> tuple[Database, str]:
    """Return the file of marks at ``path``, and what to tell the person when something had to be done about it.

    Raises ReaderError: StorageError when the file cannot be used, and for a file of a
    newer version or of another program, which is left as it is. Raises OSError.
    """
    try:
        if not _needs_more(path):
            return _usual(path), ""
    except StorageError as error:
        if not error.damaged:
            raise
        log.warning("%s", error.message, exc_info=error)
    with alone(path):
        _finish(path)
        try:
            if _needs_more(path):
                _update(path)
            return _usual(path), ""  # another instance was quicker, or it is up to date now
        except StorageError as error:
            if not error.damaged:
                raise
        notice = _restore(path)
        return _usual(path), notice


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep others from making backups and from repairing meanwhile. Raises ReaderError when one takes too long."""
    until = time.monotonic() + _SECONDS_OF_PATIENCE
    with contextlib.ExitStack() as stack:
        try:
            # The folder is locked, and not a file in it: where nothing can be done, no trace is left either.
            stack.enter_context(lock.held(_repairing, path.parent, lambda: time.monotonic() < until))
        except lock.BusyError as error:
            raise ReaderError(
                "Another newsreader is repairing the file of marks, or makes a backup of it.",
                "It was waited for in vain; try again in a moment.",
            ) from error
        yield


def _needs_more(path: Path) -> bool:
    """Return whether the file has to be brought up to date, or its restoring to be finished.

    Raises ReaderError, of which StorageError says whether the file is damaged.
    """
    # The journal first: of a file that is just being made it is the second thing to grow.
    journal = _size(path.with_name(path.name + "-wal"))
    if not _size(path):
        if os.path.exists(_restored(path)):
            return True
        if journal:  # SQLite would delete it
            raise StorageError(path, sqlite3.DatabaseError("only its journal is left"), damaged=True)
        return False
    version = schema.inspect(path)
    return 0 < version < schema.VERSION


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _usual(path: Path) -> Database:
    # Made by SQLite it, and the journal after it, would have the common permissions; what one reads is one's own
    # business.
    path.touch(mode=0o600)
    path.chmod(0o600)
    return prepared(path, schema.prepare, durable=True)


def _update(path: Path) -> None:
    """Bring an older file up to date, once there is a backup of it."""
    with closing(Database(path, durable=True)) as database:
        backups.make(database, path, "before-update")
        schema.prepare(database)


def _restored(path: Path) -> Path:
    """Return the name of a restored file that is complete, until it has taken its place."""
    return path.with_name(path.name + ".restored")


def _finish(path: Path) -> None:
    """Go on with a restoring that was ended after the damaged file was moved."""
    if os.path.exists(_restored(path)) and not _size(path):
        if _size(path.with_name(path.name + "-wal")):  # of the damaged file: not for the restored one
            path.touch()
            set_aside(path)
        _restored(path).rename(path)


def _restore(path: Path) -> str:
    """Put the newest backup, with what is left of the damaged file, in its place; return what to tell the person."""
    try:
        backup = backups.newest_good(path)
        rescued = salvage(path)
        sources = [rescued]
        if os.path.exists(_restored(path)):  # complete, but its turn never came
            sources.insert(0, salvage(_restored(path)))
        saved = _build(path, backup, sources)
        path.touch()
        aside = set_aside(path)
        _restored(path).rename(path)
        sync(path.parent)
    except (OSError, sqlite3.Error, ReaderError) as error:
        log.warning("state file %s", show_path(path), exc_info=error)
        raise ReaderError(
            f"{show_path(path)} is damaged and cannot be moved or restored.",
            "It is left as it is, and marks are not kept in this run. Make room on the disk, or see that its folder "
            "can be written.",
        ) from error
    told = f"The file of marks was damaged. It was set aside as {show_path(aside)}"
    if backup is None:
        return f"{told}; marks saved: {saved:,}."
    when = f"{to_local(backup.made_at):%Y-%m-%d %H:%M}"
    later = format_count(saved, "later mark")
    return f"{told}; the backup of {when} was restored, and {later} saved from the file itself."


def _build(path: Path, backup: backups.Backup | None, sources: list[Found]) -> int:
    """Make the file that is to take the place of the damaged one, and return how many marks the sources gave."""
    part = path.with_name(path.name + ".restoring")
    _clear(part)  # a beginning that was never finished
    try:
        saved = _fill(part, backup, sources)
        sync(part)
        part.rename(_restored(path))
    except BaseException:
        _clear(part)
        raise
    return saved


def _clear(part: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + tail).unlink(missing_ok=True)


def _fill(part: Path, backup: backups.Backup | None, sources: list[Found]) -> int:
    from reader.storage.sqlite.marks.store import State

    part.touch(mode=0o600)
    if backup is not None:
        with closing(schema.reading(backup.path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
    with closing(State(prepared(part, schema.prepare, durable=True))) as state:
        saved = 0
        for found in sources:
            # What has the time that it has in the backup and is another is damaged.
            saved += state.take_in(found.marks, later=True)
            state.take_facts(found.session)
            state.take_places(found.places)
    if _size(part.with_name(part.name + "-wal")):  # could not be handed over, for want of room
        raise StorageError(part, sqlite3.OperationalError("it could not be written whole"))
    return saved


def salvage(path: Path) -> Found:
    """Return what can be read of a file, from its beginning and from its end, damaged or not; never fails."""
    found = _read(lambda: schema.reading(path), show_path(path))
    if not found.marks.marks:
        for page in _first_pages(path):
            with contextlib.suppress(OSError):
                # The first page tells where the tables are. They are in the same places in files of the same making.
                data = path.read_bytes()
                with_page = _read(lambda: _in_memory(page + data[len(page) :]), show_path(path))  # noqa: B023 - at once
                left = found.places if any(found.places) else with_page.places
                found = Found(found.marks.merged(with_page.marks), with_page.session | found.session, left)
    return found


def _first_pages(path: Path) -> Iterator[bytes]:
    """Yield the first pages of the newest backup and of a new file, to read one by that has lost its own."""
    if not hasattr(sqlite3.Connection, "deserialize"):  # SQLite can be built without it
        return
    with contextlib.suppress(OSError, sqlite3.Error):
        backup = backups.newest_good(path)
        if backup is not None:
            with closing(schema.reading(backup.path)) as db:
                same = schema.version_of(db) == schema.VERSION
            if same:
                yield _first_page(backup.path.read_bytes())
    with closing(prepared(None, schema.prepare, durable=False)) as database, database.read() as db:
        yield _first_page(db.serialize())


def _first_page(data: bytes) -> bytes:
    """Return the first page of a file for another one (https://sqlite.org/fileformat.html, 1.3): without a journal."""
    size = int.from_bytes(data[16:18], "big")
    # A number of changes that is not the one for which the number of pages holds: it is asked of the file.
    return data[:18] + b"\1\1" + data[20:24] + b"\0\0\0\2" + data[28:92] + b"\0\0\0\1" + data[96:size]


def _in_memory(data: bytes) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(data)
    return db


def _read(opened: Callable[[], sqlite3.Connection], file: str) -> Found:
    version = schema.VERSION
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError), closing(opened()) as db:
        version = schema.version_of(db) or version

    def rows(columns: str, table: str, order: str) -> list[tuple[object, ...]]:
        return _rows(opened, file, columns, table, order)

    marks: dict[Place, Mark] = {}
    columns = "id, 'read', read, changed_at" if version == 1 else "id, what, value, changed_at"
    for row in rows(columns, "marks", "id, 2"):
        id_, what, value, at = row
        if (
            isinstance(id_, int)
            and isinstance(at, int)
            and isinstance(what, str)
            and (what == READ or valid_name(what))
        ):
            marks[id_, what] = Mark(min(max(at, 0), LATEST), bool(value))
    spellings: dict[str, Spelling] = {}
    for key, shown, at in rows("key, shown, written_at", "spellings", "key"):
        with contextlib.suppress(ReaderError):
            if isinstance(shown, str) and isinstance(at, int) and tag(shown) == shown and tag_key(shown) == key:
                spellings[tag_key(shown)] = Spelling(min(max(at, 0), LATEST), shown)
    things: dict[tuple[str, str], Thing] = {}
    for kind, name, value, at in rows("kind, name, value, changed_at", "kept", "kind, name"):
        if not (
            isinstance(kind, str) and isinstance(name, str) and named_items.valid(kind, name) and isinstance(at, int)
        ):
            continue
        with contextlib.suppress(ValueError, RecursionError, ReaderError):
            text = "" if value == "" else named_items.written(json.loads(str(value)))
            things[kind, name] = Thing(min(max(at, 0), LATEST), text)
    session = {str(name): str(value) for name, value in rows("name, value", "session", "name")}
    left = places.Rows()
    if version >= places.SINCE:
        left = places.sound(
            rows("id, position, seen_at", "positions", "id"),
            rows("folder, view, ids, at, line, seen_at", "places", "folder, view"),
        )
    return Found(Marks(marks, spellings, things), session, left)


def _rows(
    opened: Callable[[], sqlite3.Connection], file: str, columns: str, table: str, order: str
) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    backwards = ", ".join(f"{column} DESC" for column in order.split(", "))
    for each in (order, backwards):
        before = len(found)
        try:
            with closing(opened()) as db:
                db.execute("PRAGMA writable_schema=ON")  # SQLite refuses a file that was cut off otherwise
                db.text_factory = lambda data: data.decode("utf-8", "replace")
                for row in db.execute(f"SELECT {columns} FROM {table} ORDER BY {each}"):  # noqa: S608 - constants
                    found.append(row)  # noqa: PERF402 - what was read before a fault is kept
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
            read = len(found) - before
            log.warning("%s in %s: rows that could be read: %d (%s)", table, file, read, describe_error(error))
        else:
            break  # all of it
    return found
