"""The newest copy of a URL in the Wayback Machine of the Internet Archive.

It is used only if the user asks for it, because it tells a third party what the user reads.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from reader.core import urls
from reader.web.client import WebClient
from reader.web.redirects import first_hop
from reader.web.responses import FetchError

AVAILABLE = "https://archive.org/wayback/available"
CAPTURES = "https://web.archive.org/web"
_MAX_BYTES = 65_536
_TIMESTAMP = re.compile(r"\d{14}", re.ASCII)


async def newest_capture(
    client: WebClient, url: str, *, available: str = AVAILABLE, captures: str = CAPTURES
) -> str | None:
    """Return the URL of the newest successful copy of ``url``, without the archive's frame; None if there is none.

    ``available`` and ``captures`` are the URLs of the archive. Raises FetchError if the archive does not
    respond or ``url`` cannot be fetched.
    """
    target = first_hop(url).url
    response = await client.plain(f"{available}?url={quote(target, safe='')}", _MAX_BYTES)
    timestamp = parse_timestamp(response.text)
    if timestamp is None:
        host = urls.display_host(available)
        raise FetchError("protocol", "its response is not understood", host, hint="Try again later.")
    # "id_": the original page, without the archive's additions.
    return f"{captures}/{timestamp}id_/{target}" if timestamp else None


def parse_timestamp(text: str) -> str | None:
    """Return the 14 digits of the newest copy; empty if there is none; None if ``text`` is not understood."""
    try:
        snapshots = json.loads(text)["archived_snapshots"]
        closest = snapshots.get("closest") if isinstance(snapshots, dict) else None
        if not closest:
            return ""
        timestamp = _TIMESTAMP.fullmatch(closest["timestamp"])
        succeeded = closest.get("available", True) is True and str(closest.get("status", "200")).startswith("2")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if timestamp is None:
        return None
    return timestamp[0] if succeeded else ""
