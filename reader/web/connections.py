"""Connections that are kept and used again, never more than the rules say.

httpcore speaks HTTP/1.1 on each; which there are is counted here. Its own pool forgets
connections whose request is cancelled while waiting for one (encode/httpcore, issues 830
and 1093), and it knows no limit for a host.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpcore

from reader.errors import reason
from reader.web.addresses import canonical_host
from reader.web.answers import FetchError
from reader.web.guard import Guard
from reader.web.names import Resolve
from reader.web.proxies import Proxy
from reader.web.rules import Rules

if TYPE_CHECKING:
    import ssl

KEEP = 5.0
"""Seconds that a connection is kept open for a further request."""


_STALE = (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.ConnectionNotAvailable)


class Turns:
    """At most so many requests at a time for each host, and in all; first come, first served."""

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._all = asyncio.Semaphore(in_all)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._asking: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn for ``host``, and hold it."""
        self._asking[host] += 1
        try:
            # First the host's: whoever waits for a slow host keeps no other host from its turn.
            async with self._hosts.setdefault(host, asyncio.Semaphore(self._per_host)), self._all:
                yield
        finally:
            self._asking[host] -= 1
            if not self._asking[host]:
                del self._asking[host], self._hosts[host]


class Lent:
    """An answer whose body is still to come, and the connection that it comes by, until ``aclose``."""

    def __init__(
        self,
        response: httpcore.Response,
        connection: httpcore.AsyncConnectionInterface,
        back: Callable[[], Awaitable[None]],
    ) -> None:
        self.response = response
        self._connection = connection
        self._back = back

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give out the body as it comes. Raises httpcore's errors."""
        stream = self.response.stream
        assert not isinstance(stream, bytes) and hasattr(stream, "__aiter__")
        async for chunk in stream:
            yield chunk

    async def aclose(self) -> None:
        """Give the connection back; when the body has not come to its end, it is closed. May be called again."""
        try:
            await self.response.aclose()
        finally:
            await self._back()


class Connections:
    """Every connection of a fetcher. Whoever asks holds a turn."""

    def __init__(self, rules: Rules, resolve: Resolve, tls: Callable[[], ssl.SSLContext]) -> None:
        self._rules = rules
        self._guard = Guard(rules.allow_hosts, resolve)
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._proxies: dict[Proxy, httpcore.AsyncHTTPProxy] = {}
        self._busy: dict[httpcore.AsyncConnectionInterface, str] = {}
        self._idle: dict[httpcore.AsyncConnectionInterface, str] = {}  # oldest first

    async def send(self, request: httpcore.Request, proxy: Proxy | None) -> Lent:
        """Send ``request`` and return as soon as the head of an answer is there.

        Raises FetchError when the address is refused, httpcore's errors, OSError.
        """
        origin = request.url.origin
        host = canonical_host(origin.host.decode("ascii"))
        while True:
            connection, used_before = await self._take(origin, host, proxy)
            try:
                response = await connection.handle_async_request(request)
            except BaseException as error:
                await self._drop(connection)
                # A server may end a kept connection just when it is used again (RFC 9112, 9.3.1), or have left
                # something in it. Asking once more is right, because GET changes nothing.
                if used_before and isinstance(error, _STALE):
                    continue
                raise
            return Lent(response, connection, partial(self._give_back, connection))

    async def aclose(self) -> None:
        """Close all of them."""
        for connection in [*self._idle, *self._busy]:
            await self._drop(connection)

    async def _take(
        self, origin: httpcore.Origin, host: str, proxy: Proxy | None
    ) -> tuple[httpcore.AsyncConnectionInterface, bool]:
        """Return a connection to ``origin``, and whether it was used before."""
        for connection in [each for each in self._idle if each.has_expired() or each.is_closed()]:
            await self._drop(connection)
        for connection in reversed(self._idle):  # the youngest is the likeliest to be still there
            if connection.can_handle_request(origin) and connection.is_available():
                self._busy[connection] = self._idle.pop(connection)
                return connection, True
        connection = self._new(origin, proxy)
        self._busy[connection] = host
        spare = [each for each, its_host in self._idle.items() if its_host == host]
        for_host = sum(1 for each in self._busy.values() if each == host)
        surplus = spare[: max(0, for_host + len(spare) - self._rules.per_host)]
        in_all = len(self._busy) + len(self._idle) - len(surplus) - self._rules.in_all
        surplus += [each for each in self._idle if each not in surplus][: max(0, in_all)]
        try:
            for each in surplus:
                await self._drop(each)
        except BaseException:
            self._busy.pop(connection, None)
            raise
        return connection, False

    def _new(self, origin: httpcore.Origin, proxy: Proxy | None) -> httpcore.AsyncConnectionInterface:
        if proxy is not None:
            return self._pool(proxy, origin).create_connection(origin)
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._ssl_context(origin) if origin.scheme == b"https" else None,
            keepalive_expiry=KEEP,
            network_backend=self._guard,
        )

    def _pool(self, proxy: Proxy, origin: httpcore.Origin) -> httpcore.AsyncHTTPProxy:
        """Return what makes connections by way of ``proxy``; the proxy itself may be anywhere."""
        if proxy not in self._proxies:
            self._proxies[proxy] = httpcore.AsyncHTTPProxy(
                proxy.url,
                proxy_auth=proxy.auth,
                ssl_context=self._ssl_context(origin),
                proxy_ssl_context=self._ssl_context(origin) if proxy.url.startswith("https:") else None,
                keepalive_expiry=KEEP,
            )
        return self._proxies[proxy]

    def _ssl_context(self, origin: httpcore.Origin) -> ssl.SSLContext:
        if self._context is None:  # 30 ms that plain HTTP need not wait for
            try:
                self._context = self._tls()
            except OSError as error:  # of which errors of ssl are a kind
                raise FetchError(
                    "tls",
                    f"the certificates to check it by cannot be read ({reason(error)})",
                    origin.host.decode("ascii"),
                    hint="SSL_CERT_FILE or SSL_CERT_DIR say where they are; without either, our own are used.",
                ) from None
        return self._context

    async def _give_back(self, connection: httpcore.AsyncConnectionInterface) -> None:
        host = self._busy.pop(connection, None)
        if host is not None and connection.is_idle() and not connection.is_closed():
            self._idle[connection] = host
        elif host is not None:
            # Cancelled while it ended a request, httpcore leaves a connection neither idle nor closed.
            await connection.aclose()

    async def _drop(self, connection: httpcore.AsyncConnectionInterface) -> None:
        self._busy.pop(connection, None)
        self._idle.pop(connection, None)
        await connection.aclose()
