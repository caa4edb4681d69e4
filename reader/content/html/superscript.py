"""Figures above and below the line, as characters of their own: the 2 of x<sup>2</sup> is none of a number. Pure."""

from __future__ import annotations

_ABOVE = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_BELOW = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
_SHIFTS = {"sup": _ABOVE, "sub": _BELOW}
NAMES = frozenset(_SHIFTS)
"""The elements that shift what is in them."""


def shifted(text: str, name: str) -> str:
    """Return ``text`` as it stands in an element ``sup`` or ``sub``; as it is where there are no such characters."""
    found = [_SHIFTS[name].get(char) for char in text.strip()]
    return "".join(char for char in found if char) if found and all(found) else text
