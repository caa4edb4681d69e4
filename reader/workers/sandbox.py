"""Worker processes for text that strangers wrote: each task has so much time and memory, and not more.

A worker that exceeds them, or falls, is ended and replaced; whoever asked is told so in a
sentence. What a task is, the worker's module says: see :mod:`reader.workers.extract_tasks`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.workers import process as processes

if TYPE_CHECKING:
    from reader.workers.extract_tasks import ExtractionResult

log = logging.getLogger(__name__)

Task: TypeAlias = Callable[..., Any]
"""Takes and returns plain values, such as marshal knows."""

SECONDS = 10.0
"""For one task."""
MEMORY = 512 << 20
"""Bytes for one task, besides what the worker has at rest."""
_NOTHING = ""
"""A task of every worker: to be there."""
_TASKS = "reader.workers.extract_tasks"
_SECONDS_TO_BEGIN = 30.0
_SECONDS_IDLE = 60.0
_SECONDS_BETWEEN_LOOKS = 0.05
_LARGEST_ANSWER = 64 << 20
_NICE = 5
_OUT_OF_MEMORY = 77
"""The exit status of a worker whose task took too much memory."""
_LENGTH = struct.Struct("<I")


class ExtractError(ReaderError):
    """A task exceeded what it may have, or made its worker fall."""


class _Job(NamedTuple):
    task: str
    values: tuple[Any, ...]
    answer: Future[Any]
    background: bool = False
    """Whether nobody waits for it."""


class SandboxPool:
    """Some workers, started when they are needed and ended when they have been idle for a minute.

    What somebody waits for comes first. Where all workers are busy then with what nobody waits for, which may take
    each its ten seconds, one more is started. May be asked from any thread; close it when all is done. The limits are
    in seconds and bytes.
    """

    def __init__(
        self, workers: int = 1, *, seconds: float = SECONDS, memory: int = MEMORY, tasks: str = _TASKS
    ) -> None:
        self._most = workers
        self._seconds = seconds
        self._memory = memory
        self._tasks = tasks
        self._foreground: deque[_Job] = deque()
        """What no driver has taken yet: what somebody waits for,"""
        self._background: deque[_Job] = deque()
        """and what nobody does,"""
        self._unasked_running = 0
        """of which no more are under way than there are to be workers."""
        self._guard = threading.Lock()
        self._changed = threading.Condition(self._guard)
        self._drivers = 0
        self._idle = 0
        self._warming = 0
        """Drivers that start a worker without a task, and are as good as idle."""
        self._running: dict[subprocess.Popen[bytes], Future[Any]] = {}
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._killed: set[subprocess.Popen[bytes]] = set()
        """Those ended by us, which may have answered all the same."""
        self._closed = False

    async def extract(
        self, body: bytes, url: str = "", charset: str = "", *, background: bool = False
    ) -> ExtractionResult:
        """Return the article of a page, and whether the page is none; ``background`` when nobody waits for it.

        Raises ExtractError, which does not name the page.
        """
        from reader.workers.extract_tasks import ExtractionResult

        return ExtractionResult.from_values(await self.run("page", body, url, charset, background=background))

    def prestart(self) -> None:
        """Start a worker if there is none: it takes a while until one is ready, in which a page can be on its way."""
        with self._guard:
            if self._drivers or self._closed:
                return
            self._warming = 1
        with contextlib.suppress(ExtractError):  # closed meanwhile
            self.submit(_NOTHING)

    async def run(self, task: str, *values: Any, background: bool = False) -> Any:
        """Return what a task of the workers' module answers. To cancel this ends the worker that is at it."""
        answer = self.submit(task, *values, background=background)
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            self._give_up(answer)
            raise

    def call(self, task: str, *values: Any) -> Any:
        """Return what a task answers, for a thread that can wait. Raises ExtractError."""
        return self.submit(task, *values).result()

    def submit(self, task: str, *values: Any, background: bool = False) -> Future[Any]:
        """Begin a task, whose values must be plain; the answer is there later."""
        answer: Future[Any] = Future()
        with self._guard:
            if self._closed:
                raise ExtractError("The program is about to end.")
            (self._background if background else self._foreground).append(_Job(task, values, answer, background))
            soon = 0 if task == _NOTHING else self._idle + self._warming
            waiting = len(self._foreground) + (len(self._background) if background else 0)
            begins = waiting > soon and self._drivers < self._most + (not background and self._unasked_running > 0)
            self._drivers += begins
            self._changed.notify_all()
        if begins:
            threading.Thread(target=self._drive, name="extracting", daemon=True).start()
        return answer

    def close(self) -> None:
        """End the workers at once; whoever waits gets an ExtractError."""
        with self._guard:
            self._closed = True
            alive, self._alive = self._alive, set()
            waiting = [*self._foreground, *self._background]
            self._foreground.clear()
            self._background.clear()
            self._changed.notify_all()
        for process in alive:
            processes.end(process)
        for job in waiting:
            _answer(job, None, ExtractError("The program is about to end."))

    def _give_up(self, answer: Future[Any]) -> None:
        answer.cancel()
        with self._guard:
            for process in [process for process, of in self._running.items() if of is answer]:
                self._killed.add(process)
                process.kill()

    def _too_late(self, process: subprocess.Popen[bytes], answer: Future[Any], late: threading.Event) -> None:
        with self._guard:
            if self._running.get(process) is answer:
                late.set()
                self._killed.add(process)
                process.kill()

    # Threads of our own from here on.

    def _drive(self) -> None:
        """Hand jobs to a worker as long as there are any."""
        process: subprocess.Popen[bytes] | None = None
        while (job := self._take()) is not None:
            process = self._do(job, process)
            with self._guard:
                if job.task == _NOTHING:
                    self._warming = 0
                if job.background:
                    self._unasked_running -= 1
                    self._changed.notify_all()
        if process is not None:
            self._end(process)

    def _take(self) -> _Job | None:
        """Wait for a job; None when none has come for a while, or none will: this driver counts no more."""
        with self._guard:
            self._idle += 1
            self._changed.wait_for(lambda: self._closed or self._has_job(), _SECONDS_IDLE)
            self._idle -= 1
            if self._closed or not self._has_job():
                self._drivers -= 1
                return None
            if self._foreground:
                return self._foreground.popleft()
            self._unasked_running += 1
            return self._background.popleft()

    def _has_job(self) -> bool:
        return bool(self._foreground) or (bool(self._background) and self._unasked_running < self._most)

    def _do(self, job: _Job, process: subprocess.Popen[bytes] | None) -> subprocess.Popen[bytes] | None:
        """Have a job done, and return the worker if it is good for another."""
        if not job.answer.set_running_or_notify_cancel():
            return process
        if process is None or process.poll() is not None:
            try:
                process = self._start()
            except (OSError, EOFError) as error:
                log.warning("no worker could be started", exc_info=error)
                _answer(job, None, ExtractError("No worker process could be started to read it."))
                return None
        with self._guard:
            self._running[process] = job.answer
        late = threading.Event()
        timer = threading.Timer(self._seconds, self._too_late, (process, job.answer, late))
        timer.daemon = True
        timer.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            processes.send((job.task, job.values), process.stdin)
            fine, answer = _receive(process.stdout)
        except (OSError, EOFError, ValueError, TypeError):
            words = self._why(process, is_late=late.is_set())
            self._end(process)
            _answer(job, None, ExtractError(words))
            return None
        finally:
            timer.cancel()
            with self._guard:
                self._running.pop(process, None)
        if fine:
            _answer(job, answer, None)
        else:
            log.error("a worker failed:\n%s", answer)
            _answer(job, None, ExtractError("It made newsreader fail; the log file has the details."))
        with self._guard:
            if process not in self._killed:
                return process
        self._end(process)
        return None

    def _why(self, process: subprocess.Popen[bytes], *, is_late: bool) -> str:
        """Return why a worker has ended, in a sentence."""
        if is_late:
            return f"It could not be read within {self._seconds:g} s."
        try:
            status = process.wait(1)
        except subprocess.TimeoutExpired:  # it lives, and what it said is not to be understood
            status = 0
        if status == _OUT_OF_MEMORY:
            return f"To read it took more than {self._memory >> 20} MB of memory."
        if status == -signal.SIGALRM:
            return f"It could not be read within {self._seconds:g} s."
        log.warning("a worker ended with status %s", status)
        return "It made the process that reads pages fall."

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it is ready. Raises OSError, EOFError."""
        process = processes.start(
            "reader.workers.sandbox", self._tasks, str(self._memory), str(max(1, round(self._seconds)))
        )
        with self._guard:
            closed = self._closed
            if not closed:
                self._alive.add(process)
        if closed:
            processes.end(process)
            raise OSError("closed")
        timer = threading.Timer(_SECONDS_TO_BEGIN, process.kill)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdout is not None
            _receive(process.stdout)
        except ValueError as error:  # closed, or not understood, while it began
            self._end(process)
            raise EOFError from error
        except BaseException:
            self._end(process)
            raise
        finally:
            timer.cancel()
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._guard:
            self._alive.discard(process)
            self._killed.discard(process)
        processes.end(process)


def _answer(job: _Job, value: Any, error: Exception | None) -> None:
    with contextlib.suppress(Exception):  # nobody waits any more
        if error is None:
            job.answer.set_result(value)
        else:
            job.answer.set_exception(error)


def _receive(pipe: IO[bytes]) -> tuple[bool, Any]:
    """Return what a worker says. Raises EOFError, OSError, ValueError when it cannot be understood."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    if length > _LARGEST_ANSWER:
        raise ValueError
    fine, answer = processes.unpack(pipe, length)
    return bool(fine), answer


# In the worker.


def main() -> None:
    """Do one task after another, until the pipe is closed; arguments are a module with TASKS, and its limits.

    What the module's ``prepare``, if it has one, imports is not counted.
    """
    module = import_module(sys.argv[1])
    tasks: dict[str, Task] = module.TASKS
    memory, seconds = int(sys.argv[2]), int(sys.argv[3])
    requests = sys.stdin.buffer
    # What a library prints must not come between our answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    processes.lower_priority(_NICE)
    if hasattr(module, "prepare"):
        module.prepare()
    _limit(memory)
    processes.send((True, "ready"), answers)
    while True:
        try:
            task, values = processes.receive(requests)
        except EOFError:
            return
        # Should whoever has asked be gone, nobody else would end what takes for ever. No handler: this ends it.
        signal.alarm(2 * seconds)
        try:
            answer = (True, None if task == _NOTHING else tasks[task](*values))
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        except Exception:  # noqa: BLE001 - what it is, the log of the other process says
            answer = (False, traceback.format_exc())
        signal.alarm(0)
        processes.send(answer, answers)


def _limit(memory: int) -> None:
    """Allow so many bytes more than there are in use now."""
    import resource

    # What a worker has at rest differs between systems and versions: it is measured.
    at_rest = _address_space()
    if at_rest is not None:
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            wanted = at_rest + memory
            resource.setrlimit(
                resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
            )
            return
    threading.Thread(target=_watch, args=(memory,), daemon=True).start()


def _address_space() -> int | None:
    """Return the size of this process in bytes, where the system says (Linux); elsewhere its limit means nothing."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _watch(memory: int) -> None:
    """End this process when it has grown by more than so many bytes."""
    import resource
    import time

    unit = 1 if sys.platform == "darwin" else 1024

    def largest() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

    limit = largest() + memory
    while largest() <= limit:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(_OUT_OF_MEMORY)
