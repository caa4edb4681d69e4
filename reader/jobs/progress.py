"""How far a refresh is, in numbers and in words. Pure, and small to import: the screen needs it at the start."""

from __future__ import annotations

from typing import NamedTuple

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
