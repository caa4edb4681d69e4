from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.core import text, urls
from reader.core.errors import ReaderError

# Text that is similar enough to a URL to pass the first checks, and text that is not.
_WORDS = (
    "http:// HTTPS:// // www. example.com bücher .. [::1] :80 :0 @ / ? # & utm_source=x fbclid % %41 %2f %ff $(x) xn--"
)
_ODD = "日 \t\n\\'\"`<|=;-．ß１😀\u202e\u200d\x1b\ud800\u2024\u2100"
_PIECES = st.sampled_from([*_WORDS.split(), *_ODD])
_TEXTS = st.text() | st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join)
_ADDRESSES = st.builds(
    lambda scheme, host, rest: f"{scheme}://{host}{rest}",
    st.sampled_from(["http", "https", "HtTp"]),
    st.sampled_from(["example.com", "WWW.Example.Com.", "h:443", "h:80", "[::1]", "bücher.de", "a_b.c"]),
    st.just("") | st.builds("{}{}".format, st.sampled_from("/?#"), _TEXTS),
)

_SAFE = re.compile(r"https?://[a-z0-9_.\[\]:-]+(?:[/?#][A-Za-z0-9\-._~:/?#@!&()*+,;=%\[\]]*)?")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a/b?c=d#e", "https://example.com/a/b?c=d#e"),
        ("https://example.com", "https://example.com"),
        ("  https://example.com/\n", "https://example.com/"),
        ("HTTPS://EXAMPLE.Com/Path", "https://example.com/Path"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("http://example.com:00080/", "http://example.com:80/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://example.com./", "http://example.com./"),
        ("http://my_host-.example.com/", "http://my_host-.example.com/"),
        ("https://bücher.de/ü", "https://xn--bcher-kva.de/%C3%BC"),
        ("https://例え。jp/", "https://xn--r8jz45g.jp/"),
        ("https://example．com/", "https://example.com/"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/'\"`\\<>{}|^", "https://example.com/%27%22%60%5C%3C%3E%7B%7D%7C%5E"),
        ("https://example.com/$(id)${HOME}", "https://example.com/%24(id)%24%7BHOME%7D"),
        ("https://example.com/%41%zz%", "https://example.com/%41%25zz%25"),
        ("https://example.com/100%?a=%%41", "https://example.com/100%25?a=%25%41"),
        ("https://example.com/a?b?c#d?e#f", "https://example.com/a?b?c#d?e%23f"),
        ("https://example.com/a;b&c(d)!*~", "https://example.com/a;b&c(d)!*~"),
        ("https://example.com/a?b[]=1", "https://example.com/a?b[]=1"),
        ("https://example.com/a@b:c", "https://example.com/a@b:c"),
        ("https://example.com?", "https://example.com?"),
        ("https://example.com/می\u200cشود", "https://example.com/%D9%85%DB%8C%E2%80%8C%D8%B4%D9%88%D8%AF"),
    ],
)
def test_safe_form(url: str, expected: str) -> None:
    assert urls.safe_url(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a/b?c=d", "https://example.com/a/b?c=d"),
        ("https://example.com/a#b", "https://example.com/a"),
        ("https://example.com/a?utm_source=x&b=1&fbclid=2#c", "https://example.com/a?b=1"),
        ("https://example.com/a?utm_source=x", "https://example.com/a"),
        ("https://example.com/a?", "https://example.com/a?"),
        ("https://example.com?utm_source=x", "https://example.com"),
        ("HTTPS://Example.COM./%7ea/../b?q=%41", "https://example.com./%7ea/../b?q=%41"),
        ("https://bücher.de/ü", "https://xn--bcher-kva.de/%C3%BC"),
    ],
)
def test_request_url(url: str, expected: str) -> None:
    assert urls.request_url(url) == expected


@given(_ADDRESSES | _TEXTS)
def test_request_url_is_safe_and_leads_to_the_same_page(url: str) -> None:
    try:
        found = urls.request_url(url)
    except ReaderError:
        with pytest.raises(ReaderError):
            urls.safe_url(url)
        return
    assert urls.safe_url(found) == found == urls.request_url(found)
    assert "#" not in found
    assert urls.canonical_url(found) == urls.canonical_url(url).partition("#")[0]  # no request carries a route


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "The URL is empty"),
        ("   ", "The URL is empty"),
        ("javascript:alert(1)", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("/etc/passwd", "http:// or https://"),
        ("--version", "http:// or https://"),
        ("//example.com/", "http:// or https://"),
        ("https:example.com", "http:// or https://"),
        ("https:/example.com", "http:// or https://"),
        ("https:\\\\example.com", "http:// or https://"),
        ("httpſ://example.com", "http:// or https://"),
        ("view-source:https://example.com", "http:// or https://"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https:////example.com", "no host"),
        ("https://:80/", "no host"),
        ("https://?x", "no host"),
        ("http://@example.com/", "user name or a password"),
        ("http://user:secret@example.com/", "user name or a password"),
        ("http://good.example\\@evil.example/", "user name or a password"),
        ("http://evil.example\\.good.example/", "host of the URL is not valid"),
        ("http://exa%6dple.com/", "host of the URL is not valid"),
        ("http://exa mple.com/", "host of the URL is not valid"),
        ("http://a..b/", "host of the URL is not valid"),
        ("http://.a/", "host of the URL is not valid"),
        ("http://./", "host of the URL is not valid"),
        ("http://a<b/", "host of the URL is not valid"),
        (f"http://{'a' * 64}.com/", "host of the URL is not valid"),
        (f"http://{'a.' * 200}com/", "host of the URL is not valid"),
        (f"http://{'a.' * 126}aa/", "host of the URL is not valid"),
        ("http://ex\u2024ample.com/", "host of the URL is not valid"),
        ("http://evil.com\u2100.good.com/", "host of the URL is not valid"),
        (f"http://{'ü' * 60}.com/", "host of the URL is not valid"),
        ("http://xn--ü.com/", "host of the URL is not valid"),
        ("http://straße.de/", "different sites"),
        ("http://a\u200db.de/", "different sites"),
        ("http://[::1/", "host or the port"),
        ("http://::1/", "host or the port"),
        ("http://[::1]x/", "host or the port"),
        ("http://[fe80::1%25eth0]/", "host of the URL is not valid"),
        ("http://[v1.x]/", "host of the URL is not valid"),
        ("http://[]/", "host of the URL is not valid"),
        ("http://example.com:0/", "1 and 65535"),
        ("http://example.com:65536/", "1 and 65535"),
        ("http://example.com:http/", "host or the port"),
        ("http://example.com:٣/", "host or the port"),
        (f"http://example.com:{'9' * 5000}/", "host or the port"),
        ("http://exa\tmple.com/", "whitespace"),
        ("http://example.com/a\nb", "whitespace"),
        ("http://example.com/a\xa0b", "whitespace"),
        ("http://example.com/\u202egpj.exe", "invisible"),
        ("http://example.com/\x1b]0;x\x07", "control"),
        ("http://example.com/\x00", "control"),
        ("http://example.com/\u200b", "invisible"),
        ("http://example.com/\ud800", "invisible"),
        ("https://example.com/" + "a" * 8192, "longer than 8,192"),
        ("https://example.com/" + "ü" * 2000, "longer than 8,192"),
    ],
)
def test_refused(url: str, why: str) -> None:
    for function in (urls.safe_url, urls.canonical_url):
        with pytest.raises(ReaderError, match=re.escape(why)):
            function(url)


@pytest.mark.parametrize("url", ["http://user:hunter2@example.com", "user:hunter2@example.com", "http://hunter2:99999"])
def test_errors_never_quote_a_possible_password(url: str) -> None:
    with pytest.raises(ReaderError) as caught:
        urls.safe_url(url)
    assert "hunter2" not in str(caught.value)


@given(_TEXTS | _ADDRESSES)
@example("https://h/\u0660")
def test_safe_is_harmless_ascii_or_a_reader_error(url: str) -> None:
    try:
        result = urls.safe_url(url)
    except ReaderError:
        return
    assert _SAFE.fullmatch(result)
    assert not set(result) & set(" '\"`\\<>{}|^$\t\n")
    assert len(result) <= urls.MAX_CHARS
    assert urls.safe_url(result) == result
    assert text.clean(result) == result
    assert urls.safe_url_and_key(url) == (result, urls.url_key(result))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://example.com?a", "https://example.com/?a"),
        ("HTTP://Example.COM.:80/A#part", "https://example.com/A"),
        ("http://example.com:8080/", "https://example.com:8080/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("https://example.com/?", "https://example.com/"),
        ("https://example.com/?utm_source=a&UTM_Medium=b&fbclid=c&gclid", "https://example.com/"),
        ("https://example.com/?b=2&utm_campaign=x&a=1&b=3", "https://example.com/?b=2&a=1&b=3"),
        ("https://example.com/?%75tm_source=x&mc_cid=1", "https://example.com/"),
        ("https://example.com/?q=utm_source&gclids=1", "https://example.com/?q=utm_source&gclids=1"),
        ("https://example.com/?a&&b=", "https://example.com/?a&&b="),
        ("https://example.com/%7euser/%2F%c3%bc%41", "https://example.com/~user/%2F%C3%BCA"),
        ("https://example.com/%2541", "https://example.com/%2541"),
        ("https://example.com/#/page?a=1", "https://example.com/#/page?a=1"),
        ("https://example.com/#!page", "https://example.com/#!page"),
        ("https://example.com/#:~:text=a", "https://example.com/"),
        ("https://example.com/#part:~:text=a", "https://example.com/"),
        ("https://example.com/#/page:~:text=a", "https://example.com/#/page"),
        ("https://example.com/#/", "https://example.com/"),
        ("https://example.com/#!/", "https://example.com/"),
        ("https://example.com/#", "https://example.com/"),
        ("https://example.com/a/../b/", "https://example.com/a/../b/"),
    ],
)
def test_canonical_form(url: str, expected: str) -> None:
    assert urls.canonical_url(url) == expected


@given(_ADDRESSES | _TEXTS)
@example("http://h?" + "a" * (urls.MAX_CHARS - 9))
def test_canonical_url_is_idempotent_and_ignores_what_safe_url_changes(url: str) -> None:
    try:
        result = urls.canonical_url(url)
    except ReaderError:
        return
    assert urls.canonical_url(result) == result
    assert urls.safe_url(result) == result
    assert urls.canonical_url(urls.safe_url(url)) == result


def test_a_canonical_url_respects_the_length_limit() -> None:
    url = "http://h?" + "a" * (urls.MAX_CHARS - 9)
    assert urls.safe_url(url) == url
    with pytest.raises(ReaderError, match="longer"):
        urls.canonical_url(url)


def test_article_id_uses_the_address_else_the_path() -> None:
    by_url = urls.article_id("https://example.com/a?utm_source=x", b"one.md")
    assert by_url == urls.article_id("HTTPS://example.com:443/a#top", b"two.md")
    assert by_url != urls.article_id("https://example.com/b", b"one.md")
    by_path = urls.article_id("", b"caf\xe9.md")
    assert by_path == urls.article_id("mailto:a@b.example", b"caf\xe9.md")
    assert by_path != urls.article_id("", b"cafe.md")


def test_article_ids_never_change() -> None:
    # Users' marks depend on these ids: provide a migration before you change an expected value.
    assert urls.article_id("https://example.com/", b"") == "14ba2eb79c27555b"
    assert urls.article_id("", b"news/a.md") == "ac46c1335184ae64"


@given(_ADDRESSES)
def test_url_key_is_the_article_id_as_a_number_for_sqlite(url: str) -> None:
    key = urls.url_key(url)
    if key is None:
        with pytest.raises(ReaderError):
            urls.canonical_url(url)
    else:
        assert -(2**63) <= key < 2**63
        assert f"{key % 2**64:016x}" == urls.article_id(url, b"")


def test_url_key_of_no_address() -> None:
    assert urls.url_key("") is None
    assert urls.url_key("ftp://example.com/") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Example.com:8080/x", "example.com"),
        ("https://www.example.com./", "example.com"),
        ("https://www.com/", "www.com"),
        ("https://www2.example.com/", "www2.example.com"),
        ("https://news.www.example.com/", "news.www.example.com"),
        ("https://bücher.de/", "xn--bcher-kva.de"),
        ("http://[::1]:80/", "[::1]"),
        ("https://user:pw@example.com/", ""),
        ("not a URL", ""),
        ("", ""),
    ],
)
def test_host_to_show(url: str, expected: str) -> None:
    assert urls.display_host(url) == expected


@pytest.mark.parametrize(
    ("url", "cells", "expected"),
    [
        ("https://www.example.com/news/1", 40, "example.com/news/1"),
        ("https://www.example.com/news/1", 18, "example.com/news/1"),
        ("https://www.example.com/news/1", 11, "examp…ews/1"),
        ("https://www.example.com/news/1", 10, "examp…ws/1"),
        ("https://www.example.com/news/1", 2, "e…"),
        ("https://www.example.com/news/1", 1, "…"),
        ("https://www.example.com/news/1", 0, ""),
        ("https://www.example.com/news/1", -1, ""),
        ("https://www.com/", 40, "www.com/"),
        ("https://bücher.de/ü", 40, "xn--bcher-kva.de/%C3%BC"),
        ("https://user:pw@example.com/", 40, ""),
    ],
)
def test_shorten(url: str, cells: int, expected: str) -> None:
    assert urls.shorten_url(url, cells) == expected


@given(_ADDRESSES, st.integers(-2, 60))
def test_shortened_addresses_fit(url: str, cells: int) -> None:
    assert text.cell_width(urls.shorten_url(url, cells)) <= max(0, cells)


@given(_TEXTS)
def test_display_and_id_functions_accept_any_text(url: str) -> None:
    urls.display_host(url)
    urls.url_key(url)
    assert re.fullmatch("[0-9a-f]{16}", urls.article_id(url, b"x"))


_PLAIN_ADDRESSES = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.lists(st.from_regex(r"[a-z0-9_-]{1,50}", fullmatch=True), min_size=1, max_size=6).map(".".join)
    | st.sampled_from(["example.com", "www.example.com.", "h:443", "a..b", "-a.b_", "x" * 49 + ".a"]),
    st.from_regex(r"[/?#]?[A-Za-z0-9\-._~:/?#@!&()*+,;=%\[\]]{0,12}", fullmatch=True)
    | st.lists(st.sampled_from(["/", "?", "&", "#", "a=b", "utm_source=x", "%41", "%2f", "%", "gclid", "+", "é"])).map(
        lambda pieces: "/" + "".join(pieces)
    ),
)


def _answer(call: Callable[[str], str], url: str) -> str:
    try:
        return call(url)
    except ReaderError as error:
        return error.message


@given(_PLAIN_ADDRESSES)
@example("https://" + ".".join(["a" * 48] * 5) + "/")
@example("https://" + ".".join(["a" * 50] * 5) + "/")
@example("https://a.example/" + "a" * (urls.MAX_CHARS - 18))
@example("https://a.example/" + "a" * (urls.MAX_CHARS - 17))
@example("https://a.example/?utm_source=x")
@example("https://a.example/b?")
def test_the_fast_path_for_common_addresses_equals_the_full_one(url: str) -> None:
    # Capitals in the scheme only mean that the URL has to be parsed.
    longer = url.replace("http", "HTTP", 1)
    assert _answer(urls.safe_url, url) == _answer(urls.safe_url, longer)
    assert _answer(urls.canonical_url, url) == _answer(urls.canonical_url, longer)
