"""Options of the web client: limits, and the user's settings. No HTTP library in here."""

from __future__ import annotations

from dataclasses import dataclass

from reader import __version__
from reader.core.errors import ReaderError

USER_AGENT = f"newsreader/{__version__}"
"""The product identifier (RFC 9110, 10.1.5), and nothing else."""


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How pages are fetched. Raises ReaderError if ``user_agent`` cannot be sent."""

    user_agent: str = USER_AGENT
    proxy: str = ""
    """The address of a proxy; empty for the environment's (``HTTPS_PROXY`` etc.)."""
    allow_hosts: frozenset[str] = frozenset()
    """Hosts that may be on this machine or a private network, as addresses name them."""
    seconds: float = 20.0
    """For one page with all redirects; waiting for a request slot does not count."""
    page_bytes: int = 5_000_000
    """For a page, both compressed and decompressed."""
    image_bytes: int = 5_000_000
    image_pixels: int = 40_000_000
    redirects: int = 5
    per_host: int = 2
    """Connections to one host, including those kept open."""
    in_all: int = 8

    def __post_init__(self) -> None:
        if not self.user_agent.isascii() or not self.user_agent.isprintable() or not self.user_agent.strip():
            raise ReaderError("The User-Agent must consist of visible ASCII characters and spaces.")
