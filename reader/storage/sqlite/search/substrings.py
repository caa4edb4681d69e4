"""Parts of paths and addresses -> the articles whose path or address has them.

A path is folder and name: folders are few, and are looked at one by one; of names, SQLite
looks at what is usual, and this module at the rest, as :func:`reader.core.text.show_path` shows
it. An address that was taken in is ASCII (:func:`reader.core.urls.safe_url`), so SQLite can judge it.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence

from reader.core.text import show_path
from reader.core.tokenize import fold_case
from reader.documents.files import join_path
from reader.query.fields import PartField
from reader.storage.sqlite.index import columns
from reader.storage.sqlite.search import bitmap, row_sets

_AT_ONCE = 500
"""Parameters."""
_SELECT = {
    "path": "SELECT f.rowid, d.path, f.name FROM files f JOIN folders d ON d.rowid = f.folder",
    "url": "SELECT f.rowid, f.original_url, ifnull(f.web_url, ''), f.amp_url, f.cdn_amp_url FROM details f",
}
_NAME = "CAST(name AS TEXT)"
_ODD = (
    f"SELECT rowid FROM files WHERE rowid < ? AND ({_NAME} GLOB '*[^ -~]*' OR instr(name, x'2020') "  # noqa: S608
    f"OR {_NAME} GLOB ' *' OR {_NAME} GLOB '* ') ORDER BY rowid"
)
# Most articles have one address only, so the others are asked for before they are made small.
_URLS = (
    "SELECT rowid FROM details WHERE rowid < ?2 AND (instr(lower(original_url), ?1) "
    "OR (web_url IS NOT NULL AND instr(lower(web_url), ?1)) "
    "OR (amp_url <> '' AND instr(lower(amp_url), ?1)) "
    "OR (cdn_amp_url <> '' AND instr(lower(cdn_amp_url), ?1))) ORDER BY rowid"
)


def rows_containing(db: sqlite3.Connection, field: PartField, part: str, rowids: array[int]) -> list[int]:
    """Return which of ``rowids`` have ``part``, which is without case. Raises sqlite3.Error."""
    found: list[int] = []
    for start in range(0, len(rowids), _AT_ONCE):
        some = rowids[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = db.execute(f"{_SELECT[field]} WHERE f.rowid IN ({marks})", some)
        found += [rowid for rowid, *said in rows if _has(field, part, said)]
    return found


def with_url(db: sqlite3.Connection, part: str, size: int) -> int:
    """Return the articles below ``size`` of whose addresses one has ``part``, without case. Raises sqlite3.Error."""
    return row_sets.select_rows(db, _URLS, (part, size), size) if part.isascii() else 0


def non_ascii_names(db: sqlite3.Connection, size: int) -> int:
    """Return the files below ``size`` whose names are perhaps not shown as they are. Raises sqlite3.Error."""
    return row_sets.select_rows(db, _ODD, (size,), size)


def rows_with_path(db: sqlite3.Connection, part: str, size: int, folder_of: array[int], odd: int) -> int:
    """Return the articles below ``size`` whose path has ``part``, without case.

    ``folder_of`` is the folder of each row, ``odd`` what :func:`non_ascii_names` returns. Raises sqlite3.Error.
    """
    # Where part is not in the folder, it is in the name, or reaches from the end of the folder into the name.
    end, slash, begin = part.rpartition("/")
    inside, before, looked_at = [], [], []
    for code, path in db.execute("SELECT rowid, path FROM folders"):
        folder = show_path(path)
        if folder.encode() != path or path.endswith(b" "):
            looked_at.append(code)
        elif part in fold_case(folder):
            inside.append(code)
        elif slash and path and fold_case(folder).endswith(end):
            before.append(code)

    def of_folders(codes: list[int]) -> int:
        return bitmap.from_mask(columns.with_codes(folder_of, codes)) if codes else 0

    found = of_folders(inside)
    if before:
        found |= of_folders(before) & _names(db, f"substr(lower({_NAME}), 1, {len(begin)}) = ?", begin, size)
    if not slash:
        found |= _names(db, f"instr(lower({_NAME}), ?)", part, size)
    odd |= of_folders(looked_at)
    return found & ~odd | bitmap.from_rows(rows_containing(db, "path", part, bitmap.to_rows(odd)), size)


def _names(db: sqlite3.Connection, condition: str, part: str, size: int) -> int:
    """Return the files below ``size`` of whose names ``condition`` holds, as far as they are ASCII."""
    if not part.isascii():
        return 0
    select = f"SELECT rowid FROM files WHERE {condition} AND rowid < ? ORDER BY rowid"  # noqa: S608 - constants
    return row_sets.select_rows(db, select, (part, size), size)


def _has(field: PartField, part: str, said: Sequence[object]) -> bool:
    if field == "path":
        folder, name = said
        assert isinstance(folder, bytes)
        assert isinstance(name, bytes)
        return part in fold_case(show_path(join_path(folder, name)))
    return any(part in fold_case(str(url)) for url in said)
