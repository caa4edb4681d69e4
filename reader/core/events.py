"""Events of indexing and fetching that the screen and the commands receive.

This module stays small and imports nothing of ours, because start-up imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

Status: TypeAlias = Literal["fetched", "cached", "failed"]
"""``cached``: the stored page is fresh, is confirmed by its server, or could not be replaced."""


class Failure(NamedTuple):
    """One address of an article that yielded no page."""

    way: str
    """The kind of address, as in :data:`reader.core.model.AddressKind`; empty if the failure concerns all addresses."""
    host: str
    why: str
    """The reason in a few words, such as “404 Not Found at jurist.org”."""


class FetchAttempted(NamedTuple):
    """A request to one address of an article begins."""

    id: str
    way: str
    host: str


class FetchResult(NamedTuple):
    """The outcome of fetching one article."""

    id: str
    status: Status
    url: str
    """The final URL of the stored page; empty if there is none."""
    words: int
    failures: tuple[Failure, ...]
    """The addresses that failed, in the order of the requests, even if another one succeeded."""
    error: str
    """A sentence if the fetch failed or the stored page could not be checked again; else empty."""
    seconds: float
    cancelled: bool = False
    """Whether it failed because it was canceled."""
    hint: str = ""
    """What the user can do about the error, as a sentence."""
    requested_url: str = ""
    """The address that comes first, requested or not; empty if the article has no address."""
    confirmed: bool = False
    """Whether a server has just confirmed that the stored page is current."""


class BulkProgress(NamedTuple):
    """The progress of a bulk fetch."""

    done: int
    """Pages fetched."""
    cached: int
    """Articles that already had a page."""
    failed: int
    left: int
    rate: float
    """Articles per second, over the last seconds."""
    paused: bool
    finished: bool
    summary: str
    """A sentence for the user once it is finished; else empty."""
    last: str = ""
    """The id of the article that was completed last; it may have a page now."""
    unverified: int = 0
    """The part of ``cached`` that should have been checked again but could not be."""


class ImageFetched(NamedTuple):
    """A requested image is stored, or ``error`` says why not."""

    url: str
    error: str = ""


class Notice(NamedTuple):
    """A message for the user."""

    text: str
    warning: bool = False


FetchEvent: TypeAlias = FetchAttempted | FetchResult | BulkProgress | ImageFetched | Notice
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
    """New and changed documents."""
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


class Pace(NamedTuple):
    """Rate and remaining time of a refresh."""

    rate: float
    """Documents per second; 0 if not known yet."""
    left: float | None
    """Seconds; None if not known yet."""


def pace(progress: Progress) -> Pace:
    """Return the rate and the estimated remaining time."""
    if progress.seconds < _MIN_SECONDS_FOR_RATE or not progress.done:
        return Pace(0.0, None)
    rate = progress.done / progress.seconds
    can_estimate = not progress.walking and progress.seconds >= _MIN_SECONDS_FOR_ESTIMATE
    return Pace(rate, max(0, progress.total - progress.done) / rate if can_estimate else None)


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
