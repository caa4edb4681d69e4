"""From process start to the visible screen, compared with an empty Textual app. All runs alternate."""

from __future__ import annotations

from statistics import median

import sight
from bench import Bench, Figure
from yardsticks import EMPTY_TEXT

MILLION = 1_000_000


def measure(bench: Bench) -> list[Figure]:
    """Start the empty app, newsreader with an index, and newsreader without one, alternating."""
    own, data = bench.built(), bench.fresh()
    empty: list[float] = []
    warm: list[float] = []
    first: list[float] = []
    cold: list[float] = []
    for number in range(bench.runs + 1):
        with bench.empty() as terminal:
            empty.append(terminal.until(lambda screen: EMPTY_TEXT in screen[0]) - terminal.begin)
        with bench.open(own, data=data) as terminal:
            first.append(terminal.until(sight.filled) - terminal.begin)
            warm.append(terminal.until(lambda screen: sight.is_complete(screen, bench.documents)) - terminal.begin)
            terminal.rest(0.2, 5)
            terminal.end("q")
        if number == 0:  # the first start creates the marks file
            for times in (empty, warm, first):
                times.clear()
            continue
        with bench.open(bench.fresh()) as terminal:
            cold.append(terminal.until(sight.filled) - terminal.begin)
    yardstick = median(empty)
    most = 1.6 if bench.documents >= MILLION else 1.4
    return [
        Figure("empty Textual app: start to its text", yardstick, "s", samples=tuple(empty)),
        _figure("warm start to the first rows", first, yardstick, None),
        _figure("warm start to the complete, sorted list", warm, yardstick, most),
        _figure("cold start (no index) to the first rows", cold, yardstick, 2.5),
    ]


def _figure(name: str, times: list[float], yardstick: float, target: float | None) -> Figure:
    value = median(times)
    return Figure(name, value, "s", "empty Textual app", value / yardstick, target, samples=tuple(times))
