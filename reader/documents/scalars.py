"""Parses numbers, booleans and times as they are written in front matter. Pure; None means invalid."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone

from reader.core.model import Number

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_NUMBER = 10**12
"""Larger scores are errors, and would not fit a 64-bit column."""
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def to_number(text: str) -> Number | None:
    """Return a decimal number, whole numbers as int."""
    text = text.strip()
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value) or abs(value) > _MAX_NUMBER:
        return None
    return int(value) if value.is_integer() else value


def to_bool(text: str) -> bool | None:
    """Return a boolean in any of YAML's spellings."""
    return _BOOLEANS.get(text.strip().lower())


# ISO 8601-1: calendar (5.2.2), ordinal (5.2.3) and week dates (5.2.4), basic or extended, reduced
# precision allowed, then a time of day with an optional fraction and an optional offset.
_ISO = re.compile(
    r"""(?P<year>\d{4})
    (?: -?W(?P<week>\d{2}) (?:-?(?P<weekday>[1-7]))?
      | -(?P<month>\d{1,2}) (?:-(?P<day>\d{1,2}))?
      | (?P<month_>\d{2})(?P<day_>\d{2})
      | -?(?P<ordinal>\d{3})
    )?
    (?: (?:[Tt]|[ \t]+)
        (?P<hour>\d{1,2}) (?: :?(?P<minute>\d{2}) (?: :?(?P<second>\d{2}) )? )?
        (?: [.,](?P<fraction>\d{1,18}) )?
        [ \t]* (?P<offset>[Zz]|UTC|GMT|(?P<sign>[+\-−])(?P<off_hour>\d{1,2})(?::?(?P<off_minute>\d{2}))?)?
    )?""",
    re.VERBOSE | re.ASCII,
)


def to_time(text: str) -> datetime | None:
    """Return a time in UTC, with a precision of one microsecond.

    Accepts ISO 8601 dates and times (a month or a year means its first day), YAML timestamps, and the format of mail
    and HTTP headers (RFC 5322, 3.3). A time without an offset is UTC.
    """
    text = text.strip()
    if len(text) > 64:
        return None
    found = _ISO.fullmatch(text)
    try:
        moment = _from_iso(found) if found else _from_mail(text)
        return moment.astimezone(UTC) if moment else None
    except (ValueError, OverflowError, TypeError, IndexError):  # email.utils raises the last two in some versions
        return None


def _from_iso(found: re.Match[str]) -> datetime:
    part = found.groupdict()
    year = int(part["year"])
    if part["week"]:
        day = datetime.fromisocalendar(year, int(part["week"]), int(part["weekday"] or 1))
    elif part["ordinal"]:
        day = datetime(year, 1, 1) + timedelta(days=int(part["ordinal"]) - 1)  # noqa: DTZ001 - the zone follows
        if day.year != year or part["ordinal"] == "000":
            raise ValueError
    else:
        day = datetime(year, int(part["month"] or part["month_"] or 1), int(part["day"] or part["day_"] or 1))  # noqa: DTZ001
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError
    # A fraction belongs to the smallest component present (ISO 8601-1, 5.3.1.4).
    unit = 1_000_000 if part["second"] else 60_000_000 if part["minute"] else 3_600_000_000
    micro = int(part["fraction"] or 0) * unit // 10 ** len(part["fraction"] or "")
    zone = UTC
    if part["sign"]:
        offset = timedelta(hours=int(part["off_hour"]), minutes=int(part["off_minute"] or 0))
        zone = timezone(-offset if part["sign"] in "-−" else offset)
    # Added rather than passed to datetime(), so that 24:00 and leap seconds are valid.
    return day.replace(tzinfo=zone) + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _from_mail(text: str) -> datetime | None:
    if "," not in text:
        return None
    from email.utils import parsedate_to_datetime  # lazy: 15 ms for a format that almost no document uses

    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
