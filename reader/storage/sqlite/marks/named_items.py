"""Named JSON items, such as saved views, which are stored, undone and merged like marks; and settings, which are not.

An item is one JSON value under a kind and a name; its meaning is up to the caller. It has a
time of change and a token, so :mod:`reader.storage.sqlite.marks.undo` can undo it. A deleted
item remains as an empty text, with the time of its deletion.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reader.core.errors import ReaderError
from reader.core.marks import LATEST
from reader.core.model import Json
from reader.core.text import clean, truncate
from reader.storage.sqlite.database import Connect
from reader.storage.sqlite.marks import schema, undo
from reader.storage.sqlite.marks.schema import VERSION_SETTING, mark_version, set_mark_version

_KIND = re.compile(r"[a-z]{1,20}")
_MAX_NAME_LENGTH = 200
_MAX_BYTES = 32_768
_MAX_DESCRIPTION = 200


def is_valid_item(kind: str, name: str) -> bool:
    """Return whether an item may have this kind (lowercase letters) and this name (one clean line)."""
    return bool(_KIND.fullmatch(kind)) and 0 < len(name) <= _MAX_NAME_LENGTH and clean(name) == name


def encode_item(value: Json) -> str:
    """Return a value as canonical JSON (RFC 8259). Raises ReaderError if it is too long or not valid JSON."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        size = len(text.encode())
    except (ValueError, RecursionError) as error:  # an infinite number, a lone surrogate, too many brackets
        raise ReaderError("This cannot be saved: it cannot be written as JSON.") from error
    if size > _MAX_BYTES:
        raise ReaderError(f"This cannot be saved: it is longer than {_MAX_BYTES:,} bytes.", "Make it shorter.")
    return text


@dataclass(frozen=True)
class ItemTable:
    """The named items in the marks file. Every method may raise StorageError."""

    _read: Connect
    _write: Connect

    def get(self, kind: str) -> dict[str, Json]:
        """Return the items of a kind by name, sorted by name."""
        query = "SELECT name, value FROM kept WHERE kind = ? AND value <> '' ORDER BY name"
        with self._read() as db:
            return {name: json.loads(value) for name, value in db.execute(query, [kind])}

    def put(self, kind: str, items: Mapping[str, Json], *, description: str | None) -> int:
        """Store items by name as one undoable step, all or none; None deletes an item.

        Durable on return. ``description`` names the step, as in "Saved the view “AI”". Without one, as for
        the content of a file of the user, this is no step, and earlier steps no longer apply to what it changes.
        Return the number of items that changed. Raises ReaderError for an invalid name or value.
        """
        with self._write() as db:
            step = mark_version(db) + 1
            changed = sum(
                _store_item(db, step, kind, name, value, undoable=description is not None)
                for name, value in items.items()
            )
            if changed:
                set_mark_version(db, step)
                if description is not None:
                    undo.record_step(db, step, clean(description)[:_MAX_DESCRIPTION].rstrip(" ."))
            return changed


def _store_item(db: sqlite3.Connection, step: int, kind: str, name: str, value: Json, *, undoable: bool) -> bool:
    """Store one item as part of a step, and return whether it changed."""
    if not is_valid_item(kind, name):
        raise ReaderError(
            f"“{truncate(clean(name), 40)}” is not a valid name.",
            f"A name is one line of 1 to {_MAX_NAME_LENGTH} characters.",
        )
    after = "" if value is None else encode_item(value)
    row = db.execute("SELECT value, token FROM kept WHERE kind = ? AND name = ?", [kind, name]).fetchone()
    before, token = row or ("", 0)
    if before == after:
        return False
    if undoable:
        db.execute(
            "INSERT INTO kept_changes (step, kind, name, before, after, former) VALUES (?, ?, ?, ?, ?, ?)",
            [step, kind, name, before, after, token],
        )
    db.execute(
        "INSERT INTO kept (kind, name, value, changed_at, token) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, token = excluded.token, "
        "changed_at = max(excluded.changed_at, min(changed_at + 1, ?))",
        [kind, name, after, schema.timestamp(), step, LATEST],
    )
    return True


@dataclass(frozen=True)
class SettingTable:
    """Small persistent values, such as the last folder. Every method may raise StorageError."""

    _read: Connect
    _write: Connect

    def get(self, name: str) -> str | None:
        """Return the value of a setting, or None."""
        with self._read() as db:
            return schema.setting(db, name)

    def set(self, name: str, value: str) -> None:
        """Store a setting."""
        self.update(name, lambda _: value)

    def update(self, name: str, change: Callable[[str | None], str]) -> None:
        """Replace the value of a setting by ``change(value)``, in one transaction."""
        with self._write() as db:
            schema.set_settings(db, {name: change(schema.setting(db, name))})


def all_settings(db: sqlite3.Connection) -> dict[str, str]:
    """Return every setting, and the mark version."""
    return dict(db.execute("SELECT name, value FROM session"))


def merge_settings(db: sqlite3.Connection, settings: Mapping[str, str]) -> None:
    """Merge the settings of another file, and raise the mark version above its version."""
    schema.set_settings(db, {name: value for name, value in settings.items() if name != VERSION_SETTING})
    version = settings.get(VERSION_SETTING, "")
    if version.isdecimal() and len(version) < 19:
        # An instance that compares versions must never mistake a later one for an earlier one.
        set_mark_version(db, max(int(version), mark_version(db)) + 1)
