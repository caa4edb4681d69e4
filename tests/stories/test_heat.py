"""Estimates of heat: the formula, the scale, and the explanation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.stories.heat import DAY, Coverage, computed_heat, explain, on_scale, scale_of, source_weight

_COVERAGES = st.builds(
    lambda sources, first, days, links: Coverage(float(sources), sources, first, first + days * DAY, links),
    st.integers(1, 60),
    st.integers(0, 20_000 * DAY),
    st.integers(0, 60),
    st.integers(0, 500),
)


def _heat(sources: int, days: float = 0, age: int = 0, links: int = 0, weight: float = 1.0) -> float:
    first, last = 0, int(days * DAY)
    return computed_heat(Coverage(weight * sources, sources, first, last, links), last // DAY + age)


@pytest.mark.parametrize(
    ("sources", "days", "heat"), [(1, 0, 12.5), (2, 0, 31.1), (7, 2, 60.0), (20, 5, 81.7), (40, 20, 89.3)]
)
def test_typical_stories_have_the_heats_of_the_documentation(sources: int, days: int, heat: float) -> None:
    weight = source_weight(60 if sources == 40 else 50)
    assert _heat(sources, days, weight=weight) == pytest.approx(heat, abs=0.1)


@given(_COVERAGES, st.integers(0, 4000))
def test_a_heat_is_between_0_and_100(coverage: Coverage, age: int) -> None:
    assert 0 < computed_heat(coverage, (coverage.last or 0) // DAY + age) < 100


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 100), st.integers(0, 50))
def test_more_sources_faster_news_and_links_are_hotter_and_age_is_cooler(
    sources: int, days: int, age: int, links: int
) -> None:
    heat = _heat(sources, days, age, links)
    assert _heat(sources + 1, days, age, links) > heat
    assert _heat(sources, days, age, links + 1) > heat
    assert _heat(sources, days, age + 1, links) < heat
    assert _heat(sources, days + 1, age, links) <= heat
    assert _heat(sources, days, age, links, weight=1.2) > heat


def test_an_article_without_a_date_is_thirty_days_old() -> None:
    assert computed_heat(Coverage(1, 1, None, None), 500) == computed_heat(Coverage(1, 1, 0, 0), 30)


@pytest.mark.parametrize(("quality", "weight"), [(None, 1), (50, 1), (0, 0.5), (-3, 0.5), (150, 1.25)])
def test_the_weight_of_a_source_grows_with_its_quality(quality: float | None, weight: float) -> None:
    assert source_weight(quality) == weight


_PAIRS = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 400)), min_size=20, max_size=200)


@given(_PAIRS, st.floats(0, 100), st.floats(0, 100))
def test_a_scale_keeps_the_order_and_stays_among_the_known_heats(
    pairs: list[tuple[float, float]], one: float, other: float
) -> None:
    scale = scale_of([ours for ours, _ in pairs], [known for _, known in pairs])
    low, high = sorted((one, other))
    assert on_scale(low, scale) <= on_scale(high, scale) + 1e-6
    assert -1e-6 <= on_scale(high, scale) <= max(known for _, known in pairs) + 1e-6


def test_half_of_the_estimates_are_below_the_median_of_the_known_heats() -> None:
    computed = [n / 10 for n in range(1000)]
    known = [300 - n / 5 for n in range(1000)]
    scale = scale_of(computed, known)
    below = sum(on_scale(heat, scale) < 200 for heat in computed)
    assert below == pytest.approx(500, abs=5)
    assert on_scale(computed[0], scale) == pytest.approx(min(known), abs=1)
    assert on_scale(computed[-1], scale) == max(known)


def test_few_known_heats_say_nothing_about_the_scale() -> None:
    assert scale_of([1.0] * 19, [200.0] * 19) == ()
    assert on_scale(47.0, ()) == 47.0
    assert on_scale(3.0, scale_of([3.0] * 20, [150.0, 250.0] * 10)) == pytest.approx(200, abs=50)


@pytest.mark.parametrize(
    ("coverage", "text"),
    [
        (Coverage(7, 7, 0, 2 * DAY), "~62: 7 sources in 2 days"),
        (Coverage(2, 2, 0, 3600), "~62: 2 sources in 1 hour"),
        (Coverage(2, 2, 0, 30 * 3600, 3), "~62: 2 sources in 30 hours, 3 links"),
        (Coverage(1, 1, 0, 9 * DAY, 1), "~62: 1 source, 1 link"),
        (Coverage(3, 3, None, None), "~62: 3 sources"),
    ],
)
def test_an_estimate_is_explained_in_one_line(coverage: Coverage, text: str) -> None:
    assert explain(61.7, coverage) == text
