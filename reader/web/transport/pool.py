"""Connections that stay open and are reused, within the limits of the options.

httpcore speaks HTTP/1.1 on each connection; this module decides which connections exist. httpcore's own pool leaks
connections whose request is canceled while it waits for one (encode/httpcore, issues 830 and 1093), and has no limit
per host.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore
import httpx

from reader.core.errors import describe_error
from reader.web.options import ClientOptions
from reader.web.responses import FetchError
from reader.web.transport.dns import Resolve
from reader.web.transport.ip_policy import canonical_host
from reader.web.transport.proxies import Proxy
from reader.web.transport.ssrf_guard import SsrfGuard

KEEP_ALIVE_SECONDS = 5.0
_STALE = (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.ConnectionNotAvailable)


class Connections:
    """The connections of one client. Callers hold a request slot."""

    def __init__(self, options: ClientOptions, resolve: Resolve) -> None:
        self._options = options
        self._guard = SsrfGuard(options.allow_hosts, resolve)
        self._context: ssl.SSLContext | None = None
        self._busy: dict[httpcore.AsyncConnectionInterface, str] = {}
        """Connections in use, with their hosts."""
        self._idle: dict[httpcore.AsyncConnectionInterface, str] = {}
        """Idle connections, the most recently used one at the end."""

    @asynccontextmanager
    async def send(self, request: httpcore.Request, proxy: Proxy | None) -> AsyncIterator[httpcore.Response]:
        """Send a request; yields the response when its headers are there.

        In the end, its connection is kept open, or closed if the body was not read to its end. Raises FetchError if
        the address is refused, httpcore's errors, OSError.
        """
        origin = request.url.origin
        host = canonical_host(origin.host.decode("ascii"))
        while True:
            connection, was_used = await self._take(origin, host, proxy)
            try:
                response = await connection.handle_async_request(request)
            except BaseException as error:
                await self._drop(connection)
                # A server may close an idle connection just when it is used again (RFC 9112, 9.3.1), or have left
                # something in it. A second try is safe, because GET changes nothing.
                if was_used and isinstance(error, _STALE):
                    continue
                raise
            try:
                yield response
            finally:
                try:
                    await response.aclose()
                finally:
                    await self._give_back(connection)
            return

    async def aclose(self) -> None:
        """Close all connections."""
        for connection in [*self._idle, *self._busy]:
            await self._drop(connection)

    async def _take(
        self, origin: httpcore.Origin, host: str, proxy: Proxy | None
    ) -> tuple[httpcore.AsyncConnectionInterface, bool]:
        """Return a connection to ``origin``, and whether it was used before."""
        for connection in [each for each in self._idle if each.has_expired() or each.is_closed()]:
            await self._drop(connection)
        for connection in reversed(self._idle):  # the most recent one is the most likely to be alive
            if connection.can_handle_request(origin) and connection.is_available():
                self._busy[connection] = self._idle.pop(connection)
                return connection, True
        connection = self._new(origin, proxy)
        self._busy[connection] = host
        try:
            for each in self._surplus(host):
                await self._drop(each)
        except BaseException:
            self._busy.pop(connection, None)
            raise
        return connection, False

    def _surplus(self, host: str) -> list[httpcore.AsyncConnectionInterface]:
        """Return the idle connections that exceed the limits."""
        of_host = [each for each, its_host in self._idle.items() if its_host == host]
        busy_with_host = sum(its_host == host for its_host in self._busy.values())
        surplus = of_host[: max(0, busy_with_host + len(of_host) - self._options.per_host)]
        excess = len(self._busy) + len(self._idle) - len(surplus) - self._options.in_all
        return surplus + [each for each in self._idle if each not in surplus][: max(0, excess)]

    def _new(self, origin: httpcore.Origin, proxy: Proxy | None) -> httpcore.AsyncConnectionInterface:
        if proxy is None:
            return httpcore.AsyncHTTPConnection(
                origin,
                ssl_context=self._ssl_context(origin) if origin.scheme == b"https" else None,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
                network_backend=self._guard,
            )
        factory = httpcore.AsyncHTTPProxy(  # the proxy itself may be at any address
            proxy.url,
            proxy_auth=proxy.auth,
            ssl_context=self._ssl_context(origin),
            proxy_ssl_context=self._ssl_context(origin) if proxy.url.startswith("https:") else None,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )
        return factory.create_connection(origin)

    def _ssl_context(self, origin: httpcore.Origin) -> ssl.SSLContext:
        if self._context is None:  # on demand: it takes 30 ms
            try:
                self._context = httpx.create_ssl_context()
            except OSError as error:  # ssl.SSLError is one
                raise FetchError(
                    "tls",
                    f"its certificate cannot be checked, as the trusted ones cannot be read ({describe_error(error)})",
                    origin.host.decode("ascii"),
                    hint="Check SSL_CERT_FILE and SSL_CERT_DIR; without them, the bundled certificates are used.",
                ) from None
        return self._context

    async def _give_back(self, connection: httpcore.AsyncConnectionInterface) -> None:
        host = self._busy.pop(connection, None)
        if host is not None and connection.is_idle() and not connection.is_closed():
            self._idle[connection] = host
        elif host is not None:
            # Canceled at the end of a request, httpcore leaves a connection neither idle nor closed.
            await connection.aclose()

    async def _drop(self, connection: httpcore.AsyncConnectionInterface) -> None:
        self._busy.pop(connection, None)
        self._idle.pop(connection, None)
        await connection.aclose()
