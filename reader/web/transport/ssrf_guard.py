"""Connections to public addresses only: exactly the address that was checked is connected to.

A name is resolved once for each connection, each address is checked, and the connection goes to that address, not to
the name again. So a name server that changes its answer in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from itertools import zip_longest

import httpcore

from reader.web.responses import FetchError
from reader.web.transport.dns import Resolve
from reader.web.transport.ip_policy import IPAddress, canonical_host, refusal
from reader.web.transport.streams import HttpStream

ATTEMPT_DELAY = 0.25
"""Seconds until the next address is tried while one does not respond (RFC 8305, 5)."""
MAX_ADDRESSES = 8
"""Addresses of a name that are tried."""


class SsrfGuard(httpcore.AsyncNetworkBackend):
    """Connects to addresses that ``ip_policy.refusal`` permits, and to hosts that the settings allow."""

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
    ) -> HttpStream:
        """Connect to the first address of ``host`` that responds.

        Raises FetchError ("refused") if no address is permitted, OSError if the name is unknown, httpcore's errors if
        no address responds.
        """
        addresses = await self._resolve(host, port)
        if canonical_host(host) not in self._allowed:
            addresses = _permitted(host, addresses)
        if not addresses:
            raise OSError("it has no address")
        return await _race(interleave_families(addresses), port)


async def _connect(address: IPAddress, port: int) -> HttpStream:
    """Connect to exactly this address. Raises httpcore's errors."""
    return HttpStream(await httpcore.AnyIOBackend().connect_tcp(str(address), port))


async def _race(addresses: list[IPAddress], port: int) -> HttpStream:
    """Try the addresses one after another without waiting for failures; return the first connection (RFC 8305)."""
    waiting = deque(addresses)
    attempts: set[asyncio.Task[HttpStream]] = set()
    winner: HttpStream | None = None
    error: BaseException | None = None
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_connect(waiting.popleft(), port)))
            delay = ATTEMPT_DELAY if waiting else None
            done, _ = await asyncio.wait(attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                attempts.remove(task)
                error = task.exception()
                if error is None:
                    winner = task.result()
                    await _abandon(attempts)
                    return winner
    except BaseException:
        await _abandon(attempts)
        if winner is not None:
            await winner.aclose()
        raise
    assert error is not None
    raise error


def refusal_error(host: str, words: str) -> FetchError:
    """Return the error for a host that is not connected to; ``words`` follow “it is”."""
    hint = f'To allow it, add it to the settings: [fetch] allow_hosts = ["{canonical_host(host)}"].'
    return FetchError("refused", f"it is {words} and is not fetched", host, hint=hint)


def _permitted(host: str, addresses: list[IPAddress]) -> list[IPAddress]:
    """Return the addresses that may be connected to. Raises FetchError if there are only others."""
    refused = {address: words for address in addresses if (words := refusal(address))}
    if refused and len(refused) == len(set(addresses)):
        address, words = next(iter(refused.items()))
        shown = words if canonical_host(host) == str(address) else f"{words} ({address})"
        raise refusal_error(host, shown)
    return [address for address in addresses if address not in refused]


def interleave_families(addresses: list[IPAddress]) -> list[IPAddress]:
    """Return the first addresses, alternating between the two families (RFC 8305, 4), the preferred one first."""
    first = [address for address in addresses if address.version == addresses[0].version]
    other = [address for address in addresses if address.version != addresses[0].version]
    pairs = zip_longest(first, other)
    return [address for pair in pairs for address in pair if address is not None][:MAX_ADDRESSES]


async def _abandon(attempts: set[asyncio.Task[HttpStream]]) -> None:
    """Cancel attempts, and close connections that were made nevertheless."""
    for task in attempts:
        task.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, HttpStream):
            await outcome.aclose()
