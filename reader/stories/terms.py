"""The terms of a text and their weights: what the grouping compares. Pure.

A term is the stem of a word, a number, or two neighboring characters of a script without spaces, as a 32-bit hash. Its
weight grows with its count in title and excerpt, and with its rarity: in the folder, and in English in general, so
that a folder of five documents knows which words are common, too. docs/stories.md explains the method.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

_TITLE = 2
"""How much more than the excerpt's the words of a title count."""
_EXCERPT_CHARACTERS = 400
_KEPT = 32
"""The terms kept of an article, those of most weight."""
_KEYS = 8
"""Those of them that it is found by."""
SCALE = 500
"""The length of a vector of weights, which are whole numbers so that sums do not depend on their order."""
_RAREST = 1 / 20_000
"""The share of documents that a word not known to be common is in."""
_TOO_COMMON = 1 / math.e
"""A word in such a share of the documents weighs nothing."""
_UNKNOWN_DOCUMENTS = 20_000
"""How many documents a folder must have until its own counts weigh as much as ours."""
_WORDS_OF_A_DOCUMENT = 60
_MOST_COUNTS = 64
_SATURATED = [2 * count / (count + 1) for count in range(_MOST_COUNTS)]

_WORDS = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff]")


class Vector(NamedTuple):
    """The terms of an article with their weights, those of most weight first."""

    terms: array[int]
    weights: array[int]

    @property
    def keys(self) -> Sequence[int]:
        """The terms that the article is found by."""
        return self.terms[:_KEYS]

    def by_term(self) -> dict[int, int]:
        """Return the weight of each term."""
        return dict(zip(self.terms, self.weights, strict=True))

    def packed(self) -> bytes:
        """Return the vector as bytes."""
        return self.terms.tobytes() + self.weights.tobytes()


def unpacked(data: bytes) -> Vector:
    """Return the vector that ``packed`` gave."""
    size = len(data) // 6
    terms, weights = array("I"), array("H")
    terms.frombytes(data[: 4 * size])
    weights.frombytes(data[4 * size :])
    return Vector(terms, weights)


def term_counts(title: str, excerpt: str) -> dict[int, int]:
    """Return how often each term is in a text."""
    counts: dict[int, int] = {}
    stems = _stems()
    for text, weight in ((title, _TITLE), (excerpt[:_EXCERPT_CHARACTERS], 1)):
        for word in _words(text):
            term = stems[word]
            counts[term] = counts.get(term, 0) + weight
    return counts


def vector(counts: Mapping[int, int], frequencies: Mapping[int, int], documents: int) -> Vector:
    """Return the weighted terms of a text, given how many of so many documents have each term."""
    common, total = _common(), documents + _UNKNOWN_DOCUMENTS
    weighted = []
    for term, count in counts.items():
        share = common.get(term, _RAREST) + frequencies.get(term, 0) / total
        if share < _TOO_COMMON:
            weighted.append((math.log(_TOO_COMMON / share) * _SATURATED[min(count, _MOST_COUNTS - 1)], term))
    weighted.sort(reverse=True)
    del weighted[_KEPT:]
    length = math.sqrt(sum(weight * weight for weight, _ in weighted)) or 1.0
    return Vector(
        array("I", [term for _, term in weighted]),
        array("H", [round(SCALE * weight / length) for weight, _ in weighted]),
    )


def _words(text: str) -> list[str]:
    words = _WORDS.findall(text.lower())
    if text.isascii() or not _UNSPACED.search(text):
        return words
    parts: list[str] = []
    for word in words:
        if _UNSPACED.search(word):
            parts += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        else:
            parts.append(word)
    return parts


class _Stems(dict[str, int]):
    """The hashed stem of each word, filled on first use of each word."""

    def __init__(self) -> None:
        import Stemmer  # late: only who groups articles needs it

        super().__init__()
        self._stem = Stemmer.Stemmer("english", 0).stemWord

    def __missing__(self, word: str) -> int:
        if len(self) > 200_000:
            self.clear()
        term = self[word] = hashed(self._stem(word))
        return term


@lru_cache(maxsize=1)
def _stems() -> _Stems:
    return _Stems()


def hashed(text: str) -> int:
    """Return the number that stands for a term."""
    return crc32(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1)
def _common() -> dict[int, float]:
    """Return the share of documents that each common English word is in."""
    shares: dict[int, float] = {}
    with Path(__file__).with_name("common_words.txt").open(encoding="utf-8") as file:
        for line in file:
            tier, *stems = line.split()
            share = 1 - (1 - 2.0 ** -int(tier)) ** _WORDS_OF_A_DOCUMENT
            shares.update((hashed(stem), share) for stem in stems)
    return shares


def words_by_term(text: str) -> dict[int, str]:
    """Return a word of a text, in lower case, for each of its terms."""
    stems = _stems()
    return {stems[word]: word for word in _words(text)}
