"""The values that stories are made of, as storage, commands and screens share them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from reader.core.model import Number

EdgeKind: TypeAlias = Literal["related", "cited by", "shared", "duplicate", "story"]
"""How one document is linked to another: it lists it, is listed by it, lists the same item, is a copy of it, or is
about the same event."""


class Edge(NamedTuple):
    """A link from one document to another."""

    kind: EdgeKind
    rowid: int
    """The other document."""
    score: float
    """From 0 to 1; 1 where nothing was estimated."""
    reason: str
    """Why they are linked, as a short phrase."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story of two documents or more."""

    id: str
    """16 hexadecimal digits; a story keeps its id when it grows."""
    title: str
    """That of its best document."""
    rowids: tuple[int, ...]
    """Its documents, the earliest first, those without a date last."""
    first: datetime | None
    last: datetime | None
    sources: int
    """The number of different sources."""
    heat: Number | None
    """The highest heat that one of its documents has, or None if all are unknown."""
    heat_estimate: Number | None
    """Estimated from its coverage."""


class Similar(NamedTuple):
    """A document with a text like that of another."""

    rowid: int
    score: float
    words: tuple[str, ...]
    """The words that both have, the most telling first."""


Period: TypeAlias = Literal["hour", "day", "month", "year"]
"""What a bar of a plot over time stands for."""


class Bar(NamedTuple):
    """A bar of a plot."""

    label: str
    query: str
    """Narrows a list to what the bar counts."""
    articles: int
    heat: float | None
    """The mean of the heats, estimates included; None if there are none."""
    is_estimate: bool = False
    """Whether there are estimates among them."""


@dataclass(frozen=True, slots=True)
class HeatStatistics:
    """How many articles there are, and how hot they are, by time, topic and source."""

    articles: int
    by_time: Sequence[Bar]
    """Without gaps, the earliest first."""
    period: Period
    """What a bar of ``by_time`` stands for."""
    by_topic: Sequence[Bar]
    by_source: Sequence[Bar]


class DigestSentence(NamedTuple):
    """A sentence of an excerpt, and how much of the story says the same."""

    text: str
    kind: Literal["common", "only", ""]
    """Said by most sources, or by this one alone."""


class DigestPart(NamedTuple):
    """What one source says about a story."""

    rowid: int
    source: str
    published_at: datetime | None
    title: str
    sentences: tuple[DigestSentence, ...]


class Digest(NamedTuple):
    """A story, source by source."""

    story: Story
    common: tuple[str, ...]
    """Sentences that say what most sources say, each from the source that says it best."""
    parts: tuple[DigestPart, ...]
    """Each source's excerpt, the earliest first."""
