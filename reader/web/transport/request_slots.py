"""Limits on simultaneous requests, per host and in total, with priorities."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import IntEnum

from reader.web.transport.preempt import preemptible


class Priority(IntEnum):
    """How urgent a request is; smaller is more urgent."""

    INTERACTIVE = 0
    """A user waits for it, or it is the only kind of request."""
    BULK = 1
    IMAGE = 2
    """An image, of which a page may have dozens."""


@dataclass(slots=True)
class _Waiter:
    host: str
    priority: Priority
    ready: asyncio.Future[None]


@dataclass(slots=True, eq=False)
class _Holder:
    host: str
    priority: Priority
    preempt: Callable[[], None]
    is_preempted: bool = False


class RequestSlots:
    """A limited number of slots for each host, and in total: by priority, then in order.

    All but one slot in total may be used by background requests, and all but one slot of a host by images. If
    background requests hold all slots of a host, an interactive request preempts the one that began last.
    """

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._in_all = in_all
        self._used: Counter[str] = Counter()
        self._used_by_images: Counter[str] = Counter()
        self._total = 0
        self._background = 0
        self._waiting: list[_Waiter] = []
        self._holders: list[_Holder] = []
        """Background requests, the one that began last at the end."""

    @asynccontextmanager
    async def acquire(self, host: str, priority: Priority = Priority.INTERACTIVE) -> AsyncIterator[None]:
        """Wait for a slot and hold it. Raises PreemptedError in background requests, at any await."""
        await self._wait(host, priority)
        try:
            if priority is Priority.INTERACTIVE:
                yield
            else:
                async with preemptible() as preempt:
                    with self._holding(_Holder(host, priority, preempt)):
                        yield
        finally:
            self._count(host, priority, -1)
            self._hand_out()

    @contextmanager
    def _holding(self, holder: _Holder) -> Iterator[None]:
        self._holders.append(holder)
        try:
            yield
        finally:
            self._holders.remove(holder)

    def _preempt(self, host: str) -> None:
        """Preempt as many requests to a host as interactive ones wait for it."""
        held = [each for each in reversed(self._holders) if each.host == host]
        waiting = sum(each.host == host and each.priority is Priority.INTERACTIVE for each in self._waiting)
        missing = waiting - sum(each.is_preempted for each in held)
        candidates = [each for each in held if not each.is_preempted]
        # Images first, then the requests that began last, which lose the least.
        for holder in sorted(candidates, key=lambda each: -each.priority)[: max(0, missing)]:
            holder.is_preempted = True
            holder.preempt()

    async def _wait(self, host: str, priority: Priority) -> None:
        # Nobody is waiting for a slot that is free.
        if self._is_free(host, priority):
            self._count(host, priority, 1)
            return
        waiter = _Waiter(host, priority, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if priority is Priority.INTERACTIVE and self._used[host] >= self._per_host:
            self._preempt(host)
        try:
            await waiter.ready
        except BaseException:
            if waiter.ready.done() and not waiter.ready.cancelled():  # canceled after it had got its slot
                self._count(host, priority, -1)
                self._hand_out()
            else:
                self._waiting.remove(waiter)
            raise

    def _is_free(self, host: str, priority: Priority) -> bool:
        if self._used[host] >= self._per_host or self._total >= self._in_all:
            return False
        if priority is Priority.IMAGE and self._used_by_images[host] >= max(1, self._per_host - 1):
            return False
        return priority is Priority.INTERACTIVE or self._background < max(1, self._in_all - 1)

    def _count(self, host: str, priority: Priority, by: int) -> None:
        self._total += by
        self._background += by * (priority is not Priority.INTERACTIVE)
        for counter in (self._used, self._used_by_images) if priority is Priority.IMAGE else (self._used,):
            counter[host] += by
            if not counter[host]:
                del counter[host]

    def _hand_out(self) -> None:
        """Give free slots to waiting requests."""
        for waiter in sorted(self._waiting, key=lambda waiter: waiter.priority):
            if not waiter.ready.done() and self._is_free(waiter.host, waiter.priority):
                self._count(waiter.host, waiter.priority, 1)
                self._waiting.remove(waiter)
                waiter.ready.set_result(None)
