"""The addresses on the way to a page: the one that was asked for, and those that redirects name (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from reader.core import urls
from reader.core.errors import ReaderError
from reader.web.responses import FetchError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hop:
    """One address on the way, taken apart."""

    url: str
    scheme: str
    host: str
    """Without brackets and port."""
    port: int

    @property
    def authority(self) -> str:
        """The host as requests name it (RFC 9110, 7.2): without the port that its scheme has anyway."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == _PORTS[self.scheme] else f"{shown}:{self.port}"


def first(url: str) -> Hop:
    """Return where to begin with ``url``. Raises FetchError when it is no address to fetch."""
    try:
        return _taken_apart(urls.request_url(url))
    except ReaderError as error:
        raise FetchError("refused", _why(error), hint=error.hint) from None


def following(hop: Hop, location: str, seen: frozenset[str]) -> Hop:
    """Return where a redirect from ``hop`` leads (RFC 9110, 10.2.2).

    ``location`` is the header, ``seen`` the addresses asked so far. Raises FetchError
    when it leads to no address that may be fetched, or in a circle.
    """
    try:
        whole = urls.safe_url(urljoin(hop.url, location)).partition("#")[0]
        target = urls.request_url(whole)
    except (ReaderError, ValueError) as error:
        raise FetchError("refused", f"it leads on to an address that is not fetched: {_why(error)}", hop.host) from None
    # A site that adds what we take away would send us round for ever.
    target = whole if target in seen else target
    if target in seen:
        raise FetchError(
            "moved", "it leads in a circle", hop.host, hint="It may insist on cookies; the browser may get further."
        )
    return _taken_apart(target)


def host(url: str) -> str:
    """Return the host of an address that has been asked for, without brackets and port."""
    return _taken_apart(url).host


def _why(error: ReaderError | ValueError) -> str:
    """Return the reason as it follows a colon; ``urljoin`` says in a ValueError what may quote the address."""
    if not isinstance(error, ReaderError):
        return "it is not valid"
    return error.message[:1].lower() + error.message[1:].rstrip(".")


def _taken_apart(url: str) -> Hop:
    parts = urlsplit(url)
    return Hop(url, parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
