"""Connections that are kept and used again, never more than the rules say.

httpcore speaks HTTP/1.1 on each; which there are is counted here. Its own pool forgets
connections whose request is cancelled while waiting for one (encode/httpcore, issues 830
and 1093), and it knows no limit for a host.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

import httpcore

from reader.core.errors import describe_error
from reader.core.preempt import preemptible
from reader.web.options import ClientOptions
from reader.web.responses import FetchError
from reader.web.transport.dns import Resolve
from reader.web.transport.ip_policy import canonical_host
from reader.web.transport.proxies import Proxy
from reader.web.transport.ssrf_guard import SsrfGuard

if TYPE_CHECKING:
    import ssl

KEEP = 5.0
"""Seconds that a connection is kept open for a further request."""


_STALE = (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.ConnectionNotAvailable)


class Priority(IntEnum):
    """Who waits for an answer. Whoever does comes first, and finds a turn free."""

    INTERACTIVE = 0
    """Somebody who looks at the screen, or the only one who asks."""
    BULK = 1
    """Nobody: pages that are fetched in bulk."""
    IMAGE = 2
    """Nobody much: a picture, of which a page may have dozens."""


@dataclass(slots=True)
class _Waiter:
    host: str
    rank: Priority
    ready: asyncio.Future[None]


@dataclass(slots=True, eq=False)
class _Holder:
    host: str
    rank: Priority
    give_way: Callable[[], None]
    gives_way: bool = False


class RequestSlots:
    """At most so many requests at a time for each host, and in all: by rank, then first come, first served.

    All but one in all go to what nobody waits for, and all but one of a host to its pictures. Where nobody waits for
    anything that a host is asked, and a person comes, what began last gives way.
    """

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._in_all = in_all
        self._taken: Counter[str] = Counter()
        self._pictures: Counter[str] = Counter()
        self._all = 0
        self._unasked = 0
        self._waiting: list[_Waiter] = []
        self._holders: list[_Holder] = []
        """Who can give way, those that began last at the end."""

    @asynccontextmanager
    async def of(self, host: str, rank: Priority = Priority.INTERACTIVE) -> AsyncIterator[None]:
        """Wait for a turn for ``host``, and hold it. Raises PreemptedError, in the middle, but to persons."""
        await self._wait(host, rank)
        try:
            if rank is Priority.INTERACTIVE:
                yield
            else:
                async with preemptible() as give_way:
                    with self._holding(_Holder(host, rank, give_way)):
                        yield
        finally:
            self._count(host, rank, -1)
            self._give_out()

    @contextmanager
    def _holding(self, holder: _Holder) -> Iterator[None]:
        self._holders.append(holder)
        try:
            yield
        finally:
            self._holders.remove(holder)

    def _make_way(self, host: str) -> None:
        """Have as many of a host give way as persons wait for it."""
        held = [each for each in reversed(self._holders) if each.host == host]
        missing = sum(1 for each in self._waiting if each.host == host and each.rank is Priority.INTERACTIVE)
        missing -= sum(1 for each in held if each.gives_way)
        staying = [each for each in held if not each.gives_way]
        # Pictures first, then what began last: of that the least is lost.
        for holder in sorted(staying, key=lambda each: -each.rank)[: max(0, missing)]:
            holder.gives_way = True
            holder.give_way()

    async def _wait(self, host: str, rank: Priority) -> None:
        # Whoever waits now waits for something else, or would have had this turn.
        if self._is_free(host, rank):
            self._count(host, rank, 1)
            return
        waiter = _Waiter(host, rank, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if rank is Priority.INTERACTIVE and self._taken[host] >= self._per_host:
            self._make_way(host)
        try:
            await waiter.ready
        except BaseException:
            if waiter.ready.done() and not waiter.ready.cancelled():  # cancelled when its turn had just come
                self._count(host, rank, -1)
                self._give_out()
            else:
                self._waiting.remove(waiter)
            raise

    def _is_free(self, host: str, rank: Priority) -> bool:
        if self._taken[host] >= self._per_host or self._all >= self._in_all:
            return False
        if rank is Priority.IMAGE and self._pictures[host] >= max(1, self._per_host - 1):
            return False
        return rank is Priority.INTERACTIVE or self._unasked < max(1, self._in_all - 1)

    def _count(self, host: str, rank: Priority, by: int) -> None:
        self._all += by
        self._unasked += by * (rank is not Priority.INTERACTIVE)
        for counter in (self._taken, self._pictures) if rank is Priority.IMAGE else (self._taken,):
            counter[host] += by
            if not counter[host]:
                del counter[host]

    def _give_out(self) -> None:
        """Give the turns that are free to those that wait for them."""
        for waiter in sorted(self._waiting, key=lambda waiter: waiter.rank):
            if not waiter.ready.done() and self._is_free(waiter.host, waiter.rank):
                self._count(waiter.host, waiter.rank, 1)
                self._waiting.remove(waiter)
                waiter.ready.set_result(None)


class Lease:
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

    def __init__(self, rules: ClientOptions, resolve: Resolve, tls: Callable[[], ssl.SSLContext]) -> None:
        self._rules = rules
        self._guard = SsrfGuard(rules.allow_hosts, resolve)
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._proxies: dict[Proxy, httpcore.AsyncHTTPProxy] = {}
        self._busy: dict[httpcore.AsyncConnectionInterface, str] = {}
        self._idle: dict[httpcore.AsyncConnectionInterface, str] = {}  # oldest first

    async def send(self, request: httpcore.Request, proxy: Proxy | None) -> Lease:
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
            return Lease(response, connection, partial(self._give_back, connection))

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
                    f"the certificates to check it by cannot be read ({describe_error(error)})",
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
