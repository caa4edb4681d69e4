"""Sets of row numbers as one long number each, of whose bits those are set: a million cost 125 kB. Pure.

``&``, ``|``, ``^`` and ``bit_count`` of such numbers take microseconds, which is why a
query is put together of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable

_FEW = 4096
"""Row numbers that are put into their bits one by one; more are written as digits first."""
_TRUTH = bytes.maketrans(b"01", b"\0\1")
_TRUE_DIGITS = bytes.maketrans(b"\0\1", b"01")


def of(rowids: Iterable[int], size: int) -> int:
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


def of_mask(mask: bytes) -> int:
    """Return the set of the places of ``mask`` that hold a 1; the others hold a 0."""
    return int(mask.translate(_TRUE_DIGITS)[::-1], 2) if mask else 0


def mask(rows: int, size: int) -> bytes:
    """Return a byte for each number below ``size``, 1 for those in ``rows`` and 0 for the others."""
    # As digits, which are made in linear time where the base is a power of two.
    return format(rows, f"0{size}b").encode("ascii")[::-1].translate(_TRUTH)[:size]


def below(size: int) -> int:
    """Return the set of all numbers from 0 and below ``size``."""
    return (1 << size) - 1


def numbers(rows: int) -> array[int]:
    """Return the members of ``rows``, in order."""
    digits = format(rows, "b")[::-1]
    found, at = array("I"), digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def kept(rows: int) -> bytes:
    """Return ``rows`` as bytes, as they are kept in a table; :func:`read` is the way back."""
    return rows.to_bytes((rows.bit_length() + 7) >> 3, "little")


def read(data: bytes) -> int:
    """Return the set that :func:`kept` made bytes of."""
    return int.from_bytes(data, "little")
