"""The time limit of one page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TimeBudget:
    """The time for one page with all its redirects; it stands still while a request waits for a slot."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Use up time while the block runs. Raises TimeoutError when none is left."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._left):
                yield
        finally:
            self._left = max(0.0, self._left - (time.monotonic() - started))

    def restore(self, earlier: TimeBudget) -> None:
        """Give back the time that was used since ``earlier`` was copied from this budget."""
        self._left = earlier._left
