"""Progress of a refresh in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.events import Progress, describe_outcome, format_duration, pace, progress_facts


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (8.4, "8 s"), (59.4, "59 s"), (60, "1 min"), (150, "2 min"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_format_duration(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


def test_rate_and_remaining_time_appear_when_known() -> None:
    assert progress_facts(Progress(done=10, total=100, seconds=0.1)) == ("10 of 100",)
    assert progress_facts(Progress(done=1000, total=5000, seconds=2)) == ("1,000 of 5,000", "8 s left", "500 a second")
    assert progress_facts(Progress(done=1000, total=5000, seconds=2, walking=True)) == (
        "1,000 of 5,000+",
        "500 a second",
    )
    assert progress_facts(Progress(done=50, total=5000, seconds=1)) == (
        "50 of 5,000",
        "50 a second",
    )  # too early to estimate
    assert progress_facts(Progress(done=5000, total=5000, seconds=9)) == (
        "5,000 of 5,000",
        "sorting",
        "556 a second",
    )
    assert progress_facts(Progress(done=5000, total=5000, seconds=9, finished=True)) == (
        "5,000 of 5,000",
        "556 a second",
    )


def test_describe_outcome() -> None:
    assert describe_outcome(Progress()) == "nothing has changed"
    assert describe_outcome(Progress(changed=1200, removed=3, moved=2)) == "1,200 new or changed, 2 moved, 3 removed"


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 10**6), st.booleans())
def test_any_progress_can_be_described(done: int, more: int, seconds: float, walking: bool) -> None:
    progress = Progress(done=done, total=done + more, seconds=seconds, walking=walking)
    rate, left = pace(progress)
    assert rate >= 0
    assert left is None or left >= 0
    assert progress_facts(progress)[0].startswith(f"{done:,} of {done + more:,}")
