"""Average linkage: joins the stories that are most alike, as long as what they become stands out. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush, nlargest

from reader.stories.terms import SCALE, Vector

_ALIKE = 0.13
"""How alike the articles of two stories must be on average to become one."""
_COHERENCE = 0.6
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
_LATE_COHERENCE = 0.4
"""How much more is asked beside a coherent story when a folder has been grouped already.

In a whole folder, the articles of an event find each other first, and then are coherent. One that comes later may be
the first of another event of the same kind.
"""
_SAME_SOURCE = 0.2
"""How much the likeness of two articles of one source counts: a source repeats its own phrases and topics."""
_FAR = 0.6
_NEAR = 1.5
"""How much the likeness of two articles of distant days, and of one day, counts; without a day, it counts once."""
_DAYS = 30
"""After so many days, a third of the difference is left."""
_OTHERS = 5
_LIKE_OTHERS = 0.45
"""How alike a story and the nearest of others may be on average, as a share of how alike its own articles are.

Where a subject has many articles, some are more alike than articles of one event elsewhere. But an event stands out
from what is around it, and a part of a subject does not.
"""
_WHOLE = SCALE * SCALE
_NEARNESS = {days: round(1000 * math.exp(-abs(days) / _DAYS)) for days in range(-8 * _DAYS, 8 * _DAYS)}
"""How near two days are, in thousandths; whole numbers, so that sums do not depend on their order."""


class Compared:
    """A story while it is compared: the sums of the vectors, sources and days of its articles."""

    __slots__ = ("alike", "days", "id", "into", "is_new", "size", "sources", "taken", "vectors", "weights")

    def __init__(self, id_: int, size: int, day: int | None, vector: Vector, *, is_new: bool) -> None:
        self.id = id_
        self.size = size
        self.weights = vector.by_term()
        self.sources = {vector.source: 1} if vector.source else {}
        """How many articles are from each known source."""
        self.days = {} if day is None else {day: 1}
        """How many articles are from each day."""
        self.vectors = 1
        """How many vectors are summed: those of all articles, or of many."""
        self.alike = 0.0
        """The sum of how alike any two of them are."""
        self.taken: list[tuple[Compared, float]] = []
        """The stories that it took since it is compared, and that sum before each."""
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
    def pairs(self) -> int:
        """The number of pairs of its articles."""
        return self.vectors * (self.vectors - 1) // 2

    @property
    def coherence(self) -> float:
        """How alike its articles are on average, above what is asked of any; less if they are few."""
        if not self.pairs:
            return 0.0
        above = min(self.alike / self.pairs, _MOST_COHERENT) - _ALIKE
        return max(0.0, above) * self.pairs / (self.pairs + _FEW_PAIRS)

    def parts(self) -> Iterator[Compared]:
        """Yield the stories that became one since they are compared, itself included."""
        yield self
        for other, _ in self.taken:
            yield from other.parts()

    def take(self, other: Compared) -> None:
        """Make another story a part of this one."""
        self.taken.append((other, self.alike))
        alike = likeness(self, other) * weight_of_days(self, other)
        self.alike += other.alike + alike * self.vectors * other.vectors
        self._sum(other, 1)
        other.into = self

    def give_back(self) -> Compared:
        """Undo the latest ``take``; return the story that is by itself again."""
        other, self.alike = self.taken.pop()
        self._sum(other, -1)
        other.into = None
        return other

    def _sum(self, other: Compared, sign: int) -> None:
        for mine, others in ((self.weights, other.weights), (self.sources, other.sources), (self.days, other.days)):
            for key, number in others.items():
                if total := mine.get(key, 0) + sign * number:
                    mine[key] = total
                else:
                    del mine[key]
        self.vectors += sign * other.vectors
        self.size += sign * other.size


def product(one: dict[int, int], other: dict[int, int]) -> int:
    """Return the scalar product of two vectors."""
    total = 0
    for term in one.keys() & other.keys():
        total += one[term] * other[term]
    return total


def likeness(one: Compared, other: Compared) -> float:
    """Return how alike the texts of two stories are on average, those of one source less."""
    pairs = one.vectors * other.vectors
    alike = product(one.weights, other.weights) / (_WHOLE * pairs)
    if not one.sources.keys().isdisjoint(other.sources):
        alike *= 1 - (1 - _SAME_SOURCE) * product(one.sources, other.sources) / pairs
    return alike


def weight_of_days(one: Compared, other: Compared) -> float:
    """Return how much the likeness of two stories counts, as near as the days of their articles are on average."""
    if not one.days or not other.days:
        return 1.0
    nearness = _NEARNESS.get
    dated = sum(one.days.values()) * sum(other.days.values())
    near = sum([n * m * nearness(day - on, 0) for day, n in one.days.items() for on, m in other.days.items()])
    return _FAR + (_NEAR - _FAR) * near / (1000 * dated)


def are_one(one: Compared, other: Compared, alike: float, *, late: bool) -> bool:
    """Return whether two stories that are so alike are one, ``late`` if the folder has been grouped before."""
    are_few = max(one.size, other.size) <= _FEW_ARTICLES
    less, more = sorted((one.coherence, other.coherence))
    asked = _ALIKE + _COHERENCE * less
    if late:
        asked = max(asked, _ALIKE + _LATE_COHERENCE * more)
    if alike < asked:
        return False
    if not are_few:
        return True
    shared = [weight * other.weights[term] for term, weight in one.weights.items() if term in other.weights]
    beside = alike * (1 - max(shared) / sum(shared))
    return beside >= (_ALIKE_BESIDE_ONE if len(shared) > 2 else _ALIKE_IN_ONE_OF_TWO)


def join_all(pairs: Sequence[tuple[Compared, Compared]], *, late: bool) -> None:
    """Join stories, beginning with those of ``pairs`` that are most alike, as far as what they become stands out.

    The larger story takes the other; of two that are equally large, the one that is saved. ``late``: the folder has
    been grouped before.
    """
    near: dict[Compared, set[Compared]] = defaultdict(set)
    """Of each story those that are alike enough: only these can still be so when it has grown."""

    def compare(one: Compared, other: Compared) -> tuple[float, int, int, int, int, Compared, Compared] | None:
        alike = likeness(one, other)
        if alike * _NEAR < _ALIKE or (alike := alike * weight_of_days(one, other)) < _ALIKE:
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
    _separate(pairs)


def _separate(pairs: Sequence[tuple[Compared, Compared]]) -> None:
    """Take back what was joined into stories that do not stand out from those that their parts were compared with.

    All stories are looked at before any is taken apart, so that their order does not matter; then again what is left.
    """
    around: dict[Compared, list[Compared]] = defaultdict(list)
    for one, other in pairs:
        if one.taken or one.into:
            around[one].append(other)
        if other.taken or other.into:
            around[other].append(one)
    stories = {story.now for story in around}
    while stories := {story for story in stories if story.taken and not _stands_out(story, around)}:
        stories |= {story.give_back() for story in stories}
    for story in around:
        story.taken.clear()


def _stands_out(story: Compared, around: Mapping[Compared, Iterable[Compared]]) -> bool:
    others = {other.now for part in story.parts() for other in around[part]} - {story}
    nearest = nlargest(_OTHERS, [likeness(story, other) for other in others])
    return sum(nearest) / _OTHERS <= _LIKE_OTHERS * story.alike / story.pairs
