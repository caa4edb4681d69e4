"""Moments as a person and as a program reads them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def to_local(moment: datetime) -> datetime:
    """Return ``moment`` in the person's own zone; in UTC where that falls off the calendar."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment.astimezone(UTC)


def format_iso(moment: datetime) -> str:
    """Return ``moment`` in ISO 8601, in UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
