"""Misbehaving servers: the client stays within its limits of time and memory."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.responses import FetchError
from reader.web.transport.ip_policy import IPAddress
from reader.web.transport.request_slots import Priority
from tests.web.server import Request, Server, redirect, reply, serving

_BUDGET = 1.0
"""Seconds for one page, far more than it takes."""
PAGE = b"<!doctype html><title>A</title><p>Some text."
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@contextmanager
def bounds(seconds: float = 5.0, megabytes: float = 40.0) -> Iterator[None]:
    """Limit the time and the peak memory of the block, the server included."""
    tracemalloc.start()
    started = time.monotonic()
    try:
        yield
        took, peak = time.monotonic() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert took < seconds
    assert peak < megabytes * 1_000_000


async def failure(fetcher: WebClient, url: str, **more: str) -> FetchError:
    with bounds(), pytest.raises(FetchError) as caught:
        await fetcher.page(url, **more)
    error = caught.value
    assert error.message.isprintable() and error.hint.isprintable()
    return error


@asynccontextmanager
async def impatient_client(seconds: float = 0.4) -> AsyncIterator[WebClient]:
    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=seconds)) as fetcher:
        yield fetcher


# --- redirects -------------------------------------------------------------------------------


async def test_a_redirect_loop(server: Server, fetcher: WebClient) -> None:
    server.on("/b", redirect("/a"))
    error = await failure(fetcher, server.on("/a", redirect("/b")))
    assert (error.kind, error.why) == ("moved", "it redirects in a loop")
    assert len(server.requests) == 2


async def test_endless_redirects(server: Server, fetcher: WebClient) -> None:
    async def further(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(request.target + "a"))

    for number in range(1, 30):
        server.on("/" + "a" * number, further)
    error = await failure(fetcher, server.url("/a"))
    assert (error.kind, error.why) == ("moved", "more than 5 redirects")
    assert len(server.requests) == 6


async def test_a_redirect_that_adds_a_tracking_parameter_is_not_a_loop(server: Server, fetcher: WebClient) -> None:
    async def insist(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(PAGE) if "utm_source=us" in request.target else redirect("/a?utm_source=us"))

    answer = await fetcher.page(server.on("/a", insist))
    assert answer.final_url == server.url("/a?utm_source=us")


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,<p>x",
        "ftp://127.0.0.1/",
        "view-source:http://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://a:99999/",
        "http://example.com\\@127.0.0.1/",
        "//127.0.0.1%2f@example.com/",
        "\x1b]52;c;x\x07:",
    ],
)
async def test_a_redirect_to_another_scheme_is_refused(server: Server, fetcher: WebClient, location: str) -> None:
    error = await failure(fetcher, server.on("/", HEAD[:9] + b"302 x\r\nLocation: " + location.encode() + b"\r\n\r\n"))
    assert error.kind in {"refused", "moved"}
    assert len(server.requests) == 1


async def test_a_redirect_with_a_password_is_refused_and_not_quoted(
    server: Server, fetcher: WebClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    error = await failure(fetcher, server.on("/", redirect(f"http://joe:geheim@127.0.0.1:{server.port}/b")))
    assert error.kind == "refused"
    assert "geheim" not in str(error)
    assert len(server.requests) == 1


async def test_an_address_with_a_password_is_refused_before_sending(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, f"http://joe:geheim@127.0.0.1:{server.port}/")
    assert (error.kind, server.connections) == ("refused", 0)
    assert "geheim" not in str(error) + repr(error)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "this machine"),
        ("127.0.0.2", "this machine"),
        ("localhost", "this machine"),
        ("[::1]", "this machine"),
        ("[::]", "this machine"),
        ("0.0.0.0", "this machine"),
        ("0", "this machine"),
        ("127.1", "this machine"),
        ("0x7f.1", "this machine"),
        ("2130706433", "this machine"),
        ("017700000001", "this machine"),
        ("[::ffff:127.0.0.1]", "this machine"),
        ("[::ffff:7f00:1]", "this machine"),
        ("[64:ff9b::7f00:1]", "this machine"),
        ("[2002:7f00:1::]", "public internet"),
        ("[::7f00:1]", "public internet"),
        ("169.254.169.254", "local network"),
        ("10.1.2.3", "private network"),
        ("192.168.1.1", "private network"),
        ("100.100.100.200", "private network"),
        ("[fd00:ec2::254]", "private network"),
        ("[fe80::1]", "local network"),
    ],
)
async def test_a_redirect_to_a_private_address_is_refused(host: str, shown: str) -> None:
    async with serving() as inside, serving() as outside:
        inside.on("/", reply(b"secret"))
        url = outside.on("/", redirect(f"http://{host}:{inside.port}/"))
        async with WebClient(ClientOptions(allow_hosts=frozenset({"news.example"})), resolve=_to_loopback) as fetcher:
            error = await failure(fetcher, url.replace("127.0.0.1", "news.example"))
    assert (error.kind, inside.connections, len(outside.requests)) == ("refused", 0, 1)
    assert shown in error.why
    assert error.redirects == 1
    assert "allow_hosts" not in str(error), "no hint to allow the target of a redirect"


async def test_the_hint_to_allow_a_host_is_only_given_for_the_requested_one(server: Server) -> None:
    async with WebClient() as fetcher:
        error = await failure(fetcher, server.url("/"))
    assert (error.kind, error.redirects, server.connections) == ("refused", 0, 0)
    assert error.hint == 'To allow it, add it to the settings: [fetch] allow_hosts = ["127.0.0.1"].'


async def test_an_allowed_host_is_allowed_as_it_is_spelled(server: Server, fetcher: WebClient) -> None:
    server.on("/", reply(PAGE))
    assert (await fetcher.page(server.url("/"))).status == 200
    assert (await failure(fetcher, server.url("/", "localhost"))).kind == "refused"


async def _to_loopback(host: str, port: int) -> list[IPAddress]:
    """A fake name server for news.example; other names are resolved as usual."""
    from reader.web.transport.dns import resolve

    return [ip_address("127.0.0.1")] if host == "news.example" else await resolve(host, port)


async def test_dns_rebinding() -> None:
    """DNS rebinding: public when checked, loopback when connected to."""
    answers = iter(["192.0.2.1", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []

    async def changing(host: str, port: int) -> list[IPAddress]:
        asked.append(host)
        return [ip_address(next(answers))]

    async with serving() as server, WebClient(ClientOptions(seconds=1.0), resolve=changing) as fetcher:
        server.on("/", reply(b"secret"))
        first = await failure(fetcher, server.url("/", "rebind.example"))
        assert asked == ["rebind.example"]  # looked up once, and that answer is checked and used
        second = await failure(fetcher, server.url("/", "rebind.example"))
    assert (first.kind, second.kind, server.connections) == ("refused", "refused", 0)


async def test_private_addresses_of_a_name_are_skipped() -> None:
    async def both(host: str, port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.1"), ip_address("::1"), ip_address("2001:4860:ffff::1")]

    async with serving() as server, WebClient(ClientOptions(seconds=0.5), resolve=both) as fetcher:
        error = await failure(fetcher, server.url("/", "both.example"))
    assert error.kind in {"unreachable", "timeout"}
    assert server.connections == 0


async def test_the_next_address_is_tried_after_a_failure() -> None:
    async def dead_first(host: str, port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.9"), ip_address("::1"), ip_address("127.0.0.1")]

    rules = ClientOptions(allow_hosts=frozenset({"news.example"}), seconds=5.0)
    async with serving() as server, WebClient(rules, resolve=dead_first) as fetcher:
        server.on("/", reply(PAGE))
        assert (await fetcher.page(server.url("/", "news.example"))).body == PAGE


# --- time ------------------------------------------------------------------------------------


async def _trickle(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while not writer.is_closing():
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b""], ids=["header lines", "empty chunks"])
async def test_a_trickled_header(server: Server, head: bytes) -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await _trickle(writer, b"X-More: of it\r\n" if head else b"\r")

    async with impatient_client() as fetcher:
        error = await failure(fetcher, server.on("/", trickle))
    assert (error.kind, error.why) in {
        ("timeout", "timed out after 0.4 s"),
        ("protocol", "its response violates HTTP"),
    }
    assert head == b"" or error.kind == "timeout"


async def test_a_trickled_body(server: Server) -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        await _trickle(writer, b"a")

    async with impatient_client() as fetcher:
        error = await failure(fetcher, server.on("/", trickle))
    assert (error.kind, error.message) == ("timeout", "Timed out after 0.4 s at 127.0.0.1.")


async def test_the_time_limit_covers_all_redirects(server: Server) -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(redirect(request.target + "a"))

    for number in range(1, 10):
        server.on("/" + "a" * number, slow)
    async with impatient_client() as fetcher:
        error = await failure(fetcher, server.url("/a"))
    assert error.kind == "timeout"
    assert len(server.requests) <= 4


async def test_an_error_status_does_not_wait_for_its_body(server: Server) -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 x\r\nContent-Length: 1000\r\n\r\n")
        await _trickle(writer, b"a")

    async with impatient_client(3.0) as fetcher:
        error = await failure(fetcher, server.on("/", trickle))
    assert error.status == 404


async def test_waiting_for_a_slot_does_not_count(server: Server) -> None:
    begun, let_go = asyncio.Semaphore(0), asyncio.Event()

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        begun.release()
        await let_go.wait()
        writer.write(reply(PAGE))

    server.on("/slow", slow)
    url = server.on("/", reply(PAGE))
    async with impatient_client(60.0) as patient:
        impatient = patient.at_priority(Priority.INTERACTIVE)  # which shares the slots
        impatient.options = replace(patient.options, seconds=_BUDGET)
        holders = [asyncio.create_task(patient.page(server.url(f"/slow?{n}"))) for n in range(patient.options.per_host)]
        for _ in holders:
            await begun.acquire()
        waiting = asyncio.create_task(impatient.page(url))
        await asyncio.sleep(1.1 * _BUDGET)
        assert not waiting.done()
        let_go.set()
        assert (await waiting).status == 200
        await asyncio.gather(*holders)


async def test_an_interactive_request_preempts_bulk_requests(server: Server, fetcher: WebClient) -> None:
    lets_go, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        begun.release()
        await lets_go.wait()
        writer.write(reply(PAGE))

    server.on("/slow", slow)
    server.on("/quick", reply(PAGE))
    many = [asyncio.create_task(fetcher.at_priority(Priority.BULK).page(server.url(f"/slow?{n}"))) for n in range(2)]
    for _ in many:
        await begun.acquire()
    assert (await fetcher.page(server.url("/quick"))).status == 200
    lets_go.set()
    assert [answer.status for answer in await asyncio.gather(*many)] == [200, 200]
    assert sorted(server.targets) == ["/quick", "/slow?0", "/slow?1", "/slow?1"]  # the one that began last


async def test_endless_interim_answers(server: Server) -> None:
    async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
            await writer.drain()
            await asyncio.sleep(0.001)

    async with impatient_client() as fetcher:
        assert (await failure(fetcher, server.on("/", flood))).kind == "timeout"


# --- bombs and bytes -------------------------------------------------------------------------


def _bomb(wrap: int) -> bytes:
    """A gigabyte of spaces, compressed to one megabyte."""
    made = zlib.compressobj(9, zlib.DEFLATED, wrap)
    head = made.compress(b"<p>") + made.flush(zlib.Z_FULL_FLUSH)
    block = made.compress(b" " * 1_000_000) + made.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1_000


@pytest.mark.parametrize(
    ("coding", "wrap"), [("gzip", 31), ("deflate", 15), ("deflate", -15)], ids=["gzip", "zlib", "raw deflate"]
)
async def test_a_decompression_bomb(server: Server, fetcher: WebClient, coding: str, wrap: int) -> None:
    bomb = _bomb(wrap)
    assert len(bomb) < 3_000_000
    error = await failure(fetcher, server.on("/", reply(bomb, content_encoding=coding)))
    assert (error.kind, error.why) == ("too_large", "more than 5.0 MB")


async def test_an_uncompressed_gigabyte(server: Server, fetcher: WebClient) -> None:
    async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        for _ in range(1_000):
            writer.write(b" " * 1_000_000)
            await writer.drain()

    assert (await failure(fetcher, server.on("/", flood))).kind == "too_large"


async def test_a_declared_gigabyte_is_not_downloaded(server: Server, fetcher: WebClient) -> None:
    async def announce(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        await asyncio.Event().wait()

    assert (await failure(fetcher, server.on("/", announce))).kind == "too_large"


async def test_endless_empty_deflate_blocks(server: Server, fetcher: WebClient) -> None:
    nothing = zlib.compressobj(9, zlib.DEFLATED, -15).flush(zlib.Z_SYNC_FLUSH) * 10_000

    async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Encoding: deflate\r\n\r\n")
        while not writer.is_closing():
            writer.write(nothing)
            await writer.drain()

    assert (await failure(fetcher, server.on("/", flood))).kind == "too_large"


@pytest.mark.parametrize("codings", ["gzip, gzip", "deflate, gzip", "br", "zstd", "compress", "gzip,br", "\x1b[31m"])
async def test_codings_that_were_not_requested(server: Server, fetcher: WebClient, codings: str) -> None:
    body = gzip.compress(gzip.compress(b" " * 1_000_000))
    content = HEAD + f"Content-Encoding: {codings}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    error = await failure(fetcher, server.on("/", content))
    assert error.kind == "protocol"
    assert "\x1b" in codings or error.why.startswith("its response has an unsupported compression")


async def test_double_gzip_in_two_headers(server: Server, fetcher: WebClient) -> None:
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
    assert (await failure(fetcher, server.on("/", head))).kind == "protocol"


async def test_nested_gzip_with_one_coding_is_an_archive(server: Server, fetcher: WebClient) -> None:
    body = gzip.compress(gzip.compress(b" " * 100_000_000, 9), 9)
    error = await failure(fetcher, server.on("/", reply(body, content_encoding="gzip")))
    assert error.kind == "not_a_page"
    assert "an archive" in error.why


@pytest.mark.parametrize(
    "body", [b"garbage", gzip.compress(PAGE)[:-9], gzip.compress(PAGE)[:12]], ids=["none", "cut", "cut early"]
)
async def test_invalid_and_truncated_gzip(server: Server, fetcher: WebClient, body: bytes) -> None:
    error = await failure(fetcher, server.on("/", reply(body, content_encoding="gzip")))
    assert (error.kind, error.why) == ("protocol", "its response is damaged")


async def test_a_body_shorter_than_its_length(server: Server, fetcher: WebClient) -> None:
    url = server.on("/", HEAD + b"Content-Length: 1000\r\n\r\n" + PAGE, then_close=True)
    error = await failure(fetcher, url)
    assert (error.kind, error.why) == ("protocol", "its response is incomplete")


async def test_a_body_longer_than_its_length(server: Server, fetcher: WebClient) -> None:
    """The rest does not become the response to the next request."""
    server.on("/b", reply(PAGE))
    first = await fetcher.page(server.on("/a", HEAD + b"Content-Length: 3\r\n\r\n<p>and more"))
    second = await fetcher.page(server.url("/b"))
    assert (first.body, second.body) == (b"<p>", PAGE)


@pytest.mark.parametrize("length", ["-1", "1, 2", "x", "9" * 5000, "1e3", "0x10"])
async def test_an_invalid_content_length(server: Server, fetcher: WebClient, length: str) -> None:
    error = await failure(fetcher, server.on("/", HEAD + f"Content-Length: {length}\r\n\r\n".encode() + PAGE))
    assert error.kind in {"protocol", "too_large"}


async def test_invalid_chunks(server: Server, fetcher: WebClient) -> None:
    content = HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<p>\r\n"
    assert (await failure(fetcher, server.on("/", content))).kind == "protocol"


async def test_a_reset_in_the_middle(server: Server, fetcher: WebClient) -> None:
    async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 1000\r\n\r\n<p>")
        await writer.drain()
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    error = await failure(fetcher, server.on("/", reset))
    assert (error.kind, error.why) in {
        ("unreachable", "it dropped the connection"),
        ("protocol", "its response is incomplete"),
    }


async def test_a_connection_closed_without_a_response(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.on("/", b"", then_close=True))
    assert (error.kind, error.why) == ("unreachable", "it closed the connection without a response")


async def test_a_refused_connection(server: Server, fetcher: WebClient) -> None:
    async with serving() as gone:
        url = gone.url()
    error = await failure(fetcher, url)
    assert (error.kind, error.why) == ("unreachable", "it refuses connections")


async def test_an_unknown_host() -> None:
    async def unknown(host: str, port: int) -> list[IPAddress]:
        raise socket.gaierror(-2, "Name or service not known")

    async with WebClient(resolve=unknown) as fetcher:
        error = await failure(fetcher, "http://nowhere.example/")
    assert (error.kind, error.message) == ("unreachable", "Unknown host nowhere.example.")


# --- headers ---------------------------------------------------------------------------------


async def test_a_header_of_one_megabyte(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.on("/", HEAD + b"X-Much: " + b"a" * 1_000_000 + b"\r\n\r\n"))
    assert (error.kind, error.why) == ("too_large", "its response headers are too large")


async def test_ten_thousand_cookies_exceed_the_header_limit(server: Server, fetcher: WebClient) -> None:
    cookies = b"".join(b"Set-Cookie: name%d=value; Path=/\r\n" % number for number in range(10_000))
    error = await failure(fetcher, server.on("/", HEAD + cookies + b"\r\n"))
    assert error.kind == "too_large"


async def test_no_cookie_is_ever_sent_back(server: Server, fetcher: WebClient) -> None:
    cookies = b"".join(b"Set-Cookie: n%d=v; Path=/\r\n" % number for number in range(1_000))
    server.on("/b", reply(PAGE))
    with bounds():
        await fetcher.page(
            server.on("/a", HEAD[:9] + b"302 x\r\nLocation: /b\r\n" + cookies + b"Content-Length: 0\r\n\r\n")
        )
        await fetcher.page(server.url("/b"))
    assert len(server.requests) == 3
    assert all("cookie" not in request.headers for request in server.requests)


async def test_http_1_0(server: Server, fetcher: WebClient) -> None:
    url = server.on("/", b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE, then_close=True)
    assert [(await fetcher.page(url)).body for _ in range(2)] == [PAGE, PAGE]
    assert server.connections == 2


@pytest.mark.parametrize(
    "noise", [PAGE, b"SSH-2.0-x\r\n", b"\x16\x03\x01\x02\x00", b"HTTP/1.1 abc x\r\n\r\n", b"\x00" * 99]
)
async def test_a_response_that_is_not_http(server: Server, fetcher: WebClient, noise: bytes) -> None:
    error = await failure(fetcher, server.on("/", noise, then_close=True))
    assert error.kind in {"protocol", "unreachable"}


async def test_an_idle_connection_closed_by_the_server(server: Server, fetcher: WebClient) -> None:
    url = server.on("/", reply(PAGE), then_close=True)
    for _ in range(5):
        assert (await fetcher.page(url)).body == PAGE


async def test_a_reused_connection_that_is_closed(server: Server, fetcher: WebClient) -> None:
    async def once(request: Request, writer: asyncio.StreamWriter) -> None:
        if server.targets.count("/") == 2:  # the second request, on the same connection
            writer.close()
        else:
            writer.write(reply(PAGE))

    url = server.on("/", once)
    assert [(await fetcher.page(url)).body for _ in range(2)] == [PAGE, PAGE]
    assert (len(server.requests), server.connections) == (3, 2)


async def test_text_of_a_server_is_not_shown(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.on("/", reply(b"", "418 \x1b]52;c;aGk=\x07 pay at evil.example")))
    assert error.kind in {"status", "protocol"}
    assert "evil" not in str(error)


# --- status of a page ------------------------------------------------------------------------


async def test_304_without_a_stored_page(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.on("/", b"HTTP/1.1 304 Not Modified\r\n\r\n"))
    assert (error.kind, error.why) == (
        "protocol",
        "it sent 304 Not Modified to an unconditional request",
    )


async def test_an_etag_that_changes(server: Server, fetcher: WebClient) -> None:
    tags = iter(['"1"', 'W/"2"', '"bad\x07"', "none", '"' + "x" * 300 + '"'])

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + f"ETag: {next(tags)}\r\nContent-Length: 3\r\n\r\n<p>".encode("latin-1"))

    url = server.on("/", answer)
    pages = [await fetcher.page(url, etag=etag) for etag in ("", '"1"')]
    assert [each.etag for each in pages] == ['"1"', 'W/"2"']
    assert server.requests[1].headers["if-none-match"] == '"1"'
    assert [(await fetcher.page(url)).etag for _ in range(3)] == ["", "", ""]


async def test_a_stored_validator_cannot_inject_a_header(server: Server, fetcher: WebClient) -> None:
    await fetcher.page(server.on("/", reply(PAGE)), etag='"1"\r\nX-Evil: 1', last_modified="x\r\nX-Evil: 2")
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(server.requests[0].headers)


# --- politeness ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_respected(server: Server, fetcher: WebClient, status: str, form: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=120)
    value = "120" if form == "seconds" else format_datetime(until, usegmt=True)
    error = await failure(fetcher, server.on("/", reply(b"", status, retry_after=value)))
    assert (error.kind, error.status) == ("busy", int(status[:3]))
    assert error.retry_after is not None and 100 < error.retry_after <= 120
    again = await failure(fetcher, server.url("/other"))
    assert (again.kind, again.status) == ("busy", None)
    assert again.retry_after is not None and 100 < again.retry_after <= 120
    assert len(server.requests) == 1


async def test_waiting_requests_fail_when_the_host_is_busy(server: Server, fetcher: WebClient) -> None:
    server.on("/", reply(b"", "429 x", retry_after="60"))
    outcomes = await asyncio.gather(*(fetcher.page(server.url(f"/?{n}")) for n in range(20)), return_exceptions=True)
    assert {error.kind for error in outcomes if isinstance(error, FetchError)} == {"busy"}
    assert len(server.requests) <= 2


async def test_429_without_retry_after(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.on("/", reply(b"", "429 x")))
    assert (error.kind, error.status, error.retry_after) == ("busy", 429, 30.0)
    assert (await failure(fetcher, server.url("/other"))).kind == "busy"


@pytest.mark.parametrize("value", ["soon", "-5", "", "Mon, 99 Foo 2026", "9" * 400])
async def test_an_invalid_retry_after(server: Server, fetcher: WebClient, value: str) -> None:
    error = await failure(fetcher, server.on("/", reply(b"", "503 x", retry_after=value)))
    assert error.status == 503
    assert (error.retry_after or 0) <= 86_400


# --- what is not a page ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("application/pdf", b"%PDF-1.7" + b" " * 2_099_992, "a PDF of 2.1 MB instead of a page"),
        ("text/html", b"%PDF-1.7\n", "a PDF of 9 bytes instead of a page"),
        ("", b"%PDF-1.7\n", "a PDF of 9 bytes instead of a page"),
        ("video/mp4", b"x" * 5_000, "a video of 5 kB instead of a page"),
        ("text/html", b"\x89PNG\r\n\x1a\n\0\0", "an image of 10 bytes instead of a page"),
        ("text/html", b"\0\1\2\3", "a file of 4 bytes instead of a page"),
        ("application/json", b"{}", "data (JSON) of 2 bytes instead of a page"),
        ("evil/\x1b[31m", b"PK\x03\x04", "an archive of 4 bytes instead of a page"),
        ("application/x-\xe9", b"\0\0", "a file of 2 bytes instead of a page"),
        ("application/vnd.evil", b"x", "a file of the type application/vnd.evil of 1 byte instead of a page"),
    ],
)
async def test_other_media_types_are_described(
    server: Server, fetcher: WebClient, kind: str, body: bytes, words: str
) -> None:
    error = await failure(fetcher, server.on("/", reply(body, kind=kind)))
    assert (error.kind, error.why, error.hint) == ("not_a_page", words, "The browser can open it.")


# --- TLS -------------------------------------------------------------------------------------

CERTIFICATE = Path(__file__).parent.parent / "data" / "web" / "localhost.pem"


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def test_an_untrusted_certificate(fetcher: WebClient) -> None:
    async with serving(tls=server_tls()) as server:
        error = await failure(fetcher, server.on("/", reply(PAGE)))
    assert error.kind == "tls"
    assert error.why.startswith("its certificate is not trusted (self-signed certificate")
    assert server.requests == []


async def test_a_certificate_of_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    async def here(host: str, port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.1")]

    rules = ClientOptions(allow_hosts=frozenset({"news.example"}))
    async with serving(tls=server_tls()) as server, WebClient(rules, resolve=here) as fetcher:
        error = await failure(fetcher, server.url("/", "news.example"))
    assert error.kind == "tls"
    assert "Hostname mismatch" in error.why
    assert server.requests == []


async def test_a_trusted_certificate(monkeypatch: pytest.MonkeyPatch, fetcher: WebClient) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with serving(tls=server_tls()) as server:
        url = server.on("/", reply(PAGE))
        assert [(await fetcher.page(url)).body for _ in range(2)] == [PAGE, PAGE]
        assert server.connections == 1


async def test_unreadable_trusted_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    async with WebClient() as fetcher:
        error = await failure(fetcher, "https://news.example/")
    assert error.kind == "tls"
    assert (
        error.why == "its certificate cannot be checked, as the trusted ones cannot be read (no such file or directory)"
    )
    assert "SSL_CERT_FILE" in error.hint


async def test_plain_http_on_a_tls_port(fetcher: WebClient) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with listening:
        error = await failure(fetcher, f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/")
    assert error.kind == "tls"
    assert error.why.startswith("it offers no secure connection")


async def test_canceling_during_the_handshake_closes_the_connection(fetcher: WebClient) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        begun.set()
        await reader.read()
        ended.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening, asyncio.timeout(5):
        port = listening.sockets[0].getsockname()[1]
        task = asyncio.create_task(fetcher.page(f"https://127.0.0.1:{port}/"))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ended.wait()
