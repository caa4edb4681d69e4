"""Compare the key latency of two source trees, key by key in turn, so that a slow moment affects both alike.

    python benchmarks/compare.py FOLDER TREE TREE [--samples N] [--densities DENSITY DENSITY]

Prints, for each key, the ratio of the second tree to the first: of the time until the screen shows the effect and is at
rest, and of the CPU time of the process meanwhile. With `--densities compact comfortable`, the first tree has a list of
one line for each article, the second one of two; the trees may be the same.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from collections import defaultdict
from pathlib import Path

import keys
import sight
from bench import READER, Bench
from percentiles import percentile
from screen import Terminal

_KEYS = {"step": "j", "page": " ", "end": "G", "top": "g"}


def main() -> None:
    """Press each key in both trees, in random order, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("trees", type=Path, nargs=2)
    parser.add_argument("--samples", type=int, default=100, help="how often each key is pressed")
    parser.add_argument("--densities", nargs=2, default=["compact"] * 2, help="the density of the list in each tree")
    arguments = parser.parse_args()
    dice = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="newsreader-benchmark-") as scratch:
        bench = Bench(arguments.folder, Path(scratch))
        trees = zip(arguments.trees, arguments.densities, strict=True)
        terminals = [_open(bench, tree.resolve(), density) for tree, density in trees]
        walls: dict[str, list[list[float]]] = defaultdict(lambda: [[], []])
        cpus: dict[str, list[list[float]]] = defaultdict(lambda: [[], []])
        for _ in range(arguments.samples):
            for name, key in _KEYS.items():
                for which in dice.sample([0, 1], 2):
                    before = _cpu(terminals[which])
                    walls[name][which].append(_press(terminals[which], key, dice))
                    cpus[name][which].append(_cpu(terminals[which]) - before)
        for terminal in terminals:
            terminal.end("q")
    for name in _KEYS:
        for what, (first, second) in (("time", walls[name]), ("CPU", cpus[name])):
            ratios = ", ".join(f"p{at} {percentile(second, at) / percentile(first, at):.2f}" for at in (50, 95))
            print(f"{name}, {what}: {ratios}")


def _open(bench: Bench, tree: Path, density: str) -> Terminal:
    own = bench.fresh()
    (own / "config.toml").write_text(f'density = "{density}"\n', "utf-8")
    environ = bench.environ(bench.built(), own) | {"PYTHONPATH": str(tree), "NEWSREADER_CONFIG_DIR": str(own)}
    terminal = Terminal([*READER, str(bench.folder)], environ)
    terminal.until(lambda screen: sight.articles(screen) == bench.documents)
    terminal.rest(2)
    return terminal


def _press(terminal: Terminal, key: str, dice: random.Random) -> float:
    """Press a key on a screen at rest; return the seconds until it first looks as it does at rest again."""
    terminal.rest(dice.uniform(*keys.PAUSE), 1)
    before = terminal.screen
    moment = terminal.press(key)
    frames = keys.proved(terminal, before, lambda before, after: before != after, 0.03, 1.0)
    return next(when for when, shown in frames if shown == frames[-1][1]) - moment


def _cpu(terminal: Terminal) -> float:
    """Return the seconds that all threads of the process have run."""
    tasks = Path(f"/proc/{terminal.process.pid}/task")
    return sum(int((tasks / task / "schedstat").read_text().split()[0]) for task in os.listdir(tasks)) / 1e9


if __name__ == "__main__":
    main()
