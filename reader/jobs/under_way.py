"""Which articles are being asked for just now, so that none is asked for twice at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class GivenWayError(Exception):
    """Somebody has opened the article that is being fetched unasked: theirs is the answer."""


class UnderWay:
    """For the tasks of one loop: an article is one task's at a time, and a person's rather than anybody's."""

    def __init__(self) -> None:
        self._holders: dict[str, asyncio.Timeout | None] = {}
        """By what each gives way; None for a person, who does not."""
        self._persons: Counter[str] = Counter()
        """Persons who wait, by article."""
        self._waiting: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def alone(self, id_: str, *, unasked: bool) -> AsyncIterator[bool]:
        """Hold an article, once nobody else does; yields whether somebody did.

        Where nobody waits for what is being fetched, and a person comes, that gives way: it gets
        a GivenWayError, in the middle.
        """
        waited = await self._wait(id_, unasked=unasked)
        try:
            if unasked:
                async with self._giving_way(id_):
                    yield waited
            else:
                self._holders[id_] = None
                yield waited
        finally:
            self._holders.pop(id_, None)
            self._stir()

    @asynccontextmanager
    async def _giving_way(self, id_: str) -> AsyncIterator[None]:
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._holders[id_] = limit
                try:
                    yield
                finally:
                    self._holders[id_] = None  # whoever comes now waits for what is done already
        except TimeoutError:
            if limit.expired():
                raise GivenWayError from None
            raise

    async def _wait(self, id_: str, *, unasked: bool) -> bool:
        waited = False
        self._persons[id_] += not unasked
        try:
            while id_ in self._holders or (unasked and self._persons[id_]):
                waited = True
                limit = self._holders.get(id_)
                if not unasked and limit is not None:
                    limit.reschedule(asyncio.get_running_loop().time())
                await self._stirred()
            return waited
        finally:
            self._persons[id_] -= not unasked
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
