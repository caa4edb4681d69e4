"""Columns of small integers for the fields that many articles share, each loaded in one read.

Each distinct value of a field (a source, a type, the topics of an article taken together) has an integer code.
A column holds the codes of all articles by row id, so that a million articles are counted or compared in
milliseconds. The index writer keeps the columns up to date, like the sort orders.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from reader.core.model import without_www
from reader.core.text import show_path
from reader.core.tokenize import fold_case
from reader.storage.sqlite.database import json_array

ColumnField: TypeAlias = Literal["folder", "source", "domain", "type", "category", "lang", "topics", "authors", "flags"]
FIELDS: tuple[ColumnField, ...] = get_args(ColumnField)
StoryField: TypeAlias = Literal["story", "story rank"]
"""Columns of the number of an article's story, and of its place in it (:mod:`reader.storage.sqlite.stories`)."""
PROBLEMS = 16
"""Flag of a document with problems, next to the flags of :mod:`reader.documents.index_record`."""

SCHEMA = f"""
CREATE TABLE labels (
    field TEXT NOT NULL,
    code INTEGER NOT NULL,
    text TEXT NOT NULL,
    key TEXT NOT NULL, -- the text, case-folded
    PRIMARY KEY (field, code)
) WITHOUT ROWID;
CREATE UNIQUE INDEX labels_by_text ON labels (field, text);
CREATE INDEX labels_by_key ON labels (field, key);
CREATE TABLE codes (
    rowid INTEGER PRIMARY KEY, {", ".join(f"{field} INTEGER NOT NULL" for field in FIELDS)}
);
CREATE TABLE columns (
    field TEXT PRIMARY KEY,
    typecode TEXT NOT NULL, -- of Python's array, which gives the size of a code
    codes BLOB NOT NULL -- by row id, 0 for rows without an article
);
"""
_CACHE_SIZE = 20_000
"""Codes of a field in the cache."""
_MOST_IN_PLACE = 1000
"""With more codes than these, a column is written as a whole."""
_ROOM = 1000
"""A column that becomes longer has room for so many later articles, whose codes are written in place then."""
_TYPECODES = "BHIQ"
_SELECT = f"SELECT rowid, {', '.join(FIELDS)} FROM codes"  # noqa: S608 - constants


class LabelCodes:
    """The codes of the texts of each field, with a cache, which must be cleared when a transaction is rolled back."""

    def __init__(self) -> None:
        self._known: dict[ColumnField, dict[str, int]] = {}

    def clear(self) -> None:
        """Forget all codes."""
        self._known.clear()

    def of(self, db: sqlite3.Connection, field: ColumnField, texts: Sequence[str]) -> list[int]:
        """Return the code of each text; those that have none yet get one. Raises sqlite3.Error."""
        known = self._known.setdefault(field, {"": 0})
        if len(known) >= _CACHE_SIZE:
            known.clear()
            known[""] = 0
        for text in dict.fromkeys(texts):
            if text not in known:
                known[text] = _find_or_add(db, field, without_www(text) if field in {"source", "domain"} else text)
        return [known[text] for text in texts]


def _find_or_add(db: sqlite3.Connection, field: ColumnField, text: str) -> int:
    """Return the code of a text, which is new if there is none yet. Raises sqlite3.Error."""
    row = db.execute("SELECT code FROM labels WHERE field = ? AND text = ?", (field, text)).fetchone()
    if row is None:
        row = db.execute("SELECT ifnull(max(code), 0) + 1 FROM labels WHERE field = ?", [field]).fetchone()
        key = "\n".join(map(fold_case, text.split("\n")))
        db.execute("INSERT INTO labels VALUES (?, ?, ?, ?)", (field, *row, text, key))
    return int(row[0])


def rebuild(db: sqlite3.Connection) -> None:
    """Build all columns from the codes of the articles. Raises sqlite3.Error."""
    (last,) = db.execute("SELECT ifnull(max(rowid), -1) FROM codes").fetchone()
    highest = db.execute(f"SELECT {', '.join(f'ifnull(max({each}), 0)' for each in FIELDS)} FROM codes").fetchone()  # noqa: S608
    columns = [array(_typecode(code), [0]) * (last + 1) for code in highest]
    folder, source, domain, type_, category, lang, topics, authors, flags = columns
    for row in db.execute(_SELECT):
        # A single assignment: a loop over the fields takes three times as long.
        (
            rowid,
            folder[rowid],
            source[rowid],
            domain[rowid],
            type_[rowid],
            category[rowid],
            lang[rowid],
            topics[rowid],
            authors[rowid],
            flags[rowid],
        ) = row
    for field, column in zip(FIELDS, columns, strict=True):
        store(db, field, column)


def update(db: sqlite3.Connection, changed: Collection[int]) -> None:
    """Bring all columns up to date after articles were added, changed or removed. Raises sqlite3.Error."""
    query = f"{_SELECT} WHERE rowid IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
    present = {rowid: codes for rowid, *codes in db.execute(query, [json_array(changed)])}
    no_codes = [0] * len(FIELDS)
    for index, field in enumerate(FIELDS):
        patch(db, field, {rowid: present.get(rowid, no_codes)[index] for rowid in changed})


def patch(db: sqlite3.Connection, field: ColumnField | StoryField, codes: Mapping[int, int]) -> None:
    """Store the codes of some articles by row id, in place if they fit. Raises sqlite3.Error."""
    query = "SELECT rowid, typecode, length(codes) FROM columns WHERE field = ?"
    place, typecode, stored = db.execute(query, [field]).fetchone() or (0, "B", 0)
    size = array(typecode).itemsize
    highest = max(codes.values(), default=0)
    is_wide_enough = highest < 1 << 8 * size
    length = max((rowid for rowid, code in codes.items() if code), default=-1) + 1
    if place and is_wide_enough and size * length <= stored and len(codes) <= _MOST_IN_PLACE:
        with db.blobopen("columns", "codes", place) as blob:
            for rowid, code in codes.items():
                if size * rowid < stored:
                    data = code.to_bytes(size, sys.byteorder)
                    blob.seek(size * rowid)
                    if blob.read(size) != data:  # a page is written even if it stays the same
                        blob.seek(size * rowid)
                        blob.write(data)
        return
    column = load(db, field)
    if not is_wide_enough:
        column = array(_typecode(highest), column)
    if length > len(column):
        column.extend([0] * (length + _ROOM - len(column)))
    for rowid, code in codes.items():
        if rowid < len(column):
            column[rowid] = code
    store(db, field, column)


def load(db: sqlite3.Connection, field: ColumnField | StoryField) -> array[int]:
    """Return the codes of ``field`` by row id; rows beyond the end have the code 0. Raises sqlite3.Error."""
    row = db.execute("SELECT typecode, codes FROM columns WHERE field = ?", [field]).fetchone()
    column = array("B")
    if row is not None:
        column = array(row[0])
        column.frombytes(row[1])
    return column


def label_texts(db: sqlite3.Connection, field: ColumnField) -> dict[int, str]:
    """Return the text of each code of ``field``. Raises sqlite3.Error."""
    return dict(db.execute("SELECT code, text FROM labels WHERE field = ?", [field]).fetchall())


def codes_of(db: sqlite3.Connection, field: ColumnField, value: str) -> list[int]:
    """Return the codes whose text equals ``value``, ignoring case. Raises sqlite3.Error.

    For ``topics`` and ``authors``, return the codes of all sets that contain ``value``; for ``folder``, also of
    subfolders. Sources and domains are stored without ``www.``.
    """
    key = fold_case(value)
    if field in {"source", "domain"}:
        key = without_www(key)
    if field == "folder":
        key = key.strip("/")
        paths = ((code, fold_case(show_path(path))) for code, path in db.execute("SELECT rowid, path FROM folders"))
        return [code for code, path in paths if not key or path == key or path.startswith(f"{key}/")]
    if field in {"topics", "authors"}:
        query = "SELECT code FROM labels WHERE field = ? AND instr(char(10) || key || char(10), ?)"
        return [code for (code,) in db.execute(query, [field, f"\n{key}\n"])] if "\n" not in key else []
    return [code for (code,) in db.execute("SELECT code FROM labels WHERE field = ? AND key = ?", [field, key])]


def _typecode(highest: int) -> str:
    return next(each for each in _TYPECODES if highest < 1 << 8 * array(each).itemsize)


def store(db: sqlite3.Connection, field: ColumnField | StoryField, column: array[int]) -> None:
    """Store the codes of ``field`` by row id. Raises sqlite3.Error."""
    db.execute("INSERT OR REPLACE INTO columns VALUES (?, ?, ?)", (field, column.typecode, column.tobytes()))


def flag_mask(flags: array[int], flag: int) -> bytes:
    """Return a byte for each row: 1 if it has ``flag``, else 0."""
    return flags.tobytes().translate(bytes(bool(value & flag) for value in range(256)))


def code_mask(column: array[int], codes: Iterable[int]) -> bytes:
    """Return a byte for each row: 1 if it has one of ``codes``, else 0."""
    wanted = frozenset(codes)
    if column.itemsize == 1:
        return column.tobytes().translate(bytes(value in wanted for value in range(256)))
    return bytes(map(wanted.__contains__, column))
