"""Finds the stories that a new article may belong to: those that share its rarest terms, near its date. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reader.stories.linkage import Compared
from reader.stories.state import KeptStory, StoryState
from reader.stories.terms import Vector, unpacked

_COMPARED = 12
"""How many stories a new article is compared with."""
_NEAREST = 32
"""So many stories with a term are looked at: the nearest in time."""
_MOST_WITH_A_TERM = 1_000
"""A term of more stories says too little."""
_MOST_VECTORS = 32
"""The vectors of so many of its articles stand for a large story."""
_MOST_IN_MEMORY = 40_000
_NONE: frozenset[int] = frozenset()


class Candidates:
    """Stories in memory, and in a state as far as they are not in memory."""

    def __init__(self, state: StoryState) -> None:
        self._state = state
        self._stories: dict[int, Compared] = {}
        self._found_by: dict[int, list[int]] = {}
        """The ids of the stories in memory by each term that an article of them is found by, the latest last."""
        self._current: set[int] = set()
        """The terms of which the latest ids do not name a story that became part of another."""
        self.state_was_empty = state.documents() == 0
        self._has_forgotten = False

    def near(self, vector: Vector, day: int | None) -> list[Compared]:
        """Return the stories that an article of this day may belong to, the best first."""
        shared: dict[int, int] = {}
        # In batches the newest articles come first, so that the stories forgotten are far from any other day.
        asks_state = not self.state_was_empty or (day is None and self._has_forgotten)
        for term, weight in zip(vector.keys, vector.weights, strict=False):
            ids = self._in_memory(term)
            if asks_state:
                ids = ids.union(self._state.stories_with(term, day, _NEAREST))
            for id_ in ids:
                shared[id_] = shared.get(id_, 0) + weight
        if not shared:  # as with most articles
            return []
        best = _heaviest(shared)
        if not self._stories.keys() >= {*best}:
            self._load([id_ for id_ in best if id_ not in self._stories])
            # A story is empty while its only article waits to be grouped again, in this batch or a later one.
            best = [id_ for id_ in best if id_ in self._stories]
        return [self._stories[id_].with_sums() for id_ in best]

    def _in_memory(self, term: int) -> frozenset[int]:
        """Return the latest stories in memory with a term."""
        found = self._found_by.get(term)
        if not found or len(found) > _MOST_WITH_A_TERM:
            return _NONE
        latest = found[-_NEAREST:]
        if term not in self._current:
            self._current.add(term)
            found[-_NEAREST:] = latest = [self._stories[id_].now.id for id_ in latest]
        return frozenset(latest)

    def include(self, story: Compared, vector: Vector) -> None:
        """Remember the story of a new article."""
        self._stories[story.id] = story
        for term in vector.keys:
            self._found_by.setdefault(term, []).append(story.id)

    def taken(self, ids: Collection[int]) -> set[int]:
        """Return those of these ids that a story has or had."""
        return {id_ for id_ in ids if id_ in self._stories} | self._state.existing(ids)

    def end_batch(self) -> None:
        """Note that stories have been joined, and forget the latest ones if there are too many."""
        self._current.clear()
        if len(self._stories) > _MOST_IN_MEMORY:
            stories = [story for story in self._stories.values() if story.into is None]
            if len(stories) > _MOST_IN_MEMORY:
                self._forget(stories)

    def _forget(self, stories: list[Compared]) -> None:
        self._has_forgotten = True
        stories.sort(key=lambda story: (story.earliest, story.id))
        oldest = {story.id: story for story in stories[: _MOST_IN_MEMORY // 2]}
        current = {id_: story.now.id for id_, story in self._stories.items() if story.now.id in oldest}
        self._stories = oldest
        found_by = ((term, [current[id_] for id_ in ids if id_ in current]) for term, ids in self._found_by.items())
        self._found_by = {term: found for term, found in found_by if found}

    def _load(self, ids: list[int]) -> None:
        for id_, kept in self._state.stories(ids, _MOST_VECTORS).items() if ids else ():
            self._stories[id_] = _compared(id_, kept)


def _heaviest(shared: Mapping[int, int]) -> list[int]:
    """Return the ids with most weight; of equal ones the highest."""
    if len(shared) <= _COMPARED:
        return [*shared]
    least = sorted(shared.values())[-_COMPARED]
    best = [id_ for id_, weight in shared.items() if weight > least]
    equal = sorted(id_ for id_, weight in shared.items() if weight == least)
    return best + equal[len(best) - _COMPARED :]


def _compared(id_: int, kept: KeptStory) -> Compared:
    alone = [Compared(id_, 1, day, unpacked(vector), is_new=False).with_sums() for day, vector in kept.newest]
    story, *others = alone
    for other in others:
        story.take(other)
    story.taken.clear()
    story.size = kept.size
    return story
