"""What the person has settled about fetching. Plain values: they are handed to a process beside."""

from __future__ import annotations

from dataclasses import dataclass

OFF = "Fetching is off: [fetch] enabled is false in the settings."
OFFLINE = "Nothing is fetched: newsreader was started with --offline."

GRAPHICS = ("auto", "kitty", "sixel", "blocks", "none")
"""By what the terminal is; by Kitty's graphics protocol; as Sixel; as half-blocks; not at all."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """The table ``[fetch]`` of the settings, with what holds when the person says nothing."""

    enabled: bool = True
    offline: bool = False
    """Whether the command line says ``--offline``."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be asked although they are this machine or on a private network."""
    proxy: str = ""
    """The address of a proxy; empty for what the environment says. May hold a password: never shown."""
    user_agent: str = ""
    """What newsreader calls itself towards servers; empty for its name and version."""
    cache_mb: int = 500
    """Megabytes (of 1,000,000 bytes) that kept pages may take."""
    archive: bool = False
    """Whether the newest Wayback capture is asked for where no address yields an article."""
    images: bool | None = None
    """Whether images are fetched and shown; None for where the terminal is near: not over ssh."""
    graphics: str = "auto"
    """How images are drawn: one of :data:`GRAPHICS`."""

    @property
    def refusal(self) -> str:
        """Why nothing may go out, in a sentence; empty where it may."""
        if self.offline:
            return OFFLINE
        return "" if self.enabled else OFF
