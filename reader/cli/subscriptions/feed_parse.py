"""The commands ``newsreader feeds ...``: what feeds say, and what is wrong with them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from reader.cli.arguments import HelpfulGroup, input_name, json_option, open_input
from reader.cli.output import out, print_json_array
from reader.core.errors import ReaderError
from reader.core.text import format_count
from reader.core.times import iso_or_none
from reader.exit import print_notice

if TYPE_CHECKING:
    from concurrent.futures import Future

    from reader.feeds.model import FeedEntry, ParsedFeed
    from reader.workers.sandbox import SandboxPool

_KINDS = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}
_ABOUT_URLS = (
    "It reads files: `curl URL | newsreader feeds parse -` reads a feed on the web, and `newsreader add` adds it."
)
_files = click.argument("file", nargs=-1, required=True)


@click.group(cls=HelpfulGroup)
def feeds() -> None:
    """List and change your feeds, and check feeds in files.

    `newsreader add` and `newsreader import` add feeds, and `newsreader sync` fetches them.
    """


@feeds.command(short_help="Print what feeds in files say.")
@_files
@json_option
def parse(file: tuple[str, ...], *, as_json: bool) -> None:
    """Print the title and the entries of each FILE, a feed; - is standard input.

    A separate process reads the feeds, limited to 60 seconds and 1 GB each. The exit status is 1 if a file is no feed;
    with --json, the record of the file says so instead.
    """
    if as_json:
        print_json_array(_record(name, feed) for name, feed in _parsed(file))
        return
    failed = 0
    for number, (name, feed) in enumerate(_parsed(file)):
        out("\n" if number else "")
        if isinstance(feed, ReaderError):
            failed += 1
            out(f"{input_name(name)}: {feed}\n")
        else:
            out("".join(f"{line}\n" for line in _summary(name, feed)))
    if failed:
        sys.exit(1)


@feeds.command(short_help="Find mistakes in feeds.")
@_files
def check(file: tuple[str, ...]) -> None:
    """Print what is wrong with each FILE, a feed, line by line; the exit status is 1 if anything is."""
    wrong = 0
    for name, found in _results("problems", file):
        sentences = [str(found)] if isinstance(found, ReaderError) else found
        out("".join(f"{input_name(name)}: {each}\n" for each in sentences))
        wrong += bool(sentences)
    if wrong:
        print_notice(f"{wrong:,} of {format_count(len(file), 'feed')} {'has' if wrong == 1 else 'have'} problems.")
        sys.exit(1)
    print_notice(f"No problems in {format_count(len(file), 'feed')}.")


def _parsed(files: tuple[str, ...]) -> Iterator[tuple[str, ParsedFeed | ReaderError]]:
    from reader.feeds.model import ParsedFeed

    for file, found in _results("feed", files, "", ""):
        yield file, found if isinstance(found, ReaderError) else ParsedFeed.from_values(found)


def _results(task: str, files: tuple[str, ...], *values: Any) -> Iterator[tuple[str, Any]]:
    """Yield each file, in order, with the result of a task for it, or the error."""
    from reader.feeds.feed_tasks import feed_sandbox

    processes = max(1, min(4, os.cpu_count() or 1, len(files)))
    waiting: deque[tuple[str, Future[Any] | ReaderError]] = deque()
    with contextlib.closing(feed_sandbox(processes)) as pool:
        for file in files:
            waiting.append((file, _submit(pool, task, file, *values)))
            if len(waiting) > 2 * processes:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())


def _submit(pool: SandboxPool, task: str, file: str, *values: Any) -> Future[Any] | ReaderError:
    from reader.feeds.model import MAX_BYTES

    try:
        with open_input(file, _ABOUT_URLS if "://" in file else "Check the spelling.") as source:
            return pool.submit(task, source.read(MAX_BYTES + 1), *values)
    except ReaderError as error:
        return error


def _finished(file: str, answer: Future[Any] | ReaderError) -> tuple[str, Any]:
    from reader.feeds.feed_tasks import result_of

    if isinstance(answer, ReaderError):
        return file, answer
    try:
        return file, result_of(answer)
    except ReaderError as error:
        return file, error


def _summary(file: str, feed: ParsedFeed) -> Iterator[str]:
    entries = "1 entry" if len(feed.entries) == 1 else f"{len(feed.entries):,} entries"
    cut = "" if feed.is_complete else ", ends early"
    yield f"{input_name(file)}: {feed.title or 'no title'} ({_KINDS[feed.kind]}, {entries}{cut})"
    if feed.url:
        yield f"  {feed.url}"
    for entry in feed.entries:
        when = entry.published_text[:10] or "no date   "
        yield f"  {when}  {entry.title or entry.excerpt or entry.url or 'no title'}"


def _record(file: str, feed: ParsedFeed | ReaderError) -> dict[str, Any]:
    if isinstance(feed, ReaderError):
        return {"file": file, "title": None, "url": None, "entries": [], "error": str(feed)}
    return {
        "file": file,
        "title": feed.title,
        "url": feed.url or None,
        "kind": feed.kind,
        "language": feed.language or None,
        "isComplete": feed.is_complete,
        "entries": list(map(_entry_record, feed.entries)),
        "error": None,
    }


def _entry_record(entry: FeedEntry) -> dict[str, Any]:
    return {
        "id": entry.id or None,
        "title": entry.title,
        "url": entry.url or None,
        "published": iso_or_none(entry.published),
        "updated": iso_or_none(entry.updated),
        "authors": list(entry.authors),
        "topics": list(entry.topics),
        "language": entry.language or None,
        "excerpt": entry.excerpt,
        "images": [
            {"url": each.url, "width": each.width, "height": each.height, "title": each.title or None}
            for each in entry.images
        ],
        "enclosures": [
            {
                "url": each.url, "type": each.type or None, "length": each.length, "title": each.title or None,
                "durationSeconds": each.duration_seconds,
            }
            for each in entry.enclosures
        ],
    }  # fmt: skip
