"""Which hosts asked to be left alone, and until when (RFC 9110, 10.2.3; RFC 6585, 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0
"""Seconds: no host is left alone for longer, whatever it asks for."""
UNTOLD = 30.0
"""Seconds for a host that says "too many" and not for how long."""
_MOST_HOSTS = 10_000


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for, in either of its forms, or None when it is neither.

    ``now`` is an aware time.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max((until - now).total_seconds(), 0.0), LONGEST)


def format_wait(seconds: float) -> str:
    """Return ``40 s``, ``5 min`` or ``2 h`` for a wait, rounded up."""
    if seconds <= 90:
        return f"{max(1, round(seconds + 0.499))} s"
    return f"{int(seconds // 60) + 1} min" if seconds <= 5_400 else f"{int(seconds // 3600) + 1} h"


class HostBackoff:
    """Remembers each host's wish for as long as the program runs; ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def ask(self, host: str, seconds: float) -> None:
        """Note that ``host`` wants to be left alone for ``seconds``."""
        if len(self._until) >= _MOST_HOSTS:
            self._until = {name: until for name, until in self._until.items() if until > self._clock()}
        if len(self._until) < _MOST_HOSTS:
            self._until[host] = max(self._until.get(host, 0.0), self._clock() + seconds)

    def left(self, host: str) -> float:
        """Return for how many more seconds ``host`` wants to be left alone; 0 when it does not."""
        left = self._until.get(host, 0.0) - self._clock()
        if left <= 0:
            self._until.pop(host, None)
            return 0.0
        return left
