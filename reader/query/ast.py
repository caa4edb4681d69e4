"""What is asked of the library, as a tree. Pure.

:mod:`reader.query.parser` makes the tree of what a person writes and writes it back,
:mod:`reader.query.dates` says which time a date means, and
:mod:`reader.query.completion` helps to complete what is being written.

A node says of every article whether it matches: true or false, nothing between. What an
article does not say (no date, unknown heat) matches no comparison, so ``Not`` of one matches
it: ``Not`` is always the plain complement. Case and accents never matter for words; for
values case does not. Strings in a tree have passed :func:`reader.core.text.clean`, as those of
documents have, and are never empty.

A tree that was parsed has at most ``MAX_DEPTH`` levels and ``MAX_CONDITIONS`` leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from reader.core.errors import ReaderError
from reader.core.ordering import Sort

TextField = Literal["any", "title", "excerpt", "body", "text"]
ValueField = Literal["source", "domain", "topic", "tag", "type", "category", "lang", "folder"]
PartField = Literal["path", "url"]
NumberField = Literal["quality", "heat"]
Relation = Literal["=", "<", "<=", ">", ">="]
DateRelation = Literal["in", "<", "<=", ">", ">=", "range"]
StateName = Literal["read", "unread", "starred", "published", "duplicate"]
ThingName = Literal["related", "images", "body", "page", "tags", "problems"]
QueryOrder: TypeAlias = Sort | Literal["relevance"]

VALUE_FIELDS: tuple[ValueField, ...] = get_args(ValueField)
PART_FIELDS: tuple[PartField, ...] = get_args(PartField)
NUMBER_FIELDS: tuple[NumberField, ...] = get_args(NumberField)
TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
STATES: tuple[StateName, ...] = get_args(StateName)
THINGS: tuple[ThingName, ...] = get_args(ThingName)
FIELDS: tuple[str, ...] = (
    *(name for name in TEXT_FIELDS if name != "any"),
    *VALUE_FIELDS,
    *PART_FIELDS,
    *NUMBER_FIELDS,
    *("date", "after", "before", "is", "has", "sort", "limit"),
)
"""Every name that may stand before a colon."""

MAX_CHARS = 10_000
"""Characters of a query."""
MAX_DEPTH = 50
"""Levels of parentheses and NOT."""
MAX_CONDITIONS = 500
"""Words, phrases and fields of a query: SQLite bounds how deep an expression may be."""
MAX_NUMBER = 10**15
"""How far from 0 a number may be."""
MAX_LIMIT = 1_000_000_000
"""Articles that ``limit:`` may name."""


@dataclass(frozen=True, slots=True)
class WordsCondition:
    """The words of ``text``, in a row, stand in ``field``.

    What separates words is decided by the index, so ``text`` may be several words
    (``climate change``), parts of one (``state-owned``), or a run of Chinese. ``any`` is each of
    title, excerpt, source, topics, tags and body, by itself: a row of words does not reach from
    one into the next. ``text`` is the text to be read: the body, and that of the article's web
    page where one is kept. A text without a letter or a number asks for nothing: every article
    matches.
    """

    field: TextField
    text: str
    prefix: bool = False
    """Whether the last word may go on: ``elect`` finds ``election``. The others are whole either way."""


@dataclass(frozen=True, slots=True)
class ValueCondition:
    """One of the article's values for ``field`` is ``value``, whole, without regard to case.

    ``source`` is the name shown for the publisher (its domain where it has no name), ``topic``
    is of the document, ``tag`` of the person, ``lang`` a code such as ``en``. ``folder`` is a path below the
    folder that is open; an article is in the folder of its document and in those that this one is in.
    """

    field: ValueField
    value: str


@dataclass(frozen=True, slots=True)
class SubstringCondition:
    """``part`` stands somewhere in the path below the folder, or in one of the article's addresses.

    Without regard to case; no character is special.
    """

    field: PartField
    part: str


@dataclass(frozen=True, slots=True)
class NumberCondition:
    """The number is known, and in this relation to ``value``."""

    field: NumberField
    relation: Relation
    value: int | float


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The number is known, and from ``low`` to ``high``, both included."""

    field: NumberField
    low: int | float
    high: int | float


@dataclass(frozen=True, slots=True)
class UnknownCondition:
    """The document does not say: no number, no heat from 0 on, no date."""

    field: Literal["quality", "heat", "date"]


@dataclass(frozen=True, slots=True)
class DateCondition:
    """The article has a date, and it is in the period that :func:`reader.query.dates.date_range` gives.

    ``first`` and ``last`` are as written, in lower case, so that ``today`` stays today: a year, month
    or day in ISO 8601 (``2021``, ``2021-07``, ``2021-07-28``), a span back from now (``3d 2w 1m 1y``), or a word
    (``query_dates.WORDS``). ``last`` is empty but for ``range``, which includes both of its ends.
    """

    relation: DateRelation
    first: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class IsCondition:
    """The article is in this state.

    ``read``, ``unread`` (the complement) and ``starred`` are the person's marks; ``published`` means that
    the document says so (one that says nothing is not); ``duplicate`` is an article of which the
    folder holds a better copy.
    """

    state: StateName


@dataclass(frozen=True, slots=True)
class HasCondition:
    """The article has one of these or more.

    ``body`` is a text of its own, ``page`` its web page where one is kept, ``tags`` are the person's.
    """

    thing: ThingName


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more ``parts`` match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more ``parts`` matches."""

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
    """A whole query. What is None was not asked for."""

    where: Node | None = None
    """None matches every article."""
    sort: QueryOrder | None = None
    """``relevance`` is best match first; it has no other direction. Without words it is the usual order."""
    limit: int | None = None
    """How many articles to list at most, the first of the order; from 1."""


class QueryError(ReaderError):
    """A query that cannot be understood; ``start`` and ``end`` tell where, in characters of its text.

    ``0 <= start <= end <= len(text)``; the two may be equal.
    """

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.start = start
        self.end = end
