"""Where in a ready-made order a range of values begins and ends, by binary search."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable

from reader.core.ordering import SortKey
from reader.query.ast import Relation

_COLUMNS: dict[SortKey, str] = {"quality": "quality", "heat": "heat", "date": "published_at"}


class Values:
    """The values of articles in an order from the highest down, in which those without a value come last."""

    def __init__(self, db: sqlite3.Connection, by: SortKey, order: array[int]) -> None:
        self._query = f"SELECT {_COLUMNS[by]} FROM articles WHERE rowid = ?"  # noqa: S608 - constants
        self._db = db
        self._order = order

    def known(self) -> int:
        """Return how many have a value. Raises sqlite3.Error."""
        return self._first(lambda _: False)

    def first_below(self, bound: float) -> int:
        """Return where the first lower value than ``bound`` is. Raises sqlite3.Error."""
        return self._first(lambda value: value < bound)

    def first_at_most(self, bound: float) -> int:
        """Return where the first value is that is ``bound`` or lower. Raises sqlite3.Error."""
        return self._first(lambda value: value <= bound)

    def _first(self, is_behind: Callable[[float], bool]) -> int:
        def behind(at: int) -> bool:
            value = self._at(at)
            return value is None or is_behind(value)

        return bisect_left(range(len(self._order)), True, key=behind)

    def _at(self, at: int) -> float | None:
        for rowid in self._order[at : at + 64]:
            found = self._db.execute(self._query, [rowid]).fetchone()
            if found is not None:  # else it is gone, and will not be in the order for long
                value: float | None = found[0]
                return value
        return None


def related(values: Values, relation: Relation, number: float) -> tuple[int, int]:
    """Return where those values begin and end that are in a relation to ``number``. Raises sqlite3.Error."""
    if relation == "=":
        return values.first_at_most(number), values.first_below(number)
    if relation == ">=":
        return 0, values.first_below(number)
    if relation == ">":
        return 0, values.first_at_most(number)
    if relation == "<=":
        return values.first_at_most(number), values.known()
    return values.first_below(number), values.known()
