"""The settings of a user, as frozen dataclasses. Plain values: they are also sent to worker processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FETCHING_DISABLED = "Fetching is off: enabled = false under [fetch] in config.toml."
OFFLINE = "Fetching is off: newsreader was started with --offline."

GRAPHICS = ("auto", "kitty", "sixel", "blocks", "none")
"""Ways to draw images: detect, Kitty's graphics protocol, Sixel, half-blocks, none at all."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """The table ``[fetch]`` of the settings file, with its defaults."""

    enabled: bool = True
    offline: bool = False
    """Whether the command line says ``--offline``."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be fetched from although they are this machine or on a private network."""
    proxy: str = ""
    """URL of a proxy; empty to use the environment. May hold a password: never shown."""
    user_agent: str = ""
    """The User-Agent header; empty for the program's name and version."""
    cache_mb: int = 500
    """Size limit of the page cache in megabytes (1,000,000 bytes)."""
    archive: bool = False
    """Whether to try the newest Wayback Machine capture when no address yields an article."""
    images: bool | None = None
    """Whether to fetch and show images; None means yes, except over SSH."""
    graphics: str = "auto"
    """How to draw images: one of :data:`GRAPHICS`."""

    @property
    def refusal(self) -> str:
        """Why nothing may be fetched, as a sentence; empty if fetching is allowed."""
        if self.offline:
            return OFFLINE
        return "" if self.enabled else FETCHING_DISABLED


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the settings file, with their defaults."""

    theme: str = ""
    """Name of a theme; empty for the theme last chosen in the app."""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Action name -> its keys, separated by commas; they replace the default keys."""
    fetch: FetchSettings = field(default_factory=FetchSettings)
