"""Groups articles into stories. Pure and deterministic.

Articles come in batches. Each article of a batch is a story of its own at first; then :mod:`reader.stories.linkage`
joins stories, those that exist already included: these only grow or join. docs/stories.md says what this promises.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice, repeat
from typing import NamedTuple

from reader.core.hashing import hash_bytes
from reader.stories.candidates import Candidates
from reader.stories.linkage import Compared, join_all
from reader.stories.state import Changes, KeptArticle, StoryState
from reader.stories.terms import Rarity, Vector, term_counts

BATCH = 4096
"""So many articles are grouped together."""
_MOST_FREQUENCIES = 500_000
_SECONDS_OF_A_DAY = 86_400
_FIRST_REVIEW = 16
"""With so many articles, and each time that there are a quarter more, those that are alone are grouped again."""
MOST_REVIEWED = 4000
"""At most so many of them, the newest."""
_LONG_EXCERPT = 100
"""Equal texts with so many characters are copies; a column has the same title every week."""


class StoryArticle(NamedTuple):
    """What stories are made from."""

    rowid: int
    id: int
    """Stays the same for ever; a story has that of the article it began with. 64 bits with sign."""
    title: str
    excerpt: str = ""
    published: int | None = None
    """In seconds since 1970."""
    source: str = ""

    @property
    def day(self) -> int | None:
        """When it was published, in days since 1970."""
        return None if self.published is None else self.published // _SECONDS_OF_A_DAY


class Grouping:
    """Puts articles into stories, and keeps them in a :class:`StoryState`."""

    def __init__(self, state: StoryState) -> None:
        self._state = state

    def is_review_due(self, number: int) -> bool:
        """Return whether the articles that are alone should be grouped again, together with so many new ones."""
        before = self._state.documents()
        size = _FIRST_REVIEW
        while size <= before:
            size += size // 4
        return 0 < before < size <= before + number

    def add_all(self, articles: Iterable[StoryArticle], *, review: bool = False) -> Iterator[int]:
        """Add articles; of these the newest should be in the first batch, those without a date in the last.

        ``review`` says that those that are alone in the folder are among them. Yields how many were added after each
        batch, when the state has been saved.
        """
        batches = _Batches(self._state, in_memory=True, review=review)
        waiting, added = iter(articles), 0
        while True:
            with _without_gc():
                if not (batch := list(islice(waiting, BATCH))):
                    break
                batches.add(batch)
            added += len(batch)
            yield added
        batches.finish()

    def add(self, *articles: StoryArticle) -> None:
        """Add a few articles, or replace those with their row ids."""
        _Batches(self._state, in_memory=False, review=False).add(articles)

    def remove(self, rowid: int) -> None:
        """Remove an article; the others stay in their stories."""
        kept = self._state.article(rowid)
        if kept is not None:
            self._state.apply(Changes(removed=[rowid], departed={kept.text: kept.story}))


class _Batches:
    """Adds batches of articles to a state."""

    def __init__(self, state: StoryState, *, in_memory: bool, review: bool) -> None:
        self._state = state
        self._candidates = Candidates(state)
        self._documents = state.documents()
        self._frequencies = Counter(state.frequencies(None) if in_memory else {})
        self._in_memory = in_memory
        """Whether the frequencies of all terms are in memory, and saved at the end."""
        self._is_late = not (review or self._candidates.state_was_empty)

    def add(self, articles: Sequence[StoryArticle]) -> None:
        """Add articles, or replace those with their row ids; in which order they are given does not matter."""
        articles = sorted(articles, key=_newest_first)
        changes = Changes()
        texts = [_text_hash(article) for article in articles]
        returning = self._returning(articles, texts)
        counts = [term_counts(article.title, article.excerpt) for article in articles]
        self._count([each for each, story in zip(counts, returning, strict=True) if story is None], changes)
        arrivals: list[tuple[StoryArticle, int, Vector, Compared]] = []
        pairs: list[tuple[Compared, Compared]] = []
        rarity = Rarity(self._frequencies, self._documents)
        # Outside of the first batches, any text may be one that is kept.
        any_text = not (self._in_memory and self._candidates.state_was_empty)
        repeated = {text for text, number in Counter(texts).items() if number > 1 or any_text}
        existing = self._state.existing({story for story in returning if story is not None})
        ids: Collection[int] = [article.id for article in articles]
        if self._candidates.state_was_empty:  # only another article can have taken the id of one
            ids = self._state.repeated(ids)
        taken = self._candidates.taken(ids)
        for article, text, each, story in zip(articles, texts, counts, returning, strict=True):
            is_long = len(article.excerpt) >= _LONG_EXCERPT
            weighted = rarity.vector(each, article.source, text=text if is_long and text in repeated else None)
            if story is not None and story in existing:
                changes.added.append(_kept(article, story, text, weighted))
                continue
            id_ = self._free_id(article.id, taken)
            if not weighted.terms:  # it is like no other
                changes.added.append(_kept(article, id_, text, weighted))
                continue
            day = article.day
            alone = Compared(id_, 1, day, weighted, is_new=True)
            if near := self._candidates.near(weighted, day):
                pairs += zip(repeat(alone.with_sums()), near, strict=False)
            self._candidates.include(alone, weighted)
            arrivals.append((article, text, weighted, alone))
        saved = {id(other): other for _, other in pairs if not other.is_new}
        join_all(pairs, late=self._is_late)
        changes.joined = {story.id: story.now.id for story in saved.values() if story.into is not None}
        for article, text, weighted, alone in arrivals:
            changes.added.append(_kept(article, alone.now.id, text, weighted))
            alone.is_new = False
        self._state.apply(changes)
        self._candidates.end_batch()

    def finish(self) -> None:
        """Save what is counted."""
        self._state.apply(Changes(documents=self._documents, frequencies=self._frequencies))

    def _returning(self, articles: Sequence[StoryArticle], texts: Sequence[int]) -> list[int | None]:
        """Return the story of each article whose text was here before; remove what is replaced."""
        if self._candidates.state_was_empty:
            return [None] * len(articles)
        stories: list[int | None] = []
        changes = Changes()
        for article, text in zip(articles, texts, strict=True):
            kept = self._state.article(article.rowid)
            if kept is not None:
                changes.removed.append(article.rowid)
                if kept.text == text:
                    stories.append(kept.story)
                    continue
                changes.departed[kept.text] = kept.story
            stories.append(self._state.departed(text))
        if changes.removed:
            self._state.apply(changes)
        return stories

    def _count(self, counts: Sequence[Counter[int]], changes: Changes) -> None:
        """Count in how many articles each term is."""
        if not self._in_memory:
            self._frequencies |= self._state.frequencies({term for each in counts for term in each})
        self._frequencies.update(chain.from_iterable(counts))
        self._documents += len(counts)
        if not self._in_memory:
            changes.documents, changes.frequencies = self._documents, self._frequencies
        elif len(self._frequencies) > _MOST_FREQUENCIES:
            self._frequencies = Counter({term: count for term, count in self._frequencies.items() if count > 1})

    def _free_id(self, id_: int, taken: set[int]) -> int:
        while id_ in taken:
            id_ = _hashed(id_.to_bytes(8, "big", signed=True))
            taken |= self._candidates.taken([id_])
        taken.add(id_)
        return id_


@contextmanager
def _without_gc() -> Iterator[None]:
    """Pause the search for reference cycles: grouping creates none, and the search takes a quarter of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _newest_first(article: StoryArticle) -> tuple[bool, int, int, int]:
    return article.published is None, -(article.published or 0), article.id, article.rowid


def _kept(article: StoryArticle, story: int, text: int, weighted: Vector) -> KeptArticle:
    return KeptArticle(article.rowid, story, article.day, text, weighted.keys, weighted.packed())


def _text_hash(article: StoryArticle) -> int:
    return _hashed(f"{article.title}\n{article.excerpt}".encode("utf-8", "surrogatepass"))


def _hashed(data: bytes) -> int:
    return int.from_bytes(hash_bytes(data, 8), "big", signed=True)
