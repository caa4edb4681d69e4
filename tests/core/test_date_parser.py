"""Dates in documents: what they mean, how precise they are, and what is refused."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.dates.date_parser import parse_date

_OFFSETS = st.integers(min_value=-23 * 60 - 59, max_value=23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


@pytest.fixture(autouse=True)
def utc() -> Iterator[None]:
    with _in_zone("UTC"):
        yield


@pytest.fixture
def new_york(utc: None) -> Iterator[None]:
    with _in_zone("America/New_York"):
        yield


@contextlib.contextmanager
def _in_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2021-07-28T12:38:00Z", "2021-07-28T12:38:00+00:00"),
        ("2021-07-28T12:38:00", "2021-07-28T12:38:00+00:00"),  # naive: UTC
        ("2021-07-28 12:38:00 +0200", "2021-07-28T10:38:00+00:00"),
        ("2021-07-28t12:38z", "2021-07-28T12:38:00+00:00"),
        ("2021-07-28T12:38:00−05", "2021-07-28T17:38:00+00:00"),
        ("2021-07-28T12:38:00 GMT", "2021-07-28T12:38:00+00:00"),
        ("20210728T123800Z", "2021-07-28T12:38:00+00:00"),
        ("2021-07-28T12:38:00.123456789Z", "2021-07-28T12:38:00.123456+00:00"),
        ("2021-07-28T12:38:00,5Z", "2021-07-28T12:38:00.500000+00:00"),
        ("2021-07-28T12.5Z", "2021-07-28T12:30:00+00:00"),
        ("2021-07-28T12:38.5Z", "2021-07-28T12:38:30+00:00"),
        ("2021-07-28T24:00Z", "2021-07-29T00:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2021-7-8", "2021-07-08T00:00:00+00:00"),
        ("2021-07", "2021-07-01T00:00:00+00:00"),
        ("2021", "2021-01-01T00:00:00+00:00"),
        ("2021-209", "2021-07-28T00:00:00+00:00"),
        ("2021209", "2021-07-28T00:00:00+00:00"),
        ("2020-366", "2020-12-31T00:00:00+00:00"),
        ("2021-W30-3", "2021-07-28T00:00:00+00:00"),
        ("2021W30", "2021-07-26T00:00:00+00:00"),
        ("Wed, 28 Jul 2021 12:38:00 +0200", "2021-07-28T10:38:00+00:00"),
        ("Wed, 28 Jul 2021 12:38:00 -0000", "2021-07-28T12:38:00+00:00"),
    ],
)
def test_a_time_is_read_in_every_form_of_iso_8601_yaml_and_mail(written: str, moment: str) -> None:
    found = parse_date(written).moment
    assert found.isoformat() == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "yesterday, at noon",
        "a, b c d e f",
        "2021-13-01",
        "2021-02-30",
        "2021-000",
        "2021-366",
        "2021-W54",
        "2021-07-28T25:00Z",
        "2021-07-28T24:01Z",
        "2021-07-28T12:60Z",
        "2021-07-28T12:38:00+25:00",
        "0001-01-01T00:00+01:00",
        "9999-12-31T24:00",
        "2021-07-28T12:38:00Z" + " " * 10 + "x" * 60,
        "Wed, 99 Jul 2021 12:38:00 +0200",
    ],
)
def test_other_text_is_not_a_time(written: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        parse_date(written)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=_OFFSETS))  # noqa: DTZ001
def test_any_time_with_any_offset_is_read_as_written(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == (moment, "time")
    assert parse_date(moment.isoformat(sep=" ")) == (moment, "time")


@given(st.text(alphabet="0123456789-:TWZ+., GMTJan", max_size=30) | st.text(max_size=70))
def test_any_text_is_a_time_in_utc_or_refused(written: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_date(written).moment.tzinfo is UTC


@pytest.mark.usefixtures("new_york")
@pytest.mark.parametrize(
    ("written", "moment", "precision"),
    [
        ("2024-01-02", "2024-01-02T05:00:00+00:00", "day"),
        ("2022/6/18", "2022-06-18T04:00:00+00:00", "day"),
        ("2013.07.01", "2013-07-01T04:00:00+00:00", "day"),
        ("Jul 08 2022", "2022-07-08T04:00:00+00:00", "day"),
        ("July 8th, 2022", "2022-07-08T04:00:00+00:00", "day"),
        ("8 July 2022", "2022-07-08T04:00:00+00:00", "day"),
        ("25/04/2024", "2024-04-25T04:00:00+00:00", "day"),
        ("4/25/2024", "2024-04-25T04:00:00+00:00", "day"),
        ("2024年1月2日", "2024-01-02T05:00:00+00:00", "day"),
        ("２０２４年１月２日", "2024-01-02T05:00:00+00:00", "day"),
        ("٢ يناير ٢٠٢٤", "2024-01-02T05:00:00+00:00", "day"),
        ("2 มกราคม 2567", "2024-01-02T05:00:00+00:00", "day"),
        ("8 juillet 2022", "2022-07-08T04:00:00+00:00", "day"),
        ("8. Januar 2024", "2024-01-08T05:00:00+00:00", "day"),
        ("2 de enero de 2024", "2024-01-02T05:00:00+00:00", "day"),
        ("5 мая 2024", "2024-05-05T04:00:00+00:00", "day"),
        ("July 2022", "2022-07-01T04:00:00+00:00", "month"),
        ("mars 2024", "2024-03-01T05:00:00+00:00", "month"),
        ("2024-05", "2024-05-01T04:00:00+00:00", "month"),
        ("2024", "2024-01-01T05:00:00+00:00", "year"),
        ("2022/06/18 20:46:25", "2022-06-18T20:46:25+00:00", "time"),
        ("January 5, 2024 3:04 PM", "2024-01-05T15:04:00+00:00", "time"),
        ("5 Jan 2024 12:04 a.m.", "2024-01-05T00:04:00+00:00", "time"),
        ("2024-01-18 20:44:58 -0500 EST", "2024-01-19T01:44:58+00:00", "time"),
        ("Tue, 2 Jul 2024 10:00:00 CEST", "2024-07-02T08:00:00+00:00", "time"),
        ("25 Dec 2020 08:57:44 +0000", "2020-12-25T08:57:44+00:00", "time"),
        ("25 Dec 20 08:57:44 GMT", "2020-12-25T08:57:44+00:00", "time"),
        ("2021-07-28 12:38 GMT+2", "2021-07-28T10:38:00+00:00", "time"),
        ("2024-01-02T10:00:00+01:00[Europe/Paris]", "2024-01-02T09:00:00+00:00", "time"),
        ("2024-07-02 10:00 Europe/Paris", "2024-07-02T08:00:00+00:00", "time"),
        ("Tue Jul  2 10:00:00 2024", "2024-07-02T10:00:00+00:00", "time"),
        ("Tue Jul 2 10:00:00 PDT 2024", "2024-07-02T17:00:00+00:00", "time"),
        ("Mon Jan 01 2024 10:00:00 GMT+0100 (Central European Standard Time)", "2024-01-01T09:00:00+00:00", "time"),
        ("<2024-01-02 Tue 10:00>", "2024-01-02T10:00:00+00:00", "time"),
        ("1700000000", "2023-11-14T22:13:20+00:00", "time"),
        ("2024年1月2日10時11分12秒", "2024-01-02T10:11:12+00:00", "time"),
        ("2024년 1월 2일 오후 3:04", "2024-01-02T15:04:00+00:00", "time"),
        ("January 2, 2024 - 10:11 AM", "2024-01-02T10:11:00+00:00", "time"),
        ("2024-01-02 10h11", "2024-01-02T10:11:00+00:00", "time"),
        ("2024-1-2 9:5", "2024-01-02T09:05:00+00:00", "time"),
        ("2024-1-2 9:5:3 PM", "2024-01-02T21:05:03+00:00", "time"),
        ("12:30 PM 2024-01-02", "2024-01-02T12:30:00+00:00", "time"),
        ("9 a.m. on 2 January 2024", "2024-01-02T09:00:00+00:00", "time"),
        ("11:45 AM EST, Mon, 3 June 2024", "2024-06-03T16:45:00+00:00", "time"),
        ("09:30 OCT 2, 2024", "2024-10-02T09:30:00+00:00", "time"),
        ("1700000000123", "2023-11-14T22:13:20.123000+00:00", "time"),
        ("Fri, 03/05/2024 10:00", "2024-05-03T10:00:00+00:00", "time"),  # 5 March is a Tuesday
        ("Tuesday 03/05/2024 10:00", "2024-03-05T10:00:00+00:00", "time"),
    ],
)
def test_dates_of_other_programs(written: str, moment: str, precision: str) -> None:
    found = parse_date(written)
    assert (found.moment.isoformat(), found.precision) == (moment, precision)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("03/04/2024", "may be day 3 of month 4 or the other way around"),
        ("Sun, 03/04/2024", "may be day 3 of month 4 or the other way around"),
        ("2024-01-02 10:00 IST", "has the time zone IST, which is unknown or stands for more than one"),
        ("2024-01-02 10:00 Mars/Crater", "has the unknown time zone Mars/Crater"),
        ("January 5, 2024 13:04 PM", "has a time of day that does not exist"),
        ("2021-02-30", "is a day that does not exist"),
        ("hello 2024", "is not a date"),
        ("12 mars", "is not a date"),
        ("12:30 03/04/2024", "may be day 3 of month 4 or the other way around"),
        ("2:30 PM ET January 2, 2024", "has the time zone ET, which is unknown or stands for more than one"),
        ("January 2024 12:30", "has a time but no day"),
        ("2024-01-02 - 2024-01-05", "is not a date"),
        ("12:30 2024", "has a time but no day"),
    ],
)
def test_a_date_that_is_not_certain_is_refused(written: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_date(written)


def test_the_user_says_what_comes_first() -> None:
    assert parse_date("03/04/2024", "dmy").moment == datetime(2024, 4, 3, tzinfo=UTC)
    assert parse_date("03/04/2024", "mdy").moment == datetime(2024, 3, 4, tzinfo=UTC)
    assert parse_date("25/04/2024", "mdy").moment == datetime(2024, 4, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("about 3 in 2020", "the 3rd 2020", "No. 5 2020", "sun 12 2020", "1 sat 2020", "v1 10 2020", "Tue, 5 2020"),
        *("Issue 10 2020", "Spring 2020", "page 7 of 2020", "Volume 3, 2020", "5 min read 2020"),
    ],
)
def test_text_with_numbers_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("12 de enero de 2020", "2020-01-12"), ("5 thg 5 2020", "2020-05-05"), ("5 мая 2020 г.", "2020-05-05")),
        *(
            ("3. März 2021, 14:30 Uhr", "2021-03-03"),
            ("01 sept. 2020 à 10h30", "2020-09-01"),
            ("1 mai 2020", "2020-05-01"),
        ),
        *(("2014-May-05", "2014-05-05"), ("2014 May 5th", "2014-05-05"), ("[[2024-05-06]]", "2024-05-06")),
    ],
)
def test_months_with_names(text: str, day: str) -> None:
    assert parse_date(text).moment.date().isoformat() == day
