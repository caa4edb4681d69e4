"""The client and a well-behaved server on loopback."""

from __future__ import annotations

import asyncio
import gc
import gzip
import socket
import warnings
import zlib
from ipaddress import ip_address

import pytest

from reader import __version__
from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.responses import FetchError
from reader.web.transport.ip_policy import IPAddress
from tests.web.server import Request, Server, redirect, reply, serving

PAGE = "<!doctype html><title>Fähre</title><p>Ein Text – nichts weiter.".encode()


async def failure(fetcher: WebClient, url: str, **more: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.page(url, **more)
    return caught.value


async def test_a_page(server: Server, fetcher: WebClient) -> None:
    url = server.on("/a", reply(PAGE, etag='"1"', last_modified="Sat, 21 Nov 2026 10:00:00 GMT"))
    answer = await fetcher.page(f"{url}?utm_source=x&page=2#part")
    assert (answer.final_url, answer.status) == (f"{url}?page=2", 200)
    assert (answer.content_type, answer.charset, answer.body) == ("text/html", "utf-8", PAGE)
    assert (answer.etag, answer.last_modified) == ('"1"', "Sat, 21 Nov 2026 10:00:00 GMT")
    assert "Fähre" in answer.text
    assert server.targets == ["/a?page=2"]


async def test_request_headers(server: Server, fetcher: WebClient) -> None:
    await fetcher.page(server.on("/", reply(PAGE)))
    headers = server.requests[0].headers
    assert headers["user-agent"] == f"newsreader/{__version__}"
    assert headers["accept-encoding"] == "gzip, deflate"
    assert set(headers) == {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("x-gzip", gzip.compress(PAGE, mtime=0)),
        ("GZIP", gzip.compress(PAGE[:20], mtime=0) + gzip.compress(PAGE[20:], mtime=0)),
        ("gzip", gzip.compress(PAGE, mtime=0) + b"garbage"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("identity", PAGE),
    ],
    ids=["gzip", "x-gzip", "two members", "garbage at the end", "zlib", "raw deflate", "none"],
)
async def test_a_compressed_page(server: Server, fetcher: WebClient, coding: str, body: bytes) -> None:
    answer = await fetcher.page(server.on("/", reply(body, content_encoding=coding)))
    assert answer.body == PAGE


async def test_a_page_in_chunks(server: Server, fetcher: WebClient) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await fetcher.page(server.on("/", head + b"3\r\n<p>\r\n4;x=y\r\ntext\r\n0\r\nX-Trailer: 1\r\n\r\n"))
    assert answer.body == b"<p>text"


async def test_redirects_are_followed(server: Server, fetcher: WebClient) -> None:
    url = server.on("/a", redirect("b?utm_medium=mail&x=1#y", "301 Moved"))
    server.on("/b", redirect("/c/", "308 x"))
    server.on("/c/", reply(PAGE))
    answer = await fetcher.page(url)
    assert answer.final_url == server.url("/c/")
    assert server.targets == ["/a", "/b?x=1", "/c/"]
    assert server.connections == 1


async def test_a_status_is_reported_with_its_standard_name(server: Server, fetcher: WebClient) -> None:
    error = await failure(fetcher, server.url("/missing"))
    assert (error.kind, error.status, error.message) == ("status", 404, "404 Not Found at 127.0.0.1.")


async def test_a_conditional_request(server: Server, fetcher: WebClient) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        same = request.headers.get("if-none-match") == '"1"'
        writer.write(b'HTTP/1.1 304 x\r\nETag: "1"\r\n\r\n' if same else reply(PAGE, etag='"1"'))

    url = server.on("/", answer)
    first = await fetcher.page(url)
    again = await fetcher.page(url, etag=first.etag)
    assert (again.status, again.body, again.etag) == (304, b"", '"1"')
    assert server.connections == 1


async def test_connections_are_reused_and_limited_per_host(server: Server, fetcher: WebClient) -> None:
    server.on("/", reply(PAGE))
    await asyncio.gather(*(fetcher.page(server.url(f"/?{number}")) for number in range(20)))
    assert server.most_open <= 2
    assert server.connections <= 2


async def test_at_most_eight_connections_in_all() -> None:
    hosts = [f"127.0.0.{number}" for number in range(1, 8)]
    async with WebClient(ClientOptions(allow_hosts=frozenset(hosts))) as fetcher, serving("0.0.0.0") as server:
        server.on("/", reply(PAGE))
        await asyncio.gather(*(fetcher.page(server.url(f"/?{n}", hosts[n % 7])) for n in range(70)))
    assert server.most_open <= 8


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
async def test_an_allowed_ipv6_address_in_another_spelling() -> None:
    async with WebClient(ClientOptions(allow_hosts=frozenset({"0:0::1"}))) as fetcher, serving("::1") as server:
        assert (await fetcher.page(server.on("/", reply(PAGE)))).body == PAGE


async def test_a_page_with_a_few_control_characters_is_still_a_page(server: Server, fetcher: WebClient) -> None:
    body = b"<!doctype html>\x00<p>one\x0etwo"
    assert (await fetcher.page(server.on("/", reply(body)))).body == body


async def test_the_client_works_after_a_cancellation(server: Server, fetcher: WebClient) -> None:
    async def never(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        await asyncio.Event().wait()

    server.on("/", reply(PAGE))
    slow = server.on("/slow", never)
    for _ in range(10):
        server.asked.clear()
        tasks = [asyncio.create_task(fetcher.page(slow)) for _ in range(4)]
        await server.asked.wait()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    assert (await fetcher.page(server.url("/"))).body == PAGE


async def test_canceling_at_any_moment_leaves_no_connection_open(server: Server, fetcher: WebClient) -> None:
    url = server.on("/", reply(PAGE * 100))
    unwanted = server.on("/404", reply(PAGE * 100, "404 x"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for turns in range(60):  # rounds of the event loop, in each of which it may be canceled
            for address in (url, unwanted):
                task = asyncio.create_task(fetcher.page(address))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        del task
        gc.collect()
    assert [str(each.message) for each in told if "unclosed" in str(each.message)] == []
    assert (await fetcher.page(url)).status == 200
    async with asyncio.timeout(10):
        while server.open > 1:  # one stays open for the next request
            await asyncio.wait(server.tasks, return_when=asyncio.FIRST_COMPLETED)


# Names, validators, checks.


@pytest.mark.parametrize("name", ["xn--ls8h.la", "xn--", "xn--a.example", "xn--0.example"])
async def test_a_host_name_that_idna_2008_rejects_works(server: Server, name: str) -> None:
    async def here(_: str, __: int) -> list[IPAddress]:
        return [ip_address("127.0.0.1")]

    server.on("/a", reply(PAGE))
    async with WebClient(ClientOptions(allow_hosts=frozenset({name})), resolve=here) as fetcher:
        answer = await fetcher.page(server.url("/a", name))
    assert answer.body == PAGE
    assert server.requests[-1].headers["host"] == f"{name}:{server.port}"


async def test_a_redirect_to_an_unknown_emoji_host_fails(server: Server) -> None:
    async def nowhere(host: str, _: int) -> list[IPAddress]:
        if host == "127.0.0.1":
            return [ip_address(host)]
        raise OSError("unknown")

    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"})), resolve=nowhere) as fetcher:
        error = await failure(fetcher, server.on("/a", redirect("http://xn--/")))
    assert (error.kind, error.host, error.redirects) == ("unreachable", "xn--", 1)


async def test_validators_are_sent_only_to_the_address_they_came_from(server: Server, fetcher: WebClient) -> None:
    there = server.on("/there", reply(PAGE, etag='"1"', last_modified="Sat, 21 Nov 2026 10:00:00 GMT"))
    url = server.on("/here", redirect("/there"))
    first = await fetcher.page(url)
    assert first.final_url == there
    server.on("/there", reply(b"", "304 Not Modified"))
    again = await fetcher.page(url, etag=first.etag, last_modified=first.last_modified, validated=first.final_url)
    assert (again.status, again.final_url) == (304, there)
    here, there_again = server.requests[-2:]
    assert not {"if-none-match", "if-modified-since"} & here.headers.keys()
    assert there_again.headers["if-none-match"] == '"1"'
    assert there_again.headers["if-modified-since"] == first.last_modified


async def test_a_304_from_another_address_is_not_accepted(server: Server, fetcher: WebClient) -> None:
    server.on("/other", reply(b"", "304 Not Modified"))
    url = server.on("/here", redirect("/other"))
    error = await failure(fetcher, url, etag='"1"', validated=server.url("/there"))
    assert error.kind == "protocol"
    assert "if-none-match" not in server.requests[-1].headers
    error = await failure(fetcher, server.url("/other"), etag='"1"', validated=server.url("/there"))
    assert error.kind == "protocol"


async def test_the_url_check_sees_every_redirect(server: Server, fetcher: WebClient) -> None:
    judged: list[str] = []
    never = FetchError("refused", "never", "127.0.0.1", hint="Do.")

    async def judge(url: str) -> FetchError | None:
        judged.append(url)
        return never if url.endswith("/private") else None

    server.on("/private", reply(PAGE))
    server.on("/go", redirect("/private"))
    with pytest.raises(FetchError) as caught:
        await fetcher.page(server.url("/go"), url_check=judge)
    assert judged == [server.url("/go"), server.url("/private")]
    assert server.targets == ["/go"]
    assert (caught.value.why, caught.value.redirects, caught.value.hint) == ("never", 1, "")
    assert caught.value is not never
    with pytest.raises(FetchError, match="Never at") as caught:
        await fetcher.page(server.url("/private"), url_check=judge)
    assert (caught.value.hint, server.targets) == ("Do.", ["/go"])
