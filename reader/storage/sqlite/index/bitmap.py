"""Sets of row ids as one large integer with a bit per row: a set of a million takes 125 kB.

``&``, ``|``, ``^`` and ``bit_count`` of such integers take microseconds, so queries are evaluated with them.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Collection, Iterable

_BYTEWISE_LIMIT = 4096
"""Up to this many row ids are set bit by bit; larger sets are parsed from binary digits."""
_DECIMAL_OFFSET = 10_000_000
"""Added to row ids so that each has eight decimal digits."""
MAX_DECIMAL_SIZE = 90_000_000
"""The highest size for which row ids plus the offset have eight digits."""
_PAIR_VALUES = bytes(min(99, (value >> 4) * 10 + (value & 15)) for value in range(256))
"""The value of two decimal digits, by what they are as hexadecimal digits."""
_HUNDREDS = array("I", (upper << 16 | lower << 8 for upper in range(100) for lower in range(100)))
"""The offset of each hundred of a million, with one byte for each pair of digits."""
_DIGIT_TO_BOOL = bytes.maketrans(b"01", b"\0\1")
_BOOL_TO_DIGIT = bytes.maketrans(b"\0\1", b"01")


def select_rows(db: sqlite3.Connection, select: str, parameter: str | float, size: int) -> int:
    """Return the set of the row ids below ``size`` that ``select`` returns. Raises sqlite3.Error.

    ``select`` is a constant with the single column ``rowid``, in which ``:value`` stands for ``parameter``.
    """
    ordered = f"FROM ({select}) WHERE rowid < {size} ORDER BY rowid"
    if size > MAX_DECIMAL_SIZE:
        return from_rows((rowid for (rowid,) in db.execute(f"SELECT rowid {ordered}", {"value": parameter})), size)
    # One step of SQLite releases the GIL throughout, and takes half as long as a step per row.
    query = f"SELECT group_concat(digits, '') FROM (SELECT rowid + {_DECIMAL_OFFSET} AS digits {ordered})"  # noqa: S608
    digits = db.execute(query, {"value": parameter}).fetchone()[0] or ""
    if len(digits) > 8 * _BYTEWISE_LIMIT:
        return _from_decimals(digits, size)
    return from_rows([int(digits[at : at + 8]) - _DECIMAL_OFFSET for at in range(0, len(digits), 8)], size)


def _from_decimals(text: str, size: int) -> int:
    """Return the set of the ascending row ids in ``text``: the eight digits of each plus the offset."""
    pairs = bytearray(bytes.fromhex(text).translate(_PAIR_VALUES))  # four bytes a row id, from 0 to 99 each
    millions = bytes(pairs[::4])
    pairs[::4] = bytes(len(millions))
    values = array("I", bytes(pairs))
    if sys.byteorder == "little":
        values.byteswap()
    parts, start = [], 0
    for million in range(-(-size // 1_000_000)):
        end = millions.rfind(million + 10, start) + 1 or start
        hundreds = _HUNDREDS[: -(-size // 100) - 10_000 * million]
        digits = bytearray(b"0") * (hundreds[-1] + 100)
        for value in values[start:end]:
            digits[value] = 49
        parts += [digits[offset : offset + 100] for offset in hundreds]
        start = end
    return int(b"".join(parts)[::-1], 2)


def from_rows(rowids: Iterable[int], size: int) -> int:
    """Return the set of ``rowids``, all of which are at least 0 and below ``size``."""
    if isinstance(rowids, Collection) and len(rowids) <= _BYTEWISE_LIMIT:
        data = bytearray((size >> 3) + 1)
        for rowid in rowids:
            data[rowid >> 3] |= 1 << (rowid & 7)
        return int.from_bytes(data, "little")
    digits = bytearray(b"0") * size
    for rowid in rowids:
        digits[rowid] = 49
    return int(digits[::-1], 2) if size else 0


def from_mask(mask: bytes) -> int:
    """Return the set of the indexes of ``mask`` whose byte is 1; all other bytes are 0."""
    return int(mask.translate(_BOOL_TO_DIGIT)[::-1], 2) if mask else 0


def to_mask(rows: int, size: int) -> bytes:
    """Return a byte for each row id below ``size``: 1 if it is in ``rows``, else 0."""
    # Formatting takes linear time because the base is a power of two.
    return format(rows, f"0{size}b").encode("ascii")[::-1].translate(_DIGIT_TO_BOOL)[:size]


def to_rows(rows: int) -> array[int]:
    """Return the row ids in ``rows``, ascending."""
    digits = format(rows, "b")[::-1]
    rowids, index = array("I"), digits.find("1")
    while index >= 0:
        rowids.append(index)
        index = digits.find("1", index + 1)
    return rowids
