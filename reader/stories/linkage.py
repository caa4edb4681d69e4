"""Average linkage: joins the stories that are most alike, until none are alike enough. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from heapq import heapify, heappop, heappush

from reader.stories.terms import SCALE, Vector

_MOST_DAYS = 730
"""So many days at most may be between two stories that become one."""
_ALIKE = 0.13
"""How alike, from 0 to 1, the articles of two stories must be on average to become one."""
_COHERENCE = 0.75
"""How much of the way from that to how alike the articles of each story are among themselves."""
_MOST_COHERENT = 0.7
"""Articles that are more alike are copies, which say nothing about how alike reports of one event are."""
_FEW_PAIRS = 3
"""With so many pairs of articles, what a story says about itself counts half."""
_FEW_ARTICLES = 4
_ALIKE_BESIDE_ONE = 0.07
"""Two stories of so few articles must be so alike even without the term that makes them most alike."""
_ALIKE_IN_ONE_OF_TWO = 0.11
"""The same if they have two terms in common."""
_LATE = 0.05
_LATE_COHERENCE = 0.4
"""How much more is asked when a folder has been grouped already: of few articles, and beside a coherent story.

In a whole folder, the articles of an event find each other first, and then are coherent. One that comes later may be
the first of another event of the same kind.
"""
_SAME_SOURCE = 0.2
"""How much the likeness of two articles of one source counts: a source repeats its own phrases and topics."""
_SAME_TIME = 0.3
"""How much more alike two stories of the same days are."""
_TIME = 30
"""After so many days, this is a third."""
_WHOLE = SCALE * SCALE


class Compared:
    """A story while it is compared: the sum of the vectors of its articles."""

    __slots__ = ("first", "id", "inner", "into", "is_new", "last", "size", "sources", "vectors", "weights")

    def __init__(
        self, id_: int, size: int, first: int | None, last: int | None, vector: Vector, *, is_new: bool
    ) -> None:
        self.id = id_
        self.size = size
        self.first = first
        self.last = last
        self.weights = vector.by_term()
        self.sources = {vector.source: 1} if vector.source else {}
        """How many articles are from each known source."""
        self.vectors = 1
        """How many vectors are summed: those of all articles, or of many."""
        self.inner = 0
        """The sum of the products of any two of them."""
        self.into: Compared | None = None
        """The story that it became part of."""
        self.is_new = is_new
        """Whether it is not saved yet."""

    @property
    def now(self) -> Compared:
        """The story that it is, or is part of."""
        story = self
        while story.into is not None:
            story = story.into
        return story

    @property
    def coherence(self) -> float:
        """How alike its articles are on average, above what is asked of any; less if they are few."""
        pairs = self.vectors * (self.vectors - 1) / 2
        if not pairs:
            return 0.0
        return max(0.0, min(self.inner / (_WHOLE * pairs), _MOST_COHERENT) - _ALIKE) * pairs / (pairs + _FEW_PAIRS)

    def add(self, vector: Vector) -> None:
        """Add the vector of an article that it has."""
        self._sum(vector.by_term(), {vector.source: 1} if vector.source else {}, 1)

    def take(self, other: Compared) -> None:
        """Make another story a part of this one."""
        self.inner += other.inner
        self._sum(other.weights, other.sources, other.vectors)
        self.size += other.size
        firsts = [story.first for story in (self, other) if story.first is not None]
        lasts = [story.last for story in (self, other) if story.last is not None]
        self.first, self.last = min(firsts, default=None), max(lasts, default=None)
        other.into = self

    def _sum(self, weights: dict[int, int], sources: dict[int, int], vectors: int) -> None:
        self.inner += product(self.weights, weights)
        for mine, others in ((self.weights, weights), (self.sources, sources)):
            for key, number in others.items():
                mine[key] = mine.get(key, 0) + number
        self.vectors += vectors


def product(one: dict[int, int], other: dict[int, int]) -> int:
    """Return the scalar product of two vectors."""
    total = 0
    for term in one.keys() & other.keys():
        total += one[term] * other[term]
    return total


def alikeness(one: Compared, other: Compared) -> float:
    """Return how alike the articles of two stories are on average; 0 if they are too far apart or not alike enough."""
    pairs = one.vectors * other.vectors
    alike = product(one.weights, other.weights) / (_WHOLE * pairs)
    if alike * (1 + _SAME_TIME) < _ALIKE:
        return 0.0
    if not one.sources.keys().isdisjoint(other.sources):
        alike *= 1 - (1 - _SAME_SOURCE) * product(one.sources, other.sources) / pairs
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return alike
    days = max(0, one.first - other.last, other.first - one.last)
    return 0.0 if days > _MOST_DAYS else alike * _factor(days)


@cache
def _factor(days: int) -> float:
    return 1 + _SAME_TIME * math.exp(-days / _TIME)


def are_one(one: Compared, other: Compared, alike: float, *, late: bool) -> bool:
    """Return whether two stories that are so alike are one, ``late`` if the folder has been grouped before."""
    are_few = max(one.size, other.size) <= _FEW_ARTICLES
    less, more = sorted((one.coherence, other.coherence))
    asked = _ALIKE + _COHERENCE * less
    if late:
        asked = max(asked, _ALIKE + _LATE_COHERENCE * more + _LATE * are_few)
    if alike < asked:
        return False
    if not are_few:
        return True
    shared = [weight * other.weights[term] for term, weight in one.weights.items() if term in other.weights]
    beside = alike * (1 - max(shared) / sum(shared))
    return beside >= (_ALIKE_BESIDE_ONE if len(shared) > 2 else _ALIKE_IN_ONE_OF_TWO)


def join_all(pairs: Iterable[tuple[Compared, Compared]], *, late: bool) -> None:
    """Join stories, beginning with those of ``pairs`` that are most alike.

    The larger story takes the other; of two that are equally large, the one that is saved. ``late``: the folder has
    been grouped before.
    """
    near: dict[Compared, set[Compared]] = defaultdict(set)
    """Of each story those that are alike enough: only these can still be so when it has grown."""

    def compare(one: Compared, other: Compared) -> tuple[float, int, int, int, int, Compared, Compared] | None:
        alike = alikeness(one, other)
        if alike < _ALIKE:
            return None
        near[one].add(other)
        near[other].add(one)
        if one.id > other.id:
            one, other = other, one
        return -alike, one.id, other.id, one.size, other.size, one, other

    queue = [entry for one, other in pairs if (entry := compare(one, other))]
    heapify(queue)
    while queue:
        alike, _, _, size, other_size, one, other = heappop(queue)
        if one.into or other.into or (one.size, other.size) != (size, other_size):
            continue
        if not are_one(one, other, -alike, late=late):
            continue
        if (-other.size, other.is_new) < (-one.size, one.is_new):
            one, other = other, one
        one.take(other)
        others = {story.now for story in near[one] | near.pop(other)} - {one}
        near[one] = set()
        for story in others:
            if entry := compare(one, story):
                heappush(queue, entry)
