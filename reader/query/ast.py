"""The syntax tree of a query. Pure.

A node either matches an article or does not. A missing value (no date, unknown heat) matches no comparison, so the
``Not`` of a comparison matches it: ``Not`` is always the complement. Words are compared without case and accents,
values without case. Strings in a tree have passed :func:`reader.core.text.clean` and are never empty.

A parsed tree has at most ``MAX_DEPTH`` levels and ``MAX_CONDITIONS`` leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.query.fields import NumberField, PartField, StateName, TextField, ThingName, ValueField

Relation = Literal["=", "<", "<=", ">", ">="]
DateRelation = Literal["in", "<", "<=", ">", ">=", "range"]
QueryOrder: TypeAlias = Sort | Literal["relevance"]

MAX_CHARS = 10_000
"""Maximum length of a query in characters."""
MAX_DEPTH = 50
"""Maximum nesting of parentheses and NOT."""
MAX_CONDITIONS = 500
"""Maximum number of words, phrases and fields; SQLite limits the depth of expressions."""
MAX_NUMBER = 10**15
"""Maximum absolute value of a number."""
MAX_LIMIT = 1_000_000_000
"""Maximum value of ``limit:``."""


@dataclass(frozen=True, slots=True)
class WordsCondition:
    """``field`` contains the words of ``text``, consecutively.

    The index splits ``text`` into words, so it may be several words (``climate change``), parts of one
    (``state-owned``), or a run of Chinese characters. The field ``any`` stands for title, excerpt, source, topics,
    tags and body, each searched separately; ``text`` stands for the body and the fetched page. A text without letters
    and digits matches every article.
    """

    field: TextField
    text: str
    prefix: bool = False
    """Whether the last word is a prefix: ``elect`` finds ``election``. All others are whole words."""


@dataclass(frozen=True, slots=True)
class ValueCondition:
    """One of the article's values for ``field`` equals ``value``, ignoring case.

    ``source`` is the displayed name of the publisher (its domain if it has no name), ``tag`` one of the user's tags,
    ``lang`` a code such as ``en``. ``folder`` is a path relative to the open folder; it also matches articles in
    folders below it.
    """

    field: ValueField
    value: str


@dataclass(frozen=True, slots=True)
class SubstringCondition:
    """The relative path, or one of the article's addresses, contains ``part``, ignoring case.

    There are no wildcards.
    """

    field: PartField
    part: str


@dataclass(frozen=True, slots=True)
class NumberCondition:
    """The number is known and compares to ``value`` like this."""

    field: NumberField
    relation: Relation
    value: int | float


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The number is known and between ``low`` and ``high``, both included."""

    field: NumberField
    low: int | float
    high: int | float


@dataclass(frozen=True, slots=True)
class UnknownCondition:
    """The document has no such value: no quality, no heat of 0 or more, no date."""

    field: Literal["quality", "heat", "date"]


@dataclass(frozen=True, slots=True)
class DateCondition:
    """The article has a date in the period that :func:`reader.query.dates.date_range` returns.

    ``first`` and ``last`` are stored as written, in lower case, so that ``today`` stays today: a year, month or day in
    ISO 8601 (``2021``, ``2021-07``, ``2021-07-28``), a time before now (``3d 2w 1m 1y``), or one of
    :data:`reader.query.dates.WORDS`. ``last`` is set only for ``range``, which includes both ends.
    """

    relation: DateRelation
    first: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class IsCondition:
    """The article is in this state.

    ``read``, ``unread`` (its complement) and ``starred`` are marks. ``published`` means that the document says so
    explicitly. ``duplicate`` means that the folder has a better copy of the article.
    """

    state: StateName


@dataclass(frozen=True, slots=True)
class HasCondition:
    """The article has at least one of these; ``page`` is the fetched page, ``tags`` are the user's."""

    thing: ThingName


@dataclass(frozen=True, slots=True)
class And:
    """All ``parts`` match; there are at least two."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the ``parts`` matches; there are at least two."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``part`` does not match."""

    part: Node


Leaf: TypeAlias = (
    WordsCondition
    | ValueCondition
    | SubstringCondition
    | NumberCondition
    | NumberRange
    | UnknownCondition
    | DateCondition
    | IsCondition
    | HasCondition
)
Node: TypeAlias = Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A complete query. None means not specified."""

    where: Node | None = None
    """None matches every article."""
    sort: QueryOrder | None = None
    """``relevance`` puts the best match first and cannot be reversed. Without words it is the default order."""
    limit: int | None = None
    """The maximum number of articles, taken from the top; at least 1."""


class QueryError(ReaderError):
    """A query that cannot be understood; ``start`` and ``end`` tell where, in characters of its text.

    ``0 <= start <= end <= len(text)``; the two may be equal.
    """

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.start = start
        self.end = end
