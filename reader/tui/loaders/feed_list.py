"""Your list of feeds and those that write to the open folder, in worker threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.text import format_count, show_path
from reader.tui.loaders.feeds import folder_setting
from reader.tui.loaders.watched_files import file_version

if TYPE_CHECKING:
    from pathlib import Path

    from reader.core.paths import Paths
    from reader.feeds.changes import FeedChanges
    from reader.feeds.overview import ListedFeed
    from reader.feeds.subscriptions import Subscriptions
    from reader.library.library import Library
    from reader.storage.sqlite.feeds.store import FeedStore
    from reader.tui.session import Session

_SHARE = 20
"""The pause after loading is this many times its duration: a sync changes what is known all the time."""
_OUTDATED = 900.0
"""Seconds after which what was loaded is loaded again."""


class FolderFeeds:
    """The list of feeds and what is known of them, opened when they are needed. Methods block and raise ReaderError."""

    def __init__(self, library: Library, paths: Paths) -> None:
        self.paths = paths
        self._library = library
        self._guard = threading.Lock()
        self._store: FeedStore | None = None
        self.problems: list[str] = []
        """What was wrong with feeds.toml when it was read last."""

    @property
    def folder(self) -> str:
        """The setting ``folder`` of feeds that write to the open folder."""
        return folder_setting(self._library.folder, self.paths)

    def store(self) -> FeedStore:
        """Return what is known of feeds."""
        from reader.storage.sqlite.feeds.store import FeedStore

        with self._guard:
            if self._store is None:
                self._store, _ = FeedStore.open(self.paths.feed_state_file)
            return self._store

    def close(self) -> None:
        """Close what is known of feeds."""
        with self._guard:
            if self._store is not None:
                self._store.close()

    def _subscriptions(self) -> Subscriptions:
        from reader.feeds.subscriptions import Subscriptions

        return Subscriptions(self.paths.feeds_file)

    def changes(self) -> FeedChanges:
        """Return what changes the list."""
        from reader.feeds.changes import FeedChanges
        from reader.storage.trash import Trash

        return FeedChanges(self._library, self._subscriptions(), self.store(), Trash(self.paths.trash_folder))

    def listed(self) -> list[ListedFeed]:
        """Return the feeds that write to the open folder."""
        from reader.feeds.folders import FeedFolders
        from reader.feeds.overview import listed_feeds

        everything, self.problems = self._subscriptions().read()
        if not everything:
            return []
        folders = FeedFolders(self.paths.news_folder)
        return listed_feeds(everything, folders, self._library.folder.root, self.store(), time.time())

    def export(self, file: Path) -> str:
        """Write the feeds of the open folder as OPML to a new file; return what was done, in sentences."""
        from reader.feeds.opml import write_opml
        from reader.feeds.overview import left_out_of_opml, opml_feeds

        listed = [each.subscription for each in self.listed()]
        feeds = opml_feeds(listed, self.store().states())
        description = f"Exported {format_count(len(feeds), 'feed')} to {show_path(file)}"
        self.changes().export(file, write_opml(feeds), description)
        return f"{description}. {left_out_of_opml(len(listed) - len(feeds))}".rstrip()


class FeedsWatcher:
    """Follows the files about feeds, which you, a sync and other windows change."""

    def __init__(self, session: Session, files: FolderFeeds, on_feeds: Callable[[list[ListedFeed]], object]) -> None:
        """``on_feeds`` gets the feeds, on the event loop, when they have changed."""
        self._session = session
        self._files = files
        self._on_feeds = on_feeds
        database = files.paths.feed_state_file
        self._watched = (files.paths.feeds_file, database, database.with_name(f"{database.name}-wal"))
        self._seen: object = None
        """The versions of the files that were loaded last, and about when."""
        self._not_before = 0.0
        """When to look again, by time.monotonic()."""
        self._fault = ""
        """What was wrong with the list, and reported."""

    def watch(self) -> None:
        """Load the feeds, if there are any, and again when they have changed."""
        self._check()
        self._session.files.watch("feeds.toml", self._check)

    def _check(self) -> None:
        began = time.monotonic()
        # Also as time passes: how a feed is, in words, says when it is tried again.
        versions = (*map(file_version, self._watched), began // _OUTDATED)
        if began < self._not_before or versions == self._seen:
            return
        if self._seen is None and versions[0] is None:
            self._seen = versions
            return
        try:
            feeds = self._files.listed()
            self._seen = versions
            self._report(" ".join(self._files.problems[:1]))
            self._session.background.post(self._on_feeds, feeds)
        except ReaderError as error:  # perhaps another program is busy with the files: they are read again
            self._report(str(error))
        now = time.monotonic()
        self._not_before = now + _SHARE * (now - began)

    def _report(self, fault: str) -> None:
        if fault != self._fault:
            post, show = self._session.background.post, self._session.show_message
            post(show, fault or "feeds.toml can be read again.", warning=bool(fault))
            self._fault = fault
