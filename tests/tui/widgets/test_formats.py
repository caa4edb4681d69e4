from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.text import cell_width
from reader.tui.widgets.text import formats
from tests.tui.hostile_documents import cleaned, scores

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
FULL = st.sampled_from((formats.QUALITY_FULL, formats.HEAT_FULL))
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(scores)
def test_a_score_is_short_and_unknown_is_a_dash(value: float | None) -> None:
    text = formats.score(value)
    assert (text == "–") == (value is None)
    assert value is None or value > 10**6 or len(text) <= 5


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (46.4, "46"), (999.4, "999"), (999.6, "1.0k"), (2699, "2.7k"), (9949, "9.9k"), (9950, "10k"),
     (999_499, "999k"), (999_500, "1.0M"), (12_345_678, "12M"), (10**10, "10G"), (10**12, "∞"), (None, "–")],
)  # fmt: skip
def test_a_large_score_has_at_most_four_cells(value: float | None, shown: str) -> None:
    assert formats.score(value) == shown
    assert len(shown) <= 4


@given(scores, FULL, st.integers(1, 12))
def test_a_bar_fits_its_cells_and_is_never_empty(value: float | None, full: int, cells: int) -> None:
    bar = formats.bar(value, full, cells)
    assert cell_width(bar) <= cells
    assert bool(bar) == (value is not None and value > 0)


@given(st.integers(1, 400), st.integers(1, 400), FULL, st.integers(1, 12))
def test_a_higher_score_never_looks_lower(one: int, two: int, full: int, cells: int) -> None:
    low, high = sorted((one, two))
    half = [formats.bar(value, full, cells).replace("━", "--").replace("╸", "-") for value in (low, high)]
    assert len(half[0]) <= len(half[1])
    assert formats.shade(low, full) <= formats.shade(high, full)
    assert 0 <= formats.strength(low, full) <= formats.strength(high, full) <= 1
    assert 0.45 <= formats.lightness(low, full) <= formats.lightness(high, full) <= 1


@given(scores, FULL)
def test_a_shade_is_one_cell(value: float | None, full: int) -> None:
    assert cell_width(formats.shade(value, full)) == 1


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(0), " 0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=1), " 1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), " 1 d"),
        (timedelta(days=6, hours=23), " 6 d"),
        (timedelta(days=7), " 8 Mar"),
        (timedelta(days=75), "30 Dec 25"),
        (timedelta(minutes=-1), "15 Mar"),
    ],
)
def test_recent_dates_are_ages_and_old_ones_have_a_year(ago: timedelta, shown: str) -> None:
    assert formats.short_date(NOW - ago, NOW) == shown


def test_a_year_after_a_month_does_not_look_like_a_day() -> None:
    assert formats.short_date(NOW - timedelta(days=75), NOW, 6) == "Dec’25"
    assert formats.short_date(NOW, NOW, 6, "month") == "Mar’26"
    assert formats.short_date(NOW, NOW, 9, "month") == "   Mar’26"


@given(st.none() | MOMENTS, MOMENTS)
def test_a_short_date_takes_nine_cells_at_most(moment: datetime | None, now: datetime) -> None:
    assert cell_width(formats.short_date(moment, now)) <= 9


@given(MOMENTS)
def test_every_time_has_a_full_date(moment: datetime) -> None:
    assert str(moment.year) in formats.full_date(moment)


def test_a_full_date_has_its_time_zone() -> None:
    assert formats.full_date(NOW) == "15 March 2026, 12:00 UTC"
    assert formats.full_date(None) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [("PT1H13M34S", "1 h 13 min 34 s"), ("PT45M", "45 min"), ("PT", "PT"), ("PT5", "PT5"), ("P1D", "P1D"), ("", "")],
)
def test_a_duration_is_formatted_in_words(text: str, words: str) -> None:
    assert formats.duration(text) == words


@given(cleaned)
def test_an_invalid_duration_is_shown_as_written(text: str) -> None:
    assert formats.duration("x" + text) == "x" + text
