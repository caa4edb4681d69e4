"""The feeds of the folder, for the sidebar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.feeds.overview import ListedFeed


class FeedListController:
    """Loads and follows the feeds that write to the open folder."""

    def __init__(self, session: Session, on_feeds: Callable[[list[ListedFeed]], object]) -> None:
        """``on_feeds`` gets the feeds, and again when they have changed."""
        self._session = session
        self._on_feeds = on_feeds
        self.feeds: list[ListedFeed] = []
        self._is_watching = False

    def begin(self) -> None:
        """Load the feeds, unless that was done; a single document has none."""
        library = self._session.library
        if not self._is_watching and library.paths is not None and library.folder.only is None:
            self._is_watching = True
            self._session.background.start(self._watch, "feed list")

    async def _watch(self) -> None:
        from reader.tui.loaders.feed_list import FeedsWatcher

        paths = self._session.library.paths
        assert paths is not None
        await self._session.background.run(FeedsWatcher(self._session, paths, self._take).watch)

    def _take(self, feeds: list[ListedFeed]) -> None:
        self.feeds = feeds
        self._on_feeds(feeds)
