"""Groups the articles of an index into stories after a refresh, in batches, the newest first."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence

from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.index.writer import IndexWriter
from reader.storage.sqlite.lock import NO_WAIT, KeepWaiting
from reader.storage.sqlite.stories import upkeep
from reader.storage.sqlite.stories.totals import ChangedArticles

_FEW = 32
"""So many articles are grouped with fewer numbers in memory than a batch needs."""
_END = object()
_PUBLISH_INTERVAL = 30
"""The interval between publications, as a multiple of the time that one takes."""


def update_stories(
    index: Index,
    *,
    quality: bool,
    seen: bool = True,
    stopped: Callable[[], bool] = lambda: False,
    wait: KeepWaiting = NO_WAIT,
) -> Iterator[bool]:
    """Group what is not grouped yet. Yields after each step whether lists have changed.

    ``quality`` says whether to estimate it, ``seen`` whether a screen shows results before the end. Each step is one
    transaction, so that a process that is killed loses only the current one. It ends early once ``stopped`` returns
    true; the next call continues.

    Raises BusyError if another instance is writing and ``wait`` says not to wait, and StorageError.
    """
    if not _is_due(index, quality=quality):
        return
    # One connection for all steps; the only one of an index in memory is for all threads.
    connection = contextlib.nullcontext() if index.in_memory else index.database.read()
    with index.writer(wait) as writer, connection:
        if _is_due(index, quality=quality):  # still, if it has waited for another instance
            yield from _Update(writer, stopped, quality=quality, seen=seen).run()


def _is_due(index: Index, *, quality: bool) -> bool:
    with index.database.read() as db:
        return upkeep.is_due(db, quality=quality)


class _Update:
    def __init__(self, writer: IndexWriter, stopped: Callable[[], bool], *, quality: bool, seen: bool) -> None:
        self._writer = writer
        self._stopped = stopped
        self._quality = quality
        self._publish_at = 0.0 if seen else math.inf

    def run(self) -> Iterator[bool]:
        """Group everything."""
        with self._writer.transaction() as db:
            is_first = upkeep.begin(db)
            changed = upkeep.take_departed(db)
            rowids, is_review = upkeep.to_add(db)
            many = is_review or len(rowids) > _FEW
            if not many:
                added = upkeep.add_few(db, rowids, quality=self._quality)
                changed.rows.update(added.rows)
                changed.heats.update(added.heats)
                self._show(changed, only_estimates=is_first)  # else a process that was killed may have added many
        if many:
            yield from self._add_many(rowids, review=is_review)
            if self._stopped():
                return
            self._show(changed, only_estimates=False)
        yield True

    def _show(self, changed: ChangedArticles, *, only_estimates: bool) -> None:
        """Bring estimates up to date, unless ``only_estimates`` what the whole folder adds up to, and show them."""
        with self._writer.transaction() as db:
            is_whole = not only_estimates or upkeep.is_outdated(db, quality=self._quality)
            if is_whole:
                upkeep.update_all(db, quality=self._quality, only_estimates=only_estimates)
            self._writer.publish_stories(None if is_whole else changed)
            upkeep.end(db)

    def _add_many(self, rowids: Sequence[int], *, review: bool) -> Iterator[bool]:
        """Add articles in batches; show from time to time what is known."""
        with self._writer.transaction() as db:
            steps = upkeep.add_many(db, self._unless_stopped(rowids), review=review)
        more = True
        while more:
            with self._writer.transaction():
                more = next(steps, _END) is not _END
            yield more and self._publish_if_due()

    def _unless_stopped(self, rowids: Sequence[int]) -> Iterator[int]:
        for rowid in rowids:
            if self._stopped():
                return
            yield rowid

    def _publish_if_due(self) -> bool:
        begin = time.monotonic()
        if begin < self._publish_at:
            return False
        with self._writer.transaction() as db:
            upkeep.update_totals(db)
        self._writer.publish_stories(None)
        now = time.monotonic()
        self._publish_at = now + _PUBLISH_INTERVAL * (now - begin)
        return True
