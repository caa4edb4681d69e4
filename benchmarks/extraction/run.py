"""Quality and speed of article extraction, beside the libraries that it uses.

    python benchmarks/extraction/run.py tests/data/extraction
    python benchmarks/extraction/run.py ../article-extraction-benchmark --worst 20

FOLDER has pages as NAME.html or NAME.html.gz (in itself or in html/) and their true texts as NAME.txt or in one
ground-truth.json, as the public benchmark has them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from measure import PageScore, average, compare  # noqa: E402
from percentiles import percentile  # noqa: E402

from reader.extraction.cleanup import article_text  # noqa: E402
from reader.extraction.extract import extract  # noqa: E402

_RUNS = 3
_LOSS = 0.05
"""The difference of recall that counts as text lost."""


class Truth(NamedTuple):
    """A page and the text that an extractor should find in it."""

    name: str
    page: bytes
    text: str
    url: str


class Result(NamedTuple):
    """The results of one extractor for all pages."""

    name: str
    pages: dict[str, PageScore]
    milliseconds: list[float]


def truths(folder: Path) -> Iterator[Truth]:
    """Yield the pages of a folder with their reference texts. Raises SystemExit if there are none."""
    file = folder / "ground-truth.json"
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    found = False
    for path in sorted([*folder.glob("*.html*"), *folder.glob("html/*.html*")]):
        name = path.name.removesuffix(".gz").removesuffix(".html")
        text = path.with_name(f"{name}.txt")
        page = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if name in known:
            yield Truth(name, page, known[name].get("articleBody") or "", known[name].get("url") or "")
        elif text.exists():
            yield Truth(name, page, text.read_text("utf-8"), "https://www.example.org/")
        else:
            continue
        found = True
    if not found:
        raise SystemExit(f"{folder} contains no pages with true texts.")


def ours(page: bytes, url: str) -> str:
    """Return the text that newsreader extracts."""
    article = extract(page, url)
    return "" if article is None else article_text(article.blocks)


def trafilatura_fast(page: bytes, url: str) -> str:
    """Return the text that trafilatura extracts in its fast mode."""
    import trafilatura

    return trafilatura.extract(page, url=url or None, fast=True, include_comments=False) or ""


def readability(page: bytes, _: str) -> str:
    """Return the text that readability-lxml extracts."""
    from lxml.html import fromstring
    from readability import Document
    from readability.readability import Unparseable

    try:
        summary = Document(page.decode("utf-8", "replace")).summary(html_partial=True)
    except Unparseable:
        return ""
    return "\n".join(fromstring(summary).itertext()) if summary.strip() else ""


def measure(name: str, extract: Callable[[bytes, str], str], pages: list[Truth]) -> Result:
    """Run an extractor on pages. Times are CPU seconds, the best of three, after loading all libraries."""
    for page in pages:
        extract(page.page, page.url)
    scores: dict[str, PageScore] = {}
    taken: list[float] = []
    for page in pages:
        runs = []
        for _ in range(_RUNS):
            begin = time.process_time()
            text = extract(page.page, page.url)
            runs.append((time.process_time() - begin) * 1000)
        taken.append(min(runs))
        scores[page.name] = compare(page.text, text)
    return Result(name, scores, taken)


def table(results: list[Result]) -> str:
    """Return results as a Markdown table."""
    lines = ["| | F1 | precision | recall | ms a page, median | 95 % | slowest |", "|---|--:|--:|--:|--:|--:|--:|"]
    for result in results:
        score, times = average(result.pages.values()), result.milliseconds
        figures = (f"{score.f1:.3f}", f"{score.precision:.3f}", f"{score.recall:.3f}")
        spent = (f"{percentile(times, 50):.1f}", f"{percentile(times, 95):.1f}", f"{max(times):.1f}")
        lines.append(f"| {result.name} | {' | '.join(figures)} | {' | '.join(spent)} |")
    return "\n".join(lines)


def worst_pages(result: Result, count: int) -> str:
    """Return the pages with the lowest F1."""
    worst = sorted(result.pages.items(), key=lambda page: page[1].score.f1)[:count]
    return "\n".join(
        f"  {name}: F1 {page.score.f1:.3f}, precision {page.score.precision:.3f}, recall {page.score.recall:.3f}"
        for name, page in worst
    )


def lost(ours: Result, other: Result) -> str:
    """Return the pages of which we find clearly less of the true text than another extractor."""
    recalls = ((name, page.score.recall, other.pages[name].score.recall) for name, page in ours.pages.items())
    return "\n".join(f"  {name}: {mine:.3f}, not {best:.3f}" for name, mine, best in recalls if mine < best - _LOSS)


def halves(result: Result) -> str:
    """Return F1 of the two halves of the pages: a method that is tuned to single pages differs between them."""
    pages = list(result.pages.values())
    return " and ".join(f"{average(pages[start::2]).f1:.3f}" for start in (0, 1))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--alone", action="store_true", help="do not measure the libraries by themselves")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="list the N pages with the lowest F1")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    pages = list(truths(arguments.folder))
    results = [measure("newsreader", ours, pages)]
    if not arguments.alone:
        results.append(measure("trafilatura, fast", trafilatura_fast, pages))
        results.append(measure("readability-lxml", readability, pages))
    print(f"{len(pages)} pages\n\n{table(results)}\n\nF1 of newsreader, every other page: {halves(results[0])}")
    for result in results:
        print(f"\nThe worst of {result.name}:\n{worst_pages(result, arguments.worst)}")
    if not arguments.alone:
        print(f"\nRecall more than {_LOSS} below trafilatura:\n{lost(*results[:2]) or '  none'}")


if __name__ == "__main__":
    main()
