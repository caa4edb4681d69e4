"""What comes of asking for an address: an answer, or an error in plain words. No HTTP in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reader.core.errors import ReaderError

Kind = Literal[
    "refused", "unreachable", "timeout", "tls", "status", "moved", "too_large", "not_a_page", "protocol", "busy"
]
"""Why there is no answer:

* ``refused``: by us: no address to fetch, or one of this machine or a private network.
* ``unreachable``: no such name, no connection, or one that broke.
* ``timeout``: the time for one page is over.
* ``tls``: who answers could not prove to be that host.
* ``status``: the host says so, by an HTTP status.
* ``moved``: redirects without an end.
* ``too_large``: more bytes, or pixels, than we take.
* ``not_a_page``: something else, such as a PDF.
* ``protocol``: an answer that breaks the rules of HTTP, or a coding we did not ask for.
* ``busy``: the host asks to be left alone for a while.
"""


@dataclass(frozen=True, slots=True)
class WebResponse:
    """What an address led to."""

    url: str
    """What was asked for, in the form of :func:`reader.core.urls.request_url`."""
    final_url: str
    """Where redirects led to."""
    status: Literal[200, 304]
    """304: what was fetched before still holds, and ``body`` is empty."""
    content_type: str
    """The media type, in lower case and without parameters."""
    body: bytes
    """Without its content coding."""
    charset: str = "utf-8"
    """A name that Python's codecs know; see :mod:`reader.core.encodings`."""
    etag: str = ""
    last_modified: str = ""

    @property
    def text(self) -> str:
        """The body, decoded; what cannot be is U+FFFD. As untrusted as before."""
        return self.body.decode(self.charset, "replace").removeprefix("\ufeff")


class FetchError(ReaderError):
    """An address gave no page.

    ``why`` says it in a few words, to follow a host and a colon ("404 Not Found",
    "timed out after 20 s"); the message is a sentence that names the host too ("404 Not
    Found at jurist.org."). Neither ever holds more of an address than its host.
    """

    def __init__(
        self,
        kind: Kind,
        why: str,
        host: str = "",
        *,
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        begun = f"{why[:1].upper()}{why[1:]}"
        whole = f"{begun} at {host}" if host and kind in {"status", "timeout"} else f"{host}: {why}" if host else begun
        super().__init__(whole if whole.endswith((".", "?", "!")) else f"{whole}.", hint)
        self.kind: Kind = kind
        self.why = why
        self.host = host
        self.status = status
        self.retry_after = retry_after
        """Seconds after which the host may be asked again, where it said so."""
        self.redirects = 0
        """How many redirects had led to what it is about: 0 when that is the address that was asked for."""
