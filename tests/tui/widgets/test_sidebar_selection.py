"""Choosing in the pane of views, as queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.query.ast import MAX_DEPTH, Query
from reader.query.parser import parse, write
from reader.tui.widgets.sidebar.selection import Choice, chosen, query_of, toggled
from tests.query.query_trees import queries

VIEWS = {
    "Good AI": parse("topic:ai quality>=40"),
    "Energy": parse("topic:wind OR topic:solar sort:date"),
    "Tag": parse("tag:later"),
    "Everything": parse(""),
    "New": parse("sort:-date limit:5"),
}
AI, LAW, STAR = Choice("topic", "ai"), Choice("topic", "law"), Choice("source", "The Star")
UNREAD, STARRED, ALL = Choice("usual", "Unread"), Choice("usual", "Starred"), Choice("usual", "All")


@pytest.mark.parametrize(
    ("before", "choices", "after"),
    [
        ("", [AI], "topic:ai"),
        ("", [AI, LAW], "topic:ai OR topic:law"),
        ("", [AI, LAW, STAR], '(topic:ai OR topic:law) source:"The Star"'),
        ("", [AI, STAR, LAW, UNREAD], '(topic:ai OR topic:law) source:"The Star" is:unread'),
        ("", [UNREAD, STARRED], "is:unread is:starred"),
        ("", [UNREAD, UNREAD], ""),
        ("topic:AI OR topic:law", [AI], "topic:law"),
        ("topic:AI", [AI], ""),
        ("flood topic:law sort:date", [AI], 'flood (topic:law OR topic:ai) sort:date'),
        ("flood OR rain", [AI], '(flood OR rain) topic:ai'),
        ("-topic:ai", [AI], "-topic:ai topic:ai"),
        ("flood topic:ai is:unread sort:date", [ALL], ""),
        ("", [Choice("usual", "Today")], "date:today"),
        ("", [Choice("folder", "a b/c")], 'folder:"a b/c"'),
        ("", [Choice("view", "Good AI")], "topic:ai quality>=40"),
        ("topic:ai quality>=40", [Choice("view", "Good AI")], ""),
        ("topic:ai quality>=40", [UNREAD], "(topic:ai quality>=40) is:unread"),
        ("(topic:ai quality>=40) is:unread", [Choice("view", "Good AI")], "is:unread"),
        ("(topic:ai quality>=40) is:unread", [AI], "(topic:ai quality>=40) is:unread topic:ai"),
        ("is:unread", [Choice("view", "Energy"), Choice("view", "Good AI")],
         "is:unread ((topic:wind OR topic:solar) OR (topic:ai quality>=40))"),
        ("topic:wind OR topic:solar", [AI], "topic:wind OR topic:solar OR topic:ai"),
        ("tag:later", [Choice("tag", "now")], "tag:later OR tag:now"),
        ("tag:later", [Choice("view", "Good AI")], "tag:later OR (topic:ai quality>=40)"),
        ("is:unread", [Choice("view", "Everything")], ""),
    ],
)  # fmt: skip
def test_choices_of_one_kind_are_alternatives_and_those_of_others_come_together(
    before: str, choices: list[Choice], after: str
) -> None:
    query: Query | None = parse(before)
    for choice in choices:
        query = toggled(query, choice, VIEWS)
    assert query is not None
    assert query == parse(after)
    assert write(query) == write(parse(after))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {ALL, Choice("view", "Everything")}),
        ("sort:-date limit:5", {ALL, Choice("view", "New")}),
        ("topic:AI", {AI}),
        ("flood topic:ai is:unread", {AI, UNREAD}),
        ("topic:ai OR topic:law", {AI, LAW}),
        ("topic:ai OR is:unread", set()),
        ("topic:ai OR (topic:law is:unread)", set()),
        ("-topic:ai", set()),
        ("topic:ai quality>=40", {Choice("view", "Good AI")}),
        ("topic:solar OR topic:wind", {Choice("topic", "solar"), Choice("topic", "wind")}),
        ("topic:wind OR topic:solar", {Choice("view", "Energy"), Choice("topic", "solar"), Choice("topic", "wind")}),
        ("tag:later is:starred", {Choice("view", "Tag"), Choice("tag", "later"), STARRED}),
        ("(topic:ai quality>=40) OR tag:later", {Choice("view", "Good AI"), Choice("view", "Tag")}),
        ("domain:x lang:en path:y", set()),
    ],
)
def test_what_is_chosen_is_seen_also_in_a_query_that_was_written(query: str, found: set[Choice]) -> None:
    assert chosen(parse(query), VIEWS) == found


def test_without_a_query_all_is_chosen() -> None:
    assert ALL in chosen(None, {})


def test_a_view_that_is_no_query_cannot_be_combined() -> None:
    assert toggled(None, Choice("view", "broken"), VIEWS) is None
    assert query_of(Choice("view", "broken"), VIEWS) is None


values = st.builds(Choice, st.sampled_from(["topic", "source", "type", "tag", "folder"]), st.sampled_from(["a", "b c"]))
choices = values | st.sampled_from([UNREAD, STARRED]) | st.sampled_from([Choice("view", name) for name in VIEWS][:3])


@given(queries, choices)
def test_adding_marks_it_and_taking_it_away_leaves_the_rest(query: Query, choice: Choice) -> None:
    before = chosen(query, VIEWS)
    if choice.key in before:
        return
    added = toggled(query, choice, VIEWS)
    assert added is not None
    assert choice.key in chosen(added, VIEWS)
    assert (added.sort, added.limit) == (query.sort, query.limit)
    again = toggled(added, choice, VIEWS)
    assert again is not None
    assert choice.key not in chosen(again, VIEWS)


@given(st.lists(choices, max_size=8))
def test_any_choices_make_a_query_that_can_be_read_again(picked: list[Choice]) -> None:
    query = Query()
    for choice in picked:
        found = toggled(query, choice, VIEWS)
        assert found is not None
        query = found
    assert parse(write(query)) == query
    assert write(query).count("(") < MAX_DEPTH
