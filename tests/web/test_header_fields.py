"""Retry-After, hosts that asked for a pause, ETag and Last-Modified."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.response import header_fields

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("999999999999", 86_400.0),
        ("Sat, 21 Nov 2026 12:05:00 GMT", 300.0),
        ("Sat, 21 Nov 2026 14:05:00 +0200", 300.0),
        ("Saturday, 21-Nov-26 12:05:00 GMT", 300.0),
        ("Sat Nov 21 12:05:00 2026", 300.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_has_two_forms(value: str, seconds: float | None) -> None:
    assert header_fields.retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_bounded_or_none(value: str) -> None:
    found = header_fields.retry_after(value, NOW)
    assert found is None or 0 <= found <= header_fields.MAX_SECONDS


def test_a_pause_ends_and_is_never_shortened() -> None:
    now = [100.0]
    backoff = header_fields.HostBackoff(lambda: now[0])
    backoff.pause("a", 60)
    backoff.pause("a", 5)
    assert (backoff.left("a"), backoff.left("b")) == (60, 0)
    now[0] += 60
    assert backoff.left("a") == 0


@given(st.text() | st.from_regex(r'(W/)?"[ -~]*"'), st.text() | st.just("Sat, 21 Nov 2026 10:00:00 GMT"))
def test_only_valid_validators_are_sent(etag: str, date: str) -> None:
    for value in header_fields.conditions(etag, date).values():
        assert value.isascii() and value.isprintable() and len(value) <= 300
