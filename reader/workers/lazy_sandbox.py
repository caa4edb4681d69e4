"""A sandbox pool that is created when it is first used, so that start-up does not import it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reader.workers.sandbox import SandboxLimits, SandboxPool


class LazySandbox:
    """One sandbox process for the tasks of one module. Any thread may use it; close it in the end."""

    def __init__(self, tasks: str, limits: SandboxLimits | None = None) -> None:
        self._tasks = tasks
        self._limits = limits
        self._guard = threading.Lock()
        self._closed = False
        self.pool: SandboxPool | None = None
        """None until the first task."""

    def call(self, task: str, *values: Any) -> Any:
        """Return the result of a task; blocks the calling thread. Raises ExtractError."""
        from reader.workers.sandbox import SandboxPool

        with self._guard:
            if self.pool is None:
                self.pool = SandboxPool(limits=self._limits, tasks=self._tasks)
                if self._closed:
                    self.pool.close()
            pool = self.pool
        return pool.call(task, *values)

    def close(self) -> None:
        """End the process, if there is one; pending and later tasks fail with ExtractError."""
        with self._guard:
            self._closed = True
            if self.pool is not None:
                self.pool.close()
