"""How hot an article is if its document does not say: an estimate from the coverage of its story. Pure.

docs/stories.md explains the formula.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import log2
from typing import NamedTuple, TypeAlias

from reader.core.text import format_count

Scale: TypeAlias = Sequence[tuple[float, float]]
"""Points of the line from computed to known heats, ascending in both; without points a heat stays as computed."""

DAY = 86_400
_HALF = 7.0
"""The score that gives half of the highest heat."""
_HALF_LIFE = 7.0
"""Days after which a story is half as hot."""
_AGE_WITHOUT_DATE = 30.0
_LEAST_SPAN = 0.25
"""Days; what comes faster than this is not faster news."""
_MIN_KNOWN = 20
"""With fewer known heats, these say nothing about the scale."""
_POINTS = 20


class Coverage(NamedTuple):
    """What is known of the coverage of a story."""

    weight: float
    """The sum of :func:`source_weight` of its sources."""
    sources: int
    first: int | None
    """When its first dated article was published, in seconds since 1970."""
    last: int | None
    links: int = 0
    """How many other documents an article of it lists or is listed by."""

    @property
    def days(self) -> float:
        """How many days passed between the first and the last article."""
        return 0.0 if self.first is None or self.last is None else (self.last - self.first) / DAY


def source_weight(quality: float | None) -> float:
    """Return the weight of a source whose best article has this quality: from 0.5 to 1.5, 1 for 50 or unknown."""
    return 1.0 if quality is None else 0.5 + max(quality, 0) / (max(quality, 0) + 50)


def computed_heat(coverage: Coverage, newest: int) -> float:
    """Return the heat from 0 to 100 that a coverage gives, ``newest`` being the day of the folder's newest article."""
    score = coverage.weight
    if coverage.sources > 1:
        score *= 1 + log2(1 + (coverage.sources - 1) / max(coverage.days, _LEAST_SPAN)) / 4
    score += log2(1 + coverage.links) / 2
    age = _AGE_WITHOUT_DATE if coverage.last is None else max(0, newest - coverage.last // DAY)
    score /= 1 + age / _HALF_LIFE
    return 100 * score / (score + _HALF)


def scale_of(computed: Sequence[float], known: Sequence[float]) -> Scale:
    """Return the scale on which articles with both heats rank alike; empty if there are too few of them."""
    if len(known) < _MIN_KNOWN or len(known) != len(computed):
        return ()
    ours, theirs = sorted(computed), sorted(known)
    points: list[tuple[float, float]] = []
    for index in range(_POINTS + 1):
        place = index * (len(known) - 1) // _POINTS
        if not points or ours[place] > points[-1][0]:
            points.append((ours[place], theirs[place]))
        else:  # of those that we cannot tell apart, the middle
            points[-1] = (points[-1][0], (points[-1][1] + theirs[place]) / 2)
    return points


def on_scale(heat: float, scale: Scale) -> float:
    """Return a computed heat on the scale of the known ones; a higher one never becomes lower."""
    if not scale:
        return heat
    at = bisect_left(scale, (heat,))
    if at == 0:
        lowest, value = scale[0]
        return value * heat / lowest if lowest else value
    if at == len(scale):
        return scale[-1][1]
    (left, low), (right, high) = scale[at - 1], scale[at]
    return low + (high - low) * (heat - left) / (right - left)


def explain(heat: float, coverage: Coverage) -> str:
    """Return an estimate with its reason, such as ``~62: 7 sources in 2 days``."""
    reason = format_count(coverage.sources, "source")
    if coverage.sources > 1 and coverage.first is not None:
        hours = round(coverage.days * 24)
        unit = format_count(round(coverage.days), "day") if hours >= 36 else format_count(max(1, hours), "hour")
        reason += f" in {unit}"
    if coverage.links:
        reason += f", {format_count(coverage.links, 'link')}"
    return f"~{heat:.0f}: {reason}"
