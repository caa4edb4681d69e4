"""The period that a date of a query means, relative to a given time. Depends only on the local time zone.

Words and ISO dates are whole days, weeks, months or years in local time. A span (``3d``) is a point in time: that many
calendar units before now, at the same time of day. So ``1m`` before 31 March is the last day of February, and ``1d``
may be 23 hours. Results outside the years 1 to 9999 are moved to the nearest end.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from reader.core.times import from_local, to_local
from reader.query.ast import DateCondition

WORDS = {
    "today": ("d", 0),
    "yesterday": ("d", 1),
    "this-week": ("w", 0),
    "last-week": ("w", 1),
    "this-month": ("m", 0),
    "last-month": ("m", 1),
    "this-year": ("y", 0),
    "last-year": ("y", 1),
}
"""Every word for a date -> its unit, and how many units ago. Weeks run from Monday to Sunday."""
SPANS: tuple[str, ...] = ("3d", "2w", "1m", "1y")
"""Examples of spans: days, weeks, months, years."""

_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - local times; from_local adds the zone
_SPAN = re.compile(r"(\d{1,4})([dwmy])", re.ASCII)
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def date_range(when: DateCondition, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return start (included) and end (excluded) as aware times in UTC; None where there is no bound.

    ``now`` must be aware. If the end is before the start, the period is empty.
    Raises ValueError if :func:`date_error` reports an error in ``when``.
    """
    here = to_local(now).replace(tzinfo=None)
    start, end = _bounds(when.first, here)
    if when.relation == "range":
        end = _bounds(when.last, here)[1]
    elif when.relation == "in":
        end = here if _SPAN.fullmatch(when.first) else end
    elif when.relation == "<":
        start, end = _FIRST, start
    elif when.relation == "<=":
        start = _FIRST
    elif when.relation == ">":
        start, end = end, _LAST
    else:
        end = _LAST

    def moment(naive: datetime) -> datetime:
        # When clocks are set back, only ``now`` knows which of the two equal hours is meant.
        return now.astimezone(UTC) if naive == here else from_local(naive)

    return None if start == _FIRST else moment(start), None if end == _LAST else moment(end)


def date_error(text: str) -> str:
    """Return what is wrong with a date, as the predicate of a sentence; empty if it is valid."""
    try:
        _bounds(text, _LAST)
    except ValueError as error:
        return str(error)
    return ""


def is_backwards(first: str, last: str) -> bool:
    """Whether a range of two ISO dates ends before it starts."""
    return bool(_ISO.fullmatch(first) and _ISO.fullmatch(last)) and _iso(first)[0] >= _iso(last)[1]


def _bounds(text: str, here: datetime) -> tuple[datetime, datetime]:
    """Return start and end of what ``text`` means, in local time; they are equal for a point in time."""
    if span := _SPAN.fullmatch(text):
        moment = _moved(here, -int(span[1]), span[2])
        return moment, moment
    if text not in WORDS:
        return _iso(text)
    unit, ago = WORDS[text]
    start = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "w":
        start = _moved(start, -start.weekday(), "d")
    elif unit != "d":
        start = start.replace(day=1, month=start.month if unit == "m" else 1)
    start = _moved(start, -ago, unit)
    return start, _moved(start, 1, unit)


def _iso(text: str) -> tuple[datetime, datetime]:
    """Return start and end of a year, month or day. Raises ValueError with a message."""
    written = _ISO.fullmatch(text)
    if not written:
        raise ValueError("is not a date")
    year, month, day = (int(part or 1) for part in written.groups())
    if year < 1:
        raise ValueError("is before the year 0001")
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError("does not exist")
    start = datetime(year, month, day)  # noqa: DTZ001 - a local time, as above
    return start, _moved(start, 1, "d" if written[3] else "m" if written[2] else "y")


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    """Return a local time moved by ``count`` calendar units, limited to the supported years."""
    try:
        if unit in "dw":
            return moment + timedelta(days=count * (7 if unit == "w" else 1))
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        return _FIRST if count < 0 else _LAST
