"""Text -> the words that it is searched by; one rule for documents and for queries. Pure.

A word is a run of letters, numbers and marks, without case and accents. Scripts that do
not put spaces between words (Chinese, Japanese, Thai and their like; Korean too, whose
words take endings) are taken character by character, so that a word of theirs is some
characters in a row.
"""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache

from reader.core.text import unescape

# Marks that are no letters: accents, Hebrew points, Arabic vowels. Those of India, of Thai and of kana tell one word
# from another, and stay.
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\u0640\u200c\u200d"  # the last: what stretches and joins Arabic
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
# Letters that no accent makes of others, to Unicode, but to everybody who looks for them.
_ALIKE = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
_KEPT = (string.ascii_letters + string.digits).encode()
_ASCII = bytes(code if code in _KEPT else 32 for code in range(256)).lower()  # bytes: a fifth of the time of str's
_ROUNDS = 4


class _Spelling(dict[int, str]):
    """For str.translate: what each character is to a word, found out when it first comes."""

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
    """Return the words of ``text`` in order. Those of its words, put together with spaces, are the same."""
    return spaced_words(text).split()


def spaced_words(text: str) -> str:
    """Return the words of ``text`` with one space or more between."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII).decode("ascii")
    return _plain(text).translate(_SPELLING)


def is_single_character(word: str) -> bool:
    """Return whether ``word`` is a character that stands for itself, so that no longer word begins with it."""
    return len(word) == 1 and len(_SPELLING[ord(word)]) == 3


def fold_case(text: str) -> str:
    """Return what two texts have in common that differ in case alone (canonical caseless matching, Unicode D145)."""
    if text.isascii():
        return text.lower()
    for _ in range(_ROUNDS):
        former = text
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
        if text == former:
            break
    return text


def _plain(text: str) -> str:
    """Return ``text`` without case, accents and variants of letters."""
    for _ in range(_ROUNDS):  # folding case can give normalising something to do, and the other way round
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
    """Return the markup of HTML; what is not closed goes on to the end, so that time is linear.

    Group 2 is there for what stands inside a word.
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
    """Return where links of Markdown lead to."""
    return re.compile(r"\]\((?:<[^<>\n]*+>|[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)[^()\n]*+\)", re.ASCII)


@cache
def _definitions() -> re.Pattern[str]:
    """Return where links of Markdown lead to, when that stands elsewhere."""
    return re.compile(r"^[ ]{0,3}\[[^\]\n]++\]:[^\n]*+$", re.MULTILINE | re.ASCII)


def spaced_body_words(body: str) -> str:
    """Return the words of a body in HTML or Markdown, with one space or more between, about as it is read.

    Without the names and addresses of its markup; linear in the length of ``body``.
    """
    if "](" in body:
        body = _links().sub("] ", body)
    if "]:" in body:
        body = _definitions().sub(" ", body)
    if "<" in body:
        body = _tags().sub(lambda found: "" if found[2] else " ", body)
    return spaced_words(unescape(body))
