"""Names of boxes and lines that pages put around and between the text of an article. Pure.

The patterns are in ``boilerplate.toml``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from reader.core.text import clean
from reader.extraction.pattern_files import PatternFile

_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[-_:]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_EDGES = " *|•·»›→()"
"""What is around lines of pages. A dash or a full stop is not: it makes a line a sentence, said by somebody."""
_LONGEST = {"boilerplate": 400, "heading": 120, "date": 120, "byline": 80, "no name": 40}
"""Characters of a line of each kind; a longer one is text of the article."""


@cache
def _file() -> PatternFile:
    return PatternFile("reader.extraction", "boilerplate.toml")


@cache
def _names(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[ -]){_file().alternatives(_file().data['names'][kind])}(?:$|[ -]|\d)")


@cache
def _lines(kind: str) -> re.Pattern[str]:
    return _file().compile(_file().data["lines"][kind])


@lru_cache(maxsize=16_384)
def is_named(names: str, kind: str) -> bool:
    """Return whether a class or id has a name of this kind, a key of the table ``names``."""
    parts = _SEPARATORS.sub("-", _CAMEL_CASE.sub("-", names[:1_000])).lower().split()
    return bool(parts) and bool(_names(kind).search(" ".join(parts)))


def is_line(text: str, kind: str) -> bool:
    """Return whether a line is one of this kind, a key of the table ``lines``.

    That is ``boilerplate`` for what pages insert between the paragraphs of an article, ``heading`` for the heading of
    what follows one (similar articles, comments, buttons), ``date`` for only a date, with or without a time and a word
    such as "Published", and ``byline`` for only "By" and some names.
    """
    text = clean(text)
    line = text.rstrip(" :：»>→…") if kind == "heading" else text if kind == "byline" else text.strip(_EDGES)
    if kind == "byline" and not all(word[:1].isupper() or len(word) < 4 for word in line.split()):
        return False
    return len(text) < _LONGEST[kind] and bool(_lines(kind).fullmatch(line))


def find_date(text: str) -> re.Match[str] | None:
    """Return the first date in a line."""
    return _lines("with date").search(text[: _LONGEST["boilerplate"]])


def without_by(text: str) -> str:
    """Return a byline without the "By" before the name."""
    text = clean(text)
    prefix = _lines("by").match(text)
    return text[prefix.end() :] if prefix else text


def letters(text: str) -> str:
    """Return a line without case, blanks and punctuation, for comparison."""
    return _NO_LETTERS.sub("", text.casefold())
