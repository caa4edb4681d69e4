"""The settings of a user, as frozen dataclasses. Plain values: they are also sent to worker processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

FETCHING_DISABLED = "Fetching is off: enabled = false under [fetch] in config.toml."
OFFLINE = "Fetching is off: newsreader was started with --offline."
NOT_VALID = "Fetching is off until config.toml is corrected; `newsreader config check` says what is wrong."

Density = Literal["auto", "comfortable", "compact"]
DENSITIES: tuple[Density, ...] = get_args(Density)
GRAPHICS = ("auto", "kitty", "sixel", "blocks", "none")
"""Ways to draw images: detect, Kitty's graphics protocol, Sixel, half-blocks, none at all."""


PRESETS = ("vim", "newsboat", "emacs", "less")
"""The sets of default keys."""
DEFAULT_PRESET = "vim"
MARK_READ = ("open", "rest", "never")
"""What marks an article read: opening it, also selecting it for some seconds, or only keys."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """The table ``[fetch]`` of the settings file, with its defaults."""

    enabled: bool = True
    offline: bool = False
    """Whether the command line says ``--offline``."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be fetched from although they are on this machine or a private network."""
    proxy: str = ""
    """URL of a proxy; empty to use the environment. It may contain a password and is never shown."""
    user_agent: str = ""
    """The User-Agent header; empty for the program's name and version."""
    cache_mb: int = 500
    """Size limit of the page cache in megabytes (1,000,000 bytes)."""
    downloads: str = ""
    """The folder for enclosures that are downloaded; empty for one in the data directory."""
    download_mb: int = 2000
    """The largest enclosure that is downloaded, in megabytes."""
    archive: bool = False
    """Whether to try the newest Wayback Machine capture when no URL yields an article."""
    images: bool | Literal["ask"] = "ask"
    """Whether to fetch and show images; “ask” fetches none until a key asks for it."""
    graphics: str = "auto"
    """How to draw images: one of :data:`GRAPHICS`."""
    is_uncertain: bool = False
    """Whether a mistake in the file may have been meant to limit fetching or the size of the cache."""

    @property
    def refusal(self) -> str:
        """Why nothing may be fetched, as a sentence; empty if fetching is allowed."""
        if self.offline:
            return OFFLINE
        if not self.enabled:
            return FETCHING_DISABLED
        return NOT_VALID if self.is_uncertain else ""


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """The table ``[terminal]`` of the settings file, with its defaults."""

    links: bool = True
    """Whether sources and links are links of the terminal too."""
    title: bool = True
    """Whether the window gets a title."""
    notify: bool = True
    """Whether the end of a bulk fetch is announced while another window is in front."""
    cursor: bool = False
    """Whether the terminal's cursor is visible."""


class ConfigNote(NamedTuple):
    """Something to say about a line of the settings file."""

    line: int
    """The number of the line; 0 if it is not known."""
    message: str
    hint: str = ""

    def text(self, file: str) -> str:
        """Return all of it in one line; ``file`` is the name of the file as shown."""
        return f"{file}:{f'{self.line}:' if self.line else ''} {self.message} {self.hint}".rstrip()


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a key runs with the article (``[programs.NAME]``)."""

    run: tuple[str, ...]
    """The program and its arguments; ``{url}`` and the like in these stand for fields of the article."""
    title: str = ""
    """What the help calls it; empty for its name."""
    json: bool = False
    """Whether it gets the article as JSON on its standard input."""
    terminal: bool = False
    """Whether it uses the terminal until it ends."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the settings file, with their defaults."""

    density: Density = "auto"
    """How many lines an article has in the list."""
    date_separators: bool = False
    """Whether a list sorted by date says where days and months begin."""
    theme: str = ""
    """Name of a theme; empty for the theme last chosen in the app, or one as dark or light as the terminal."""
    themes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name -> the settings of one of the user's own themes (``[themes.NAME]``)."""
    mark_read: str = "open"
    """What marks an article read: one of :data:`MARK_READ`."""
    mark_read_after: float = 2.0
    """After how many seconds a selected article is marked read."""
    estimate_quality: bool = True
    """Whether quality is estimated where documents give none."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action name -> its keys, separated by commas, where they are not those of the registry."""
    programs: Mapping[str, Program] = field(default_factory=dict)
    """The user's own programs by name."""
    macros: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The user's own macros by name: actions in order."""
    browser: tuple[str, ...] = ()
    """A program and its arguments, like the next two; empty to use the environment."""
    pager: tuple[str, ...] = ()
    editor: tuple[str, ...] = ()
    player: tuple[str, ...] = ()
    """The program that plays enclosures, and its arguments; empty to open them in the browser."""
    player_terminal: bool = False
    """Whether the player uses the terminal until it ends."""
    fetch: FetchSettings = field(default_factory=FetchSettings)
    terminal: TerminalSettings = field(default_factory=TerminalSettings)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field of documents -> more names of it (``[fields]``)."""
    date_order: Literal["", "dmy", "mdy"] = ""
    """How documents mean 03/04/2024: day or month first, or unknown (``[dates] order``)."""
    path: Path | None = field(default=None, compare=False)
    """The file; None if the settings are from none, so that it is not watched."""
    values: Mapping[tuple[str, ...], Any] = field(default_factory=dict, compare=False)
    """The valid values in the file by their keys there, such as ``("fetch", "proxy")``."""
    problems: tuple[ConfigNote, ...] = field(default=(), compare=False)
    """What is wrong in the file, and therefore not in force."""
    notes: tuple[ConfigNote, ...] = field(default=(), compare=False)
    """What is worth knowing but not wrong."""
