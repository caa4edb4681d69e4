"""What the grouping of articles into stories promises."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.stories.grouping import Grouping, StoryArticle
from reader.stories.linkage import Compared, nearness
from reader.stories.terms import Vector
from tests.stories.memory_state import MemoryState

EVENTS = (
    "Earthquake damages cathedral in Valdivia",
    "Earthquake shakes coast near Sendai",
    "Parliament passes pension reform in Paris",
    "Striker Okafor breaks leg in training",
    "Volcano Etna closes airport in Catania",
)
OUTLETS = ("", "Live: ", "Analysis: ", "What we know: ", "Photos: ")

UNSURE = (
    (0, "Tremor damages cathedral in Valdivia, wounding tourists from Denmark on pilgrimage"),
    (400, "After tremor Valdivia mourns drowned fishermen and shepherds at cathedral without bells"),
)
"""Articles, with their days, that are somewhat alike."""


def article(rowid: int, title: str, day: int | None = 19_000) -> StoryArticle:
    return StoryArticle(rowid, rowid + 1000, title, published=None if day is None else day * 86_400)


def stories(state: MemoryState) -> set[frozenset[int]]:
    groups = defaultdict(set)
    for rowid, story in state.story_by_row().items():
        groups[story].add(rowid)
    return {frozenset(group) for group in groups.values()}


def all_at_once(articles: list[StoryArticle]) -> MemoryState:
    state = MemoryState()
    for _ in Grouping(state).add_all(articles):
        pass
    return state


articles = st.lists(
    st.tuples(st.sampled_from(OUTLETS), st.sampled_from(EVENTS), st.none() | st.integers(19_000, 19_200)),
    min_size=1,
    max_size=12,
).map(lambda rows: [article(rowid, lead + event, day) for rowid, (lead, event, day) in enumerate(rows)])


@settings(max_examples=50, deadline=None)
@given(articles, st.randoms(use_true_random=False))
def test_stories_only_grow_or_join(given_articles: list[StoryArticle], rng: random.Random) -> None:
    rng.shuffle(given_articles)
    state = MemoryState()
    grouping = Grouping(state)
    for each in given_articles:
        before, ids_before = stories(state), state.story_by_row()
        grouping.add(each)
        after, ids = stories(state), state.story_by_row()
        assert all(any(story <= other for other in after) for story in before)
        for rowid, old in ids_before.items():
            size = sum(story == old for story in ids_before.values())
            if ids[rowid] != old:
                assert sum(story == ids[rowid] for story in ids_before.values()) >= size
        assert set(ids) == {*ids_before, each.rowid}


@settings(max_examples=30, deadline=None)
@given(articles, st.integers(1, 12), st.randoms(use_true_random=False))
def test_batches_of_any_size_only_grow_or_join_stories(
    given_articles: list[StoryArticle], size: int, rng: random.Random
) -> None:
    rng.shuffle(given_articles)
    state = MemoryState()
    for start in range(0, len(given_articles), size):
        before = stories(state)
        for _ in Grouping(state).add_all(given_articles[start : start + size]):
            pass
        assert all(any(story <= other for other in stories(state)) for story in before)
    assert state.story_by_row().keys() == {each.rowid for each in given_articles}


@settings(max_examples=30, deadline=None)
@given(articles, st.randoms(use_true_random=False))
def test_a_review_of_what_is_alone_moves_nothing_else(given_articles: list[StoryArticle], rng: random.Random) -> None:
    rng.shuffle(given_articles)
    state = MemoryState()
    for each in given_articles:
        Grouping(state).add(each)
    before, documents = stories(state), state.documents()
    alone = [each for each in given_articles if frozenset({each.rowid}) in before]
    for _ in Grouping(state).add_all(alone, review=True):
        pass
    assert all(any(story <= other for other in stories(state)) for story in before)
    assert state.story_by_row().keys() == {each.rowid for each in given_articles}
    assert state.documents() == documents


def test_what_is_alone_is_reviewed_whenever_a_folder_has_grown_by_a_quarter() -> None:
    state, due = MemoryState(), []
    for rowid in range(50):
        if Grouping(state).is_review_due(1):
            due.append(rowid + 1)
        Grouping(state).add(article(rowid, f"Number {rowid}"))
    assert due == [16, 20, 25, 31, 38, 47]
    assert Grouping(state).is_review_due(1000)
    assert not Grouping(MemoryState()).is_review_due(1000)


def test_a_review_joins_what_too_little_was_known_of() -> None:
    pair = [article(day, title, 19_000 + day) for day, title in UNSURE]
    state = MemoryState()
    for each in pair:
        Grouping(state).add(each)
    assert len(stories(state)) == 2
    assert [*Grouping(state).add_all(pair, review=True)] == [2]
    assert len(stories(state)) == 1


@settings(max_examples=30, deadline=None)
@given(articles, st.randoms(use_true_random=False))
def test_the_order_within_a_batch_does_not_matter(given_articles: list[StoryArticle], rng: random.Random) -> None:
    before = stories(all_at_once(given_articles))
    rng.shuffle(given_articles)
    assert stories(all_at_once(given_articles)) == before


def test_a_changed_article_leaves_its_story() -> None:
    state = all_at_once([article(rowid, lead + EVENTS[0]) for rowid, lead in enumerate(OUTLETS)])
    assert len(stories(state)) == 1
    Grouping(state).add(article(2, EVENTS[3]))
    assert stories(state) == {frozenset({0, 1, 3, 4}), frozenset({2})}


@settings(max_examples=50, deadline=None)
@given(articles, st.randoms(use_true_random=False))
def test_an_article_that_leaves_and_returns_is_in_its_story_again(
    given_articles: list[StoryArticle], rng: random.Random
) -> None:
    state = all_at_once(given_articles)
    before = state.story_by_row()
    leaving = rng.choice(given_articles)
    Grouping(state).remove(leaving.rowid)
    assert state.story_by_row() == {rowid: story for rowid, story in before.items() if rowid != leaving.rowid}
    Grouping(state).add(leaving)
    assert stories(state) == stories(all_at_once(given_articles))
    assert state.story_by_row() == before


@settings(max_examples=20, deadline=None)
@given(articles)
def test_grouping_is_deterministic(given_articles: list[StoryArticle]) -> None:
    assert all_at_once(given_articles).story_by_row() == all_at_once(given_articles).story_by_row()


@pytest.mark.parametrize("number", [30, 60, 200])
def test_any_number_of_equal_texts_is_one_story(number: int) -> None:
    excerpt = "The council of Velmora approved a plan to rebuild the harbour bridge, which had collapsed after a storm."
    same = [article(rowid, "Council approves bridge")._replace(excerpt=excerpt) for rowid in range(number)]
    others = [article(number + place, event) for place, event in enumerate(EVENTS)]
    assert frozenset(range(number)) in stories(all_at_once([*same, *others]))
    one_by_one = MemoryState()
    for each in same:
        Grouping(one_by_one).add(each)
    assert stories(one_by_one) == {frozenset(range(number))}


def test_a_column_with_one_title_is_not_one_story() -> None:
    column = [article(rowid, "Morning briefing", 19_000 + rowid) for rowid in range(100)]
    assert len(stories(all_at_once(column))) == len(column)


@pytest.mark.parametrize(("days", "expected"), [(1, 1), (365, 4)])
def test_a_notice_of_every_year_is_not_one_story(days: int, expected: int) -> None:
    excerpt = "The council office is closed from 24 December to 2 January. Urgent requests can be made by telephone."
    notices = [article(rowid, "Holiday opening hours", 18_000 + days * rowid) for rowid in range(4)]
    assert len(stories(all_at_once([each._replace(excerpt=excerpt, source="Town") for each in notices]))) == expected


def test_a_join_that_is_undone_leaves_each_story_as_it_was() -> None:
    def of(day: int | None, *terms: int) -> Compared:
        vector = Vector(terms, [100] * len(terms), source=day or 0)
        return Compared(terms[0], 1, day, vector, is_new=True).with_sums()

    one, other = of(None, 1, 2, 3), of(19_000, 4, 2, 3)
    one.take(other)
    assert one.give_back() is other
    for story, same in ((one, of(None, 1, 2, 3)), (other, of(19_000, 4, 2, 3))):
        assert (story.days, story.sources, story.weights, story.size, story.into) == (
            same.days, same.sources, same.weights, 1, None,
        )  # fmt: skip


DAYS = st.lists(st.none() | st.integers(0, 1000), min_size=1, max_size=20)


@given(DAYS, DAYS)
def test_two_stories_are_as_near_as_all_pairs_of_their_articles(
    days: list[int | None], others: list[int | None]
) -> None:
    def of(*days: int | None) -> Compared:
        story, *rest = (Compared(0, 1, day, Vector([], [], 0), is_new=True).with_sums() for day in days)
        for each in rest:
            story.take(each)
        return story

    assert nearness(of(*days), of(*others)) == sum(nearness(of(day), of(other)) for day in days for other in others)
    assert of(*days).earliest == min((day for day in days if day is not None), default=0)
