"""How many articles there are by time, topic and source, and how hot they are."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reader.core.times import from_local, from_micros, to_local, to_micros
from reader.query.parser import quote_value
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import columns
from reader.stories.model import Bar, HeatStatistics, Period

_QUARTER = 900_000_000
"""Microseconds of a quarter of an hour: the offsets of all time zones are multiples of it."""
_LONGEST: dict[Period, timedelta] = {
    "hour": timedelta(days=3),
    "day": timedelta(days=92),
    "month": timedelta(days=3660),
}
"""How much time a plot with these bars covers at most."""
_MORE_ON_REQUEST = 50
"""How many times that time, if these bars are asked for; else coarser ones are made."""
_CHARACTERS: dict[Period, int] = {"hour": 13, "day": 10, "month": 7, "year": 4}
"""How much of a time in ISO 8601 is the name of a period."""
_NEVER = 1 << 62
"""A quarter of an hour after all others."""
_SUMS = (
    "count(*), ifnull(sum(ifnull(a.heat, a.heat_estimate)), 0), count(ifnull(a.heat, a.heat_estimate)), count(a.heat)"
)


class _Sums:
    """The number of articles, and of their heats the sum, the number, and how many are no estimates."""

    __slots__ = ("articles", "heat", "known", "with_heat")

    def __init__(self) -> None:
        self.articles = self.with_heat = self.known = 0
        self.heat = 0.0

    def add(self, articles: int, heat: float, with_heat: int, known: int) -> None:
        self.articles += articles
        self.heat += heat
        self.with_heat += with_heat
        self.known += known

    def bar(self, label: str, query: str) -> Bar:
        heat = round(self.heat / self.with_heat, 1) if self.with_heat else None
        return Bar(label, query, self.articles, heat, self.known < self.with_heat)


def of_rows(db: sqlite3.Connection, rows: Collection[int] | None, period: Period | None) -> HeatStatistics:
    """Return the statistics of these articles, or of all; ``period`` says what a bar is. Raises sqlite3.Error."""
    where, parameters = "", []
    if rows is not None:
        where, parameters = "AND a.rowid IN (SELECT value FROM json_each(?))", [json_array(rows)]
    query = (
        # Rounded down, also before 1970.
        f"SELECT (published_at - (published_at % {_QUARTER} + {_QUARTER}) % {_QUARTER}) / {_QUARTER}, {_SUMS} "  # noqa: S608
        f"FROM articles a WHERE published_at IS NOT NULL {where} GROUP BY 1"
    )
    by_quarter = db.execute(query, parameters).fetchall()
    if by_quarter:
        span = timedelta(microseconds=(by_quarter[-1][0] - by_quarter[0][0]) * _QUARTER)
        factor = 1 if period is None else _MORE_ON_REQUEST
        fine = [each for each, longest in _LONGEST.items() if span <= factor * longest] + ["year"]
        period = fine[0] if period not in fine else period
    (articles,) = db.execute(f"SELECT count(*) FROM articles a WHERE 1 {where}", parameters).fetchone()  # noqa: S608
    by_code = {
        field: db.execute(
            f"SELECT {field}, {_SUMS} FROM articles a JOIN codes USING (rowid) WHERE {field} {where} GROUP BY 1",  # noqa: S608
            parameters,
        ).fetchall()
        for field in ("topics", "source")
    }
    return HeatStatistics(
        articles,
        _by_time(by_quarter, period or "day"),
        period or "day",
        _by_value("topic", by_code["topics"], columns.label_texts(db, "topics")),
        _by_value("source", by_code["source"], columns.label_texts(db, "source")),
    )


def _by_time(by_quarter: Sequence[Any], period: Period) -> list[Bar]:
    """Return a bar for each period, without gaps, the earliest first."""
    bars: list[Bar] = []
    if not by_quarter:
        return bars
    quarters = iter([*by_quarter, (_NEVER, 0, 0.0, 0, 0)])
    quarter, *numbers = next(quarters)
    at: datetime | None = _begin(to_local(from_micros(quarter * _QUARTER)).replace(tzinfo=None), period)
    while quarter != _NEVER and at is not None:
        after = _next(at, period)
        end = _NEVER if after is None else to_micros(from_local(after)) // _QUARTER
        sums = _Sums()
        while quarter < end:
            sums.add(*numbers)
            quarter, *numbers = next(quarters)
        name = at.isoformat(" ")[: _CHARACTERS[period]]
        bars.append(sums.bar(f"{name}:00" if period == "hour" else name, f"date:{name[:10]}"))
        at = after
    return bars


def _begin(moment: datetime, period: Period) -> datetime:
    moment = moment.replace(minute=0, second=0, microsecond=0)
    if period == "hour":
        return moment
    return moment.replace(
        hour=0, day=moment.day if period == "day" else 1, month=1 if period == "year" else moment.month
    )


def _next(moment: datetime, period: Period) -> datetime | None:
    """Return the beginning of the next period; None after the last year."""
    try:
        if period in {"hour", "day"}:
            return moment + timedelta(hours=1 if period == "hour" else 24)
        later = moment + timedelta(days=32 if period == "month" else 367)
        return later.replace(day=1, month=1 if period == "year" else later.month)
    except OverflowError:
        return None


def _by_value(field: str, rows: Iterable[Any], texts: Mapping[int, str]) -> list[Bar]:
    """Return a bar for each topic or source, those of most articles first."""
    found: defaultdict[str, _Sums] = defaultdict(_Sums)
    for code, *numbers in rows:
        for text in texts.get(code, "").split("\n"):
            found[text].add(*numbers)
    bars = [sums.bar(text, f"{field}:{quote_value(text)}") for text, sums in found.items() if text]
    return sorted(bars, key=lambda bar: (-bar.articles, bar.label))
