"""Work that can be interrupted when something more urgent needs what it holds, and starts again later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class PreemptedError(Exception):
    """Something more urgent needs what this task holds: release it, and start again later."""


@asynccontextmanager
async def preemptible() -> AsyncIterator[Callable[[], None]]:
    """Yield a function that interrupts the block at its current await; call it from the same event loop.

    Raises PreemptedError then. Timeouts and cancellation inside the block keep their meaning.
    """
    timeout = asyncio.timeout(None)
    loop = asyncio.get_running_loop()
    try:
        async with timeout:
            yield lambda: timeout.reschedule(loop.time())
    except TimeoutError:
        if timeout.expired():
            raise PreemptedError from None
        raise
