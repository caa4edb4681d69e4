"""Events of indexing and fetching that the screen and the commands receive.

This module stays small and imports no other module of the package, because start-up imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

Status: TypeAlias = Literal["fetched", "cached", "failed"]
"""``cached``: the stored page is fresh, was confirmed by its server, or could not be replaced."""


class Failure(NamedTuple):
    """One URL of an article that yielded no page."""

    way: str
    """The kind of URL, as in :data:`reader.core.model.UrlKind`; empty if the failure concerns all URLs."""
    host: str
    why: str
    """The reason in a few words, such as “404 Not Found at jurist.org”."""


class FetchAttempted(NamedTuple):
    """A request to one URL of an article begins."""

    id: str
    way: str
    host: str


class FetchResult(NamedTuple):
    """The outcome of fetching one article."""

    id: str
    status: Status
    url: str = ""
    """The final URL of the stored page; empty if there is none."""
    words: int = 0
    failures: tuple[Failure, ...] = ()
    """The URLs that failed, in the order of the requests, even if another one succeeded."""
    error: str = ""
    """A sentence if the fetch failed or the stored page could not be checked again; else empty."""
    seconds: float = 0.0
    cancelled: bool = False
    """Whether it failed because it was canceled."""
    hint: str = ""
    """What the user can do about the error, as a sentence."""
    requested_url: str = ""
    """The URL that comes first, requested or not; empty if the article has no URL."""
    confirmed: bool = False
    """Whether a server has just confirmed that the stored page is current."""


class BulkProgress(NamedTuple):
    """The progress of a bulk fetch."""

    done: int = 0
    """Pages fetched."""
    cached: int = 0
    """Articles that already had a page."""
    failed: int = 0
    left: int = 0
    rate: float = 0.0
    """Articles per second, over the last seconds."""
    paused: bool = False
    finished: bool = False
    summary: str = ""
    """A sentence for the user once it is finished; else empty."""
    last: str = ""
    """The id of the article that was completed last; it may have a page now."""
    unverified: int = 0
    """The part of ``cached`` that should have been checked again but could not be."""
    without_url: int = 0
    """The part of ``failed`` for which there is nothing to fetch."""


class ImageFetched(NamedTuple):
    """A requested image is stored, or ``error`` says why it is not."""

    url: str
    error: str = ""


class DownloadProgress(NamedTuple):
    """How far the download of an enclosure is, or how it ended."""

    path: str
    """The file that it will be."""
    done: int = 0
    """Bytes that are on disk."""
    total: int = 0
    """Bytes of the whole file; 0 if the server does not say."""
    rate: float = 0.0
    """Bytes per second."""
    finished: bool = False
    cancelled: bool = False
    error: str = ""
    """A sentence if it failed."""


class Notice(NamedTuple):
    """A message for the user."""

    text: str
    warning: bool = False


FetchEvent: TypeAlias = FetchAttempted | FetchResult | BulkProgress | ImageFetched | DownloadProgress | Notice
OnFetchEvent: TypeAlias = Callable[[FetchEvent], None]


_MIN_SECONDS_FOR_RATE = 0.5
_MIN_SECONDS_FOR_ESTIMATE = 2.0
"""Until then parser processes are still starting, so the rate says little about the remaining time."""


class Progress(NamedTuple):
    """The progress of a refresh. All counts are documents."""

    done: int = 0
    total: int = 0
    """Documents to read; while ``walking``, those found so far."""
    changed: int = 0
    """New and changed documents, without those that could not be read: each of these has a problem."""
    removed: int = 0
    moved: int = 0
    seconds: float = 0.0
    """Seconds since the refresh began."""
    before: int = 0
    """Documents that an earlier, interrupted refresh has read; they count as done."""
    walking: bool = False
    """Whether the folder is still being scanned."""
    shown: bool = False
    """Whether this refresh has published changes to the lists since the previous event."""
    finished: bool = False


# --- the updater of an index ----------------------------------------------------------------

INDEX_GONE = "The index was deleted. The folder is read again."
INDEX_DAMAGED = "The index was damaged. It has been set aside, and the folder is read again."


class IndexChanged(NamedTuple):
    """Stories were found, another instance has changed the lists, or there is another index."""

    at_start: bool = False
    """Whether the updater has not come to rest since it started: what it has found so far is not the whole folder."""


class FolderAway(NamedTuple):
    """The folder can no longer be read and is checked until it is available; with ``gone`` False, it is back."""

    gone: bool


class MarksChanged(NamedTuple):
    """Marks have changed, in some process; ``version`` is that of the marks file."""

    version: int


class IndexReplaced(NamedTuple):
    """The index was damaged and has been replaced; processes that have it open must reopen it."""


class IndexUnwritable(NamedTuple):
    """The index cannot be written in its place, and the updater ends; ``text`` says why."""

    text: str


class OriginalsWanted(NamedTuple):
    """Rules ask for the original pages of articles that have arrived."""

    rowids: list[int]


UpdaterEvent: TypeAlias = Progress | Notice | IndexChanged | FolderAway | MarksChanged | OriginalsWanted
"""The events of the updater for the screen."""
UpdaterMessage: TypeAlias = UpdaterEvent | IndexReplaced | IndexUnwritable
"""The events that the updater sends to its handle."""
OnUpdaterEvent: TypeAlias = Callable[[UpdaterEvent], None]


# --- in words --------------------------------------------------------------------------------


def pace(progress: Progress) -> tuple[float, float | None]:
    """Return documents per second, and the seconds left; 0 and None if not known yet."""
    if progress.seconds < _MIN_SECONDS_FOR_RATE or not progress.done:
        return 0.0, None
    rate = progress.done / progress.seconds
    can_estimate = not progress.walking and progress.seconds >= _MIN_SECONDS_FOR_ESTIMATE
    return rate, max(0, progress.total - progress.done) / rate if can_estimate else None


def progress_facts(progress: Progress) -> tuple[str, ...]:
    """Return phrases about a running refresh, the most important first."""
    rate, left = pace(progress)
    done, total = progress.done + progress.before, progress.total + progress.before
    facts = [f"{done:,} of {total:,}" + ("+" if progress.walking else "")]
    if progress.finished:
        pass  # the number is enough
    elif not progress.walking and progress.done >= progress.total:
        facts.append("sorting")
    elif left is not None:
        facts.append(f"{format_duration(left)} left")
    if rate:
        facts.append(f"{rate:,.0f} a second")
    return tuple(facts)


def share_done(progress: Progress) -> float:
    """Return the share of documents that have been read, from 0 to 1."""
    return min(1.0, (progress.done + progress.before) / max(1, progress.total + progress.before))


def format_duration(seconds: float) -> str:
    """Return a duration in its largest units: ``8 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def describe_outcome(progress: Progress) -> str:
    """Return what a finished refresh has changed, such as “3 new or changed, 1 removed”."""
    numbers = ((progress.changed, "new or changed"), (progress.moved, "moved"), (progress.removed, "removed"))
    parts = [f"{number:,} {word}" for number, word in numbers if number]
    return ", ".join(parts) if parts else "nothing has changed"
