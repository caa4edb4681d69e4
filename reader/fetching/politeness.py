"""How hosts are asked for many pages: as robots.txt and they themselves want it, and no host that keeps failing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from reader.core.urls import display_host
from reader.web.responses import FetchError

LONGEST_WAIT = 300.0
"""Seconds for which a host is waited for that asks to be left alone; what it has fails for now if it asks for more."""
ROUNDS = 5
"""So many times in a row a host may say that it is busy; then its articles fail for now."""
_FIRST_WAIT = 1.0
"""Seconds after the first such answer, whatever it asks for; twice as many after each further one."""


class Site(Protocol):
    """What is asked of :class:`reader.web.robots.Robots`."""

    async def objection(self, url: str) -> FetchError | None:
        """Return why programs may not fetch an address; None when they may."""

    async def delay(self, url: str) -> float:
        """Return the seconds that its site wants between two pages."""


class Politeness:
    """The turns of hosts, by their names; for the tasks of one loop."""

    def __init__(self, robots: Site, clock: Callable[[], float] = time.monotonic) -> None:
        self._robots = robots
        self._clock = clock
        self._delays: dict[str, float] = {}
        """Seconds between two pages, of hosts that ask for it,"""
        self._next: dict[str, float] = {}
        """and when the next may be asked for."""
        self._aside: dict[str, float] = {}
        """Hosts that are left alone because they are busy, until when,"""
        self._rounds: dict[str, int] = {}
        """and how many times in a row they have said so."""

    async def objection(self, url: str) -> FetchError | None:
        """Return why an address may not be asked for; or, when its host's turn has come, None.

        To be asked once for every address, just before it is asked for.
        """
        name = display_host(url)
        if self._rounds.get(name, 0) >= ROUNDS:
            return FetchError("busy", f"it was busy {ROUNDS} times in a row", name, hint="Try again later.")
        left = self._aside.get(name, 0.0) - self._clock()
        if left > 0:
            return FetchError("busy", "it is left alone for a while, as it was busy", name, retry_after=left)
        objection = await self._robots.objection(url)
        if objection is not None:
            return objection
        delay = await self._robots.delay(url)
        if delay:
            now = self._clock()
            turn = max(now, self._next.get(name, 0.0))
            self._delays[name], self._next[name] = delay, turn + delay
            await asyncio.sleep(turn - now)
        return None

    def at_once(self, name: str, most: int) -> int:
        """Return how many pages of a host may be under way."""
        return 1 if name in self._delays else most

    def not_before(self, name: str) -> float:
        """Return when a host may be asked next, by the clock."""
        return max(self._aside.get(name, 0.0), self._next.get(name, 0.0))

    def is_busy(self, name: str, seconds: float) -> bool:
        """Note that a host asks to be left alone, 0 when it does not say for how long; False when that is no use."""
        if seconds > LONGEST_WAIT:
            return False
        now = self._clock()
        if self._aside.get(name, 0.0) <= now:  # what was under way at the same time says the same
            self._rounds[name] = self._rounds.get(name, 0) + 1
        rounds = self._rounds.get(name, 1)
        if rounds >= ROUNDS:
            return False
        self._aside[name] = max(self._aside.get(name, 0.0), now + max(seconds, _FIRST_WAIT * 2 ** (rounds - 1)))
        return True

    def answers(self, name: str) -> None:
        """Note that a host is not busy."""
        if self._rounds.get(name, 0) < ROUNDS:
            self._rounds.pop(name, None)
