"""Which articles are being asked for just now, so that none is asked for twice at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from reader.core.preempt import preemptible


class ArticleLocks:
    """For the tasks of one loop: an article is one task's at a time, and a person's rather than anybody's."""

    def __init__(self) -> None:
        self._holders: dict[str, Callable[[], None] | None] = {}
        """By what each gives way; None for a person, who does not."""
        self._persons: Counter[str] = Counter()
        """Persons who wait, by article."""
        self._waiting: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def acquire(self, id_: str, *, background: bool) -> AsyncIterator[bool]:
        """Hold an article, once nobody else does; yields whether somebody did.

        Where nobody waits for what is being fetched, and a person comes, that gives way: it gets
        a PreemptedError, in the middle.
        """
        waited = await self._wait(id_, background=background)
        try:
            if background:
                async with preemptible() as give_way:
                    self._holders[id_] = give_way
                    try:
                        yield waited
                    finally:
                        self._holders[id_] = None  # whoever comes now waits for what is done already
            else:
                self._holders[id_] = None
                yield waited
        finally:
            self._holders.pop(id_, None)
            self._stir()

    async def _wait(self, id_: str, *, background: bool) -> bool:
        waited = False
        self._persons[id_] += not background
        try:
            while id_ in self._holders or (background and self._persons[id_]):
                waited = True
                give_way = self._holders.get(id_)
                if not background and give_way is not None:
                    give_way()
                await self._stirred()
            return waited
        finally:
            self._persons[id_] -= not background
            if not self._persons[id_]:
                del self._persons[id_]

    async def _stirred(self) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)

    def _stir(self) -> None:
        for each in self._waiting:
            if not each.done():
                each.set_result(None)
