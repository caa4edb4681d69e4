"""Options of the web client: limits, and the user's settings. No HTTP library in here."""

from __future__ import annotations

from dataclasses import dataclass

from reader import __version__
from reader.config.settings import FetchSettings

USER_AGENT = f"newsreader/{__version__}"
"""The product identifier (RFC 9110, 10.1.5), and nothing else."""


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How pages are fetched."""

    user_agent: str = USER_AGENT
    proxy: str = ""
    """The URL of a proxy; empty for the environment's (``HTTPS_PROXY`` etc.)."""
    allow_hosts: frozenset[str] = frozenset()
    """Hosts that may be on this machine or a private network, as URLs name them."""
    seconds: float = 20.0
    """For one page with all redirects; waiting for a request slot does not count."""
    page_bytes: int = 5_000_000
    """For a page, both compressed and decompressed."""
    image_bytes: int = 5_000_000
    image_pixels: int = 40_000_000
    redirects: int = 5
    per_host: int = 2
    """Connections to one host, including idle ones."""
    in_all: int = 8


def options_of(settings: FetchSettings) -> ClientOptions:
    """Return the options that the user has set."""
    return ClientOptions(
        user_agent=settings.user_agent or USER_AGENT,
        proxy=settings.proxy,
        allow_hosts=frozenset(settings.allow_hosts),
    )
