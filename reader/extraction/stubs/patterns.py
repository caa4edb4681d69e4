"""The phrases of ``patterns.toml``, compiled. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal, NamedTuple

from reader.extraction.pattern_files import PatternFile


class PageKind(NamedTuple):
    """A kind of page that stands in for an article; names match a whole line, other patterns a part of it.

    What each field means is said in ``patterns.toml``.
    """

    reason: str
    names: re.Pattern[str]
    vague_names: re.Pattern[str]
    statements: tuple[re.Pattern[str], ...]
    hints: re.Pattern[str]
    max_words_alone: int
    max_words: int = 250
    evidence: Literal["", "password field", "noscript"] = ""


@cache
def _file() -> PatternFile:
    return PatternFile(__package__, "patterns.toml")


@cache
def page_kinds() -> tuple[PageKind, ...]:
    """Return all kinds of pages; if two score the same, the first wins."""
    return tuple(map(_page_kind, _file().data["page_kinds"]))


def _page_kind(values: dict[str, Any]) -> PageKind:
    compiled = {name: _file().compile(values[name]) for name in ("names", "vague_names", "hints")}
    return PageKind(**{**values, **compiled, "statements": tuple(map(_file().compile, values["statements"]))})


@cache
def paywall_patterns(name: Literal["statements", "offers", "box"]) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of paywalls; each of the statements counts once."""
    return tuple(map(_file().compile, _file().data["paywall"][name]))
