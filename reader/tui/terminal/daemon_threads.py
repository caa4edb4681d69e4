"""Threads for the work of the screen, which the end of the program does not wait for.

A disk that has gone away answers nothing, not even with an error. The pool that asyncio
has by itself joins its threads at the end, and so ``q`` would wait for that disk for ever.
What is to be kept is waited for before: see ``NewsreaderApp.action_quit``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 32
"""Threads at most; what is asked for beyond waits for one to be free."""


class DaemonThreads(ThreadPoolExecutor):
    """A pool of daemon threads, made as they are needed and used again.

    A ThreadPoolExecutor by name, because asyncio takes no other as its own; how it works
    is all here.
    """

    def __init__(self, most: int = _MOST) -> None:
        super().__init__(max_workers=most)
        self._most = most
        self._tasks: SimpleQueue[Callable[[], Callable[[], None]] | None] = SimpleQueue()
        self._guard = Lock()
        self._made = 0
        self._free = 0
        """Threads that have nothing to do, less the tasks that wait for them."""
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a thread call ``fn``. Raises RuntimeError after :meth:`shutdown`."""
        future: Future[T] = Future()

        def task() -> Callable[[], None]:
            if not future.set_running_or_notify_cancel():
                return lambda: None
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - it is raised again by whoever asks for the result
                return partial(future.set_exception, error)
            return partial(future.set_result, result)

        with self._guard:
            if self._closed:
                raise RuntimeError("The threads have been told to end.")
            self._free -= 1
            self._tasks.put(task)
            if self._free < 0 and self._made < self._most:
                self._made += 1
                self._free += 1
                Thread(target=self._work, name=f"screen-{self._made}", daemon=True).start()
        return future

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            tell = task()
            del task  # and with it what it holds, until the next comes
            with self._guard:
                self._free += 1  # before anybody knows that it is done, and asks for more
            tell()
            del tell

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let each thread end after what was asked for before; wait for none, whatever ``wait`` says.

        What no thread has begun is carried out as well, if the program lasts so long.
        """
        with self._guard:
            if not self._closed:
                self._closed = True
                for _ in range(self._made):
                    self._tasks.put(None)
