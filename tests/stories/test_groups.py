"""Lists with a row for each story: nothing is lost, and folding keeps every other row where it is."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from reader.core.ordering import ArticleOrder, Sort
from reader.stories.groups import GroupedOrder, group_order

STORY_OF = (0, 7, 7, 0, 8, 7, 0, 9)
"""By row id: 1, 2 and 5 are a story; 4 and 7 are alone in theirs."""


def order_of(rowids: Sequence[int]) -> ArticleOrder:
    return ArticleOrder(Sort(), array("I", rowids))


def grouped(*rowids: int, best: Sequence[int] = range(8)) -> GroupedOrder:
    return group_order(order_of(rowids), STORY_OF, best)


def test_a_story_has_one_row_which_is_its_best_article() -> None:
    order = grouped(3, 5, 4, 1, 2, 6)
    assert [*order.rowids] == [3, 1, 4, 6]
    assert [*order.articles_of(1)] == [1, 5, 2]
    assert [*order.articles_of(4)] == [4]
    assert [*order.all_rowids] == [3, 5, 4, 1, 2, 6]


def test_an_unfolded_story_has_a_row_for_each_article() -> None:
    order = grouped(3, 5, 4, 1, 2, 6).fold(1, unfold=True)
    assert [*order.rowids] == [3, 1, 5, 2, 4, 6]
    assert [*order.articles_of(1)] == [1]
    assert [*order.fold(2).rowids] == [3, 1, 4, 6]


def test_the_row_of_a_folded_story_is_the_place_of_its_articles() -> None:
    order = grouped(3, 5, 4, 1, 2, 6)
    assert [order.index_of(rowid) for rowid in (1, 2, 5, 4, 7)] == [1, 1, 1, 2, None]


def test_a_story_with_one_article_in_the_list_is_no_group() -> None:
    order = grouped(3, 5, 4)
    assert [*order.rowids] == [3, 5, 4]
    assert order.fold_state(5) == ""
    assert order.fold(5, unfold=True) is order


def test_articles_that_are_newer_than_the_stories_belong_to_none() -> None:
    assert [*group_order(order_of([100, 1, 2]), STORY_OF, range(8)).rowids] == [100, 1]


def test_the_selected_article_stays_the_row_of_its_story() -> None:
    before = grouped(3, 5, 4, 2, 6)
    after = grouped(3, 5, 4, 1, 2, 6)
    kept = after.folded_like(before, 2)
    assert [*kept.rowids] == [3, 2, 4, 6], "although article 1, which is better, has come"
    assert [*kept.articles_of(2)] == [2, 5, 1]
    assert [*kept.fold(2, unfold=True).rowids] == [3, 2, 5, 1, 4, 6]
    assert [*after.folded_like(before, 5).rowids] == [3, 1, 4, 6], "it was folded before, too"
    assert [*after.folded_like(before.articles, 2).rowids] == [3, 1, 4, 6], "grouped by the person"
    assert [*after.folded_like(grouped(3, 5, 4, 6), 5).rowids] == [3, 5, 4, 6], "it was alone before"


def test_without_articles_the_others_are_grouped_again() -> None:
    order = grouped(3, 5, 4, 1, 2, 6).fold(1, unfold=True).without({1})
    assert [*order.rowids] == [3, 2, 5, 4, 6]
    assert [*grouped(3, 5, 4, 1, 2, 6).without({1, 2}).rowids] == [3, 5, 4, 6]


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=12),
)
def test_folding_loses_no_article_and_moves_no_other_row(
    numbers: list[int], dice: object, steps: list[tuple[int, bool]]
) -> None:
    story_of = [0, *(number if number < 5 else 0 for number in numbers)]
    rowids = list(range(1, len(story_of)))
    dice.shuffle(rowids)  # type: ignore[attr-defined]
    rank_of = list(range(len(story_of)))
    dice.shuffle(rank_of)  # type: ignore[attr-defined]
    order = group_order(order_of(rowids), story_of, rank_of)
    for rowid, unfold in steps:
        before, order = order, order.fold(rowid, unfold=unfold)
        number = story_of[rowid] if rowid < len(story_of) else 0
        assert sorted(each for row in order.rowids for each in order.articles_of(row)) == sorted(rowids)
        others = [row for row in before.rowids if not number or story_of[row] != number]
        assert [row for row in order.rowids if not number or story_of[row] != number] == others
        assert all(order.rowids[order.index_of(row) or 0] == row for row in order.rowids)
        assert all(order.index_of(row) is not None for row in rowids)
    assert [*group_order(order.articles, story_of, rank_of).folded_like(order).rowids] == [*order.rowids]
