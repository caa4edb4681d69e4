"""Targets of redirects."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.web import redirects
from reader.web.responses import FetchError


@given(
    st.text()
    | st.lists(st.sampled_from(["http", ":", "//", "/", "..", "@", "?", "#", "[", "]", "\\", "a.b", "\t", "%"])).map(
        "".join
    )
)
@example("//0?@")
def test_any_location_has_a_target_or_an_error(location: str) -> None:
    start = redirects.first_hop("https://example.com/a/b?c")
    try:
        target = redirects.next_hop(start, location, frozenset({start.url}))
    except FetchError as error:
        assert error.kind in {"refused", "moved"}
        assert error.message.isprintable()
    else:
        assert target.scheme in {"http", "https"} and target.host and "@" not in urlsplit(target.url).netloc


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/x", "https://example.com/x"),
        ("x", "https://example.com/a/x"),
        ("?y", "https://example.com/a/b?y"),
        ("//other.example/", "https://other.example/"),
        ("HTTP://Other.Example:80/ü#top", "http://other.example:80/%C3%BC"),
        ("/x?utm_source=a&b=1", "https://example.com/x?b=1"),
    ],
)
def test_the_target_of_a_redirect(location: str, expected: str) -> None:
    start = redirects.first_hop("https://example.com/a/b?c")
    assert redirects.next_hop(start, location, frozenset({start.url})).url == expected
