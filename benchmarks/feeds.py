"""Our reading of feeds beside feedparser: are they equal, and how much CPU does each take?

    python benchmarks/feeds.py FOLDER [--rounds N]            # any folder of feeds
    python benchmarks/feeds.py --generated N [--rounds N]     # one feed of N entries, always the same

Says which feeds are left to feedparser, and ends with status 1 if a feed that we read ourselves differs from what
feedparser makes of it. Rounds alternate, and CPU is the median of the rounds.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from statistics import median

import feedparser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reader.feeds.formats import feedparser_feed, json_feed, xml_feed
from reader.feeds.model import FeedError, ParsedFeed
from reader.feeds.parse import parse_feed

URL = "https://example.org/feeds/all.xml"
WORDS = "news of the day and what became of it the house water street council years people said".split()  # noqa: SIM905


def generated(entries: int) -> bytes:
    """Return a feed of RSS 2.0 as WordPress writes it."""
    chance = random.Random(entries)

    def item(number: int) -> str:
        text = "".join(f"<p>{' '.join(chance.choices(WORDS, k=60))} <a href='/{n}'>é</a></p>\n" for n in range(3))
        return (
            f"<item><title>Title {number} &#8211; {chance.choice(WORDS)}</title><link>https://example.org/{number}</link>"
            f"<dc:creator><![CDATA[Ann {number % 7}]]></dc:creator><pubDate>Mon, 25 May 2020 {number % 24:02}:45:26 "
            f"+0000</pubDate><category><![CDATA[{chance.choice(WORDS)}]]></category><guid isPermaLink='false'>https://example.org"
            f"/?p={number}</guid><description><![CDATA[<p>{' '.join(chance.choices(WORDS, k=40))} [&#8230;]</p>]]>"
            f"</description><content:encoded><![CDATA[{text}]]></content:encoded><slash:comments>3</slash:comments></item>\n"
        )

    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:slash='http://purl.org/rss/1.0/modules/slash/'><channel>"
        f"<title>Example</title><link>https://example.org</link>{''.join(map(item, range(entries)))}</channel></rss>"
    ).encode()


def read(data: bytes, *, fast: bool) -> ParsedFeed | str:
    """Return a feed, or why it cannot be read."""
    try:
        return parse_feed(data, url=URL, fast=fast)
    except FeedError as error:
        return str(error)


def differences(ours: ParsedFeed | str, reference: ParsedFeed | str) -> Iterator[str]:
    """Yield what differs, one line for each field."""
    if isinstance(ours, str) or isinstance(reference, str):
        if ours != reference:
            yield f"{ours!s:.200} | {reference!s:.200}"
        return
    pairs = [(ours, reference), *zip(ours.entries, reference.entries, strict=False)]
    for one, other in pairs:
        for field in fields(one):
            values = getattr(one, field.name), getattr(other, field.name)
            if field.name != "entries" and values[0] != values[1]:
                yield f"{field.name}: {values[0]!r:.200} | {values[1]!r:.200}"
    if len(ours.entries) != len(reference.entries):
        yield f"{len(ours.entries)} entries | {len(reference.entries)}"


def is_fast(data: bytes) -> bool:
    """Return whether we read a feed ourselves."""
    return json_feed.is_json(data) or xml_feed.read(feedparser_feed.to_utf8(data), URL) is not None


def measure(feeds: list[bytes], rounds: int) -> dict[str, float]:
    """Return the CPU seconds that each way to read all feeds takes."""
    ways: dict[str, Callable[[bytes], object]] = {
        "newsreader": lambda data: read(data, fast=True),
        "newsreader, with feedparser only": lambda data: read(data, fast=False),
        "feedparser": lambda data: feedparser.parse(io.BytesIO(data)),
        "feedparser, sanitizing nothing": lambda data: feedparser.parse(
            io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False
        ),
    }
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            for data in feeds:
                way(data)
            samples[name].append(time.process_time() - start)
    return {name: median(each) for name, each in samples.items()}


def main() -> int:
    """Compare, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--generated", type=int, default=0, metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if bool(options.folder) == bool(options.generated):
        parser.error("name a folder, or use --generated N")
    if options.generated:
        feeds = {"generated": generated(options.generated)}
    else:
        feeds = {str(path): path.read_bytes() for path in sorted(options.folder.rglob("*")) if path.is_file()}
    different = fast = 0
    for name, data in feeds.items():
        ours = read(data, fast=True)
        if isinstance(ours, str):
            print(f"{name}: {ours}")
        elif is_fast(data):
            fast += 1
        else:
            print(f"{name}: left to feedparser")
        if found := list(differences(ours, read(data, fast=False))):
            different += 1
            print(f"{name}: differs", *found, sep="\n  ")
    size = sum(map(len, feeds.values())) / 1e6
    print(f"{len(feeds)} feeds, {size:.1f} MB: {fast} read by us, {different} different\n")
    print("| | CPU | MB/s |\n|---|--:|--:|")
    for name, seconds in measure(list(feeds.values()), options.rounds).items():
        print(f"| {name} | {seconds:.2f} s | {size / seconds:.1f} |")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
