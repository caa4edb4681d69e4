"""The terms of a text and their weights: what the grouping compares. Pure.

A term is the stem of a word, a number, or two neighboring characters of a script without spaces, as a 32-bit hash. Its
weight grows with its count in title and excerpt, and with its rarity: in the folder, and in English in general, so
that a folder of five documents knows which words are common, too. docs/stories.md explains the method.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import getitem, mul
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from reader.stories.languages import function_words, german_signs, is_german

_TITLE = 2
"""How much more than the excerpt's the words of a title count."""
_EXCERPT_CHARACTERS = 400
_KEPT = 24
"""The terms kept of an article, those of most weight."""
_KEYS = 8
"""Those of them that it is found by."""
SCALE = 500
"""The length of a vector of weights, which are whole numbers so that sums do not depend on their order."""
_RAREST = 1 / 20_000
"""The share of documents that a word not known to be common is in."""
_TOO_COMMON = 1 / math.e
"""A word in such a share of the documents weighs nothing."""
_ARTICLES_OF_A_STORY = 40
"""What more articles than these have in common is no sign of a story."""
_LEAST_LENGTH = 8.0
"""The length of the vector of an article with few words that are not common; it is not like any other."""
_TERMS_OF_A_TEXT = 3
"""The terms that stand for a whole text; several, as one term in common is not enough for a story."""
_WORDS_OF_A_DOCUMENT = 60
_SHARE_OF_FUNCTION_WORDS = 0.2
"""In languages other than English."""
_MOST_WORDS_IN_MEMORY = 200_000
_FORMS = [Struct(f"={1 + terms}I{terms}H") for terms in range(1 + _KEPT + _TERMS_OF_A_TEXT)]
"""How vectors with so many terms are stored: the number of the source, the terms and their weights."""

_PUNCTUATION = re.compile("[\u00a0\u2010-\u201f\u2026\u202f]")
"""What most often keeps a text from being ASCII."""
_SHAPES = bytes(48 if 48 <= code <= 57 else 46 if code in b".," else 32 for code in range(128)) + bytes(128)
"""Each digit as 0, each point or comma as a point."""
_ASCII_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)
_WORDS = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff]")
_PARTICLES = re.compile("[的了在是和与及将被对为也就]|^[\u3040-\u309f]+$")
"""Chinese particles, and what is written in hiragana only."""


class Vector(NamedTuple):
    """What is compared of an article."""

    terms: Sequence[int]
    """Those of most weight first."""
    weights: Sequence[int]
    source: int = 0
    """A number for its source; 0 if that is unknown."""

    @property
    def keys(self) -> Sequence[int]:
        """The terms that the article is found by."""
        return self.terms[:_KEYS]

    def by_term(self) -> dict[int, int]:
        """Return the weight of each term."""
        return dict(zip(self.terms, self.weights, strict=True))

    def packed(self) -> bytes:
        """Return the vector as bytes."""
        return _FORMS[len(self.terms)].pack(self.source, *self.terms, *self.weights)


def is_packed(data: bytes) -> bool:
    """Return whether these bytes can be those of a vector."""
    return len(data) % 6 == 4 and len(data) // 6 < len(_FORMS)


def unpacked(data: bytes) -> Vector:
    """Return the vector that ``packed`` gave."""
    terms = len(data) // 6
    source, *numbers = _FORMS[terms].unpack(data)
    return Vector(numbers[:terms], numbers[terms:], source)


def term_counts(title: str, excerpt: str) -> Counter[int]:
    """Return how often each term is in a text."""
    text, words = _text_and_words(title, excerpt)
    counts = Counter(map(_stems("english").__getitem__, words))
    # Rather than whether any word is German, as there are fewer terms than words.
    if text.isascii() and _german_terms().isdisjoint(counts):  # most texts
        return counts
    return Counter(map(_stems("german").__getitem__, words)) if is_german(text, words) else counts


def words_by_term(title: str, excerpt: str) -> dict[int, str]:
    """Return a word of a text, in lower case, for each of its terms."""
    text, words = _text_and_words(title, excerpt)
    stems = _stems("german" if is_german(text, words) else "english")
    return {stems[word]: word.decode() if isinstance(word, bytes) else word for word in words}


def _text_and_words(title: str, excerpt: str) -> tuple[str, Sequence[str | bytes]]:
    """Return what is compared of a text, and its words."""
    excerpt = excerpt[:_EXCERPT_CHARACTERS]
    text = title + excerpt
    if text.isascii():
        return text, _words(f"{f'{title} ' * _TITLE}{excerpt}")
    return text, [*_words(title) * _TITLE, *_words(excerpt)]


class Rarity(dict[int, "_Weighted"]):
    """The weight of each term, given how many of so many articles have each: for each count the terms with weights."""

    def __init__(self, frequencies: Mapping[int, int], articles: int) -> None:
        super().__init__()
        self._frequencies = frequencies
        self._articles = articles
        self._common = _common()
        self._weights: dict[int, float] = {}

    def __missing__(self, count: int) -> _Weighted:
        terms = self[count] = _Weighted(self, count)
        return terms

    def weight(self, term: int) -> float:
        """Return the weight of a term; 0 if it is too common."""
        weight = self._weights.get(term)
        if weight is None:
            share = self._common.get(term, _RAREST)
            others = self._frequencies.get(term, 0) - _ARTICLES_OF_A_STORY
            if others > 0:
                share += others / self._articles
            weight = self._weights[term] = max(0.0, math.log(_TOO_COMMON / share))
        return weight

    def vector(self, counts: Mapping[int, int], source: str = "", *, text: int | None = None) -> Vector:
        """Return the weighted terms of a text, and its source.

        ``text`` is a hash of a text that others may be equal to: if its words say too little, it says the rest.
        """
        # Without a loop in Python, as this is done for each term of each article.
        weighted = [*filter(None, map(getitem, map(self.__getitem__, counts.values()), counts))]
        weighted.sort(reverse=True)
        del weighted[_KEPT:]
        number = _source_number(source) if source else 0
        if not weighted and text is None:
            return Vector((), (), number)
        heaviness, terms = _columns(weighted)
        length = math.sqrt(sum(map(mul, heaviness, heaviness)))
        if text is not None and length < _LEAST_LENGTH:
            rest = math.sqrt((_LEAST_LENGTH**2 - length**2) / _TERMS_OF_A_TEXT)
            weighted += [(rest, hashed(f"{text} {part}")) for part in range(_TERMS_OF_A_TEXT)]
            weighted.sort(reverse=True)
            heaviness, terms = _columns(weighted)
        scale = SCALE / max(_LEAST_LENGTH, length)
        weights = [int(weight * scale + 0.5) for weight in heaviness]
        while weights and not weights[-1]:
            weights.pop()
        return Vector(terms[: len(weights)], weights, number)


def _columns(weighted: Sequence[tuple[float, int]]) -> tuple[Sequence[float], Sequence[int]]:
    """Return the weights and the terms of pairs of these."""
    if not weighted:
        return (), ()
    weights, terms = zip(*weighted, strict=True)
    return weights, terms


class _Weighted(dict[int, tuple[float, int] | None]):
    """The weight in a text of each term that is in it so many times, with the term; None if the weight is 0."""

    def __init__(self, rarity: Rarity, count: int) -> None:
        super().__init__()
        self._weight = rarity.weight
        self._count = count

    def __missing__(self, term: int) -> tuple[float, int] | None:
        weight = self._weight(term) * self._count / (self._count + 1)
        pair = self[term] = (weight, term) if weight else None
        return pair


def _words(text: str) -> list[bytes] | list[str]:
    """Return the words in lower case; as bytes, which is twice as fast, if they are ASCII."""
    if not text.isascii():
        text = _PUNCTUATION.sub(" ", text)
    if text.isascii():
        data = text.encode()
        if b"0.0" not in data.translate(_SHAPES):  # no decimals
            return data.translate(_ASCII_WORDS).split()
    words = _WORDS.findall(text.lower())
    if not _UNSPACED.search(text):
        return words
    parts: list[str] = []
    for word in words:
        if not word.isascii() and _UNSPACED.search(word):
            pairs = (word[at : at + 2] for at in range(max(1, len(word) - 1)))
            parts += [pair for pair in pairs if not _PARTICLES.search(pair)]
        else:
            parts.append(word)
    return parts


class _Stems(dict[str | bytes, int]):
    """The hashed stem of each word, filled on first use of each word."""

    def __init__(self, language: str) -> None:
        import Stemmer  # late: only who groups articles needs it

        super().__init__()
        self._latin, self._russian, self._arabic = (
            Stemmer.Stemmer(each, 0).stemWord for each in (language, "russian", "arabic")
        )

    def __missing__(self, word: str | bytes) -> int:
        if len(self) > _MOST_WORDS_IN_MEMORY:
            self.clear()
        if isinstance(word, bytes):
            term = self[word] = hashed(self._latin(word.decode()))
            return term
        stem = self._russian if "\u0400" <= word <= "\u0500" else self._latin
        if "\u0600" <= word <= "\u0700":
            stem = self._arabic
        term = self[word] = hashed(stem(word))
        return term


@lru_cache(maxsize=1)
def _german_terms() -> frozenset[int]:
    """Return the terms of words that are German, as they are in a text that is not known to be German."""
    return frozenset(map(_stems("english").__getitem__, german_signs()))


@lru_cache
def _stems(language: str) -> _Stems:
    """Return the stems of words, those in Latin script by the rules of a language."""
    return _Stems(language)


def hashed(text: str) -> int:
    """Return the number that stands for a term."""
    return crc32(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4096)
def _source_number(source: str) -> int:
    return hashed(source.casefold())


@lru_cache(maxsize=1)
def _common() -> dict[int, float]:
    """Return the share of documents that each common word is in."""
    shares: dict[int, float] = {}
    for line in Path(__file__).with_name("common_words.txt").read_text("utf-8").splitlines():
        tier, *stems = line.split()
        share = 1 - (1 - 2.0 ** -int(tier)) ** _WORDS_OF_A_DOCUMENT
        shares.update((hashed(stem), share) for stem in stems)
    for language, words in function_words().items():
        stems_of = _stems("german" if language == "german" else "english")
        for word in words:
            shares.setdefault(stems_of[word], _SHARE_OF_FUNCTION_WORDS)  # many are other words in English
    return shares


def free_words() -> None:
    """Free what is kept for the next text, about 0.8 MB, and more with each new word."""
    _stems.cache_clear()
    _common.cache_clear()
