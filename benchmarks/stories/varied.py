"""Make a folder of documents with real texts: known articles with other names in them.

    python benchmarks/stories/varied.py FOLDER FILE|FOLDER ... [--count 20000]

Each FILE has labelled articles, as for benchmarks/stories; each further FOLDER has documents about different things.
An event, or a document that is its own event, is told again and again, always with other names in place of
its own, and some other rare words: so words are as frequent as in real texts, and each telling is another event.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import corpus

_WORD = re.compile(r"[^\W\d_]{4,}")
_FIRST = datetime(2021, 1, 1, tzinfo=UTC)
_DAYS = 5 * 365
_RARE = 3
"""A word of so many known events is rare."""
_REPLACED = 0.3
"""How many of the rare words other than names are replaced."""
_INVENTED = 0.5
"""How many names are made of two halves of others."""


class Told(NamedTuple):
    """An article as it was told first."""

    title: str
    excerpt: str
    date: datetime | None
    source: str
    body: str


def events_of(path: Path) -> list[list[Told]]:
    """Return the articles of each event."""
    events: dict[str, list[Told]] = {}
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            date = row["date"] and datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
            told = Told(row["title"], row["excerpt"] or "", date, row["source"] or "", "")
            events.setdefault(row["label"], []).append(told)
        return [*events.values()]
    documents = [each.read_text("utf-8", "replace") for each in sorted(path.rglob("*.md"))]
    return [[_document(text)] for text in documents if text.startswith("---\n")]


def _document(text: str) -> Told:
    _, header, body = text.split("---\n", 2)

    def field(name: str) -> str:
        found = re.search(rf'^ *{name}: "?(.*?)"?$', header, re.MULTILINE)
        return found[1] if found else ""

    return Told(field("title"), field("excerpt"), None, field("domain"), body)


class Teller:
    """Tells events again."""

    def __init__(self, events: list[list[Told]], dice: random.Random) -> None:
        self._events = events
        self._dice = dice
        texts = [" ".join(f"{told.title} {told.excerpt}" for told in event) for event in events]
        counts = Counter(word for text in texts for word in {*_WORD.findall(text)})
        rare = sorted(word for word, count in counts.items() if count <= _RARE)
        self._names = [word for word in rare if word[0].isupper() and word.lower() not in counts]
        self._others = [word for word in rare if word.islower()]
        self._rare = {*self._names, *self._others}

    def tell(self, number: int) -> list[str]:
        """Return the documents of an event."""
        dice, words = self._dice, dict[str, str]()
        began = _FIRST + timedelta(seconds=dice.randrange(_DAYS * 86_400))
        event = self._events[number % len(self._events)]
        first = min((told.date for told in event if told.date), default=None)

        def replaced(found: re.Match[str]) -> str:
            word = found[0]
            return words.setdefault(word, self._other(word)) if word in self._rare else word

        documents = []
        for place, told in enumerate(event):
            after = told.date - first if told.date and first else timedelta(hours=dice.expovariate(1 / 12))
            title, excerpt, body = (_WORD.sub(replaced, text) for text in (told.title, told.excerpt, told.body))
            source = told.source or dice.choice(corpus.SOURCES)[1]
            url = f"https://{source}/{number}/{place}"
            related = "".join(corpus.item(dice, 20_000) for _ in range(dice.choice((0, 1, 2, 3, 4))))
            documents.append(
                f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n"
                f"excerpt: {json.dumps(excerpt, ensure_ascii=False)}\n"
                f"publishedDateTime: {(began + after).strftime('%Y-%m-%dT%H:%M:%SZ')}\noriginalUrl: {url}\n"
                f"type: article\nquality: {dice.randrange(141)}\nheat: -1\n\nprovider:\n  name: {source}\n"
                f"  domain: {source}\n\ntopics:\n  - {dice.choice(corpus.TOPICS)}\n"
                + (f"\nrelated:\n{related}" if related else "")
                + f'\nsecured: "{dice.randbytes(300).hex()}"\n---\n{body}'
            )
        return documents

    def _other(self, word: str) -> str:
        dice = self._dice
        if word[0].islower():
            return dice.choice(self._others) if dice.random() < _REPLACED else word
        one, other = dice.choices(self._names, k=2)
        return one if dice.random() >= _INVENTED else one[: len(one) // 2 + 1] + other[len(other) // 2 :].lower()


def main() -> None:
    """Make the documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("known", type=Path, nargs="+", metavar="FILE|FOLDER")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.folder.exists():
        sys.exit(f"varied.py: {arguments.folder} exists.")
    teller = Teller([event for path in arguments.known for event in events_of(path)], random.Random(arguments.seed))
    made = number = 0
    while made < arguments.count:
        for document in teller.tell(number)[: arguments.count - made]:
            path = arguments.folder / f"{made // corpus.PART:04}" / f"{made:08}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document, "utf-8")
            made += 1
        number += 1
    print(f"{made:,} documents of {number:,} events in {arguments.folder}.")


if __name__ == "__main__":
    main()
