"""From a key press to the screen that shows its effect.

A key is written to the pty. The measurement waits, its emulator idle, until output has
come and stopped for a moment; only then is the emulator fed, and the screen of each piece
examined. Pauses between keys are random, so that nothing synchronizes with a timer.
"""

from __future__ import annotations

import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import cycle, islice

import sight
from bench import Bench, Figure, MeasureError
from percentiles import percentile
from screen import Screen, Terminal

STEP, PAGE, TOP, END = "step", "page", "top", "end"
KEYS = {STEP: "j", PAGE: " ", TOP: "g", END: "G"}
CAPS = {STEP: "j", PAGE: "space", TOP: "g", END: "G"}
ORDERS = {"1": "quality", "2": "heat", "3": "date"}
_NOTHING = "%"
"""A key that does nothing: after it, a digit is no number and need not wait for the rest of one."""
PAUSE = (0.003, 0.04)
"""Minimum and maximum seconds between the screen at rest and the next key."""
_PATIENCE = 5.0
_REPEAT = 1 / 30
"""Seconds between repeats of a held key."""
_LONGEST_RUN = 50
"""Consecutive steps, and pages: enough that some of the steps scroll."""

Proof = Callable[[Screen, Screen], bool]
"""Whether the second screen shows the effect of the key that was pressed on the first."""


def measure(bench: Bench) -> list[Figure]:
    """Press each of the four keys in a list that is complete and at rest."""
    dice = random.Random(1)
    taken: dict[str, list[float]] = defaultdict(list)
    with bench.warm() as terminal:
        height = len(sight.rows(terminal.screen))
        count = bench.documents
        press(terminal, KEYS[STEP], dice, _stepped)  # from now on the list has been used
        home = sight.titles(terminal.screen)

        def is_full(screen: Screen) -> bool:
            return sight.is_full(screen, count)

        proofs: dict[str, Proof] = {
            STEP: _stepped,
            PAGE: lambda before, after: is_full(after) and _turned(before, after),
            TOP: lambda _, after: is_full(after) and sight.marked(after) == 0 and sight.titles(after) == home,
            END: lambda _, after: is_full(after) and sight.marked(after) == min(count, height) - 1,
        }
        press(terminal, KEYS[TOP], dice, proofs[TOP])
        for name in plan(bench.samples, count - 1, max(0, count - height) // height):
            taken[name].append(press(terminal, KEYS[name], dice, proofs[name]))
        held = _hold(terminal, bench.samples, min(_LONGEST_RUN, count, height) - 1, proofs[TOP], dice)
        terminal.rest(0.3, 5)
        terminal.end("q")
    figures = [
        figure(f"key to screen, {name} ({CAPS[name]})", times[: bench.samples], 0.016)
        for name in (STEP, PAGE, TOP, END)
        if (times := taken[name])
    ]
    return [*figures, figure(f"key to screen, step held, {1 / _REPEAT:.0f} a second", held, None)]


def sort(bench: Bench) -> list[Figure]:
    """Press 1, 2 and 3, each twice: another order, and the same reversed."""
    dice = random.Random(2)
    taken: dict[str, list[float]] = defaultdict(list)
    count = bench.documents
    most = 0.25 if count >= 1_000_000 else 0.05
    with bench.warm() as terminal:
        for key in islice(cycle("223311"), max(6, bench.samples // 6 * 6)):
            arrow = "↑" if sight.order(terminal.screen) == f"{key}↓" else "↓"

            def sorted_so(before: Screen, after: Screen, header: str = key + arrow) -> bool:
                there = sight.order(after) == header and sight.is_full(after, count) and sight.is_sorted(after)
                return there and sight.titles(after) != sight.titles(before)

            taken["another direction" if arrow == "↑" else "another order"].append(
                press(terminal, key + _NOTHING, dice, sorted_so, quiet=0.25)
            )
        terminal.rest(0.3, 5)
        terminal.end("q")
    figures = [figure(f"change of sort: {name}", times, most) for name, times in taken.items()]
    return [*figures, figure("change of sort or direction", [t for times in taken.values() for t in times], most)]


def search(bench: Bench) -> list[Figure]:
    """Type queries key by key, and wait after each key that changes the query until the list shows its results."""
    from reader.core.errors import ReaderError
    from reader.query.ast import Query
    from reader.query.parser import parse_query

    dice = random.Random(3)
    most = 0.15 if bench.documents >= 1_000_000 else 0.05
    taken: list[float] = []
    by_length: dict[str, list[float]] = defaultdict(list)
    with bench.warm() as terminal:
        terminal.press("/")
        terminal.until(lambda screen: "Words, topic:" in screen[-1])
        terminal.rest(1.0, 10)  # until the values of fields are counted for completion
        for query in islice(cycle(_QUERIES), max(1, bench.samples // 8)):
            asked: Query = Query()
            for end in range(1, len(query) + 1):
                text = query[:end]
                try:
                    parsed = parse_query(text)
                except ReaderError:
                    parsed = asked  # not a valid query yet: the list stays
                if parsed == asked:
                    terminal.press(query[end - 1])
                    terminal.rest(0.05, 1)
                    continue
                asked = parsed
                seconds = _written(terminal, query[end - 1], text, dice)
                taken.append(seconds)
                by_length[
                    "first letters" if len(text.split()[-1].lstrip('-"(').rpartition(":")[2]) < 3 else "more"
                ].append(seconds)
            terminal.press("\x15")
            terminal.until(lambda screen: "Words, topic:" in screen[-1])
            terminal.rest(0.2, 2)
        terminal.press("\x1b")
        terminal.rest(0.5, 5)
        terminal.end("q")
    return [
        figure("search, key to list", taken, most),
        *(figure(f"search, key to list, {name}", times, None) for name, times in by_length.items()),
    ]


_QUERIES = (
    *("climate budget", '"facial recognition"', "-climate", "climate OR harbour", "title:court", "police -water"),
    *("is:unread climate", "quality>=40 law", "topic:ai court", "date:2021-07..2021-09", "人脸识别", "zebra"),
)


def _written(terminal: Terminal, key: str, text: str, dice: random.Random) -> float:
    """Press ``key``, which makes the query ``text``; return the seconds until the list shows its results."""

    def shows(_: Screen, after: Screen) -> bool:
        found = re.search(r"([\d,]+) of [\d,]+ article", after[0])
        asked = "".join(text.split())  # the second cell of a wide character is a space here
        if found is None or f"/{asked}{found[1]}of" not in after[0].replace(" ", ""):
            return False
        # The prompt covers one line of the list.
        return len(sight.filled(after)) >= min(int(found[1].replace(",", "")), len(sight.rows(after)) - 1)

    terminal.rest(dice.uniform(*PAUSE), 1)
    before = terminal.screen
    moment = terminal.press(key)
    frames = proved(terminal, before, shows, 0.03, 1.0)
    return next(when for when, shown in frames if shows(before, shown)) - moment


def plan(samples: int, steps: int, pages: int) -> Iterator[str]:
    """Yield keys, from the top of the list, until each has been pressed ``samples`` times; each has an effect.

    The list has room for this many consecutive ``steps`` and ``pages``, possibly for no page.
    The key for the top is pressed more often, to return to the start.
    """
    left = {STEP: samples if steps else 0, PAGE: samples if pages else 0, END: samples, TOP: samples}
    while any(left.values()):
        for name, most in ((STEP, steps), (PAGE, pages), (END, 1)):
            for _ in range(_LONGEST_RUN if name == END else 1):
                run = min(left[name], most, _LONGEST_RUN)
                if not run and not (name == END and left[TOP]):
                    break
                yield from [name] * max(1, run)
                yield TOP
                left[name] -= run
                left[TOP] = max(0, left[TOP] - 1)


def _hold(terminal: Terminal, samples: int, steps: int, home: Proof, dice: random.Random) -> list[float]:
    """Hold the step key from the top, repeatedly; return the seconds until each step was on the screen."""
    times: list[float] = []
    while len(times) < samples:
        terminal.rest(0.3, 5)
        before = terminal.screen
        moments: list[float] = []
        for number in range(steps):
            if number:
                time.sleep(max(0.0, moments[0] + number * _REPEAT - time.perf_counter()))
            moments.append(terminal.press(KEYS[STEP]))
        frames = proved(terminal, before, lambda _, after: sight.marked(after) == steps, 0.1, 1.0)
        for number, moment in enumerate(moments, 1):
            times.append(next(when for when, shown in frames if sight.marked(shown) >= number) - moment)
        press(terminal, KEYS[TOP], dice, home)
    return times[:samples]


def press(terminal: Terminal, key: str, dice: random.Random, proof: Proof, quiet: float = 0.03) -> float:
    """Press a key in a list at rest; return the seconds until it first looks as it does at rest again.

    Raises MeasureError if ``proof`` does not hold then.
    """
    terminal.rest(dice.uniform(*PAUSE), 1)
    before = terminal.screen
    moment = terminal.press(key)
    frames = proved(terminal, before, proof, quiet, 1.0)
    final = _list(frames[-1][1])
    if final == _list(before):
        raise MeasureError(f"{key!r} had no effect; the screen is:\n{terminal.text}")
    return next(when for when, shown in frames if _list(shown) == final and proof(before, shown)) - moment


def proved(terminal: Terminal, before: Screen, proof: Proof, quiet: float, limit: float) -> list[tuple[float, Screen]]:
    """Return the screens after a key, with their times, up to one at rest that proves its effect.

    The emulator is fed after ``quiet`` seconds without output, or after ``limit``
    seconds in any case. Raises MeasureError if the proof does not come.
    """
    deadline = time.perf_counter() + _PATIENCE
    frames: list[tuple[float, Screen]] = []
    while not (frames and proof(before, frames[-1][1])):
        if time.perf_counter() > deadline:
            shown = "\n".join(frames[-1][1] if frames else before)
            raise MeasureError(f"A key was not carried out within {_PATIENCE:.0f} s; the screen is:\n{shown}")
        terminal.came(0.05)
        terminal.rest(quiet, limit)
        frames += terminal.frames()
    return frames


def _list(screen: Screen) -> tuple[str, int, list[str]]:
    return sight.order(screen), sight.marked(screen), sight.titles(screen)


def _stepped(before: Screen, after: Screen) -> bool:
    """Whether the next article is selected: one line further down, or on the same line after scrolling."""
    was, is_ = sight.titles(before), sight.titles(after)
    line = sight.marked(before)
    if line == len(was) - 1:
        return sight.marked(after) == line and is_[:line] == was[1:] and bool(is_[line].strip())
    return sight.marked(after) == line + 1 and is_ == was


def _turned(before: Screen, after: Screen) -> bool:
    """Whether another page is shown, sharing at most one or two rows with the previous one."""
    was, is_ = sight.titles(before), sight.titles(after)
    return sight.marked(after) == sight.marked(before) and is_ != was and len(set(was) & set(is_)) <= len(was) // 4


def figure(name: str, times: list[float], most: float | None, note: str = "") -> Figure:
    """Return the figure for times in seconds; ``most`` is the target for the 95th percentile."""
    value = percentile(times, 95) * 1000
    spread = f"p50 {percentile(times, 50) * 1000:.1f}, max {max(times) * 1000:.1f}, n {len(times)}"
    samples = tuple(time * 1000 for time in times)
    note_text = "; ".join(filter(None, (spread, note)))
    return Figure(
        f"{name}, p95", value, "ms", target=None if most is None else most * 1000, note=note_text, samples=samples
    )
