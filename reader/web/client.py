"""The web client: a URL -> a page, or a FetchError. With httpx, over connections of :mod:`reader.web.transport`.

Everything that comes from outside is limited and checked at every redirect: the URL, the time, the size, the
media type. A fetch is canceled by canceling its task.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from typing import NamedTuple, TypeAlias

import httpcore
import httpx

from reader.content.html import encodings
from reader.core.errors import ReaderError
from reader.core.events import format_duration
from reader.core.text import format_size
from reader.images import header_size
from reader.web import download, errors
from reader.web.options import ClientOptions
from reader.web.redirects import Hop, decode_location, first_hop, leads_elsewhere, next_hop
from reader.web.response import content_type, header_fields
from reader.web.response.decompress import BodyDecoder
from reader.web.response.meta_refresh import refresh_target
from reader.web.responses import FetchError, WebResponse
from reader.web.transport.dns import Resolve, resolve
from reader.web.transport.ip_policy import canonical_host, refusal_by_name
from reader.web.transport.pool import Connections
from reader.web.transport.preempt import PreemptedError
from reader.web.transport.proxies import Proxy, parse_proxy, proxy_of_system
from reader.web.transport.request_slots import Priority, RequestSlots
from reader.web.transport.ssrf_guard import refusal_error

UrlCheck: TypeAlias = Callable[[str], Awaitable[FetchError | None]]
"""Returns why a URL may not be requested, or None. Called once before each request; it may wait."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADER_CHARS = 200
_PERMANENT = frozenset({301, 308})
_BUSY = frozenset({429, 503})
_DRAIN_BYTES = 65_536
_DRAIN_SECONDS = 0.5
_LAST_MOMENT = 0.05
"""Seconds before the time limit, so that a page whose text has come can still be kept."""
_END_SECONDS = 3.0
"""How long the rest of a page may take behind its end."""
_PROXY = "newsreader.proxy"  # names of extensions, by which the client and the transport communicate
_LOCATION = "newsreader.location"
_FAILURES = (
    httpx.HTTPError, httpx.InvalidURL, httpcore.ProtocolError, httpcore.NetworkError, httpcore.ProxyError,
    httpcore.UnsupportedProtocol, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _RequestSpec:
    """What is requested, and what is accepted."""

    accept: str
    limit: int
    types: tuple[str, ...] = ()
    """The accepted media types; empty for any."""
    is_image: bool = False
    truncates: bool = False
    """Whether a body over the limit is truncated, not refused."""
    validated: str = ""
    """The URL that the conditions are for."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Headers of a conditional request."""
    url_check: UrlCheck | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """More headers."""
    origin: tuple[str, str, int] | None = None
    """Scheme, host and port that ``secrets`` are for."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Headers that no other host may get."""
    sink: download.Sink | None = None
    """Where the body is written piece by piece; None to return it."""


class _Redirect(NamedTuple):
    """Where a response redirects to."""

    location: str
    is_permanent: bool


class WebClient:
    """Fetches pages. An async context manager; any number of tasks of one event loop may use it."""

    def __init__(self, options: ClientOptions | None = None, *, resolve: Resolve = resolve) -> None:
        self.options = options or ClientOptions()
        self._proxy = parse_proxy(self.options.proxy) if self.options.proxy else None
        self._priority = Priority.INTERACTIVE
        self._slots = RequestSlots(self.options.per_host, self.options.in_all)
        self._backoff = header_fields.HostBackoff(time.monotonic)
        self._connections = Connections(self.options, resolve)
        self._client = httpx.AsyncClient(
            transport=_Transport(self._connections),
            headers={"User-Agent": self.options.user_agent, "Accept-Encoding": "gzip, deflate"},
            cookies=_NoCookies(),
            timeout=None,  # noqa: S113 - httpx limits each read; _request_in_slot() limits the whole
            trust_env=False,  # or httpx would send passwords from ~/.netrc; proxy_of_system() reads the environment
        )

    async def __aenter__(self) -> WebClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

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
        """Return the page at ``url``: HTML, XHTML, Markdown or plain text. Raises FetchError.

        ``etag`` and ``last_modified`` are those of a stored page, ``validated`` the URL that sent them, its
        ``final_url``; empty for ``url``. If that page is still current, the status is 304. Validators belong to one
        URL (RFC 9110, 8.8), so no other URL on the way receives them. ``url_check`` is called for each
        URL on the way.
        """
        spec = _RequestSpec(
            "text/html, application/xhtml+xml, text/markdown;q=0.8, text/plain;q=0.8",
            self.options.page_bytes,
            content_type.PAGES,
            validated=validated or first_hop(url).url,
            conditions=header_fields.conditions(etag, last_modified),
            url_check=url_check,
        )
        return await self._fetch(url, spec)

    async def feed(
        self,
        url: str,
        limit: int,
        *,
        etag: str = "",
        last_modified: str = "",
        validated: str = "",
        secrets: Mapping[str, str] | None = None,
        user_agent: str = "",
    ) -> WebResponse:
        """Return the feed at ``url``, of at most ``limit`` bytes and any type. Raises FetchError.

        ``etag``, ``last_modified`` and ``validated`` are as for :meth:`page`. ``secrets`` are headers for the host of
        ``url`` only.
        """
        hop = first_hop(url)
        spec = _RequestSpec(
            "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
            limit,
            validated=validated or hop.url,
            conditions=header_fields.conditions(etag, last_modified),
            headers={"User-Agent": user_agent} if user_agent else {},
            origin=(hop.scheme, hop.host, hop.port),
            secrets=secrets or {},
        )
        return await self._fetch(url, spec)

    async def image(self, url: str) -> WebResponse:
        """Return the image at ``url``: PNG, JPEG, GIF, WebP or AVIF by its bytes, whatever the server says.

        Raises FetchError, also for an image with more pixels than the options allow.
        """
        accept = ", ".join(content_type.IMAGES)
        spec = _RequestSpec(accept, self.options.image_bytes, is_image=True)
        response = await self._fetch(url, spec)
        host = first_hop(response.final_url).host
        media_type = content_type.signature(response.body)
        if media_type not in content_type.IMAGES:
            raise _not_an_image(media_type, response, host)
        size = header_size.size(response.body, media_type)
        if size is None:
            raise FetchError("protocol", "its image is damaged", host)
        if size[0] * size[1] > self.options.image_pixels:
            raise FetchError("too_large", f"an image of {size[0]:,} × {size[1]:,} pixels", host, hint=errors.OPEN)
        return replace(response, content_type=media_type)

    async def plain(self, url: str, limit: int) -> WebResponse:
        """Return the first ``limit`` bytes at ``url``, whatever their type. Raises FetchError."""
        return await self._fetch(url, _RequestSpec("*/*", limit, truncates=True))

    async def download(self, url: str, sink: download.Sink) -> None:
        """Write the file at ``url`` to ``sink``, from where that ends if the server still has the same file.

        ``sink`` keeps what has come before a failure. Raises FetchError, and what ``sink`` raises.
        """
        try:
            await self._fetch(url, _RequestSpec("*/*", sink.limit, sink=sink))
        except download.ChangedError:
            await sink.begin(download.FileVersion())
            try:
                await self._fetch(url, _RequestSpec("*/*", sink.limit, sink=sink))
            except download.ChangedError:
                raise FetchError("protocol", "it sends parts that were not asked for", first_hop(url).host) from None

    async def _fetch(self, url: str, spec: _RequestSpec) -> WebResponse:
        hop, redirects = first_hop(url), 0
        seen = {hop.url}
        seconds = self.options.seconds
        moved_to, is_permanent = "", True
        try:
            while redirects <= self.options.redirects:
                response, used = await self._request(hop, spec, seconds, redirects)
                if isinstance(response, WebResponse):
                    return replace(response, moved_to=moved_to)
                seconds -= used
                redirects += 1
                hop = next_hop(hop, response.location, seen)
                seen.add(hop.url)
                is_permanent = is_permanent and response.is_permanent
                moved_to = hop.url if is_permanent else moved_to
        except FetchError as error:
            error.redirects = redirects
            if error.kind == "refused" and redirects:
                error.hint = ""  # the server chose that URL, and could trick the user into allowing it
            raise
        why = f"more than {self.options.redirects} redirects"
        raise FetchError("moved", why, hop.host, hint="It may work in the browser.")

    async def _request(
        self, hop: Hop, spec: _RequestSpec, seconds: float, redirects: int
    ) -> tuple[WebResponse | _Redirect, float]:
        """Request one URL within ``seconds``, after some redirects.

        Return the response, or where it redirects to, and the seconds it took, without waiting for a slot.
        """
        if spec.url_check is not None and (found := await spec.url_check(hop.url)) is not None:
            # A copy, because the check may return it again.
            hint = "" if redirects else found.hint
            raise FetchError(found.kind, found.why, found.host, hint=hint, retry_after=found.retry_after)
        self._check_backoff(hop.host)
        proxy = self._find_proxy(hop)
        priority = Priority.IMAGE if spec.is_image else self._priority
        while True:
            with suppress(PreemptedError):
                async with self._slots.acquire(canonical_host(hop.host), priority):
                    started = time.monotonic()
                    response = await self._request_in_slot(hop, spec, proxy, seconds)
                    return response, time.monotonic() - started

    async def _request_in_slot(
        self, hop: Hop, spec: _RequestSpec, proxy: Proxy | None, seconds: float
    ) -> WebResponse | _Redirect:
        self._check_backoff(hop.host)  # the host may have asked for a pause in the meantime
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._send(hop, spec, proxy, limit)
        except (TimeoutError, httpcore.TimeoutException):  # this one, or the system's
            why = f"timed out after {self.options.seconds:g} s"
            raise FetchError("timeout", why, hop.host, hint="Try again later.") from None
        except _FAILURES as error:
            raise errors.error_from_exception(error, hop.host) from None
        except UnicodeError:  # from IDNA, whose message quotes the name
            raise FetchError("unreachable", "its name is not valid", hop.host) from None

    async def _send(
        self, hop: Hop, spec: _RequestSpec, proxy: Proxy | None, limit: asyncio.Timeout
    ) -> WebResponse | _Redirect:
        """Return the response to one request within ``limit``, or where it redirects to."""
        conditions = spec.conditions if hop.url == spec.validated else {}
        conditions = download.request_headers(spec.sink, hop.url) if spec.sink is not None else conditions
        # Without Host, httpx would encode the name by IDNA 2008, which fails for names in use, such as emoji.
        secrets = spec.secrets if (hop.scheme, hop.host, hop.port) == spec.origin else {}
        headers = {"Host": hop.authority, "Accept": spec.accept, **conditions, **spec.headers, **secrets}
        async with self._client.stream("GET", hop.url, headers=headers, extensions={_PROXY: proxy}) as response:
            status, location = response.status_code, response.extensions[_LOCATION]
            if spec.sink is not None and (status in {200, 203} or (status in {206, 416} and "Range" in conditions)):
                limit.reschedule(None)  # a file takes as long as it is large
                await download.receive(
                    spec.sink, status, response.headers, response.aiter_raw(), url=hop.url, host=hop.host,
                    patience=self.options.seconds,
                )  # fmt: skip
                return WebResponse(hop.url, 200, content_type="", body=b"")
            if status in {200, 203}:  # 203: changed by a proxy (RFC 9110, 15.3.4)
                body, is_complete = await self._read(response, spec, hop.host, limit.when() or 0.0)
                page = self._response(hop, spec, response.headers, body, is_complete)
                is_page = spec.types and page.content_type in content_type.MARKUP
                header = response.headers.get("refresh", "")
                target = refresh_target(body, page.charset, header) if is_page else ""
                return _Redirect(target, False) if target and leads_elsewhere(hop, target) else page
            await _drain(response)
            if status in _REDIRECTS and location:
                return _Redirect(str(location), status in _PERMANENT)
            if status == 304 and conditions:
                return self._response(hop, spec, response.headers, None)
            raise self._status_error(status, response.headers, hop.host)

    def _status_error(self, status: int, headers: httpx.Headers, host: str) -> FetchError:
        header = headers.get("retry-after")
        seconds = header_fields.retry_after(header, datetime.now(UTC)) if status in _BUSY and header else None
        if seconds is None and status == 429:
            seconds = header_fields.DEFAULT_SECONDS
        if seconds is not None:
            self._backoff.pause(canonical_host(host), seconds)
            why = f"{errors.describe_status(status)} (retry in {format_duration(seconds)})"
            return FetchError("busy", why, host, status=status, retry_after=seconds)
        if status == 304:
            return FetchError("protocol", "it sent 304 Not Modified to an unconditional request", host)
        return errors.error_from_status(status, host)

    async def _read(
        self, response: httpx.Response, spec: _RequestSpec, host: str, deadline: float
    ) -> tuple[bytes, bool]:
        """Return the decompressed body, and whether it is complete.

        A page may lack what follows its end. Raises FetchError if the body is not acceptable or too large.
        """
        length = _content_length(response.headers)
        media_type = content_type.media_type(response.headers.get("content-type", ""))[0]
        is_unclear = bool(spec.types) and media_type in content_type.PERHAPS_PAGES
        is_wrong = bool(spec.types and media_type) and media_type not in spec.types
        is_too_large = length > spec.limit and not spec.truncates
        if is_wrong and (is_too_large or not is_unclear):
            raise _wrong_type(media_type, length, "a page", host)
        if is_too_large:
            raise errors.error_of_size(spec.limit, host)
        body = BodyDecoder(response.headers.get("content-encoding", ""), spec.limit, host)
        try:
            async with asyncio.timeout_at(deadline - _LAST_MOMENT) as limit:
                async for chunk in response.aiter_raw():
                    body.feed(chunk)
                    if is_unclear and len(body.content) >= content_type.SNIFFED_BYTES:
                        is_unclear = False
                        if content_type.page_type(media_type, body.content) not in spec.types:
                            raise _wrong_type(media_type, length, "a page", host)
                    if spec.types and body.has_page_end:
                        limit.reschedule(min(asyncio.get_running_loop().time() + _END_SECONDS, limit.when() or 0.0))
            return body.end(), True
        except FetchError as error:
            if error.kind == "too_large" and spec.truncates:
                return body.content, True
            if error.kind == "protocol" and spec.types and body.has_page_end:
                return body.content, False
            raise
        except (TimeoutError, httpcore.ProtocolError, httpcore.NetworkError):
            if spec.types and body.has_page_end:
                return body.content, False
            raise

    def _response(
        self, hop: Hop, spec: _RequestSpec, headers: httpx.Headers, content: bytes | None, is_complete: bool = True
    ) -> WebResponse:
        """Return a response with its body; None if the stored page is still current."""
        body = content or b""
        declared, label = content_type.media_type(headers.get("content-type", ""))
        signature = content_type.signature(body)
        media_type = content_type.page_type(declared, body)
        is_markup = media_type in content_type.MARKUP
        charset = "utf-8" if spec.is_image else encodings.declared_encoding(body, label, markup=is_markup)
        if spec.types and content is not None:
            is_text = content_type.is_text(body, charset) or content_type.is_markup(body)
            wrong = signature or ("" if is_text else "application/octet-stream")
            if wrong or media_type not in spec.types:
                raise _wrong_type(wrong or media_type, len(body), "a page", hop.host)
        return WebResponse(
            final_url=hop.url,
            status=304 if content is None else 200,
            content_type=media_type,
            body=body,
            charset=charset,
            # A page that is not complete is requested as a whole the next time.
            etag=header_fields.etag(headers.get("etag", "")) if is_complete else "",
            last_modified=header_fields.last_modified(headers.get("last-modified", "")) if is_complete else "",
            is_complete=is_complete,
            content_type_header=headers.get("content-type", "")[:_HEADER_CHARS],
            max_age=header_fields.max_age(headers.get("cache-control", "")),
        )

    def _check_backoff(self, host: str) -> None:
        if left := self._backoff.left(canonical_host(host)):
            why = f"it asked to wait another {format_duration(left)}"
            raise FetchError("busy", why, host, retry_after=left)

    def _find_proxy(self, hop: Hop) -> Proxy | None:
        """Return the proxy for ``hop``. A proxy resolves the name, so only the name can be checked here."""
        try:
            proxy = self._proxy or proxy_of_system(hop.scheme, hop.host, hop.port)
        except ReaderError as error:
            raise FetchError(
                "unreachable", f"its proxy cannot be used ({error.message.rstrip('.')})", hop.host, hint=error.hint
            ) from None
        allowed = {canonical_host(each) for each in self.options.allow_hosts}
        if proxy and canonical_host(hop.host) not in allowed and (words := refusal_by_name(hop.host)):
            raise refusal_error(hop.host, words)
        return proxy


class _Transport(httpx.AsyncBaseTransport):
    """Passes the requests of httpx to :class:`Connections`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, ending = request.url, AsyncExitStack()
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        sent = httpcore.Request(request.method, target, headers=request.headers.raw)
        response = await ending.enter_async_context(self._connections.send(sent, request.extensions[_PROXY]))
        # httpx builds a request from every Location, even if it does not follow redirects, and fails for many.
        locations = [value for name, value in response.headers if name.lower() == b"location"]
        return httpx.Response(
            response.status,
            headers=[each for each in response.headers if each[0].lower() != b"location"],
            stream=_Body(response, ending),
            extensions={_LOCATION: decode_location(locations[0]) if locations else ""},
        )

    async def aclose(self) -> None:
        await self._connections.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of a response; ``ending`` ends its request."""

    def __init__(self, response: httpcore.Response, ending: AsyncExitStack) -> None:
        self._response = response
        self._ending = ending

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._ending.aclose()


class _NoCookies(CookieJar):
    """Ignores cookies, without spending time on ten thousand of them."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""


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
    return int(headers.get("content-length", -1))


def _wrong_type(media_type: str, size: int, wanted: str, host: str) -> FetchError:
    described = content_type.describe(media_type)
    sized = f"{described} of {format_size(size)}" if size > 0 else described
    return FetchError("not_a_page", f"{sized} instead of {wanted}", host, hint=errors.OPEN)


def _not_an_image(signature: str, response: WebResponse, host: str) -> FetchError:
    """Return the error for a body that is not a supported image; ``signature`` is its type by the first bytes."""
    name = signature or response.content_type
    if name in content_type.IMAGES or not name:  # the server says so, but it is not
        name = content_type.sniff(response.body)
    if name.startswith("image/"):
        kind = name.partition("/")[2].removeprefix("x-").removesuffix("+xml").upper()
        return FetchError("not_a_page", f"an image in an unsupported format ({kind})", host, hint=errors.OPEN)
    return _wrong_type(name, len(response.body), "an image", host)
