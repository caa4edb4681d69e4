"""Politeness toward hosts in bulk fetches: robots.txt, crawl delays, and backoff from busy hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from reader.core.urls import display_host
from reader.web.responses import FetchError

if TYPE_CHECKING:
    from reader.web.robots import Robots

LONGEST_WAIT = 300.0
"""Seconds; if a busy host asks for a longer pause, its articles fail for now."""
ROUNDS = 5
"""If a host is busy this many times in a row, its articles fail for now."""
FIRST_WAIT = 1.0
"""Seconds after the first busy response, whatever it asks for; doubled after each further one."""


class Politeness:
    """When each host may be contacted, by its name. For the tasks of one event loop."""

    def __init__(
        self, robots: Robots, clock: Callable[[], float] = time.monotonic, *, first_wait: float = FIRST_WAIT
    ) -> None:
        self._robots = robots
        self._first_wait = first_wait
        self._clock = clock
        self._next: dict[str, float] = {}
        """When hosts that ask for a delay between two requests may be contacted next."""
        self._paused_until: dict[str, float] = {}
        """When busy hosts may be contacted again."""
        self._rounds: dict[str, int] = {}
        """How many times in a row each host was busy."""

    async def refusal(self, url: str) -> FetchError | None:
        """Return why a URL may not be fetched; or wait for the host's turn and return None.

        Call it once for each request, just before it is made.
        """
        name = display_host(url)
        if self._rounds.get(name, 0) >= ROUNDS:
            return FetchError("busy", f"it was busy {ROUNDS} times in a row", name, hint="Try again later.")
        left = self._paused_until.get(name, 0.0) - self._clock()
        if left > 0:
            return FetchError("busy", "it was busy and is not contacted for a while", name, retry_after=left)
        refusal = await self._robots.refusal(url)
        if refusal is not None:
            return refusal
        delay = await self._robots.delay(url)
        if delay:
            now = self._clock()
            turn = max(now, self._next.get(name, 0.0))
            self._next[name] = turn + delay
            await asyncio.sleep(turn - now)
        return None

    def parallel_limit(self, name: str, most: int) -> int:
        """Return how many requests to a host may run at the same time, at most ``most``."""
        return 1 if name in self._next else most

    def not_before(self, name: str) -> float:
        """Return when a host may be contacted next, by the clock."""
        return max(self._paused_until.get(name, 0.0), self._next.get(name, 0.0))

    def record_busy(self, name: str, seconds: float) -> bool:
        """Record that a host asks for a pause, 0 if it does not say how long; return False if waiting is pointless."""
        if seconds > LONGEST_WAIT:
            return False
        now = self._clock()
        if self._paused_until.get(name, 0.0) <= now:  # parallel requests report the same pause
            self._rounds[name] = self._rounds.get(name, 0) + 1
        rounds = self._rounds.get(name, 1)
        if rounds >= ROUNDS:
            return False
        pause = max(seconds, self._first_wait * 2 ** (rounds - 1))
        self._paused_until[name] = max(self._paused_until.get(name, 0.0), now + pause)
        return True

    def record_response(self, name: str) -> None:
        """Record that a host has responded and is not busy."""
        if self._rounds.get(name, 0) < ROUNDS:
            self._rounds.pop(name, None)
