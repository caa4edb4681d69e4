"""What stories cost in a whole folder: the CPU time of reading and indexing it, of grouping it, and of one more."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
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
_MANY = 500
"""A story of so many articles takes longest: as many of its documents come again."""


def measure_cost(folder: Path) -> None:
    """Index a copy of a folder, group it, add documents, and print the CPU time of each and the peak memory."""
    gc.disable()  # as the command does
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
            print(f"{folder}: {count:,} documents, indexed in {indexing:.1f} s of CPU,", end=" ")
            print(f"then grouped in {grouping:.1f} s, {grouping / indexing:.0%}")
            print(f"  {1e6 * grouping / count:.0f} µs a document; at most {peak} MB of memory")
            times = []
            for number, path in enumerate(late):
                Path(place, str(number)).rename(path)
                times.append(_group_changed(library, path.relative_to(copy)))
            _print_times("one more document", times)
            times = []
            for path in _of_large_stories(library):
                (copy / path).rename(Path(place, "0"))
                _group_changed(library, path)
                Path(place, "0").rename(copy / path)
                times.append(_group_changed(library, path))
            if times:
                _print_times(f"one more in a story of {_MANY} or more", times)


def _group_changed(library: Library, path: Path) -> float:
    """Refresh a document that came or went; return the milliseconds of CPU until lists show its story."""
    for _ in refresh(library, paths=[os.fsencode(path)]):
        pass
    begin = time.process_time()
    for _ in update_stories(library.index, quality=True):
        pass
    return 1000 * (time.process_time() - begin)


def _of_large_stories(library: Library) -> list[Path]:
    query = (
        "SELECT path, name FROM articles JOIN stories s ON s.id = story JOIN files f ON f.rowid = articles.rowid "
        "JOIN folders d ON d.rowid = folder WHERE s.articles >= ?"
    )
    with library.index.database.read() as db:
        paths = [Path(os.fsdecode(path), os.fsdecode(name)) for path, name in db.execute(query, [_MANY])]
    return nsmallest(_LATE, paths, key=lambda path: crc32(path.name.encode()))


def _print_times(what: str, times: Sequence[float]) -> None:
    in_order = sorted(times)
    most = in_order[len(times) * 95 // 100]
    print(f"  {what}: {median(times):.1f} ms, 95 % within {most:.1f} ms, {in_order[-1]:.1f} ms at most")


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
