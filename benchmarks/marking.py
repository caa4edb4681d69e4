"""Marking every article at once, and undoing that; both are on disk when they return."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

from bench import ROOT, Bench, Figure, MeasureError

MARKED = """
import json, os, sys, time
from pathlib import Path
from reader.core.marks import MarkChange
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library

library = Library.open(Path(sys.argv[1]), Paths.from_environment(os.environ))
rowids = library.articles.order(Sort()).rowids
marked, undone = [], []
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    library.marks.apply_to_rows(rowids, MarkChange(read=True))
    marked.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    library.marks.undo()
    undone.append(time.perf_counter() - begin)
print(json.dumps([library.counts().unread, marked, undone]))
"""
SECONDS = 1.0
"""Maximum seconds for 100,000 articles."""


def measure(bench: Bench) -> list[Figure]:
    """Mark all articles read in one step and undo it, starting with a new marks file."""
    command = [sys.executable, "-c", MARKED, str(bench.folder), str(bench.runs)]
    environ = bench.environ(bench.built(), bench.fresh() / "marks")
    ran = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise MeasureError(f"Marking failed: {ran.stderr.strip()[-500:]}")
    unread, marked, undone = json.loads(ran.stdout)
    if unread != bench.documents:
        raise MeasureError(f"{unread} of {bench.documents} articles are unread after undoing all marks.")
    target = SECONDS if bench.documents <= 100_000 else None
    note = f"the first, with a new file, {marked[0]:.2f} s; max {max(marked):.2f} s, n {len(marked)}"
    return [
        Figure("all articles marked in one step", median(marked), "s", target=target, note=note, samples=tuple(marked)),
        Figure("all of that undone", median(undone), "s", samples=tuple(undone)),
    ]
