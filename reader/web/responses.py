"""The result of a request: a response, or an error in plain words. No HTTP library in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reader.core.errors import ReaderError

FetchErrorKind = Literal[
    "refused", "unreachable", "timeout", "tls", "status", "moved", "too_large", "not_a_page", "protocol", "busy"
]
"""Why there is no response:

* ``refused``: by us, because the address is unusable or belongs to this machine or a private network.
* ``unreachable``: unknown host, no connection, or a broken one.
* ``timeout``: the time for one page is over.
* ``tls``: the server could not prove its identity.
* ``status``: an HTTP status other than success.
* ``moved``: too many redirects, or a loop.
* ``too_large``: more bytes or pixels than allowed.
* ``not_a_page``: another media type, such as PDF.
* ``protocol``: a response that violates HTTP, or uses a coding that was not requested.
* ``busy``: the host asks for a pause.
"""


@dataclass(frozen=True, slots=True)
class WebResponse:
    """What an address has returned."""

    url: str
    """The requested address, in the form of :func:`reader.core.urls.request_url`."""
    final_url: str
    """The address after redirects."""
    status: Literal[200, 304]
    """304: the page that was fetched before is still current, and ``body`` is empty."""
    content_type: str
    """The media type in lower case, without parameters."""
    body: bytes
    """The decompressed body."""
    charset: str = "utf-8"
    """The name of a Python codec; see :mod:`reader.content.html.encodings`."""
    etag: str = ""
    last_modified: str = ""

    @property
    def text(self) -> str:
        """The decoded body, as untrusted as before; bytes that cannot be decoded become U+FFFD."""
        return self.body.decode(self.charset, "replace").removeprefix("\ufeff")


class FetchError(ReaderError):
    """An address returned no page.

    ``why`` is the reason in words that follow a host and a colon (“404 Not Found”, “timed out after 20 s”). The
    message is a sentence that also names the host. Both contain no more of an address than its host.
    """

    def __init__(
        self,
        kind: FetchErrorKind,
        why: str,
        host: str = "",
        *,
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        capitalized = f"{why[:1].upper()}{why[1:]}"
        if not host:
            message = capitalized
        elif kind in {"status", "timeout"}:
            message = f"{capitalized} at {host}"
        else:
            message = f"{host}: {why}"
        super().__init__(message if message.endswith((".", "?", "!")) else f"{message}.", hint)
        self.kind: FetchErrorKind = kind
        self.why = why
        self.host = host
        self.status = status
        self.retry_after = retry_after
        """Seconds after which the host may be contacted again, if it said so."""
        self.redirects = 0
        """The number of redirects before the address that failed."""
