"""Events of indexing and fetching that the screen and the commands hear. Small to import: start-up needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

Status: TypeAlias = Literal["fetched", "cached", "failed"]
"""``cached``: the page that is kept holds, by its age, by its server's word, or because no newer one could be had."""


class Failure(NamedTuple):
    """One address of an article that yielded no page."""

    way: str
    """Which of its addresses, as in :data:`reader.core.model.AddressKind`; empty for what concerns all of them."""
    host: str
    why: str
    """In plain words that follow a name, such as “404 Not Found at jurist.org”."""


class FetchAttempted(NamedTuple):
    """An address of an article is being asked for."""

    id: str
    way: str
    host: str


class FetchResult(NamedTuple):
    """What came of one article."""

    id: str
    status: Status
    url: str
    """Of the page that is kept: where it was found; empty when there is none."""
    words: int
    failures: tuple[Failure, ...]
    """Each address that failed, in the order of asking; also where a page was found or kept in the end."""
    error: str
    """A sentence when it failed, or when the page that is kept could not be looked at again; else empty."""
    seconds: float
    cancelled: bool = False
    """Whether it failed because it was cancelled."""
    hint: str = ""
    """What the person can do about it, in a sentence."""
    asked: str = ""
    """The address that was, or would have been, asked for first; empty when the article names none."""
    holds: bool = False
    """Whether a server has just said that the page which is kept still holds."""


class BulkProgress(NamedTuple):
    """How far the fetching of many articles is."""

    done: int
    """Pages fetched."""
    cached: int
    """Articles whose page was there already."""
    failed: int
    left: int
    rate: float
    """Articles a second, of late."""
    paused: bool
    finished: bool
    told: str
    """What to say of the end in a sentence, once it is finished."""
    last: str = ""
    """The identity of the article that was ready last: it may have a page now."""
    unseen: int = 0
    """How many of ``cached`` could not be looked at again, as was asked for."""


class ImageFetched(NamedTuple):
    """An image that was asked for is kept now; or, with ``error``, it is not."""

    url: str
    error: str = ""


class Notice(NamedTuple):
    """Something the person should know."""

    text: str
    warning: bool = False


FetchEvent: TypeAlias = FetchAttempted | FetchResult | BulkProgress | ImageFetched | Notice
OnFetchEvent: TypeAlias = Callable[[FetchEvent], None]


_SECONDS_UNTIL_KNOWN = 0.5
"""Before that, a rate says nothing."""
_SECONDS_UNTIL_FORETOLD = 2.0
"""Before that, a rate says little of the time left: processes are just being started."""


class Progress(NamedTuple):
    """How far a refresh is. Numbers are documents."""

    done: int = 0
    total: int = 0
    """Documents to read; as many as were found so far while ``walking``."""
    changed: int = 0
    """New, or not as they were."""
    removed: int = 0
    moved: int = 0
    """Known ones at another place."""
    seconds: float = 0.0
    """Since the refresh began."""
    before: int = 0
    """Read by a refresh before this one that came to no end; they count as done."""
    walking: bool = False
    """Whether the folder is still being looked through."""
    shown: bool = False
    """Whether lists have changed since the last time."""
    finished: bool = False


class Pace(NamedTuple):
    """How quickly it goes."""

    rate: float
    """Documents a second; 0 when not known yet."""
    left: float | None
    """Seconds; None when not known yet."""


def pace(progress: Progress) -> Pace:
    """Return rate and time left, by what has been done so far."""
    if progress.seconds < _SECONDS_UNTIL_KNOWN or not progress.done:
        return Pace(0.0, None)
    rate = progress.done / progress.seconds
    foretold = not progress.walking and progress.seconds >= _SECONDS_UNTIL_FORETOLD
    return Pace(rate, max(0, progress.total - progress.done) / rate if foretold else None)


def facts(progress: Progress) -> tuple[str, ...]:
    """Return what there is to say of a refresh under way, the most important first."""
    rate, left = pace(progress)
    done, total = progress.done + progress.before, progress.total + progress.before
    said = [f"{done:,} of {total:,}" + ("+" if progress.walking else "")]
    if progress.finished:
        pass  # the number says it
    elif not progress.walking and progress.done >= progress.total:
        said.append("putting them in order")
    elif left is not None:
        said.append(f"{duration(left)} left")
    if rate:
        said.append(f"{rate:,.0f} a second")
    return tuple(said)


def share_done(progress: Progress) -> float:
    """Return which part of all there is to read has been read, from 0 to 1."""
    return min(1.0, (progress.done + progress.before) / max(1, progress.total + progress.before))


def duration(seconds: float) -> str:
    """Return a time as one reads it at a glance: ``8 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def outcome(progress: Progress) -> str:
    """Return what a refresh that has ended came to."""
    numbers = ((progress.changed, "new or changed"), (progress.moved, "moved"), (progress.removed, "gone"))
    parts = [f"{number:,} {word}" for number, word in numbers if number]
    return ", ".join(parts) if parts else "nothing has changed"
