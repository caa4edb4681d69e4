"""The phrases of ``patterns.toml``, compiled. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from reader.extraction.pattern_files import PatternFile


@dataclass(frozen=True, slots=True)
class PageKind:
    """A kind of page that stands in for an article; names match a whole line, other patterns a part of it."""

    reason: str
    """The rest of a sentence that begins with “The page”."""
    names: re.Pattern[str]
    vague_names: re.Pattern[str]
    """Names that articles may have too."""
    statements: tuple[re.Pattern[str], ...]
    """Sentences that only such pages contain; each pattern counts once."""
    hints: re.Pattern[str]
    max_words_alone: int
    """Words of a text so short that one statement is enough."""
    max_words: int = 250
    """Words; a longer text is an article, whatever its title."""
    evidence: Literal["", "password field", "noscript"] = ""
    """What else in the page counts as a statement."""


@dataclass(frozen=True, slots=True)
class StubPatterns:
    """All patterns of pages that stand in for an article."""

    kinds: tuple[PageKind, ...]
    """If two score the same, the first wins."""
    paywall_statements: tuple[re.Pattern[str], ...]
    """Sentences of paywalls; each pattern counts once."""
    paywall_offers: re.Pattern[str]
    """Phrases beside a paywall that are also in the header and footer of many other pages."""
    paywall_box: re.Pattern[str]
    """Classes and ids of boxes that hide the rest of a text."""


@cache
def stub_patterns() -> StubPatterns:
    """Return the patterns, loaded at the first call."""
    file = PatternFile(__package__, "patterns.toml")
    kinds = tuple(_page_kind(file, values) for values in file.data["page_kinds"])
    paywall = file.data["paywall"]
    return StubPatterns(
        kinds,
        tuple(map(file.compile, paywall["statements"])),
        file.compile(paywall["offers"]),
        file.compile(paywall["box"]),
    )


def _page_kind(file: PatternFile, values: dict[str, Any]) -> PageKind:
    for name in ("names", "vague_names", "hints"):
        values[name] = file.compile(values[name])
    return PageKind(**{**values, "statements": tuple(map(file.compile, values["statements"]))})
