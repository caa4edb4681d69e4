"""The web client: an address -> a page, or a FetchError. The only user of httpx.

Everything that comes from outside is limited and checked at every redirect: the address, the time, the size, the
media type. A fetch is canceled by canceling its task.
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

from reader.content.html import encodings
from reader.core.errors import ReaderError
from reader.core.text import clean
from reader.images import header_size
from reader.web import errors
from reader.web.options import ClientOptions
from reader.web.redirects import Hop, first_hop, host_of, next_hop
from reader.web.response import content_type, retry_after, validators
from reader.web.response.decompress import BodyDecoder, CorruptBodyError, TooLargeError, UnknownCodingError
from reader.web.responses import FetchError, WebResponse
from reader.web.transport.deadline import TimeBudget
from reader.web.transport.dns import Resolve, resolve
from reader.web.transport.ip_policy import canonical_host, refusal_by_name
from reader.web.transport.pool import Connections, Lease
from reader.web.transport.preempt import PreemptedError
from reader.web.transport.proxies import Proxies, Proxy
from reader.web.transport.request_slots import Priority, RequestSlots

UrlCheck: TypeAlias = Callable[[str], Awaitable[FetchError | None]]
"""Returns why an address may not be requested, or None. Called once before each request; it may wait."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_DRAIN_BYTES = 65_536
_DRAIN_SECONDS = 0.5
_OPEN = "The browser can open it."
_PROXY = "newsreader.proxy"  # names of extensions, by which the client and the transport communicate
_LOCATION = "newsreader.location"


@dataclass(frozen=True, slots=True)
class _RequestSpec:
    """What is requested, and what is accepted."""

    accept: str
    limit: int
    types: tuple[str, ...] = ()
    """The accepted media types; empty for any."""
    description: str = "a page"
    is_text: bool = True
    """Whether the encoding is to be detected."""
    truncates: bool = False
    """Whether a body over the limit is truncated, not refused."""
    priority: Priority | None = None
    """None for the priority of the client."""
    validated: str = ""
    """The address that the conditions are for."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Headers of a conditional request."""
    url_check: UrlCheck | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """The response of an address that does not redirect."""

    status: Literal[200, 304]
    headers: httpx.Headers
    body: bytes = b""


class WebClient:
    """Fetches pages. An async context manager; any number of tasks of one event loop may use it."""

    def __init__(self, options: ClientOptions | None = None, *, resolve: Resolve = resolve) -> None:
        self.options = options or ClientOptions()
        self._proxies = Proxies(self.options.proxy)
        self._priority = Priority.INTERACTIVE
        self._slots = RequestSlots(self.options.per_host, self.options.in_all)
        self._backoff = retry_after.HostBackoff(time.monotonic)
        self._connections = Connections(self.options, resolve, httpx.create_ssl_context)
        self._client = httpx.AsyncClient(
            transport=_Transport(self._connections),
            headers={"User-Agent": self.options.user_agent, "Accept-Encoding": "gzip, deflate"},
            cookies=_NoCookies(),
            follow_redirects=False,
            timeout=None,  # noqa: S113 - httpx limits each read; TimeBudget limits the whole
            trust_env=False,  # or httpx would send passwords from ~/.netrc; Proxies reads the environment
        )

    async def __aenter__(self) -> WebClient:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    def at_priority(self, priority: Priority) -> WebClient:
        """Return a client that shares the connections of this one but makes requests of another priority."""
        other = copy.copy(self)
        other._priority = priority
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
        """Return the page at ``url``: HTML, XHTML or plain text. Raises FetchError.

        ``etag`` and ``last_modified`` are those of a stored page, ``validated`` the address that sent them, its
        ``final_url``; empty for ``url``. If that page is still current, the status is 304. Validators belong to one
        address (RFC 9110, 8.8), so no other address on the way receives them. ``url_check`` is called for each
        address on the way.
        """
        spec = _RequestSpec(
            "text/html, application/xhtml+xml, text/plain;q=0.8",
            self.options.page_bytes,
            content_type.PAGES,
            validated=validated or first_hop(url).url,
            conditions=validators.conditions(etag, last_modified),
            url_check=url_check,
        )
        return await self._fetch(url, spec)

    async def image(self, url: str) -> WebResponse:
        """Return the image at ``url``: PNG, JPEG, GIF, WebP or AVIF by its bytes, whatever the server says.

        Raises FetchError, also for an image with more pixels than the options allow.
        """
        accept = ", ".join(content_type.IMAGES)
        spec = _RequestSpec(
            accept, self.options.image_bytes, description="an image", is_text=False, priority=Priority.IMAGE
        )
        response = await self._fetch(url, spec)
        host = host_of(response.final_url)
        media_type = content_type.signature(response.body)
        if media_type not in content_type.IMAGES:
            raise _not_an_image(media_type, response, host)
        size = header_size.size(response.body, media_type)
        if size is None:
            raise FetchError("protocol", "the image is damaged", host)
        if size[0] * size[1] > self.options.image_pixels:
            raise FetchError("too_large", f"an image of {size[0]:,} × {size[1]:,} pixels", host, hint=_OPEN)
        return replace(response, content_type=media_type)

    async def plain(self, url: str, limit: int) -> WebResponse:
        """Return the first ``limit`` bytes at ``url``, whatever their type. Raises FetchError."""
        return await self._fetch(url, _RequestSpec("*/*", limit, description="a text", truncates=True))

    async def _fetch(self, url: str, spec: _RequestSpec) -> WebResponse:
        hop = first_hop(url)
        requested, seen = hop.url, {hop.url}
        budget = TimeBudget(self.options.seconds)
        for redirects in range(self.options.redirects + 1):
            if spec.url_check is not None and (objection := await spec.url_check(hop.url)) is not None:
                raise _objection_error(objection, redirects)
            try:
                content = await self._request(hop, spec, budget)
            except FetchError as error:
                error.redirects = redirects
                if error.kind == "refused" and not redirects:
                    # Not after a redirect: the server would choose the address, and the user be talked into it.
                    error.hint = _how_to_allow(hop.host)
                raise
            if isinstance(content, _Content):
                return self._response(requested, hop, spec, content)
            hop = _redirected(hop, content, frozenset(seen), redirects + 1)
            seen.add(hop.url)
        why = f"more than {self.options.redirects} redirects"
        raise FetchError("moved", why, hop.host, hint="The browser may get further.")

    async def _request(self, hop: Hop, spec: _RequestSpec, budget: TimeBudget) -> _Content | str:
        """Request one address; return its content, or the address it redirects to."""
        self._check_backoff(hop.host)
        proxy = self._find_proxy(hop)
        priority = self._priority if spec.priority is None else spec.priority
        while True:
            before = copy.copy(budget)
            try:
                async with self._slots.acquire(canonical_host(hop.host), priority):
                    return await self._request_in_slot(hop, spec, proxy, budget)
            except PreemptedError:
                budget.restore(before)

    async def _request_in_slot(
        self, hop: Hop, spec: _RequestSpec, proxy: Proxy | None, budget: TimeBudget
    ) -> _Content | str:
        self._check_backoff(hop.host)  # another request may have been told to wait in the meantime
        try:
            async with budget.running():
                return await self._send(hop, spec, proxy)
        except (TimeoutError, httpcore.TimeoutException):  # of the budget, and of the system
            why = f"timed out after {self.options.seconds:g} s"
            raise FetchError("timeout", why, hop.host, hint="Try again later.") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise errors.error_from_exception(error, hop.host) from None
        except (httpcore.ProxyError, httpcore.UnsupportedProtocol, OSError) as error:
            raise errors.error_from_exception(error, hop.host) from None
        except UnicodeError:  # from IDNA, whose message quotes the name
            raise FetchError("unreachable", "its name is not valid", hop.host) from None

    async def _send(self, hop: Hop, spec: _RequestSpec, proxy: Proxy | None) -> _Content | str:
        conditions = spec.conditions if hop.url == spec.validated else {}
        # Without Host, httpx would encode the name by IDNA 2008, which fails for names in use, such as emoji.
        headers = {"Host": hop.authority, "Accept": spec.accept, **conditions}
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
                return _Content(304, response.headers)
            if status not in {200, 203}:  # 203: changed by a proxy (RFC 9110, 15.3.4)
                await _drain(response)
                raise self._status_error(status, response.headers, hop.host)
            return _Content(200, response.headers, await self._read(response, spec, hop.host))
        finally:
            await response.aclose()

    def _status_error(self, status: int, headers: httpx.Headers, host: str) -> FetchError:
        header = headers.get("retry-after")
        seconds = retry_after.retry_after(header, datetime.now(UTC)) if status in _BUSY and header else None
        if seconds is None and status == 429:
            seconds = retry_after.DEFAULT_SECONDS
        if seconds is not None:
            self._backoff.pause(canonical_host(host), seconds)
            why = f"{errors.describe_status(status)}, retry in {retry_after.format_wait(seconds)}"
            return FetchError("busy", why, host, status=status, retry_after=seconds)
        if status == 304:
            return FetchError("protocol", "it answered “not modified” to a request without conditions", host)
        return errors.error_from_status(status, host)

    async def _read(self, response: httpx.Response, spec: _RequestSpec, host: str) -> bytes:
        """Return the decompressed body. Raises FetchError if it is not acceptable or too large."""
        length = _content_length(response.headers)
        media_type = content_type.media_type(response.headers.get("content-type", ""))[0]
        if spec.types and media_type and media_type not in spec.types:
            raise _wrong_type(media_type, length, spec.description, host)
        if length > spec.limit and not spec.truncates:
            raise _too_large(spec, host)
        try:
            body = BodyDecoder(response.headers.get("content-encoding", ""), spec.limit)
            async for chunk in response.aiter_raw():
                body.feed(chunk)
            return body.end()
        except TooLargeError:
            if spec.truncates:
                return body.content
            raise _too_large(spec, host) from None
        except CorruptBodyError:
            raise FetchError("protocol", "its response is damaged", host, hint="Try again.") from None
        except UnknownCodingError as error:
            coding = clean(str(error))[:60]
            raise FetchError("protocol", f"its response has an unsupported compression ({coding})", host) from None

    def _response(self, requested: str, hop: Hop, spec: _RequestSpec, content: _Content) -> WebResponse:
        declared, label = content_type.media_type(content.headers.get("content-type", ""))
        signature = content_type.signature(content.body)
        media_type = declared or (content_type.sniff(content.body) if content.body else "")
        charset = "utf-8"
        if spec.is_text:
            charset = encodings.detect_encoding(content.body, label, markup=media_type != "text/plain")
        if spec.types == content_type.PAGES and content.status == 200:
            is_text = content_type.is_text(content.body, charset) or content_type.is_markup(content.body)
            wrong = signature or ("" if is_text else "application/octet-stream")
            if wrong or media_type not in content_type.PAGES:
                raise _wrong_type(wrong or media_type, len(content.body), spec.description, hop.host)
        return WebResponse(
            url=requested,
            final_url=hop.url,
            status=content.status,
            content_type=media_type,
            body=content.body,
            charset=charset,
            etag=validators.etag(content.headers.get("etag", "")),
            last_modified=validators.last_modified(content.headers.get("last-modified", "")),
        )

    def _check_backoff(self, host: str) -> None:
        if left := self._backoff.left(canonical_host(host)):
            why = f"it asked for a pause of another {retry_after.format_wait(left)}"
            raise FetchError("busy", why, host, retry_after=left)

    def _find_proxy(self, hop: Hop) -> Proxy | None:
        """Return the proxy for ``hop``. A proxy resolves the name, so only the name can be checked here."""
        try:
            proxy = self._proxies.find(hop.scheme, hop.host, hop.port)
        except ReaderError as error:
            raise FetchError("unreachable", error.message.rstrip("."), hop.host, hint=error.hint) from None
        allowed = {canonical_host(each) for each in self.options.allow_hosts}
        if proxy and canonical_host(hop.host) not in allowed and (words := refusal_by_name(hop.host)):
            raise FetchError("refused", f"not fetched because it is {words}", hop.host)
        return proxy


class _Transport(httpx.AsyncBaseTransport):
    """Passes httpx's requests to our connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raises what :meth:`reader.web.transport.pool.Connections.send` raises."""
        url = request.url
        lease = await self._connections.send(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
            ),
            request.extensions.get(_PROXY),
        )
        # httpx builds a request from every Location, even if it does not follow redirects, and fails for many.
        locations = [value for name, value in lease.response.headers if name.lower() == b"location"]
        return httpx.Response(
            lease.response.status,
            headers=[each for each in lease.response.headers if each[0].lower() != b"location"],
            stream=_LeaseStream(lease),
            extensions={_LOCATION: locations[0].decode("utf-8", "replace") if locations else ""},
        )

    async def aclose(self) -> None:
        await self._connections.aclose()


class _LeaseStream(httpx.AsyncByteStream):
    """The body of a response, in httpx's form."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._lease.chunks():
            yield chunk

    async def aclose(self) -> None:
        await self._lease.aclose()


class _NoCookies(CookieJar):
    """Ignores cookies, without spending time on ten thousand of them."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""

    def add_cookie_header(self, request: object) -> None:
        """Add nothing."""

    def set_cookie(self, cookie: object) -> None:
        """Store nothing."""


async def _drain(response: httpx.Response) -> None:
    """Read and discard a short body, so that the connection can be reused."""
    if response.status_code != 304 and not 0 <= _content_length(response.headers) <= _DRAIN_BYTES:
        return
    # The result is known already; after an error, the connection is closed.
    with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in response.aiter_raw():
                pass


def _content_length(headers: httpx.Headers) -> int:
    """Return the declared size of a body, or -1; h11 has rejected values that are not numbers."""
    value = headers.get("content-length", "")
    return int(value) if re.fullmatch("[0-9]{1,20}", value) else -1


def _wrong_type(media_type: str, size: int, wanted: str, host: str) -> FetchError:
    described = content_type.describe(media_type)
    sized = f"{described} of {content_type.format_size(size)}" if size > 0 else described
    return FetchError("not_a_page", f"it is {sized}, not {wanted}", host, hint=_OPEN)


def _redirected(hop: Hop, location: str, seen: frozenset[str], redirects: int) -> Hop:
    """Return the target of a redirect, the ``redirects``-th. Raises FetchError."""
    try:
        return next_hop(hop, location, seen)
    except FetchError as error:
        error.redirects = redirects
        raise


def _objection_error(objection: FetchError, redirects: int) -> FetchError:
    """Return a copy of an objection, which a check may return again."""
    hint = objection.hint if not redirects else ""  # not after a redirect, as above
    error = FetchError(objection.kind, objection.why, objection.host, hint=hint, retry_after=objection.retry_after)
    error.redirects = redirects
    return error


def _how_to_allow(host: str) -> str:
    return f'To allow it, add it to the settings: [fetch] allow_hosts = ["{canonical_host(host)}"].'


def _not_an_image(signature: str, response: WebResponse, host: str) -> FetchError:
    """Return the error for a body that is not a supported image; ``signature`` is its type by the first bytes."""
    name = signature or response.content_type
    if name in content_type.IMAGES or not name:  # the server says so, but it is not
        name = content_type.sniff(response.body)
    if name.startswith("image/"):
        return FetchError("not_a_page", f"it is {content_type.describe_unsupported_image(name)}", host, hint=_OPEN)
    return _wrong_type(name, len(response.body), "an image", host)


def _too_large(spec: _RequestSpec, host: str) -> FetchError:
    return FetchError("too_large", f"more than {content_type.format_size(spec.limit)}", host, hint=_OPEN)
