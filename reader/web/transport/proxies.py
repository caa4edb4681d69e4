"""Which proxy an address is requested through."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from reader.core.errors import ReaderError
from reader.core.text import clean

_HINT = "For example http://proxy.example:3128, in the settings ([fetch] proxy) or in HTTPS_PROXY."


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; its ``repr`` does not contain the password."""

    url: str
    """Without user name and password."""
    host: str
    auth: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.host!r})"


def parse_proxy(address: str) -> Proxy:
    """Return the proxy at ``address``.

    Raises ReaderError, which never quotes the address: it may contain a password.
    """
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ReaderError("The address of the proxy is not valid.", _HINT) from None
    if parts.scheme not in {"http", "https"}:
        raise ReaderError(f"Proxies with the scheme “{clean(parts.scheme)[:20]}” are not supported.", _HINT)
    if not host or not host.isascii():
        raise ReaderError("The address of the proxy has no host.", _HINT)
    bracketed = f"[{host}]" if ":" in host else host
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    default_port = 443 if parts.scheme == "https" else 80
    return Proxy(f"{parts.scheme}://{bracketed}:{port or default_port}/", host, auth)


class Proxies:
    """The proxy of the settings, or those of the environment (on macOS and Windows also of the system)."""

    def __init__(self, setting: str) -> None:
        """Raise ReaderError if the setting is not the address of a proxy."""
        self._fixed = parse_proxy(setting) if setting else None
        self._environment: dict[str, str] | None = None

    def find(self, scheme: str, host: str, port: int) -> Proxy | None:
        """Return the proxy for an address; None if it is requested directly.

        Raises ReaderError if the environment names a proxy that cannot be used.
        """
        if self._fixed is not None:
            return self._fixed
        # urllib.request can fetch, too, but is used only because it knows each system's proxies and exceptions.
        from urllib.request import getproxies, proxy_bypass  # noqa: TID251

        if self._environment is None:
            self._environment = getproxies()
        address = self._environment.get(scheme) or self._environment.get("all")
        if not address or proxy_bypass(f"{host}:{port}"):
            return None
        return parse_proxy(address)
