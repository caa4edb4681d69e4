"""Generate a folder of news to measure with: documents in the format and the sizes of the seeds.

    python benchmarks/corpus.py FOLDER [--count 100000] [--seed 1]

The same count and seed give the same bytes on every machine. Documents have 2 to 8 kB,
are in folders of a thousand, and look like real ones: related items, half of which
are documents of the corpus, unknown heats, dates with offsets or none at all, titles in
many scripts, and now and then a body.

All cores share the work. A folder of a thousand appears when it is complete, so an
interrupted corpus is continued, and a complete one is left alone.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

WORDS = (  # noqa: SIM905 - forty lines of a word each would be no better to read
    "court facial recognition rules police data privacy law city camera technology model election market "
    "climate water energy river science space vaccine school museum music football harbour train bridge "
    "council minister report study budget strike reform border island forest wildfire storm drought harvest"
).split()
ELSEWHERE = (
    "中国最高法院就人脸识别作出司法解释",
    "顔認識技術に関する新しい規則が施行",
    "Верховный суд ограничил распознавание лиц",
    "المحكمة العليا تصدر لوائح جديدة",
    "नए नियम जारी किए गए",
    "Nouvelles règles pour la reconnaissance faciale",
    "👩‍⚖️ Court rules 🇨🇳 on faces",
)
SOURCES = tuple((f"The {name.capitalize()} Post", f"{name}post.example") for name in WORDS[:40])
TOPICS = ("AI", "Computer Vision", "Privacy", "Law", "Science", "Climate", "Energy", "Sport")
FIRST = datetime(2019, 1, 1, tzinfo=UTC)
LEAST, MOST = 2048, 8192
"""Bytes of a document."""
PART = 1000
"""Documents in a folder."""
RECORD = ".corpus.json"
"""Records how a corpus was made; hidden, so that it is not read as a document."""
FORM = 2
"""Incremented with every change to the bytes that a count and a seed give."""


class CorpusError(Exception):
    """The folder contains something else."""


def sentence(dice: random.Random, words: int) -> str:
    """Return a line of ``words`` words."""
    return " ".join(dice.choices(WORDS, k=words)).capitalize()


def address(number: int) -> str:
    """Return the URL of document ``number``."""
    return (
        f"https://www.{SOURCES[number % len(SOURCES)][1]}/news/{number // 365}/{number:08}-{WORDS[number % len(WORDS)]}"
    )


def date(dice: random.Random) -> str:
    """Return a time, one in four with an offset other than UTC."""
    moment = FIRST + timedelta(seconds=dice.randrange(7 * 365 * 86_400))
    if dice.random() < 0.25:
        return moment.astimezone(timezone(timedelta(hours=dice.randrange(-11, 13)))).isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def title(dice: random.Random) -> str:
    """Return a headline, one in ten in another script."""
    return dice.choice(ELSEWHERE) if dice.random() < 0.1 else sentence(dice, dice.randrange(5, 14))


def item(dice: random.Random, count: int) -> str:
    """Return one related item."""
    here = dice.random() < 0.5
    number = dice.randrange(count)
    url = address(number) if here else f"https://elsewhere.example/{dice.randrange(10**9)}"
    name, domain = SOURCES[number % len(SOURCES)]
    return (
        f'  - title: "{title(dice)}"\n    excerpt: "{sentence(dice, 25)}"\n    publishedDateTime: {date(dice)}\n'
        f'    webUrl: "{url}"\n    type: article\n    provider:\n      name: {name}\n      domain: {domain}\n'
        f"    quality: {dice.randrange(141)}\n"
    )


def document(number: int, count: int, seed: int) -> str:
    """Return document ``number`` of ``count``; each has its own random generator, so any can be made alone."""
    dice = random.Random(seed * 1_000_003 + number)
    name, domain = SOURCES[number % len(SOURCES)]
    url = address(number)
    when = f"publishedDateTime: {date(dice)}\n" if dice.random() < 0.97 else ""
    quality = f"quality: {dice.randrange(141)}\n" if dice.random() < 0.9 else ""
    heat = dice.randrange(30, 331) if dice.random() < 0.3 else -1
    topics = "".join(f"  - {topic}\n" for topic in dice.sample(TOPICS, dice.randrange(1, 4)))
    related = [item(dice, count) for _ in range(dice.choice((1, 1, 2, 3, 4, 6, 9)))]
    secret = base64.b64encode(dice.randbytes(400)).decode()
    vector = base64.b64encode(dice.randbytes(16)).decode()
    body = (
        "\n".join(f"<p>{sentence(dice, 60)}.</p>" for _ in range(dice.randrange(1, 5))) if dice.random() < 0.3 else ""
    )
    head = (
        f'---\ncategory: news\ntitle: "{title(dice)}"\nexcerpt: "{sentence(dice, dice.randrange(20, 60))}"\n{when}'
        f'originalUrl: "{url}"\nwebUrl: "{url}"\ntype: article\n{quality}heat: {heat}\npublished: false\n\n'
        f"provider:\n  name: {name}\n  domain: {domain}\n\ntopics:\n{topics}\nimages:\n"
        f'  - url: "https://img.{domain}/{number}.jpg"\n    width: 1280\n    height: 720\n    isCached: true\n\n'
        f"related:\n"
    )
    tail = f'\nsecured: "{secret};{vector}"\n---\n{body}\n'
    size = len(f"{head}{''.join(related)}{tail}".encode())
    while size < LEAST:
        related.append(item(dice, count))
        size += len(related[-1].encode())
    while size > MOST:
        size -= len(related.pop().encode())
    return f"{head}{''.join(related)}{tail}"


def make_part(number: int, *, folder: Path, count: int, seed: int) -> int:
    """Make folder ``number`` with its thousand documents; return how many are new."""
    part = folder / f"{number:04}"
    if part.exists():
        return 0
    unfinished = folder / f".{part.name}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    wanted = range(number * PART, min(count, (number + 1) * PART))
    for each in wanted:
        (unfinished / f"{each:08}.md").write_bytes(document(each, count, seed).encode())
    unfinished.rename(part)
    return len(wanted)


def make(folder: Path, count: int, seed: int = 1, workers: int | None = None) -> Iterator[int]:
    """Write the corpus into ``folder`` and yield the number of new documents after each thousand.

    Raises CorpusError if the folder contains something other than this corpus.
    """
    recipe = json.dumps({"form": FORM, "count": count, "seed": seed})
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / RECORD
    if record.exists():
        if record.read_text("utf-8") != recipe:
            raise CorpusError(f"{folder} holds another corpus ({record.read_text('utf-8')}, not {recipe}).")
    elif any(folder.iterdir()):
        raise CorpusError(f"{folder} holds something that is not known to be a corpus of this form.")
    else:
        record.write_text(recipe, "utf-8")
    work = partial(make_part, folder=folder, count=count, seed=seed)
    parts = range(-(-count // PART))
    if len(parts) == 1 or workers == 1:
        yield from map(work, parts)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, parts)


def main() -> None:
    """Make a corpus from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        new = sum(make(arguments.folder, arguments.count, arguments.seed))
    except CorpusError as error:
        sys.exit(f"corpus.py: {error}")
    print(f"{arguments.count:,} documents in {arguments.folder}, {new:,} of them new.")


if __name__ == "__main__":
    main()
