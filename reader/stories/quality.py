"""How good an article is if its document does not say: an estimate from how complete it is. Pure.

docs/stories.md explains the formula.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

_ENOUGH_WORDS = 600
"""An article of this many words is long enough."""
_ENOUGH_EXCERPT = 20
_MIN_ARTICLES = 3
"""With fewer known qualities of a source, its median says nothing."""


class Completeness(NamedTuple):
    """What a document has."""

    excerpt_words: int
    body_words: int
    has_image: bool
    has_date: bool
    has_source: bool
    has_url: bool
    has_topics: bool


def estimated_quality(found: Completeness, source_median: float | None = None) -> float:
    """Return the quality from 0 to 100 that a document seems to have; half of it is the median of its source."""
    facts = (found.has_date, found.has_source, found.has_url, found.has_topics)
    own = (
        30 * sum(facts) / len(facts)
        + 15 * found.has_image
        + 20 * min(1, found.excerpt_words / _ENOUGH_EXCERPT)
        + 35 * min(1, (found.excerpt_words + found.body_words) / _ENOUGH_WORDS)
    )
    return own if source_median is None else (own + source_median) / 2


def median_quality(qualities: Iterable[float]) -> float | None:
    """Return the median of the known qualities of a source, or None if they are too few."""
    known = [*qualities]
    return median(known) if len(known) >= _MIN_ARTICLES else None
