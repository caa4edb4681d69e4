"""Spans -> lines of a limited number of terminal cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from reader.content.blocks import Span, TextStyle
from reader.core.text import cell_width, clean_block, stable_width

Line: TypeAlias = tuple[Span, ...]
"""One line of the screen, without line breaks, within the width."""

_Style: TypeAlias = tuple[TextStyle, str]

# Scripts without blanks between words: kana, ideographs, and their punctuation and full-width forms.
_CJK = (
    "\u2e80-\u2fff\u3001-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffef\U00020000-\U0003ffff"
)
_OPENING = "（［｛〔〈《「『【〖〝"
_CLOSING = "，。、．：；！？）］｝〕〉》」』】〗〟ー々…"

# Scripts whose words only a dictionary can separate (class SA of UAX #14): a line may break anywhere, but not within a
# syllable. Thai and Lao write some vowels before their consonant and some, which are not combining marks, after it.
_LEADING = "".join(map(chr, (*range(0xE40, 0xE45), *range(0xEC0, 0xEC5))))
_TRAILING = "".join(map(chr, (*range(0xE2F, 0xE34), 0xE45, 0xE46, *range(0xEAF, 0xEB4), 0xEC6)))
_JOINERS = "\u200c\u200d"
_VIRAMA = 9
"""The combining class of a sign that joins two consonants."""
_MAX_UNIT = 16
"""Characters; no language has a longer syllable, so a longer unit is broken anywhere."""


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of an atom, of an ideograph, and of punctuation that may not start a line.

    Compiled at first use, since large character ranges take milliseconds. Repeats are bounded, so that no match
    covers a whole megabyte.
    """
    atom = (
        rf"\n|[ \t]+|[{_OPENING}]{{0,4}}(?![{_CLOSING}{_OPENING}])[{_CJK}][{_CLOSING}]{{0,4}}|[{_CLOSING}{_OPENING}]"
        rf"|[^ \t\n{_CJK}{_CLOSING}{_OPENING}]{{1,200}}"
    )
    return re.compile(atom), re.compile(f"[{_CJK}]"), re.compile(f"[{_CLOSING}]")


def cells(text: str) -> int:
    """Return the width of ``text`` in terminal cells."""
    return len(text) if text.isascii() else cell_width(text)


def make_span(text: str, style: TextStyle, href: str = "") -> Span:
    """Return a span of a line. ``text`` is cleaned again: clean pieces need not be clean when joined."""
    return Span(text if text.isascii() else clean_block(text), style | TextStyle.LINK if href else style, href)


@dataclass(slots=True)
class _Word:
    """A word, possibly in several styles; it is broken only if it is longer than a line."""

    pieces: list[tuple[str, _Style]]
    size: int
    """Cells."""
    gap: _Style | None
    """The style of the blank before the word, or None without one."""


def wrap(spans: Iterable[Span], limit: int, style: TextStyle = TextStyle.NONE) -> list[Line]:
    """Return ``spans``, each with ``style`` added, in lines of at most ``limit`` cells; ``limit`` is at least 2.

    Lines break at blanks and around ideographs, but never before closing punctuation. A word that is longer than a
    line is broken anywhere. Takes time linear in the text.
    """
    lines: list[Line] = []
    parts: list[tuple[str, _Style]] = []
    used = 0
    for word in _words(spans, style):
        if word is None or (used and used + (word.gap is not None) + word.size > limit):
            lines.append(_joined(parts))
            parts, used = [], 0
        if word is None:
            continue
        if word.gap and used:
            parts.append((" ", word.gap))
            used += 1
        if word.size <= limit:
            parts += word.pieces
            used += word.size
            continue
        for word_style, pieces in groupby(word.pieces, key=itemgetter(1)):
            text = "".join(text for text, _ in pieces)  # two pieces may share a syllable
            for piece, size in pieces_of(text, limit, limit - used):
                if used + size > limit:
                    lines.append(_joined(parts))
                    parts, used = [], 0
                parts.append((piece, word_style))
                used += size
    if parts:
        lines.append(_joined(parts))
    return lines


def pieces_of(text: str, limit: int, first: int) -> Iterator[tuple[str, int]]:
    """Yield ``text`` in pieces of at most ``limit`` cells, the first of at most ``first``, with their widths.

    Nothing is lost. A combining mark stays with its letter, and the vowels of a Thai or Lao syllable with it.
    """
    if text.isascii():
        end = first if first > 0 else limit
        if text:
            yield text[:end], min(end, len(text))
        for start in range(end, len(text), limit):
            yield text[start : start + limit], min(limit, len(text) - start)
        return
    room = first
    start = end = used = 0
    for unit, size in _units(text, limit):
        if used + size > room:
            if end > start:
                yield text[start:end], used
                start, used = end, 0
            room = limit
        end += len(unit)
        used += size
    if start < len(text):
        yield text[start:], used


def _units(text: str, limit: int) -> Iterator[tuple[str, int]]:
    """Yield the unbreakable units of ``text`` with their widths of at most ``limit`` cells."""
    start = used = 0
    for position, char in enumerate(text):
        size = cells(char)
        fits = used + size <= limit and position - start < _MAX_UNIT
        if position > start and not (fits and _belongs(text[position - 1], char)):
            yield text[start:position], used
            start, used = position, 0
        used += size
    if start < len(text):
        yield text[start:], used


def _belongs(before: str, char: str) -> bool:
    """Return whether no line may end between two characters (UAX #29, GB9 to GB9c; Thai and Lao: see above)."""
    if before in _LEADING or before == "\u200d":
        return True
    if char.isascii():
        return False
    return (
        unicodedata.category(char)[0] == "M"
        or char in _TRAILING
        or char in _JOINERS
        or unicodedata.combining(before) == _VIRAMA
    )


def _words(spans: Iterable[Span], added: TextStyle) -> Iterator[_Word | None]:
    """Yield the words of ``spans`` in order, and None for each line break."""
    word: _Word | None = None
    gap: _Style | None = None
    atoms, free, not_first = _patterns()
    for span in spans:
        style = (span.style | added, span.href)
        for found in atoms.finditer(span.text):
            atom = found[0]
            if atom[0] in " \t\n":
                if word:
                    yield word
                    word = None
                if atom == "\n":
                    yield None
                gap = style
                continue
            atom = stable_width(atom)
            if word and (not_first.match(atom) or not (free.match(atom) or free.match(word.pieces[-1][0][-1:]))):
                word.pieces.append((atom, style))
                word.size += cells(atom)
                continue
            if word:
                yield word
            word, gap = _Word([(atom, style)], cells(atom), gap), None
    if word:
        yield word


def _joined(parts: list[tuple[str, _Style]]) -> Line:
    """Return the parts of a line as spans, with neighbors of one style joined."""
    return tuple(
        make_span("".join(text for text, _ in group), *style) for style, group in groupby(parts, key=itemgetter(1))
    )
