"""Opening the file of marks in whatever state it is: create, upgrade or restore it. Nothing is ever deleted.

A damaged file is replaced by the newest good backup, merged with everything that can still be
read of the damaged file. The replacement is complete before the damaged file is moved, so the
program may be killed at any moment: the next start continues from there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from reader.core.atomic_write import sync
from reader.core.errors import ReaderError, describe_error
from reader.core.marks import (
    LATEST,
    READ,
    Mark,
    MarkKey,
    MarkSet,
    NamedItem,
    TagSpelling,
    is_valid_mark_name,
    normalize_tag,
    tag_key,
)
from reader.core.text import format_count, show_path
from reader.core.times import to_local
from reader.storage.sqlite.database import Database, StorageError, open_database, quarantine
from reader.storage.sqlite.marks import backups, schema
from reader.storage.sqlite.marks.merge import FileContent, merge_content
from reader.storage.sqlite.marks.named_items import encode_item, is_valid_item
from reader.storage.sqlite.marks.positions import PositionRows, valid_rows

log = logging.getLogger(__name__)

_Rows: TypeAlias = list[tuple[object, ...]]


def open_or_recover(path: Path) -> tuple[Database, str]:
    """Return the file of marks at ``path``, and a sentence if something had to be done about it.

    Raises ReaderError: StorageError if the file is unusable, UnsupportedFileError for a file of a
    newer format or another program, which is left as it is. Raises OSError.
    """
    try:
        if not _needs_upgrade(path):
            return _open_normally(path), ""
    except StorageError as error:
        if not error.damaged:
            raise
        log.warning("%s", error.message, exc_info=error)
    with backups.exclusive_access(path):
        _resume_restore(path)
        try:
            if _needs_upgrade(path):
                _upgrade(path)
            return _open_normally(path), ""  # another instance was faster, or the file is up to date now
        except StorageError as error:
            if not error.damaged:
                raise
        notice = _restore(path)
        return _open_normally(path), notice


def _needs_upgrade(path: Path) -> bool:
    """Return whether the file has an older format, or its restoration was interrupted.

    Raises ReaderError: StorageError, with ``damaged`` set if applicable, if the file is unusable.
    """
    # The journal first: while a file is being created, it is the second one to grow.
    journal = _size(path.with_name(path.name + "-wal"))
    if not _size(path):
        if os.path.exists(_restored(path)):
            return True
        if journal:  # SQLite would delete it
            raise StorageError(path, sqlite3.DatabaseError("only its journal is left"), damaged=True)
        return False
    format_ = schema.inspect(path)
    return 0 < format_ < schema.FORMAT


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _open_normally(path: Path) -> Database:
    # SQLite would create the file, and its journal, with default permissions; what a user reads is private.
    path.touch(mode=0o600)
    path.chmod(0o600)
    return open_database(path, schema.prepare, durable=True)


def _upgrade(path: Path) -> None:
    """Upgrade an older file, after a backup of it."""
    with closing(Database(path, durable=True)) as database:
        backups.make(database, path, "before-update")
        schema.prepare(database)


def _restored(path: Path) -> Path:
    """Return the name of a complete restored file until it replaces the damaged one."""
    return path.with_name(path.name + ".restored")


def _resume_restore(path: Path) -> None:
    """Finish a restoration that was interrupted after the damaged file was moved."""
    if os.path.exists(_restored(path)) and not _size(path):
        if _size(path.with_name(path.name + "-wal")):  # the journal of the damaged file, not of the restored one
            path.touch()
            quarantine(path)
        _restored(path).rename(path)


def _restore(path: Path) -> str:
    """Replace the damaged file by the newest backup, merged with what can be salvaged; return the notice."""
    try:
        backup = backups.newest_good(path)
        sources = [salvage(path)]
        if os.path.exists(_restored(path)):  # complete, but never put in place
            sources.insert(0, salvage(_restored(path)))
        saved = _build(path, backup, sources)
        path.touch()
        damaged = quarantine(path)
        _restored(path).rename(path)
        sync(path.parent)
    except (OSError, sqlite3.Error, ReaderError) as error:
        log.warning("state file %s", show_path(path), exc_info=error)
        raise ReaderError(
            f"{show_path(path)} is damaged and cannot be moved or restored.",
            "It is left as it is, and marks are not saved in this session. Free some disk space, or check that its "
            "folder is writable.",
        ) from error
    notice = f"The file of marks was damaged. It was moved to {show_path(damaged)}"
    if backup is None:
        return f"{notice}; marks saved: {saved:,}."
    when = f"{to_local(backup.made_at):%Y-%m-%d %H:%M}"
    return (
        f"{notice}; the backup of {when} was restored, with {format_count(saved, 'later mark')} from the file itself."
    )


def _build(path: Path, backup: backups.Backup | None, sources: list[FileContent]) -> int:
    """Create the file that will replace the damaged one, and return how many marks the sources gave."""
    part = path.with_name(path.name + ".restoring")
    _remove(part)  # left by an interrupted restoration
    try:
        saved = _fill(part, backup, sources)
        sync(part)
        part.rename(_restored(path))
    except BaseException:
        _remove(part)
        raise
    return saved


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _fill(part: Path, backup: backups.Backup | None, sources: list[FileContent]) -> int:
    part.touch(mode=0o600)
    if backup is not None:
        with closing(schema.open_read_only(backup.path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
    saved = 0
    with closing(open_database(part, schema.prepare, durable=True)) as database:
        for content in sources:
            with database.write() as db:
                # A mark that has the same time as in the backup, but another value, is damaged.
                saved += merge_content(db, content, only_later=True)
    if _size(part.with_name(part.name + "-wal")):  # the checkpoint failed for lack of space
        raise StorageError(part, sqlite3.OperationalError("it could not be written completely"))
    return saved


def salvage(path: Path) -> FileContent:
    """Return what can be read of a file, from its start and from its end, damaged or not. Never fails."""
    content = _read(lambda: schema.open_read_only(path), show_path(path))
    if not content.marks.marks:
        for page in _first_pages(path):
            with contextlib.suppress(OSError):
                # The first page holds the locations of the tables, which are the same in similar files.
                data = page + path.read_bytes()[len(page) :]
                repaired = _read(lambda: _deserialize(data), show_path(path))  # noqa: B023 - called at once
                content = FileContent(
                    content.marks.merged(repaired.marks),
                    {**repaired.settings, **content.settings},
                    content.positions if any(content.positions) else repaired.positions,
                )
    return content


def _first_pages(path: Path) -> Iterator[bytes]:
    """Yield the first page of the newest backup and of a new file, to read a file that has lost its own."""
    if not hasattr(sqlite3.Connection, "deserialize"):  # SQLite can be built without it
        return
    with contextlib.suppress(OSError, sqlite3.Error):
        backup = backups.newest_good(path)
        if backup is not None:
            with closing(schema.open_read_only(backup.path)) as db:
                is_current = schema.format_of(db) == schema.FORMAT
            if is_current:
                yield _first_page(backup.path.read_bytes())
    with closing(open_database(None, schema.prepare, durable=False)) as database, database.read() as db:
        yield _first_page(db.serialize())


def _first_page(data: bytes) -> bytes:
    """Return the first page of a file, edited to fit another one (https://sqlite.org/fileformat.html, 1.3)."""
    size = int.from_bytes(data[16:18], "big")
    # Without a journal, and with a change counter that makes SQLite take the number of pages from the file size.
    return data[:18] + b"\1\1" + data[20:24] + b"\0\0\0\2" + data[28:92] + b"\0\0\0\1" + data[96:size]


def _deserialize(data: bytes) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(data)
    return db


def _read(connect: Callable[[], sqlite3.Connection], file: str) -> FileContent:
    format_ = schema.FORMAT
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError), closing(connect()) as db:
        format_ = schema.format_of(db) or format_

    def rows(columns: str, table: str, order: str) -> _Rows:
        return _rows(connect, file, columns, table, order)

    columns = "id, 'read', read, changed_at" if format_ == 1 else "id, what, value, changed_at"
    marks = MarkSet(
        _valid_marks(rows(columns, "marks", "id, 2")),
        _valid_spellings(rows("key, shown, written_at", "spellings", "key")),
        _valid_items(rows("kind, name, value, changed_at", "kept", "kind, name")),
    )
    settings = {str(name): str(value) for name, value in rows("name, value", "session", "name")}
    positions = PositionRows()
    if format_ >= schema.FORMAT_WITH_POSITIONS:
        positions = valid_rows(
            rows("id, position, seen_at", "positions", "id"),
            rows("folder, view, ids, at, line, seen_at", "places", "folder, view"),
        )
    return FileContent(marks, settings, positions)


def _valid_marks(rows: _Rows) -> dict[MarkKey, Mark]:
    return {
        (id_, name): Mark(_bounded(at), bool(value))
        for id_, name, value, at in rows
        if isinstance(id_, int) and isinstance(at, int) and isinstance(name, str)
        if name == READ or is_valid_mark_name(name)
    }


def _valid_spellings(rows: _Rows) -> dict[str, TagSpelling]:
    spellings: dict[str, TagSpelling] = {}
    for key, shown, at in rows:
        with contextlib.suppress(ReaderError):
            if (
                isinstance(shown, str)
                and isinstance(at, int)
                and normalize_tag(shown) == shown
                and tag_key(shown) == key
            ):
                spellings[tag_key(shown)] = TagSpelling(_bounded(at), shown)
    return spellings


def _valid_items(rows: _Rows) -> dict[tuple[str, str], NamedItem]:
    items: dict[tuple[str, str], NamedItem] = {}
    for kind, name, value, at in rows:
        if isinstance(kind, str) and isinstance(name, str) and is_valid_item(kind, name) and isinstance(at, int):
            with contextlib.suppress(ValueError, RecursionError, ReaderError):
                text = "" if value == "" else encode_item(json.loads(str(value)))
                items[kind, name] = NamedItem(_bounded(at), text)
    return items


def _bounded(at: int) -> int:
    return min(max(at, 0), LATEST)


def _rows(connect: Callable[[], sqlite3.Connection], file: str, columns: str, table: str, order: str) -> _Rows:
    """Return the readable rows of a table, from its start and, after a fault, from its end."""
    found: _Rows = []
    backwards = ", ".join(f"{column} DESC" for column in order.split(", "))
    for each in (order, backwards):
        before = len(found)
        try:
            with closing(connect()) as db:
                db.execute("PRAGMA writable_schema=ON")  # otherwise SQLite refuses a truncated file
                db.text_factory = lambda data: data.decode("utf-8", "replace")
                for row in db.execute(f"SELECT {columns} FROM {table} ORDER BY {each}"):  # noqa: S608 - constants
                    found.append(row)
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
            log.warning("%s in %s: %d rows were readable (%s)", table, file, len(found) - before, describe_error(error))
        else:
            break  # all rows were read
    return found
