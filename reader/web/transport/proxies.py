"""Which proxy an address is asked for through."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from reader.core.errors import ReaderError
from reader.core.text import clean

_HINT = "Such as http://proxy.example:3128, in the settings ([fetch] proxy) or in HTTPS_PROXY."


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy for HTTP; ``repr`` keeps the password to itself."""

    url: str
    """Without user name and password."""
    host: str
    auth: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.host!r})"


def parse(address: str) -> Proxy:
    """Return the proxy that ``address`` names.

    Raises ReaderError, which never quotes the address: it may hold a password.
    """
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ReaderError("The address of the proxy is not valid.", _HINT) from None
    if parts.scheme not in {"http", "https"}:
        raise ReaderError(f"A proxy of the kind “{clean(parts.scheme)[:20]}” cannot be used.", _HINT)
    if not host or not host.isascii():
        raise ReaderError("The address of the proxy names no host.", _HINT)
    shown = f"[{host}]" if ":" in host else host
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    return Proxy(f"{parts.scheme}://{shown}:{port or (443 if parts.scheme == 'https' else 80)}/", host, auth)


class Proxies:
    """The proxy of the settings, or those of the environment (or the system, on macOS and Windows).

    Raises ReaderError when the proxy of the settings is none.
    """

    def __init__(self, setting: str) -> None:
        self._fixed = parse(setting) if setting else None
        self._environment: dict[str, str] | None = None

    def of(self, scheme: str, host: str, port: int) -> Proxy | None:
        """Return the proxy for an address, or None when it is asked for directly.

        Raises ReaderError when the environment names one that cannot be used.
        """
        if self._fixed is not None:
            return self._fixed
        # It fetches, too, but not here: nothing else knows where each system keeps its proxies and exceptions.
        from urllib.request import getproxies, proxy_bypass  # noqa: TID251

        if self._environment is None:
            self._environment = getproxies()
        address = self._environment.get(scheme) or self._environment.get("all")
        if not address or proxy_bypass(f"{host}:{port}"):
            return None
        return parse(address)
