"""Times in the local zone, in ISO 8601 and as microseconds since 1970."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from reader.core.model import Precision

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3600.0


def to_local(moment: datetime) -> datetime:
    """Return ``moment`` in local time, or in UTC if local time is out of range."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment.astimezone(UTC)


def from_local(naive: datetime) -> datetime:
    """Return a local time in UTC, with the offset ignored at the ends of the calendar.

    A time that the clocks skip, such as midnight, is moved on by the jump; of two equal times, the first is used.
    """
    try:
        # Not astimezone(): in an hour that the clocks skip it uses the offset after the jump, and a day would start
        # within the previous day. Whole seconds, as a float is not more precise.
        seconds = round(naive.replace(microsecond=0).timestamp())
        return from_micros(seconds * 1_000_000 + naive.microsecond)
    except (OverflowError, ValueError, OSError):
        return naive.replace(tzinfo=UTC)


def zone_key() -> str:
    """Return a text that differs between local time zones whose days begin at different moments."""
    offsets = (datetime(year, month, 1).astimezone().utcoffset() for year in (1970, 2000, 2024) for month in (1, 7))
    return f"{time.tzname} {' '.join(map(str, offsets))}"


def format_partial(moment: datetime, precision: Precision) -> str:
    """Return the local day, month or year of ``moment`` in ISO 8601."""
    return to_local(moment).date().isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


def format_iso(moment: datetime, precision: Precision = "time") -> str:
    """Return ``moment`` in ISO 8601, in UTC, with a Z; without a time of day, the local day, month or year."""
    if precision != "time":
        return format_partial(moment, precision)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_or_none(moment: datetime | None, precision: Precision = "time") -> str | None:
    """Return ``moment`` as :func:`format_iso` does, for JSON; None stays None."""
    return None if moment is None else format_iso(moment, precision)


def to_micros(moment: datetime) -> int:
    """Return an aware time as whole microseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the time in UTC that is ``micros`` microseconds after 1970. Raises OverflowError."""
    return _EPOCH + micros * _MICROSECOND


def local_time(seconds: float) -> str:
    """Return a time in seconds since 1970 as local time, to the minute."""
    return f"{_local(seconds):%Y-%m-%d %H:%M}"


def time_from_now(seconds: float, now: float) -> str:
    """Return a time in the future as words: ``in 25 minutes, at 02:52``, ``at 14:00`` or ``on 2026-12-01 at 09:30``."""
    moment = _local(seconds)
    if moment.date() != _local(now).date() and seconds - now >= _HOUR:
        return f"on {moment:%Y-%m-%d} at {moment:%H:%M}"
    minutes = max(round((seconds - now) / 60), 1)
    near = f"in {minutes} minute{'s' * (minutes > 1)}, " if seconds - now < _HOUR else ""
    return f"{near}at {moment:%H:%M}"


def _local(seconds: float) -> datetime:
    return to_local(from_micros(int(seconds) * 1_000_000))
