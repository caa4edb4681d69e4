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

_WIDTHS = {"\xa0": 1, "\N{EN SPACE}": 1, "\N{EM SPACE}": 2, "\N{IDEOGRAPHIC SPACE}": 2}
_MAX_INDENT = 40
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
    dropped, but lines keep the indent that they have more than others of their paragraph, as in verse.
    """
    found: list[list[tuple[int, list[Span]]]] = [[]]
    line: list[Span] = []
    for piece in chain(pieces, [BREAK]):
        if piece is not BREAK:
            line.append(piece)
            continue
        if tidied := tidy(line):
            found[-1].append((_indent(line), tidied))
        else:
            found.append([])
        line = []
    return [tuple(_with_indents(lines)) for lines in found if lines]


def _indent(line: list[Span]) -> int:
    """Return the width of the blanks at the start of a line that HTML does not collapse."""
    text = "".join(piece.text[:_MAX_INDENT] for piece in line[:4])
    return sum(_WIDTHS.get(char, 0) for char in text[: len(text) - len(text.lstrip())])


def _with_indents(lines: list[tuple[int, list[Span]]]) -> list[Span]:
    least = min(indent for indent, _ in lines)
    spans: list[Span] = []
    for indent, line in lines:
        first = line[0]
        if indent > least and not first.href:
            line[0] = Span("\xa0" * (indent - least) + first.text, first.style)
        spans += [BREAK, *line] if spans else line
    return spans


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
