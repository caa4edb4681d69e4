"""Which time a date of a query means, seen from a moment. Pure, but for the zone that the system is in.

Words and ISO dates are whole days, weeks, months or years of the person's own zone. A span
(``3d``) is a moment: so many calendar units before now, at the same time of day. So ``1m``
before 31 March is the last of February, and ``1d`` may be 23 hours. What falls off the
calendar, which has the years 1 to 9999, is moved to its end.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from reader.core.times import to_local
from reader.query.ast import DateCondition

_WORDS = MappingProxyType(
    {
        "today": ("d", 0),
        "yesterday": ("d", 1),
        "this-week": ("w", 0),
        "last-week": ("w", 1),
        "this-month": ("m", 0),
        "last-month": ("m", 1),
        "this-year": ("y", 0),
        "last-year": ("y", 1),
    }
)
"""Word -> its unit, and how many of them ago it was."""
WORDS: tuple[str, ...] = tuple(_WORDS)
"""Every word that is a date. Weeks are from Monday to Sunday."""
SPANS: tuple[str, ...] = ("3d", "2w", "1m", "1y")
"""Examples of spans: days, weeks, months, years."""

_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - local times, whose zone is found by _utc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN = re.compile(r"(\d{1,4})([dwmy])", re.ASCII)
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def date_range(when: DateCondition, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return from when on and before when: aware times in UTC, None where there is no bound.

    ``now`` must be aware. The second may come before the first: then no time is in it.
    Raises ValueError when ``when`` holds what :func:`date_error` finds fault with.
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
        # Where clocks are set back, only ``now`` knows which of two equal hours it is in.
        return now.astimezone(UTC) if naive == here else _utc(naive)

    return None if start == _FIRST else moment(start), None if end == _LAST else moment(end)


def date_error(text: str) -> str:
    """Return what is wrong with a date, as the end of a sentence that begins with it; nothing when it is one."""
    if text in _WORDS or _SPAN.fullmatch(text):
        return ""
    try:
        _iso(text)
    except ValueError as error:
        return str(error)
    return ""


def is_backwards(first: str, last: str) -> bool:
    """Whether a range ends before it begins, whatever the time is: so both must be ISO dates."""
    return bool(_ISO.fullmatch(first) and _ISO.fullmatch(last)) and _iso(first)[0] >= _iso(last)[1]


def _bounds(text: str, here: datetime) -> tuple[datetime, datetime]:
    """Return where the time that ``text`` means begins and ends, in local time; a moment is the same twice."""
    if span := _SPAN.fullmatch(text):
        moment = _moved(here, -int(span[1]), span[2])
        return moment, moment
    if text not in _WORDS:
        return _iso(text)
    unit, ago = _WORDS[text]
    start = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "w":
        start = _moved(start, -start.weekday(), "d")
    elif unit != "d":
        start = start.replace(day=1, month=start.month if unit == "m" else 1)
    start = _moved(start, -ago, unit)
    return start, _moved(start, 1, unit)


def _iso(text: str) -> tuple[datetime, datetime]:
    """Return where a year, month or day begins and ends. Raises ValueError, in words, when it is none."""
    written = _ISO.fullmatch(text)
    if not written:
        raise ValueError("is no date")
    year, month, day = (int(part) if part else None for part in written.groups())
    assert year is not None
    if year < 1:
        raise ValueError("is before the year 0001")
    if month is not None and not 1 <= month <= 12:
        raise ValueError("has no such month")
    if month is not None and day is not None and not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError("is a day that month does not have")
    start = datetime(year, month or 1, day or 1)  # noqa: DTZ001 - a local time, as above
    return start, _moved(start, 1, "d" if day else "m" if month else "y")


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    """Return a local time so many calendar units later, or earlier; the end of the calendar where there is none."""
    try:
        if unit in "dw":
            return moment + timedelta(days=count * (7 if unit == "w" else 1))
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        return _FIRST if count < 0 else _LAST


def _utc(naive: datetime) -> datetime:
    """Return a local time in UTC. One that a zone's offset would move off the calendar keeps its figures.

    A midnight that clocks jump over is the moment of the jump, and of two the first.
    """
    try:
        # Not astimezone(): in an hour that clocks jump over it takes the offset from after the jump,
        # and a day would begin within the day before. Whole seconds, as a float has no more precision.
        seconds = round(naive.replace(microsecond=0).timestamp())
        return _EPOCH + timedelta(seconds=seconds, microseconds=naive.microsecond)
    except (OverflowError, ValueError, OSError):
        return naive.replace(tzinfo=UTC)
