"""Small things of the person's that have a name, such as saved views: kept, undone and merged as marks are.

A thing is one JSON value under a kind and a name. What it means is its maker's business;
here it has a time of change and a token, so :mod:`reader.storage.sqlite.marks.undo` can undo it. A
thing that was deleted stays as an empty text, with the time when.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping

from reader.core.errors import ReaderError
from reader.core.marks import LATEST
from reader.core.model import Json
from reader.core.text import clean, truncate

_KIND = re.compile(r"[a-z]{1,20}")
_LONGEST_NAME = 200
_LONGEST = 32_768


def valid(kind: str, name: str) -> bool:
    """Return whether a thing may be called so: a kind in small letters, a name of one clean line."""
    return bool(_KIND.fullmatch(kind)) and 0 < len(name) <= _LONGEST_NAME and clean(name) == name


def written(value: Json) -> str:
    """Return a value as it is kept: JSON (RFC 8259), the same text for the same value.

    Raises ReaderError for what is too long, and for what JSON cannot hold.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        size = len(text.encode())
    except (ValueError, RecursionError) as error:  # an infinite number, half a character, too many brackets
        raise ReaderError("This cannot be kept: it cannot be written as JSON.") from error
    if size > _LONGEST:
        raise ReaderError(f"This cannot be kept: it is longer than {_LONGEST:,} bytes.", "Make it shorter.")
    return text


def put(
    db: sqlite3.Connection, step: int, kind: str, things: Mapping[str, Json], now: int, *, undoable: bool = True
) -> int:
    """Keep things by name as a part of a step, and return how many were not so before; None deletes one.

    What is not ``undoable`` is a change like any other: former steps leave alone what it changed.
    ``now`` is in milliseconds since 1970 (UTC). Raises ReaderError for what cannot be kept.
    """
    changed = 0
    for name, value in things.items():
        if not valid(kind, name):
            raise ReaderError(
                f"“{truncate(clean(name), 40)}” can be no name.",
                f"It may have 1 to {_LONGEST_NAME} characters, in one line.",
            )
        after = "" if value is None else written(value)
        row = db.execute("SELECT value, token FROM kept WHERE kind = ? AND name = ?", [kind, name]).fetchone()
        before, former = row or ("", 0)
        if before == after:
            continue
        changed += 1
        if undoable:
            db.execute(
                "INSERT INTO kept_changes (step, kind, name, before, after, former) VALUES (?, ?, ?, ?, ?, ?)",
                [step, kind, name, before, after, former],
            )
        db.execute(
            "INSERT INTO kept (kind, name, value, changed_at, token) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, token = excluded.token, "
            "changed_at = max(excluded.changed_at, min(changed_at + 1, ?))",
            [kind, name, after, now, step, LATEST],
        )
    return changed


def every(db: sqlite3.Connection, kind: str) -> dict[str, Json]:
    """Return all things of a kind by name, in the order of their names."""
    query = "SELECT name, value FROM kept WHERE kind = ? AND value <> '' ORDER BY name"
    return {name: json.loads(value) for name, value in db.execute(query, [kind])}


def move(db: sqlite3.Connection, step: int, now: int, *, again: bool) -> list[str]:
    """Undo or redo what a step did to things, as far as they were not changed since; return the kind of each."""
    value, token, expected = ("after", "step", "former") if again else ("before", "former", "step")
    query = (
        f"SELECT c.{value}, c.{token}, k.kind, k.name FROM kept_changes c "  # noqa: S608 - constants
        f"JOIN kept k ON k.kind = c.kind AND k.name = c.name "
        f"WHERE c.step = ? AND k.token = c.{expected} AND k.value <> c.{value}"
    )
    moved = db.execute(query, [step]).fetchall()
    db.executemany(
        f"UPDATE kept SET value = ?, token = ?, changed_at = max({now:d}, min(changed_at + 1, {LATEST})) "  # noqa: S608
        "WHERE kind = ? AND name = ?",
        moved,
    )
    return [kind for _, _, kind, _ in moved]


def size(db: sqlite3.Connection, step: int) -> int:
    """Return how many things a step has changed."""
    return int(db.execute("SELECT count(*) FROM kept_changes WHERE step = ?", [step]).fetchone()[0])


def forget(db: sqlite3.Connection, step: int) -> None:
    """Forget what a step has changed."""
    db.execute("DELETE FROM kept_changes WHERE step = ?", [step])
