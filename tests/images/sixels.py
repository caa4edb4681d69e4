"""What a terminal paints from Sixel data, by DEC's VT340 manual, chapter 14, as far as newsreader uses it."""

from __future__ import annotations

import re
from typing import TypeAlias

Percent: TypeAlias = tuple[int, int, int]
"""Red, green and blue, each from 0 to 100."""
_HEAD = re.compile(r'\x1bP0;1;0q"1;1;(\d+);(\d+)')
_PART = re.compile(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|(?:!(\d+))?([?-~])|(\$)|(-)")
_BAND = 6


def painted(sixel: str) -> list[list[Percent | None]]:
    """Return the rows of pixels that an image paints; None is a pixel that it leaves unchanged.

    As strict as the strictest terminal: a color is selected only by its number, not by being defined. Raises
    AssertionError for invalid data.
    """
    head = _HEAD.match(sixel)
    assert head is not None, sixel[:40]
    assert sixel.endswith("\x1b\\")
    wide, high = int(head[1]), int(head[2])
    rows: list[list[Percent | None]] = [[None] * wide for _ in range(-(-high // _BAND) * _BAND)]
    colors: dict[int, Percent] = {}
    chosen = x = y = 0
    at, end = head.end(), len(sixel) - 2
    while at < end:
        part = _PART.match(sixel, at, end)
        assert part is not None, sixel[at : at + 40]
        at = part.end()
        if part[1]:
            colors[int(part[1])] = (int(part[2]), int(part[3]), int(part[4]))
        elif part[5]:
            chosen = int(part[5])
        elif part[8]:
            x = 0
        elif part[9]:
            x, y = 0, y + _BAND
        else:
            bits, repeated = ord(part[7]) - ord("?"), int(part[6] or 1)
            for bit in range(_BAND):
                if bits >> bit & 1:
                    rows[y + bit][x : x + repeated] = [colors[chosen]] * repeated
            x += repeated
            assert x <= wide
    assert y < high, "a line feed at the end may scroll the screen"
    return rows
