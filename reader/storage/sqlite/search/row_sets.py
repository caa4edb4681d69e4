"""Questions to SQLite whose answer is a set of row numbers (:mod:`reader.storage.sqlite.search.bitmap`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain

from reader.storage.sqlite.search import bitmap


def select_rows(db: sqlite3.Connection, select: str, given: Sequence[object], size: int) -> int:
    """Return the row numbers that ``select`` gives, in order and all of them below ``size``, as a set.

    ``select`` is a constant of ours, of one column; ``given`` are its parameters. Raises sqlite3.Error.
    """
    if size > bitmap.MOST_DECIMAL:
        return bitmap.from_rows(chain.from_iterable(db.execute(select, given)), size)
    # In one step of SQLite, during which other threads run, and in half the time.
    row = f"SELECT rowid + {bitmap.ADDED} AS digits FROM ({select})"  # noqa: S608 - a constant
    (decimals,) = db.execute(f"SELECT group_concat(digits, '') FROM ({row})", given).fetchone()  # noqa: S608
    return bitmap.from_decimals(decimals or "", size)
