"""Times in the local zone and in ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime


def to_local(moment: datetime) -> datetime:
    """Return ``moment`` in local time, or in UTC if local time is out of range."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment.astimezone(UTC)


def format_iso(moment: datetime) -> str:
    """Return ``moment`` in ISO 8601, in UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
