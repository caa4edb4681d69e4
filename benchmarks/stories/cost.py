"""What stories cost in a whole folder: the CPU time of reading and indexing it, then of grouping it."""

from __future__ import annotations

import resource
import tempfile
from contextlib import closing
from pathlib import Path

from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.indexing.stories import update_stories
from reader.library.library import Library


def measure_cost(folder: Path) -> None:
    """Index a folder in a cache of its own, group it, and print the CPU time of both and the peak memory."""
    with tempfile.TemporaryDirectory() as place:
        paths = Paths(*(Path(place, kind) for kind in ("cache", "data", "config")))
        with closing(Library.open(folder, paths)) as library:
            for _ in refresh(library, seen=False):
                pass
            indexing = _cpu()  # of its parser processes, too, which have ended
            for _ in update_stories(library.index, quality=True, seen=False):
                pass
            grouping = _cpu() - indexing
            documents = library.index.totals().articles
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{folder}: {documents:,} documents, indexed in {indexing:.1f} s of CPU, then grouped in {grouping:.1f} s")
    print(f"  {grouping / indexing:.0%}; {1e6 * grouping / documents:.0f} µs a document; at most {peak} MB of memory")


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
