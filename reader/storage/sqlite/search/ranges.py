"""Finds a range of values in a stored sort order, by binary search."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable

from reader.core.ordering import SortKey
from reader.query.ast import Relation
from reader.storage.sqlite.index.sort_orders import SORT_COLUMNS


class SortedValues:
    """The values of the articles in a descending order, where articles without a value come last."""

    def __init__(self, db: sqlite3.Connection, by: SortKey, order: array[int]) -> None:
        self._query = f"SELECT {SORT_COLUMNS[by]} FROM articles WHERE rowid = ?"  # noqa: S608 - constants
        self._db = db
        self._order = order

    def known(self) -> int:
        """Return how many articles have a value. Raises sqlite3.Error."""
        return self._first(lambda _: False)

    def first_below(self, bound: float) -> int:
        """Return the index of the first value below ``bound``. Raises sqlite3.Error."""
        return self._first(lambda value: value < bound)

    def first_at_most(self, bound: float) -> int:
        """Return the index of the first value that is at most ``bound``. Raises sqlite3.Error."""
        return self._first(lambda value: value <= bound)

    def _first(self, is_low: Callable[[float], bool]) -> int:
        def is_after(index: int) -> bool:
            value = self._value(index)
            return value is None or is_low(value)

        return bisect_left(range(len(self._order)), True, key=is_after)

    def _value(self, index: int) -> float | None:
        for rowid in self._order[index : index + 64]:
            row = self._db.execute(self._query, [rowid]).fetchone()
            if row is not None:  # else it was deleted, and the order is not updated yet
                value: float | None = row[0]
                return value
        return None


def related(values: SortedValues, relation: Relation, number: float) -> tuple[int, int]:
    """Return the start and end of the values in a relation to ``number``. Raises sqlite3.Error."""
    if relation == "=":
        return values.first_at_most(number), values.first_below(number)
    if relation == ">=":
        return 0, values.first_below(number)
    if relation == ">":
        return 0, values.first_at_most(number)
    if relation == "<=":
        return values.first_at_most(number), values.known()
    return values.first_below(number), values.known()
