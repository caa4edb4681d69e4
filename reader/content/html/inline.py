"""Running text while HTML is read: pieces in a style go in, clean spans come out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, groupby

from reader.content.blocks import Span, Spans
from reader.core.text import clean_block

BREAK = Span("\n")
"""A line break that the author wrote."""

_BREAKS = "\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
SOURCE_SPACE = re.compile(f"[{_BREAKS}][ {_BREAKS}]*+| [ {_BREAKS}]++")
"""What HTML shows as one space, but for a single space, of which there are many."""
# One no-break space between two words is intended; several are an indent.
_BLANKS = re.compile("[ \xa0]{2,}|[\t\n]")

_SUPERSCRIPT = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_SUBSCRIPT = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
SHIFTING_ELEMENTS = {"sup": _SUPERSCRIPT, "sub": _SUBSCRIPT}
"""Elements for superscripts and subscripts, with the characters that show them."""


def to_superscript(text: str, element: str) -> str:
    """Return ``text`` in the characters of ``sup`` or ``sub``; unchanged if one of them does not exist."""
    shifted = [SHIFTING_ELEMENTS[element].get(char) for char in text.strip()]
    return "".join(char for char in shifted if char) if shifted and all(shifted) else text


def paragraphs(pieces: Iterable[Span]) -> list[Spans]:
    """Return ``pieces``, with :data:`BREAK` among them, as cleaned paragraphs.

    One break is a line break, two or more separate paragraphs. Blanks at the ends of lines and empty paragraphs are
    dropped.
    """
    found: list[list[Span]] = [[]]
    line: list[Span] = []
    for piece in chain(pieces, [BREAK]):
        if piece is not BREAK:
            line.append(piece)
            continue
        if tidied := tidy(line):
            found[-1] += [BREAK, *tidied] if found[-1] else tidied
        else:
            found.append([])
        line = []
    return [tuple(spans) for spans in found if spans]


def tidy(pieces: Iterable[Span]) -> list[Span]:
    """Return the pieces of one line as spans: neighbors of one style joined, cleaned, blanks collapsed."""
    spans: list[Span] = []
    after_blank = True
    for (style, href), group in groupby(pieces, key=lambda piece: (piece.style, piece.href)):
        # Joined before cleaning: two harmless halves can be harmful together.
        text = _BLANKS.sub(" ", clean_block("".join(piece.text for piece in group)))
        if after_blank:
            text = text.lstrip()
        if text:
            spans.append(Span(text, style, href))
            after_blank = text[-1].isspace()
    while spans and not (rest := spans[-1].text.rstrip()):
        spans.pop()
    if spans:
        spans[-1] = Span(rest, spans[-1].style, spans[-1].href)
    return spans
