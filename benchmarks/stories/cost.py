"""What stories cost in a whole folder: the CPU time of reading and indexing it, of grouping it, and of one more."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from contextlib import closing
from heapq import nsmallest
from pathlib import Path
from statistics import median
from zlib import crc32

from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.indexing.stories import update_stories
from reader.library.library import Library

_LATE = 60
"""So many documents come after all others, one by one."""


def measure_cost(folder: Path) -> None:
    """Index a copy of a folder, group it, add documents, and print the CPU time of each and the peak memory."""
    with tempfile.TemporaryDirectory(prefix="newsreader-benchmark-", dir=folder.resolve().parent) as place:
        copy = Path(place, "documents")
        shutil.copytree(folder, copy, copy_function=os.link)
        late = nsmallest(_LATE, copy.rglob("*.md"), key=lambda path: crc32(path.name.encode()))
        for number, path in enumerate(late):
            path.rename(Path(place, str(number)))
        paths = Paths(*(Path(place, kind) for kind in ("cache", "data", "config")))
        with closing(Library.open(copy, paths)) as library:
            for _ in refresh(library, seen=False):
                pass
            indexing = _cpu()  # of its parser processes, too, which have ended
            for _ in update_stories(library.index, quality=True, seen=False):
                pass
            grouping = _cpu() - indexing
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            count = library.index.totals().articles
            times = []
            for number, path in enumerate(late):
                Path(place, str(number)).rename(path)
                for _ in refresh(library, paths=[os.fsencode(path.relative_to(copy))]):
                    pass
                begin = time.process_time()
                for _ in update_stories(library.index, quality=True):
                    pass
                times.append(1000 * (time.process_time() - begin))
    times.sort()
    most = times[len(times) * 95 // 100]
    print(f"{folder}: {count:,} documents, indexed in {indexing:.1f} s of CPU, then grouped in {grouping:.1f} s")
    print(f"  {grouping / indexing:.0%}; {1e6 * grouping / count:.0f} µs a document; at most {peak} MB of memory")
    print(f"  one more document: {median(times):.1f} ms, 95 % within {most:.1f} ms, {times[-1]:.1f} ms at most")


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
