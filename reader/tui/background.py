"""Background work: functions in threads, jobs that replace older ones, and a queue of writes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec, TypeVar

from textual.dom import DOMNode
from textual.worker import WorkerError, WorkType

P = ParamSpec("P")
T = TypeVar("T")

WRITES = "writes"
"""The group of jobs that save data; the app waits for them before it exits."""


class Background:
    """Runs functions in worker threads and brings their results back to the event loop."""

    def __init__(self, node: DOMNode, on_failure: Callable[[Exception], None]) -> None:
        """``node`` owns the jobs, which end with it; ``on_failure`` gets the exception of every job that fails."""
        self._node = node
        self._on_failure = on_failure
        self._write_order = asyncio.Lock()
        self._running: dict[str, asyncio.Event] = {}
        """The end of what :meth:`run_alone` has running, also for jobs that were canceled."""

    def start(self, job: Callable[[], Awaitable[object]], group: str, *, exclusive: bool = True) -> None:
        """Run the coroutine function ``job``. In an exclusive group, it cancels and replaces an older job."""

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

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``function(*args)``, called in a worker thread. A canceled job drops the result."""
        return await asyncio.get_running_loop().run_in_executor(None, partial(function, *args, **kwargs))

    async def run_alone(self, name: str, function: Callable[[], T]) -> T:
        """Like :meth:`run`, but after the last call of this name, whose job may have been canceled meanwhile.

        In an exclusive group, only the latest of the jobs that wait will run: a window that is dragged larger needs
        neither the time nor the memory of many layouts at once.
        """
        while (ended := self._running.get(name)) is not None:
            await ended.wait()
        # The task is in no variable: the traceback of a canceled job refers to this frame, so that the result would
        # stay until a garbage collection.
        return await asyncio.shield(self._start_alone(name, function))

    def _start_alone(self, name: str, function: Callable[[], T]) -> asyncio.Task[T]:
        self._running[name] = asyncio.Event()
        running = asyncio.ensure_future(self.run(function))
        running.add_done_callback(lambda _: self._running.pop(name).set())
        return running

    async def run_stoppable(self, function: Callable[[Callable[[], bool]], T]) -> T:
        """Like :meth:`run`; ``function`` gets a callable that returns true once the result is no longer wanted."""
        stop = threading.Event()
        try:
            return await self.run(function, stop.is_set)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like :meth:`run`, but one call at a time, in the order of the requests."""
        async with self._write_order:
            return await self.run(function, *args, **kwargs)

    def save(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Start a job of :data:`WRITES` that calls ``function`` when its turn comes."""
        self.start(lambda: self.write(function, *args, **kwargs), WRITES, exclusive=False)

    def post(self, callback: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call ``callback`` on the event loop soon. Safe in any thread."""
        self._node.call_later(callback, *args, **kwargs)

    async def finish_writes(self, seconds: float) -> None:
        """Wait until all writes are done, for ``seconds`` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                workers = self._node.workers
                while pending := [each for each in workers if each.group == WRITES and not each.is_finished]:
                    for worker in pending:
                        with contextlib.suppress(WorkerError):
                            await worker.wait()
