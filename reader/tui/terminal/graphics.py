"""How the terminal can draw images.

The terminal itself is not queried, because its answer would arrive among the keys. The
environment names the terminal; the system knows the size of its cells.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from typing import Literal, TypeAlias

from textual.color import Color, ColorParseError

from reader.images.model import RGB, CellSize, ImageProtocol

Graphics: TypeAlias = ImageProtocol | Literal["none"]
_COLOR_SYSTEMS = frozenset({"truecolor", "256"})
_MULTIPLEXERS = ("tmux", "screen")
_SIXEL_TERMS = ("foot", "mlterm", "contour")
"""How TERM begins in terminals that support Sixel and where text replaces the pixels under it."""
_SIXEL_PROGRAMS = frozenset({"WezTerm", "mintty", "contour"})
"""iTerm2 is left out: its pixels may be two pixels of the screen (untested)."""
_SIXEL_KONSOLE = 220400
"""The first Konsole with Sixel support, as in KONSOLE_VERSION."""
_PIXELS = range(4, 65)
"""Plausible sizes of a cell; others are bugs of the terminal."""


def graphics(
    wanted: str, environ: Mapping[str, str], colors: str | None, *, is_installed: bool, is_measured: bool
) -> Graphics:
    """Return how images are drawn. ``wanted`` is the setting, ``colors`` Rich's name of the color system.

    Half-blocks need 256 colors; Kitty's graphics need true color, because a color encodes the id of an image.
    Sixel needs the size of a cell: where the system does not know it (``is_measured``), Sixel has to be set explicitly.
    """
    if colors not in _COLOR_SYSTEMS or wanted == "none":
        return "none"
    if wanted == "auto":
        wanted = "kitty" if has_kitty_graphics(environ) else "sixel" if is_measured and has_sixel(environ) else "blocks"
    if wanted == "kitty":
        return "kitty" if is_installed and colors == "truecolor" else "blocks"
    return "sixel" if wanted == "sixel" and is_installed else "blocks"


def has_kitty_graphics(environ: Mapping[str, str]) -> bool:
    """Whether the environment is that of a terminal with Unicode placeholders: Kitty or Ghostty.

    Other terminals with Kitty's protocol, such as WezTerm and Konsole, lack them. Multiplexers do not pass them on.
    Over ssh, only TERM names the terminal.
    """
    if is_multiplexed(environ):
        return False
    return environ.get("TERM", "") in {"xterm-kitty", "xterm-ghostty"} or "KITTY_WINDOW_ID" in environ


def has_sixel(environ: Mapping[str, str]) -> bool:
    """Whether the environment is that of a terminal with Sixel support: foot, WezTerm, Konsole and some others.

    xterm supports it only if started with an option that cannot be detected; it has to be set explicitly. A terminal
    started from one of these inherits its environment and may lack Sixel: it then shows the half-blocks beneath.
    """
    if is_multiplexed(environ):
        return False
    konsole = environ.get("KONSOLE_VERSION", "")
    return (
        environ.get("TERM", "").startswith(_SIXEL_TERMS)
        or environ.get("TERM_PROGRAM", "") in _SIXEL_PROGRAMS
        or "MLTERM" in environ
        or (konsole.isdecimal() and int(konsole) >= _SIXEL_KONSOLE)
    )


def is_multiplexed(environ: Mapping[str, str]) -> bool:
    """Whether the app runs in tmux or GNU screen."""
    return bool(environ.get("TMUX") or environ.get("STY")) or environ.get("TERM", "").startswith(_MULTIPLEXERS)


def rgb_of(color: str, *, is_dark: bool) -> RGB:
    """Return a color of the theme as RGB; black or white for one of the terminal's own palette."""
    try:
        parsed = Color.parse(color)
    except ColorParseError:
        parsed = None
    if parsed is None or parsed.ansi is not None:
        return (0, 0, 0) if is_dark else (255, 255, 255)
    return (parsed.r, parsed.g, parsed.b)


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the app runs over ssh."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def cell_size() -> CellSize | None:
    """Return the size of a cell in pixels; None if the system does not know it."""
    import fcntl
    import termios

    try:
        assert sys.__stdout__ is not None
        answer = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError, AssertionError):
        return None
    lines, cells, width, height = struct.unpack("HHHH", answer)
    if not lines or not cells:
        return None
    size = CellSize(width // cells, height // lines)
    return size if size.width in _PIXELS and size.height in _PIXELS else None


def delete_images_sequence(numbers: tuple[int, ...]) -> str:
    """Return the sequence that deletes Kitty images from the terminal and the screen."""
    return "".join(f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" for number in numbers)
