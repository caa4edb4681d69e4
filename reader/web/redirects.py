"""The addresses on the way to a page: the requested one, and those that redirects name (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from reader.core import urls
from reader.core.errors import ReaderError
from reader.web.responses import FetchError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hop:
    """One address on the way, in its parts."""

    url: str
    scheme: str
    host: str
    """Without brackets and port."""
    port: int

    @property
    def bracketed_host(self) -> str:
        """The host as it appears in an address: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110, 7.2), without the default port of the scheme."""
        return self.bracketed_host if self.port == _PORTS[self.scheme] else f"{self.bracketed_host}:{self.port}"


def first_hop(url: str) -> Hop:
    """Return the first address. Raises FetchError if it cannot be fetched."""
    try:
        return _split(urls.request_url(url))
    except ReaderError as error:
        raise FetchError("refused", _reason(error), hint=error.hint) from None


def next_hop(hop: Hop, location: str, seen: frozenset[str]) -> Hop:
    """Return the target of a redirect from ``hop`` (RFC 9110, 10.2.2).

    ``location`` is the header, ``seen`` the addresses requested so far. Raises FetchError if the target may not be
    fetched, or if the redirects form a loop.
    """
    try:
        whole = urls.safe_url(urljoin(hop.url, location)).partition("#")[0]
        target = urls.request_url(whole)
    except (ReaderError, ValueError) as error:
        why = f"it redirects to an address that is not fetched: {_reason(error)}"
        raise FetchError("refused", why, hop.host) from None
    # A site that adds the parameters that we remove would redirect forever.
    target = whole if target in seen else target
    if target in seen:
        raise FetchError(
            "moved", "it redirects in a loop", hop.host, hint="It may insist on cookies; the browser may get further."
        )
    return _split(target)


def host_of(url: str) -> str:
    """Return the host of a requested address, without brackets and port."""
    return _split(url).host


def _reason(error: ReaderError | ValueError) -> str:
    """Return the reason in words that follow a colon. The ValueError of ``urljoin`` may quote the address."""
    if not isinstance(error, ReaderError):
        return "it is not valid"
    return error.message[:1].lower() + error.message[1:].rstrip(".")


def _split(url: str) -> Hop:
    parts = urlsplit(url)
    return Hop(url, parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
