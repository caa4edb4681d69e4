"""Dates that may be only a year, a month or a day. Pure, but for the local time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from reader.core.model import Precision

DateOrder = Literal["", "dmy", "mdy"]
"""How 03/04/2024 is read: the day first, the month first, or not at all."""
NO_DATE = "is not a date such as 2021-07-28T12:38:00Z"
"""Why a text is refused, as the end of a sentence that begins with it."""


class PartialDate(NamedTuple):
    """A time in UTC. Without a time of day, it is the start of the day, month or year in the local time zone."""

    moment: datetime
    precision: Precision = "time"

    @property
    def utc(self) -> datetime:
        """The time in UTC; without a time of day, the start of the day, month or year there."""
        local = self.moment if self.precision == "time" else self.moment.astimezone().replace(tzinfo=UTC)
        return local.astimezone(UTC)


def start_of(start: datetime, precision: Precision) -> PartialDate:
    """Return a day, month or year, of which ``start`` is the first moment, without a zone."""
    try:
        return PartialDate(start.astimezone(UTC), precision)
    except (OverflowError, ValueError, OSError):  # outside what the system's time zones cover
        return PartialDate(start.replace(tzinfo=UTC), precision)
