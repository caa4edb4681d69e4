"""The fields of the query language and the syntax tree of a query. Pure.

A node either matches an article or does not. A missing value (no date, unknown heat) matches no comparison, so the
``Not`` of a comparison matches it: ``Not`` is always the complement. Words are compared without case and accents,
values without case. Strings in a tree have passed :func:`reader.core.text.clean` and are never empty.

A parsed tree has at most ``MAX_DEPTH`` levels and ``MAX_CONDITIONS`` leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, get_args

from reader.core.errors import ReaderError
from reader.core.marks import HIDDEN
from reader.core.ordering import Sort

TextField = Literal["any", "title", "excerpt", "body", "text"]
ValueField = Literal["source", "domain", "topic", "author", "tag", "type", "category", "lang", "folder"]
PartField = Literal["path", "url"]
StoryField = Literal["story", "near"]
NumberField = Literal["quality", "heat", "heat~", "sources"]
StateName = Literal["read", "unread", "starred", "hidden", "published", "duplicate", "first", "new"]
ThingName = Literal["related", "images", "body", "page", "tags", "problems"]

VALUE_FIELDS: tuple[ValueField, ...] = get_args(ValueField)
PART_FIELDS: tuple[PartField, ...] = get_args(PartField)
STORY_FIELDS: tuple[StoryField, ...] = get_args(StoryField)
NUMBER_FIELDS: tuple[NumberField, ...] = get_args(NumberField)
TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
STATES: tuple[StateName, ...] = get_args(StateName)
THINGS: tuple[ThingName, ...] = get_args(ThingName)
FIELDS: tuple[str, ...] = (
    *(name for name in TEXT_FIELDS if name != "any"),
    *VALUE_FIELDS,
    *PART_FIELDS,
    *STORY_FIELDS,
    *NUMBER_FIELDS,
    *("date", "after", "before", "is", "has", "sort", "limit"),
)
"""Every field name."""

_Name = TypeVar("_Name", bound=str)
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
    tags, body and everything else, each searched separately; ``text`` stands for the body, the fetched page and what is
    in no field of its own. A text of signs is searched for as written, but not in bodies and pages.
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
    """The relative path, or one of the article's URLs, contains ``part``, ignoring case. There are no wildcards."""

    field: PartField
    part: str


@dataclass(frozen=True, slots=True)
class StoryCondition:
    """The article is in the story with this id, or in that of the article with this id.

    With ``near``, the articles that are linked with that article match, too.
    """

    field: StoryField
    id: str
    """16 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class NumberCondition:
    """The number is known and compares to ``value`` like this.

    ``heat~`` is the heat, estimated if it is not known; ``sources`` is the number of sources of the article's story.
    """

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

    field: Literal["quality", "heat", "heat~", "date"]


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

    ``read``, ``unread`` (its complement) and ``starred`` are marks, and so is ``hidden``, a tag of that name.
    ``published`` means that the document says so explicitly, ``duplicate`` that the folder has a better copy of the
    article, ``first`` that it is the earliest of its story, ``new`` that its document has come into the folder since
    the user last left it.
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
    | StoryCondition
    | NumberCondition
    | NumberRange
    | UnknownCondition
    | DateCondition
    | IsCondition
    | HasCondition
)
Node: TypeAlias = Leaf | And | Or | Not


def depends_on_stories(query: Query) -> bool:
    """Return whether the results of a query depend on how articles are grouped into stories."""
    if isinstance(query.sort, Sort) and query.sort.by == "heat":
        return True
    fields = {*STORY_FIELDS, "heat~", "sources"}
    states = {IsCondition("duplicate"), IsCondition("first")}
    return any(leaf in states or getattr(leaf, "field", "") in fields for leaf, _ in leaves(query.where))


def find_name(name: str, names: tuple[_Name, ...]) -> _Name | None:
    """Return ``name`` if it is one of ``names``, otherwise None."""
    return next(filter(name.__eq__, names), None)


def leaves(node: Node | None, *, negated: bool = False) -> Iterator[tuple[Leaf, bool]]:
    """Yield the conditions of a tree in their order, and whether each one is negated."""
    if isinstance(node, Not):
        yield from leaves(node.part, negated=not negated)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part, negated=negated)
    elif node is not None:
        yield node, negated


def finds_hidden(node: Node | None) -> bool:
    """Return whether the tree asks for hidden articles, which are left out otherwise."""
    return any(
        leaf == IsCondition("hidden")
        or (isinstance(leaf, ValueCondition) and leaf.field == "tag" and leaf.value.casefold() == HIDDEN)
        for leaf, _ in leaves(node)
    )


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
    """A query that cannot be parsed; ``start`` and ``end`` are the position of the error, in characters of the text.

    ``0 <= start <= end <= len(text)``; the two may be equal.
    """

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.start = start
        self.end = end
