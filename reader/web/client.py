"""The client: an address -> a page, or plain words about why not. The only user of httpx.

Everything that came from outside is bounded and checked here, at every hop: where it
leads to, how long it takes, how much it is, what it is. Cancelling is cancelling the
task. docs/security.md says what holds, and what does not.
"""

from __future__ import annotations

import asyncio
import copy
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from types import TracebackType
from typing import Literal, TypeAlias

import httpcore
import httpx

from reader.core import encodings
from reader.core.errors import ReaderError
from reader.core.preempt import PreemptedError
from reader.core.text import clean
from reader.images import header_size
from reader.web import errors
from reader.web import redirects as hops
from reader.web.options import ClientOptions
from reader.web.redirects import Hop
from reader.web.response import content_type, retry_after, validators
from reader.web.response.decompress import Body, CorruptBodyError, TooLargeError, UnknownCodingError
from reader.web.responses import FetchError, WebResponse
from reader.web.transport.deadline import TimeBudget
from reader.web.transport.dns import Resolve, resolve
from reader.web.transport.ip_policy import canonical_host, refusal_by_name
from reader.web.transport.pool import Connections, Lease, Priority, RequestSlots
from reader.web.transport.proxies import Proxies, Proxy

__all__ = ["FetchError", "Fetcher", "UrlCheck", "WebResponse"]

UrlCheck: TypeAlias = Callable[[str], Awaitable[FetchError | None]]
"""Returns why an address may not be asked for, if so: once for each on the way, just before. It may take its time."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_DRAIN_BYTES = 65_536
_DRAIN_SECONDS = 0.5
_OPEN = "The browser can open it."
_PROXY = "newsreader.proxy"  # names of extensions, by which the client and our transport talk
_LOCATION = "newsreader.location"


@dataclass(frozen=True, slots=True)
class _RequestSpec:
    """What is asked for."""

    accept: str
    limit: int
    types: tuple[str, ...] = ()
    """Media types that are taken; empty for any."""
    what: str = "a page"
    text: bool = True
    """Whether it is text, whose encoding is to be found."""
    cut: bool = False
    """Whether a body that is too long is cut, not refused."""
    rank: Priority | None = None
    """Who waits for it; None for whoever asks this fetcher."""
    validated: str = ""
    """The address that gave the validators,"""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """and these as they are sent to it."""
    url_check: UrlCheck | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What an address is, when it leads no further."""

    status: Literal[200, 304]
    headers: httpx.Headers
    body: bytes = b""


class Fetcher:
    """Fetches pages by ``rules``; an async context manager, good for any number of tasks of one loop."""

    def __init__(self, rules: ClientOptions | None = None, *, resolve: Resolve = resolve) -> None:
        self.rules = rules or ClientOptions()
        self._proxies = Proxies(self.rules.proxy)
        self._rank = Priority.INTERACTIVE
        self._turns = RequestSlots(self.rules.per_host, self.rules.in_all)
        self._waits = retry_after.HostBackoff(time.monotonic)
        self._connections = Connections(self.rules, resolve, httpx.create_ssl_context)
        self._client = httpx.AsyncClient(
            transport=_Transport(self._connections),
            headers={"User-Agent": self.rules.user_agent, "Accept-Encoding": "gzip, deflate"},
            cookies=_NoCookies(),
            follow_redirects=False,
            timeout=None,  # noqa: S113 - one limit for the whole, below; httpx's own are for each read
            trust_env=False,  # or it would send passwords from ~/.netrc; proxies are looked up here
        )

    async def __aenter__(self) -> Fetcher:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    def at_priority(self, priority: Priority) -> Fetcher:
        """Return the same fetcher, by the same connections, for what nobody waits for: it lets others go first."""
        other = copy.copy(self)
        other._rank = priority
        return other

    async def page(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        validated: str = "",
        url_check: UrlCheck | None = None,
    ) -> WebResponse:
        """Return the page at ``url``: HTML, XHTML or plain text.

        ``etag`` and ``last_modified`` are those of a page that is kept, and ``validated``
        the address that gave them, the ``final_url`` of its WebResponse; empty for ``url``. They
        say something of what is there and nowhere else (RFC 9110, 8.8), so no other address
        on the way hears of them, or is believed that the page still holds; the answer's
        status is 304 when it does. ``judge`` is asked about every address on the way. Raises FetchError.
        """
        accept = "text/html, application/xhtml+xml, text/plain;q=0.8"
        conditions = validators.conditions(etag, last_modified)
        validated = validated or hops.first(url).url
        want = _RequestSpec(
            accept,
            self.rules.page_bytes,
            content_type.PAGES,
            validated=validated,
            conditions=conditions,
            url_check=url_check,
        )
        return await self._fetch(url, want)

    async def image(self, url: str) -> WebResponse:
        """Return the picture at ``url``: PNG, JPEG, GIF, WebP or AVIF, by its bytes, whatever its server says.

        Raises FetchError; also when it has more pixels than the rules allow.
        """
        accept = ", ".join(content_type.PICTURES)
        want = _RequestSpec(accept, self.rules.image_bytes, what="a picture", text=False, rank=Priority.IMAGE)
        answer = await self._fetch(url, want)
        host = hops.host(answer.final_url)
        kind = content_type.beginning(answer.body)
        if kind not in content_type.PICTURES:
            raise _no_picture(kind, answer, host)
        found = header_size.size(answer.body, kind)
        if found is None:
            raise FetchError("protocol", "its picture is damaged", host)
        if found[0] * found[1] > self.rules.image_pixels:
            raise FetchError("too_large", f"a picture of {found[0]:,} × {found[1]:,} pixels", host, hint=_OPEN)
        return replace(answer, content_type=kind)

    async def plain(self, url: str, limit: int) -> WebResponse:
        """Return what is at ``url``, whatever its type, up to ``limit`` bytes of it. Raises FetchError."""
        return await self._fetch(url, _RequestSpec("*/*", limit, what="a text", cut=True))

    async def _fetch(self, url: str, want: _RequestSpec) -> WebResponse:
        hop = hops.first(url)
        asked, seen = hop.url, {hop.url}
        clock = TimeBudget(self.rules.seconds)
        for redirects in range(self.rules.redirects + 1):
            if want.url_check is not None and (objection := await want.url_check(hop.url)) is not None:
                raise _objected(objection, redirects)
            try:
                found = await self._ask(hop, want, clock)
            except FetchError as error:
                error.redirects = redirects
                if error.kind == "refused" and not redirects:
                    # No redirect may talk a person into that: the address would be its server's choice, not theirs.
                    error.hint = _how_to_allow(hop.host)
                raise
            if isinstance(found, _Found):
                return self._answer(asked, hop, want, found)
            hop = _following(hop, found, frozenset(seen), redirects + 1)
            seen.add(hop.url)
        raise FetchError(
            "moved", f"more than {self.rules.redirects} redirects", hop.host, hint="The browser may get further."
        )

    async def _ask(self, hop: Hop, want: _RequestSpec, clock: TimeBudget) -> _Found | str:
        """Ask for one address; return what it is, or the address it sends on to."""
        self._check_wait(hop.host)
        proxy = self._route(hop)
        rank = self._rank if want.rank is None else want.rank
        while True:
            began = copy.copy(clock)
            try:
                async with self._turns.of(canonical_host(hop.host), rank):
                    return await self._ask_in_turn(hop, want, proxy, clock)
            except PreemptedError:
                clock.set_back(began)

    async def _ask_in_turn(self, hop: Hop, want: _RequestSpec, proxy: Proxy | None, clock: TimeBudget) -> _Found | str:
        self._check_wait(hop.host)  # others may have been told to go away meanwhile
        try:
            async with clock.running():
                return await self._send(hop, want, proxy)
        except (TimeoutError, httpcore.TimeoutException):  # ours, and the system's
            raise FetchError(
                "timeout", f"timed out after {self.rules.seconds:g} s", hop.host, hint="Try again later."
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise errors.error_from_exception(error, hop.host) from None
        except (httpcore.ProxyError, httpcore.UnsupportedProtocol, OSError) as error:
            raise errors.error_from_exception(error, hop.host) from None
        except UnicodeError:  # of IDNA, on the way into TLS say; what it says quotes the name
            raise FetchError("unreachable", "its name is not valid", hop.host) from None

    async def _send(self, hop: Hop, want: _RequestSpec, proxy: Proxy | None) -> _Found | str:
        conditions = want.conditions if hop.url == want.validated else {}
        # Without Host, httpx reads the name by IDNA 2008, which fails on names that are in use, of emoji say.
        headers = {"Host": hop.authority, "Accept": want.accept, **conditions}
        request = self._client.build_request("GET", hop.url, headers=headers, extensions={_PROXY: proxy})
        response = await self._client.send(request, stream=True)
        try:
            status = response.status_code
            location: str = response.extensions[_LOCATION]
            if status in _REDIRECTS and location:
                await _drain(response)
                return location
            if status == 304 and conditions:
                await _drain(response)
                return _Found(304, response.headers)
            if status not in {200, 203}:  # 203: somebody on the way has changed it (RFC 9110, 15.3.4)
                await _drain(response)
                raise self._failure(status, response.headers, hop.host)
            return _Found(200, response.headers, await self._read(response, want, hop.host))
        finally:
            await response.aclose()

    def _failure(self, status: int, headers: httpx.Headers, host: str) -> FetchError:
        asked = headers.get("retry-after")
        seconds = retry_after.retry_after(asked, datetime.now(UTC)) if status in _BUSY and asked else None
        if seconds is None and status == 429:
            seconds = retry_after.UNTOLD
        if seconds is not None:
            self._waits.ask(canonical_host(host), seconds)
            return FetchError(
                "busy",
                f"{errors.describe_status(status)}, to be asked again in {retry_after.format_wait(seconds)}",
                host,
                status=status,
                retry_after=seconds,
            )
        if status == 304:
            return FetchError(
                "protocol", "it says that nothing has changed, but nothing was fetched there before", host
            )
        return errors.from_status(status, host)

    async def _read(self, response: httpx.Response, want: _RequestSpec, host: str) -> bytes:
        """Return the body, decoded. Raises FetchError when it is not what is wanted, or too much."""
        told = _length(response.headers)
        name = content_type.media_type(response.headers.get("content-type", ""))[0]
        if want.types and name and name not in want.types:
            raise _no_page(name, told, want.what, host)
        if told > want.limit and not want.cut:
            raise _too_large(want, host)
        try:
            body = Body(response.headers.get("content-encoding", ""), want.limit)
            async for chunk in response.aiter_raw():
                body.feed(chunk)
            return body.end()
        except TooLargeError:
            if want.cut:
                return body.so_far
            raise _too_large(want, host) from None
        except CorruptBodyError:
            raise FetchError("protocol", "its answer is damaged", host, hint="It may go better next time.") from None
        except UnknownCodingError as error:
            coding = clean(str(error))[:60]
            raise FetchError(
                "protocol", f"its answer is compressed in a way that was not asked for ({coding})", host
            ) from None

    def _answer(self, asked: str, hop: Hop, want: _RequestSpec, found: _Found) -> WebResponse:
        told, label = content_type.media_type(found.headers.get("content-type", ""))
        begins = content_type.beginning(found.body)
        name = told or (content_type.sniff(found.body) if found.body else "")
        charset = encodings.detect_encoding(found.body, label, markup=name != "text/plain") if want.text else "utf-8"
        if want.types == content_type.PAGES and found.status == 200:
            fit = content_type.is_text(found.body, charset) or content_type.is_markup(found.body)
            wrong = begins or ("" if fit else "application/octet-stream")
            if wrong or name not in content_type.PAGES:
                raise _no_page(wrong or name, len(found.body), want.what, hop.host)
        return WebResponse(
            url=asked,
            final_url=hop.url,
            status=found.status,
            content_type=name,
            body=found.body,
            charset=charset,
            etag=validators.etag(found.headers.get("etag", "")),
            last_modified=validators.last_modified(found.headers.get("last-modified", "")),
        )

    def _check_wait(self, host: str) -> None:
        if left := self._waits.left(canonical_host(host)):
            raise FetchError(
                "busy", f"it asked to be left alone for another {retry_after.format_wait(left)}", host, retry_after=left
            )

    def _route(self, hop: Hop) -> Proxy | None:
        """Return the proxy for ``hop``. With one, only the name can be judged: the proxy resolves it."""
        try:
            proxy = self._proxies.of(hop.scheme, hop.host, hop.port)
        except ReaderError as error:
            raise FetchError("unreachable", error.message.rstrip("."), hop.host, hint=error.hint) from None
        allowed = {canonical_host(each) for each in self.rules.allow_hosts}
        if proxy and canonical_host(hop.host) not in allowed and (words := refusal_by_name(hop.host)):
            raise FetchError("refused", f"not fetched, because it is {words}", hop.host)
        return proxy


class _Transport(httpx.AsyncBaseTransport):
    """Hands httpx's requests to our connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; see :meth:`reader.web.transport.pool.Connections.send` for what it raises."""
        url = request.url
        lent = await self._connections.send(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
            ),
            request.extensions.get(_PROXY),
        )
        # httpx makes a request of every Location, even where it is not to follow one, and fails on many of them.
        told = [value for name, value in lent.response.headers if name.lower() == b"location"]
        return httpx.Response(
            lent.response.status,
            headers=[each for each in lent.response.headers if each[0].lower() != b"location"],
            stream=_Stream(lent),
            extensions={_LOCATION: told[0].decode("utf-8", "replace") if told else ""},
        )

    async def aclose(self) -> None:
        await self._connections.aclose()


class _Stream(httpx.AsyncByteStream):
    """The body of an answer, as httpx wants it."""

    def __init__(self, lent: Lease) -> None:
        self._lent = lent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._lent.chunks():
            yield chunk

    async def aclose(self) -> None:
        await self._lent.aclose()


class _NoCookies(CookieJar):
    """Takes no cookie and gives none, and spends no time on ten thousand of them."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Take none."""

    def add_cookie_header(self, request: object) -> None:
        """Give none."""

    def set_cookie(self, cookie: object) -> None:
        """Keep none."""


async def _drain(response: httpx.Response) -> None:
    """Read a short body that nobody wants, so that the connection can be used again."""
    if response.status_code != 304 and not 0 <= _length(response.headers) <= _DRAIN_BYTES:
        return
    # Whatever goes wrong now, the answer is known already; the connection is closed then.
    with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in response.aiter_raw():
                pass


def _length(headers: httpx.Headers) -> int:
    """Return the bytes that a body is said to have, or -1; h11 has refused what is no number."""
    value = headers.get("content-length", "")
    return int(value) if re.fullmatch("[0-9]{1,20}", value) else -1


def _no_page(name: str, size: int, wanted: str, host: str) -> FetchError:
    shown = content_type.describe(name)
    whole = f"{shown} of {content_type.size_in_words(size)}" if size > 0 else shown
    return FetchError("not_a_page", f"it is {whole}, not {wanted}", host, hint=_OPEN)


def _following(hop: Hop, location: str, seen: frozenset[str], redirects: int) -> Hop:
    """Return where a redirect leads, the first or a later one. Raises FetchError."""
    try:
        return hops.following(hop, location, seen)
    except FetchError as error:
        error.redirects = redirects
        raise


def _objected(objection: FetchError, redirects: int) -> FetchError:
    """Return what a judge says about an address as an error of its own: judges may say the same again."""
    # What a redirect leads to was its server's choice, as above.
    hint = objection.hint if not redirects else ""
    error = FetchError(objection.kind, objection.why, objection.host, hint=hint, retry_after=objection.retry_after)
    error.redirects = redirects
    return error


def _how_to_allow(host: str) -> str:
    return f'To allow it, name it in the settings: [fetch] allow_hosts = ["{canonical_host(host)}"].'


def _no_picture(kind: str, answer: WebResponse, host: str) -> FetchError:
    """Return what an answer is whose bytes, of this ``kind``, are no picture that can be shown."""
    name = kind or answer.content_type
    if name in content_type.PICTURES or not name:  # so its server says, but it is not
        name = content_type.sniff(answer.body)
    if name.startswith("image/"):
        return FetchError("not_a_page", f"it is {content_type.unfit_picture(name)}", host, hint=_OPEN)
    return _no_page(name, len(answer.body), "a picture", host)


def _too_large(want: _RequestSpec, host: str) -> FetchError:
    return FetchError("too_large", f"more than {content_type.size_in_words(want.limit)}", host, hint=_OPEN)
