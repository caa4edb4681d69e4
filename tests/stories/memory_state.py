"""What the grouping keeps between runs, in memory. Benchmarks use it, too."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable

from reader.stories.state import Changes, KeptArticle, KeptStory


class MemoryState:
    """A :class:`StoryState` in memory."""

    def __init__(self) -> None:
        self.articles: dict[int, KeptArticle] = {}
        self._members: dict[int, set[int]] = defaultdict(set)
        self._found_by: dict[int, set[int]] = defaultdict(set)
        self._departed: dict[int, int] = {}
        self._documents = 0
        self._frequencies: dict[int, int] = {}

    def story_by_row(self) -> dict[int, int]:
        """Return the story of each article."""
        return {rowid: kept.story for rowid, kept in self.articles.items()}

    def documents(self) -> int:
        return self._documents

    def frequencies(self, terms: Collection[int] | None) -> dict[int, int]:
        if terms is None:
            return dict(self._frequencies)
        return {term: self._frequencies[term] for term in terms if term in self._frequencies}

    def article(self, rowid: int) -> KeptArticle | None:
        return self.articles.get(rowid)

    def departed(self, text: int) -> int | None:
        return self._departed.get(text)

    def existing(self, ids: Collection[int]) -> set[int]:
        return {story for story in ids if self._members.get(story)}

    def repeated(self, ids: Collection[int]) -> Collection[int]:
        return ids

    def stories_with(self, term: int, day: int | None, limit: int) -> Iterable[int]:
        found = sorted((self.articles[rowid] for rowid in self._found_by.get(term, ())), key=_newest_first)
        at = 0 if day is None else bisect_left(found, (False, -day, 0), key=_newest_first)
        return [kept.story for kept in found[max(0, at - limit) : at + limit]]

    def stories(self, ids: Collection[int], limit: int) -> dict[int, KeptStory]:
        result = {}
        for story in ids:
            members = [self.articles[rowid] for rowid in sorted(self._members.get(story, ()), reverse=True)]
            members.sort(key=lambda kept: (kept.day is None, -(kept.day or 0)))
            if members:
                result[story] = KeptStory(len(members), [(kept.day, kept.vector) for kept in members[:limit]])
        return result

    def apply(self, changes: Changes) -> None:
        for rowid in changes.removed:
            kept = self.articles.pop(rowid)
            self._members[kept.story].discard(rowid)
            for key in kept.keys:
                self._found_by[key].discard(rowid)
        for old, new in changes.joined.items():
            for rowid in self._members.pop(old, ()):
                self.articles[rowid] = self.articles[rowid]._replace(story=new)
                self._members[new].add(rowid)
            self._departed |= {text: new for text, story in self._departed.items() if story == old}
        for kept in changes.added:
            self.articles[kept.rowid] = kept
            self._members[kept.story].add(kept.rowid)
            for key in kept.keys:
                self._found_by[key].add(kept.rowid)
        self._departed |= changes.departed
        self._documents = self._documents if changes.documents is None else changes.documents
        self._frequencies |= changes.frequencies


def _newest_first(kept: KeptArticle) -> tuple[bool, int, int]:
    return kept.day is None, -(kept.day or 0), kept.rowid
