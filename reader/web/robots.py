"""What a site lets programs fetch in bulk: robots.txt by RFC 9309, read by protego.

Asked before pages are fetched on their own account, many at a time. A person who opens
one article is no robot, and is not asked about it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from protego import Protego

from reader.core import urls
from reader.web.client import Fetcher
from reader.web.redirects import Hop, first
from reader.web.responses import FetchError

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
MOST_SITES = 1_000
"""Sites whose wishes are remembered; the one that was asked about longest ago is forgotten first."""
MOST_CHARACTERS = 4_000_000
"""Of all the texts that are remembered: what is made of one takes some twenty times as much memory."""


@dataclass(frozen=True, slots=True)
class _Known:
    rules: Protego | None
    """None: nothing is allowed for now."""
    until: float
    size: int = 0
    """Characters that the rules were read from."""
    trouble: FetchError | None = None
    """Why there are no rules."""


class Robots:
    """The wishes of each site, fetched once and kept in memory."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: OrderedDict[str, _Known] = OrderedDict()
        """By site, the one that was asked about last at the end."""
        self._size = 0
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    async def allows(self, url: str) -> bool:
        """Whether ``url`` may be fetched in bulk, as :meth:`objection` has it."""
        return await self.objection(url) is None

    async def objection(self, url: str) -> FetchError | None:
        """Return why ``url`` may not be fetched in bulk; None when it may.

        No robots.txt (a status from 400 to 499) allows everything; one that cannot be
        had, because of its server or the way to it, allows nothing for now (RFC 9309,
        2.3.1). What is no address to fetch is not allowed.
        """
        try:
            hop = first(url)
        except FetchError as error:
            return error
        known = await self._ask_once(hop)
        if known.rules is not None:
            if known.rules.can_fetch(hop.url, PRODUCT):
                return None
            why = "its robots.txt asks programs to stay away"
            return FetchError("refused", why, hop.host, hint="One article can be opened.")
        trouble = known.trouble
        if trouble is None or (trouble.kind == "refused" and not trouble.redirects):
            return trouble  # by us: the page would be refused as its robots.txt is
        return FetchError(trouble.kind, f"its robots.txt cannot be had: {trouble.why}", hop.host, hint=trouble.hint)

    async def delay(self, url: str) -> float:
        """Return the seconds that the site of ``url`` wants between two pages; 0 when it does not say.

        Raises ReaderError when ``url`` is no address to fetch.
        """
        rules = (await self._ask_once(first(urls.request_url(url)))).rules
        seconds = rules.crawl_delay(PRODUCT) if rules is not None else None
        return min(max(0.0, float(seconds or 0.0)), LONGEST_DELAY)

    async def _ask_once(self, hop: Hop) -> _Known:
        """Return what is known of a site; it is asked once, however many pages wait for it."""
        shown = f"[{hop.host}]" if ":" in hop.host else hop.host
        site = f"{hop.scheme}://{shown}:{hop.port}"
        async with self._alone(site):
            known = self._known.get(site)
            if known is None or known.until <= time.monotonic():
                known = await self._ask(f"{site}/robots.txt")
                self._remember(site, known)
            self._known.move_to_end(site)
        return known

    @asynccontextmanager
    async def _alone(self, site: str) -> AsyncIterator[None]:
        self._waiting[site] += 1
        try:
            async with self._locks.setdefault(site, asyncio.Lock()):
                yield
        finally:
            self._waiting[site] -= 1
            if not self._waiting[site]:
                del self._waiting[site], self._locks[site]

    def _remember(self, site: str, known: _Known) -> None:
        former = self._known.pop(site, None)
        self._size += known.size - (former.size if former is not None else 0)
        self._known[site] = known
        while len(self._known) > MOST_SITES or (self._size > MOST_CHARACTERS and len(self._known) > 1):
            _, forgotten = self._known.popitem(last=False)
            self._size -= forgotten.size

    async def _ask(self, address: str) -> _Known:
        now = time.monotonic()
        try:
            text = (await self._fetcher.plain(address, LIMIT)).text
        except FetchError as error:
            # "moved": more redirects than five may be taken for no file (2.3.1.2).
            if error.kind == "moved" or (error.kind == "status" and 400 <= (error.status or 0) < 500):
                return _Known(Protego.parse(""), now + KEPT)
            return _Known(None, now + max(KEPT_FAILURE, error.retry_after or 0.0), trouble=error)
        return _Known(Protego.parse(text), now + KEPT, len(text))
