"""What the commands about feeds share: the list of feeds, what is known about them, and their folders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.core.times import format_iso, from_micros
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.feeds.folders import FeedFolders
    from reader.feeds.subscriptions import Subscription, Subscriptions
    from reader.storage.sqlite.feeds.store import FeedState, FeedStore

folder_option = click.option(
    "--folder", metavar="FOLDER", help="The folder for documents, in place of the news folder."
)
in_folder_option = click.option("--folder", metavar="FOLDER", help="Only feeds whose documents are in this folder.")
names_argument = click.argument("names", nargs=-1)

NO_FEEDS = "There are no feeds. `newsreader add URL` adds one, `newsreader import FILE` a list in OPML."


@dataclass
class FeedFiles:
    """The files about feeds of one user. Methods raise ReaderError."""

    paths: Paths
    store: FeedStore
    problems: list[str] = field(default_factory=list)
    """What is wrong with feeds.toml, which was printed."""

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """The list of feeds."""
        from reader.feeds.subscriptions import Subscriptions

        return Subscriptions(self.paths.feeds_file)

    @cached_property
    def folders(self) -> FeedFolders:
        """Where documents go."""
        from reader.feeds.folders import FeedFolders

        return FeedFolders(self.paths.news_folder)

    def load(self) -> list[Subscription]:
        """Return the feeds. What is wrong with others is printed, once."""
        feeds, problems = self.subscriptions.read()
        for each in problems:
            if each not in self.problems:
                print_notice(each)
        self.problems = problems
        return feeds

    def chosen(self, names: tuple[str, ...], folder: str | None = None) -> list[Subscription]:
        """Return the feeds that ``names`` mean, or all, of one folder if given; each once, in the order of the list."""
        from reader.feeds.folders import subscribed_in
        from reader.feeds.subscriptions import find_subscriptions

        feeds = self.load()
        if folder:
            feeds = subscribed_in(feeds, self.folders, Path(folder).expanduser())
        keys = {each.key for name in names for each in find_subscriptions(feeds, name)}
        return [each for each in feeds if not names or each.key in keys]

    def one(self, name: str) -> Subscription:
        """Return the one feed that ``name`` means."""
        found = self.chosen((name,))
        if len(found) > 1:
            titles = ", ".join(f"“{each.name}”" for each in found[:5])
            raise ReaderError(f"{len(found)} feeds match: {titles}{', …' * (len(found) > 5)}.", "Name one of them.")
        return found[0]


@contextlib.contextmanager
def open_feed_files() -> Iterator[FeedFiles]:
    """Open what is known about feeds, and close it at the end. Raises ReaderError."""
    from reader.storage.sqlite.feeds.store import FeedStore

    paths = Paths.from_environment()
    store, notice = FeedStore.open(paths.feed_state_file)
    with contextlib.closing(store):
        if notice:
            print_notice(notice)
        yield FeedFiles(paths, store)


def network_settings(paths: Paths) -> FetchSettings:
    """Return the settings for requests. Raises ReaderError if they allow none."""
    from reader.config.load import load_config, problem_lines

    config = load_config(paths.config_file)
    for problem in problem_lines(config):
        print_notice(problem)
    if config.fetch.refusal:
        raise ReaderError(config.fetch.refusal)
    return config.fetch


def feed_record(feed: Subscription, state: FeedState) -> dict[str, Any]:
    """Return a feed as JSON. The values of headers and the proxy are left out: they may be secrets."""
    from reader.feeds.overview import title_of

    return {
        "url": feed.url or None, "exec": list(feed.exec) or None, "file": feed.file or None,
        "title": title_of(feed, state), "group": feed.group or None, "topics": list(feed.topics),
        "intervalMinutes": feed.interval or None, "fetch": feed.fetch, "headers": sorted(feed.headers),
        "userAgent": feed.user_agent or None, "hasProxy": bool(feed.proxy), "enclosures": feed.enclosures,
        "keepDays": feed.keep_days or None, "keepCount": feed.keep_count or None,
        "muteUntil": feed.mute_until.isoformat() if feed.mute_until else None, "paused": feed.paused,
        "folder": feed.folder or None, "site": state.site or None,
        "checked": iso(state.checked_at), "changed": iso(state.changed_at), "nextDue": iso(state.next_due),
        "failures": state.failures, "failingSince": iso(state.failing_since), "failure": state.failure or None,
    }  # fmt: skip


def iso(seconds: float) -> str | None:
    """Return a time in seconds since 1970 in ISO 8601; None for 0."""
    return format_iso(from_micros(int(seconds) * 1_000_000)) if seconds else None
