"""The commands ``newsreader feeds list``, ``show`` and ``export``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import STANDARD_STREAM, json_option
from reader.cli.output import out, print_json, print_json_array
from reader.cli.subscriptions.feed_files import (
    NO_FEEDS,
    FeedFiles,
    feed_record,
    in_folder_option,
    names_argument,
    open_feed_files,
)
from reader.core.errors import ReaderError
from reader.core.text import clean, format_count, show_path
from reader.core.times import local_time
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.feeds.opml import OpmlFeed
    from reader.feeds.subscriptions import Subscription
    from reader.storage.sqlite.feeds.store import FeedState


@click.command("list", short_help="List your feeds.")
@names_argument
@in_folder_option
@json_option
def list_(names: tuple[str, ...], *, folder: str | None, as_json: bool) -> None:
    """List your feeds, or those that NAMES mean: group, title, address, and what is wrong with them.

    NAMES are groups, URLs or titles. The exit status is 1 if feeds.toml has feeds that had to be left out.
    """
    from reader.storage.sqlite.feeds.store import FeedState

    with open_feed_files() as files:
        feeds, states = files.chosen(names, folder), files.store.states()
        if as_json:
            print_json_array(feed_record(each, states.get(each.key, FeedState())) for each in feeds)
        else:
            group = None
            for each in sorted(feeds, key=lambda feed: feed.group.casefold()):
                if each.group != group:
                    out(f"{each.group or '(no group)'}\n")
                    group = each.group
                out(_lines(each, states.get(each.key, FeedState())))
            print_notice(f"{format_count(len(feeds), 'feed')}." if feeds else NO_FEEDS)
        if files.problems:
            sys.exit(1)


def _lines(feed: Subscription, state: FeedState) -> str:
    from reader.feeds.overview import health_of, title_of

    words = health_of(feed, state, time.time()).words
    return f"  {title_of(feed, state)}  {clean(feed.address)}\n" + (f"    {words}\n" if words else "")


@click.command(short_help="Show all that is known about a feed.")
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show the settings of the feed NAME, a URL or a title, and what its server has said."""
    from reader.storage.sqlite.feeds.store import FeedState

    with open_feed_files() as files:
        feed = files.one(name)
        state = files.store.states().get(feed.key, FeedState())
        entries = len(files.store.entries(feed.key))
        if as_json:
            print_json(feed_record(feed, state) | {"entries": entries})
            return
        out("".join(f"{label:<12} {text}\n" for label, text in _facts(feed, state, files, entries) if text))


def _facts(feed: Subscription, state: FeedState, files: FeedFiles, entries: int) -> list[tuple[str, str]]:
    from reader.config.feed_settings import format_minutes
    from reader.feeds.overview import health_of, title_of

    def when(seconds: float) -> str:
        return local_time(seconds) if seconds else "never"

    return [
        ("title", title_of(feed, state)),
        ("address", clean(feed.address)),
        ("site", state.site),
        ("group", feed.group),
        ("topics", ", ".join(feed.topics)),
        ("folder", show_path(files.folders.root(feed))),
        ("entries", f"{entries:,}"),
        ("interval", format_minutes(feed.interval) or "as it changes, at most hourly"),
        ("fetch", feed.fetch),
        ("headers", ", ".join(sorted(feed.headers))),
        ("checked", when(state.checked_at)),
        ("changed", when(state.changed_at)),
        ("next", "" if feed.paused else when(state.next_due)),
        ("health", health_of(feed, state, time.time()).words),
    ]


@click.command(short_help="Write your feeds to FILE as OPML.")
@click.argument("file", default=STANDARD_STREAM)
@in_folder_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of OPML.")
def export(file: str, *, folder: str | None, as_json: bool) -> None:
    """Write your feeds to FILE, a new one, as OPML, which other programs read; - is standard output.

    Programs and files that are feeds are left out, and so are headers and proxies, which may be secrets.
    """
    from reader.core.atomic_write import write_atomically
    from reader.feeds.opml import write_opml
    from reader.feeds.overview import left_out_of_opml, opml_feeds

    with open_feed_files() as files:
        chosen = files.chosen((), folder)
        feeds = opml_feeds(chosen, files.store.states())
    data = _as_json(feeds) if as_json else write_opml(feeds)
    if file == STANDARD_STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    elif Path(file).is_file():
        raise ReaderError(f"{show_path(file)} exists already, and was not changed.", "Choose another name.")
    else:
        write_atomically(Path(file), [data])
        print_notice(
            f"{format_count(len(feeds), 'feed')} exported. {left_out_of_opml(len(chosen) - len(feeds))}".rstrip()
        )


def _as_json(feeds: Sequence[OpmlFeed]) -> bytes:
    import json

    records = [
        {"url": each.url, "title": each.title, "group": each.group, "site": each.site_url, "topics": each.topics}
        for each in feeds
    ]
    return f"{json.dumps(records, ensure_ascii=False, indent=2)}\n".encode()


COMMANDS = (list_, show, export)
"""Commands of the group ``feeds``."""
