"""The result of a request: a response, or an error in plain words. No HTTP library in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reader.content.html.encodings import detect_encoding
from reader.core.errors import ReaderError

FetchErrorKind = Literal[
    "refused", "unreachable", "timeout", "tls", "status", "moved", "too_large", "not_a_page", "protocol", "busy"
]
"""Why there is no response:

* ``refused``: by us, because the URL is unusable or leads to this machine or a private network.
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
    """What a URL has returned."""

    final_url: str
    """The URL after redirects, in the form of :func:`reader.core.urls.request_url`."""
    status: Literal[200, 304]
    """304: the page that was fetched before is still current, and ``body`` is empty."""
    content_type: str
    """The media type in lower case, without parameters."""
    body: bytes
    """The decompressed body."""
    charset: str = "utf-8"
    """The name of a Python codec, or empty if it must be guessed; see :mod:`reader.content.html.encodings`."""
    etag: str = ""
    last_modified: str = ""
    is_complete: bool = True
    """False if the connection ended before the body, but behind the end of the page (``</html>``)."""
    content_type_header: str = ""
    """The Content-Type header as the server sent it."""
    max_age: float | None = None
    """Seconds for which it is fresh, if the server says so."""
    moved_to: str = ""
    """The URL that permanent redirects lead to, without those that follow a temporary one."""

    @property
    def text(self) -> str:
        """The decoded body, as untrusted as before; bytes that cannot be decoded become U+FFFD."""
        return self.body.decode(self.charset or detect_encoding(self.body), "replace").removeprefix("\ufeff")


def name_host(why: str, host: str) -> str:
    """Return a reason with the host in it: “404 Not Found at a.org”, “unknown host a.org”, “a.org is …”."""
    if not host:
        return why
    if why == "unknown host":
        return f"{why} {host}"
    for subject, with_host in (("it ", host), ("its ", f"{host}’s"), ("the page ", f"the page at {host}")):
        if why.startswith(subject):
            return f"{with_host} {why.removeprefix(subject)}"
    return f"{why} at {host}"


class FetchError(ReaderError):
    """A URL returned no page.

    ``why`` is the reason (“404 Not Found”, “it refuses connections”), the message a sentence that also names the host.
    Of a URL, both contain only the host.
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
        message = name_host(why, host)
        if not host or not message.startswith(host):
            message = f"{message[:1].upper()}{message[1:]}"
        super().__init__(message if message.endswith((".", "?", "!")) else f"{message}.", hint)
        self.kind: FetchErrorKind = kind
        self.why = why
        self.host = host
        self.status = status
        self.retry_after = retry_after
        """Seconds after which the host may be contacted again, if it said so."""
        self.redirects = 0
        """The number of redirects before the URL that failed."""
