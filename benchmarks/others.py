"""How much of the machine other programs used meanwhile, which distorts every figure. Linux only."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

_STAT = Path("/proc/stat")


class Others:
    """Counts from its creation."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._busy = _busy()
        self._own = _own()

    def share(self) -> float | None:
        """Return the share of all cores, from 0 to 1, that other programs used: not this one or its ended children.

        It is an upper bound: what killed programs of the benchmark had used is unknown and counts as theirs.
        """
        busy = _busy()
        if busy is None or self._busy is None:
            return None
        whole = (time.perf_counter() - self._begin) * (os.cpu_count() or 1)
        others = (busy - self._busy) - (_own() - self._own)
        return max(0.0, others / whole) if whole else 0.0

    def describe(self) -> str:
        """Return the share in words; empty if it is unknown."""
        share = self.share()
        return "" if share is None else f"others used at most {share:.0%} of the machine"


def _busy() -> float | None:
    """Return the CPU seconds that all programs have used since boot (proc_stat(5))."""
    try:
        fields = _STAT.read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _, _, interrupts, soft, stolen = map(int, fields)
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
