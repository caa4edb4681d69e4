from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.query.ast import DateCondition, DateRelation
from reader.query.dates import WORDS, date_error, date_range, is_backwards
from tests.query.query_trees import dates, days

# POSIX time zones, which need no time zone database. West of Greenwich is positive there.
BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"
HAVANA = "CST5CDT,M3.2.0/0,M11.1.0/1"  # clocks are set from 0:00 to 1:00, and from 1:00 back to 0:00
KIRITIMATI = "LINT-14"

Zone = Callable[[str], None]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """Set the time zone until the end of the test."""

    def live(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield live
    monkeypatch.undo()
    time.tzset()


def _period(relation: DateRelation, first: str, last: str = "", now: str = "2021-08-04T12:00Z") -> tuple[str, str]:
    """Return the period in short form: UTC, without seconds if they are zero, empty for no bound."""
    bounds = date_range(DateCondition(relation, first, last), datetime.fromisoformat(now))
    assert all(bound is None or bound.tzinfo is UTC for bound in bounds)
    start, end = (f"{bound:%Y-%m-%dT%H:%M:%S}".removesuffix(":00") if bound else "" for bound in bounds)
    return start, end


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2021", "2021-01-01T00:00", "2022-01-01T00:00"),
        ("2021-07", "2021-07-01T00:00", "2021-08-01T00:00"),
        ("2021-12", "2021-12-01T00:00", "2022-01-01T00:00"),
        ("2020-02", "2020-02-01T00:00", "2020-03-01T00:00"),
        ("2020-02-29", "2020-02-29T00:00", "2020-03-01T00:00"),
        ("2021-12-31", "2021-12-31T00:00", "2022-01-01T00:00"),
        ("today", "2021-08-04T00:00", "2021-08-05T00:00"),
        ("yesterday", "2021-08-03T00:00", "2021-08-04T00:00"),
        ("this-week", "2021-08-02T00:00", "2021-08-09T00:00"),
        ("last-week", "2021-07-26T00:00", "2021-08-02T00:00"),
        ("this-month", "2021-08-01T00:00", "2021-09-01T00:00"),
        ("last-month", "2021-07-01T00:00", "2021-08-01T00:00"),
        ("this-year", "2021-01-01T00:00", "2022-01-01T00:00"),
        ("last-year", "2020-01-01T00:00", "2021-01-01T00:00"),
        ("0d", "2021-08-04T12:00", "2021-08-04T12:00"),
        ("3d", "2021-08-01T12:00", "2021-08-04T12:00"),
        ("2w", "2021-07-21T12:00", "2021-08-04T12:00"),
        ("1m", "2021-07-04T12:00", "2021-08-04T12:00"),
        ("8m", "2020-12-04T12:00", "2021-08-04T12:00"),
        ("1y", "2020-08-04T12:00", "2021-08-04T12:00"),
    ],
)
def test_each_date_has_its_period(zone: Zone, text: str, start: str, end: str) -> None:
    zone("UTC")
    assert _period("in", text) == (start, end)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        (DateCondition(">=", "2021-07"), "2021-07-01T00:00", ""),
        (DateCondition("<", "2021-07"), "", "2021-07-01T00:00"),
        (DateCondition(">", "2021-07"), "2021-08-01T00:00", ""),
        (DateCondition("<=", "2021-07"), "", "2021-08-01T00:00"),
        (DateCondition(">=", "3d"), "2021-08-01T12:00", ""),
        (DateCondition(">", "3d"), "2021-08-01T12:00", ""),
        (DateCondition("<", "3d"), "", "2021-08-01T12:00"),
        (DateCondition("<=", "3d"), "", "2021-08-01T12:00"),
        (DateCondition("range", "2021-07-28", "2021-08-05"), "2021-07-28T00:00", "2021-08-06T00:00"),
        (DateCondition("range", "2021", "2021"), "2021-01-01T00:00", "2022-01-01T00:00"),
        (DateCondition("range", "1m", "1w"), "2021-07-04T12:00", "2021-07-28T12:00"),
        (DateCondition("range", "1w", "today"), "2021-07-28T12:00", "2021-08-05T00:00"),
        (DateCondition("range", "last-year", "last-month"), "2020-01-01T00:00", "2021-08-01T00:00"),
        (DateCondition("range", "today", "yesterday"), "2021-08-04T00:00", "2021-08-04T00:00"),
    ],
)
def test_each_relation_has_its_bounds(zone: Zone, written: DateCondition, start: str, end: str) -> None:
    zone("UTC")
    assert _period(written.relation, written.first, written.last) == (start, end)


def test_days_are_in_the_local_time_zone(zone: Zone) -> None:
    zone(KIRITIMATI)
    assert _period("in", "today", now="2021-08-04T12:00Z") == ("2021-08-04T10:00", "2021-08-05T10:00")
    zone(NEW_YORK)
    assert _period("in", "today", now="2021-08-05T03:59Z") == ("2021-08-04T04:00", "2021-08-05T04:00")
    assert _period("in", "2021-01") == ("2021-01-01T05:00", "2021-02-01T05:00")
    # The time zone of "now" does not matter.
    assert _period("in", "today", now="2021-08-05T17:59+14:00") == ("2021-08-04T04:00", "2021-08-05T04:00")


def test_days_of_a_clock_change_are_shorter_or_longer(zone: Zone) -> None:
    zone(BERLIN)
    assert _period("in", "2021-03-28") == ("2021-03-27T23:00", "2021-03-28T22:00")
    assert _period("in", "2021-10-31") == ("2021-10-30T22:00", "2021-10-31T23:00")
    assert _period("in", "1d", now="2021-03-28T10:00Z") == ("2021-03-27T11:00", "2021-03-28T10:00")
    assert _period("in", "1d", now="2021-10-31T10:00Z") == ("2021-10-30T09:00", "2021-10-31T10:00")
    assert _period("in", "2021-10") == ("2021-09-30T22:00", "2021-10-31T23:00")


def test_a_skipped_time_of_day_is_moved_past_the_jump(zone: Zone) -> None:
    zone(BERLIN)
    # 2:30 of the next day; on the 28th of March 1:59 is followed by 3:00.
    assert _period(">=", "1d", now="2021-03-29T00:30Z") == ("2021-03-28T01:30", "")


def test_a_repeated_hour_is_resolved_by_now(zone: Zone) -> None:
    zone(BERLIN)
    # 2:30 in summer time, and 2:30 an hour later.
    assert _period("in", "1w", now="2021-10-31T00:30Z") == ("2021-10-24T00:30", "2021-10-31T00:30")
    assert _period("in", "1w", now="2021-10-31T01:30Z") == ("2021-10-24T00:30", "2021-10-31T01:30")


def test_a_day_without_midnight_starts_at_the_clock_change(zone: Zone) -> None:
    zone(HAVANA)
    assert _period("in", "2021-03-14") == ("2021-03-14T05:00", "2021-03-15T04:00")
    assert _period("in", "2021-03-13") == ("2021-03-13T05:00", "2021-03-14T05:00")
    # This day has two midnights; the first one counts.
    assert _period("in", "2021-11-07") == ("2021-11-07T04:00", "2021-11-08T05:00")


@pytest.mark.parametrize(
    ("span", "now", "start"),
    [
        ("1m", "2021-03-31T12:00Z", "2021-02-28T12:00"),
        ("1m", "2020-03-31T12:00Z", "2020-02-29T12:00"),
        ("1y", "2020-02-29T12:00Z", "2019-02-28T12:00"),
        ("4y", "2020-02-29T12:00Z", "2016-02-29T12:00"),
        ("12m", "2020-02-29T12:00Z", "2019-02-28T12:00"),
        ("1m", "2021-01-15T12:00Z", "2020-12-15T12:00"),
        ("1d", "2020-03-01T12:00Z", "2020-02-29T12:00"),
        ("1d", "2021-01-01T12:00:07Z", "2020-12-31T12:00:07"),
    ],
)
def test_months_and_years_are_calendar_units(zone: Zone, span: str, now: str, start: str) -> None:
    zone("UTC")
    assert _period(">=", span, now=now) == (start, "")


@pytest.mark.parametrize(
    ("word", "now", "start", "end"),
    [
        ("last-week", "2021-01-03T12:00Z", "2020-12-21T00:00", "2020-12-28T00:00"),
        ("this-week", "2021-01-03T12:00Z", "2020-12-28T00:00", "2021-01-04T00:00"),
        ("last-week", "2021-01-04T00:00Z", "2020-12-28T00:00", "2021-01-04T00:00"),
        ("yesterday", "2021-01-01T00:00Z", "2020-12-31T00:00", "2021-01-01T00:00"),
        ("last-month", "2021-01-31T12:00Z", "2020-12-01T00:00", "2021-01-01T00:00"),
        ("this-month", "2020-12-31T23:59Z", "2020-12-01T00:00", "2021-01-01T00:00"),
        ("last-month", "2020-03-31T12:00Z", "2020-02-01T00:00", "2020-03-01T00:00"),
    ],
)
def test_date_words_cross_the_end_of_a_year(zone: Zone, word: str, now: str, start: str, end: str) -> None:
    zone("UTC")
    assert _period("in", word, now=now) == (start, end)


@pytest.mark.parametrize("name", ["UTC", KIRITIMATI, "AOE12", BERLIN])
def test_the_ends_of_the_calendar_are_not_bounds(zone: Zone, name: str) -> None:
    zone(name)
    now = datetime(2021, 8, 4, 12, tzinfo=UTC)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert date_range(DateCondition("in", "0001"), now)[0] is None
    assert date_range(DateCondition("in", "9999-12-31"), now)[1] is None
    assert date_range(DateCondition("in", "9999y"), now) == (None, now)
    assert date_range(DateCondition("range", "0001", "9999"), now) == (None, None)
    # There is nothing before the first year or after the last one.
    assert date_range(DateCondition("<", "0001-01-01"), now) == (None, first)
    assert date_range(DateCondition("<", "9999y"), now) == (None, first)
    assert date_range(DateCondition(">", "9999"), now) == (last, None)


@pytest.mark.parametrize("name", ["UTC", KIRITIMATI, "AOE12"])
@pytest.mark.parametrize("word", [*WORDS, "1d", "1y", "9999w"])
def test_now_may_be_at_the_end_of_the_calendar(zone: Zone, name: str, word: str) -> None:
    zone(name)
    for now in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        start, end = date_range(DateCondition("in", word), now)
        assert start is None or end is None or start <= end


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2021-7", "2021-00", "2021-13", "2021-02-29", "2021-04-31", "0000", "21", "2021-07-", "20210728"),
        *("d", "12345d", "-3d", "3 d", "3h", "٣d", "٢٠٢١", "last-day", "Today", "2021-07-28T12:00"),
    ],
)
def test_date_error_explains_invalid_dates(text: str) -> None:
    assert date_error(text)
    with pytest.raises(ValueError, match=r"\w"):
        date_range(DateCondition("in", text), datetime(2021, 8, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("first", "last", "is_so"),
    [
        ("2021-08", "2021-07", True),
        ("2021-07-02", "2021-07-01", True),
        ("2022", "2021-12-31", True),
        ("2021-07-01", "2021-07-01", False),
        ("2021-07-15", "2021", False),
        ("9999", "9999", False),
        ("today", "2021", False),
        ("1d", "2d", False),
    ],
)
def test_a_range_is_backwards_if_it_ends_before_it_starts(first: str, last: str, is_so: bool) -> None:
    assert is_backwards(first, last) is is_so


_FIRST = datetime.min.replace(tzinfo=UTC)
_ELSEWHERE = st.datetimes(timezones=st.just(timezone(timedelta(hours=-11.5)))).filter(lambda now: 1 < now.year < 9999)
_MOMENTS = st.datetimes(timezones=st.just(UTC)) | _ELSEWHERE


@given(dates, _MOMENTS)
def test_every_valid_date_has_a_period_at_any_time(when: DateCondition, now: datetime) -> None:
    start, end = date_range(when, now)
    assert all(bound is None or bound.tzinfo is UTC for bound in (start, end))
    if when.relation == "in" and start and end:
        assert start <= end


@given(days, _MOMENTS)
def test_before_and_after_partition_all_times(text: str, now: datetime) -> None:
    assert date_error(text) == ""
    for before, after in (("<", ">="), ("<=", ">")):
        nothing, end = date_range(DateCondition(before, text), now)
        start, no_end = date_range(DateCondition(after, text), now)
        assert nothing is None is no_end
        assert (end or datetime.max.replace(tzinfo=UTC)) == (start or _FIRST)
