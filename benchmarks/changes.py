"""Documents that change while the app is open: from the last byte written to the screen that shows it.

The corpus itself is not modified: a hard-linked copy is made beside it, and documents
that change there are written to a new file and renamed into place, as git does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

import sight
from bench import READER, Bench, Figure, MeasureError, run
from memory import NOTHING
from screen import NotShownError, Screen, Terminal

NEW = "Breaking"
"""The first word of new titles."""
_ALONE = 10.0
"""Seconds for the app to notice by itself; after that, the refresh key is pressed."""
_ALONE_WITH_MANY = 60.0
"""The same after a burst, which takes longer in a large folder."""


def measure(bench: Bench) -> list[Figure]:
    """Measure no change, single new documents, and many changes at once."""
    with _copy(bench.folder) as folder:
        own = bench.fresh()
        bench.index(own, folder)
        ran = run([*READER, "list", str(folder), "--limit", "50", "--json"], bench.environ(own))
        paths = [folder / row["path"] for row in json.loads(ran.output)]
        with bench.warm(own=own, folder=folder) as terminal:
            moment = terminal.press("r")
            nothing = terminal.until(lambda screen: NOTHING in screen[-1]) - moment
            terminal.rest(1.0, 10)
            arrivals, seen = _arrivals(terminal, folder, bench.documents, bench.runs)
            count = bench.documents + len(arrivals)
            burst, changed, seen_too = _burst(terminal, folder, paths, bench.burst, count)
            terminal.rest(1.0, 30)
            terminal.end("q")
        _, totals = bench.index(own, folder)
        if totals["changed"] or totals["articles"] != count + 1:
            raise MeasureError(f"After {changed:,} changed documents the index does not match the folder: {totals}.")
    return [
        Figure("refresh by key to “Nothing has changed.”", nothing, "s", note="r"),
        Figure(
            "a new document while open, to the screen", median(arrivals), "s", target=1.0,
            note=f"{seen}; max {max(arrivals):.2f}, n {len(arrivals)}", samples=tuple(arrivals),
        ),
        Figure(f"{changed:,} documents changed at once, to the screen", burst, "s", note=seen_too),
    ]  # fmt: skip


@contextlib.contextmanager
def _copy(folder: Path) -> Iterator[Path]:
    """Yield a folder beside ``folder`` with hard links to the same files."""
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent, prefix=".benchmark-") as scratch:
        copy = Path(scratch) / "corpus"
        shutil.copytree(folder, copy, copy_function=os.link)
        yield copy


def _replace(path: Path, text: str) -> None:
    """Replace a document by a new file, so that the file of the corpus stays unchanged."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, "utf-8")
    new.rename(path)


def _changed(text: str, number: int) -> str:
    """Return a document with another title."""
    before, _, rest = text.partition('\ntitle: "')
    return f'{before}\ntitle: "{NEW} {number} {rest.removeprefix(NEW)}'


def _arrivals(terminal: Terminal, folder: Path, count: int, runs: int) -> tuple[list[float], str]:
    """Add documents one by one; return the seconds until each was counted, and how it was noticed.

    Stop at the first that is not noticed without a key.
    """
    text = next(folder.rglob("*.md")).read_text("utf-8")
    times: list[float] = []
    by_hand = None
    for number in range(1, runs + 1):
        new = text.replace("/news/", f"/news/new{number}-")
        _replace(folder / f"new{number}.md", _changed(new, number))
        seconds, by_hand = _noticed(terminal, partial(_counts, count + number))
        times.append(seconds)
        terminal.rest(0.5, 5)
        if by_hand is not None:
            break
    return times, _how(by_hand)


def _counts(count: int, screen: Screen) -> bool:
    return sight.articles(screen) == count


def _burst(terminal: Terminal, folder: Path, shown: list[Path], many: int, count: int) -> tuple[float, int, str]:
    """Change many documents, those on the screen included, and add one more at the end.

    Return the seconds until the screen shows all of it, the number of changes, and how they were noticed.
    """
    shown = shown[:many]
    first_ones = frozenset(shown)
    others = (path for path in sorted(folder.rglob("*.md")) if path not in first_ones)
    paths = [*shown, *islice(others, many - len(shown))]
    for number, path in enumerate(paths):
        _replace(path, _changed(path.read_text("utf-8"), number))
    _replace(folder / "zz-last.md", _changed(shown[0].read_text("utf-8"), len(paths)))

    def is_shown(screen: Screen) -> bool:
        first = sight.titles(screen)[: min(len(shown), len(sight.rows(screen))) // 2]
        return sight.articles(screen) == count + 1 and all(NEW in row for row in first)

    seconds, by_hand = _noticed(terminal, is_shown, _ALONE_WITH_MANY)
    return seconds, len(paths), _how(by_hand, _ALONE_WITH_MANY)


def _noticed(terminal: Terminal, true: Callable[[Screen], object], alone: float = _ALONE) -> tuple[float, float | None]:
    """Wait until the screen shows a change; return the seconds from now.

    If the app does not notice by itself, the refresh key is pressed; the second number is the
    seconds from then.
    """
    moment = time.perf_counter()
    try:
        return terminal.until(true, alone) - moment, None
    except NotShownError:
        pressed = terminal.press("r")
        shown = terminal.until(true)
        return shown - moment, shown - pressed


def _how(by_hand: float | None, alone: float = _ALONE) -> str:
    if by_hand is None:
        return "noticed by itself"
    return f"not noticed within {alone:.0f} s; {by_hand:.2f} s after r"
