"""Sets of row numbers as one long number each, of whose bits those are set: a million cost 125 kB. Pure.

``&``, ``|``, ``^`` and ``bit_count`` of such numbers take microseconds, which is why a
query is put together of them.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterable

_FEW = 4096
"""Row numbers that are put into their bits one by one; more are written as digits first."""
ADDED = 10_000_000
MOST_DECIMAL = 90_000_000
"""What eight digits have room for."""
_FIRST_MILLION = ADDED // 1_000_000
_HUNDREDTHS = bytes(min(99, (value >> 4) * 10 + (value & 15)) for value in range(256))
"""Two decimal digits that were read as hexadecimal ones -> what they mean."""
_HUNDREDS = [upper << 16 | lower << 8 for upper in range(100) for lower in range(100)]
"""Where each hundred of a million begins where a pair of digits takes a byte."""
_TRUTH = bytes.maketrans(b"01", b"\0\1")
_TRUE_DIGITS = bytes.maketrans(b"\0\1", b"01")


def from_rows(rowids: Iterable[int], size: int) -> int:
    """Return the set of ``rowids``, all of which are from 0 and below ``size``."""
    if isinstance(rowids, Collection) and len(rowids) <= _FEW:
        few = bytearray((size >> 3) + 1)
        for rowid in rowids:
            few[rowid >> 3] |= 1 << (rowid & 7)
        return int.from_bytes(few, "little")
    digits = bytearray(b"0") * size
    for rowid in rowids:
        digits[rowid] = 49
    return int(digits[::-1], 2) if size else 0


def from_decimals(text: str, size: int) -> int:
    """Return the set of row numbers that ``text`` is strung together of, in order, all of them below ``size``.

    Each is written as the eight digits of itself and 10,000,000 (:data:`ADDED`): SQLite writes
    that much sooner than it hands over the numbers one by one. ``size`` is below :data:`MOST_DECIMAL`.
    """
    pairs = bytearray(bytes.fromhex(text).translate(_HUNDREDTHS))  # four bytes a number, of 0 to 99 each
    if len(pairs) <= 4 * _FEW:
        values = array("I", bytes(pairs))
        if sys.byteorder == "little":
            values.byteswap()
        return from_rows([_plain(value) for value in values], size)
    millions = bytes(pairs[::4])
    pairs[::4] = bytes(len(millions))
    values = array("I", bytes(pairs))
    if sys.byteorder == "little":
        values.byteswap()
    found, start = [], 0
    for million in range(-(-size // 1_000_000)):
        end = millions.rfind(million + _FIRST_MILLION, start) + 1 or start
        hundreds = _HUNDREDS[: -(-size // 100) - 10_000 * million]
        digits = bytearray(b"0") * (hundreds[-1] + 100)
        for value in values[start:end]:
            digits[value] = 49
        found += [digits[at : at + 100] for at in hundreds]
        start = end
    return int(b"".join(found)[::-1], 2)


def _plain(value: int) -> int:
    """Return the row number whose pairs of digits are the bytes of ``value``."""
    upper = (value >> 24) * 100 + (value >> 16 & 255)
    return (upper * 100 + (value >> 8 & 255)) * 100 + (value & 255) - ADDED


def from_mask(mask: bytes) -> int:
    """Return the set of the places of ``mask`` that hold a 1; the others hold a 0."""
    return int(mask.translate(_TRUE_DIGITS)[::-1], 2) if mask else 0


def to_mask(rows: int, size: int) -> bytes:
    """Return a byte for each number below ``size``, 1 for those in ``rows`` and 0 for the others."""
    # As digits, which are made in linear time where the base is a power of two.
    return format(rows, f"0{size}b").encode("ascii")[::-1].translate(_TRUTH)[:size]


def full(size: int) -> int:
    """Return the set of all numbers from 0 and below ``size``."""
    return (1 << size) - 1


def to_rows(rows: int) -> array[int]:
    """Return the members of ``rows``, in order."""
    digits = format(rows, "b")[::-1]
    found, at = array("I"), digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def to_bytes(rows: int) -> bytes:
    """Return ``rows`` as bytes, as they are kept in a table; :func:`from_bytes` is the way back."""
    return rows.to_bytes((rows.bit_length() + 7) >> 3, "little")


def from_bytes(data: bytes) -> int:
    """Return the set that :func:`to_bytes` made bytes of."""
    return int.from_bytes(data, "little")
