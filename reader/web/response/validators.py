"""Validators: ETag and Last-Modified, and conditional requests (RFC 9110, 8.8 and 13.1).

They are stored and sent back, so only what follows their grammar is accepted (pure).
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_ETAG = re.compile(r"(?:W/)?\"[\x21\x23-\x7e]{0,256}\"")
_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")


def etag(value: str) -> str:
    """Return an ETag that is valid and ASCII (RFC 9110, 8.8.3); else an empty string."""
    value = value.strip()
    return value if _ETAG.fullmatch(value) else ""


def last_modified(value: str) -> str:
    """Return a Last-Modified that is a date; else an empty string."""
    value = value.strip()
    if not _DATE.fullmatch(value):
        return ""
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    return value


def conditions(stored_etag: str, stored_last_modified: str) -> dict[str, str]:
    """Return the headers that request a page only if it no longer has these validators."""
    headers = {"If-None-Match": etag(stored_etag), "If-Modified-Since": last_modified(stored_last_modified)}
    return {name: value for name, value in headers.items() if value}
