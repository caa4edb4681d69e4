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
    has_letters = not text.isascii() and _LETTERS.search(text) is not None
    return has_letters + len(german_signs().intersection(words)) > len(_english_signs().intersection(words))


@lru_cache(maxsize=1)
def function_words() -> dict[str, list[str]]:
    """Return the most frequent words of languages other than English."""
    lines = Path(__file__).with_name("function_words.txt").read_text("utf-8").splitlines()
    return {language: words for language, *words in map(str.split, lines)}


@lru_cache(maxsize=1)
def german_signs() -> frozenset[str | bytes]:
    """Return words that are German alone: as text, and as bytes as in texts that are ASCII."""
    others = [word for language, words in function_words().items() if language != "german" for word in words]
    return _forms({*function_words()["german"]} - {*_ENGLISH.split(), *_ENGLISH_TOO.split(), *others})


@lru_cache(maxsize=1)
def _english_signs() -> frozenset[str | bytes]:
    return _forms(_ENGLISH.split())


def _forms(words: Iterable[str]) -> frozenset[str | bytes]:
    return frozenset(form for word in words for form in (word, word.encode()))
