"""Memory of a process and its children, as reported by Linux."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import sight
from bench import Bench, Figure, MeasureError
from screen import Terminal
from yardsticks import EMPTY_TEXT

NOTHING = "Nothing has changed"
_EVERY = 0.1
"""Seconds between two samples while the index is built."""
_LONGEST = 3600.0


def tree(pid: int) -> list[int]:
    """Return a process and all of its descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text("utf-8", "replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
            children[int(stat.rpartition(")")[2].split()[1])].append(int(entry.name))
    found = [pid]
    for each in found:
        found += children[each]
    return found


def held(pid: int) -> dict[str, float]:
    """Return MB of a process.

    These are ``rss``, ``pss`` (shared pages divided among those who share them), ``uss`` (its own) and ``anonymous``
    (the part of ``rss`` that no file backs).

    All are 0 for a process that has ended.
    """
    sizes: dict[str, float] = defaultdict(float)
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return {"rss": 0.0, "pss": 0.0, "uss": 0.0, "anonymous": 0.0}
    for line in lines:
        name, size, *_ = line.split()
        sizes[name] = int(size) / 1000 * 1.024
    uss = sizes["Private_Clean:"] + sizes["Private_Dirty:"]
    return {"rss": sizes["Rss:"], "pss": sizes["Pss:"], "uss": uss, "anonymous": sizes["Anonymous:"]}


def measure(bench: Bench) -> list[Figure]:
    """Measure the empty app, newsreader after its background refresh, and newsreader while it builds an index."""
    empty, app, whole = [], [], []
    for _ in range(min(bench.runs, 3)):
        with bench.empty() as terminal:
            terminal.until(lambda screen: EMPTY_TEXT in screen[0])
            terminal.rest(0.5)
            empty.append(held(terminal.process.pid))
        with bench.warm() as terminal:
            # The message of this refresh comes after the refresh at start-up.
            terminal.press("r")
            terminal.until(lambda screen: NOTHING in screen[-1])
            terminal.rest(1.0, 10)
            app.append(held(terminal.process.pid))
            whole.append({"pss": sum(held(each)["pss"] for each in tree(terminal.process.pid))})
            terminal.end("q")
    figures = [Figure("empty Textual app, RSS", _middle(empty, "rss"), "MB", samples=_all(empty, "rss"))]
    most = 4.0 if bench.documents >= 1_000_000 else 2.0
    for kind, target in (("rss", most), ("uss", None), ("pss", None)):
        figures += [_figure(f"memory, warm, {kind.upper()}", app, empty, kind, target)]
    figures += [_figure("memory, warm, with its child processes, PSS", whole, empty, "pss", most)]
    app_peak, whole_peak, looks = _peak(bench)
    yardstick = _middle(empty, "pss")
    note = f"looked at {looks} times"
    for name, value in (("PSS", app_peak), ("with its child processes, PSS", whole_peak)):
        stat = f"peak while building, {name}"
        figures += [Figure(stat, value, "MB", "empty Textual app", value / yardstick, note=note)]
    return figures


def _peak(bench: Bench) -> tuple[float, float, int]:
    """Build an index in the app; return its peak memory, without and with children, and the number of samples."""
    app = whole = 0.0
    looks = 0
    with bench.open(bench.fresh()) as terminal:
        deadline = time.perf_counter() + _LONGEST
        while not _is_built(terminal, bench.documents):
            if time.perf_counter() > deadline:
                raise MeasureError(f"The index was not built within {_LONGEST:.0f} s.")
            held_now = [held(pid)["pss"] for pid in tree(terminal.process.pid)]
            app, whole, looks = max(app, held_now[0]), max(whole, sum(held_now)), looks + 1
            terminal.rest(_EVERY, _EVERY)
    return app, whole, looks


def _is_built(terminal: Terminal, count: int) -> bool:
    screen = terminal.screen
    return sight.is_complete(screen, count) and not sight.is_building(screen)


def _figure(
    name: str, app: list[dict[str, float]], empty: list[dict[str, float]], kind: str, most: float | None
) -> Figure:
    value = _middle(app, kind)
    ratio = value / _middle(empty, kind)
    return Figure(name, value, "MB", "empty Textual app", ratio, most, samples=_all(app, kind))


def _middle(found: list[dict[str, float]], kind: str) -> float:
    return median(_all(found, kind))


def _all(found: list[dict[str, float]], kind: str) -> tuple[float, ...]:
    return tuple(each[kind] for each in found)
