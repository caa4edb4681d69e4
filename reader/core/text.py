"""The text gate: the one place that makes text from outside safe.

Documents, file names, web pages and responses are written by strangers, and a terminal executes the control sequences
it is shown. So every such string passes through here after each step that decodes it (YAML escapes and HTML entities
can produce what the raw file did not contain) and before it reaches a screen, a log, a pipe or a browser.

* :func:`clean` and :func:`clean_block` remove control, escape, bidirectional and invisible characters. The result is
  safe to store.
* :func:`stable_width`, :func:`fit_cells` and :func:`truncate` prepare it for *drawing in cells*: they drop forms whose
  width differs between terminals, so that columns stay aligned.

Text from outside is never read as markup: widgets get it as ``Content`` or ``Text``, never as ``str``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from os import PathLike, fsencode

from rich.cells import cell_len, split_graphemes

ELLIPSIS = "…"

# A number this long is not a character, and int() rejects more than 4,300 digits.
_LONG_REFERENCE = re.compile(r"&#(?:\d{8,}+|[xX][0-9a-fA-F]{8,}+);?", re.ASCII)

_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"

# What is removed from any text, with the reason:
_REMOVED = (
    "\x00-\x08\x0e-\x1b\x1f\x7f"  # C0 and DEL: ESC starts terminal commands, BEL and BS act at once
    "\x80-\x84\x86-\x9f"  # C1: one-character forms of ESC [, ESC ] and the like
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides, isolates (UAX #9)
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f"  # draw nothing
    "\u3164\ufeff\uffa0\ufff0-\ufffb"  # fillers, BOM, interlinear annotation
    "\ufe00-\ufe0e"  # variation selectors except VS16, which is part of emoji
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\U000e0000-\U000e0fff"  # tag characters and further variation selectors: a hidden alphabet
)
# Lone surrogates and noncharacters (Unicode 23.7: a block of 32, and the last two code points of every plane).
_BROKEN = f"\ud800-\udfff\ufdd0-\ufdef{''.join(chr(p << 16 | 0xFFFE) + chr(p << 16 | 0xFFFF) for p in range(17))}"
_SPACES = re.compile(f"[\t{_LINE_BREAKS}][ \t{_LINE_BREAKS}]*+| [ \t{_LINE_BREAKS}]++")
"""What becomes one space: all runs of blanks but a single space, of which there are many."""
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_JOINERS = re.compile("[\u200c\u200d]")
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
# More combining marks on one letter than any language writes ("Zalgo"), counted across joiners, which go later.
_STACKED = f"((?:[\u200c\u200d]?[{_MARKS}]){{4}})[\u200c\u200d]?[{_MARKS}][{_MARKS}\u200c\u200d]*"


def lazy_pattern(pattern: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """Return a function that compiles ``pattern`` on its first call, so that start-up does not wait for it."""
    return cache(lambda: re.compile(pattern, flags))


_suspect = lazy_pattern(f"[{_REMOVED}{_BROKEN}{_MARKS}\u200c\u200d]")
"""Everything that the substitutions change."""
_suspect_ascii = lazy_pattern("[\x00-\x08\x0e-\x1b\x1f\x7f]")
"""Likewise in text of ASCII, which is searched much faster for so few characters."""
_SUBSTITUTIONS = (
    (lazy_pattern(f"[{_REMOVED}]"), ""),
    (lazy_pattern(f"[{_BROKEN}]"), "\ufffd"),
    (lazy_pattern("[\u200c\u200d]{2,}"), ""),
    (lazy_pattern(_STACKED), r"\1"),
)


def clean(text: str) -> str:
    """Return ``text`` as one safe line: no control, escape, bidi or invisible characters.

    Runs of whitespace, line breaks included, become one space; the ends are stripped. Invalid characters become
    U+FFFD. Joiners stay only where they shape a script or an emoji. Idempotent.
    """
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip() if "  " in text else text.strip()
    # Removing characters can join spaces, so spaces are folded last.
    return _SPACES.sub(" ", _purge(text)).strip()


def clean_block(text: str) -> str:
    """Return ``text`` as safe lines: like :func:`clean`, but line breaks (as ``\\n``), tabs and indents stay."""
    if text.isascii() and text.isprintable():
        return text
    return _purge(_BREAKS.sub("\n", text))


def is_clean_block(characters: str) -> bool:
    """Return whether :func:`clean_block` changes no text that consists of ``characters`` and printable ASCII."""
    return not _BREAKS.search(characters) and not _suspect().search(characters)


def unescape(text: str) -> str:
    """Return ``text`` with its HTML character references decoded; the result is as untrusted as before."""
    if "&" not in text:
        return text
    import html  # lazy: titles without entities do not need the table

    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


def change_until_stable(text: str, change: Callable[[str], str]) -> str:
    """Return ``text`` after ``change``, repeated until it changes nothing more, eight times at most."""
    for _ in range(8):
        before, text = text, change(text)
        if text == before:
            break
    return text


def show_path(path: str | bytes | PathLike[str]) -> str:
    """Return a path as one safe line; bytes that are not UTF-8 become U+FFFD."""
    return clean(fsencode(path).decode("utf-8", "replace"))


def _purge(text: str) -> str:
    if not (_suspect_ascii if text.isascii() else _suspect)().search(text):
        return text
    for pattern, replacement in _SUBSTITUTIONS:
        text = pattern().sub(replacement, text)
    return _JOINERS.sub(lambda m: m[0] if _joins(text, m.start()) else "", text)


def _joins(text: str, at: int) -> bool:
    """Whether the joiner at ``at`` is between two letters of a joining script, or between two emoji."""
    if at == 0 or at + 1 >= len(text):
        return False
    before, after = text[at - 1], text[at + 1]
    if text[at] == "\u200d" and ord(after) >= 0x2190 and (before == "\ufe0f" or ord(before) >= 0x2190):
        return not (before.isspace() or after.isspace())
    return _shapes(before) and _shapes(after)


def _shapes(char: str) -> bool:
    # Arabic up to Myanmar and Khmer, Mongolian: the scripts whose spelling uses ZWJ and ZWNJ.
    return 0x0600 <= ord(char) <= 0x18AF and unicodedata.category(char)[0] in "LM"


def format_size(size: float) -> str:
    """Return a number of bytes, such as ``850 kB``, ``2.1 MB`` or ``1.2 GB``."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB")):
        if size >= unit * 0.9995:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1_000:.0f} kB" if size >= 1_000 else "1 byte" if size == 1 else f"{size:.0f} bytes"


def format_count(number: int, thing: str) -> str:
    """Return ``1 article`` or ``5 articles``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def format_list(words: Iterable[str]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


# --- cells ---------------------------------------------------------------------------------

_ON_THE_LETTER = "\u0e33\u0eb3"
"""Thai and Lao SARA AM: one cell wide, but part of the previous letter (UAX #29, GB9a)."""
_ODD = re.compile("[^\x00-\u02ff]")  # negated, as the positive form takes 6 ms to compile
_KEYCAP = re.compile("([0-9#*])\ufe0f?\u20e3")
_EXTRAS = re.compile("[\u200d\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")


_CACHED = 1024
"""Of how many texts each of the following functions caches the result; a large screen shows some hundred."""


def stable_width(text: str) -> str:
    """Return ``text`` in a form whose width is the same in all terminals.

    Measured in tmux and the common emulators: joined emoji ("family"), skin tones, emoji-style selectors and keycaps
    differ in width. So joined emoji are drawn one after the other, a keycap as its sign in parentheses, and the others
    are dropped. Copied and saved text is not affected.
    """
    return text if text.isascii() else _without_extras(text)


@lru_cache(maxsize=_CACHED)
def _without_extras(text: str) -> str:
    if not _ODD.search(text):
        return text
    return _EXTRAS.sub("", _KEYCAP.sub(r"(\1)", text))


cell_width = lru_cache(maxsize=_CACHED)(cell_len)
"""Returns the number of terminal cells that a text takes."""


@lru_cache(maxsize=_CACHED)
def truncate(text: str, cells: int) -> str:
    """Return ``text`` in at most ``cells`` cells, cut with an ellipsis, never inside a grapheme cluster."""
    if cells <= 0:
        return ""
    # Clusters are at most a few characters long, so only the beginning of a long text is measured.
    text = stable_width(text[: cells * 8 + 64] if len(text) > cells * 8 + 64 else text)
    if cell_len(text) <= cells:
        return text
    if text.isascii():
        return text[: cells - 1].rstrip() + ELLIPSIS
    taken, last, end = 0, 0, 0
    for start, stop, size in split_graphemes(text)[0]:
        if taken + size > cells - 1:
            end = last if text[start] in _ON_THE_LETTER else end
            break
        taken, last, end = taken + size, start, stop
    return text[:end].rstrip() + ELLIPSIS


def free_texts() -> None:
    """Free the texts that this module caches."""
    for cached in (_without_extras, cell_width, truncate):
        cached.cache_clear()


def fit_cells(text: str, cells: int, *, right: bool = False) -> str:
    """Return ``text`` in exactly ``cells`` cells, truncated or padded; right-aligned if ``right``."""
    shown = truncate(text, cells)
    pad = " " * (cells - cell_len(shown))
    return pad + shown if right else shown + pad
