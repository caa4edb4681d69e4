"""Average linkage: joins the stories that are most alike, as long as what they become stands out. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush, heappushpop
from typing import TypeAlias

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
_LATE_COHERENCE = 0.5
"""How much more is asked beside a coherent story of an article that comes by itself.

Of articles that are grouped together, those of an event find each other first, and then are coherent. One by itself may
be the first of another event of the same kind.
"""
_LATE = 0.17
"""How much more is asked of an article that comes by itself beside another that is alone; beside a story, this divided
by its size, as less is known of small ones."""
_SAVED = 0.06
"""The same where an article is grouped with others, but the story is saved already, and could not be undone later."""
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
_FARTHEST = 8 * _DAYS - 1
_NEARNESS = {days: round(1000 * math.exp(-abs(days) / _DAYS)) for days in range(-_FARTHEST, _FARTHEST + 1)}
"""How near two days are, in thousandths; whole numbers, so that sums do not depend on their order."""
_Sums: TypeAlias = tuple[int, int, int]
"""How alike two stories are: the sums, over all pairs of an article of each, of the products of their vectors, of the
number of pairs of one source, and of how near their days are. If a story grows, the sums of what it takes are added."""


_Entry: TypeAlias = "tuple[float, int, int, int, int, Compared, Compared]"
"""How alike two stories are, negative so that those most alike come first; their ids and sizes; and both."""


class Compared:
    """A story while it is compared: the sums of the vectors, sources and days of its articles."""

    __slots__ = (
        "alike", "dated", "day", "days", "id", "in_order", "into", "is_new", "size", "sources", "taken", "vector",
        "vectors", "weights",
    )  # fmt: skip
    weights: dict[int, int]
    sources: dict[int, int]
    """How many articles are from each known source."""
    days: dict[int, int]
    """How many articles are from each day."""
    taken: list[tuple[Compared, float]]
    """The stories that it took since it is compared, and the sum ``alike`` before each."""

    def __init__(self, id_: int, size: int, day: int | None, vector: Vector, *, is_new: bool) -> None:
        self.id = id_
        self.size = size
        self.day = day
        self.vector = vector
        """Those of its first article; :meth:`with_sums` sets the sums, as most stories are not compared."""
        self.in_order: Sequence[int] = ()
        """The days in order, if they are many and were needed since they changed."""
        self.dated = 0 if day is None else 1
        """How many articles have a day."""
        self.vectors = 1
        """How many vectors are summed: those of all articles, or of many."""
        self.alike = 0.0
        """The sum of how alike any two of them are."""
        self.into: Compared | None = None
        """The story that it became part of."""
        self.is_new = is_new
        """Whether it is not saved yet."""

    def with_sums(self) -> Compared:
        """Return it, ready to be compared."""
        if not hasattr(self, "weights"):
            self.weights = self.vector.by_term()
            self.sources = {self.vector.source: 1} if self.vector.source else {}
            self.days = {} if self.day is None else {self.day: 1}
            self.taken = []
        return self

    @property
    def earliest(self) -> int:
        """The first of its days; 0 if it has none."""
        return min(self.days, default=0) if self.vectors > 1 else self.day or 0

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

    def take(self, other: Compared, sums: _Sums | None = None) -> None:
        """Make another story a part of this one; ``sums`` are those of both, if known."""
        self.taken.append((other, self.alike))
        alike = likeness_in_time(self, other, sums or sums_of(self, other))
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
        self.in_order = ()
        self.dated += sign * other.dated
        self.vectors += sign * other.vectors
        self.size += sign * other.size


def product(one: dict[int, int], other: dict[int, int]) -> int:
    """Return the scalar product of two vectors."""
    total = 0
    for term in one.keys() & other.keys():
        total += one[term] * other[term]
    return total


def nearness(one: Compared, other: Compared) -> int:
    """Return the sum of how near their days are, of all pairs of articles of two stories."""
    if one.vectors == other.vectors == 1:  # as most
        return 0 if one.day is None or other.day is None else _NEARNESS.get(one.day - other.day, 0)
    if len(one.days) > len(other.days):
        one, other = other, one
    near = _NEARNESS.get
    if len(other.days) <= 2 * _FARTHEST:
        return sum([n * m * near(day - on, 0) for day, n in one.days.items() for on, m in other.days.items()])
    if not other.in_order:
        other.in_order = sorted(other.days)
    total, in_order, number_on = 0, other.in_order, other.days
    for day, number in one.days.items():
        days = in_order[bisect_left(in_order, day - _FARTHEST) : bisect_right(in_order, day + _FARTHEST)]
        total += number * sum([number_on[on] * near(day - on, 0) for on in days])
    return total


def same_source(one: Compared, other: Compared) -> int:
    """Return the number of pairs of an article of each story that are of one source."""
    if one.vectors == other.vectors == 1:
        return int(one.vector.source == other.vector.source != 0)
    return 0 if one.sources.keys().isdisjoint(other.sources) else product(one.sources, other.sources)


def sums_of(one: Compared, other: Compared) -> _Sums:
    """Return how alike two stories are as sums over their articles."""
    return product(one.weights, other.weights), same_source(one, other), nearness(one, other)


def likeness(one: Compared, other: Compared, text: int, same: int) -> float:
    """Return how alike the texts of two stories are on average, those of one source less, given these sums."""
    pairs = one.vectors * other.vectors
    alike = text / (_WHOLE * pairs)
    return alike * (1 - (1 - _SAME_SOURCE) * same / pairs) if same else alike


def likeness_in_time(one: Compared, other: Compared, sums: _Sums) -> float:
    """Return how alike two stories are: as their texts, and more or less as their days are near on average."""
    text, same, near = sums
    alike = likeness(one, other, text, same)
    if one.dated and other.dated:
        alike *= _FAR + (_NEAR - _FAR) * near / (1000 * one.dated * other.dated)
    return alike


def are_one(one: Compared, other: Compared, alike: float, *, late: bool) -> bool:
    """Return whether two stories that are so alike are one, ``late`` if other articles are not compared with them."""
    less, more = sorted((one.coherence, other.coherence))
    asked = _ALIKE + _COHERENCE * less
    size = max(one.size, other.size)
    if late:
        asked = max(asked, _ALIKE + _LATE_COHERENCE * more, _ALIKE + _LATE / size)
    elif not (one.is_new and other.is_new):
        asked = max(asked, _ALIKE + _SAVED / size)
    if alike < asked:
        return False
    if size > _FEW_ARTICLES:
        return True
    shared = [weight * other.weights[term] for term, weight in one.weights.items() if term in other.weights]
    beside = alike * (1 - max(shared) / sum(shared))
    return beside >= (_ALIKE_BESIDE_ONE if len(shared) > 2 else _ALIKE_IN_ONE_OF_TWO)


def join_all(pairs: Sequence[tuple[Compared, Compared]], *, late: bool) -> None:
    """Join stories, beginning with those of ``pairs`` that are most alike, as far as what they become stands out.

    The larger story takes the other; of two that are equally large, the one that is saved. ``late``: the articles that
    are alone in the folder are not among them.
    """
    joining = _Joining(pairs)
    for one, other, alike in joining.most_alike():
        if are_one(one, other, alike, late=late):
            is_larger = (-one.size, one.is_new) <= (-other.size, other.is_new)
            joining.join(*((one, other) if is_larger else (other, one)))
    _separate(pairs)


class _Joining:
    """Stories while they join: how alike they are."""

    def __init__(self, pairs: Iterable[tuple[Compared, Compared]]) -> None:
        self._near: dict[Compared, dict[Compared, _Sums]] = defaultdict(dict)
        """Of each story those that are alike enough: only these can still be so when it has grown."""
        self._queue: list[_Entry] = []
        for one, other in pairs:
            text = product(one.weights, other.weights)
            if text * _NEAR >= _ALIKE * _WHOLE * one.vectors * other.vectors:
                self._queue += self._compare(one, other, (text, same_source(one, other), nearness(one, other)))
        heapify(self._queue)

    def most_alike(self) -> Iterator[tuple[Compared, Compared, float]]:
        """Yield the two stories that are most alike, and how much, as long as there are any; they may join."""
        while self._queue:
            alike, _, _, size, other_size, one, other = heappop(self._queue)
            if not (one.into or other.into) and (one.size, other.size) == (size, other_size):
                yield one, other, -alike

    def join(self, one: Compared, other: Compared) -> None:
        """Make the other story a part of the first."""
        mine, its = self._near.pop(one), self._near.pop(other)
        both = mine.pop(other)
        del its[one]
        grown = []
        for story in mine.keys() | its.keys():
            sums, added = mine.get(story) or sums_of(one, story), its.get(story) or sums_of(other, story)
            grown.append((story, (sums[0] + added[0], sums[1] + added[1], sums[2] + added[2])))
            self._near[story].pop(one, None)
            self._near[story].pop(other, None)
        one.take(other, both)
        for story, sums in grown:
            for entry in self._compare(one, story, sums):
                heappush(self._queue, entry)

    def _compare(self, one: Compared, other: Compared, sums: _Sums) -> Sequence[_Entry]:
        """Return an entry of the queue if two stories are alike enough."""
        alike = likeness_in_time(one, other, sums)
        if alike < _ALIKE:
            return ()
        self._near[one][other] = self._near[other][one] = sums
        if one.id > other.id:
            one, other = other, one
        return ((-alike, one.id, other.id, one.size, other.size, one, other),)


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
    most = _OTHERS * _LIKE_OTHERS * story.alike / story.pairs
    nearest = [0.0] * _OTHERS
    for other in others:
        text = product(story.weights, other.weights)
        heappushpop(nearest, likeness(story, other, text, same_source(story, other)))
        if math.fsum(nearest) > most:
            return False
    return True
