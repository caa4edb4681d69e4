"""Limits on simultaneous requests, per host and in total, with priorities."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
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


@dataclass(slots=True, eq=False)
class _Request:
    """A request that waits for a slot or holds one."""

    host: str
    priority: Priority
    ready: asyncio.Future[None]
    preempt: Callable[[], None] | None = None
    """None until it runs in the background."""
    is_preempted: bool = False


class RequestSlots:
    """A limited number of slots for each host, and in total; assigned by priority, then in order of arrival.

    Background requests may use all but one slot in total, and images all but one slot of a host. If background requests
    hold all slots of a host, an interactive request preempts the one that began last.
    """

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._in_all = in_all
        self._waiting: list[_Request] = []
        self._holding: list[_Request] = []
        """The requests that have a slot, the one that began last at the end."""

    @asynccontextmanager
    async def acquire(self, host: str, priority: Priority = Priority.INTERACTIVE) -> AsyncIterator[None]:
        """Wait for a slot and hold it. Raises PreemptedError in background requests, at any await."""
        request = _Request(host, priority, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._hand_out()
        if priority is Priority.INTERACTIVE and request in self._waiting:
            self._preempt(host)
        try:
            await request.ready
            if priority is Priority.INTERACTIVE:
                yield
            else:
                async with preemptible() as request.preempt:
                    yield
        finally:
            (self._holding if request in self._holding else self._waiting).remove(request)
            self._hand_out()

    def _preempt(self, host: str) -> None:
        """If all slots of a host are in use, preempt as many requests as interactive ones wait for it."""
        held = [each for each in reversed(self._holding) if each.host == host]
        if len(held) < self._per_host:
            return
        waiting = sum(each.host == host and each.priority is Priority.INTERACTIVE for each in self._waiting)
        missing = waiting - sum(each.is_preempted for each in held)
        candidates = [(each, each.preempt) for each in held if each.preempt is not None and not each.is_preempted]
        # Images first, then the requests that began last, which lose the least.
        for request, preempt in sorted(candidates, key=lambda each: -each[0].priority)[: max(0, missing)]:
            request.is_preempted = True
            preempt()

    def _is_free(self, host: str, priority: Priority) -> bool:
        held = [each.priority for each in self._holding if each.host == host]
        if len(held) >= self._per_host or len(self._holding) >= self._in_all:
            return False
        if priority is Priority.IMAGE and held.count(Priority.IMAGE) >= max(1, self._per_host - 1):
            return False
        background = sum(each.priority is not Priority.INTERACTIVE for each in self._holding)
        return priority is Priority.INTERACTIVE or background < max(1, self._in_all - 1)

    def _hand_out(self) -> None:
        """Give free slots to waiting requests."""
        for request in sorted(self._waiting, key=lambda each: each.priority):
            if not request.ready.done() and self._is_free(request.host, request.priority):
                self._waiting.remove(request)
                self._holding.append(request)
                request.ready.set_result(None)
