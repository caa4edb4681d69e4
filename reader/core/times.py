"""Times in the local zone, in ISO 8601 and as microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_local(moment: datetime) -> datetime:
    """Return ``moment`` in local time, or in UTC if local time is out of range."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment.astimezone(UTC)


def format_iso(moment: datetime) -> str:
    """Return ``moment`` in ISO 8601, in UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_micros(moment: datetime) -> int:
    """Return an aware time as whole microseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the time in UTC that is ``micros`` microseconds after 1970. Raises OverflowError."""
    return _EPOCH + micros * _MICROSECOND
