"""A pool of processes that run tasks on untrusted input, each with a limit on time and memory.

A process that exceeds a limit or crashes is replaced, and the caller gets an ExtractError. The tasks are named by a
module, such as :mod:`reader.workers.extract_tasks`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from reader.core.errors import ReaderError
from reader.workers.process import ManagedProcess, ProcessEndedError, ProcessGroup
from reader.workers.sandbox_worker import OUT_OF_MEMORY, PING

if TYPE_CHECKING:
    from reader.workers.extract_tasks import ExtractionResult

log = logging.getLogger(__name__)

_EXTRACT_TASKS = "reader.workers.extract_tasks"
_CLOSING = "newsreader is closing."


class ExtractError(ReaderError):
    """A task exceeded a limit, crashed its process, or failed."""


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What a task may use, and how long to wait for processes."""

    seconds: float = 10.0
    """For one task."""
    memory: int = 512 << 20
    """Bytes for one task, in addition to what its process uses when idle."""
    startup_seconds: float = 30.0
    idle_seconds: float = 60.0
    """After this time an idle process ends."""


class _Job(NamedTuple):
    task: str
    values: tuple[Any, ...]
    answer: Future[Any]
    background: bool = False


class SandboxPool:
    """Processes that are started on demand and end when idle. Any thread may use it; close it at the end.

    Foreground tasks come before background tasks. If background tasks occupy all processes, a foreground task gets an
    additional one.
    """

    def __init__(self, size: int = 1, *, limits: SandboxLimits | None = None, tasks: str = _EXTRACT_TASKS) -> None:
        self._size = size
        self._limits = limits or SandboxLimits()
        self._tasks = tasks
        self._group = ProcessGroup()
        self._changed = threading.Condition()
        self._foreground: deque[_Job] = deque()
        self._background: deque[_Job] = deque()
        self._background_running = 0
        self._drivers = 0
        """Threads, each with at most one process."""
        self._idle = 0
        self._prestarting = 0
        """Threads that start a process without a task; they count as idle."""
        self._running: dict[Future[Any], ManagedProcess] = {}
        """The processes that run tasks and were not killed by this pool."""
        self._closed = False

    async def extract(
        self, body: bytes, url: str = "", charset: str = "", *, is_markdown: bool = False, background: bool = False
    ) -> ExtractionResult:
        """Return the article of a page. Raises ExtractError, which does not name the page."""
        from reader.workers.extract_tasks import ExtractionResult

        task = "markdown" if is_markdown else "page"
        return ExtractionResult.from_values(await self.run(task, body, url, charset, background=background))

    def prestart(self) -> None:
        """Start a process if there is none, so that it is ready when the first page arrives."""
        with self._changed:
            if self._drivers or self._closed:
                return
            self._prestarting = 1
        with contextlib.suppress(ExtractError):  # closed in the meantime
            self.submit(PING)

    async def run(self, task: str, *values: Any, background: bool = False) -> Any:
        """Return the result of a task. Canceling kills the process that runs it. Raises ExtractError."""
        answer = self.submit(task, *values, background=background)
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            answer.cancel()
            self._kill(answer)
            raise

    def call(self, task: str, *values: Any) -> Any:
        """Return the result of a task; blocks the calling thread. Raises ExtractError."""
        return self.submit(task, *values).result()

    def submit(self, task: str, *values: Any, background: bool = False) -> Future[Any]:
        """Queue a task and return its future, which fails with ExtractError. ``values`` must be plain."""
        answer: Future[Any] = Future()
        with self._changed:
            if self._closed:
                raise ExtractError(_CLOSING)
            (self._background if background else self._foreground).append(_Job(task, values, answer, background))
            available = 0 if task == PING else self._idle + self._prestarting
            waiting = len(self._foreground) + (len(self._background) if background else 0)
            extra = not background and self._background_running > 0
            needs_driver = waiting > available and self._drivers < self._size + extra
            self._drivers += needs_driver
            self._changed.notify_all()
        if needs_driver:
            threading.Thread(target=self._drive, name="sandbox", daemon=True).start()
        return answer

    def close(self) -> None:
        """End the processes at once; pending tasks fail with ExtractError."""
        with self._changed:
            self._closed = True
            waiting = [*self._foreground, *self._background]
            self._foreground.clear()
            self._background.clear()
            self._changed.notify_all()
        self._group.close()
        for job in waiting:
            _fail(job, _CLOSING)

    def _kill(self, answer: Future[Any], timed_out: threading.Event | None = None) -> None:
        """Kill the process that runs a task, if there is one; ``timed_out`` is set before that."""
        with self._changed:
            if (process := self._running.pop(answer, None)) is not None:
                if timed_out is not None:
                    timed_out.set()
                process.kill()

    # The driver threads.

    def _drive(self) -> None:
        """Run jobs in a process until none arrives for a while."""
        process: ManagedProcess | None = None
        while (job := self._next_job()) is not None:
            process = self._run_job(job, process)
            with self._changed:
                if job.task == PING:
                    self._prestarting = 0
                if job.background:
                    self._background_running -= 1
                    self._changed.notify_all()
        if process is not None:
            self._group.end(process)

    def _next_job(self) -> _Job | None:
        """Wait for a job. None ends this driver, which no longer counts."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._closed or self._has_job(), self._limits.idle_seconds)
            self._idle -= 1
            if self._closed or not self._has_job():
                self._drivers -= 1
                return None
            if self._foreground:
                return self._foreground.popleft()
            self._background_running += 1
            return self._background.popleft()

    def _has_job(self) -> bool:
        return bool(self._foreground) or (bool(self._background) and self._background_running < self._size)

    def _run_job(self, job: _Job, process: ManagedProcess | None) -> ManagedProcess | None:
        """Run a job and return the process if it can run another one."""
        if not job.answer.set_running_or_notify_cancel():
            return process
        if process is None or process.poll() is not None:
            try:
                process = self._start()
            except (OSError, ProcessEndedError) as error:
                if self._closed:
                    _fail(job, _CLOSING)
                    return None
                log.warning("no sandbox process could be started", exc_info=error)
                _fail(job, "It cannot be read because no process could be started.")
                return None
        with self._changed:
            self._running[job.answer] = process
        timed_out = threading.Event()
        timer = _timer(self._limits.seconds, lambda: self._kill(job.answer, timed_out))
        try:
            process.send((job.task, job.values))
            succeeded, result = process.receive()
        except (ProcessEndedError, TypeError, ValueError):  # it has ended, or sent something else
            message = _CLOSING if self._closed else self._describe_end(process, timed_out=timed_out.is_set())
            self._group.end(process)
            _fail(job, message)
            return None
        finally:
            timer.cancel()
            with self._changed:
                was_killed = self._running.pop(job.answer, None) is None
        if succeeded:
            with contextlib.suppress(Exception):  # canceled
                job.answer.set_result(result)
        else:
            log.error("a sandboxed task failed:\n%s", result)
            _fail(job, "It triggered an error in newsreader (see the log file).")
        if was_killed:  # after it had answered
            self._group.end(process)
            return None
        return process

    def _describe_end(self, process: ManagedProcess, *, timed_out: bool) -> str:
        """Return why a process has ended, as a sentence."""
        status = None if timed_out else process.wait_at_most(1)
        if timed_out or status == -signal.SIGALRM:
            return f"It could not be read within {self._limits.seconds:g} s."
        if status == OUT_OF_MEMORY:
            return f"It took more than {self._limits.memory >> 20} MB of memory to read."
        log.warning("a sandbox process ended with status %s", status)
        return "It crashed the process that reads pages."

    def _start(self) -> ManagedProcess:
        """Start a process and wait until it is ready. Raises OSError, ProcessEndedError."""
        seconds = str(max(1, round(self._limits.seconds)))
        process = self._group.start("reader.workers.sandbox_worker", self._tasks, str(self._limits.memory), seconds)
        timer = _timer(self._limits.startup_seconds, process.kill)
        try:
            process.receive()
        except BaseException:
            self._group.end(process)
            raise
        finally:
            timer.cancel()
        return process


def _timer(seconds: float, act: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer


def _fail(job: _Job, message: str) -> None:
    with contextlib.suppress(Exception):  # canceled
        job.answer.set_exception(ExtractError(message))
