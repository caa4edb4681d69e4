"""Work that goes on until somebody else needs what it holds, and begins again afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class PreemptedError(Exception):
    """Somebody waits for what is held here: let go of it, and begin again when they are done."""


@asynccontextmanager
async def preemptible() -> AsyncIterator[Callable[[], None]]:
    """Yield what has the block within give way, wherever it is; call it while the block runs, from the same loop.

    Raises PreemptedError then. Time limits and cancelling within stay what they are.
    """
    limit = asyncio.timeout(None)
    loop = asyncio.get_running_loop()
    try:
        async with limit:
            yield lambda: limit.reschedule(loop.time())
    except TimeoutError:
        if limit.expired():
            raise PreemptedError from None
        raise
