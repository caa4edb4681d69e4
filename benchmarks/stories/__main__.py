"""Quality and speed of the grouping into stories.

    python benchmarks/stories FILE.jsonl [FILE.jsonl ...] [--one-by-one] [--worst N]
    python benchmarks/stories --generated 300

Each line of a FILE is an article: id, title, excerpt, date, source, url, and the label of its event. Prints B-cubed
precision, recall and F1, CPU time for each article, and the worst mixtures of events and splits of an event. The
grouping sees title, excerpt, date and source alone.
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
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from agreement import Score, b_cubed, mixtures, splits  # noqa: E402
from generated import labelled_articles  # noqa: E402

from reader.stories.grouping import Grouping, StoryArticle  # noqa: E402
from reader.stories.state import MemoryState  # noqa: E402


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


def stories_of(articles: Sequence[StoryArticle], *, one_by_one: bool) -> list[int]:
    """Return the story of each article, in the order of their row ids."""
    state = MemoryState()
    if one_by_one:
        for article in reversed(articles):
            Grouping(state).add(article)
    else:
        for _ in Grouping(state).add_all(articles):
            pass
    return [story for _, story in sorted(state.story_by_row().items())]


def measure(name: str, rows: Sequence[dict[str, Any]], *, one_by_one: bool, worst: int) -> Score:
    """Group labelled articles and print how well that went."""
    articles = articles_of(rows)
    before = time.process_time()
    stories = stories_of(articles, one_by_one=one_by_one)
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
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--generated", type=int, default=0, metavar="N", help="also measure N generated events")
    parser.add_argument("--seed", type=int, default=1, help="of the generated events")
    parser.add_argument("--one-by-one", action="store_true", help="add the articles one after the other, oldest first")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="how many mixtures and splits to print")
    options = parser.parse_args()
    if not options.files and not options.generated:
        parser.error("Name a FILE, or give --generated N.")
    for path in options.files:
        lines = path.read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        measure(path.name, rows, one_by_one=options.one_by_one, worst=options.worst)
    if options.generated:
        rows = labelled_articles(options.generated, random.Random(options.seed))
        measure("generated", rows, one_by_one=options.one_by_one, worst=options.worst)


if __name__ == "__main__":
    main()
