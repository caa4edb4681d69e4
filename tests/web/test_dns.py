"""Name resolution and connections: hanging lookups, unresponsive addresses."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import pytest

from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.transport.dns import resolve
from reader.web.transport.ip_policy import IPAddress
from reader.web.transport.ssrf_guard import interleave_families
from tests.web.server import reply, serving


async def test_a_name_resolves_to_addresses() -> None:
    found = await resolve("localhost", 80)
    assert found and all(address.is_loopback for address in found)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001"])
async def test_a_literal_address_is_not_looked_up(host: str) -> None:
    assert await resolve(host, 80) == [ip_address("127.0.0.1")]


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "\x00"])
async def test_invalid_names(host: str) -> None:
    with pytest.raises(OSError):
        await resolve(host, 80)


async def test_a_hanging_lookup_blocks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake: getaddrinfo only hangs for real with a special name server."""
    release = threading.Event()
    usual = socket.getaddrinfo

    def hanging(host: str, *more: object, **named: object) -> object:
        if host == "dead.example":
            release.wait(30)
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return usual(host, *more, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    dead = [asyncio.create_task(resolve("dead.example", 80)) for _ in range(40)]
    async with asyncio.timeout(5):
        assert await resolve("localhost", 80)
        for task in dead:
            task.cancel()
        await asyncio.gather(*dead, return_exceptions=True)
    release.set()


def test_address_families_alternate() -> None:
    six = [ip_address(f"2001:db8::{number}") for number in range(1, 4)]
    four: list[IPAddress] = [ip_address("192.0.2.1")]
    assert interleave_families([*six, *four]) == [six[0], four[0], six[1], six[2]]
    assert interleave_families([*four, *six]) == [four[0], *six]
    assert len(interleave_families(six * 9)) == 8


@contextmanager
def unresponsive(host: str, port: int) -> Iterator[None]:
    """An unresponsive address on loopback: its queue of connections is full."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex((host, port))
            yield
        finally:
            for each in waiting:
                each.close()


async def test_an_unresponsive_address_is_skipped() -> None:
    async def two(host: str, port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.5"), ip_address("127.0.0.1")]

    rules = ClientOptions(allow_hosts=frozenset({"news.example"}), seconds=10.0)
    async with serving() as server, WebClient(rules, resolve=two) as fetcher:
        server.on("/", reply(b"<p>here"))
        with unresponsive("127.0.0.5", server.port):
            async with asyncio.timeout(5):
                assert (await fetcher.page(server.url("/", "news.example"))).body == b"<p>here"


async def test_canceling_closes_pending_connections() -> None:
    async def one(host: str, port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.5")]

    rules = ClientOptions(allow_hosts=frozenset({"news.example"}))
    async with serving() as server, WebClient(rules, resolve=one) as fetcher:
        with unresponsive("127.0.0.5", server.port):
            before = len(os.listdir("/dev/fd"))
            task = asyncio.create_task(fetcher.page(server.url("/", "news.example")))
            await asyncio.wait([task], timeout=0.3)
            assert len(os.listdir("/dev/fd")) == before + 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0)  # the transport closes its socket a moment later
            assert len(os.listdir("/dev/fd")) == before


async def test_closing_the_client_closes_its_connections() -> None:
    async with serving() as server:
        server.on("/", reply(b"<p>here"))
        async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}))) as fetcher:
            await fetcher.page(server.url("/"))
            assert server.open == 1
        async with asyncio.timeout(5):
            await asyncio.gather(*server.tasks)
        assert server.open == 0
