"""robots.txt (RFC 9309), parsed by protego: which URLs programs may fetch, and how often.

It applies to bulk fetches. A user who opens one article is no robot.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakValueDictionary

from protego import Protego

from reader.web.client import WebClient
from reader.web.redirects import Hop, first_hop
from reader.web.responses import FetchError, name_host

PRODUCT = "newsreader"
"""The name that rules for this program use (RFC 9309, 2.2.1), whatever the User-Agent is."""
MAX_BYTES = 500 * 1024
"""Bytes of a robots.txt that are read; RFC 9309, 2.5 requires at least 500 KiB."""
CACHE_SECONDS = 86_400.0
"""How long rules are cached (RFC 9309, 2.4)."""
FAILURE_CACHE_SECONDS = 600.0
MAX_DELAY = 30.0
"""Seconds between two requests to a host, whatever its Crawl-delay says."""
MAX_SITES = 1_000
"""Sites in the cache; the least recently used one is dropped."""
_OF_THE_HOST = frozenset({"refused", "unreachable", "timeout", "tls"})
"""The kinds of failures that have nothing to do with the file."""
MAX_CHARACTERS = 4_000_000
"""Characters of all cached files; parsed rules take about twenty times as much memory."""


@dataclass(frozen=True, slots=True)
class _CachedRules:
    rules: Protego | None
    """None: nothing is allowed for now."""
    expires_at: float
    size: int = 0
    """Characters of the file."""
    error: FetchError | None = None
    """Why there are no rules."""


class Robots:
    """The rules of each site, fetched once and cached in memory."""

    def __init__(self, client: WebClient, *, max_sites: int = MAX_SITES, max_characters: int = MAX_CHARACTERS) -> None:
        self._client = client
        self._max_sites = max_sites
        self._max_characters = max_characters
        self._cache: OrderedDict[str, _CachedRules] = OrderedDict()
        """By site, the most recently used one at the end."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """The locks in use, by site."""

    async def refusal(self, url: str) -> FetchError | None:
        """Return why ``url`` may not be fetched in bulk; None if it may.

        A missing robots.txt (a status from 400 to 499) allows everything; an unreachable one allows nothing for now
        (RFC 9309, 2.3.1).
        """
        try:
            hop = first_hop(url)
        except FetchError as error:
            return error
        cached = await self._rules_of(hop)
        if cached.rules is not None:
            if cached.rules.can_fetch(hop.url, PRODUCT):
                return None
            why = "its robots.txt does not allow bulk fetches"
            return FetchError("refused", why, hop.host, hint="You can still fetch a single article.")
        failure = cached.error
        if failure is None or (failure.kind in _OF_THE_HOST and not failure.redirects):
            return failure  # the page would fail for the same reason
        why = f"its robots.txt cannot be fetched ({name_host(failure.why, failure.host)})"
        return FetchError(failure.kind, why, hop.host, hint=failure.hint)

    async def delay(self, url: str) -> float:
        """Return the seconds that the site wants between two requests; 0 if it does not say.

        Raises ReaderError if ``url`` cannot be fetched.
        """
        rules = (await self._rules_of(first_hop(url))).rules
        seconds = rules.crawl_delay(PRODUCT) if rules is not None else None
        return min(max(0.0, float(seconds or 0.0)), MAX_DELAY)

    async def _rules_of(self, hop: Hop) -> _CachedRules:
        """Return the rules of a site, which is asked once however many tasks wait."""
        site = f"{hop.scheme}://{hop.authority}"
        async with self._locks.setdefault(site, asyncio.Lock()):
            cached = self._cache.get(site)
            if cached is None or cached.expires_at <= time.monotonic():
                cached = self._cache[site] = await self._fetch(f"{site}/robots.txt")
            self._cache.move_to_end(site)
        size = sum(each.size for each in self._cache.values())
        while len(self._cache) > self._max_sites or (len(self._cache) > 1 and size > self._max_characters):
            size -= self._cache.popitem(last=False)[1].size
        return cached

    async def _fetch(self, address: str) -> _CachedRules:
        now = time.monotonic()
        try:
            text = (await self._client.plain(address, MAX_BYTES)).text
        except FetchError as error:
            # "moved": more than five redirects may count as no file (2.3.1.2).
            if error.kind == "moved" or (error.kind == "status" and 400 <= (error.status or 0) < 500):
                return _CachedRules(Protego.parse(""), now + CACHE_SECONDS)
            return _CachedRules(None, now + max(FAILURE_CACHE_SECONDS, error.retry_after or 0.0), error=error)
        return _CachedRules(Protego.parse(text), now + CACHE_SECONDS, len(text))
