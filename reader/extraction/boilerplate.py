"""Names of boxes and lines that pages put around and between the text of an article. Pure.

The patterns are in ``boilerplate.toml``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from reader.core.text import clean
from reader.extraction.pattern_files import PatternFile

MAX_LINE = 400
"""Characters; a longer line is text of the article."""
_MAX_HEADING = 120
_MAX_BYLINE = 80
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[-_:]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_EDGES = " *|•·»›→"
"""What is around lines of pages. A dash or a full stop is not: it makes a line a sentence, said by somebody."""


BoxKind: TypeAlias = Literal["boilerplate", "standfirst", "screen reader"]
"""What the names of a box say about it: it is no part of an article; it stands first in one; or only screen readers
read it."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    file = PatternFile("reader.extraction", "boilerplate.toml")
    names, lines, any_of = file.data["names"], file.data["lines"], file.alternatives
    return {
        "boilerplate": re.compile(rf"(?:^|[ -]){any_of(names['boilerplate'])}(?:$|[ -]|\d)"),
        "standfirst": re.compile(rf"(?:^|[ -]){any_of(names['standfirst'])}(?:$|[ -])"),
        "screen reader": re.compile(rf"(?:^|[ -]){any_of(names['screen_reader'])}(?:$|[ -])"),
        "line": file.compile(lines["boilerplate"]),
        "heading": file.compile(rf"{any_of(lines['headings'])}\s*[:：]?\s*[»>→…]?"),
        "date": file.compile("{date}"),
        "only a date": file.compile(lines["date_only"]),
        "byline": re.compile(any_of(lines["byline"])),
        "by": file.compile(lines["byline_prefix"]),
    }


@lru_cache(maxsize=16_384)
def is_named(names: str, kind: BoxKind) -> bool:
    """Return whether a class or id names a box of this kind."""
    parts = _SEPARATORS.sub("-", _CAMEL_CASE.sub("-", names[:1_000])).lower().split()
    return bool(_patterns()[kind].search(" ".join(parts)))


def is_boilerplate_line(text: str) -> bool:
    """Return whether a line is one that pages insert between the paragraphs of an article."""
    text = clean(text).strip(_EDGES)
    return len(text) < MAX_LINE and bool(_patterns()["line"].fullmatch(text))


def is_boilerplate_heading(text: str) -> bool:
    """Return whether a line is the heading of what follows an article: similar articles, comments, buttons."""
    text = clean(text)
    return len(text) < _MAX_HEADING and bool(_patterns()["heading"].fullmatch(text))


def is_date(text: str) -> bool:
    """Return whether a line is only a date, with or without a time and a word such as "Published"."""
    return len(text) < _MAX_HEADING and bool(_patterns()["only a date"].fullmatch(clean(text).strip(_EDGES)))


def is_byline(text: str) -> bool:
    """Return whether a line is only "By" and some names."""
    text = clean(text)
    if len(text) >= _MAX_BYLINE or not _patterns()["byline"].fullmatch(text):
        return False
    return all(word[:1].isupper() or len(word) < 4 for word in text.split())


def has_date(text: str) -> bool:
    """Return whether there is a date anywhere in a line."""
    return bool(_patterns()["date"].search(text[:MAX_LINE]))


def without_by(text: str) -> str:
    """Return a byline without the "By" before the name."""
    text = clean(text)
    prefix = _patterns()["by"].match(text)
    return text[prefix.end() :] if prefix else text


def letters(text: str) -> str:
    """Return a line without case, blanks and punctuation, for comparison."""
    return _NO_LETTERS.sub("", text.casefold())
