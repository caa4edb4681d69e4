"""Statistics: every article is counted once in its time, topic and source."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.model import Article, Provider
from reader.core.times import to_local
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.stories import statistics
from reader.stories.model import HeatStatistics, Period
from tests.storage.parsed_file_helpers import put

_FIRST = datetime(2024, 3, 30, 23, 50, tzinfo=UTC)


def _article(n: int, at: datetime | None) -> Article:
    provider, topics = Provider("AB"[n % 2]), ("x", "y")[: n % 3]
    return Article(f"{n}.md", "T", published_at=at, provider=provider, topics=topics, heat=n)


def _statistics(
    times: list[datetime | None], period: Period | None = None, rows: list[int] | None = None
) -> HeatStatistics:
    index, _ = Index.open(None)
    with closing(index):
        put(index, *(_article(n, at) for n, at in enumerate(times)))
        with index.database.read() as db:
            return statistics.of_rows(db, rows, period)


_TIMES = st.none() | st.integers(-(10**9), 10**8).map(lambda seconds: _FIRST + timedelta(seconds=2 * seconds))


@settings(max_examples=25)
@given(st.lists(_TIMES, max_size=8), st.sampled_from(["month", "year"]))
def test_every_dated_article_is_in_the_bar_of_its_time(times: list[datetime | None], period: Period) -> None:
    found = _statistics(times, period)
    length = {"month": 7, "year": 4}[period]
    counted = Counter(to_local(at).isoformat()[:length] for at in times if at is not None)
    assert {bar.label: bar.articles for bar in found.by_time if bar.articles} == dict(counted)
    labels = [bar.label for bar in found.by_time]
    assert labels == sorted(set(labels))
    assert found.articles == len(times)


@pytest.mark.parametrize(
    ("span", "period", "bars"),
    [(timedelta(hours=5), "hour", 6), (timedelta(days=40), "day", 41), (timedelta(days=400), "month", 15),
     (timedelta(days=9000), "year", 25)],
)  # fmt: skip
def test_bars_without_gaps_are_as_fine_as_their_number_allows(span: timedelta, period: Period, bars: int) -> None:
    found = _statistics([_FIRST, _FIRST + span])
    assert found.period == period
    assert len(found.by_time) == pytest.approx(bars, abs=1)
    assert sum(bar.articles for bar in found.by_time) == 2


def test_too_many_bars_are_coarser() -> None:
    assert _statistics([_FIRST, _FIRST + timedelta(days=9000)], "hour").period == "month"
    assert _statistics([_FIRST, _FIRST + timedelta(days=90)], "hour").period == "hour"


@pytest.fixture(params=["JST-9", "PST8", "CET-1CEST,M3.5.0,M10.5.0/3"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Live east and west of Greenwich, and where clocks jump."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("period", ["hour", "year"])
def test_the_first_and_the_last_moment_of_the_calendar_are_counted(at: datetime, period: Period) -> None:
    found = _statistics([at], period)
    assert [bar.articles for bar in found.by_time if bar.articles] == [1]


def test_the_hour_before_clocks_jump_is_counted_as_that(zone: str) -> None:
    moment = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    (bar,) = _statistics([moment], "hour").by_time
    assert (bar.articles, bar.label) == (1, f"{to_local(moment):%Y-%m-%d %H}:00"), zone


def test_topics_and_sources_are_counted_with_their_mean_heat() -> None:
    found = _statistics([None] * 6)
    assert [(bar.label, bar.query, bar.articles, bar.heat) for bar in found.by_source] == [
        ("A", "source:A", 3, 2), ("B", "source:B", 3, 3),
    ]  # fmt: skip
    assert [(bar.label, bar.articles, bar.heat) for bar in found.by_topic] == [("x", 4, 3), ("y", 2, 3.5)]
    assert found.by_time == []
    few = _statistics([_FIRST] * 6, rows=[1, 3])
    assert (few.articles, [bar.label for bar in few.by_source]) == (2, ["A"])
