"""How long a text is: in words, or in characters where no blanks separate words. Pure."""

from __future__ import annotations

from typing import NamedTuple

from reader.core.tokenize import is_single_character, words

_SAMPLE = 600
"""Characters that are looked at."""


class Unit(NamedTuple):
    """What a text is counted in."""

    name: str
    per_minute: int
    """How many of them people read in a minute, in their own language."""


WORD = Unit("word", 230)
_CHARACTERS = (
    # Thai, Lao, Burmese, Khmer: letters, and signs for vowels and tones.
    ("\u0e00", "\u1fff", Unit("character", 1_000)),
    ("\u3040", "\u30ff", Unit("character", 350)),  # Japanese has kana
    ("\uac00", "\ud7ff", Unit("character", 600)),  # Korean
    ("\u2e80", "\U0003ffff", Unit("character", 260)),  # Chinese
)
"""First and last character of a script, in the order in which they are looked for."""


def unit_of(text: str) -> Unit:
    """Return the unit for a text in the script of its beginning."""
    if text[:_SAMPLE].isascii():
        return WORD
    found = words(text[:_SAMPLE])
    singles = [word for word in found if is_single_character(word)]
    if 2 * len(singles) <= len(found):
        return WORD
    enough = len(singles) / 10
    return next(
        (unit for first, last, unit in _CHARACTERS if sum(first <= each <= last for each in singles) > enough), WORD
    )


def count(text: str, unit: Unit) -> int:
    """Return how many words or characters a text has, about; signs are none."""
    return len(text.split()) if unit is WORD else len(words(text))
