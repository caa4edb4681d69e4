"""What articles have in common, as small numbers: a column for each field, ready to be read in one go.

Each distinct value of a field (a publisher, a type, the topics of an article taken
together) gets a number, its code. A column holds the codes of all articles by row number,
so that a million articles are counted or compared in some milliseconds. As with the
orders, whoever writes the index keeps them up to date.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection, Iterable
from typing import Literal, TypeAlias, get_args

from reader.core.tokenize import fold_case

ColumnField: TypeAlias = Literal["folder", "source", "domain", "type", "category", "lang", "topics", "flags"]
FIELDS: tuple[ColumnField, ...] = get_args(ColumnField)
PROBLEMS = 16
"""In ``flags``, beside those of :mod:`reader.documents.index_record`: something is wrong with the document."""

SCHEMA = """
CREATE TABLE labels (
    field TEXT NOT NULL,
    code INTEGER NOT NULL,
    text TEXT NOT NULL,
    key TEXT NOT NULL, -- without case
    PRIMARY KEY (field, code)
) WITHOUT ROWID;
CREATE UNIQUE INDEX labels_by_text ON labels (field, text);
CREATE INDEX labels_by_key ON labels (field, key);
CREATE TABLE codes (
    rowid INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL,
    source INTEGER NOT NULL,
    domain INTEGER NOT NULL,
    type INTEGER NOT NULL,
    category INTEGER NOT NULL,
    lang INTEGER NOT NULL,
    topics INTEGER NOT NULL,
    flags INTEGER NOT NULL
);
CREATE TABLE columns (
    field TEXT PRIMARY KEY,
    typecode TEXT NOT NULL, -- of Python's array: how many bytes a code has
    codes BLOB NOT NULL -- by row number, 0 for rows without an article
);
"""
_MOST_KNOWN = 50_000
_TYPECODES = "BHIQ"
_SELECT = f"SELECT rowid, {', '.join(FIELDS)} FROM codes"  # noqa: S608 - constants


class LabelCodes:
    """The codes of texts, for who writes them; to be given up with a transaction that is undone."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int] = {}

    def code(self, db: sqlite3.Connection, field: ColumnField, text: str) -> int:
        """Return the code of a text, a new one if need be. Raises sqlite3.Error."""
        if not text:
            return 0
        known = self._known.get((field, text))
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[field, text] = _code(db, field, text)
        return known


def _code(db: sqlite3.Connection, field: ColumnField, text: str) -> int:
    found = db.execute("SELECT code FROM labels WHERE field = ? AND text = ?", (field, text)).fetchone()
    if found is not None:
        return int(found[0])
    (code,) = db.execute("SELECT ifnull(max(code), 0) + 1 FROM labels WHERE field = ?", [field]).fetchone()
    key = "\n".join(map(fold_case, text.split("\n")))
    db.execute("INSERT INTO labels VALUES (?, ?, ?, ?)", (field, code, text, key))
    return int(code)


def make(db: sqlite3.Connection) -> None:
    """Make all columns anew. Raises sqlite3.Error."""
    (last,) = db.execute("SELECT ifnull(max(rowid), -1) FROM codes").fetchone()
    widest = db.execute(f"SELECT {', '.join(f'ifnull(max({each}), 0)' for each in FIELDS)} FROM codes").fetchone()  # noqa: S608
    columns = [_zeros(top, last + 1) for top in widest]
    folder, source, domain, type_, category, lang, topics, flags = columns
    for row in db.execute(_SELECT):
        # In one statement: a loop over the fields would take three times as long.
        (
            rowid,
            folder[rowid],
            source[rowid],
            domain[rowid],
            type_[rowid],
            category[rowid],
            lang[rowid],
            topics[rowid],
            flags[rowid],
        ) = row
    for field, column in zip(FIELDS, columns, strict=True):
        _keep(db, field, column)


def patch(db: sqlite3.Connection, changed: Collection[int]) -> None:
    """Bring the columns up to date after the articles ``changed`` came, changed or went. Raises sqlite3.Error."""
    marks = ",".join(map(str, changed))  # row numbers: integers of ours
    fresh = {rowid: codes for rowid, *codes in db.execute(f"{_SELECT} WHERE rowid IN ({marks})")}
    last = max(fresh, default=-1)
    nothing = [0] * len(FIELDS)
    for at, field in enumerate(FIELDS):
        column = read(db, field)
        former = column.tobytes()
        values = {rowid: fresh.get(rowid, nothing)[at] for rowid in changed}
        column = _wide_enough(column, max(values.values(), default=0))
        column.extend([0] * (last + 1 - len(column)))
        for rowid, code in values.items():
            if rowid < len(column):
                column[rowid] = code
        if column.tobytes() != former:
            _keep(db, field, column)


def read(db: sqlite3.Connection, field: ColumnField) -> array[int]:
    """Return the codes of ``field`` by row number; rows beyond its end have 0. Raises sqlite3.Error."""
    found = db.execute("SELECT typecode, codes FROM columns WHERE field = ?", [field]).fetchone()
    column = array("B")
    if found is not None:
        column = array(found[0])
        column.frombytes(found[1])
    return column


def texts(db: sqlite3.Connection, field: ColumnField) -> dict[int, str]:
    """Return the text of each code of ``field``. Raises sqlite3.Error."""
    return dict(db.execute("SELECT code, text FROM labels WHERE field = ?", [field]).fetchall())


def codes_of(db: sqlite3.Connection, field: ColumnField, value: str) -> list[int]:
    """Return the codes whose text is ``value``, or for topics one of whose lines is; without regard to case.

    Raises sqlite3.Error.
    """
    key = fold_case(value)
    if field == "topics":
        query = "SELECT code FROM labels WHERE field = 'topics' AND instr(char(10) || key || char(10), ?)"
        return [code for (code,) in db.execute(query, [f"\n{key}\n"])] if "\n" not in key else []
    return [code for (code,) in db.execute("SELECT code FROM labels WHERE field = ? AND key = ?", [field, key])]


def _zeros(top: int, length: int) -> array[int]:
    typecode = _typecode(top)
    return array(typecode, bytes(array(typecode).itemsize * length))


def _typecode(top: int) -> str:
    return next(each for each in _TYPECODES if top < 1 << 8 * array(each).itemsize)


def _wide_enough(column: array[int], top: int) -> array[int]:
    return column if top < 1 << 8 * column.itemsize else array(_typecode(top), column)


def _keep(db: sqlite3.Connection, field: ColumnField, column: array[int]) -> None:
    db.execute("INSERT OR REPLACE INTO columns VALUES (?, ?, ?)", (field, column.typecode, column.tobytes()))


def with_flag(flags: array[int], flag: int) -> bytes:
    """Return 1 for each row that has ``flag``, else 0, by row number."""
    return flags.tobytes().translate(bytes(bool(value & flag) for value in range(256)))


def with_codes(column: array[int], codes: Iterable[int]) -> bytes:
    """Return 1 for each row that has one of ``codes``, else 0, by row number."""
    wanted = frozenset(codes)
    if column.itemsize == 1:
        return column.tobytes().translate(bytes(value in wanted for value in range(256)))
    return bytes(map(wanted.__contains__, column))
