from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.ordering import SORT_KEYS
from reader.query.ast import FIELDS, MAX_CHARS, STATES, THINGS, VALUE_FIELDS, Node, Query, ValueField, WordsCondition
from reader.query.completion import (
    EXAMPLES,
    QueryCompletion,
    complete_query,
    depends_on_marks,
    depends_on_pages,
    query_words,
    without_field,
)
from reader.query.dates import SPANS, WORDS, date_error
from reader.query.parser import parse_query, quote_value
from tests.query.query_trees import nodes, texts

NAMES = tuple(f"{name}:" for name in FIELDS)


def _at_mark(text: str) -> QueryCompletion:
    """Complete ``text`` at the ``|``."""
    before, _, after = text.partition("|")
    return complete_query(before + after, len(before))


@pytest.mark.parametrize("text", ["|", "a |", "a | b", "(|", "-|", "a (-|b", "NOT |", "a| -|", "|a"])
def test_an_empty_query_is_completed_with_field_names(text: str) -> None:
    at = text.rindex("|") - (text.count("|") - 1)
    assert complete_query(text.replace("|", ""), at) == QueryCompletion(at, at, "", NAMES)


@pytest.mark.parametrize(
    ("text", "start", "end", "prefix", "names"),
    [
        ("t|", 0, 1, "t", ["title:", "text:", "topic:", "tag:", "type:"]),
        ("a -(QU|", 4, 6, "QU", ["quality:"]),
        ("so|rce", 0, 5, "so", ["source:", "sources:", "sort:"]),
        ("so|urce:x", 0, 7, "so", ["source:", "sources:", "sort:"]),
        ("sou|rc:", 0, 6, "sou", ["source:", "sources:"]),
        ("ti|tle,b", 0, 5, "ti", ["title:"]),
        ("so|rce:x", 0, 6, "so", ["source:", "sources:", "sort:"]),
        ("source|", 0, 6, "source", ["source:", "sources:"]),
    ],
)
def test_a_name_is_completed(text: str, start: int, end: int, prefix: str, names: list[str]) -> None:
    assert _at_mark(text) == QueryCompletion(start, end, prefix, tuple(names))


@pytest.mark.parametrize(
    "text",
    [
        *("xyz|", '"so|', '"so"|', '"s|o"', "(a)|", r"\so|", "https://so|", "sorce:x|", "qua|>=5", "qua|lity>=5"),
        *("title:so|", "limit:5|", "path:|", "url:a|", "is:readx|", "quality>=|", "quality:4|", 'is:"read"|'),
        "date:soon|",
    ],
)
def test_completion_may_have_no_candidates(text: str) -> None:
    assert (_at_mark(text).field, _at_mark(text).candidates) == (None, ())


@pytest.mark.parametrize(
    ("text", "start", "end", "prefix", "values"),
    [
        ("is:|", 3, 3, "", STATES),
        ("a is:UN|", 5, 7, "UN", ("unread",)),
        ("is:un|read b", 3, 9, "un", ("unread",)),
        ('is:"un|', 3, 6, "un", ("unread",)),
        ("has:|", 4, 4, "", THINGS),
        ("-has:p|", 5, 6, "p", ("page", "problems")),
        ("sort:|", 5, 5, "", (*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS), "relevance")),
        ("sort:-d|", 5, 7, "-d", ("-date",)),
        ("heat:|", 5, 5, "", ("unknown",)),
        ("date:|", 5, 5, "", (*WORDS, *SPANS, "unknown")),
        ("date>=|", 6, 6, "", (*WORDS, *SPANS)),
        ("after:this|", 6, 10, "this", ("this-week", "this-month", "this-year")),
        ("date:1m..to|", 9, 11, "to", ("today",)),
        ("date:1m..|", 9, 9, "", (*WORDS, *SPANS)),
        ("date:..3|", 7, 8, "3", ("3d",)),
    ],
)
def test_fixed_values_are_completed(text: str, start: int, end: int, prefix: str, values: tuple[str, ...]) -> None:
    assert _at_mark(text) == QueryCompletion(start, end, prefix, values)


@pytest.mark.parametrize("field", VALUE_FIELDS)
def test_values_of_articles_are_left_to_the_caller(field: ValueField) -> None:
    at = len(field) + 1
    assert _at_mark(f"{field}:|") == QueryCompletion(at, at, field=field)
    assert _at_mark(f"{field}:Re| b") == QueryCompletion(at, at + 2, "Re", field=field)


@pytest.mark.parametrize(
    ("text", "start", "end", "prefix"),
    [
        ('topic:"Climate ch|ange" b', 6, 22, "Climate ch"),
        ('topic:"Climate ch| is:unread', 6, 17, "Climate ch"),
        (r"topic:Climate\ ch|", 6, 17, "Climate ch"),
        ("topic:|x", 6, 7, ""),
        ('topic:"|', 6, 7, ""),
        (r'topic:"a \"b|', 6, 12, 'a "b'),
    ],
)
def test_a_value_in_quotes_is_completed_without_losing_what_follows(
    text: str, start: int, end: int, prefix: str
) -> None:
    assert _at_mark(text) == QueryCompletion(start, end, prefix, field="topic")


def test_every_proposed_value_is_valid() -> None:
    for field in ("is", "has", "sort", "date", "after", "before", "quality", "heat"):
        completion = complete_query(f"{field}:", len(field) + 1)
        assert completion.candidates
        for value in completion.candidates:
            query = parse_query(f"{field}:{value}")
            assert query.where or query.sort
    assert not any(map(date_error, (*WORDS, *SPANS)))


@given(texts, st.integers(-5, 60))
def test_any_cursor_in_any_text_has_a_completion(text: str, at: int) -> None:
    found = complete_query(text, at)
    at = max(0, min(at, len(text)))
    assert 0 <= found.start <= at <= found.end <= len(text)
    assert not (found.field and found.candidates)
    assert all(candidate.lower().startswith(found.prefix.lower()) for candidate in found.candidates)


@given(st.text(max_size=8), st.sampled_from(VALUE_FIELDS))
def test_a_completed_value_makes_a_valid_query(value: str, field: str) -> None:
    text = f'a {field}:"b c'
    found = complete_query(text, len(text))
    completed = text[: found.start] + quote_value(f"b c {value} d") + text[found.end :]
    assert parse_query(completed).where is not None


def test_a_text_that_is_too_long_for_a_query_is_not_completed() -> None:
    assert complete_query("t" * (MAX_CHARS + 1), 5) == QueryCompletion(5, 5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ('climate "sea ice"', [("any", "climate", True), ("any", "sea ice", False)]),
        ("title:a excerpt:b body:c text:d", [("title", "a", True), ("excerpt", "b", True)]),
        ("a OR (b -c) OR NOT (d OR -e)", [("any", "a", True), ("any", "b", True), ("any", "e", True)]),
        ("--a -is:read source:x quality:5", [("any", "a", True)]),
        ('a a "a"', [("any", "a", True), ("any", "a", False)]),
    ],
)
def test_words_to_highlight_are_those_that_match(text: str, found: list[tuple[str, str, bool]]) -> None:
    words = query_words(parse_query(text).where, ("any", "title", "excerpt"))
    assert [(each.field, each.text, each.prefix) for each in words] == found


def test_words_of_other_fields_are_returned_on_request() -> None:
    assert query_words(parse_query("title:a body:b").where, {"body"}) == (WordsCondition("body", "b", prefix=True),)


@given(nodes)
def test_words_to_highlight_are_distinct_nodes_of_the_tree(node: Node) -> None:
    found = query_words(node, ("any", "title", "excerpt"))
    assert len(set(found)) == len(found)
    assert all(repr(words) in repr(node) for words in found)


@pytest.mark.parametrize("query", [example for example, _ in EXAMPLES])
def test_every_example_is_a_query(query: str) -> None:
    assert parse_query(query) != Query()


@pytest.mark.parametrize("field", FIELDS)
def test_the_examples_name_every_field(field: str) -> None:
    assert any(re.search(rf"\b{field}[:<>=]", text) for example in EXAMPLES for text in example)


@pytest.mark.parametrize(
    "query", ["is:unread", "-is:starred", "tag:ai", "has:tags", "title:a (b OR source:x)", "-(quality>3 NOT is:read)"]
)
def test_queries_for_marks_depend_on_marks(query: str) -> None:
    assert depends_on_marks(parse_query(query).where)


@pytest.mark.parametrize("query", ["", "title:a", "-source:x quality>3", "is:published OR has:body", "date:today"])
def test_other_queries_do_not_depend_on_marks(query: str) -> None:
    assert not depends_on_marks(parse_query(query).where)


def test_queries_for_pages_and_their_words_depend_on_pages() -> None:
    assert all(depends_on_pages(parse_query(query).where) for query in ("has:page", "a -text:b", "any words"))
    assert not any(depends_on_pages(parse_query(query).where) for query in ("", "title:a", "has:tags tag:b"))


@pytest.mark.parametrize(
    ("text", "left"),
    [("", ""), ("a b", "a b"), ("sort:date a", "a"), ("a  sort:date b sort:heat", "a b"), ("(a sort:date)", "(a)")],
)
def test_the_conditions_of_one_field_are_left_out(text: str, left: str) -> None:
    assert without_field(text, "sort") == left
