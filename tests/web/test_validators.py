"""ETag and Last-Modified."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reader.web.response import validators


@given(st.text() | st.from_regex(r'(W/)?"[ -~]*"'), st.text() | st.just("Sat, 21 Nov 2026 10:00:00 GMT"))
def test_only_valid_validators_are_sent(etag: str, date: str) -> None:
    for value in validators.conditions(etag, date).values():
        assert value.isascii() and value.isprintable() and len(value) <= 300
