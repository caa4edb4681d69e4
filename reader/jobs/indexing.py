"""A folder -> its index: what is new, changed or gone since the last time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reader.documents.walk import Candidate, walk
from reader.errors import ReaderError
from reader.library.index import UNREAD_AGAIN, Entry
from reader.library.library import Library
from reader.model import Problem
from reader.text import show_path

log = logging.getLogger(__name__)

_FIRST_BATCH = 64
"""Documents: few, so that a cold start has something to show at once."""
_BATCH = 512
"""Documents that are kept or lost together."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a refresh is, in documents."""

    done: int
    total: int
    changed: int
    """Documents that were taken in or forgotten so far."""
    finished: bool = False


def refresh(library: Library, stop: threading.Event | None = None) -> Iterator[Progress]:
    """Compare the folder with the index and bring the index up to date, in batches.

    Yields after each batch that is on disk, and a last time when all is done. Ends
    early when ``stop`` is set; the next refresh goes on where this one stopped.
    Raises ReaderError when the folder cannot be read or the index not be written.
    """
    known = library.index.files()
    seen: set[bytes] = set()
    changed: list[Candidate] = []
    troubles: list[Problem] = []
    stopped = stop.is_set if stop is not None else lambda: False
    for found in walk(library.folder, stopped):
        if isinstance(found, Problem):
            troubles.append(found)
            continue
        seen.add(found.path)
        if known.get(found.path, ())[1:] != (found.mtime_ns, found.size):
            changed.append(found)
    if stopped():
        return  # what was not seen may well be there
    library.index.set_folder_problems(troubles)
    gone = [rowid for path, (rowid, _, _) in known.items() if path not in seen]
    if gone:
        library.index.remove(gone)
    changed.sort(key=lambda file: file.path)
    start, size = 0, _FIRST_BATCH
    while start < len(changed):
        batch = []
        for file in changed[start : start + size]:
            if stopped():
                return
            batch.append(_take_in(library, file))
        library.index.apply(batch)
        start, size = start + len(batch), _BATCH
        yield Progress(start, len(changed), start + len(gone))
    yield Progress(len(changed), len(changed), len(changed) + len(gone), finished=True)


def _take_in(library: Library, file: Candidate) -> Entry:
    try:
        parsed = library.read(file.path)
    except ReaderError as error:
        problem = Problem(show_path(file.path), 1, "", error.message.rstrip("."))
        return Entry(replace(file, mtime_ns=UNREAD_AGAIN), None, (problem,))
    except Exception:  # parsing never raises; should it do so all the same, that must cost one document only
        log.exception("parsing failed: %s", show_path(file.path))
        problem = Problem(
            show_path(file.path), 1, "", "this document made newsreader fail; the log file has the details"
        )
        return Entry(replace(file, mtime_ns=UNREAD_AGAIN), None, (problem,))
    # Without its body, which the index does not hold: a batch of long documents should not fill the memory.
    article = replace(parsed.article, body="") if parsed.article is not None else None
    return Entry(file, article, parsed.problems)
