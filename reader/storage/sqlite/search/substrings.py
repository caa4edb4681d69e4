"""Finds the articles whose path or URL contains a substring.

Folders are few and are compared one by one. SQLite compares ordinary file names, and this module the rest, as
:func:`reader.core.text.show_path` displays them. URLs in the index are ASCII (:func:`reader.core.urls.safe_url`),
so SQLite can compare them.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence

from reader.core.text import show_path
from reader.core.tokenize import fold_case
from reader.documents.files import join_path
from reader.query.ast import PartField
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import bitmap, columns

_SELECT = {
    "path": "SELECT f.rowid, d.path, f.name FROM files f JOIN folders d ON d.rowid = f.folder",
    "url": "SELECT f.rowid, f.original_url, ifnull(f.web_url, ''), f.amp_url, f.cdn_amp_url FROM details f",
}
_NAME = "CAST(name AS TEXT)"
_SPECIAL_NAMES = (
    f"SELECT rowid FROM files WHERE {_NAME} GLOB :value OR instr(name, x'2020') OR trim({_NAME}) <> {_NAME}"  # noqa: S608
)
# Most articles have one URL only, so test whether others exist before lowercasing them.
_URLS = (
    "SELECT rowid FROM details WHERE instr(lower(original_url), :value) "
    "OR (web_url IS NOT NULL AND instr(lower(web_url), :value)) "
    "OR (amp_url <> '' AND instr(lower(amp_url), :value)) "
    "OR (cdn_amp_url <> '' AND instr(lower(cdn_amp_url), :value))"
)


def rows_containing(db: sqlite3.Connection, field: PartField, part: str, rowids: array[int]) -> list[int]:
    """Return the rows of ``rowids`` that contain ``part``, which is case-folded. Raises sqlite3.Error."""
    query = f"{_SELECT[field]} WHERE f.rowid IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
    return [rowid for rowid, *values in db.execute(query, [json_array(rowids)]) if _contains(field, part, values)]


def rows_with_url(db: sqlite3.Connection, part: str, size: int) -> int:
    """Return the articles below ``size`` with ``part``, case-folded, in one of their URLs. Raises sqlite3.Error."""
    return bitmap.select_rows(db, _URLS, part, size) if part.isascii() else 0


def special_names(db: sqlite3.Connection, size: int) -> int:
    """Return the files below ``size`` whose name may differ from how it is displayed. Raises sqlite3.Error."""
    return bitmap.select_rows(db, _SPECIAL_NAMES, "*[^ -~]*", size)


def rows_with_path(db: sqlite3.Connection, part: str, size: int, folder_of: array[int], special: int) -> int:
    """Return the articles below ``size`` whose path contains ``part``, case-folded. Raises sqlite3.Error.

    ``folder_of`` is the folder of each row, ``special`` the result of :func:`special_names`.
    """
    # The match is inside the folder, inside the name, or spans the slash between them.
    folder_end, slash, name_start = part.rpartition("/")
    containing, ending, special_folders = [], [], []
    for code, path in db.execute("SELECT rowid, path FROM folders"):
        folder = show_path(path)
        if folder.encode() != path or path.endswith(b" "):
            special_folders.append(code)
        elif part in fold_case(folder):
            containing.append(code)
        elif slash and path and fold_case(folder).endswith(folder_end):
            ending.append(code)

    def in_folders(codes: list[int]) -> int:
        return bitmap.from_mask(columns.code_mask(folder_of, codes)) if codes else 0

    rows = in_folders(containing)
    if ending:
        condition = f"substr(lower({_NAME}), 1, {len(name_start)}) = :value"
        rows |= in_folders(ending) & _rows_with_name(db, condition, name_start, size)
    if not slash:
        rows |= _rows_with_name(db, f"instr(lower({_NAME}), :value)", part, size)
    special |= in_folders(special_folders)
    compared = rows_containing(db, "path", part, bitmap.to_rows(special))
    return rows & ~special | bitmap.from_rows(compared, size)


def _rows_with_name(db: sqlite3.Connection, condition: str, part: str, size: int) -> int:
    """Return the files below ``size`` whose name fulfills ``condition``, if ``part`` is ASCII."""
    if not part.isascii():
        return 0
    return bitmap.select_rows(db, f"SELECT rowid FROM files WHERE {condition}", part, size)  # noqa: S608 - constants


def _contains(field: PartField, part: str, values: Sequence[object]) -> bool:
    if field == "path":
        folder, name = values
        assert isinstance(folder, bytes)
        assert isinstance(name, bytes)
        return part in fold_case(show_path(join_path(folder, name)))
    return any(part in fold_case(str(url)) for url in values)
