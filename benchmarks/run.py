"""Measure newsreader on a corpus and print a Markdown table of ratios.

    python benchmarks/run.py FOLDER [--runs N] [--samples N] [--burst N] [--only NAME,...] [--json FILE]

FOLDER is made by benchmarks/corpus.py. Every figure is compared with a yardstick that is
measured in the same run. The folder is not modified; everything is written to temporary
directories. --only takes a selection of: start, index, refresh, size, keys, building, sort,
search, typing, marks, memory, changes. Exit status 1 if something could not be measured; the rest is printed.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import building
import changes
import indexing
import keys
import marking
import memory
import report
import search
import starts
from bench import Bench, Figure, MeasureError
from others import Others
from screen import NotShownError

PARTS = {
    "index": indexing.build,
    "refresh": indexing.refresh,
    "size": indexing.size,
    "start": starts.measure,
    "keys": keys.measure,
    "building": building.measure,
    "sort": keys.sort,
    "search": search.measure,
    "typing": keys.search,
    "marks": marking.measure,
    "memory": memory.measure,
    "changes": changes.measure,
}


def main() -> int:
    """Measure what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="how often starts and the like are repeated")
    parser.add_argument("--samples", type=int, default=200, help="how often each key is pressed")
    parser.add_argument("--burst", type=int, default=10_000, help="documents that change at once")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS), metavar="NAME,...")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every sample too, as JSON")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not arguments.folder.is_dir():
        parser.error(f"{arguments.folder} is not a folder")
    figures: list[Figure] = []
    failed = 0
    whole = Others()
    with tempfile.TemporaryDirectory(prefix="newsreader-benchmark-") as scratch:
        bench = Bench(arguments.folder, Path(scratch), arguments.runs, arguments.samples, arguments.burst)
        for name, measure in PARTS.items():
            if name not in arguments.only:
                continue
            begin, others = time.perf_counter(), Others()
            try:
                figures += measure(bench)
            except (MeasureError, NotShownError) as error:
                failed += 1
                figures.append(Figure(name, None, "", note="could not be measured, see above"))
                print(f"{name}: {error}", file=sys.stderr)
            print(f"{name}: {time.perf_counter() - begin:.0f} s, {others.describe()}", file=sys.stderr)
    command = shlex.join(["python", "benchmarks/run.py", *sys.argv[1:]])
    about = (
        f"{bench.documents:,} documents, {bench.size / 1e6:,.1f} MB. {report.machine()} Meanwhile {whole.describe()}."
    )
    print(f"`{command}`\n\n{about}\n\n{report.table(figures)}")
    if arguments.json:
        data = {"command": command, "about": about, "figures": [asdict(each) | {"met": each.met} for each in figures]}
        arguments.json.write_text(json.dumps(data, indent=1), "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
