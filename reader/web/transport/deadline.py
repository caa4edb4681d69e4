"""The time that one page may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TimeBudget:
    """The time for one page, over all its redirects; it stands while we wait for our turn."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let it run. Raises TimeoutError when it is over."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._left):
                yield
        finally:
            self._left = max(0.0, self._left - (time.monotonic() - started))

    def set_back(self, to: TimeBudget) -> None:
        """Let all that has run since ``to`` was a copy of this not count."""
        self._left = to._left
