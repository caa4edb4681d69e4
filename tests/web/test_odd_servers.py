"""Servers that browsers cope with: pages that send on, wrong headers, and bodies that lack their end."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.response.content_type import page_type
from reader.web.response.meta_refresh import refresh_target
from reader.web.responses import FetchError
from reader.web.transport.streams import HttpStream, repair_head
from tests.web.server import Request, Server, redirect, reply

TEXT = "The council approved the new bridge on Tuesday after a long debate. " * 12
PAGE = f"<!doctype html><html><body><p>{TEXT}</p></body></html>".encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


def refreshing(content: str, text: str = "One moment, please.") -> bytes:
    return reply(f'<html><head><meta http-equiv="Refresh" content="{content}"></head><p>{text}</p></html>'.encode())


async def failure(fetcher: WebClient, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.page(url)
    return caught.value


# --- meta refresh ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ["0; url=/ok", "0;URL='/ok'", "1, /ok", "0.5;url=&quot;ok&quot;", " 3 ;  url = ok?utm_source=x ", "30;url=/ok#top"],
)
async def test_a_page_that_sends_on_is_followed(server: Server, fetcher: WebClient, content: str) -> None:
    server.on("/ok", reply(PAGE))
    answer = await fetcher.page(server.on("/", refreshing(content)))
    assert (answer.final_url, answer.body) == (server.url("/ok"), PAGE)
    assert server.targets == ["/", "/ok"]


async def test_the_refresh_header_and_the_base_of_a_page_count(server: Server, fetcher: WebClient) -> None:
    server.on("/a/ok", reply(PAGE))
    server.on("/header", reply(f"<p>{TEXT}".encode(), refresh="3; url=/a/ok"))
    server.on("/base", reply(b'<base href="/a/"><base href="/b/"><meta http-equiv=refresh content="0; url=ok">'))
    for path in ("/header", "/base"):
        assert (await fetcher.page(server.url(path))).final_url == server.url("/a/ok")
    server.on("/stays", reply(f"<base href='http://['><p>{TEXT}".encode(), refresh="30; url=/a/ok"))
    assert (await fetcher.page(server.url("/stays"))).final_url == server.url("/stays")


@pytest.mark.parametrize(
    "page",
    [
        refreshing("300"),
        refreshing("0; url=/"),  # itself
        refreshing("0"),
        refreshing("900; url=/ok"),
        refreshing("30; url=/ok", TEXT),
        reply(b'<!-- <meta http-equiv="refresh" content="0; url=/ok"> --><p>text'),
        reply(b"""<script>document.write('<meta http-equiv="refresh" content="0; url=/ok">')</script><p>text"""),
        reply(f'<noscript><meta http-equiv=refresh content="0;url=/ok"></noscript><p>{TEXT}'.encode()),
        reply(b'<meta http-equiv="refresh" content="0; url=/ok">', kind="text/plain"),
    ],
)
async def test_a_page_that_stays_is_read(server: Server, fetcher: WebClient, page: bytes) -> None:
    assert (await fetcher.page(server.on("/", page))).final_url == server.url("/")


async def test_a_page_without_text_is_left_as_without_scripts(server: Server, fetcher: WebClient) -> None:
    server.on("/ok", reply(PAGE))
    body = b'<head><noscript><META http-equiv="refresh" content="0;URL=/ok"></noscript><title>x</title></head>'
    assert (await fetcher.page(server.on("/", reply(body)))).final_url == server.url("/ok")


async def test_a_refresh_is_checked_like_a_redirect(server: Server, fetcher: WebClient) -> None:
    secret = f"http://localhost:{server.port}/secret"
    error = await failure(fetcher, server.on("/private", refreshing(f"0;url={secret}")))
    assert (error.kind, error.hint) == ("refused", "")
    assert (await failure(fetcher, server.on("/file", refreshing("0;url=file:///etc/passwd")))).kind == "refused"
    server.on("/b", redirect("/a"))
    assert (await failure(fetcher, server.on("/a", refreshing("0;url=/b")))).why == "it redirects in a loop"
    for number in range(9):
        server.on(f"/{number}", refreshing(f"0;url=/{number + 1}"))
    assert (await failure(fetcher, server.url("/0"))).why == "more than 5 redirects"
    assert "/secret" not in server.targets


@given(
    st.text()
    | st.lists(st.sampled_from(["<meta ", "http-equiv=refresh ", "content=", '"0;url=', "'", ">"])).map("".join)
)
def test_any_page_has_a_target_or_none(page: str) -> None:
    assert (
        refresh_target(page.encode("utf-8", "replace"), "utf-8")
        == refresh_target(page.encode("utf-8", "replace"), "utf-8").strip()
    )


# --- headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["none", "identity", "utf-8", "UTF8", "iso-8859-1", "windows-1251", ""])
async def test_content_encodings_that_mean_none(server: Server, fetcher: WebClient, coding: str) -> None:
    assert (await fetcher.page(server.on("/", reply(PAGE, content_encoding=coding)))).body == PAGE
    both = reply(gzip.compress(PAGE), content_encoding=f"gzip, {coding}")
    assert (await fetcher.page(server.on("/both", both))).body == PAGE


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/caf\xe9?q=\xe4".encode("latin-1"), "/caf%E9?q=%E4"),
        ("/\xc4\xe8".encode("latin-1"), "/%C4%E8"),
        ("/café".encode(), "/caf%C3%A9"),
    ],
)
async def test_bytes_of_a_location_stay(server: Server, fetcher: WebClient, location: bytes, target: str) -> None:
    server.on(target.partition("?")[0], reply(PAGE))
    head = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    assert (await fetcher.page(server.on("/", head))).final_url == server.url(target)


@pytest.mark.parametrize(
    "line",
    [
        b"X-Bad Header: x",
        b"no colon at all",
        b": no name",
        b"X-Nul: a\0b",
        b"X-Feed: a\x0cb",
        b"\xc3\xa4: umlaut",
        b"bad line\r\n  that goes on: here",
        b"  a continuation of nothing",
        b"HTTP/1.1 200 OK",
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
async def test_a_malformed_header_line_costs_that_header(
    server: Server, fetcher: WebClient, line: bytes, end: bytes
) -> None:
    lines = [b"HTTP/1.1 200 OK", line, b'ETag : "1"', b"Content-Type: text/html", b"Content-Length: %d" % len(PAGE)]
    answer = await fetcher.page(server.on("/", end.join([*lines, b"", PAGE])))
    assert (answer.body, answer.etag) == (PAGE, '"1"')
    await fetcher.page(server.url("/"))
    assert server.connections == 1  # which is still in step


async def test_a_malformed_length_is_refused(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.on("/", HEAD + b"Content-Length: many\r\n\r\n" + PAGE))
    assert (error.why, error.hint) == ("its response violates HTTP", "It may work in the browser.")


async def test_interim_responses_with_malformed_lines(server: Server, fetcher: WebClient) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nbad line\r\n\r\n"
    answer = await fetcher.page(server.on("/", early + early + reply(PAGE).replace(b"\r\n", b"\r\nbad line\r\n", 1)))
    assert answer.body == PAGE


@given(st.lists(st.sampled_from([b"A: 1", b"b:", b"C : 3", b" more", b"bad", b"\0: x", b"X-\xe9: 1", b"d: \xe9", b""])))
def test_a_repaired_head_has_nothing_left_to_repair(lines: list[bytes]) -> None:
    once = repair_head(b"\r\n".join([b"HTTP/1.1 200 OK", *lines]))
    assert repair_head(once) == once
    assert once.startswith(b"HTTP/1.1 200 OK")
    assert once.count(b"A: 1") == lines.count(b"A: 1")


class _Source(httpcore.AsyncNetworkStream):
    """A connection that sends the same bytes in pieces of any size."""

    def __init__(self, data: bytes, size: int) -> None:
        self.left, self.size = data, size

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        piece, self.left = self.left[: self.size], self.left[self.size :]
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        pass


@given(st.integers(1, 200))
def test_heads_in_pieces(size: int) -> None:
    early = b"HTTP/1.1 103 x\r\nbad line\r\n\r\n"

    async def received() -> bytes:
        stream = HttpStream(_Source(early + b"HTTP/1.1 200 OK\nbad line\nA : 1\n\nbad line\n\nB : 2", size))
        await stream.write(b"GET /")
        return b"".join([piece async for piece in aiter_of(stream)])

    async def aiter_of(stream: HttpStream) -> AsyncIterator[bytes]:
        while piece := await stream.read(1000):
            yield piece

    head = b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\n\r\n"
    assert asyncio.run(received()) == head + b"bad line\n\nB : 2"


# --- media types -----------------------------------------------------------------------------

XHTML = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml">' + PAGE[21:]
)


@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "application/xml; charset=utf-8"])
async def test_xhtml_as_xml(server: Server, fetcher: WebClient, kind: str) -> None:
    answer = await fetcher.page(server.on("/", reply(XHTML, kind=kind)))
    assert (answer.body, answer.content_type) == (XHTML, "text/html")


@pytest.mark.parametrize("body", [PAGE, b"\xef\xbb\xbf" + PAGE, XHTML])
async def test_a_page_as_a_file(server: Server, fetcher: WebClient, body: bytes) -> None:
    answer = await fetcher.page(server.on("/", reply(body, kind="application/octet-stream")))
    assert (answer.body, answer.content_type) == (body, "text/html")


async def test_markdown(server: Server, fetcher: WebClient) -> None:
    answer = await fetcher.page(server.on("/", reply(b"# A title\n\nText.", kind="text/markdown; charset=utf-8")))
    assert (answer.content_type, answer.text) == ("text/markdown", "# A title\n\nText.")


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("text/xml", b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>", "data (XML) of 56 bytes"),
        ("application/octet-stream", b"<?xml version='1.0'?><svg/>", "a file of 27 bytes"),
        ("application/octet-stream", b"just words", "a file of 10 bytes"),
        ("application/octet-stream", b"\0\1\2", "a file of 3 bytes"),
    ],
)
async def test_other_files_are_no_pages(server: Server, fetcher: WebClient, kind: str, body: bytes, why: str) -> None:
    error = await failure(fetcher, server.on("/", reply(body, kind=kind)))
    assert (error.kind, error.why) == ("not_a_page", f"{why} instead of a page")


async def test_a_file_is_not_downloaded_to_its_end(server: Server, fetcher: WebClient) -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"\0" * 2000)
            await writer.drain()

    assert (await failure(fetcher, server.on("/", endless))).kind == "not_a_page"


@given(st.sampled_from(["", "text/xml", "application/octet-stream", "text/html"]), st.binary(max_size=80))
def test_any_body_has_a_page_type(kind: str, body: bytes) -> None:
    assert page_type(kind, body) or not body


# --- bodies without an end -------------------------------------------------------------------

_CHUNK = b"%x\r\n%b\r\n" % (len(PAGE), PAGE)


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"Content-Length: 99999\r\n\r\n" + PAGE,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _CHUNK,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _CHUNK + b"not a size\r\n",
        reply(gzip.compress(PAGE, mtime=0)[:-8], content_encoding="gzip"),
    ],
    ids=["length", "chunked", "wrong chunk", "gzip"],
)
async def test_a_page_that_lacks_only_its_end_is_kept(server: Server, fetcher: WebClient, content: bytes) -> None:
    url = server.on("/", content.replace(b"\r\n", b'\r\nETag: "1"\r\n', 1), then_close=True)
    answer = await fetcher.page(url)
    assert (answer.body, answer.is_complete, answer.etag) == (PAGE, False, "")


@pytest.mark.parametrize("head", [b"Content-Length: 99999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % 9999])
async def test_a_page_whose_end_never_comes_is_kept(server: Server, head: bytes) -> None:
    url = server.on("/", HEAD + head + PAGE)
    answer = None
    for seconds in (0.4, 4.0, 40.0):  # on a busy machine nothing may have come by the first
        rules = ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=seconds)
        async with WebClient(rules) as fetcher:
            with suppress(FetchError):
                answer = await fetcher.page(url)
                break
    assert answer is not None
    assert (answer.body, answer.is_complete) == (PAGE, False)
    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=0.4)) as fetcher:
        error = await failure(fetcher, server.on("/half", HEAD + head + PAGE[:-40]))
    assert error.kind == "timeout"


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"Content-Length: 99999\r\n\r\n" + PAGE[:-9],
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _CHUNK.replace(b"</html>", b"       "),
        reply(gzip.compress(PAGE, mtime=0)[:90], content_encoding="gzip"),
    ],
)
async def test_half_a_page_is_an_error_that_does_not_ask_to_try_again(
    server: Server, fetcher: WebClient, content: bytes
) -> None:
    error = await failure(fetcher, server.on("/", content, then_close=True))
    assert error.kind == "protocol"
    assert error.why in {"its response is incomplete", "its response is damaged"}
    assert error.hint == "It may work in the browser."


@pytest.mark.parametrize(("status", "again"), [("503 x", True), ("500 x", True), ("501 x", False), ("505 x", False)])
async def test_only_errors_that_may_pass_ask_to_try_again(
    server: Server, fetcher: WebClient, status: str, again: bool
) -> None:
    error = await failure(fetcher, server.on("/", reply(b"", status)))
    assert (error.hint == "Try again later.") == again
