"""Which URLs links and images in untrusted markup may have. Pure."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from reader.core.text import clean

WEB = frozenset({"http", "https"})
LINK = WEB | {"mailto"}
MAX_LENGTH = 8_000
"""In characters; a longer URL is data, and servers refuse it."""

_WRAPPING = re.compile(r"[\t\r\n]+")


def resolve_link(address: str, base_url: str, schemes: frozenset[str]) -> str:
    """Return ``address`` as an absolute URL with one of ``schemes``, or an empty string.

    Relative URLs are resolved against ``base_url``. Without a base, one that starts with ``//`` becomes https.
    Tabs and line breaks are removed, as the WHATWG URL standard says. URLs with a password are refused.
    """
    if not address or len(address) > MAX_LENGTH:
        return ""
    address = clean(_WRAPPING.sub("", address))
    if address.startswith("//") and not base_url:
        address = f"https:{address}"
    try:
        joined = clean(urljoin(base_url, address))
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:  # for example an unclosed bracket of an IPv6 host
        return ""
    if len(joined) > MAX_LENGTH or parts.scheme not in schemes or (parts.scheme in WEB and not host):
        return ""
    if parts.scheme in WEB and "@" in parts.netloc:  # a password must not be shown
        return ""
    return joined.replace(" ", "%20")


def host_of(url: str) -> str:
    """Return the host of a result of :func:`resolve_link` without ``www.``; empty for mailto."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
