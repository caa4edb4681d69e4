"""Where the words of a query are in a text, for highlighting. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from reader.core.tokenize import fold, is_single_character, sign_words, words

_ASCII = re.compile("[A-Za-z0-9]+")
_WITHIN_WORD = 1
"""See :func:`_words_around`; a character with another number is a word itself or separates words."""
_MAX_CHARACTERS = 10_000
"""Only this many characters of a text are searched; a screen has fewer."""


class Term(NamedTuple):
    """A word or phrase to highlight."""

    words: tuple[str, ...]
    prefix: bool
    """Whether the last word may be the beginning of a longer one."""


class _Word(NamedTuple):
    start: int
    end: int
    word: str


def parse_term(text: str, *, prefix: bool) -> Term | None:
    """Return ``text`` as a term; None if it has no word."""
    found = tuple(words(text))
    return Term(found, prefix and not is_single_character(found[-1])) if found else None


def pieces(text: str, found: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of ``text``, each with whether it is one of the spans in ``found``."""
    end = 0
    for start, stop in found:
        if start > end:
            yield text[end:start], False
        yield text[start:stop], True
        end = stop
    if end < len(text):
        yield text[end:], False


def spans(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Return the character spans of ``terms`` in ``text``, in order, merged where they touch."""
    text = text[:_MAX_CHARACTERS]
    all_words = sorted([*_words(text), *_signs(text)], key=lambda word: word.start)
    found: list[tuple[int, int]] = []
    for each in terms:
        for at in range(len(all_words) - len(each.words) + 1):
            run = all_words[at : at + len(each.words)]
            if _matches(run, each):
                found.append((run[0].start, run[-1].end))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _matches(run: list[_Word], wanted: Term) -> bool:
    *whole, last = wanted.words
    *before, end = (each.word for each in run)
    return before == whole and (end.startswith(last) if wanted.prefix else end == last)


def _words(text: str) -> Iterator[_Word]:
    if text.isascii():
        yield from (_Word(*run.span(), run.group().lower()) for run in _ASCII.finditer(text))
        return
    start = -1
    for at, char in enumerate((*text, " ")):
        part = _words_around(char)
        if part == _WITHIN_WORD:
            start = at if start == -1 else start
            continue
        if start != -1:
            folded = words(text[start:at])
            if len(folded) == 1:
                yield _Word(start, at, folded[0])
            start = -1
        for word in words(char):  # a word of its own, as in Chinese; some make two, such as the Thai sara am
            yield _Word(at, at + 1, word)


def _signs(text: str) -> Iterator[_Word]:
    """Yield the signs that are words, as in C++, C# and .NET."""
    folded = text.lower() if text.isascii() else [*map(_folded, text)]
    found = [*sign_words("".join(folded))]
    places = [at for at, part in enumerate(folded) for _ in part] if found else []
    for start, end, word in found:
        yield _Word(places[start], places[end - 1] + 1, word)


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    return fold(char)


@lru_cache(maxsize=4096)
def _words_around(char: str) -> int:
    """Return how many words a letter, this character and a letter make."""
    return len(words(f"a{char}a"))
