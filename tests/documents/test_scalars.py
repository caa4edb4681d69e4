from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.documents.scalars import to_bool, to_number


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
def test_any_number_in_bounds_is_read_as_written(value: float) -> None:
    assert to_number(repr(value)) == value


@pytest.mark.parametrize("word", ["true", "Yes", "ON", "1"])
def test_spellings_of_true(word: str) -> None:
    assert to_bool(word) is True


@pytest.mark.parametrize("word", ["false", "No", "off", "0"])
def test_spellings_of_false(word: str) -> None:
    assert to_bool(word) is False


def test_other_words_are_not_booleans() -> None:
    assert to_bool("maybe") is None
