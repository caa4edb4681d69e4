from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.core.ordering import Sort
from reader.core.text import clean
from reader.query.ast import (
    FIELDS,
    MAX_CHARS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    And,
    DateCondition,
    HasCondition,
    IsCondition,
    Node,
    Not,
    NumberCondition,
    NumberRange,
    Or,
    Query,
    QueryError,
    QueryOrder,
    StoryCondition,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.parser import format_query, parse_query, quote_value
from tests.query.query_trees import queries, texts

A, B, C = (WordsCondition("any", word, prefix=True) for word in "abc")


def _error(text: str) -> QueryError:
    with pytest.raises(QueryError) as raised:
        parse_query(text)
    return raised.value


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", None),
        (" \t\u3000\u200b ", None),
        ("a", A),
        ('"a"', WordsCondition("any", "a")),
        ('"sea  ice"', WordsCondition("any", "sea ice")),
        ('"sea ice"b', And((WordsCondition("any", "sea ice"), B))),
        ('a"sea ice"', And((A, WordsCondition("any", "sea ice")))),
        ("人脸\u3000a", And((WordsCondition("any", "人脸", prefix=True), A))),
        ("title:a", WordsCondition("title", "a", prefix=True)),
        ('TITLE:"a b"', WordsCondition("title", "a b")),
        ("body:-", WordsCondition("body", "-", prefix=True)),
        ("source:Reuters", ValueCondition("source", "Reuters")),
        ('topic:"Climate change"', ValueCondition("topic", "Climate change")),
        ("tag:a:b", ValueCondition("tag", "a:b")),
        ("path:a/(b)", And((SubstringCondition("path", "a/"), B))),
        ("url:https://x.example/?a=b", SubstringCondition("url", "https://x.example/?a=b")),
        ("quality:40", NumberCondition("quality", "=", 40)),
        ("quality=40", NumberCondition("quality", "=", 40)),
        ("heat<+2.5", NumberCondition("heat", "<", 2.5)),
        ("heat<=-1", NumberCondition("heat", "<=", -1)),
        ("heat>1", NumberCondition("heat", ">", 1)),
        ("Heat>=1", NumberCondition("heat", ">=", 1)),
        ("quality:40..60", NumberRange("quality", 40, 60)),
        ("quality:>=40", NumberCondition("quality", ">=", 40)),
        ("heat:<10", NumberCondition("heat", "<", 10)),
        ("date:>=2021-07", DateCondition(">=", "2021-07")),
        ("date:<3d", DateCondition("<", "3d")),
        ("quality:40..", NumberCondition("quality", ">=", 40)),
        ("quality:..60", NumberCondition("quality", "<=", 60)),
        ("heat:Unknown", UnknownCondition("heat")),
        ("heat~>=50", NumberCondition("heat~", ">=", 50)),
        ("heat~:unknown", UnknownCondition("heat~")),
        ("sources>=3", NumberCondition("sources", ">=", 3)),
        ("story:C169D8FB5CE3B63E", StoryCondition("story", "c169d8fb5ce3b63e")),
        ("near:c169d8fb5ce3b63e", StoryCondition("near", "c169d8fb5ce3b63e")),
        ("date:Today", DateCondition("in", "today")),
        ("date=2021-07", DateCondition("in", "2021-07")),
        ("date:unknown", UnknownCondition("date")),
        ("after:3d", DateCondition(">=", "3d")),
        ("date>=3d", DateCondition(">=", "3d")),
        ("before:2021", DateCondition("<", "2021")),
        ("date<2021", DateCondition("<", "2021")),
        ("date<=last-week", DateCondition("<=", "last-week")),
        ("date>2021", DateCondition(">", "2021")),
        ("date:2021..2022", DateCondition("range", "2021", "2022")),
        ("date:2021..", DateCondition(">=", "2021")),
        ("date:..2021", DateCondition("<=", "2021")),
        ("is:Unread", IsCondition("unread")),
        ("has:images", HasCondition("images")),
    ],
)
def test_a_condition_is_parsed(text: str, where: Node | None) -> None:
    assert parse_query(text) == Query(where)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a b", And((A, B))),
        ("a AND b c", And((A, B, C))),
        ("a b OR c", Or((And((A, B)), C))),
        ("a OR b OR c", Or((A, B, C))),
        ("a (b OR c)", And((A, Or((B, C))))),
        ("(a b) c", And((And((A, B)), C))),
        ("((a))", A),
        ("-a b", And((Not(A), B))),
        ("NOT a OR b", Or((Not(A), B))),
        ("NOT NOT a", Not(Not(A))),
        ("--a", Not(Not(A))),
        ("NOT -a", Not(Not(A))),
        ("-(a OR b)", Not(Or((A, B)))),
        ('-"a"', Not(WordsCondition("any", "a"))),
        ("-title:a", Not(WordsCondition("title", "a", prefix=True))),
        ("a AND NOT b", And((A, Not(B)))),
        ("a-b", WordsCondition("any", "a-b", prefix=True)),
        ("- a", And((WordsCondition("any", "-", prefix=True), A))),
        ("(-)", WordsCondition("any", "-", prefix=True)),
        ("and", WordsCondition("any", "and", prefix=True)),
        ("ORB", WordsCondition("any", "ORB", prefix=True)),
        ('"OR"', WordsCondition("any", "OR")),
    ],
)
def test_operator_precedence(text: str, where: Node) -> None:
    assert parse_query(text) == Query(where)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("12:30", "12:30"),
        ("Covid:", "Covid:"),
        ("H1:2021", "H1:2021"),
        ("日本:東京", "日本:東京"),
        ("x=5", "x=5"),
        ("a<b", "a<b"),
        ("cause>effect", "cause>effect"),
        ("p<0.05", "p<0.05"),
        ("x.example/?page=2", "x.example/?page=2"),
        (r"\title:a", "title:a"),
        (r"title\:a", "title:a"),
        (r"\OR", "OR"),
        (r"\-a", "-a"),
        (r"a\ b", "a b"),
        (r"\(a\)", "(a)"),
        (r"a\"b", 'a"b'),
        (r"a\\b", r"a\b"),
        ("a\\", "a\\"),
        ("a\u200bb", "ab"),
        ("a\x1bb", "ab"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_text_that_only_looks_like_syntax_is_a_word(text: str, word: str) -> None:
    assert parse_query(text) == Query(WordsCondition("any", word, prefix=True))


@pytest.mark.parametrize(
    ("text", "sort", "limit"),
    [
        ("a sort:quality", Sort("quality"), None),
        ("a sort:-date limit:50", Sort("date", reverse=True), 50),
        ("limit:1 a SORT:Heat", Sort("heat"), 1),
        ("sort:relevance a", "relevance", None),
        ("a AND sort:date", Sort("date"), None),
    ],
)
def test_settings_apply_to_the_whole_query(text: str, sort: QueryOrder, limit: int | None) -> None:
    assert parse_query(text) == Query(A, sort, limit)


def test_settings_may_surround_alternatives_or_be_between_conditions() -> None:
    assert parse_query("sort:date a OR b limit:5") == Query(Or((A, B)), Sort("date"), 5)
    assert parse_query("sort:date (a OR b)") == Query(Or((A, B)), Sort("date"))
    assert parse_query("a sort:date b") == Query(And((A, B)), Sort("date"))
    assert parse_query("sort:date limit:5") == Query(None, Sort("date"), 5)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("a sort:date OR b", 2, 11), ("a OR sort:date b", 5, 14), ("(a sort:date)", 3, 12), ("NOT limit:5", 4, 11)],
)
def test_nested_settings_are_errors(text: str, start: int, end: int) -> None:
    error = _error(text)
    assert "applies to the whole query" in error.message
    assert error.hint == "Write it at the end."
    assert (error.start, error.end) == (start, end)


@pytest.mark.parametrize(
    ("text", "message", "start", "end"),
    [
        ("a quality>=", "quality>= needs a number.", 2, 11),
        ("a Heat:hot", "Heat: needs a number, not “hot”.", 7, 10),
        ("quality:1e3", "quality: needs a number, not “1e3”.", 8, 11),
        ("quality:٤٠", "quality: needs a number, not “٤٠”.", 8, 10),
        ("quality:..", "quality: needs a number, not “..”.", 8, 10),
        ("quality:>=", "quality: needs a number, not “>=”.", 8, 10),
        ("quality:>=40..60", "quality: needs a number, not “>=40..60”.", 8, 16),
        ("date:>=soon", "“soon” is not a date.", 5, 11),
        ("quality:40...60", "quality: needs a number, not “40...60”.", 8, 15),
        ("quality>unknown", "quality> needs a number, not “unknown”.", 8, 15),
        ("quality>40..60", "quality> takes one number, not a range.", 8, 14),
        ("quality:60..40", "quality:60..40 ends before it starts.", 8, 14),
        ("heat>1000000000000001", "heat>1000000000000001 is too large for heat.", 5, 21),
        ("date:", "date: needs a date.", 0, 5),
        ("date:soon", "“soon” is not a date.", 5, 9),
        ("date:2021-7", "“2021-7” is not a date.", 5, 11),
        ("date:0000", "“0000” is before the year 0001.", 5, 9),
        ("date:2021-13", "“2021-13” does not exist.", 5, 12),
        ("date:2021-02-29", "“2021-02-29” does not exist.", 5, 15),
        ("date:..", "date: needs a date, not “..”.", 5, 7),
        ("date:today..soon", "“soon” is not a date.", 5, 16),
        ("date:2021-08..2021-07", "date:2021-08..2021-07 ends before it starts.", 5, 21),
        ("date>2021..2022", "date> takes one date, not a range.", 5, 15),
        ("after:2021..", "after: takes one date, not a range.", 6, 12),
        ("after:unknown", "“unknown” is not a date.", 6, 13),
        ("date<unknown", "“unknown” is not a date.", 5, 12),
        ("is:raed", "is: needs a state, not “raed”.", 3, 7),
        ("has:", "has: needs a known value.", 0, 4),
        ("sort:title", "sort: needs an order, not “title”.", 5, 10),
        ("sort:-relevance", "sort:relevance cannot be reversed: the best match always comes first.", 0, 15),
        ("sort:date sort:date", "sort: appears twice.", 10, 19),
        ("limit:1 limit:2", "limit: appears twice.", 8, 15),
        ("limit:0", "limit: needs a whole number from 1 to 1,000,000,000, not “0”.", 6, 7),
        ("limit:1.5", "limit: needs a whole number from 1 to 1,000,000,000, not “1.5”.", 6, 9),
        ("title=a", "title takes a colon, not “=”.", 0, 6),
        ("after>2021", "after takes a colon, not “>”.", 0, 6),
        ("source: Reuters", "source: needs a value.", 0, 7),
        ('title:""', "title: needs a word or a phrase.", 0, 8),
        ('a ""', "There is nothing between the quotes.", 2, 4),
        ('a "b', "A quote is not closed.", 2, 4),
        ('title:"b c', "A quote is not closed.", 6, 10),
        ("(a", "A parenthesis is not closed.", 0, 1),
        ("a (b))", "There is a closing parenthesis without an opening one.", 5, 6),
        (")", "There is a closing parenthesis without an opening one.", 0, 1),
        ("a ()", "There is nothing in the parentheses.", 2, 4),
        ("OR a", "OR has nothing before it.", 0, 2),
        ("a OR", "OR has nothing after it.", 2, 4),
        ("a OR OR b", "OR has nothing after it.", 2, 4),
        ("(a OR) b", "OR has nothing after it.", 3, 5),
        ("a OR sort:date", "OR has nothing after it.", 2, 4),
        ("AND a", "AND has nothing before it.", 0, 3),
        ("a AND AND b", "AND has nothing before it.", 6, 9),
        ("a OR AND b", "AND has nothing before it.", 5, 8),
        ("a AND", "AND has nothing after it.", 2, 5),
        ("a AND OR b", "AND has nothing after it.", 2, 5),
        ("a NOT", "NOT has nothing after it.", 2, 5),
        ("NOT OR b", "NOT has nothing after it.", 0, 3),
        ("(NOT)", "NOT has nothing after it.", 1, 4),
        ("-\u200b", "The minus sign has nothing after it.", 0, 1),
        ("a foo:b", "There is no field “foo”.", 2, 6),
        ("a qual>=40", "There is no field “qual”.", 2, 8),
        ("score<-1", "There is no field “score”.", 0, 6),
    ],
)
def test_an_error_has_a_message_and_a_position(text: str, message: str, start: int, end: int) -> None:
    error = _error(text)
    assert (error.message, error.start, error.end) == (message, start, end)


def test_an_unknown_field_suggests_similar_ones() -> None:
    assert _error("sorce:x").hint.startswith("Did you mean source: or sources: or sort:?")
    assert _error("qual>=40").hint == "Did you mean quality>=? Put it in quotes to search for the words."
    assert _error("published>2020").hint.startswith("The fields are: quality, heat, heat~, sources, date.")
    assert _error("tittle:x").hint == "Did you mean title:? Put it in quotes to search for the words."
    assert all(f"{name}," in _error("zzzz:x").hint for name in FIELDS[:-1])


def test_text_quoted_in_an_error_is_safe_and_short() -> None:
    error = _error("quality:\x1b]52;c;x\x07" + "9z" * 500)
    assert error.message.startswith("quality: needs a number, not “]52;c;x9z")
    assert len(str(error)) < 250
    assert clean(str(error)) == str(error)


def test_the_size_of_a_query_is_limited() -> None:
    error = _error("a" * (MAX_CHARS + 1))
    assert (error.message, error.start, error.end) == (
        "The query is longer than 10,000 characters.",
        MAX_CHARS,
        MAX_CHARS + 1,
    )
    assert parse_query("a" * MAX_CHARS).where == WordsCondition("any", "a" * MAX_CHARS, prefix=True)
    assert _error("a " * (MAX_CONDITIONS + 1)).start == 2 * MAX_CONDITIONS
    assert isinstance(parse_query("a " * MAX_CONDITIONS).where, And)


@pytest.mark.parametrize(
    ("opening", "start"), [("(", 50), ("-", 50), ("NOT ", 200), ("(-", 50), ("((a OR ", 175), ("a OR (", 305)]
)
def test_the_nesting_of_a_query_is_limited(opening: str, start: int) -> None:
    error = _error((opening * MAX_CHARS)[:MAX_CHARS])
    assert error.message == f"The query is nested deeper than {MAX_DEPTH} levels."
    assert error.start == start


def test_the_deepest_allowed_query_is_parsed_compared_and_formatted() -> None:
    text = "(a OR -" * (MAX_DEPTH // 2) + "b" + ")" * (MAX_DEPTH // 2)
    tree = parse_query(text)
    assert parse_query(format_query(tree)) == tree
    assert hash(parse_query(format_query(tree))) == hash(tree)
    assert _error(f"({text})").message.startswith("The query is nested deeper")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("NOT  a AND (b c)", "-a (b c)"),
        ("(a b) OR c", "a b OR c"),
        ("limit:5 SORT:-date a OR (b OR c)", "a OR (b OR c) sort:-date limit:5"),
        ("-(a OR b) -(a b) NOT NOT c", "-(a OR b) -(a b) --c"),
        ("date>=2021 date<3d date:2021.. date=today", "after:2021 before:3d after:2021 date:today"),
        ("quality=0.00001 heat:..5", "quality:0.00001 heat<=5"),
        ('source:"Reuters" topic:"a b" tag:a\\"b', 'source:Reuters topic:"a b" tag:"a\\"b"'),
        (r'\-a \title:x Covid: "say \"x\""', r'\-a \title:x Covid: "say \"x\""'),
    ],
)
def test_a_tree_is_formatted_in_normal_form(text: str, written: str) -> None:
    assert format_query(parse_query(text)) == written


@given(texts)
@example("-\\")
@example('title:"\\')
@example("limit:" + "9" * 5000)
@example("quality:" + "9" * 5000)
def test_any_text_is_a_valid_query_or_an_error_with_a_position(text: str) -> None:
    try:
        tree = parse_query(text)
    except QueryError as error:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.message.endswith(".")
        assert clean(str(error)) == str(error)
    else:
        assert parse_query(format_query(tree)) == tree


@given(queries)
def test_any_tree_survives_formatting_and_parsing(query: Query) -> None:
    assert parse_query(format_query(query)) == query


@given(texts.map(clean).filter(bool), st.sampled_from(["source", "tag", "path"]))
def test_any_value_can_be_quoted(value: str, field: str) -> None:
    where = parse_query(f"{field}:{quote_value(value)} a").where
    assert isinstance(where, And)
    assert where.parts == (SubstringCondition("path", value) if field == "path" else ValueCondition(field, value), A)
