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

from reader.web.addresses import Address, canonical_host, refusal
from reader.web.answers import FetchError
from reader.web.names import Resolve

NEXT_AFTER = 0.25
"""Seconds until the next address is tried while one does not answer (RFC 8305, 5)."""
MOST_ADDRESSES = 8
"""How many of a name's addresses are tried."""


class Guard(httpcore.AsyncNetworkBackend):
    """Connects to what :func:`reader.web.addresses.refusal` has nothing against, and to hosts named as allowed."""

    def __init__(self, allow_hosts: frozenset[str], resolve: Resolve) -> None:
        self._allowed = frozenset(map(canonical_host, allow_hosts))
        self._resolve = resolve
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of ``host`` that answers.

        Raises FetchError ("refused") when every address is one to keep away from,
        OSError when the name is not known, httpcore's errors when none answers.
        """
        addresses = await self._resolve(host, port)
        if canonical_host(host) not in self._allowed:
            addresses = _public(host, addresses)
        if not addresses:
            raise OSError("it has no address")
        return await self._race(_in_turn(addresses), port)

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

    async def _race(self, addresses: list[Address], port: int) -> httpcore.AsyncNetworkStream:
        """Try each address, a little after the one before, and return the first that answers (RFC 8305)."""
        waiting = deque(addresses)
        under_way: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
        last: BaseException | None = None
        try:
            while waiting or under_way:
                if waiting:
                    under_way.add(asyncio.create_task(self._plain.connect_tcp(str(waiting.popleft()), port)))
                done, under_way = await asyncio.wait(
                    under_way, timeout=NEXT_AFTER if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                won = [task for task in done if task.exception() is None]
                if won:
                    under_way.update(won[1:])  # closed below
                    return _Stream(won[0].result())
                last = next((task.exception() for task in done), last)
        finally:
            await _give_up(under_way)
        assert last is not None
        raise last


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is closed when the handshake on it is given up; httpcore forgets it then."""

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


def _public(host: str, addresses: list[Address]) -> list[Address]:
    """Return those of ``addresses`` that may be connected to; raise FetchError when there were only others."""
    refused = [(address, words) for address in addresses if (words := refusal(address))]
    if refused and len(refused) == len(addresses):
        address, words = refused[0]
        shown = words if canonical_host(host) == str(address) else f"{words} ({address})"
        raise FetchError(
            "refused",
            f"not fetched, because it is {shown}",
            host,
            hint=f'To allow it, name it in the settings: [fetch] allow_hosts = ["{canonical_host(host)}"].',
        )
    unfit = {address for address, _ in refused}
    return [address for address in addresses if address not in unfit]


def _in_turn(addresses: list[Address]) -> list[Address]:
    """Return the first addresses, the two families in turn (RFC 8305, 4), beginning with that of the first."""
    first = [address for address in addresses if address.version == addresses[0].version]
    other = [address for address in addresses if address.version != addresses[0].version]
    pairs = zip_longest(first, other)
    return [address for pair in pairs for address in pair if address is not None][:MOST_ADDRESSES]


async def _give_up(tasks: set[asyncio.Task[httpcore.AsyncNetworkStream]]) -> None:
    """Stop attempts, and close what has connected all the same."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, httpcore.AsyncNetworkStream):
            await outcome.aclose()
