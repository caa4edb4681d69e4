"""Pure parts of the client: waits, validators, redirects, media types, proxies' addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.web import redirects
from reader.web.options import ClientOptions
from reader.web.response import content_type, retry_after, validators
from reader.web.responses import FetchError
from reader.web.transport import proxies

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
def test_retry_after_in_both_forms(value: str, seconds: float | None) -> None:
    assert retry_after.retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_bounded_wait_or_none(value: str) -> None:
    found = retry_after.retry_after(value, NOW)
    assert found is None or 0 <= found <= retry_after.LONGEST


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59.0, "59 s"), (90, "90 s"), (119, "2 min"), (5_400, "91 min"), (9_000, "3 h")],
)
def test_waits_in_words(seconds: float, words: str) -> None:
    assert retry_after.format_wait(seconds) == words


def test_a_wait_ends_by_itself_and_is_never_shortened() -> None:
    now = [100.0]
    kept = retry_after.HostBackoff(lambda: now[0])
    kept.ask("a", 60)
    kept.ask("a", 5)
    assert (kept.left("a"), kept.left("b")) == (60, 0)
    now[0] += 60
    assert kept.left("a") == 0


@given(st.text() | st.from_regex(r'(W/)?"[ -~]*"'), st.text() | st.just("Sat, 21 Nov 2026 10:00:00 GMT"))
def test_only_validators_are_kept_and_sent(etag: str, date: str) -> None:
    for value in validators.conditions(etag, date).values():
        assert value.isascii() and value.isprintable() and len(value) <= 300


@given(
    st.text()
    | st.lists(st.sampled_from(["http", ":", "//", "/", "..", "@", "?", "#", "[", "]", "\\", "a.b", "\t", "%"])).map(
        "".join
    )
)
def test_any_location_leads_somewhere_or_nowhere(location: str) -> None:
    start = redirects.first("https://example.com/a/b?c")
    try:
        target = redirects.following(start, location, frozenset({start.url}))
    except FetchError as error:
        assert error.kind in {"refused", "moved"}
        assert error.message.isprintable()
    else:
        assert target.scheme in {"http", "https"} and target.host and "@" not in target.url.split("/")[2]


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
def test_where_a_redirect_leads(location: str, expected: str) -> None:
    start = redirects.first("https://example.com/a/b?c")
    assert redirects.following(start, location, frozenset({start.url})).url == expected


@given(st.text())
def test_any_content_type_has_an_answer(header: str) -> None:
    name, label = content_type.media_type(header)
    assert name.isascii() and name.isprintable() and len(label) <= 64
    assert content_type.describe(name)


@given(st.binary())
def test_any_body_is_something(body: bytes) -> None:
    assert content_type.sniff(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b" \n<!DOCTYPE HTML><p>", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        (b"<?xml version='1.0'?><html>", "text/html"),
        (b"<p>x", "text/html"),
        (b"Once upon a time", "text/plain"),
        (b"ID3 is a tag. BZh, too.", "text/plain"),
        (b"ID3\x03\0\0\0", "audio/mpeg"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"\xff\xfea\0", "text/plain"),
        (b"\x01\x02", "application/octet-stream"),
    ],
)
def test_what_a_body_is_that_nobody_describes(body: bytes, kind: str) -> None:
    assert content_type.sniff(body) == kind


@pytest.mark.parametrize(
    ("address", "url", "host", "auth"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example", None),
        ("proxy.example:8080", "http://proxy.example:8080/", "proxy.example", None),
        ("https://proxy.example", "https://proxy.example:443/", "proxy.example", None),
        ("http://joe:a%40b@[::1]:1/x?y", "http://[::1]:1/", "::1", ("joe", "a@b")),
    ],
)
def test_the_address_of_a_proxy(address: str, url: str, host: str, auth: tuple[str, str] | None) -> None:
    proxy = proxies.parse(address)
    assert (proxy.url, proxy.host, proxy.auth) == (url, host, auth)
    assert "a@b" not in repr(proxy)


@pytest.mark.parametrize(
    "address", ["socks5://joe:geheim@h:1", "http://joe:geheim@", "http://joe:geheim@h:99999", "http://[x"]
)
def test_what_is_no_proxy_is_told_without_its_password(address: str) -> None:
    with pytest.raises(ReaderError) as caught:
        proxies.parse(address)
    assert "geheim" not in str(caught.value) and caught.value.hint


@pytest.mark.parametrize("user_agent", ["", "  ", "a\r\nX: y", "grün", "a\x00"])
def test_a_user_agent_that_cannot_be_sent(user_agent: str) -> None:
    with pytest.raises(ReaderError):
        ClientOptions(user_agent=user_agent)
