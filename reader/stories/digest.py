"""The excerpts of a story by source: what most sources say, and what only one of them does. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from reader.stories.model import Digest, DigestPart, DigestSentence, Story
from reader.stories.terms import Rarity, term_counts

_SAYS = 0.5
"""A source says what a sentence says if it has terms of this share of the sentence's weight."""
_BEGINS = r"""(?=[^\s\d\W]|["“«‘(])"""
_SENTENCES = re.compile(
    rf"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\b[DMS][rst]\.)\s+{_BEGINS}|(?<=[.!?…][\"”»’)])\s+{_BEGINS}|(?<=[。！？])|\n+"
)
"""Where sentences end: not after an initial, or Mr., Ms., Dr. and St."""


class Excerpt(NamedTuple):
    """What one article says."""

    rowid: int
    source: str
    published_at: datetime | None
    title: str
    text: str


class _Sentence(NamedTuple):
    text: str
    weights: dict[int, int]
    """The terms and how much each says."""

    def share_in(self, terms: Collection[int]) -> float:
        """Return how much of it, from 0 to 1, ``terms`` cover."""
        whole = sum(self.weights.values())
        return sum(weight for term, weight in self.weights.items() if term in terms) / whole if whole else 0.0


def digest(story: Story, excerpts: Sequence[Excerpt]) -> Digest:
    """Return the digest of a story; each source is there with its first article that has an excerpt."""
    by_source: dict[str, Excerpt] = {}
    for each in sorted(excerpts, key=lambda each: not each.text):
        by_source.setdefault(each.source or str(each.rowid), each)
    chosen = [each for each in excerpts if by_source[each.source or str(each.rowid)] is each]
    said_by = [set(term_counts(each.title, each.text)) for each in chosen]
    parts: list[DigestPart] = []
    common: list[tuple[int, float, _Sentence]] = []
    for at, each in enumerate(chosen):
        sentences = []
        for sentence in map(_sentence, split_sentences(each.text)):
            shares = [sentence.share_in(terms) for other, terms in enumerate(said_by) if other != at]
            others = sum(share >= _SAYS for share in shares)
            if others and 2 * (others + 1) > len(chosen):
                common.append((others, sum(shares), sentence))
                sentences.append(DigestSentence(sentence.text, "common"))
            else:
                sentences.append(DigestSentence(sentence.text, "" if others or not shares else "only"))
        parts.append(DigestPart(each.rowid, each.source, each.published_at, each.title, tuple(sentences)))
    return Digest(story, tuple(_without_repetition(common)), tuple(parts))


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [part.strip() for part in _SENTENCES.split(text) if part.strip()]


def _sentence(text: str) -> _Sentence:
    weighted = Rarity({}, 0).vector(term_counts("", text))
    return _Sentence(text, dict(zip(weighted.terms, weighted.weights, strict=True)))


def _without_repetition(common: list[tuple[int, float, _Sentence]]) -> list[str]:
    """Return the sentences that most sources say, those of most sources first, and none that says the same again."""
    kept: list[_Sentence] = []
    for _, _, sentence in sorted(common, key=lambda each: (-each[0], -each[1])):
        if all(sentence.share_in(each.weights) < _SAYS for each in kept):
            kept.append(sentence)
    return [sentence.text for sentence in kept]
