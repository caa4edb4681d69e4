"""Compare two source trees in turn, so that a slow moment affects both alike.

    python benchmarks/compare.py FOLDER TREE TREE [--samples N] [--densities DENSITY DENSITY]
    python benchmarks/compare.py FOLDER TREE TREE --index [--runs N]

Prints, for each key, the ratio of the second tree to the first: of the time until the screen shows the effect and is at
rest, and of the CPU time of the process meanwhile. With `--densities compact comfortable`, the first tree has a list of
one line for each article, the second one of two; the trees may be the same. An empty density is for a tree that knows
none.

With `--index`, it builds the index of the folder instead, without and with the grouping into stories, and prints the
CPU time of the command and its child processes in each tree, the least of all runs, and the ratio.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from itertools import product
from pathlib import Path

import keys
import sight
from bench import INDEX, READER, Bench, run
from percentiles import percentile
from screen import Terminal

_WITHOUT_GROUPING = """
import contextlib, sys
with contextlib.suppress(ImportError):  # before there were stories
    import reader.cli.index as index
    assert index.group_stories
    index.group_stories = lambda library: None
from reader.__main__ import main
sys.exit(main())
"""
_KEYS = {"step": "j", "page": " ", "end": "G", "top": "g"}


def main() -> None:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("trees", type=Path, nargs=2)
    parser.add_argument("--samples", type=int, default=100, help="how often each key is pressed")
    parser.add_argument("--densities", nargs=2, default=["compact"] * 2, help="the density of the list in each tree")
    parser.add_argument("--index", action="store_true", help="build the index instead of pressing keys")
    parser.add_argument("--runs", type=int, default=3, help="how often the index is built in each way")
    arguments = parser.parse_args()
    trees = [tree.resolve() for tree in arguments.trees]
    with tempfile.TemporaryDirectory(prefix="newsreader-benchmark-") as scratch:
        bench = Bench(arguments.folder, Path(scratch))
        if arguments.index:
            _compare_index(bench, trees, arguments.runs)
        else:
            _compare_keys(bench, list(zip(trees, arguments.densities, strict=True)), arguments.samples)


def _compare_index(bench: Bench, trees: list[Path], runs: int) -> None:
    """Build the index with both trees and print the CPU time."""
    for tree in trees:
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(tree / "reader")], check=True)
    commands = {"without grouping": [sys.executable, "-c", _WITHOUT_GROUPING, "index"], "with grouping": INDEX}
    cpus: dict[tuple[str, Path], list[float]] = defaultdict(list)
    for _ in range(runs):
        for (what, command), tree in product(commands.items(), trees):
            own = bench.fresh()
            ran = run([*command, str(bench.folder)], bench.environ(own) | _imports_of(tree))
            cpus[what, tree].append(ran.cpu)
            shutil.rmtree(own)
    for what in commands:
        first, second = (min(cpus[what, tree]) for tree in trees)
        print(f"cold index {what}: {first:.2f} s and {second:.2f} s of CPU, {second / first:.2f}")


def _compare_keys(bench: Bench, trees: list[tuple[Path, str]], samples: int) -> None:
    """Press each key in both trees, in random order, and print the ratios."""
    dice = random.Random(1)
    terminals = [_open(bench, tree, density) for tree, density in trees]
    walls: dict[str, list[list[float]]] = defaultdict(lambda: [[], []])
    cpus: dict[str, list[list[float]]] = defaultdict(lambda: [[], []])
    for _ in range(samples):
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


def _imports_of(tree: Path) -> dict[str, str]:
    """Return the part of an environment that has modules imported from ``tree``, and not from the current folder."""
    return {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}


def _open(bench: Bench, tree: Path, density: str) -> Terminal:
    own = bench.fresh()  # also the index, which can have another format in another tree
    (own / "config.toml").write_text(f'density = "{density}"\n' if density else "", "utf-8")
    environ = bench.environ(own) | _imports_of(tree) | {"NEWSREADER_CONFIG_DIR": str(own)}
    run([*INDEX, str(bench.folder)], environ)
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
