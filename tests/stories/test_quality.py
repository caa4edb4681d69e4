"""Estimates of quality."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.stories.quality import Completeness, estimated_quality, median_quality

_FULL = Completeness(20, 580, has_image=True, has_date=True, has_source=True, has_url=True, has_topics=True)
_EMPTY = Completeness(0, 0, has_image=False, has_date=False, has_source=False, has_url=False, has_topics=False)
_ANY = st.builds(Completeness, st.integers(0, 500), st.integers(0, 9000), *[st.booleans()] * 5)


def test_an_empty_document_has_0_and_a_complete_one_100() -> None:
    assert (estimated_quality(_EMPTY), estimated_quality(_FULL)) == (0, 100)
    assert estimated_quality(_EMPTY._replace(has_image=True)) == 15
    assert estimated_quality(_EMPTY._replace(has_date=True, has_url=True)) == 15
    assert estimated_quality(_EMPTY._replace(excerpt_words=10)) == pytest.approx(10 + 35 / 60)


@given(_ANY, st.none() | st.floats(0, 100))
def test_an_estimate_is_between_0_and_100_and_grows_with_the_document(
    found: Completeness, median: float | None
) -> None:
    quality = estimated_quality(found, median)
    assert 0 <= quality <= 100
    more = found._replace(body_words=found.body_words + 100, has_image=True)
    assert estimated_quality(more, median) >= quality


def test_half_of_an_estimate_is_the_median_of_the_source() -> None:
    assert estimated_quality(_EMPTY, 60) == 30
    assert median_quality([10, 90, 40]) == 40
    assert median_quality([10, 90]) is None
