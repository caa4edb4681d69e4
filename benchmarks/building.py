"""From a key press to the screen while the index is being built.

The list grows and is sorted again all the time, so no screen can be predicted. The proof
that a key took effect is the selection: an article stays selected wherever the growing
list moves it, until a key selects another.
"""

from __future__ import annotations

import random
from collections import defaultdict

import sight
from bench import Bench, Figure
from keys import CAPS, END, KEYS, PAGE, STEP, TOP, Proof, figure, proved
from screen import Screen, Terminal

MOST = 0.033
_PLAN = [STEP] * 4 + [PAGE] * 4 + [END, TOP] * 4
"""Keys between two visits of the top. The key for the top is never pressed there."""
_QUIET, _LIMIT = 0.015, 0.1
"""Seconds after which the emulator is fed anyway, as the screen never rests while an index is built."""
_BUILDS = 10
"""Maximum number of builds to collect enough samples."""
_ENOUGH = 300
"""Articles in the list that the plan needs, so that no key runs into its end."""
_EVERY_LINE = 1 << 62


def measure(bench: Bench) -> list[Figure]:
    """Press each of the four keys while the index is built, in as many builds as needed."""
    dice = random.Random(3)
    taken: dict[str, list[float]] = defaultdict(list)
    builds = 0
    before = -1
    while builds < _BUILDS and min(len(taken[name]) for name in KEYS) < bench.samples:
        if sum(map(len, taken.values())) == before:
            break  # a build without a sample: more builds will not help
        before = sum(map(len, taken.values()))
        builds += 1
        with bench.open(bench.fresh()) as terminal:
            terminal.until(lambda screen: sight.built(screen) >= _ENOUGH or _is_over(screen, bench.documents))
            _one_build(terminal, bench, taken, dice)
            terminal.end("q")
    figures = []
    for name in KEYS:
        label = f"key to screen while building, {name} ({CAPS[name]})"
        if taken[name]:
            figures.append(figure(label, taken[name][: bench.samples], MOST, f"builds {builds}"))
        else:
            figures.append(Figure(f"{label}, p95", None, "ms", target=MOST * 1000, note="the build was over too soon"))
    return figures


def _one_build(terminal: Terminal, bench: Bench, taken: dict[str, list[float]], dice: random.Random) -> None:
    """Press keys until this build ends or there are enough samples."""
    while min(len(taken[name]) for name in KEYS) < bench.samples:
        for name in _PLAN:
            terminal.rest(dice.uniform(0.003, 0.04), _LIMIT)
            before = terminal.screen
            if _is_over(before, bench.documents):
                return
            moment = terminal.press(KEYS[name])
            frames = proved(terminal, before, _PROOFS[name], _QUIET, _LIMIT)
            when, shown = next((when, shown) for when, shown in frames if _PROOFS[name](before, shown))
            if sight.is_building(before) and sight.is_building(shown):
                taken[name].append(when - moment)


def _is_over(screen: Screen, count: int) -> bool:
    return sight.articles(screen) == count and not sight.is_building(screen)


def _is_full(screen: Screen) -> bool:
    return sight.is_full(screen, _EVERY_LINE)


def _moved(before: Screen, after: Screen) -> bool:
    return sight.selected(after).strip() != "" and sight.selected(after) != sight.selected(before)


_PROOFS: dict[str, Proof] = {
    STEP: _moved,
    PAGE: lambda before, after: _moved(before, after) and _is_full(after),
    TOP: lambda before, after: _moved(before, after) and _is_full(after) and sight.marked(after) == 0,
    END: lambda before, after: (
        _moved(before, after) and _is_full(after) and sight.marked(after) == len(sight.rows(after)) - 1
    ),
}
