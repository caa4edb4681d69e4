"""Where a link or a picture in somebody's markup may point to."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from reader.core.text import clean

WEB = frozenset({"http", "https"})
LINK = WEB | {"mailto"}
MAX_LENGTH = 8_000
"""Characters; a longer address is data in disguise, and servers refuse it."""

_WRAPPING = re.compile(r"[\t\r\n]+")


def resolve_link(address: str, base_url: str, schemes: frozenset[str]) -> str:
    """Return ``address`` as an absolute address of one of ``schemes``, or ``""`` when it is none.

    Relative addresses are resolved against ``base_url``. One that starts with ``//`` is
    taken as https where there is no base, since its page was on the web. The WHATWG URL
    standard drops tabs and line breaks anywhere in an address; so does this.
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
    except ValueError:  # such as an unclosed bracket of an IPv6 host
        return ""
    if len(joined) > MAX_LENGTH or parts.scheme not in schemes or (parts.scheme in WEB and not host):
        return ""
    if parts.scheme in WEB and "@" in parts.netloc:  # a password, which is not for showing
        return ""
    return joined.replace(" ", "%20")


def host_of(url: str) -> str:
    """Return the host of an address that :func:`resolve_link` returned, without ``www.``; empty for mailto."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
