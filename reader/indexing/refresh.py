"""Compares a folder with its index and updates the index: what is new, changed, moved or removed."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from dataclasses import dataclass
from threading import Event

from reader.core.events import Progress
from reader.core.model import Problem, ReadProgress
from reader.core.text import show_path
from reader.core.times import zone_key
from reader.core.urls import previous_id
from reader.documents.files import FolderListing, check_folder, join_path, list_file, walk
from reader.documents.index_record import NOT_PARSED, IndexRecord, ParsedFile
from reader.indexing.parse_pool import ParserPool
from reader.indexing.parse_worker import ParsedBatch, parse_files
from reader.library.library import Library
from reader.storage.sqlite.index.writer import IndexWriter, KnownFolder
from reader.storage.sqlite.lock import NO_WAIT, KeepWaiting

log = logging.getLogger(__name__)

_REQUEST = 128
"""Documents in one request to a parser process."""
_WRITE_SECONDS = 0.5
"""Maximum seconds between two writes of parsed documents."""
_FACTOR_WITHOUT_SCREEN = 4
"""Without a screen, this many times as much is written together, since each transaction takes time."""
_PROGRESS_SECONDS = 0.4
_SMALL_CHANGE = 1000
"""Documents; a change of fewer is removed and published in one transaction."""
_SHORT_SECONDS = 3.0
"""If reading takes less time than this, everything is published at the end."""
_PUBLISH_SECONDS_PER_ARTICLE = 5e-6
"""The cost of publishing very many changes, per article of the folder, because all are sorted again."""
_PUBLISH_INTERVAL = 8
"""The interval between publications, as a multiple of the time that one takes."""
_PUBLISH_INTERVAL_WITHOUT_SCREEN = 120
_MIN_REPORTED = 1000
"""Documents; the progress of a smaller refresh is not written for other instances."""


@dataclass(frozen=True, slots=True)
class RefreshLimits:
    """Sizes of the batches of a refresh, in documents."""

    first_batch: int = 48
    """About a screenful, so that a first start has something to show immediately."""
    write_together: int = 2048
    """Written in one transaction, and lost together in a crash."""
    pool_threshold: int = 400
    """Fewer are parsed sooner than parser processes are started."""


def refresh(
    library: Library,
    stop: Event | None = None,
    *,
    paths: Collection[bytes] | None = None,
    rebuild: bool = False,
    wait: KeepWaiting = NO_WAIT,
    nice: int = 0,
    seen: bool = True,
    limits: RefreshLimits | None = None,
) -> Generator[Progress]:
    """Bring the index up to date in batches. Yields progress now and then, and once at the end.

    It ends early when ``stop`` is set; the next refresh continues. ``paths`` limits it to these paths. ``rebuild``
    reads every document again. ``wait`` says how to wait for another instance that is writing. ``nice`` is added to the
    nice value of parser processes. ``seen`` says whether a screen shows the results and must stay responsive.

    Raises BusyError if another instance is writing and ``wait`` says not to wait, ReaderError if the folder cannot be
    read or the index cannot be written.
    """
    stopped = stop.is_set if stop is not None else lambda: False
    with library.index.writer(wait) as writer:
        run = _Refresh(library, writer, stopped, nice, seen=seen, limits=limits or RefreshLimits())
        try:
            if writer.reset_wasted_words():
                rebuild = True
            elif rebuild:
                writer.invalidate_all()
            elif writer.invalidate_outdated(library.reading.to_json(), zone_key()):
                paths = None
            whole = paths is None or rebuild or library.folder.only is not None
            yield from run.compare_all() if whole else run.compare_paths(paths or ())
        finally:
            run.close()


def _url_of(file: ParsedFile) -> str:
    record = IndexRecord._make(file.record or ())
    return record.original_url or record.web_url or record.amp_url or record.cdn_amp_url


class _Refresh:
    """One refresh: compares the folder with the index, has documents parsed, and writes the results."""

    def __init__(
        self,
        library: Library,
        writer: IndexWriter,
        stopped: Callable[[], bool],
        nice: int,
        *,
        seen: bool,
        limits: RefreshLimits,
    ) -> None:
        self._library = library
        self._folder = library.folder
        self._writer = writer
        self._stopped = stopped
        self._nice = nice
        self._seen = seen
        self._limits = limits
        if nice:
            writer.sorting_threads = 1
        self._pool: ParserPool | None = None
        self._begin = time.monotonic()
        self._progress_at = self._written_at = self._begin
        self._publish_at = 0.0
        self._to_read: deque[tuple[bytes, list[bytes]]] = deque()
        """Folders with the names of files to read, the first at the end."""
        factor = 1 if seen else _FACTOR_WITHOUT_SCREEN
        self._write_together = factor * limits.write_together
        self._write_seconds = factor * _WRITE_SECONDS
        self._parsed: list[ParsedBatch] = []
        self._parsed_count = 0
        self._digests: dict[bytes, bytes] = {}
        """The digests of folders whose files are not all written yet."""
        self._unwritten: dict[bytes, int] = {}
        """How many files of such a folder are not yet written."""
        self._removed: list[int] = []
        """Rows of files that are gone."""
        self._folders_with_removals: set[bytes] = set()
        self._is_first = False
        self._options = library.reading
        self._carries_marks = writer.has_old_ids or library.is_first_folder
        """Whether marks may be stored under ids of an earlier version."""
        self._min_seconds_to_publish = max(_SHORT_SECONDS, 2 * _PUBLISH_SECONDS_PER_ARTICLE * writer.article_count())
        """Results are published early if reading will take at least this much longer."""
        self._done = self._total = 0
        self._has_published = False
        self._before = 0
        """Documents read by earlier, interrupted refreshes."""
        self._has_reported = False
        """Whether other instances can see the progress."""

    def close(self) -> None:
        """End the parser processes."""
        if self._pool is not None:
            self._pool.close()

    # The whole folder.

    def compare_all(self) -> Iterator[Progress]:
        """Compare the whole folder."""
        known = self._writer.folders()
        self._is_first = self._writer.is_empty()
        if not self._is_first and not self._library.index.totals().complete:
            self._before = self._library.index.documents()
        if self._library.index.read_progress() is not None:
            self._writer.set_progress(None)  # left by an instance that was killed
        if self._is_first and not self._library.index.in_memory:
            self._writer.begin_bulk_load()
        seen: set[bytes] = set()
        unreadable: list[bytes] = []
        problems: list[Problem] = []
        for listing in walk(self._folder, self._stopped):
            problems += listing.problems
            seen.add(listing.folder)
            if listing.readable:
                self._compare(listing, known.get(listing.folder))
            else:
                unreadable.append(listing.folder)
            if self._is_first and self._total:
                # Nothing can have moved, so reading need not wait for the end of the walk.
                yield from self._advance(walking=True)
        if self._stopped():
            return  # the rest of the folder is unknown
        vanished = [
            folder.rowid
            for path, folder in known.items()
            if path not in seen and not any(path.startswith(join_path(prefix, b"")) for prefix in unreadable)
        ]
        for rowid in vanished:
            self._remove_files(rowid)
        yield from self._read_all()
        if self._stopped():
            return
        check_folder(self._folder)  # a folder that has vanished in the meantime was not walked to its end
        self._write_folders(problems, vanished)
        yield self._finish(complete=True)

    def _compare(self, listing: FolderListing, known: KnownFolder | None) -> None:
        """Note the files of a folder that must be read, and those that are gone."""
        digest = listing.digest()
        if known is not None and known.digest == digest:
            return
        files = self._writer.files(known.rowid) if known is not None else {}
        names = []
        for name, mtime_ns, size in listing.files:
            file = files.pop(name, None)
            if file is None or (file.mtime_ns, file.size) != (mtime_ns, size):
                names.append(name)
        if files:
            self._removed += [file.rowid for file in files.values()]
            self._folders_with_removals.add(listing.folder)
        self._digests[listing.folder] = digest
        self._unwritten[listing.folder] = len(names)
        if names:
            self._add_to_read(listing.folder, sorted(names))

    def _add_to_read(self, folder: bytes, names: list[bytes]) -> None:
        self._to_read.append((folder, names[::-1]))  # they are taken from the end
        self._total += len(names)

    def _remove_files(self, folder_rowid: int) -> None:
        self._removed += [file.rowid for file in self._writer.files(folder_rowid).values()]

    def _write_folders(self, problems: list[Problem], vanished: Iterable[int]) -> None:
        with self._writer.transaction():
            self._writer.set_folder_problems(problems)
            self._writer.remove_folders(vanished)

    # Some of its paths.

    def compare_paths(self, paths: Collection[bytes]) -> Iterator[Progress]:
        """Compare ``paths`` only: files and folders that were created, removed or changed."""
        check_folder(self._folder)  # if the folder itself is gone, its documents are not removed
        comparison = _PathComparison(self._writer.folders())
        for path in sorted(set(paths)):
            if self._stopped():
                return
            if comparison.walked.isdisjoint(_parents(path)):
                self._compare_path(path, comparison)
        if self._stopped():
            return
        for prefix, names in comparison.changed.items():
            self._add_to_read(prefix, names)
        touched = {path.rpartition(b"/")[0] for path in paths} & set(comparison.known)
        yield from self._read_all()
        if self._stopped():
            return
        if self._total or self._removed:
            # The digests of these folders are unknown now; the next whole refresh finds out.
            self._writer.set_digests(dict.fromkeys(touched))
        self._write_folders(
            [*self._other_problems(paths, comparison.walked), *comparison.problems], comparison.vanished
        )
        yield self._finish()

    def _compare_path(self, path: bytes, comparison: _PathComparison) -> None:
        """Compare one path, and everything below a folder."""
        listing = list_file(self._folder, path)
        prefix, _, name = path.rpartition(b"/")
        folder = comparison.known.get(prefix)
        file = self._writer.file(folder.rowid, name) if folder is not None else None
        if file is not None and (listing is None or not listing.files):
            self._removed.append(file.rowid)
        if listing is None:
            self._compare_below(path, comparison)
            return
        comparison.problems += listing.problems
        for _, mtime_ns, size in listing.files:
            if file is None or (file.mtime_ns, file.size) != (mtime_ns, size):
                comparison.changed.setdefault(prefix, []).append(name)
        if path in comparison.known:
            self._forget_folders(path, comparison)

    def _compare_below(self, path: bytes, comparison: _PathComparison) -> None:
        """Compare everything in and below the folder ``path``, which may be gone."""
        comparison.walked.add(path)
        was_known, unreadable = path in comparison.known, []
        for listing in walk(self._folder, self._stopped, start=path):
            comparison.problems += listing.problems
            if listing.readable:
                self._compare(listing, comparison.known.pop(listing.folder, None))
            else:
                unreadable.append(listing.folder)
        if was_known and not self._stopped():
            self._forget_folders(path, comparison, unreadable)

    def _forget_folders(self, path: bytes, comparison: _PathComparison, kept: Collection[bytes] = ()) -> None:
        """Remove the known folders in and below ``path``, except those in and below ``kept``."""
        for inner in [each for each in comparison.known if _is_in(each, path)]:
            if not any(_is_in(inner, each) for each in kept):
                rowid = comparison.known.pop(inner).rowid
                comparison.vanished.append(rowid)
                self._remove_files(rowid)

    def _other_problems(self, paths: Collection[bytes], walked: Collection[bytes]) -> list[Problem]:
        """Return the known problems of paths that were not compared."""
        compared = {show_path(path) for path in paths}
        below = tuple(show_path(path) + "/" if path else "" for path in walked)
        return [
            problem
            for problem in self._writer.folder_problems()
            if problem.path not in compared and not problem.path.startswith(below)
        ]

    # Reading.

    def _read_all(self) -> Iterator[Progress]:
        """Read all files and write the results."""
        if self._removed and self._to_read:
            self._writer.prepare_move_detection(self._removed)
        while (self._to_read or (self._pool is not None and self._pool.outstanding)) and not self._stopped():
            yield from self._advance()
        if not self._stopped():
            self._write()

    def _advance(self, *, walking: bool = False) -> Iterator[Progress]:
        """Distribute files, collect results, write them if there are enough, and yield progress now and then."""
        if self._to_read and self._pool is None:
            if walking and not self._done and self._total < self._limits.first_batch:
                return  # the first screen comes at once
            names = self._take_names(self._limits.first_batch)
            self._collect(parse_files(self._folder, *names, self._options))
        if self._pool is not None:
            # While much is written at once, the parser processes have enough to do.
            ahead = max(3 * self._pool.size, 0 if self._seen else self._write_together // _REQUEST)
            while self._to_read and self._pool.outstanding < ahead:
                self._pool.submit(*self._take_names(_REQUEST))
            for batch in self._pool.collect(0 if walking else 0.05):
                self._collect(batch)
        self._write_if_due(walking=walking)
        if self._has_published or time.monotonic() > self._progress_at + _PROGRESS_SECONDS:
            yield self._progress(walking=walking)
        if self._pool is None and self._total - self._done >= self._limits.pool_threshold:
            # Only after the first screen, because starting processes takes time.
            self._pool = ParserPool(self._folder, self._pool_size(), self._options, nice=self._nice)

    def _write_if_due(self, *, walking: bool) -> None:
        now = time.monotonic()
        # Few changes are published together at the end, many as they arrive.
        publishes = self._is_first or self._seconds_left(now) > self._min_seconds_to_publish
        is_first_batch = publishes and not self._publish_at and self._parsed_count > 0
        is_due = self._parsed_count >= self._write_together or now > self._written_at + self._write_seconds
        if is_first_batch or is_due:
            self._write(walking=walking)
            if publishes and self._done and now >= self._publish_at:
                self._publish()

    def _pool_size(self) -> int:
        """Return the number of parser processes: one core is left for a screen; without one, some wait for the disk."""
        cores = os.cpu_count() or 1
        if self._nice:
            return max(1, cores - 1)
        return cores if self._seen else cores + 1

    def _seconds_left(self, now: float) -> float:
        """Return the estimated remaining time of reading; 0 during the first second."""
        passed = now - self._begin
        return passed * (self._total - self._done) / self._done if self._done and passed > 1 else 0.0

    def _take_names(self, count: int) -> tuple[bytes, list[bytes]]:
        prefix, names = self._to_read[0]
        part = names[: -count - 1 : -1]
        del names[-count:]  # from the end, so that the rest of a million names need not move
        if not names:
            self._to_read.popleft()
        return prefix, part

    def _collect(self, batch: ParsedBatch) -> None:
        prefix, parsed, tracebacks = batch
        for each in tracebacks:
            log.error("parsing failed in %r: %s", prefix, each)
        self._parsed.append(batch)
        self._parsed_count += len(parsed)
        self._done += len(parsed)

    # Writing.

    def _write(self, *, walking: bool = False) -> None:
        """Write the results so far."""
        batches, self._parsed, self._parsed_count = self._parsed, [], 0
        self._written_at = time.monotonic()
        if not batches and not self._digests:
            return
        with self._writer.transaction():
            if self._total >= _MIN_REPORTED:  # for other instances
                self._has_reported = True
                began = time.time() - (time.monotonic() - self._begin)
                progress = ReadProgress(self._done, self._total, self._before, walking=walking, began=began)
                self._writer.set_progress(progress)
            for prefix, parsed, _ in batches:
                self._writer.apply(prefix, parsed)
                if prefix in self._unwritten:
                    again = any(each.mtime_ns == NOT_PARSED for each in parsed)
                    self._unwritten[prefix] -= len(parsed) if not again else 0
            # Removed files are deleted at the end. If their folder looked unchanged before that, an interruption would
            # leave them in the index forever.
            self._write_digests([prefix for prefix in self._digests if prefix not in self._folders_with_removals])
            # Before the index records the move: reassigning twice is harmless, but a mark must not be lost.
            changed_ids, self._writer.changed_ids = self._writer.changed_ids, []
            if changed_ids:
                self._library.marks.store.reassign_ids(changed_ids)
            if self._carries_marks:
                self._library.carry_over(
                    (previous_id(_url_of(file), join_path(prefix, file.name)), IndexRecord._make(file.record).id)
                    for prefix, parsed, _ in batches
                    for file in parsed
                    if file.record is not None
                )

    def _write_digests(self, folders: Iterable[bytes]) -> None:
        complete = [folder for folder in folders if not self._unwritten[folder]]
        self._writer.set_digests({folder: self._digests.pop(folder) for folder in complete})

    def _publish(self, *, complete: bool = False) -> None:
        begin = time.monotonic()
        self._has_published |= self._writer.publish(complete=complete)
        now = time.monotonic()
        interval = _PUBLISH_INTERVAL if self._seen else _PUBLISH_INTERVAL_WITHOUT_SCREEN
        self._publish_at = now + interval * (now - begin)

    def _finish(self, *, complete: bool = False) -> Progress:
        """Delete what is gone and publish everything; ``complete`` if the whole folder was compared."""
        if self._total + len(self._removed) < _SMALL_CHANGE:
            with self._writer.transaction():  # no reader sees one without the other
                self._delete_and_publish(complete=complete)
        else:  # two threads sort, and they see only what is committed
            self._delete_and_publish(complete=complete)
        if self._has_reported:
            self._writer.set_progress(None)
        self._writer.finish()
        return self._progress(finished=True)

    def _delete_and_publish(self, *, complete: bool) -> None:
        if complete and self._carries_marks:
            self._writer.forget_old_ids()
        self._writer.remove(self._removed)
        self._write_digests([*self._digests])
        self._publish(complete=complete)

    def _progress(self, *, walking: bool = False, finished: bool = False) -> Progress:
        self._progress_at = time.monotonic()
        moved = self._writer.moved
        published, self._has_published = self._has_published, False
        return Progress(
            done=self._done,
            total=self._total,
            changed=self._done - moved - self._writer.unread,
            removed=len(self._removed) - moved,
            moved=moved,
            seconds=self._progress_at - self._begin,
            before=self._before,
            walking=walking,
            shown=published,
            finished=finished,
        )


class _PathComparison:
    """What comparing some paths has found."""

    def __init__(self, known: dict[bytes, KnownFolder]) -> None:
        self.known = known
        """The folders of the index that have not been walked."""
        self.walked: set[bytes] = set()
        self.changed: dict[bytes, list[bytes]] = {}
        """Names of files to read, by folder."""
        self.vanished: list[int] = []
        """Rows of folders that are gone."""
        self.problems: list[Problem] = []


def _is_in(path: bytes, folder: bytes) -> bool:
    """Return whether ``path`` is ``folder`` or lies below it."""
    return not folder or path == folder or path.startswith(folder + b"/")


def _parents(path: bytes) -> Iterator[bytes]:
    """Yield every folder that contains ``path``; the outermost, which is empty, comes last."""
    while path:
        path = path.rpartition(b"/")[0]
        yield path
