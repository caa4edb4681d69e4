"""Opening the marks file in any state: create, upgrade or restore it. Nothing is ever deleted.

A damaged file, or one without marks beside a backup with some, is replaced by the newest good backup, merged with
everything that can still be read of the file. A file that was removed while it is open is written again. The
replacement is complete before the old file is moved, so the program may be killed at any moment: the next start
continues from there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, TypeAlias

from reader.core.atomic_write import sync
from reader.core.errors import ReaderError, describe_error
from reader.core.marks import (
    LATEST,
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
from reader.storage.sqlite.database import Database, StorageError, open_database, quarantine, remove
from reader.storage.sqlite.marks import backups, schema
from reader.storage.sqlite.marks.merge import FileContent, merge_content
from reader.storage.sqlite.marks.named_items import encode_item, is_valid_item
from reader.storage.sqlite.marks.positions import PositionRows, parse_ids

log = logging.getLogger(__name__)

_SIZE_OF_NOTHING = 1
"""SQLite takes a file of one byte for an empty one, too."""
_Rows: TypeAlias = list[tuple[object, ...]]


def open_or_recover(path: Path) -> tuple[Database, str]:
    """Return the marks file at ``path``, and a sentence for the user if it had to be repaired.

    Raises ReaderError: StorageError if the file is unusable, UnsupportedFileError for a file of a newer format or
    another program, which is not changed. Raises OSError.
    """
    try:
        found = _inspect(path)
        if found.has_marks and found.format == schema.FORMAT and not os.path.exists(_restored(path)):
            return open_normally(path), ""
    except StorageError as error:
        if not error.damaged:
            raise
        log.warning("%s", error.message, exc_info=error)
    with backups.exclusive_access(path):
        _resume_restore(path)
        condition = "damaged"
        try:
            found = _inspect(path)
            if not _has_lost_marks(path, found):
                notice = "" if found.format else _signs_of_use(path)
                if 0 < found.format < schema.FORMAT:
                    _upgrade(path)
                database = open_normally(path)  # new, upgraded, or another instance was faster
                _merge_restored(path, database)
                return database, notice
            condition = "empty" if path.exists() else "missing"
        except StorageError as error:
            if not error.damaged:
                raise
        notice = _restore(path, condition)
        return open_normally(path), notice


def _inspect(path: Path) -> schema.Inspection:
    """Return what is in the file, if there is one.

    Raises ReaderError: StorageError, with ``damaged`` set if applicable, if the file is unusable.
    """
    # The journal first: while a file is being created, it grows after the file itself.
    journal = _size(path.with_name(path.name + "-wal"))
    if _size(path) > _SIZE_OF_NOTHING:
        return schema.inspect(path)
    if journal and not _restored(path).exists():  # SQLite would delete it
        raise StorageError(path, sqlite3.DatabaseError("only its journal is left"), damaged=True)
    return schema.Inspection()


def _has_lost_marks(path: Path, found: schema.Inspection) -> bool:
    """Return whether a file without marks should have some. Raises OSError."""
    if found.has_marks:
        return False
    if not found.format and backups.all_backups(path):
        return True
    return backups.newest_good(path, with_marks=True) is not None


def _signs_of_use(path: Path) -> str:
    """Return a sentence if there were marks at ``path`` once, of which nothing is left."""
    left = sorted(each.name for each in path.parent.glob(f"{path.name}.*"))
    if not left and path.exists():
        return f"The marks file {show_path(path)} is empty and has no backup, so no article is marked."
    if not left:
        return ""
    return (
        f"The marks file {show_path(path)} is gone and has no backup, so no article is marked. "
        f"Beside it is {show_path(path.with_name(left[-1]))}, which may hold earlier marks."
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def open_normally(path: Path) -> Database:
    """Open a file that is in order, and bring it up to date. Raises StorageError."""
    return open_database(path, schema.prepare, durable=True)


def _upgrade(path: Path) -> None:
    """Upgrade an older file, after backing it up."""
    with closing(Database(path, durable=True)) as database:
        backups.make(database, path, "before-update")
        schema.prepare(database)


def _restored(path: Path) -> Path:
    """Return the name of a complete restored file until it replaces the damaged one."""
    return path.with_name(path.name + ".restored")


def _resume_restore(path: Path) -> None:
    """Finish a restoration that was interrupted after the damaged file was moved."""
    if os.path.exists(_restored(path)) and _size(path) <= _SIZE_OF_NOTHING:
        _replace(path)


def _merge_restored(path: Path, database: Database) -> None:
    """Merge a complete restored file that was never moved into place, since the file itself is intact."""
    if os.path.exists(_restored(path)):
        content = salvage(_restored(path))
        with database.write() as db:
            merge_content(db, content)
        remove(_restored(path))


def _replace(path: Path) -> Path | None:
    """Put the restored file in its place, and return the new name of the one that was there, if any."""
    aside = None
    # A leftover journal does not belong to the restored file.
    if any(path.with_name(path.name + suffix).exists() for suffix in ("", "-wal", "-shm")):
        path.touch()
        aside = quarantine(path)
    _restored(path).rename(path)
    sync(path.parent)
    return aside


def rewrite(path: Path, database: Database) -> str:
    """Write the file again from ``database``, which is still open but whose files were removed.

    The caller holds :func:`reader.storage.sqlite.marks.backups.exclusive_access`. Return the notice. Raises
    ReaderError and OSError.
    """
    others = []
    if path.exists():  # another program may have marked something in the rest of the file
        with tempfile.TemporaryDirectory(prefix="newsreader-") as place:
            copy = Path(place, path.name)
            for suffix in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(path.name + suffix), copy.with_name(copy.name + suffix))
            others.append(salvage(copy))
    try:
        _build(path, database.existing_connection(), others)
    except sqlite3.Error as error:
        raise StorageError(path, error) from error
    aside = _replace(path)
    rest = f" What was left of it is {show_path(aside)}." if aside is not None else ""
    return f"The marks file was removed while it was in use. It was written again, with all marks.{rest}"


def _restore(path: Path, condition: str) -> str:
    """Replace the file by the newest backup, merged with what can be salvaged; return the notice.

    ``condition`` describes the file in the notice.
    """
    try:
        backup = backups.newest_good(path)
        sources = [salvage(path)] if condition == "damaged" or _size(path) > _SIZE_OF_NOTHING else []
        if backup is None:
            sources += [salvage(each.path) for each in backups.all_backups(path)]
        if os.path.exists(_restored(path)):  # complete, but never moved into place
            sources.insert(0, salvage(_restored(path)))
        saved = _build(path, backup and closing(schema.open_read_only(backup.path)), sources)
        aside = _replace(path)
    except (OSError, sqlite3.Error, ReaderError) as error:
        log.warning("state file %s", show_path(path), exc_info=error)
        raise ReaderError(
            f"{show_path(path)} is {condition} and cannot be moved or restored.",
            "It is left as it is, and marks are not saved in this session. Free some disk space, or check that its "
            "folder is writable.",
        ) from error
    notice = f"The marks file was {condition}"
    if aside is not None:
        notice += f". It was moved to {show_path(aside)}"
    if backup is None:
        return f"{notice}; marks saved: {saved:,}."
    notice += f"; the backup of {to_local(backup.made_at):%Y-%m-%d %H:%M} was restored"
    if condition == "damaged":
        notice += f", with {format_count(saved, 'later mark')} from the file itself"
    return f"{notice}."


def _build(path: Path, original: AbstractContextManager[sqlite3.Connection] | None, sources: list[FileContent]) -> int:
    """Create the file that will replace the damaged one, and return the number of marks from the sources."""
    part = path.with_name(path.name + ".restoring")
    remove(part)  # left by an interrupted restoration
    try:
        saved = _fill(part, original, sources)
        sync(part)
        part.rename(_restored(path))
    except BaseException:
        remove(part)
        raise
    return saved


def _fill(part: Path, original: AbstractContextManager[sqlite3.Connection] | None, sources: list[FileContent]) -> int:
    part.touch(mode=0o600)
    if original is not None:
        with original as source, closing(sqlite3.connect(part)) as copy:
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


def readable(path: Path) -> list[FileContent]:
    """Return what can be read of a file that cannot be used, and if it has no marks, of its newest backup."""
    found = [salvage(path)] if os.path.isfile(path) else []
    with contextlib.suppress(OSError):
        if not (found and found[0].marks.marks) and (backup := backups.newest_good(path)) is not None:
            found.append(salvage(backup.path))
    return found


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
        positions = valid_positions(
            rows("id, position, seen_at", "positions", "id"),
            rows("folder, view, ids, at, line, seen_at", "places", "folder, view"),
        )
    return FileContent(marks, settings, positions)


def _typed(rows: _Rows, *types: type) -> Iterator[tuple[Any, ...]]:
    """Yield the rows whose values have these types."""
    return (row for row in rows if all(map(isinstance, row, types)))


def _valid_marks(rows: _Rows) -> dict[MarkKey, Mark]:
    return {
        (id_, name): Mark(_bounded(at), bool(value))
        for id_, name, value, at in _typed(rows, int, str, object, int)
        if is_valid_mark_name(name)
    }


def _valid_spellings(rows: _Rows) -> dict[str, TagSpelling]:
    spellings: dict[str, TagSpelling] = {}
    for key, shown, at in _typed(rows, str, str, int):
        with contextlib.suppress(ReaderError):
            if normalize_tag(shown) == shown and tag_key(shown) == key:
                spellings[key] = TagSpelling(_bounded(at), shown)
    return spellings


def _valid_items(rows: _Rows) -> dict[tuple[str, str], NamedItem]:
    items: dict[tuple[str, str], NamedItem] = {}
    for kind, name, value, at in _typed(rows, str, str, object, int):
        if is_valid_item(kind, name):
            with contextlib.suppress(ValueError, RecursionError, ReaderError):
                text = "" if value == "" else encode_item(json.loads(str(value)))
                items[kind, name] = NamedItem(_bounded(at), text)
    return items


def valid_positions(articles: _Rows, lists: _Rows) -> PositionRows:
    """Return the rows of a damaged file that are positions."""
    return PositionRows(
        [(id_, place, _bounded(at)) for id_, place, at in _typed(articles, int, int, int) if place > 0],
        [(*row, _bounded(at)) for *row, at in _typed(lists, str, str, str, int, int, int) if parse_ids(row[2])],
    )


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
