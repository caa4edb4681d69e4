"""``main()`` of a process of :class:`reader.workers.sandbox.SandboxPool`: one task after another, within limits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from reader.workers.process import ParentConnection, ProcessEndedError, lower_priority

Task: TypeAlias = Callable[..., Any]
"""Takes and returns plain values (see :mod:`marshal`)."""
PING = ""
"""The task that every worker has: to answer."""
OUT_OF_MEMORY = 77
"""The exit status of a worker whose task took too much memory."""
_SECONDS_BETWEEN_CHECKS = 0.05


def main() -> None:
    """Run tasks until the parent is gone.

    Arguments: the module with ``TASKS`` (and perhaps ``prepare()``), bytes and seconds for each task. Neither the
    memory nor the time of ``prepare()`` counts.
    """
    module = import_module(sys.argv[1])
    tasks: dict[str, Task] = module.TASKS
    memory, seconds = int(sys.argv[2]), int(sys.argv[3])
    parent = ParentConnection.open()
    lower_priority()
    if hasattr(module, "prepare"):
        module.prepare()
    _limit_memory(memory)
    parent.send((True, "ready"))
    while True:
        try:
            task, values = parent.receive()
        except ProcessEndedError:
            return
        # The parent enforces the time limit. If it is gone, the alarm ends a task that would run forever.
        signal.alarm(2 * seconds)
        try:
            answer = (True, None if task == PING else tasks[task](*values))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception:  # noqa: BLE001 - the parent logs it
            answer = (False, traceback.format_exc())
        signal.alarm(0)
        parent.send(answer)


def _limit_memory(memory: int) -> None:
    """Allow ``memory`` bytes in addition to what the process uses now, which differs between systems."""
    import resource

    used = _address_space()
    if used is not None:
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            limit = used + memory
            resource.setrlimit(
                resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard)
            )
            return
    threading.Thread(target=_watch_memory, args=(memory,), daemon=True).start()


def _address_space() -> int | None:
    """Return the size of this process in bytes; None where it is unknown (only Linux enforces a limit on it)."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _watch_memory(memory: int) -> None:
    """End this process when it has grown by more than ``memory`` bytes."""
    import resource
    import time

    unit = 1 if sys.platform == "darwin" else 1024

    def largest() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

    limit = largest() + memory
    while largest() <= limit:
        time.sleep(_SECONDS_BETWEEN_CHECKS)
    os._exit(OUT_OF_MEMORY)
