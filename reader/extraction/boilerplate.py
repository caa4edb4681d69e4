"""Names of boxes and lines that pages put around and between the text of an article. Pure.

The patterns are in ``boilerplate.toml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from reader.core.text import clean
from reader.extraction.pattern_files import PatternFile

MAX_LINE = 400
"""Characters; a longer line is text of the article."""
_MAX_HEADING = 120
_MAX_BYLINE = 80
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[-_:]+")
_EDGES = " .*-–—|•·»›→"


@dataclass(frozen=True, slots=True)
class _Patterns:
    names: re.Pattern[str]
    large_names: re.Pattern[str]
    standfirst_names: re.Pattern[str]
    screen_reader_names: re.Pattern[str]
    lines: re.Pattern[str]
    headings: re.Pattern[str]
    date: re.Pattern[str]
    date_only: re.Pattern[str]
    byline: re.Pattern[str]
    byline_prefix: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    file = PatternFile("reader.extraction", "boilerplate.toml")
    names, lines, any_of = file.data["names"], file.data["lines"], file.alternatives
    return _Patterns(
        names=re.compile(rf"(?:^|[ -]){any_of(names['boilerplate'])}(?:$|[ -]|\d)"),
        large_names=re.compile(rf"(?:^| ){any_of(names['comments'] + names['overlays'])}(?: |$)"),
        standfirst_names=re.compile(rf"(?:^|[ -]){any_of(names['standfirst'])}(?:$| )"),
        screen_reader_names=re.compile(rf"(?:^|[ -]){any_of(names['screen_reader'])}(?:$|[ -])"),
        lines=file.compile(lines["boilerplate"]),
        headings=file.compile(rf"{any_of(lines['headings'])}\s*[:：]?\s*[»>→…]?"),
        date=file.compile("{date}"),
        date_only=file.compile(lines["date_only"]),
        byline=re.compile(any_of(lines["byline"])),
        byline_prefix=file.compile(lines["byline_prefix"]),
    )


@lru_cache(maxsize=4096)
def is_boilerplate_name(names: str) -> bool:
    """Return whether a class or id names a box that is no part of an article."""
    return bool(_patterns().names.search(_normalized(names)))


@lru_cache(maxsize=4096)
def is_large_boilerplate_name(names: str) -> bool:
    """Return whether a class or id names a box that may be longer than the article: comments, consent dialogs."""
    return bool(_patterns().large_names.search(_normalized(names)))


@lru_cache(maxsize=4096)
def is_screen_reader_only(names: str) -> bool:
    """Return whether a class marks text that is not shown but read aloud."""
    return bool(_patterns().screen_reader_names.search(_normalized(names)))


@lru_cache(maxsize=4096)
def is_standfirst_name(names: str) -> bool:
    """Return whether a class marks the standfirst, which stands between heading and text and belongs to the text."""
    return bool(_patterns().standfirst_names.search(_normalized(names)))


def _normalized(names: str) -> str:
    """Return names in lower case, their parts joined by hyphens, with single blanks between names."""
    return " ".join(_SEPARATORS.sub("-", _CAMEL_CASE.sub("-", names[:1_000])).lower().split())


def is_boilerplate_line(text: str) -> bool:
    """Return whether a line is one that pages put between the paragraphs of an article."""
    text = clean(text).strip(_EDGES)
    return len(text) < MAX_LINE and bool(_patterns().lines.fullmatch(text))


def is_boilerplate_heading(text: str) -> bool:
    """Return whether a line is the heading of what follows an article: similar articles, comments, buttons."""
    text = clean(text)
    return len(text) < _MAX_HEADING and bool(_patterns().headings.fullmatch(text))


def is_date(text: str) -> bool:
    """Return whether a line is only a date, with or without a time and a word such as "Published"."""
    return len(text) < _MAX_HEADING and bool(_patterns().date_only.fullmatch(clean(text).strip(_EDGES)))


def is_byline(text: str) -> bool:
    """Return whether a line is only "By" and some names."""
    text = clean(text)
    if len(text) >= _MAX_BYLINE or not _patterns().byline.fullmatch(text):
        return False
    return all(word[:1].isupper() or len(word) < 4 for word in text.split())


def has_date(text: str) -> bool:
    """Return whether there is a date anywhere in a line."""
    return bool(_patterns().date.search(text[:MAX_LINE]))


def without_by(text: str) -> str:
    """Return a byline without the "By" before the name."""
    text = clean(text)
    prefix = _patterns().byline_prefix.match(text)
    return text[prefix.end() :] if prefix else text
