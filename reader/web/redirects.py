"""The URLs on the way to a page: the requested one, and those that redirects name (pure)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from reader.core import urls
from reader.core.errors import ReaderError
from reader.web.responses import FetchError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hop:
    """One URL on the way, in its parts."""

    url: str
    scheme: str
    host: str
    """Without brackets and port."""
    port: int

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110, 7.2), without the default port of the scheme."""
        bracketed = f"[{self.host}]" if ":" in self.host else self.host
        return bracketed if self.port == _PORTS[self.scheme] else f"{bracketed}:{self.port}"


def first_hop(url: str) -> Hop:
    """Return the first URL. Raises FetchError if it cannot be fetched."""
    try:
        return _split(urls.request_url(url))
    except ReaderError as error:
        raise FetchError("refused", error.reason, hint=error.hint) from None


def next_hop(hop: Hop, location: str, seen: Collection[str]) -> Hop:
    """Return the target of a redirect from ``hop`` (RFC 9110, 10.2.2).

    ``location`` is the header, ``seen`` the URLs requested so far. Raises FetchError if the target may not be
    fetched, or if the redirects form a loop.
    """
    try:
        whole = urls.safe_url(urljoin(hop.url, location)).partition("#")[0]
        target = urls.request_url(whole)
    except (ReaderError, ValueError) as error:
        why = f"it redirects to a URL that cannot be fetched ({_reason(error)})"
        raise FetchError("refused", why, hop.host) from None
    # A site that adds parameters that newsreader removes would redirect forever.
    target = whole if target in seen else target
    if target in seen:
        raise FetchError(
            "moved", "it redirects in a loop", hop.host, hint="It may require cookies; it may work in the browser."
        )
    return _split(target)


def decode_location(value: bytes) -> str:
    """Return a Location header as text. Bytes that are not UTF-8 are percent-encoded as they are, as in browsers."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in value)


def leads_elsewhere(hop: Hop, location: str) -> bool:
    """Whether a URL in a page at ``hop`` is another one; pages that load themselves again are common."""
    try:
        return urls.request_url(urljoin(hop.url, location)) != hop.url
    except (ReaderError, ValueError):
        return True  # next_hop() says why it cannot be fetched


def _reason(error: ReaderError | ValueError) -> str:
    """Return the reason in lower case. The ValueError of ``urljoin`` may quote the URL."""
    return error.reason if isinstance(error, ReaderError) else "it is not valid"


def _split(url: str) -> Hop:
    parts = urlsplit(url)
    return Hop(url, parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
