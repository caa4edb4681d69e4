"""Finds the stories that a new article may belong to: those that share its rarest terms, near its date. Pure."""

from __future__ import annotations

from collections.abc import Collection
from heapq import nlargest, nsmallest

from reader.stories.linkage import Compared
from reader.stories.state import KeptStory, StoryState
from reader.stories.terms import Vector, unpacked

_COMPARED = 12
"""How many stories a new article is compared with."""
_NEAREST = 32
"""So many stories with a term are looked at: the nearest in time."""
_MOST_WITH_A_TERM = 1_000
"""A term of more stories says too little."""
_MOST_VECTORS = 256
"""The vectors of so many of its articles stand for a large story."""
_MOST_IN_MEMORY = 40_000


class Candidates:
    """Stories in memory, and in a state as far as they are not in memory."""

    def __init__(self, state: StoryState) -> None:
        self._state = state
        self._stories: dict[int, Compared] = {}
        self._found_by: dict[int, list[Compared]] = {}
        self.state_was_empty = state.documents() == 0
        self._has_forgotten = False

    def near(self, vector: Vector, day: int | None) -> list[Compared]:
        """Return the stories that an article of this day may belong to, the best first."""
        shared: dict[int, int] = {}
        # In batches the newest articles come first, so that the stories forgotten are far from any other day.
        asks_state = not self.state_was_empty or (day is None and self._has_forgotten)
        for term, weight in zip(vector.keys, vector.weights, strict=False):
            found = self._found_by.get(term)
            ids: Collection[int] = ()
            if found and len(found) <= _MOST_WITH_A_TERM:
                ids = {(story if story.into is None else story.now).id for story in found[-_NEAREST:]}
            if asks_state:
                ids = {*ids, *self._state.stories_with(term, day, _NEAREST)}
            for id_ in ids:
                shared[id_] = shared.get(id_, 0) + weight
        best = nlargest(_COMPARED, shared, key=lambda id_: (shared[id_], id_)) if len(shared) > _COMPARED else [*shared]
        self._load([id_ for id_ in best if id_ not in self._stories])
        return [self._stories[id_] for id_ in best]

    def include(self, story: Compared, vector: Vector) -> None:
        """Remember the story of a new article."""
        self._stories[story.id] = story
        for term in vector.keys:
            self._found_by.setdefault(term, []).append(story)

    def has_story(self, id_: int) -> bool:
        """Return whether there is or was a story with this id."""
        if id_ in self._stories:
            return True
        return (self._has_forgotten or not self.state_was_empty) and self._state.has_story(id_)

    def forget(self) -> None:
        """Forget the latest stories if there are too many."""
        stories = {story.now for story in self._stories.values()}
        if len(stories) <= _MOST_IN_MEMORY:
            return
        self._has_forgotten = True
        left = set(nsmallest(_MOST_IN_MEMORY // 2, stories, key=lambda story: (min(story.days, default=0), story.id)))
        self._stories = {story.id: story for story in left}
        found_by = ((term, [s for s in found if s.now in left]) for term, found in self._found_by.items())
        self._found_by = {term: found for term, found in found_by if found}

    def _load(self, ids: list[int]) -> None:
        for id_, kept in self._state.stories(ids, _MOST_VECTORS).items() if ids else ():
            self._stories[id_] = _compared(id_, kept)


def _compared(id_: int, kept: KeptStory) -> Compared:
    alone = [Compared(id_, 1, day, unpacked(vector), is_new=False) for day, vector in kept.newest]
    story, *others = alone
    for other in others:
        story.take(other)
    story.taken.clear()
    story.size = kept.size
    return story
