"""A folder -> its index: what is new, changed, moved or gone since the last time."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from threading import Event

from reader.core.events import Progress
from reader.core.model import Problem
from reader.core.text import show_path
from reader.documents.files import FolderListing, check_folder, join_path, list_file, walk
from reader.indexing.parse_pool import ParserPool
from reader.indexing.parse_worker import ParsedBatch, parse_files
from reader.library.library import Library
from reader.storage.sqlite.index.reader import ReadProgress
from reader.storage.sqlite.index.writer import NOT_PARSED, IndexWriter, KnownFolder
from reader.storage.sqlite.lock import NO_WAIT, KeepWaiting

log = logging.getLogger(__name__)

_FIRST_BATCH = 48
"""Documents: a screen of them, so that a cold start has something to show at once."""
_REQUEST = 128
"""Documents that a parser process is asked for at a time."""
_KEPT_TOGETHER = 2048
"""Documents that are written, and may be lost, together, or those of half a second."""
_SECONDS_TOGETHER = 0.5
_KEPT_UNSEEN = 4
"""So many times as much where no screen of ours shows it: each time costs."""
_WORTH_A_POOL = 400
"""Documents; fewer are read sooner than processes are started."""
_SECONDS_BETWEEN_TELLING = 0.4
_FEW = 1000
"""Documents; so many are forgotten and shown in one step."""
_SECONDS_ALL_AT_ONCE = 3.0
"""What is read in so long is shown in one go."""
_SECONDS_OF_SHOWING = 5e-6
"""What showing very many changes costs for each article of the folder, all of which are sorted anew."""
_SHARE_OF_SHOWING = 8
"""Showing what was taken in may take one part in so many of the time."""
_WORTH_REPORTING = 1000
"""Documents; whoever waits for fewer does not wait long."""
_SHARE_UNSEEN = 120
"""The same where no list of ours shows it; another instance's may."""


def refresh(
    library: Library,
    stop: Event | None = None,
    *,
    paths: Collection[bytes] | None = None,
    rebuild: bool = False,
    wait: KeepWaiting = NO_WAIT,
    nice: int = 0,
    seen: bool = True,
) -> Generator[Progress]:
    """Compare the folder with the index and bring the index up to date, in batches.

    With ``paths``, only what lies there is looked at. With ``rebuild``, every
    document is read anew. Yields now and then, and a last time when all is done. Ends early
    when ``stop`` is set; the next refresh goes on where this one stopped. ``nice`` lets
    other programs come before the parser processes. ``seen`` tells whether a screen shows
    what is there so far, and its keys are not to wait.

    Raises BusyError when another newsreader is at it and ``wait`` says not to wait, and
    ReaderError when the folder cannot be read or the index not be written.
    """
    stopped = stop.is_set if stop is not None else lambda: False
    with library.index.writer(wait) as writer:
        run = _Refresh(library, writer, stopped, nice, seen=seen)
        try:
            if writer.has_wasted_words():
                writer.begin_words_anew()
                rebuild = True
            elif rebuild:
                writer.invalidate_all()
            whole = paths is None or rebuild or library.folder.only is not None
            yield from run.whole() if whole else run.some(paths or ())
        finally:
            run.close()


class _Refresh:
    """One refresh: looks through the folder, has documents read, writes what came of them."""

    def __init__(
        self, library: Library, writer: IndexWriter, stopped: Callable[[], bool], nice: int, *, seen: bool
    ) -> None:
        self._library = library
        self._folder = library.folder
        self._writer = writer
        self._stopped = stopped
        self._nice = nice
        self._seen = seen
        if nice:
            writer.sorting_threads = 1
        self._pool: ParserPool | None = None
        self._begin = time.monotonic()
        self._told = self._kept = self._begin
        self._show_at = 0.0
        self._waiting: deque[tuple[bytes, list[bytes]]] = deque()
        """Folders with the names of files that are to be read, the first at the end."""
        self._together = _KEPT_TOGETHER if seen else _KEPT_TOGETHER * _KEPT_UNSEEN
        self._seconds_together = _SECONDS_TOGETHER if seen else _SECONDS_TOGETHER * _KEPT_UNSEEN
        self._taken: list[ParsedBatch] = []
        self._taken_count = 0
        self._digests: dict[bytes, bytes] = {}
        """What folders look like whose files are not all taken in yet."""
        self._left: dict[bytes, int] = {}
        """How many files of such a folder are to be taken in yet."""
        self._gone: list[int] = []
        self._losing: set[bytes] = set()
        """Folders that some of those were in."""
        self._first_time = False
        self._worth_showing = max(_SECONDS_ALL_AT_ONCE, 2 * _SECONDS_OF_SHOWING * writer.articles())
        """Seconds that reading has to take yet for what is there to be shown meanwhile."""
        self._done = self._total = 0
        self._shown = False
        self._before = 0
        """Documents that were taken in by refreshes that came to no end."""
        self._reported = False
        """Whether those who wait were told how far this is."""

    def close(self) -> None:
        """End the parser processes."""
        if self._pool is not None:
            self._pool.close()

    # The whole folder.

    def whole(self) -> Iterator[Progress]:
        """Look through everything."""
        known = self._writer.folders()
        first_time = self._first_time = self._writer.is_empty()
        if not first_time and not self._library.index.totals().complete:
            self._before = self._library.index.documents()
        if self._library.index.read_progress() is not None:
            self._writer.report(None)  # what one that was killed told last
        if first_time and not self._library.index.in_memory:
            self._writer.begin_first_time()
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
            if first_time and self._total:
                # Nothing can have moved, so that reading need not wait for the end of looking.
                yield from self._advance(walking=True)
        if self._stopped():
            return  # what was not seen may well be there
        vanished = [
            (path, folder)
            for path, folder in known.items()
            if path not in seen and not any(path.startswith(join_path(prefix, b"")) for prefix in unreadable)
        ]
        for _, folder in vanished:
            self._gone += [file.rowid for file in self._writer.files(folder.rowid).values()]
        yield from self._read_all()
        if self._stopped():
            return
        check_folder(self._folder)  # what is gone meanwhile with all that is in it was not read to its end
        with self._writer.together():
            self._writer.set_folder_problems(problems)
            self._writer.remove_folders(folder.rowid for _, folder in vanished)
        yield self._finish(complete=True)

    def _compare(self, listing: FolderListing, known: KnownFolder | None) -> None:
        """Put what differs from the index on the list of what is to be read, or of what is gone."""
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
            self._gone += [file.rowid for file in files.values()]
            self._losing.add(listing.folder)
        self._digests[listing.folder] = digest
        self._left[listing.folder] = len(names)
        if names:
            names.sort(reverse=True)  # they are taken from the end
            self._waiting.append((listing.folder, names))
            self._total += len(names)

    # Some paths of it.

    def some(self, paths: Collection[bytes]) -> Iterator[Progress]:
        """Look at ``paths`` only: files that came, went or changed, and folders."""
        check_folder(self._folder)  # that it is gone as a whole does not mean that its documents are
        known = self._writer.folders()
        changed: dict[bytes, list[bytes]] = {}
        vanished: list[int] = []
        walked: set[bytes] = set()
        problems: list[Problem] = []

        def forget_folders(path: bytes, kept: Collection[bytes] = ()) -> None:
            """Count what was known in and below the folder ``path`` among what is gone, except for folders ``kept``."""
            for inner in [inner for inner in known if _is_in(inner, path) and not any(_is_in(inner, k) for k in kept)]:
                vanished.append(known.pop(inner).rowid)
                self._gone += [each.rowid for each in self._writer.files(vanished[-1]).values()]

        for path in sorted(set(paths)):
            if self._stopped():
                return
            if not walked.isdisjoint(_above(path)):
                continue  # seen already, with the folder that it lies in
            listing = list_file(self._folder, path)
            prefix, _, name = path.rpartition(b"/")
            folder = known.get(prefix)
            file = self._writer.file(folder.rowid, name) if folder is not None else None
            if file is not None and (listing is None or not listing.files):
                self._gone.append(file.rowid)
            if listing is None:
                walked.add(path)
                was_known, unreadable = path in known, []
                for below in walk(self._folder, self._stopped, start=path):
                    problems += below.problems
                    if below.readable:
                        self._compare(below, known.pop(below.folder, None))
                    else:
                        unreadable.append(below.folder)
                if self._stopped():
                    return  # what was not seen may well be there
                if was_known:
                    forget_folders(path, unreadable)
                continue
            problems += listing.problems
            for _, mtime_ns, size in listing.files:
                if file is None or (file.mtime_ns, file.size) != (mtime_ns, size):
                    changed.setdefault(prefix, []).append(name)
            if path in known:
                forget_folders(path)
        for prefix, names in changed.items():
            self._waiting.append((prefix, names[::-1]))
            self._total += len(names)
        touched = {path.rpartition(b"/")[0] for path in paths} & set(known)
        yield from self._read_all()
        if self._stopped():
            return
        if self._total or self._gone:
            # What such a folder looks like as a whole is not known now; the next whole refresh finds out.
            self._writer.set_digests(dict.fromkeys(touched))
        looked_at = {show_path(path) for path in paths}
        below_walked = tuple(show_path(path) + "/" if path else "" for path in walked)
        others = [
            problem
            for problem in self._writer.folder_problems()
            if problem.path not in looked_at and not problem.path.startswith(below_walked)
        ]
        with self._writer.together():
            self._writer.set_folder_problems([*others, *problems])
            self._writer.remove_folders(vanished)
        yield self._finish()

    # Reading.

    def _read_all(self) -> Iterator[Progress]:
        """Have everything read that is to be read, and write it."""
        if self._gone and self._waiting:
            self._writer.prepare_move_detection(self._gone)
        while (self._waiting or (self._pool is not None and self._pool.outstanding)) and not self._stopped():
            yield from self._advance()
        if not self._stopped():
            self._keep()

    def _advance(self, *, walking: bool = False) -> Iterator[Progress]:
        """Hand out what is to be read, take what was read, write it when there is enough, and tell now and then."""
        if self._waiting and self._pool is None:
            if walking and not self._done and self._total < _FIRST_BATCH:
                return  # the first screen in one go
            self._take(parse_files(self._folder, *self._next(_FIRST_BATCH)))
        if self._pool is not None:
            # While much is written at a time, parser processes have enough before them to go on with.
            ahead = max(3 * self._pool.size, 0 if self._seen else self._together // _REQUEST)
            while self._waiting and self._pool.outstanding < ahead:
                self._pool.submit(*self._next(_REQUEST))
            for batch in self._pool.collect(0 if walking else 0.05):
                self._take(batch)
        now = time.monotonic()
        # Few changes are shown when all are there; what takes long is shown as it comes.
        soon = self._first_time or self._seconds_left(now) > self._worth_showing
        first = soon and not self._show_at and self._taken_count > 0
        if first or self._taken_count >= self._together or now > self._kept + self._seconds_together:
            self._keep(walking=walking)
            if soon and self._done and now >= self._show_at:
                self._show()
        if self._shown or now > self._told + _SECONDS_BETWEEN_TELLING:
            yield self._tell(walking=walking)
        if self._pool is None and self._total - self._done >= _WORTH_A_POOL:
            # Now that the first screen is there: starting processes takes its time too.
            self._pool = ParserPool(self._folder, self._processes(), nice=self._nice)

    def _processes(self) -> int:
        """Return how many processes shall parse: a core is left to a screen; without one, some wait for the disk."""
        cores = os.cpu_count() or 1
        if self._nice:
            return max(1, cores - 1)
        return cores if self._seen else cores + 1

    def _seconds_left(self, now: float) -> float:
        """Return how long reading will take yet, going by the last second or more."""
        passed = now - self._begin
        return passed * (self._total - self._done) / self._done if self._done and passed > 1 else 0.0

    def _next(self, count: int) -> tuple[bytes, list[bytes]]:
        prefix, names = self._waiting[0]
        part = names[: -count - 1 : -1]
        del names[-count:]  # from the end: of a million names in one folder, the rest need not move
        if not names:
            self._waiting.popleft()
        return prefix, part

    def _take(self, batch: ParsedBatch) -> None:
        prefix, taken, failures = batch
        for failure in failures:
            log.error("parsing failed in %r: %s", prefix, failure)
        self._taken.append(batch)
        self._taken_count += len(taken)
        self._done += len(taken)

    def _keep(self, *, walking: bool = False) -> None:
        """Write what was read."""
        batches, self._taken, self._taken_count = self._taken, [], 0
        self._kept = time.monotonic()
        if not batches and not self._digests:
            return
        with self._writer.together():
            if self._total >= _WORTH_REPORTING:
                self._report(walking=walking)
            for prefix, taken, _ in batches:
                self._writer.apply(prefix, taken)
                if prefix in self._left:
                    again = any(each.mtime_ns == NOT_PARSED for each in taken)
                    self._left[prefix] -= len(taken) if not again else 0
            # What is gone is forgotten at the end. A folder that looked unchanged before that would keep it for ever,
            # were this refresh to end early.
            self._set_digests([prefix for prefix in self._digests if prefix not in self._losing])
            # Before the index says that the document was moved: told twice is told once, but never is a mark lost.
            self._carry()

    def _set_digests(self, folders: Iterable[bytes]) -> None:
        ready = [folder for folder in folders if not self._left[folder]]
        self._writer.set_digests({folder: self._digests.pop(folder) for folder in ready})

    def _report(self, *, walking: bool) -> None:
        self._reported = True
        began = time.time() - (time.monotonic() - self._begin)
        reading = ReadProgress(self._done, self._total, self._before, walking=walking, began=began)
        self._writer.report(reading)

    def _carry(self) -> None:
        carried, self._writer.carried = self._writer.carried, []
        if carried:
            self._library.marks.reassign_ids(carried)

    def _show(self, *, complete: bool = False) -> None:
        begin = time.monotonic()
        self._shown |= self._writer.publish(complete=complete)
        now = time.monotonic()
        self._show_at = now + (_SHARE_OF_SHOWING if self._seen else _SHARE_UNSEEN) * (now - begin)

    def _finish(self, *, complete: bool = False) -> Progress:
        """Forget what is gone, and show everything; ``complete`` when that is the whole folder."""
        if self._total + len(self._gone) < _FEW:
            with self._writer.together():  # nobody sees a list without what it shows
                self._writer.remove(self._gone)
                self._set_digests([*self._digests])
                self._show(complete=complete)
        else:  # sorted by two threads, which see only what is written
            self._writer.remove(self._gone)
            self._set_digests([*self._digests])
            self._show(complete=complete)
        if self._reported:
            self._writer.report(None)
        self._writer.finish()
        return self._tell(finished=True)

    def _tell(self, *, walking: bool = False, finished: bool = False) -> Progress:
        self._told = time.monotonic()
        moved = self._writer.moved
        shown, self._shown = self._shown, False
        return Progress(
            done=self._done,
            total=self._total,
            changed=self._done - moved,
            removed=len(self._gone) - moved,
            moved=moved,
            seconds=self._told - self._begin,
            before=self._before,
            walking=walking,
            shown=shown,
            finished=finished,
        )


def _is_in(path: bytes, folder: bytes) -> bool:
    """Return whether ``path`` is ``folder`` or lies below it."""
    return not folder or path == folder or path.startswith(folder + b"/")


def _above(path: bytes) -> Iterator[bytes]:
    """Yield every folder that ``path`` lies in, the outermost, which is empty, last."""
    while path:
        path = path.rpartition(b"/")[0]
        yield path
