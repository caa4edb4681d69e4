"""Selections in the sidebar as queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.query.ast import MAX_DEPTH, Query
from reader.query.parser import format_query, parse_query
from reader.tui.widgets.sidebar.selection import SidebarChoice, choices_in, query_for, toggle_choice, toggle_choices
from tests.query.query_trees import queries

VIEWS = {
    "Good AI": parse_query("topic:ai quality>=40"),
    "Energy": parse_query("topic:wind OR topic:solar sort:date"),
    "Tag": parse_query("tag:later"),
    "Everything": parse_query(""),
    "New": parse_query("sort:-date limit:5"),
}
AI, LAW, STAR = SidebarChoice("topic", "ai"), SidebarChoice("topic", "law"), SidebarChoice("source", "The Star")
UNREAD, STARRED, ALL = (
    SidebarChoice("usual", "Unread"),
    SidebarChoice("usual", "Starred"),
    SidebarChoice("usual", "All"),
)


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
        ("", [SidebarChoice("usual", "Today")], "date:today"),
        ("", [SidebarChoice("folder", "a b/c")], 'folder:"a b/c"'),
        ("", [SidebarChoice("view", "Good AI")], "topic:ai quality>=40"),
        ("topic:ai quality>=40", [SidebarChoice("view", "Good AI")], ""),
        ("topic:ai quality>=40", [UNREAD], "(topic:ai quality>=40) is:unread"),
        ("(topic:ai quality>=40) is:unread", [SidebarChoice("view", "Good AI")], "is:unread"),
        ("(topic:ai quality>=40) is:unread", [AI], "(topic:ai quality>=40) is:unread topic:ai"),
        ("is:unread", [SidebarChoice("view", "Energy"), SidebarChoice("view", "Good AI")],
         "is:unread ((topic:wind OR topic:solar) OR (topic:ai quality>=40))"),
        ("topic:wind OR topic:solar", [AI], "topic:wind OR topic:solar OR topic:ai"),
        ("tag:later", [SidebarChoice("tag", "now")], "tag:later OR tag:now"),
        ("tag:later", [SidebarChoice("view", "Good AI")], "tag:later OR (topic:ai quality>=40)"),
        ("is:unread", [SidebarChoice("view", "Everything")], ""),
    ],
)  # fmt: skip
def test_choices_of_one_kind_are_alternatives(before: str, choices: list[SidebarChoice], after: str) -> None:
    query: Query | None = parse_query(before)
    for choice in choices:
        query = toggle_choice(query, choice, VIEWS)
    assert query is not None
    assert query == parse_query(after)
    assert format_query(query) == format_query(parse_query(after))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {ALL, SidebarChoice("view", "Everything")}),
        ("sort:-date limit:5", {ALL, SidebarChoice("view", "New")}),
        ("topic:AI", {AI}),
        ("flood topic:ai is:unread", {AI, UNREAD}),
        ("topic:ai OR topic:law", {AI, LAW}),
        ("topic:ai OR is:unread", set()),
        ("topic:ai OR (topic:law is:unread)", set()),
        ("-topic:ai", set()),
        ("topic:ai quality>=40", {SidebarChoice("view", "Good AI")}),
        ("topic:solar OR topic:wind", {SidebarChoice("topic", "solar"), SidebarChoice("topic", "wind")}),
        (
            "topic:wind OR topic:solar",
            {SidebarChoice("view", "Energy"), SidebarChoice("topic", "solar"), SidebarChoice("topic", "wind")},
        ),
        ("tag:later is:starred", {SidebarChoice("view", "Tag"), SidebarChoice("tag", "later"), STARRED}),
        ("(topic:ai quality>=40) OR tag:later", {SidebarChoice("view", "Good AI"), SidebarChoice("view", "Tag")}),
        ("domain:x lang:en path:y", set()),
    ],
)
def test_choices_are_recognized_in_a_typed_query(query: str, found: set[SidebarChoice]) -> None:
    assert choices_in(parse_query(query), VIEWS) == found


def test_without_a_query_all_is_selected() -> None:
    assert ALL in choices_in(None, {})


def test_a_view_with_an_invalid_query_cannot_be_combined() -> None:
    assert toggle_choice(None, SidebarChoice("view", "broken"), VIEWS) is None
    assert query_for([SidebarChoice("view", "broken")], VIEWS) is None


values = st.builds(
    SidebarChoice, st.sampled_from(["topic", "source", "type", "tag", "folder"]), st.sampled_from(["a", "b c"])
)
choices = (
    values | st.sampled_from([UNREAD, STARRED]) | st.sampled_from([SidebarChoice("view", name) for name in VIEWS][:3])
)


@given(queries, choices)
def test_toggling_a_choice_keeps_the_rest_of_the_query(query: Query, choice: SidebarChoice) -> None:
    before = choices_in(query, VIEWS)
    if choice.key in before:
        return
    added = toggle_choice(query, choice, VIEWS)
    assert added is not None
    assert choice.key in choices_in(added, VIEWS)
    assert (added.sort, added.limit) == (query.sort, query.limit)
    again = toggle_choice(added, choice, VIEWS)
    assert again is not None
    assert choice.key not in choices_in(again, VIEWS)


@given(st.lists(choices, max_size=8))
def test_any_choices_make_a_valid_query(picked: list[SidebarChoice]) -> None:
    query = Query()
    for choice in picked:
        found = toggle_choice(query, choice, VIEWS)
        assert found is not None
        query = found
    assert parse_query(format_query(query)) == query
    assert format_query(query).count("(") < MAX_DEPTH


def test_the_folders_of_a_feed_are_added_and_removed_together() -> None:
    feed = [SidebarChoice("folder", "Linux/LWN"), SidebarChoice("folder", "Old")]
    assert query_for(feed, {}) == parse_query("folder:Linux/LWN OR folder:Old")
    one = parse_query("folder:old topic:x")
    both = toggle_choices(one, feed, {})
    assert both == parse_query("(folder:old OR folder:Linux/LWN) topic:x")
    assert toggle_choices(both, feed, {}) == parse_query("topic:x")
