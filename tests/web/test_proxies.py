"""Requests through a real proxy on loopback: HTTP is forwarded, HTTPS tunneled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.responses import FetchError
from reader.web.transport.proxies import parse_proxy
from tests.web.server import END, Server, reply, serving
from tests.web.test_hostile_servers import CERTIFICATE, server_tls

PAGE = b"<p>by way of the proxy"


@contextlib.asynccontextmanager
async def tunnelling(to: Server) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy that connects every CONNECT to ``to``; yields its URL and the request headers."""
    heads: list[bytes] = []

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                sink.write(data)
        sink.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(END))
        back, forth = await asyncio.open_connection("127.0.0.1", to.port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(pump(reader, forth), pump(back, writer))

    async with await asyncio.start_server(tunnel, "127.0.0.1", 0) as listening:
        yield f"http://joe:geheim@127.0.0.1:{listening.sockets[0].getsockname()[1]}", heads


async def test_http_through_the_configured_proxy(server: Server) -> None:
    server.handlers["http://news.example/a"] = server.handlers[server.on("/x", reply(PAGE))[-2:]]
    proxy = server.url("").replace("http://", "http://joe:geheim@")
    async with WebClient(ClientOptions(proxy=proxy)) as fetcher:
        answer = await fetcher.page("http://news.example/a")
    assert answer.body == PAGE
    assert server.requests[0].headers["proxy-authorization"] == "Basic am9lOmdlaGVpbQ=="
    assert server.requests[0].headers["host"] == "news.example"


async def test_https_through_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with serving(tls=server_tls()) as server, tunnelling(server) as (proxy, heads):
        server.on("/a", reply(PAGE))
        rules = ClientOptions(proxy=proxy, allow_hosts=frozenset({"localhost"}))
        async with WebClient(rules) as fetcher:
            assert (await fetcher.page("https://localhost/a")).body == PAGE
            assert (await fetcher.page("https://localhost/a")).body == PAGE
    assert len(heads) == 1
    assert heads[0].startswith(b"CONNECT localhost:443 HTTP/1.1\r\n")
    assert "proxy-authorization" not in server.requests[0].headers


async def test_a_proxy_that_refuses(server: Server) -> None:
    server.on("news.example:443", reply(b"", "403 geheim evil"))
    async with WebClient(ClientOptions(proxy=server.url("").replace("http://", "http://joe:geheim@"))) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.page("https://news.example/")
    assert (caught.value.kind, caught.value.why) == ("unreachable", "it was rejected by the proxy")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "169.254.169.254", "router", "x.local"]
)
async def test_local_hosts_are_not_sent_to_a_proxy(server: Server, host: str) -> None:
    async with WebClient(ClientOptions(proxy=server.url(""))) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.page(f"http://{host}/")
    assert (caught.value.kind, server.connections) == ("refused", 0)


async def test_the_environment_s_proxy_and_its_exceptions(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.on("/direct", reply(b"<p>direct"))
    server.handlers["http://news.example/"] = server.handlers["/direct"]
    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}))) as fetcher:
        await fetcher.page("http://news.example/")
        await fetcher.page(server.url("/direct"))
    assert server.targets == ["http://news.example/", "/direct"]


async def test_an_unusable_proxy_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://joe:geheim@127.0.0.1:1")
    async with WebClient() as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.page("http://news.example/")
    assert caught.value.kind == "unreachable"
    assert "socks5" in caught.value.message and "geheim" not in str(caught.value)


async def test_netrc_passwords_are_not_sent(
    server: Server, fetcher: WebClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login joe password geheim")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    await fetcher.page(server.on("/", reply(PAGE)))
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("address", "url", "auth"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128/", None),
        ("proxy.example:8080", "http://proxy.example:8080/", None),
        ("https://proxy.example", "https://proxy.example:443/", None),
        ("http://joe:a%40b@[::1]:1/x?y", "http://[::1]:1/", ("joe", "a@b")),
    ],
)
def test_the_address_of_a_proxy(address: str, url: str, auth: tuple[str, str] | None) -> None:
    proxy = parse_proxy(address)
    assert (proxy.url, proxy.auth) == (url, auth)
    assert "a@b" not in repr(proxy)


@pytest.mark.parametrize(
    "address", ["socks5://joe:geheim@h:1", "http://joe:geheim@", "http://joe:geheim@h:99999", "http://[x"]
)
def test_an_invalid_proxy_is_reported_without_its_password(address: str) -> None:
    with pytest.raises(ReaderError) as caught:
        parse_proxy(address)
    assert "geheim" not in str(caught.value) and caught.value.hint
