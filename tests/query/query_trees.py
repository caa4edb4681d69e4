"""Queries for tests: any tree that the language can express, and texts with many special characters."""

from __future__ import annotations

from hypothesis import strategies as st

from reader.core.ordering import SORT_KEYS, Sort
from reader.core.text import clean
from reader.query.ast import (
    MAX_LIMIT,
    MAX_NUMBER,
    NUMBER_FIELDS,
    PART_FIELDS,
    STATES,
    STORY_FIELDS,
    TEXT_FIELDS,
    THINGS,
    VALUE_FIELDS,
    And,
    DateCondition,
    HasCondition,
    IsCondition,
    Leaf,
    Node,
    Not,
    NumberCondition,
    NumberRange,
    Or,
    Query,
    StoryCondition,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.dates import WORDS, is_backwards

_PIECES = st.sampled_from(
    [
        *' \t\n()"\\-:=<>.\u200b\u3000\u00a0\ud800é人แ',
        *("AND", "OR", "NOT", "title", "source:", "quality>=", "date:", "is:", "has:", "sort:", "limit:", "foo:"),
        *("https://", "40", "..", "today", "3d", "2021-07", "read", "unknown", "relevance", "word"),
    ]
)
texts: st.SearchStrategy[str] = st.lists(_PIECES | st.characters(), max_size=25).map("".join)
"""Any text that a user or a cat may type."""

_values = texts.map(clean).filter(bool)
_numbers = st.integers(-MAX_NUMBER, MAX_NUMBER) | st.floats(-MAX_NUMBER, MAX_NUMBER)
_iso = st.dates().map(str).flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))
_spans = st.builds("{}{}".format, st.integers(0, 9999), st.sampled_from("dwmy"))
days: st.SearchStrategy[str] = _iso | _spans | st.sampled_from([*WORDS])
"""Every date that can be written."""
ranges: st.SearchStrategy[DateCondition] = (
    st.tuples(days, days).filter(lambda ends: not is_backwards(*ends)).map(lambda ends: DateCondition("range", *ends))
)
dates: st.SearchStrategy[DateCondition] = (
    st.builds(DateCondition, st.sampled_from(["in", "<", "<=", ">", ">="]), days) | ranges
)
"""Every date condition."""

leaves: st.SearchStrategy[Leaf] = st.one_of(
    st.builds(WordsCondition, st.sampled_from(TEXT_FIELDS), _values, st.booleans()),
    st.builds(ValueCondition, st.sampled_from(VALUE_FIELDS), _values),
    st.builds(SubstringCondition, st.sampled_from(PART_FIELDS), _values),
    st.builds(NumberCondition, st.sampled_from(NUMBER_FIELDS), st.sampled_from(["=", "<", "<=", ">", ">="]), _numbers),
    st.tuples(st.sampled_from(NUMBER_FIELDS), _numbers, _numbers).map(
        lambda given: NumberRange(given[0], min(given[1:]), max(given[1:]))
    ),
    st.builds(StoryCondition, st.sampled_from(STORY_FIELDS), st.integers(0, 2**64 - 1).map("{:016x}".format)),
    st.builds(UnknownCondition, st.sampled_from(["quality", "heat", "heat~", "date"])),
    dates,
    st.builds(IsCondition, st.sampled_from(STATES)),
    st.builds(HasCondition, st.sampled_from(THINGS)),
)


def _joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return parts.map(And) | parts.map(Or) | inner.map(Not)


nodes: st.SearchStrategy[Node] = st.recursive(leaves, _joined, max_leaves=12)
queries: st.SearchStrategy[Query] = st.builds(
    Query,
    st.none() | nodes,
    st.none() | st.just("relevance") | st.builds(Sort, st.sampled_from(SORT_KEYS), st.booleans()),
    st.none() | st.integers(1, MAX_LIMIT),
)
