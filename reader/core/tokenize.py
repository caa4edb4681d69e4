"""Splits text into the words it is indexed and searched by; one rule for documents and queries. Pure.

A word is a run of letters, digits and combining marks, without case and accents. In scripts without spaces between
words (Chinese, Japanese, Thai and others; also Korean, whose words take endings) every character is a word.
"""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache

from reader.core.text import unescape

# Marks to ignore: accents, Hebrew points, Arabic vowels. Indic, Thai and kana marks distinguish words and stay.
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\u0640\u200c\u200d"  # the last ones stretch and join Arabic letters
)
_SINGLY = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x3005, 0x3007),
    (0x3021, 0x31FF),  # kana, Bopomofo, compatibility jamo
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),
    (0x1AFF0, 0x1B16F),  # kana
    (0x20000, 0x3FFFF),  # Han
)
# Letters that Unicode does not decompose, but that people search for without their strokes.
_ALIKE = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
_KEPT = (string.ascii_letters + string.digits).encode()
_ASCII = bytes(code if code in _KEPT else 32 for code in range(256)).lower()  # five times faster than str.translate
_ROUNDS = 4


class _Spelling(dict[int, str]):
    """A table for str.translate, filled on first use of each character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in _ALIKE:
            said = _ALIKE[char]
        elif unicodedata.category(char)[0] not in "LNM":
            said = " "
        elif any(first <= code <= last for first, last in _SINGLY):
            said = f" {char} "
        else:
            said = char
        self[code] = said
        return said


_SPELLING = _Spelling()


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order. Idempotent on its words joined by spaces."""
    return spaced_words(text).split()


def spaced_words(text: str) -> str:
    """Return the words of ``text`` separated by one or more spaces."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII).decode("ascii")
    return _plain(text).translate(_SPELLING)


def is_single_character(word: str) -> bool:
    """Return whether ``word`` is a character that is a word by itself, so no longer word starts with it."""
    return len(word) == 1 and len(_SPELLING[ord(word)]) == 3


def fold_case(text: str) -> str:
    """Return ``text`` folded for comparison without case (canonical caseless matching, Unicode D145)."""
    if text.isascii():
        return text.lower()
    for _ in range(_ROUNDS):
        former = text
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
        if text == former:
            break
    return text


def _plain(text: str) -> str:
    """Return ``text`` without case, accents and compatibility variants."""
    for _ in range(_ROUNDS):  # case folding and normalization can affect each other
        former = text
        text = _accents().sub("", unicodedata.normalize("NFKD", text).casefold())
        text = unicodedata.normalize("NFC", text)
        if text == former:
            break
    return text


@cache
def _accents() -> re.Pattern[str]:
    return re.compile(f"[{_ACCENTS}]+")


# --- bodies --------------------------------------------------------------------------------

_INLINE = "a|abbr|b|big|bdi|bdo|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u|var|wbr"


@cache
def _tags() -> re.Pattern[str]:
    """Match HTML markup; an unclosed construct extends to the end, which keeps the time linear.

    Group 2 matches inline tags, which do not separate words.
    """
    return re.compile(
        r"<(?:!--(?s:.*?)(?:-->|\Z)"
        r"|(?i:(script|style)\b)(?s:.*?)(?:</(?i:script|style)\b[^<>]*+>|\Z)"
        rf"|(/?(?i:{_INLINE})\b[^<>]*+>)"
        r"|[/!]?[a-zA-Z][^<>]*+>)",
        re.ASCII,
    )


@cache
def _links() -> re.Pattern[str]:
    """Match the targets of Markdown links."""
    return re.compile(r"\]\((?:<[^<>\n]*+>|[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)[^()\n]*+\)", re.ASCII)


@cache
def _definitions() -> re.Pattern[str]:
    """Match Markdown link reference definitions."""
    return re.compile(r"^[ ]{0,3}\[[^\]\n]++\]:[^\n]*+$", re.MULTILINE | re.ASCII)


def spaced_body_words(body: str) -> str:
    """Return the words of an HTML or Markdown body, separated by spaces, without its markup.

    Takes linear time.
    """
    if "](" in body:
        body = _links().sub("] ", body)
    if "]:" in body:
        body = _definitions().sub(" ", body)
    if "<" in body:
        body = _tags().sub(lambda found: "" if found[2] else " ", body)
    return spaced_words(unescape(body))
