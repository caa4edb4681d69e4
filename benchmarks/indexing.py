"""Building the index, refreshing it without changes, and its size on disk."""

from __future__ import annotations

from statistics import median

from bench import Bench, Figure, MeasureError
from others import Others

SHORTEST = 0.01
"""Minimum seconds of a refresh that can be judged."""


def build(bench: Bench) -> list[Figure]:
    """Build the index from scratch, at most three times."""
    cpu, wall = [], []
    others = Others()
    for _ in range(min(bench.runs, 3)):
        own = bench.fresh()
        ran, totals = bench.index(own)
        if totals["articles"] != bench.documents:
            raise MeasureError(f"{totals['articles']:.0f} articles of {bench.documents} documents are in the index.")
        cpu.append(ran.cpu)
        wall.append(ran.wall)
        bench.keep(own)
    noise = others.describe()
    parallel = median(took / cost for took, cost in zip(wall, cpu, strict=True))
    yaml, read = bench.yardstick("yaml"), bench.yardstick("read")
    share = f" (a {yaml['share']:.0%} sample, multiplied)" if yaml["share"] < 1 else ""
    loading, reading, used = yaml["alone"], yaml["reading"], median(cpu)
    return [
        Figure("PyYAML's C safe loader, yaml.load alone: CPU", loading, "s", note=share.strip()),
        Figure("PyYAML's C safe loader, reading included: CPU", reading, "s", note=share.strip()),
        Figure("bare read of all documents: wall", read["seconds"], "s"),
        Figure("cold index, CPU", used, "s", "yaml.load alone", used / loading, 0.6, samples=tuple(cpu)),
        Figure("cold index, CPU", used, "s", "PyYAML and reading", used / reading, samples=tuple(cpu)),
        Figure("cold index, wall", median(wall), "s", "its own CPU", parallel, 0.6, noise, tuple(wall)),
        Figure("cold index, wall", median(wall), "s", "bare read", median(wall) / read["seconds"]),
        Figure("cold index, documents", bench.documents / median(wall), "1/s"),
    ]


def refresh(bench: Bench) -> list[Figure]:
    """Refresh the complete index without changes, alternating with the bare walk."""
    own = bench.built()
    walks, processes, alone, whole = [], [], [], []
    for _ in range(bench.runs):
        walk = bench.yardstick("walk", again=True)
        walks.append(walk["seconds"])
        processes.append(walk["process"])
        ran, totals = bench.index(own)
        if totals["changed"]:
            raise MeasureError(f"{totals['changed']:.0f} documents are reported as changed, but none has changed.")
        alone.append(totals["seconds"])
        whole.append(ran.wall)
    walked, process = median(walks), median(processes)
    # The command reports milliseconds, so very short refreshes say nothing.
    is_long = median(alone) >= SHORTEST
    return [
        Figure("bare walk and stat", walked, "s", samples=tuple(walks)),
        Figure("bare walk and stat, whole process", process, "s", samples=tuple(processes)),
        Figure(
            "refresh, nothing changed",
            median(alone) if is_long else None,
            "s",
            against="bare walk",
            ratio=median(alone) / walked if is_long else None,
            target=1.5,
            note="" if is_long else f"shorter than {SHORTEST * 1000:.0f} ms, too short to measure",
            samples=tuple(alone),
        ),
        Figure(
            "refresh, nothing changed, whole process",
            median(whole),
            "s",
            against="bare walk, whole process",
            ratio=median(whole) / process,
            samples=tuple(whole),
        ),
    ]


def size(bench: Bench) -> list[Figure]:
    """Measure the size of the complete index: the database and SQLite's files beside it."""
    files = [path for path in (bench.built() / "cache").rglob("*") if path.is_file() and path.name.startswith("index-")]
    if not files:
        raise MeasureError("There is no index on the disk.")
    weight = sum(path.stat().st_size for path in files)
    return [
        Figure("documents", bench.size / 1e6, "MB"),
        Figure("index on disk", weight / 1e6, "MB", "the documents", weight / bench.size, 0.4),
    ]
