"""The commands ``newsreader add`` and ``newsreader import``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from reader.cli.arguments import input_name, json_option, open_input
from reader.cli.output import out, print_json
from reader.cli.subscriptions.feed_files import (
    FeedFiles,
    feed_record,
    folder_option,
    network_settings,
    open_feed_files,
)
from reader.core.errors import ReaderError
from reader.core.text import clean, format_count
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.feeds.discover import FoundFeed
    from reader.feeds.model import ParsedFeed
    from reader.feeds.subscriptions import Subscription
    from reader.feeds.sync import FeedLookup, FoundAt

_TITLE_CHARS = 500
"""Characters of a title that a feed or a list gives."""
_ENTRIES_SHOWN = 5
_MOST_OFFERED = 20
_PREVIEWED, _PREVIEW_SECONDS, _OFFERED_ENTRIES = 6, 10.0, 2
"""If a page names several feeds, the newest entries of the first ones are shown, if they answer in time."""
_LISTED = "in your list already"
group_option = click.option("--group", default="", help="The group; “/” separates levels.")


@click.command(short_help="Add the feed at URL, or that a page names.")
@click.argument("url")
@group_option
@click.option("--title", default="", help="What to call it, in place of its own title.")
@folder_option
@click.option("--dry-run", is_flag=True, help="Show the feed, and add nothing.")
@json_option
def add(url: str, *, group: str, title: str, folder: str | None, dry_run: bool, as_json: bool) -> None:
    """Add the feed at URL to your list, or the one that the page at URL names. URL may be a file on this machine.

    Shows its title and newest entries, and asks if the page names several feeds; with --json, these are printed if
    nobody can be asked. `newsreader sync` then writes its entries as documents.
    """
    import asyncio

    from reader.feeds.subscriptions import Subscription, setting_problem, stored_place
    from reader.storage.sqlite.feeds.store import FeedState

    title, group = clean(title), clean(group)
    if problem := setting_problem("title", title) or setting_problem("group", group):
        raise ReaderError(*problem)
    wanted = _wanted(url)
    with open_feed_files() as files:
        _refuse_known(files, wanted)
        if wanted.file:
            found = asyncio.run(_read(wanted.file))
        else:
            address, found = asyncio.run(_look_up(files, wanted.url, as_json=as_json))
            wanted = Subscription(address)
        title = title or clean(found.title)[:_TITLE_CHARS].strip()
        feed = replace(wanted, title=title, group=group, folder=stored_place(folder))
        _refuse_known(files, feed)
        if not dry_run:
            _store(files, [feed])
        if as_json:
            print_json({**feed_record(feed, FeedState()), "kind": found.kind, "entries": _newest(found)})
        else:
            out(f"{feed.name}  {feed.address}\n")
            out("".join(f"  {line}\n" for line in _lines(_newest(found))))
    done = "Nothing was added." if dry_run else f"Added “{feed.name}”. `newsreader sync` fetches what is in it."
    print_notice(done)


def _wanted(place: str) -> Subscription:
    """Return the feed at a URL or in a file. Raises ReaderError."""
    from reader.core.urls import safe_url
    from reader.feeds.subscriptions import Subscription, stored_place

    file = place.removeprefix("file://")
    if file.startswith(("/", "./", "../", "~")) or os.path.isfile(file):
        return Subscription(file=stored_place(file))
    return Subscription(safe_url(place if "://" in place else f"https://{place}"))


async def _read(file: str) -> ParsedFeed:
    """Return the feed in a file. Raises ReaderError."""
    from reader.feeds.feed_tasks import feed_sandbox, parse_in_worker
    from reader.feeds.local_sources import contents_of
    from reader.feeds.model import MAX_BYTES

    with contextlib.closing(feed_sandbox()) as pool:
        return await parse_in_worker(pool, contents_of(file, MAX_BYTES))


def _newest(feed: ParsedFeed) -> list[dict[str, str | None]]:
    """Return the newest entries of a feed as JSON."""
    return [
        {"published": clean(each.published_text) or None, "title": clean(each.title or each.excerpt or each.url)}
        for each in feed.entries[:_ENTRIES_SHOWN]
    ]


def _lines(entries: Sequence[dict[str, str | None]]) -> list[str]:
    return [f"{(each['published'] or '–')[:10]:<10}  {each['title']}" for each in entries]


def _refuse_known(files: FeedFiles, feed: Subscription) -> None:
    if known := next((each for each in files.subscriptions.load() if each.key == feed.key), None):
        raise ReaderError(f"“{known.name}” is {_LISTED}.")


async def _look_up(files: FeedFiles, url: str, *, as_json: bool) -> FoundAt:
    """Return the feed at a URL, or one that the page there names. Raises ReaderError."""
    import asyncio

    from reader.feeds.subscriptions import Subscription
    from reader.feeds.sync import FeedLookup

    async with FeedLookup(network_settings(files.paths)) as lookup:
        found = await lookup.at(url)
        if not isinstance(found, list):
            return found
        if len(found) == 1:
            feed = await lookup.at(found[0].url)
        else:
            known = {each.key for each in files.subscriptions.load()}
            offer = await asyncio.to_thread(_choose, await _offers(lookup, found, known), as_json=as_json)
            _refuse_known(files, Subscription(offer.url))
            feed = offer.there or await lookup.at(offer.url)
        if isinstance(feed, list):
            raise ReaderError("There is no feed at the address that the page names.")
        return feed


class _Offer(NamedTuple):
    """One of the feeds that a page names."""

    title: str
    url: str
    kind: str
    there: FoundAt | None
    """What is at the URL, if that is known."""
    is_listed: bool
    """Whether it is in your list."""

    @property
    def newest(self) -> list[dict[str, str | None]]:
        """The newest entries as JSON."""
        return _newest(self.there.feed) if self.there is not None else []


async def _offers(lookup: FeedLookup, found: Sequence[FoundFeed], known: Container[str]) -> list[_Offer]:
    """Look up the first feeds that a page names, as far as they answer in time."""
    import asyncio

    from reader.feeds.subscriptions import Subscription

    feeds: dict[str, FoundAt] = {}

    async def look(url: str) -> None:
        with contextlib.suppress(ReaderError):
            if not isinstance(there := await lookup.at(url), list):
                feeds[url] = there

    tasks = [asyncio.create_task(look(each.url)) for each in found[:_PREVIEWED]]
    _, late = await asyncio.wait(tasks, timeout=_PREVIEW_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    there = [feeds.get(each.url) for each in found]
    return [
        _Offer(each.title, each.url, at.feed.kind if at else each.kind, at, Subscription(each.url).key in known)
        for each, at in zip(found, there, strict=True)
    ]


def _choose(offers: Sequence[_Offer], *, as_json: bool) -> _Offer:
    """Ask which of several feeds is meant. Raises ReaderError if nobody can be asked."""
    from reader.feeds.model import KIND_NAMES

    shown = offers[:_MOST_OFFERED]
    for number, each in enumerate(shown, 1):
        kind, listed = each.kind and f"({KIND_NAMES[each.kind]})", _LISTED if each.is_listed else ""
        words = filter(None, (each.title or "(no title)", kind, each.url, listed))
        click.echo(f"{number:>3}  {'  '.join(words)}", err=True)
        click.echo("".join(f"       {line}\n" for line in _lines(each.newest[:_OFFERED_ENTRIES])), err=True, nl=False)
    if more := len(offers) - len(shown):
        click.echo(f"     and {more:,} more", err=True)
    if not sys.stdin.isatty():
        if as_json:
            names = ("title", "url", "kind", "entries", "listed")
            records = (
                (each.title or None, each.url, each.kind or None, each.newest, each.is_listed) for each in offers
            )
            print_json({"feeds": [dict(zip(names, each, strict=True)) for each in records]})
        raise ReaderError(f"The page names {len(offers)} feeds.", "Add one of them by its URL.")
    while True:
        answer = click.prompt(f"Which one (1–{len(shown)})", err=True).strip()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer[:9]) <= len(shown):
            return shown[int(answer) - 1]
        click.echo(f"Type a number from 1 to {len(shown)}, or press Ctrl+C to add none.", err=True)


def _store(files: FeedFiles, feeds: Sequence[Subscription]) -> None:
    """Add feeds to the list, and create the folders for their documents. Raises ReaderError."""
    from reader.core.errors import describe_error
    from reader.core.text import show_path

    files.subscriptions.change(lambda present: [*present, *feeds])
    for root in {files.folders.root(each) for each in feeds}:
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ReaderError(f"{show_path(root)} cannot be created: {describe_error(error)}.") from error


@click.command("import", short_help="Add the feeds in FILE, a list of feeds (OPML).")
@click.argument("file")
@group_option
@folder_option
@json_option
def import_(file: str, *, group: str, folder: str | None, as_json: bool) -> None:
    """Add the feeds in FILE to your list: OPML of any program, whose folders become groups, or a feeds.toml.

    FILE may be - for standard input. A feeds.toml of another machine is merged with yours, setting by setting; yours
    win. Nothing in FILE is ever run, and nothing is fetched yet.
    """
    with open_input(file, "Check the spelling.") as source:
        data = source.read()
    is_toml = PurePath(file).suffix.lower() == ".toml"
    with open_feed_files() as files:
        added, known, skipped = _merge_toml(files, data, file) if is_toml else _add_opml(files, data, group, folder)
        if as_json:
            print_json({"added": added, "known": known, "skipped": skipped})
    for sentence in skipped:
        print_notice(sentence)
    also = f"; {known:,} already in your list" if known else ""
    then = " `newsreader sync` fetches what is new." if added else ""
    print_notice(f"{format_count(len(added), 'feed')} added{also}.{then}")


_Imported = tuple[list[str], int, list[str]]
"""The URLs that were added, how many feeds were known, and sentences about what was skipped."""


def _add_opml(files: FeedFiles, data: bytes, group: str, folder: str | None) -> _Imported:
    from reader.feeds.opml import read_feed_list
    from reader.feeds.subscriptions import Subscription, setting_problem, stored_place, stored_value

    opml = read_feed_list(data)
    added: dict[str, Subscription] = {}
    skipped = list(opml.warnings)
    known = {each.key for each in files.subscriptions.load()}
    repeated = 0
    for each in opml.feeds:
        levels = "/".join(filter(None, (clean(group), clean(each.group))))
        topics = list(each.topics)
        values: dict[str, Any] = {
            "url": each.url, "title": clean(each.title)[:_TITLE_CHARS].strip(), "group": levels[:200], "topics": topics
        }  # fmt: skip
        if problem := next((found for name, value in values.items() if (found := setting_problem(name, value))), None):
            skipped.append(f"“{values['title']}” was skipped: {problem[0]}")
            continue
        try:
            feed = Subscription(**{name: stored_value(name, value) for name, value in values.items()})
        except ReaderError as error:
            skipped.append(f"“{values['title']}” was skipped. {error}")
            continue
        if feed.key in known or feed.key in added:
            repeated += 1
        else:
            added[feed.key] = replace(feed, folder=stored_place(folder))
    if added:
        _store(files, list(added.values()))
    return [each.url for each in added.values()], repeated, skipped


def _merge_toml(files: FeedFiles, data: bytes, file: str) -> _Imported:
    from reader.feeds.subscriptions import importable, merge_subscriptions, parse_subscriptions

    name = input_name(file)
    try:
        found = parse_subscriptions(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise ReaderError(f"{name} is not UTF-8.", "Save it as UTF-8.") from None
    mine = {each.key for each in files.subscriptions.load()}
    theirs, skipped = importable(found.feeds, mine)
    merged = files.subscriptions.change(lambda present: merge_subscriptions(present, theirs))
    new = [each for each in merged if each.key not in mine]
    _store(files, [])
    return [each.address for each in new], len(theirs) - len(new), [*found.problems, *skipped]
