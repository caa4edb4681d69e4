"""Guesses the encoding of a page that is not UTF-8 and has no label that fits (pure)."""

from __future__ import annotations

import re

from charset_normalizer import CharsetMatch, from_bytes

_WESTERN = "cp1252"
"""What browsers assume for unlabeled pages."""
_LATIN = {
    "cp1252": _WESTERN, "cp1250": "cp1250", "iso8859_2": "iso8859-2", "cp1254": "cp1254", "cp1257": "cp1257",
    "cp1258": "cp1258",
}  # fmt: skip
_CODECS = {
    **_LATIN, "gb18030": "gb18030", "big5hkscs": "big5hkscs", "cp932": "cp932", "euc_jp": "euc_jp", "cp949": "cp949",
    "cp1251": "cp1251", "koi8_r": "koi8-r", "koi8_u": "koi8-u", "cp866": "cp866", "cp1253": "cp1253",
    "cp1255": "cp1255", "cp1256": "cp1256", "cp874": "cp874",
}  # fmt: skip
"""The encodings that are tried: their names in the library, and the codecs they mean."""
_NOT_TEXT = re.compile(rb"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_SEARCHED_BYTES = 1_000_000
_TEXT_BYTES = 20_000
_SIGN_IN_WORD = re.compile(r"[a-z][¡-¿]+[a-z]|[a-z][¹³¿¶¼¾][\s,.]|\s[¹³¿¶¼¾][a-z]")
_MIN_SHARE = 0.25
"""The share of bytes beyond ASCII in a text of another script than Latin."""
_NEARLY_EQUAL = 0.02
"""A difference between two coherences that says nothing."""


def guess_encoding(body: bytes) -> str:
    """Return the codec in which ``body`` reads most like a language; cp1252 if it does in none."""
    text = _text(body)
    is_latin = sum(byte > 0x7F for byte in text) < len(text) * _MIN_SHARE
    names = _LATIN if is_latin else _CODECS
    matches = [each for each in from_bytes(text, cp_isolation=list(names)) if each.encoding in names]
    best = next(iter(matches), None)
    if best is not None and best.encoding in _LATIN:
        # These share most letters, so the library finds them equal more often than not.
        best = max((each for each in matches if each.encoding in _LATIN), key=_likelihood)
    return _WESTERN if best is None else _CODECS[best.encoding]


def _text(body: bytes) -> bytes:
    """Return text of a page: only the pieces between tags that have more than ASCII."""
    found = bytearray()
    for piece in _NOT_TEXT.sub(b"\0", body[:_SEARCHED_BYTES]).split(b"\0"):
        if not piece.isascii():
            found += piece + b"\n"
        if len(found) > _TEXT_BYTES:
            break
    return bytes(found)


def _likelihood(match: CharsetMatch) -> float:
    """Return how likely a Latin encoding is: cp1252 if others are no better, and none with signs inside words."""
    signs = len(_SIGN_IN_WORD.findall(str(match)))
    return match.coherence - match.chaos - signs + _NEARLY_EQUAL * (match.encoding == _WESTERN)
