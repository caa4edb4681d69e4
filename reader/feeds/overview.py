"""Your feeds as they are shown: the folders of each, and how it is, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from reader.core.text import clean
from reader.feeds.folders import FeedFolders, folders_of, subscribed_in
from reader.feeds.schedule import describe_trouble
from reader.feeds.subscriptions import Subscription
from reader.storage.sqlite.feeds.store import FeedState, FeedStore

if TYPE_CHECKING:
    from reader.feeds.opml import OpmlFeed

HealthKind = Literal["", "trouble", "paused", "muted"]


class Health(NamedTuple):
    """How a feed is; ``words`` say it, and are empty if there is nothing to say."""

    kind: HealthKind = ""
    words: str = ""


class ListedFeed(NamedTuple):
    """A feed as it is listed."""

    subscription: Subscription
    title: str
    folders: tuple[str, ...]
    """Where its documents are: the folder for new ones, then those that it had before."""
    health: Health


def health_of(feed: Subscription, state: FeedState, now: float) -> Health:
    """Return what is wrong with a feed, since when, and when it is tried again; or whether it is paused or muted."""
    if feed.paused:
        return Health("paused", f"paused. {state.failure}".rstrip())
    if trouble := describe_trouble(state, now):
        return Health("trouble", trouble)
    if feed.mute_until is not None and datetime.fromtimestamp(now).astimezone().date() < feed.mute_until:
        return Health("muted", f"muted: new articles count as read until {feed.mute_until}.")
    return Health()


def title_of(feed: Subscription, state: FeedState) -> str:
    """Return what a feed is called: as you say, else as it says itself."""
    return clean(feed.title or state.title) or feed.name


def listed_feeds(
    everything: Sequence[Subscription], folders: FeedFolders, root: Path, store: FeedStore, now: float
) -> list[ListedFeed]:
    """Return those of all feeds whose documents are in the folder ``root``, by group. Raises StorageError."""
    feeds = subscribed_in(everything, folders, root)
    if not feeds:
        return []
    present, states, former = folders_of(everything), store.states(), store.folders()
    unknown = FeedState()
    return [
        ListedFeed(
            each,
            title_of(each, state := states.get(each.key, unknown)),
            outermost([present[each.key], *former.get(each.key, ())]),
            health_of(each, state, now),
        )
        for each in sorted(feeds, key=lambda feed: feed.group.casefold())
    ]


def opml_feeds(feeds: Iterable[Subscription], states: Mapping[str, FeedState]) -> list[OpmlFeed]:
    """Return feeds as those of a list for other programs: programs and files are left out."""
    from reader.feeds.opml import OpmlFeed

    unknown = FeedState()
    return [
        OpmlFeed(each.url, each.name, each.group, states.get(each.key, unknown).site, each.topics)
        for each in feeds
        if each.url
    ]


def left_out_of_opml(left: int) -> str:
    """Return the sentence about feeds that a list for other programs leaves out; empty if there are none."""
    which = "1 feed that is a program or file is" if left == 1 else f"{left:,} feeds that are programs or files are"
    return f"{which} left out." if left else ""


def outermost(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the folders, each once, without those inside others of them."""
    once = dict.fromkeys(filter(None, folders))
    return tuple(each for each in once if not any(above in once for above in folders_above(each)))


def folders_above(folder: str) -> Iterator[str]:
    """Yield the folders that a folder is in, the innermost first."""
    while folder := folder.rpartition("/")[0]:
        yield folder
