"""Dates of feeds: a time in UTC, and as ISO 8601 in the zone that the feed gives. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from reader.core.dates.date_parser import parse_zoned_date
from reader.core.dates.partial import PartialDate
from reader.core.times import format_partial

_WEEKDAY = re.compile(r"^[^\W\d_]+\.?,\s*")
_CACHED = 4096


class Timestamp(NamedTuple):
    """A date of a feed."""

    moment: datetime
    """In UTC; a date without a time of day is its first moment there."""
    text: str
    """As ISO 8601, in the zone of the feed and only as precise as the feed gives it."""


@lru_cache(_CACHED)  # entries often repeat a date: published and updated, or the feed's own
def read_timestamp(text: str) -> Timestamp | None:
    """Return the date that ``text`` says in any language; None if it says none."""
    try:
        found = _parse(text)
        is_time = found.precision == "time"
        text = found.moment.isoformat() if is_time else format_partial(found.moment, found.precision)
        return Timestamp(found.utc, text)
    except (ValueError, OverflowError):
        return None


def _parse(text: str) -> PartialDate:
    """Return a date. Raises ValueError."""
    try:
        return parse_zoned_date(text)
    except ValueError:
        rest = _WEEKDAY.sub("", text)
        if rest == text:
            raise
        return parse_zoned_date(rest)  # the name of the day may be English while that of the month is not
