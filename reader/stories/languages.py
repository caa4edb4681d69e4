"""Tells German texts, whose words the stems of English do not fit, from others. Pure.

What the document says about its language does not matter: the same text always has the same terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

_LETTERS = re.compile("[äöüßÄÖÜ]")
_ENGLISH = "the of and to for on by at with from as is it that after"
_ENGLISH_TOO = "am an den die hat in man so war will"
"""Function words of German that are words in English, too."""


def is_german(text: str, words: Sequence[str | bytes]) -> bool:
    """Return whether a text is in German, given its words in lower case; false if in doubt."""
    german, english = _signs()
    has_letters = not text.isascii() and _LETTERS.search(text) is not None
    if not has_letters and german.isdisjoint(words):  # most texts
        return False
    return has_letters + len(german.intersection(words)) > len(english.intersection(words))


@lru_cache(maxsize=1)
def function_words() -> dict[str, list[str]]:
    """Return the most frequent words of languages other than English."""
    lines = Path(__file__).with_name("function_words.txt").read_text("utf-8").splitlines()
    return {language: words for language, *words in map(str.split, lines)}


@lru_cache(maxsize=1)
def _signs() -> tuple[frozenset[str | bytes], frozenset[str | bytes]]:
    """Return words that are German alone, and words of English: as text, and as bytes as in texts that are ASCII."""
    english = _ENGLISH.split()
    others = [word for language, words in function_words().items() if language != "german" for word in words]
    german = {*function_words()["german"]} - {*english, *_ENGLISH_TOO.split(), *others}
    return _forms(german), _forms(english)


def _forms(words: Iterable[str]) -> frozenset[str | bytes]:
    return frozenset(form for word in words for form in (word, word.encode()))
