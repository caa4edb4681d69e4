"""A pool of threads that do not block the exit.

A lost disk never answers, not even with an error. asyncio's own pool joins its threads at exit, so
quitting would wait for that disk forever. ``NewsreaderApp.action_quit`` awaits pending writes first.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import ParamSpec, TypeVar

_MOST_IDLE = 3
"""How many threads wait for tasks; each costs memory."""
P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(ThreadPoolExecutor):
    """A pool of daemon threads, started on demand; all but a few end with their task.

    It inherits from ThreadPoolExecutor only because asyncio accepts nothing else as its default executor.
    """

    def __init__(self, max_threads: int = 32) -> None:
        super().__init__(max_workers=max_threads)
        self._max_threads = max_threads
        self._tasks: SimpleQueue[Callable[[], Callable[[], None]] | None] = SimpleQueue()
        self._guard = Lock()
        self._started = 0
        self._free = 0
        """Idle threads minus waiting tasks."""
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` in a thread. Raises RuntimeError after :meth:`shutdown`."""
        future: Future[T] = Future()

        def task() -> Callable[[], None]:
            if not future.set_running_or_notify_cancel():
                return lambda: None
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - raised again by Future.result()
                return partial(future.set_exception, error)
            return partial(future.set_result, result)

        with self._guard:
            if self._closed:
                raise RuntimeError("The pool is shut down.")
            self._free -= 1
            self._tasks.put(task)
            if self._free < 0 and self._started < self._max_threads:
                self._started += 1
                self._free += 1
                Thread(target=self._work, name=f"screen-{self._started}", daemon=True).start()
        return future

    def _work(self) -> None:
        stays = True
        while stays and (task := self._tasks.get()) is not None:
            set_result = task()
            del task  # with everything it references, before the next one comes
            with self._guard:  # before the caller gets the result and submits more
                if stays := self._closed or self._free < _MOST_IDLE:
                    self._free += 1
                else:
                    self._started -= 1
            set_result()
            del set_result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end after the submitted tasks; never wait for them, whatever ``wait`` is."""
        with self._guard:
            if not self._closed:
                self._closed = True
                for _ in range(self._started):
                    self._tasks.put(None)
