"""What the fetcher keeps to: limits, and what the person has settled. No HTTP in here, so that anyone may build one."""

from __future__ import annotations

from dataclasses import dataclass

from reader import __version__
from reader.core.errors import ReaderError

USER_AGENT = f"newsreader/{__version__}"
"""What we say we are (RFC 9110, 10.1.5): what we are, and nothing else."""


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How pages are fetched.

    Raises ReaderError when ``user_agent`` cannot stand in a request.
    """

    user_agent: str = USER_AGENT
    proxy: str = ""
    """The address of a proxy; empty for what the environment says (``HTTPS_PROXY`` and its kin)."""
    allow_hosts: frozenset[str] = frozenset()
    """Hosts that may be of this machine or of a private network, as an address names them."""
    seconds: float = 20.0
    """For the whole of one page, redirects included; waiting for a turn is not counted."""
    page_bytes: int = 5_000_000
    """Of a page, decoded as well as on the way."""
    image_bytes: int = 5_000_000
    image_pixels: int = 40_000_000
    redirects: int = 5
    per_host: int = 2
    """Connections, those kept open for later included."""
    in_all: int = 8

    def __post_init__(self) -> None:
        if not self.user_agent.isascii() or not self.user_agent.isprintable() or not self.user_agent.strip():
            raise ReaderError("The User-Agent may hold nothing but visible ASCII characters and blanks.")
