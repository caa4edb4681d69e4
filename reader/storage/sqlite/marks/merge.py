"""The content of a whole marks file: read it, and merge it into another."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping
from typing import NamedTuple

from reader.core.marks import Mark, MarkEntry, MarkSet, NamedItem, TagSpelling
from reader.storage.sqlite.marks.named_items import all_settings, merge_settings
from reader.storage.sqlite.marks.positions import PositionRows, all_positions, merge_positions
from reader.storage.sqlite.marks.schema import mark_version, set_mark_version

_MERGE = (
    "INSERT INTO {table} ({keys}, value, changed_at, token) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT ({keys}) DO UPDATE SET "
    "value = excluded.value, changed_at = excluded.changed_at, token = excluded.token "
    "WHERE excluded.changed_at > changed_at OR NOT ? AND excluded.changed_at = changed_at AND excluded.value > value"
)


class FileContent(NamedTuple):
    """What a marks file holds, or what could be salvaged from a damaged one; the undo history is left out."""

    marks: MarkSet = MarkSet()
    settings: Mapping[str, str] = {}
    positions: PositionRows = PositionRows()


def read_content(db: sqlite3.Connection) -> FileContent:
    """Return the content of a file. Raises sqlite3.Error."""
    return FileContent(to_mark_set(entries(db)), all_settings(db), all_positions(db))


def merge_content(db: sqlite3.Connection, content: FileContent, *, only_later: bool = False) -> int:
    """Merge the content of another file, and return how many marks were new or later.

    For ``only_later`` see :func:`merge_marks`. Raises sqlite3.Error.
    """
    version = mark_version(db) + 1
    merged, changed = merge_marks(db, content.marks, version, only_later=only_later)
    if changed:
        set_mark_version(db, version)
    merge_settings(db, content.settings)
    merge_positions(db, content.positions)
    return merged


def to_mark_set(every: Iterable[MarkEntry]) -> MarkSet:
    """Return the entries that :func:`entries` yields, collected."""
    marks: dict[tuple[int, str], Mark] = {}
    spellings: dict[str, TagSpelling] = {}
    items: dict[tuple[str, str], NamedItem] = {}
    for entry in every:
        if len(entry) == 2:
            spellings[entry[0]] = entry[1]
        elif len(entry) == 3:
            marks[entry[0], entry[1]] = entry[2]
        else:
            items[entry[0], entry[1]] = NamedItem(*entry[2:])
    return MarkSet(marks, spellings, items)


def entries(db: sqlite3.Connection) -> Generator[MarkEntry]:
    """Yield the spellings by tag key, then the items by kind and name, then the marks by article id and name.

    Article ids are in the order of their hexadecimal form. All entries come from one
    snapshot of the file. Raises sqlite3.Error.
    """
    begun = not db.in_transaction
    if begun:
        db.execute("BEGIN")
    try:
        for key, shown, at in db.execute("SELECT key, shown, written_at FROM spellings ORDER BY key"):
            yield key, TagSpelling(at, shown)
        yield from db.execute("SELECT kind, name, changed_at, value FROM kept ORDER BY kind, name")
        for half in (">=", "<"):  # in hexadecimal, negative integers come after the others
            query = f"SELECT id, what, changed_at, value FROM marks WHERE id {half} 0 ORDER BY id, what"  # noqa: S608
            for id_, name, at, value in db.execute(query):
                yield id_, name, Mark(at, bool(value))
    finally:
        if begun and db.in_transaction:
            db.execute("ROLLBACK")


def merge_marks(db: sqlite3.Connection, marks: MarkSet, token: int, *, only_later: bool = False) -> tuple[int, bool]:
    """Merge marks into the tables, by the rule of :meth:`reader.core.marks.MarkSet.merged`.

    With ``only_later``, the mark in the tables wins over one of the same time. Each row that
    changes gets ``token``. Return how many marks changed, and whether anything changed,
    spellings and items included. Raises sqlite3.Error.
    """
    before = db.total_changes
    db.executemany(
        _MERGE.format(table="marks", keys="id, what"),
        ((id_, name, int(mark.value), mark.at, token, only_later) for (id_, name), mark in marks.marks.items()),
    )
    merged = db.total_changes - before
    db.executemany(
        "INSERT INTO spellings (key, shown, written_at) VALUES (?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET shown = excluded.shown, written_at = excluded.written_at "
        "WHERE excluded.written_at < written_at OR excluded.written_at = written_at AND excluded.shown < shown",
        ((key, spelling.shown, spelling.at) for key, spelling in marks.spellings.items()),
    )
    db.executemany(
        _MERGE.format(table="kept", keys="kind, name"),
        ((kind, name, item.value, item.at, token, only_later) for (kind, name), item in marks.items.items()),
    )
    return merged, db.total_changes > before
