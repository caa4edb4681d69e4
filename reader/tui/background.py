"""Work beside the event loop: functions in threads, jobs that replace older ones, and a queue of writes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from textual.dom import DOMNode
from textual.worker import Worker, WorkerError, WorkType

T = TypeVar("T")

WRITES = "writes"
"""The group of jobs that save something; the app does not end before they have."""


class Background:
    """Runs functions in worker threads and brings their results back to the event loop."""

    def __init__(self, node: DOMNode, on_failure: Callable[[Exception], None]) -> None:
        """``node`` owns the jobs, which end with it; ``on_failure`` hears of every job that raises."""
        self._node = node
        self._on_failure = on_failure
        self._write_order = asyncio.Lock()

    def start(self, job: Callable[[], Awaitable[object]], group: str, *, exclusive: bool = True) -> None:
        """Run the coroutine function ``job``. In an exclusive group it replaces, and cancels, an older one."""

        async def guarded() -> None:
            try:
                await job()
            except Exception as error:  # noqa: BLE001 - the one place where a failed job is reported
                self._on_failure(error)

        work: WorkType[None] = guarded  # no coroutine yet: the app may end before it runs
        self._node.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)

    def cancel(self, group: str) -> None:
        """Cancel the jobs of a group."""
        self._node.workers.cancel_group(self._node, group)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, called in a worker thread. A canceled job drops the result."""
        return await asyncio.get_running_loop().run_in_executor(None, partial(function, *args))

    async def run_stoppable(self, function: Callable[[Callable[[], bool]], T]) -> T:
        """Like :meth:`run`; ``function`` gets a callable that is true once nobody waits for the result."""
        stop = threading.Event()
        try:
            return await self.run(function, stop.is_set)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def write(self, function: Callable[..., T], *args: object) -> T:
        """Like :meth:`run`, one call after the other in the order of the requests."""
        async with self._write_order:
            return await self.run(function, *args)

    def save(self, function: Callable[..., object], *args: object) -> None:
        """Start a job of :data:`WRITES` that calls ``function`` in its turn."""
        self.start(lambda: self.write(function, *args), WRITES, exclusive=False)

    def post(self, callback: Callable[..., object], *args: object) -> None:
        """Call ``callback`` on the event loop soon. Safe in any thread."""
        self._node.call_later(callback, *args)

    async def finish_writes(self, seconds: float) -> None:
        """Wait until everything is written, for ``seconds`` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while pending := self._pending_writes():
                    for worker in pending:
                        with contextlib.suppress(WorkerError):
                            await worker.wait()

    def _pending_writes(self) -> list[Worker[object]]:
        return [worker for worker in self._node.workers if worker.group == WRITES and not worker.is_finished]
