"""Finds the stories that a new article may belong to: those that share its rarest terms, near its date. Pure."""

from __future__ import annotations

from heapq import nlargest

from reader.stories.linkage import DAYS, Compared
from reader.stories.state import KeptStory, StoryState
from reader.stories.terms import Vector, unpacked

_COMPARED = 12
"""How many stories a new article is compared with."""
_MOST_WITH_A_TERM = 64
"""A term of more stories says too little; of those in the state, only the newest of a term are found."""
_MOST_VECTORS = 256
"""The vectors of so many of its articles stand for a large story."""
_MOST_IN_MEMORY = 100_000


class Candidates:
    """Stories in memory, and in a state as far as they are not in memory."""

    def __init__(self, state: StoryState) -> None:
        self._state = state
        self._stories: dict[int, Compared] = {}
        self._found_by: dict[int, list[Compared]] = {}
        self.state_was_empty = state.documents() == 0
        self._forgotten_from: int | None = None
        """The first day of the stories that were forgotten."""

    def near(self, vector: Vector, day: int | None) -> list[Compared]:
        """Return the stories that an article of this day may belong to, the best first."""
        shared: dict[int, int] = {}
        asks_state = self._is_incomplete(day)
        days = None if day is None else (day - DAYS, day + DAYS)
        for term, weight in zip(vector.keys, vector.weights, strict=False):
            found = self._found_by.get(term, ())
            ids = {story.now.id for story in found} if len(found) <= _MOST_WITH_A_TERM else set()
            if asks_state:
                ids.update(self._state.stories_with(term, days, _MOST_WITH_A_TERM))
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
        return self._is_incomplete(None) and self._state.has_story(id_)

    def forget_after(self, day: int) -> None:
        """Forget stories that began after ``day``, if they are many; and the latest ones if there are too many."""
        stories = {story.now for story in self._stories.values()}
        kept = [story for story in stories if story.first is None or story.first <= day]
        if len(kept) > _MOST_IN_MEMORY:
            kept.sort(key=lambda story: (story.first is not None, story.first))
            del kept[_MOST_IN_MEMORY // 2 :]
        elif 2 * len(kept) > len(stories):
            return
        dropped = [story.first for story in stories.difference(kept) if story.first is not None]
        if dropped:
            self._forgotten_from = min([*dropped, *([] if self._forgotten_from is None else [self._forgotten_from])])
        left = set(kept)
        self._stories = {story.id: story for story in kept}
        found_by = ((term, [s for s in found if s.now in left]) for term, found in self._found_by.items())
        self._found_by = {term: found for term, found in found_by if found}

    def _is_incomplete(self, day: int | None) -> bool:
        if not self.state_was_empty:
            return True
        return self._forgotten_from is not None and (day is None or day + DAYS >= self._forgotten_from)

    def _load(self, ids: list[int]) -> None:
        for id_, kept in self._state.stories(ids, _MOST_VECTORS).items() if ids else ():
            self._stories[id_] = _compared(id_, kept)


def _compared(id_: int, kept: KeptStory) -> Compared:
    first, *others = (unpacked(data) for data in kept.vectors)
    story = Compared(id_, kept.size, kept.first, kept.last, first.by_term(), is_new=False)
    for vector in others:
        story.add(vector.by_term())
    return story
