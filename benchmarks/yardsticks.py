"""The yardsticks, each measured in a process of its own.

    python benchmarks/yardsticks.py walk FOLDER      scandir and stat of everything
    python benchmarks/yardsticks.py read FOLDER      the bytes of all documents
    python benchmarks/yardsticks.py yaml FOLDER [N]  PyYAML's C safe loader over all headers, or over N of them

Each prints one JSON object; the seconds exclude Python's start.
The fourth, an empty Textual app, is ``EMPTY_APP``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator

EMPTY_TEXT = "ready-to-read"
EMPTY_APP = f"""
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("{EMPTY_TEXT}")
Empty().run()
"""


def files(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield every file under ``folder`` that is not hidden."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield entry


def walk(folder: str) -> dict[str, float]:
    """Walk and stat only."""
    wall, cpu = time.perf_counter(), time.process_time()
    number = size = 0
    for entry in files(folder):
        size += entry.stat(follow_symlinks=False).st_size
        number += 1
    return {
        **{"documents": number, "bytes": size},
        **{"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu},
    }


def read(folder: str) -> dict[str, float]:
    """Read every file sequentially."""
    wall, cpu = time.perf_counter(), time.process_time()
    size = 0
    for entry in files(folder):
        with open(entry.path, "rb", buffering=0) as file:
            size += len(file.read())
    return {"bytes": size, "seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def load(folder: str, most: int) -> dict[str, float]:
    """Load headers with PyYAML's C safe loader.

    Of more than ``most`` documents, an evenly spread sample is loaded and the seconds
    are multiplied; ``share`` is the size of the sample.
    """
    import yaml

    paths = sorted(entry.path for entry in files(folder))
    step = max(1, -(-len(paths) // most))
    taken = paths[::step]
    alone = 0.0
    begin = time.process_time()
    for path in taken:
        with open(path, "rb") as file:
            data = file.read()
        header = data[4 : data.index(b"\n---\n", 3) + 1]
        before = time.process_time()
        yaml.load(header, yaml.CSafeLoader)
        alone += time.process_time() - before
    whole = time.process_time() - begin
    scale = len(paths) / len(taken)
    return {"documents": len(paths), "share": 1 / scale, "alone": alone * scale, "reading": whole * scale}


def main() -> None:
    """Measure one yardstick."""
    name, folder, *rest = sys.argv[1:]
    measured = {
        "walk": lambda: walk(folder),
        "read": lambda: read(folder),
        "yaml": lambda: load(folder, int(rest[0]) if rest else sys.maxsize),
    }[name]()
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main()
