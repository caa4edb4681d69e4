"""Header fields that later requests depend on.

Retry-After (RFC 9110, 10.2.3; RFC 6585, 4), and validators (RFC 9110, 8.8 and 13.1): ETag and Last-Modified are stored
and sent back, so only what follows their grammar is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 86_400.0
"""The longest pause, whatever a host asks for."""
DEFAULT_SECONDS = 30.0
"""The pause for a host that answers “too many requests” without saying how long."""
_MAX_HOSTS = 10_000
_ETAG = re.compile(r"(?:W/)?\"[\x21\x23-\x7e]{0,256}\"")
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds in a Retry-After header, in either of its forms; None if it has neither.

    ``now`` is an aware time.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_SECONDS)
    until = _date(value)
    return None if until is None else min(max((until - now).total_seconds(), 0.0), MAX_SECONDS)


def max_age(value: str) -> float | None:
    """Return the seconds of ``max-age`` in a Cache-Control header (RFC 9111, 5.2.2.1); None if it has none."""
    found = _MAX_AGE.search(value)
    return None if found is None else min(float(found[1]), MAX_SECONDS)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


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


def etag(value: str) -> str:
    """Return an ETag that is valid and ASCII (RFC 9110, 8.8.3); else an empty string."""
    value = value.strip()
    return value if _ETAG.fullmatch(value) else ""


def last_modified(value: str) -> str:
    """Return a Last-Modified that is a date; else an empty string."""
    value = value.strip()
    return value if _DATE.fullmatch(value) and _date(value) else ""


def conditions(stored_etag: str, stored_last_modified: str) -> dict[str, str]:
    """Return the headers that request a page only if it no longer has these validators."""
    headers = {"If-None-Match": etag(stored_etag), "If-Modified-Since": last_modified(stored_last_modified)}
    return {name: value for name, value in headers.items() if value}
