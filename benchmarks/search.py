"""Queries answered by the library alone, without the screen."""

from __future__ import annotations

import json
import subprocess
import sys

import percentiles
from bench import ROOT, Bench, Figure, MeasureError

TARGETS = {"first": {100_000: 25.0, 1_000_000: 90.0}}
ASKED = """
import json, os, sys, time
from pathlib import Path
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from reader.query.parser import parse_query

queries, runs = json.loads(sys.argv[2]), int(sys.argv[3])
library = Library.open(Path(sys.argv[1]), Paths.from_environment(os.environ))
results = {}
library.search.run(parse_query("a"), Sort())
for query in queries:
    first, whole = [], []
    for _ in range(runs):
        with library.search.searcher().snapshot() as (_, snapshot):
            snapshot._results.clear()
        begin = time.perf_counter()
        found = library.search.run(parse_query(query), Sort())
        found.first(200)
        first.append(time.perf_counter() - begin)
        found.order()
        whole.append(time.perf_counter() - begin)
    results[query] = [found.count, first, whole]
counts = {}
for kind in ("source", "topic", "type", "folder"):
    begin = time.perf_counter()
    library.search.values(kind)
    counts[kind] = time.perf_counter() - begin
print(json.dumps([results, counts]))
"""
QUERIES = (
    *("c", "cl", "climate", "f", "climate budget", '"facial recognition"', "人脸", "-climate", "climate OR harbour"),
    *("NOT (climate budget)", "title:climate", "title:c", "body:c", 'source:"The City Post"', "topic:ai"),
    *("type:article", "quality>=40", "quality:40..60", "heat:unknown", "is:unread", "is:unread climate"),
    *("date:2021", "after:2022-03", "has:body", "climate -is:read quality>=40 topic:ai", "police sort:-date"),
)
"""Words of the corpus are in a large share of its documents, so these queries are harder than usual ones."""
SLOW = ("path:0001", "url:police", "is:duplicate", "climate sort:relevance")
"""Without a target, as they scan everything."""


def measure(bench: Bench) -> list[Figure]:
    """Run every query on a complete index, with nothing cached from the previous one."""
    own = bench.built()
    command = [sys.executable, "-c", ASKED, str(bench.folder), json.dumps([*QUERIES, *SLOW]), str(bench.runs)]
    ran = subprocess.run(command, env=bench.environ(own), cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise MeasureError(f"Searching failed: {ran.stderr.strip()[-500:]}")
    results, counts = json.loads(ran.stdout)
    target = next((most for size, most in TARGETS["first"].items() if bench.documents <= size), None)
    firsts = [seconds * 1000 for query in QUERIES for seconds in results[query][1]]
    wholes = [seconds * 1000 for query in QUERIES for seconds in results[query][2]]
    figures = [
        _figure("search, count and first 200 rows, p95 of all", firsts, target),
        _figure("search, the whole list, p95 of all", wholes, None),
    ]
    for query in (*QUERIES, *SLOW):
        count, first, _ = results[query]
        samples = [seconds * 1000 for seconds in first]
        figures.append(_figure(f"search, {query}: count and first rows", samples, None, count))
    for kind, seconds in counts.items():
        figures.append(Figure(f"values of {kind} with counts", seconds * 1000, "ms"))
    return figures


def _figure(name: str, samples: list[float], target: float | None, count: int | None = None) -> Figure:
    note = f"max {max(samples):.1f}" + ("" if count is None else f"; {count:,} found")
    return Figure(name, percentiles.percentile(samples, 95), "ms", target=target, note=note, samples=tuple(samples))
