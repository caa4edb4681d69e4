"""Quality and speed of the grouping into stories.

    python benchmarks/stories FILE.jsonl [FILE.jsonl ...] [--one-by-one|--shuffled] [--halves N [--share S]]
    python benchmarks/stories FOLDER
    python benchmarks/stories --generated 300
    python benchmarks/stories --cost FOLDER

Each line of a FILE is an article: id, title, excerpt, date, source, url, and the label of its event. Prints B-cubed
precision, recall and F1, CPU time for each article, and the worst mixtures of events and splits of an event;
``--halves`` the mean and the least F1 of random halves of the events, or of another share of them. The grouping sees
title, excerpt, date and source alone. The documents of a FOLDER are about different things: prints which are in one
story all the same. ``--cost`` prints what indexing and grouping a folder of any documents takes, and what one takes
that comes later.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from agreement import Score, b_cubed, mixtures, splits  # noqa: E402
from cost import measure_cost  # noqa: E402
from generated import labelled_articles  # noqa: E402

from reader.documents.fast_record import index_record  # noqa: E402
from reader.stories.grouping import Grouping, StoryArticle  # noqa: E402
from tests.stories.memory_state import MemoryState  # noqa: E402


def articles_of(rows: Sequence[dict[str, Any]]) -> list[StoryArticle]:
    """Return the articles without their labels, newest first."""
    articles = [
        StoryArticle(
            rowid,
            rowid,
            row["title"],
            row["excerpt"] or "",
            published=_seconds(row["date"]),
            source=row["source"] or "",
        )
        for rowid, row in enumerate(rows)
    ]
    return sorted(articles, key=lambda each: (each.published is None, -(each.published or 0), each.rowid))


def _seconds(date: str | None) -> int | None:
    if not date:
        return None
    moment = datetime.fromisoformat(date)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


class Way(NamedTuple):
    """How articles are added."""

    one_by_one: bool
    shuffled: bool


def stories_of(articles: Sequence[StoryArticle], way: Way) -> list[int]:
    """Return the story of each article, in the order of their row ids."""
    state = MemoryState()
    if way.shuffled:
        add_one_by_one(state, random.Random(1).sample(articles, len(articles)))
    elif way.one_by_one:
        add_one_by_one(state, articles[::-1])
    else:
        for _ in Grouping(state).add_all(articles):
            pass
    return [story for _, story in sorted(state.story_by_row().items())]


def add_one_by_one(state: MemoryState, articles: Sequence[StoryArticle]) -> None:
    """Add articles as if each came with a refresh of its own."""
    grouping = Grouping(state)
    by_row = {article.rowid: article for article in articles}
    for article in articles:
        if grouping.is_review_due(1):
            stories = state.story_by_row()
            sizes = Counter(stories.values())
            alone = [by_row[rowid] for rowid, story in stories.items() if sizes[story] == 1]
            for _ in grouping.add_all([article, *alone], review=True):
                pass
        else:
            grouping.add(article)


def documents_of(folder: Path) -> list[dict[str, Any]]:
    """Return the documents of a folder, each with a label of its own."""
    rows = []
    for path in sorted(folder.rglob("*.md")):
        record, _ = index_record(path.name.encode(), path.read_bytes())
        date = None if record.published_at is None else datetime.fromtimestamp(record.published_at // 1_000_000, UTC)
        rows.append(
            {
                "title": record.title,
                "excerpt": record.excerpt,
                "date": date and date.isoformat(),
                "source": record.provider_name or record.provider_domain,
                "label": record.title or path.name,
            }
        )
    return rows


def measure_folder(name: str, rows: Sequence[dict[str, Any]], *, way: Way, worst: int) -> None:
    """Group documents about different things and print which are in one story all the same."""
    stories = stories_of(articles_of(rows), way)
    sizes = Counter(stories)
    found = [story for story, size in sizes.most_common() if size > 1]
    grouped = sum(sizes[story] for story in found)
    print(f"{name}: {len(rows)} documents; {grouped} are in {len(found)} stories of two or more")
    for story in found[:worst]:
        titles = [row["label"] for row, other in zip(rows, stories, strict=True) if other == story]
        print(*titles, sep="\n    ", end="\n\n")


def measure_halves(rows: Sequence[dict[str, Any]], count: int, share: float, *, way: Way) -> None:
    """Print how well random halves of the events are grouped, or another share of them."""
    rng = random.Random(1)
    events = sorted({row["label"] for row in rows})
    found = []
    for _ in range(count):
        chosen = {*rng.sample(events, int(len(events) * share))}
        half = [row for row in rows if row["label"] in chosen]
        found.append(b_cubed([row["label"] for row in half], stories_of(articles_of(half), way)).f1)
    mean = sum(found) / count
    print(f"  F1 of {count} times {share:.2f} of the events: {mean:.3f} on average, {min(found):.3f} at least")


def measure(name: str, rows: Sequence[dict[str, Any]], *, way: Way, worst: int) -> Score:
    """Group labelled articles and print how well that went."""
    articles = articles_of(rows)
    before = time.process_time()
    stories = stories_of(articles, way)
    seconds = time.process_time() - before
    labels = [row["label"] for row in rows]
    score = b_cubed(labels, stories)
    found = sum(count > 1 for count in Counter(stories).values())
    print(f"{name}: {len(rows)} articles, {len({*labels})} events; {found} stories of two or more")
    print(f"  precision {score.precision:.3f}, recall {score.recall:.3f}, F1 {score.f1:.3f}")
    print(f"  {1e6 * seconds / len(rows):.0f} µs of CPU an article")
    for title, lines in (("Mixtures", mixtures(labels, stories)), ("Splits", splits(labels, stories))):
        if lines and worst:
            print(f"  {title}:", *lines[:worst], sep="\n    ")
    return score


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("--generated", type=int, default=0, metavar="N", help="also measure N generated events")
    parser.add_argument("--cost", type=Path, metavar="FOLDER", help="measure what grouping a folder costs")
    parser.add_argument("--seed", type=int, default=1, help="of the generated events")
    parser.add_argument("--one-by-one", action="store_true", help="add the articles one after the other, oldest first")
    parser.add_argument("--shuffled", action="store_true", help="add them one after the other, in a random order")
    parser.add_argument("--halves", type=int, default=0, metavar="N", help="also measure N random halves of the events")
    parser.add_argument("--share", type=float, default=0.5, metavar="S", help="measure this share instead of halves")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="how many mixtures and splits to print")
    options = parser.parse_args()
    if not (options.paths or options.generated or options.cost):
        parser.error("Name a FILE or a FOLDER, or give --generated N or --cost FOLDER.")
    way = Way(options.one_by_one, options.shuffled)
    for path in options.paths:
        if path.is_dir():
            rows = documents_of(path)
            measure_folder(path.name, rows, way=way, worst=options.worst)
            continue
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        measure(path.name, rows, way=way, worst=options.worst)
        if options.halves:
            measure_halves(rows, options.halves, options.share, way=way)
    if options.generated:
        rows = labelled_articles(options.generated, random.Random(options.seed))
        measure("generated", rows, way=way, worst=options.worst)
    if options.cost:
        measure_cost(options.cost)


if __name__ == "__main__":
    main()
