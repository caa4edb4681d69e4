"""The feeds that write to the open folder, followed while the app runs, in worker threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.tui.loaders.watched_files import file_version

if TYPE_CHECKING:
    from reader.core.paths import Paths
    from reader.feeds.overview import ListedFeed
    from reader.storage.sqlite.feeds.store import FeedStore
    from reader.tui.session import Session

_SHARE = 20
"""The pause after loading is this many times its duration: a sync changes what is known all the time."""


class FeedsWatcher:
    """The feeds of the folder, whose files are watched for changes by you, by a sync and by other windows."""

    def __init__(self, session: Session, paths: Paths, on_feeds: Callable[[list[ListedFeed]], object]) -> None:
        """``on_feeds`` gets the feeds, on the event loop, when they have changed."""
        self._session = session
        self._paths = paths
        self._on_feeds = on_feeds
        database = paths.feed_state_file
        self._files = (paths.feeds_file, database, database.with_name(f"{database.name}-wal"))
        self._store: FeedStore | None = None
        self._seen: object = None
        """The versions of the files that were loaded last."""
        self._not_before = 0.0
        """When to look again, by time.monotonic()."""
        self._fault = ""
        """An error in the file that was reported."""

    def watch(self) -> None:
        """Load the feeds, if there are any, and again when they have changed."""
        self._check()
        self._session.files.watch("feeds.toml", self._check)

    def _check(self) -> None:
        began = time.monotonic()
        versions = tuple(map(file_version, self._files))
        if began < self._not_before or versions == self._seen:
            return
        is_first, self._seen = self._seen is None, versions
        if is_first and versions[0] is None:
            return
        post, show = self._session.background.post, self._session.show_message
        try:
            feeds = self.load()
        except ReaderError as error:
            if str(error) != self._fault:
                self._fault = str(error)
                post(show, f"{error} Until then, the feeds in the sidebar stay as they were.", warning=True)
            return
        finally:
            now = time.monotonic()
            self._not_before = now + _SHARE * (now - began)
        if self._fault:
            self._fault = ""
            post(show, "feeds.toml can be read again.")
        post(self._on_feeds, feeds)

    def load(self) -> list[ListedFeed]:
        """Return the feeds. Raises ReaderError."""
        from reader.feeds.folders import FeedFolders
        from reader.feeds.overview import listed_feeds
        from reader.feeds.subscriptions import Subscriptions
        from reader.storage.sqlite.feeds.store import FeedStore

        everything = Subscriptions(self._paths.feeds_file).load()
        if not everything:
            return []
        if self._store is None:
            self._store, _ = FeedStore.open(self._paths.feed_state_file)
        folders = FeedFolders(self._paths.news_folder)
        return listed_feeds(everything, folders, self._session.library.folder.root, self._store, time.time())
