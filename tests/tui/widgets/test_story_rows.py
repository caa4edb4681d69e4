"""Rows of stories in the list: what they say about their articles, and that this leaves room for the title."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.core.model import Links, Row
from reader.core.ordering import ArticleOrder, Sort
from reader.core.text import cell_width
from reader.stories.groups import group_order
from reader.tui.widgets.article_list.row import story_sign
from reader.tui.widgets.article_list.rows import ListRow, RowCache, story_row, with_folded


def row(rowid: int, **fields: object) -> Row:
    found = Row(rowid, f"{rowid:016x}", f"{rowid}.md", "Title", "", None, Links(), "", None, None, f"S{rowid}", "", ())
    return replace(found, **fields)  # type: ignore[arg-type]


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


GROUPED = group_order(ArticleOrder(Sort(), array("I", [3, 5, 4, 1, 2])), (0, 7, 7, 0, 0, 7), range(6))
"""1, 5 and 2 are a story, the others are alone."""


def test_a_story_is_unread_while_any_article_is_and_starred_if_any_is() -> None:
    shown = story_row([row(1, read=True), row(2, read=False), row(5, starred=True, read=True)], 3).row
    assert (shown.read, shown.starred, shown.rowid) == (False, True, 1)
    assert story_row([row(1, read=True), row(2, read=True)], 2).row.read


def test_a_story_is_as_hot_as_its_hottest_article_which_comes_first_in_a_list_by_heat() -> None:
    known = story_row([row(1, heat_estimate=40), row(2, heat=20), row(3, heat=50), row(4)], 4).row
    assert (known.heat, known.heat_estimate) == (50, None)
    estimated = story_row([row(1, heat_estimate=60), row(2, heat_estimate=90), row(3, heat=50)], 3).row
    assert (estimated.heat, estimated.heat_estimate) == (None, 90)


def test_a_story_has_the_latest_date_and_the_days_since_the_first() -> None:
    shown = story_row(
        [row(1, published_at=day(4)), row(2, published_at=day(9)), row(3), row(4, published_at=day(2))], 4
    )
    assert (shown.row.published_at, shown.days) == (day(9), 7)
    assert story_row([row(1), row(2)], 2).days == 0


@pytest.mark.parametrize(
    ("shown", "cells", "sign"),
    [
        (ListRow(row(1, sources=5, copies=2)), 100, "  2 copies · 5 sources"),
        (ListRow(row(1, sources=5, copies=2)), 50, " =2 ×5"),
        (ListRow(row(1, sources=5)), 20, ""),
        (ListRow(row(1, sources=1)), 100, ""),
        (ListRow(row(1, sources=5), "inside"), 100, ""),
        (ListRow(row(1, sources=5), "folded", 9, 3), 100, "  3 days · 5 sources"),
        (ListRow(row(1, sources=5), "folded", 9, 3), 50, " 3d ×5"),
        (ListRow(row(1, sources=5), "folded", 3, 3, 3), 100, "  3 days · 3 of 5 sources"),
        (ListRow(row(1, sources=5), "unfolded", listed=3), 50, " ×3/5"),
        (ListRow(row(1, sources=5), "folded", 9, 3, 5), 50, " 3d ×5"),
        (ListRow(row(1, sources=1), "folded", 4, 3), 50, " 3d (4)"),
        (ListRow(row(1, sources=1), "folded", 2, 0), 100, "  2 articles"),
    ],
)
def test_the_sign_of_a_story_takes_few_cells(shown: ListRow, cells: int, sign: str) -> None:
    assert story_sign(shown, cells) == sign


@given(st.integers(0, 10**6), st.integers(1, 999), st.integers(0, 9999), st.integers(0, 250))
@example(10_000, 10, 1000, 80)  # the words are one cell too long
def test_a_sign_leaves_at_least_half_of_the_title(sources: int, copies: int, days: int, cells: int) -> None:
    for fold in ("", "folded", "unfolded", "inside"):
        sign = story_sign(ListRow(row(1, sources=sources, copies=copies), fold, 9, days), cells)
        assert 2 * cell_width(sign) <= cells


def test_a_folded_row_needs_the_rows_of_its_articles() -> None:
    cache = RowCache([row(1), row(2, read=True)])
    assert cache.lacks(GROUPED, 1)
    assert not cache.lacks(GROUPED.fold(1, unfold=True), 1)
    assert with_folded(GROUPED, GROUPED.rowids) == [3, 1, 4, 5, 2]
    assert cache.request_around(GROUPED, 0, 10) == [3, 4, 5]
    shown = cache.shown(GROUPED, 1)
    assert shown is not None
    assert (shown.fold, shown.articles, shown.row.rowid) == ("folded", 3, 1), "as far as it is loaded"
    assert cache.shown(GROUPED, 3) is None
