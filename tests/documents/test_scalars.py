from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.documents.scalars import to_bool, to_number, to_time

_OFFSETS = st.integers(min_value=-23 * 60 - 59, max_value=23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("39", 39),
        (" +39 ", 39),
        ("-1", -1),
        ("39.0", 39),
        ("39.5", 39.5),
        (".5", 0.5),
        ("1e3", 1000),
        ("1000000000000", 10**12),
    ],
)
def test_a_number_is_read_in_decimal_and_whole_ones_are_int(written: str, number: float) -> None:
    found = to_number(written)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    "written", ["", "abc", "1_000", "0x10", "1,5", "nan", ".inf", "1e999", "1000000000001", "٣", "9" * 41, "12:30:45"]
)
def test_other_text_is_not_a_number(written: str) -> None:
    assert to_number(written) is None


@given(st.floats(min_value=-1e12, max_value=1e12) | st.integers(min_value=-(10**12), max_value=10**12))
def test_any_number_in_bounds_comes_back_as_it_was_written(value: float) -> None:
    assert to_number(repr(value)) == value


@pytest.mark.parametrize("word", ["true", "Yes", "ON", "1"])
def test_spellings_of_true(word: str) -> None:
    assert to_bool(word) is True


@pytest.mark.parametrize("word", ["false", "No", "off", "0"])
def test_spellings_of_false(word: str) -> None:
    assert to_bool(word) is False


def test_other_words_are_not_booleans() -> None:
    assert to_bool("maybe") is None


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
def test_a_moment_is_read_in_every_form_of_iso_8601_yaml_and_mail(written: str, moment: str) -> None:
    found = to_time(written)
    assert found is not None
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
    assert to_time(written) is None


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=_OFFSETS))  # noqa: DTZ001
def test_any_moment_of_any_offset_comes_back_as_it_was_written(moment: datetime) -> None:
    assert to_time(moment.isoformat()) == moment
    assert to_time(moment.isoformat(sep=" ")) == moment


@given(st.text(alphabet="0123456789-:TWZ+., GMTJan", max_size=30) | st.text(max_size=70))
def test_any_text_is_a_moment_in_utc_or_none(written: str) -> None:
    found = to_time(written)
    assert found is None or found.tzinfo is UTC
