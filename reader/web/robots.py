"""What a site lets programs fetch in bulk: robots.txt by RFC 9309, read by protego.

Asked before pages are fetched on their own account, many at a time. A person who opens
one article is no robot, and is not asked about it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from protego import Protego

from reader import urls
from reader.errors import ReaderError
from reader.web.answers import FetchError
from reader.web.fetch import Fetcher
from reader.web.hops import first

PRODUCT = "newsreader"
"""The name by which a site may speak to us (RFC 9309, 2.2.1), whatever else the User-Agent says."""
LIMIT = 500 * 1024
"""Bytes of a robots.txt that are read; RFC 9309, 2.5 asks for 500 KiB at least."""
KEPT = 86_400.0
"""Seconds that an answer holds (RFC 9309, 2.4)."""
KEPT_FAILURE = 600.0
"""Seconds until a site is asked again that did not answer."""
LONGEST_DELAY = 30.0
"""Seconds between two pages of a host, at most, whatever its Crawl-delay says."""


@dataclass(frozen=True, slots=True)
class _Known:
    rules: Protego | None
    """None: nothing is allowed for now."""
    until: float


class Robots:
    """The wishes of each site, fetched once and kept in memory."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def allows(self, url: str) -> bool:
        """Whether ``url`` may be fetched in bulk.

        No robots.txt (a status from 400 to 499) allows everything; one that cannot be
        had, because of its server or the way to it, allows nothing for now (RFC 9309,
        2.3.1). What is no address to fetch is not allowed.
        """
        try:
            url = urls.fetchable(url)
        except ReaderError:
            return False
        rules = await self._rules(url)
        return rules is not None and bool(rules.can_fetch(url, PRODUCT))

    async def delay(self, url: str) -> float:
        """Return the seconds that the site of ``url`` wants between two pages; 0 when it does not say.

        Raises ReaderError when ``url`` is no address to fetch.
        """
        rules = await self._rules(urls.fetchable(url))
        seconds = rules.crawl_delay(PRODUCT) if rules is not None else None
        return min(max(0.0, float(seconds or 0.0)), LONGEST_DELAY)

    async def _rules(self, url: str) -> Protego | None:
        hop = first(url)
        shown = f"[{hop.host}]" if ":" in hop.host else hop.host
        site = f"{hop.scheme}://{shown}:{hop.port}"
        async with self._locks.setdefault(site, asyncio.Lock()):  # asked once, however many pages wait for it
            known = self._known.get(site)
            if known is None or known.until <= time.monotonic():
                known = await self._ask(f"{site}/robots.txt")
                self._known[site] = known
        return known.rules

    async def _ask(self, address: str) -> _Known:
        now = time.monotonic()
        try:
            text = (await self._fetcher.plain(address, LIMIT)).text
        except FetchError as error:
            # "moved": more redirects than five may be taken for no file (2.3.1.2).
            if error.kind == "moved" or (error.kind == "status" and 400 <= (error.status or 0) < 500):
                return _Known(Protego.parse(""), now + KEPT)
            return _Known(None, now + max(KEPT_FAILURE, error.retry_after or 0.0))
        return _Known(Protego.parse(text), now + KEPT)
