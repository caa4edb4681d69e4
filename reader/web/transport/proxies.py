"""Which proxy a URL is requested through."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from reader.core.errors import ReaderError
from reader.core.text import clean

_HINT = "For example http://proxy.example:3128, in the settings ([fetch] proxy) or in HTTPS_PROXY."


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy."""

    url: str
    """Without user name and password."""
    auth: tuple[str, str] | None = field(default=None, repr=False)


def parse_proxy(address: str) -> Proxy:
    """Return the proxy at ``address``. Raises ReaderError, which never quotes the URL: it may contain a password."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ReaderError("The proxy URL is not valid.", _HINT) from None
    if parts.scheme not in {"http", "https"}:
        raise ReaderError(f"Proxies with the scheme “{clean(parts.scheme)[:20]}” are not supported.", _HINT)
    if not host or not host.isascii():
        raise ReaderError("The proxy URL has no host.", _HINT)
    bracketed = f"[{host}]" if ":" in host else host
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    default_port = 443 if parts.scheme == "https" else 80
    return Proxy(f"{parts.scheme}://{bracketed}:{port or default_port}/", auth)


def proxy_of_system(scheme: str, host: str, port: int) -> Proxy | None:
    """Return the proxy that the environment (on macOS also the system) has for a URL; None to request it directly.

    Raises ReaderError if it names a proxy that cannot be used.
    """
    # urllib.request can fetch, too, but is used only because it knows each system's proxies and exceptions.
    from urllib.request import getproxies, proxy_bypass  # noqa: TID251

    proxies = getproxies()
    address = proxies.get(scheme) or proxies.get("all")
    return parse_proxy(address) if address and not proxy_bypass(f"{host}:{port}") else None
