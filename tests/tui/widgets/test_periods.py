"""Days and months in a list that is sorted by date."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.config.settings import Config
from reader.core.model import Links, Precision, Row
from reader.core.ordering import ArticleOrder, Sort
from reader.stories.groups import group_order
from reader.tui.widgets.article_list.rows import RowCache
from reader.tui.widgets.text.formats import period
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, document, open_app

NOW = datetime(2026, 11, 30, 12).astimezone()
BY_DATE = Sort("date")


def cache_of(*moments: datetime | None) -> RowCache:
    rows = (Row(n, str(n), f"{n}.md", "T", "", at, Links(), "", None, None, "", "", ()) for n, at in enumerate(moments))
    found = RowCache(rows)
    found.has_periods = True
    return found


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "Today"), (1, "Yesterday"), (2, "Saturday"), (6, "Tuesday"), (7, "23 November"), (30, "31 October"),
        (31, "October"), (330, "January"), (340, "December 2025"), (-1, "1 December"), (-40, "9 January 2027"),
    ],
)  # fmt: skip
def test_a_period_is_in_words(days: int, words: str) -> None:
    assert period(NOW - timedelta(days=days), NOW) == words


@pytest.mark.parametrize(
    ("precision", "words"), [("day", "Today"), ("month", "November"), ("year", "2026"), ("time", "Today")]
)
def test_a_date_without_a_day_is_of_its_month_or_year(precision: Precision, words: str) -> None:
    assert period(NOW, NOW, precision) == words
    assert period(None, NOW) == "No date"


@given(st.lists(st.integers(0, 24 * 400), min_size=1, max_size=30).map(sorted), st.booleans())
def test_each_period_is_named_where_it_begins_and_nowhere_else(hours: list[int], reverse: bool) -> None:
    moments = [NOW - timedelta(hours=each) for each in (reversed(hours) if reverse else hours)]
    rows, order = cache_of(*moments), ArticleOrder(Sort("date", reverse), array("I", range(len(moments))))
    named = [rows.period_from(order, index, NOW) for index in range(len(moments))]
    words = [period(each, NOW) for each in moments]
    assert named == [words[0], *("" if above == here else here for above, here in pairwise(words))]


def test_what_names_no_period() -> None:
    rows = cache_of(NOW, NOW - timedelta(days=1), None)
    order = ArticleOrder(BY_DATE, array("I", [0, 1, 2]))
    assert [rows.period_from(order, index, NOW) for index in range(3)] == ["Today", "Yesterday", "No date"]
    assert rows.period_from(replace(order, sort=Sort("heat")), 1, NOW) == ""
    del rows[1]  # not loaded yet: the row below it cannot know
    assert [rows.period_from(order, index, NOW) for index in (1, 2)] == ["", ""]
    rows.has_periods = False
    assert rows.period_from(order, 0, NOW) == ""


def test_a_story_is_of_the_day_by_which_it_is_sorted() -> None:
    rows = cache_of(NOW, NOW - timedelta(days=1), NOW - timedelta(days=2), NOW - timedelta(days=2))
    flat = ArticleOrder(BY_DATE, array("I", [0, 1, 2, 3]))
    order = group_order(flat, (7, 0, 7, 0), range(4))  # 0 and 2 are a story
    assert [rows.period_from(order, index, NOW) for index in range(3)] == ["Today", "Yesterday", "Saturday"]
    unfolded = order.fold(0, unfold=True)
    named = [rows.period_from(unfolded, index, NOW) for index in range(4)]
    assert named == ["Today", "", "Yesterday", "Saturday"]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_story_has_the_date_of_the_period_that_it_is_in(reverse: bool) -> None:
    """Whichever of its articles is the best one, and whether or not it is folded."""
    rows = cache_of(None, NOW, NOW - timedelta(days=1), NOW - timedelta(days=2))
    flat = ArticleOrder(Sort("date", reverse), array("I", [3, 2, 1] if reverse else [1, 2, 3]))
    for best in (1, 2, 3):
        order = group_order(flat, (0, 7, 7, 7), [each != best for each in range(4)])
        for grouped in (order, order.fold(best, unfold=True)):
            shown = rows.shown(grouped, best)
            assert shown is not None
            assert period(shown.row.published_at, NOW) == rows.period_from(grouped, 0, NOW)
        rows.has_periods = False
        unfolded = rows.shown(order.fold(best, unfold=True), best)
        assert unfolded is not None
        assert unfolded.row == rows[best], "its own date, if no period is named"
        rows.has_periods = True


async def test_the_list_names_periods_while_it_is_sorted_by_date(make_folder: MakeFolder) -> None:
    def dated(day: str) -> bytes:
        return document(f"On {day}", "quality: 1", f"publishedDateTime: {day}")

    days = ("2021-08-09", "2021-08-01", "2021-07-30")
    folder: Path = make_folder({f"{day}.md": dated(day) for day in days})
    settings: Config = replace(FETCH_DISABLED, date_separators=True)
    async with open_app(folder, settings=settings) as reader:
        assert "August 2021" not in reader.text.partition("▏")[0]
        await reader.press("3")
        assert [line.count("─ August 2021") for line in reader.text.splitlines()].count(1) == 1
        assert "─ July 2021" in reader.text
        before = reader.text
        reader.app.session.change_config(FETCH_DISABLED)
        await reader.settle()
        assert "─ July 2021" not in reader.text
        reader.app.session.change_config(settings)
        await reader.settle()
        assert reader.text == before
