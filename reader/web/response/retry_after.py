"""Retry-After (RFC 9110, 10.2.3; RFC 6585, 4), and which hosts have asked for a pause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 86_400.0
"""The longest pause, whatever a host asks for."""
DEFAULT_SECONDS = 30.0
"""The pause for a host that answers “too many requests” without saying how long."""
_MAX_HOSTS = 10_000


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds in a Retry-After header, in either of its forms; None if it has neither.

    ``now`` is an aware time.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_SECONDS)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max((until - now).total_seconds(), 0.0), MAX_SECONDS)


def format_wait(seconds: float) -> str:
    """Return a duration, rounded up: ``40 s``, ``5 min`` or ``2 h``."""
    if seconds <= 90:
        return f"{max(1, round(seconds + 0.499))} s"
    return f"{int(seconds // 60) + 1} min" if seconds <= 5_400 else f"{int(seconds // 3600) + 1} h"


class HostBackoff:
    """The hosts that have asked for a pause; ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def pause(self, host: str, seconds: float) -> None:
        """Record that ``host`` has asked for a pause."""
        if len(self._until) >= _MAX_HOSTS:
            self._until = {name: until for name, until in self._until.items() if until > self._clock()}
        if len(self._until) < _MAX_HOSTS:
            self._until[host] = max(self._until.get(host, 0.0), self._clock() + seconds)

    def left(self, host: str) -> float:
        """Return the remaining seconds of the pause of ``host``; 0 if there is none."""
        left = self._until.get(host, 0.0) - self._clock()
        if left <= 0:
            self._until.pop(host, None)
            return 0.0
        return left
