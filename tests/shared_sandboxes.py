"""Sandboxed processes that the tests of a run share: starting one takes longer than most tests."""

from __future__ import annotations

from typing import Any

from reader.workers.sandbox import SandboxLimits, SandboxPool


class SharedPool:
    """A pool as the program has it, except that closing it leaves the processes to the next test."""

    def __init__(self, pool: SandboxPool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def close(self) -> None:
        """Leave the processes running."""


class SharedSandboxes:
    """One pool for each module of tasks, created when a test first needs it."""

    def __init__(self) -> None:
        self._pools: dict[str, SandboxPool] = {}

    def pool(
        self, size: int = 1, *, limits: SandboxLimits | None = None, tasks: str = "reader.workers.extract_tasks"
    ) -> SharedPool:
        """Return the pool for these tasks; it stands in for the constructor of SandboxPool."""
        if tasks not in self._pools:
            self._pools[tasks] = SandboxPool(limits=SandboxLimits(seconds=60, idle_seconds=3600), tasks=tasks)
        return SharedPool(self._pools[tasks])

    def close(self) -> None:
        """End all processes."""
        for pool in self._pools.values():
            pool.close()
