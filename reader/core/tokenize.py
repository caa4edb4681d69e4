"""Splits text into the words it is indexed and searched by; one rule for documents and queries. Pure.

A word is a run of letters, digits and combining marks, without case and accents. In scripts without spaces between
words (Chinese, Japanese, Thai and others; also Korean, whose words take endings) every character is a word. So are the
signs in C++, C# and .NET, so that these are found as written.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator

from reader.core.text import change_until_stable, lazy_pattern, unescape

# Marks to ignore: accents, Hebrew points, Arabic vowels. Indic, Thai and kana marks distinguish words and stay.
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\u0640\u200c\u200d"  # the last ones stretch and join Arabic letters
    "\u093c"  # the nukta of Devanagari, which many leave out
)
_singly = lazy_pattern(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff"  # Thai and Lao, Myanmar, Hangul, Khmer
    "\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaa7f"  # Tai Le and New Tai Lue, Tai Tham, Myanmar
    "\u3005-\u3007\u3021-\u31ff\u3400-\u4dbf\u4e00-\u9fff"  # kana, Bopomofo, compatibility jamo, Han
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"  # Hangul, Han, kana, Han
)
# Letters that Unicode does not decompose, but that people search for without their strokes.
_ALIKE = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
_KEPT = (string.ascii_lowercase + string.digits).encode()
_ASCII = bytes(code if code in _KEPT else 32 for code in range(256))  # five times faster than str.translate


class _Spelling(dict[int, str]):
    """A table for str.translate, filled on first use of each character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in _ALIKE:
            text = _ALIKE[char]
        elif unicodedata.category(char)[0] not in "LNM":
            text = " "
        elif _singly().match(char):
            text = f" {char} "
        else:
            text = char
        self[code] = text
        return text


_SPELLING = _Spelling()
_COMMON_SEPARATORS = "\xa0‘’“”–—•"
"""Characters beyond ASCII that fold to nothing else and are in no word."""


_signs = lazy_pattern(r"\+\+(?<=[a-z0-9]\+\+)|#(?<=[a-z0-9]#)(?!\w)|\.(?=net\b)(?<![\w.]\.)", re.ASCII)
"""Signs that belong to a name, in folded text. Each begins with itself, so that a search skips all other characters."""
_net = lazy_pattern(r"\.net\b", re.ASCII)
_SIGN_WORDS = {"++": "ᐩᐩ", "#": "ⵌ", ".": "ꓸ"}
"""Letters that look like the signs, as nothing but letters and digits is in a word."""


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order. Idempotent on its words joined by spaces."""
    return spaced_words(text).split()


def spaced_words(text: str) -> str:
    """Return the words of ``text`` separated by one or more spaces."""
    if not text.isascii():
        for separator in _COMMON_SEPARATORS:  # without them, most Latin texts are ASCII
            text = text.replace(separator, " ")
    # Folded first: the compatibility form of a character may be a sign, or the letter before or after one.
    text = fold(text)
    if _may_have_signs(text):
        text = _signs().sub(lambda found: f" {_SIGN_WORDS[found[0]]} ", text)
    if text.isascii():
        return text.encode("ascii").translate(_ASCII).decode("ascii")
    return text.translate(_SPELLING)


def sign_words(folded: str) -> Iterator[tuple[int, int, str]]:
    """Yield the signs in ``folded`` text that are words: start, end, and the word."""
    if _may_have_signs(folded):
        for found in _signs().finditer(folded):
            yield found.start(), found.end(), _SIGN_WORDS[found[0]]


def _may_have_signs(folded: str) -> bool:
    # Single characters, and an expression that begins with one, are found ten times as fast as two in a row.
    return "+" in folded or "#" in folded or ("." in folded and _net().search(folded) is not None)


def is_single_character(word: str) -> bool:
    """Return whether ``word`` is a character that is a word by itself, so no longer word starts with it."""
    return len(word) == 1 and len(_SPELLING[ord(word)]) == 3


def fold_case(text: str) -> str:
    """Return ``text`` folded for comparison without case (canonical caseless matching, Unicode D145)."""
    if text.isascii():
        return text.lower()
    return change_until_stable(
        text, lambda each: unicodedata.normalize("NFC", unicodedata.normalize("NFD", each).casefold())
    )


def fold(text: str) -> str:
    """Return ``text`` without case, accents and compatibility variants."""
    if text.isascii():
        return text.lower()
    folded = _folded_once(text)
    # Case folding and normalization can affect each other, but not in ASCII.
    return folded if folded.isascii() else change_until_stable(folded, _folded_once)


def _folded_once(text: str) -> str:
    return unicodedata.normalize("NFC", _accents().sub("", unicodedata.normalize("NFKD", text).casefold()))


_accents = lazy_pattern(f"[{_ACCENTS}]+")


# --- bodies --------------------------------------------------------------------------------

_INLINE = "a|abbr|b|big|bdi|bdo|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u|var|wbr"
_INLINE_STARTS = "".join(sorted({name[0] for name in _INLINE.split("|")}))


# An unclosed construct extends to the end, which keeps the time linear.
# Group 2 is an inline tag, which does not separate words. First letters are compared first, as most tags fail there.
_tags = lazy_pattern(
    r"<(?:!--(?s:.*?)(?:-->|\Z)"
    r"|(?=[sS])(?i:(script|style)\b)(?s:.*?)(?:</(?i:script|style)\b[^<>]*+>|\Z)"
    rf"|(/?(?=[{_INLINE_STARTS}{_INLINE_STARTS.upper()}])(?i:{_INLINE})\b[^<>]*+>)"
    r"|[/!]?[a-zA-Z][^<>]*+>)",
    re.ASCII,
)
_links = lazy_pattern(r"\]\((?:<[^<>\n]*+>|[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)[^()\n]*+\)", re.ASCII)
"""Targets of Markdown links."""
_definitions = lazy_pattern(r"^[ ]{0,3}\[[^\]\n]++\]:[^\n]*+$", re.MULTILINE | re.ASCII)
"""Markdown link reference definitions."""


def spaced_body_words(body: str) -> str:
    """Return the words of an HTML or Markdown body, separated by spaces, without its markup. Takes linear time."""
    if body.isalnum() and body.isascii():  # as many values of other fields are
        return body.lower()
    if "]" in body:  # found much faster than two characters in a row
        if "](" in body:
            body = _links().sub("] ", body)
        if "]:" in body:
            body = _definitions().sub(" ", body)
    if "<" in body:
        body = _tags().sub(lambda found: "" if found[2] else " ", body)
    return spaced_words(unescape(body))
