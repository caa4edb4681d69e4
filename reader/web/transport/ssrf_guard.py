"""Connections to public addresses alone: the check is of exactly the address that is connected to.

A name is resolved once for each connection, each address is judged, and the connection
goes to that address, not to the name again. So no answer of a name server that changes
in between (DNS rebinding) leads to an address that was not judged.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

import httpcore

from reader.web.responses import FetchError
from reader.web.transport.dns import Resolve
from reader.web.transport.ip_policy import Address, canonical_host, refusal

NEXT_AFTER = 0.25
"""Seconds until the next address is tried while one does not answer (RFC 8305, 5)."""
MOST_ADDRESSES = 8
"""How many of a name's addresses are tried."""


class SsrfGuard(httpcore.AsyncNetworkBackend):
    """Connects to what ``ip_policy.refusal`` has nothing against, and to hosts named as allowed."""

    def __init__(self, allow_hosts: frozenset[str], resolve: Resolve) -> None:
        self._allowed = frozenset(map(canonical_host, allow_hosts))
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> _Stream:
        """Connect to the first address of ``host`` that answers.

        Raises FetchError ("refused") when every address is one to keep away from,
        OSError when the name is not known, httpcore's errors when none answers.
        """
        addresses = await self._resolve(host, port)
        if canonical_host(host) not in self._allowed:
            addresses = _public(host, addresses)
        if not addresses:
            raise OSError("it has no address")
        return await _race(_in_turn(addresses), port)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no address of the web leads to a socket in the file system."""
        raise FetchError("refused", "a socket of this machine is not fetched from")

    async def sleep(self, seconds: float) -> None:
        """Wait; asked for by httpcore before it tries again."""
        await asyncio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is closed when the handshake of TLS on it is cancelled; httpcore leaves it open then."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


async def _connect(address: Address, port: int) -> _Stream:
    """Connect to exactly this address. Raises httpcore's errors."""
    return _Stream(await httpcore.AnyIOBackend().connect_tcp(str(address), port))


async def _race(addresses: list[Address], port: int) -> _Stream:
    """Try each address, a little after the one before, and return the first that answers (RFC 8305)."""
    under_way: set[asyncio.Task[_Stream]] = set()
    try:
        winner = await _first(deque(addresses), port, under_way)
    except BaseException:
        await _give_up(under_way)
        raise
    try:
        await _give_up(under_way)
    except BaseException:
        await winner.aclose()
        raise
    return winner


async def _first(waiting: deque[Address], port: int, under_way: set[asyncio.Task[_Stream]]) -> _Stream:
    """Return the first connection; what else is being tried, or was made as well, is in ``under_way``."""
    last: BaseException | None = None
    while waiting or under_way:
        if waiting:
            under_way.add(asyncio.create_task(_connect(waiting.popleft(), port)))
        pause = NEXT_AFTER if waiting else None
        done, _ = await asyncio.wait(under_way, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            under_way.remove(task)
            last = task.exception()
            if last is None:
                return task.result()
    assert last is not None
    raise last


def _public(host: str, addresses: list[Address]) -> list[Address]:
    """Return those of ``addresses`` that may be connected to; raise FetchError when there were only others."""
    refused = [(address, words) for address in addresses if (words := refusal(address))]
    if refused and len(refused) == len(addresses):
        address, words = refused[0]
        shown = words if canonical_host(host) == str(address) else f"{words} ({address})"
        raise FetchError("refused", f"not fetched, because it is {shown}", host)
    unfit = {address for address, _ in refused}
    return [address for address in addresses if address not in unfit]


def _in_turn(addresses: list[Address]) -> list[Address]:
    """Return the first addresses, the two families in turn (RFC 8305, 4), beginning with that of the first."""
    first = [address for address in addresses if address.version == addresses[0].version]
    other = [address for address in addresses if address.version != addresses[0].version]
    pairs = zip_longest(first, other)
    return [address for pair in pairs for address in pair if address is not None][:MOST_ADDRESSES]


async def _give_up(tasks: set[asyncio.Task[_Stream]]) -> None:
    """Stop attempts, and close what has connected all the same."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, _Stream):
            await outcome.aclose()
