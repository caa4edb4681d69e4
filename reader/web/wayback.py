"""An address -> its newest capture in the Wayback Machine of the Internet Archive.

Asked only when the person wants it: it tells a third party what is being read.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from reader.core import urls
from reader.web.client import Fetcher
from reader.web.redirects import first
from reader.web.responses import FetchError

AVAILABLE = "https://archive.org/wayback/available"
CAPTURES = "https://web.archive.org/web"
_LIMIT = 65_536
_STAMP = re.compile(r"\d{14}", re.ASCII)


async def newest_capture(
    fetcher: Fetcher, url: str, *, available: str = AVAILABLE, captures: str = CAPTURES
) -> str | None:
    """Return the address of the newest good capture of ``url`` as it was, without the archive's frame; else None.

    ``available`` and ``captures`` are where the archive answers and keeps pages. Raises FetchError when it gives no
    answer, or ``url`` is no address to fetch.
    """
    asked = first(url).url
    answer = await fetcher.plain(f"{available}?url={quote(asked, safe='')}", _LIMIT)
    stamp = _stamp(answer.text)
    if stamp is None:
        host = urls.display_host(available)
        raise FetchError("protocol", "its answer is not understood", host, hint="Try again later.")
    # "id_": the page as it came, without what the archive adds.
    return f"{captures}/{stamp}id_/{asked}" if stamp else None


def _stamp(text: str) -> str | None:
    """Return when the newest capture was made, 14 digits; empty when there is none; None when ``text`` is not clear."""
    try:
        snapshots = json.loads(text)["archived_snapshots"]
        closest = snapshots.get("closest") if isinstance(snapshots, dict) else None
        if not closest:
            return ""
        found = _STAMP.fullmatch(closest["timestamp"])
        good = closest.get("available", True) is True and str(closest.get("status", "200")).startswith("2")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if found is None:
        return None
    return found[0] if good else ""
