"""HTML of feeds to plain text: titles and excerpts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reader.content.html.tokenizer import tokens
from reader.core.text import ELLIPSIS, clean, unescape

MAX_EXCERPT = 500
"""Characters of an excerpt."""
_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark nobr q s samp small span strike strong "
    "sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_NAMES.split())
"""Elements between whose text and its surroundings there is no space."""


def from_html(source: str, limit: int = 1_000_000) -> str:
    """Return HTML as one line of clean text; reading ends after about ``limit`` characters of text."""
    return clean("".join(_pieces(source, limit)))


def from_text(source: str) -> str:
    """Return plain text as one line of clean text, with character references that were escaped twice decoded."""
    return clean(unescape(source))


def shorten(text: str) -> str:
    """Return a text cut at a word to at most :data:`MAX_EXCERPT` characters."""
    if len(text) <= MAX_EXCERPT:
        return text
    words = text[:MAX_EXCERPT].rpartition(" ")[0]
    return (words or text[: MAX_EXCERPT - 1]).rstrip(" ,;:–-") + ELLIPSIS


def _pieces(source: str, limit: int) -> Iterator[str]:
    for token in tokens(source):
        if token.kind == "text":
            yield token.text
            limit -= len(token.text)
            if limit < 0:
                return
        elif token.text not in _INLINE:
            yield " "
