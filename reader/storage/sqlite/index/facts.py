"""The numbers that an index notes about itself."""

from __future__ import annotations

import sqlite3

from reader.storage.sqlite.database import corruption_error


def read_fact(db: sqlite3.Connection, name: str) -> int:
    """Return the fact with this name. Raises sqlite3.Error, also if it is missing: every index has all of them."""
    row = db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
    if row is None:
        raise corruption_error()
    return int(row[0])
