"""The validators of a page: what a server calls this state of it, and how it is asked whether that still holds.

RFC 9110, 8.8 and 13.1. They are kept and sent back, so nothing but their own grammar gets through (pure).
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_ETAG = re.compile(r"(?:W/)?\"[\x21\x23-\x7e]{0,256}\"")
_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")


def etag(value: str) -> str:
    """Return an ETag as it may be kept and sent (RFC 9110, 8.8.3, ASCII alone); empty when it is none."""
    value = value.strip()
    return value if _ETAG.fullmatch(value) else ""


def last_modified(value: str) -> str:
    """Return a Last-Modified as it may be kept and sent; empty when it is no date."""
    value = value.strip()
    if not _DATE.fullmatch(value):
        return ""
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    return value


def conditions(kept_etag: str, kept_last_modified: str) -> dict[str, str]:
    """Return the headers that ask for a page only when it is no longer what these validators name."""
    headers = {"If-None-Match": etag(kept_etag), "If-Modified-Since": last_modified(kept_last_modified)}
    return {name: value for name, value in headers.items() if value}
