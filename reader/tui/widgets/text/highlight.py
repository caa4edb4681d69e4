"""Where the words of a query stand in a text, so that they can be drawn. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from reader.core.tokenize import is_single_character, words

_ASCII = re.compile("[A-Za-z0-9]+")
_WITHIN = 1
"""See :func:`_part`; anything else stands for itself, or separates words."""
_LONGEST = 10_000
"""Characters of a text that are looked through; a screen has fewer."""


class Term(NamedTuple):
    """Words that stand in a row."""

    words: tuple[str, ...]
    prefix: bool
    """Whether the last may go on."""


class _Word(NamedTuple):
    start: int
    end: int
    word: str


def parse_term(text: str, *, prefix: bool) -> Term | None:
    """Return what to look for; None when there is no word in ``text``."""
    found = tuple(words(text))
    return Term(found, prefix and not is_single_character(found[-1])) if found else None


def pieces(text: str, found: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Yield ``text`` in parts, each with whether it is one of those that were ``found`` (see :func:`spans`)."""
    end = 0
    for start, stop in found:
        if start > end:
            yield text[end:start], False
        yield text[start:stop], True
        end = stop
    if end < len(text):
        yield text[end:], False


def spans(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Return where ``terms`` stand in ``text``: places in characters, in order, none touching another."""
    there = list(_words(text[:_LONGEST]))
    found: list[tuple[int, int]] = []
    for each in terms:
        for at in range(len(there) - len(each.words) + 1):
            run = there[at : at + len(each.words)]
            if _is(run, each):
                found.append((run[0].start, run[-1].end))
    return _joined(sorted(found))


def _is(run: list[_Word], wanted: Term) -> bool:
    *whole, last = wanted.words
    if any(word.word != other for word, other in zip(run, whole, strict=False)):
        return False
    return run[-1].word.startswith(last) if wanted.prefix else run[-1].word == last


def _words(text: str) -> Iterator[_Word]:
    if text.isascii():
        yield from (_Word(*run.span(), run.group().lower()) for run in _ASCII.finditer(text))
        return
    start = -1
    for at, char in enumerate((*text, " ")):
        part = _part(char)
        if part == _WITHIN:
            start = at if start == -1 else start
            continue
        if start != -1:
            folded = words(text[start:at])
            if len(folded) == 1:
                yield _Word(start, at, folded[0])
            start = -1
        for word in words(char):  # as Chinese has it; some stand for two, such as the Thai sara am
            yield _Word(at, at + 1, word)


@lru_cache(maxsize=4096)
def _part(char: str) -> int:
    """Return in how many words a letter, this character and a letter are."""
    return len(words(f"a{char}a"))


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
