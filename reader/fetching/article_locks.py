"""Locks on articles, so that no article is fetched twice at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from reader.web.transport.preempt import preemptible


class ArticleLocks:
    """One task at a time holds an article. Foreground tasks preempt background tasks. For one event loop."""

    def __init__(self) -> None:
        self._holders: dict[str, Callable[[], None] | None] = {}
        """How to preempt the holder of each article; None if that is not possible."""
        self._foreground: Counter[str] = Counter()
        """Waiting foreground tasks by article."""
        self._released = asyncio.Event()
        """Set, and replaced, when an article is released."""

    @asynccontextmanager
    async def acquire(self, id_: str, *, background: bool) -> AsyncIterator[bool]:
        """Hold an article; yields whether the task had to wait.

        Raises PreemptedError in a background task, at any await, when a foreground task wants the article.
        """
        waited = await self._wait(id_, background=background)
        try:
            if background:
                async with preemptible() as preempt:
                    self._holders[id_] = preempt
                    try:
                        yield waited
                    finally:
                        self._holders[id_] = None  # the work is done: other tasks wait for its end
            else:
                self._holders[id_] = None
                yield waited
        finally:
            self._holders.pop(id_, None)
            self._released.set()
            self._released = asyncio.Event()

    async def _wait(self, id_: str, *, background: bool) -> bool:
        waited = False
        self._foreground[id_] += not background
        try:
            while id_ in self._holders or (background and self._foreground[id_]):
                waited = True
                preempt = self._holders.get(id_)
                if not background and preempt is not None:
                    preempt()
                await self._released.wait()
            return waited
        finally:
            self._foreground[id_] -= not background
            if not self._foreground[id_]:
                del self._foreground[id_]
