"""Average linkage: joins the stories that are most alike, until none are alike enough. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from reader.stories.terms import SCALE

ALIKE = 0.13
"""How alike, from 0 to 1, the articles of two stories must be on average to become one."""
DAYS = 60
"""So many days at most may be between two stories that become one."""
_WHOLE = SCALE * SCALE


class Compared:
    """A story while it is compared: the sum of the vectors of its articles."""

    __slots__ = ("first", "id", "into", "is_new", "last", "near", "size", "vectors", "weights")

    def __init__(
        self, id_: int, size: int, first: int | None, last: int | None, weights: dict[int, int], *, is_new: bool
    ) -> None:
        self.id = id_
        self.size = size
        self.first = first
        self.last = last
        self.weights = weights
        self.vectors = 1
        """How many vectors are summed: those of all articles, or of many."""
        self.near: set[Compared] = set()
        """Stories that are alike enough to join."""
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

    def add(self, weights: Mapping[int, int]) -> None:
        """Add the vector of an article."""
        self._sum(weights)
        self.vectors += 1

    def take(self, other: Compared) -> None:
        """Make another story a part of this one."""
        self._sum(other.weights)
        self.vectors += other.vectors
        self.size += other.size
        firsts = [story.first for story in (self, other) if story.first is not None]
        lasts = [story.last for story in (self, other) if story.last is not None]
        self.first, self.last = min(firsts, default=None), max(lasts, default=None)
        self.near = {story.now for story in self.near | other.near} - {self, other}
        other.into, other.near = self, set()

    def _sum(self, weights: Mapping[int, int]) -> None:
        mine = self.weights
        for term, weight in weights.items():
            mine[term] = mine.get(term, 0) + weight


def days_between(one: Compared, other: Compared) -> int:
    """Return how many days are between two stories; 0 if they overlap or have no dates."""
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return 0
    return max(0, one.first - other.last, other.first - one.last)


def alikeness(one: Compared, other: Compared) -> float:
    """Return how alike the articles of two stories are on average, from 0 to 1."""
    if days_between(one, other) > DAYS:
        return 0.0
    few, many = one.weights, other.weights
    if len(few) > len(many):
        few, many = many, few
    found = many.get
    return sum(weight * found(term, 0) for term, weight in few.items()) / (_WHOLE * one.vectors * other.vectors)


def join_all(pairs: Iterable[tuple[Compared, Compared]]) -> None:
    """Join stories, beginning with those of ``pairs`` that are most alike.

    The larger story takes the other; of two that are equally large, the one that is saved.
    """
    queue: list[tuple[float, int, int, int, int, Compared, Compared]] = []

    def enqueue(one: Compared, other: Compared) -> None:
        alike = alikeness(one, other)
        if alike >= ALIKE:
            one.near.add(other)
            other.near.add(one)
            if one.id > other.id:
                one, other = other, one
            heappush(queue, (-alike, one.id, other.id, one.size, other.size, one, other))

    for one, other in pairs:
        enqueue(one, other)
    while queue:
        _, _, _, size, other_size, one, other = heappop(queue)
        if one.into or other.into or (one.size, other.size) != (size, other_size):
            continue
        if (-other.size, other.is_new) < (-one.size, one.is_new):
            one, other = other, one
        one.take(other)
        for story in sorted(one.near, key=lambda story: story.id):
            enqueue(one, story)
