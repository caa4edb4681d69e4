"""Groups the articles of an index into stories after a refresh, in batches, the newest first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from reader.library.library import Library
from reader.storage.sqlite.index.writer import IndexWriter
from reader.storage.sqlite.lock import NO_WAIT, KeepWaiting
from reader.storage.sqlite.stories import upkeep, waiting

log = logging.getLogger(__name__)

_FEW = 32
"""So many articles are grouped one by one, which needs fewer numbers in memory than a batch."""
_PUBLISH_INTERVAL = 8
"""The interval between publications, as a multiple of the time that one takes."""


def update_stories(
    library: Library, stopped: Callable[[], bool] = lambda: False, *, wait: KeepWaiting = NO_WAIT
) -> Iterator[bool]:
    """Group what is not grouped yet. Yields after each step whether lists have changed.

    Each step is one transaction, so that a process that is killed loses only the current one. It ends early once
    ``stopped`` returns true; the next call continues.

    Raises BusyError if another instance is writing and ``wait`` says not to wait, and StorageError.
    """
    quality = library.estimates_quality
    with library.index.database.read() as db:
        if not waiting.has_any(db) and upkeep.estimates_quality(db) == quality:
            return
    with library.index.writer(wait) as writer, library.index.database.read():  # one connection for all of it
        yield from _Update(writer, stopped, quality=quality).run()


class _Update:
    def __init__(self, writer: IndexWriter, stopped: Callable[[], bool], *, quality: bool) -> None:
        self._writer = writer
        self._stopped = stopped
        self._quality = quality
        self._publish_at = 0.0

    def run(self) -> Iterator[bool]:
        """Group everything."""
        with self._writer.transaction() as db:
            changed = upkeep.take_departed(db)
            rowids = waiting.newest_first(db)
        if len(rowids) <= _FEW:
            changed |= self._add_few(rowids)
        else:
            yield from self._add_many(rowids)
            if self._stopped():
                return
        with self._writer.transaction() as db:
            if len(rowids) > _FEW or upkeep.is_outdated(db, quality=self._quality):
                upkeep.estimate_all(db, quality=self._quality, count_links=len(rowids) > _FEW)
                self._writer.publish_stories(None)
            else:
                self._writer.publish_stories(changed)
        yield True

    def _add_few(self, rowids: Sequence[int]) -> set[int]:
        with self._writer.transaction() as db:
            return upkeep.add_few(db, rowids, quality=self._quality)

    def _add_many(self, rowids: Sequence[int]) -> Iterator[bool]:
        """Add articles in batches; show from time to time what is known."""
        with self._writer.transaction() as db:
            steps = upkeep.add_many(db, self._unless_stopped(rowids), quality=self._quality)
        done = False
        while not done:
            with self._writer.transaction():
                done = next(steps, None) is None
            yield self._publish_if_due() if not done else False

    def _unless_stopped(self, rowids: Sequence[int]) -> Iterator[int]:
        for rowid in rowids:
            if self._stopped():
                return
            yield rowid

    def _publish_if_due(self) -> bool:
        begin = time.monotonic()
        if begin < self._publish_at:
            return False
        self._writer.publish_stories(None)
        now = time.monotonic()
        self._publish_at = now + _PUBLISH_INTERVAL * (now - begin)
        return True
