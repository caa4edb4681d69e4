"""What the terminal can draw pictures with, and what it has to be told for that.

Nothing is asked of the terminal: an answer would come among the keys. What it is, the
environment says; how large its cells are, the system.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from textual.color import Color, ColorParseError

from reader.pictures.shapes import USUAL_CELL, Cell, Colour

if TYPE_CHECKING:
    from textual.app import App

Graphics = Literal["kitty", "blocks", "none"]
_COLOURS = frozenset({"truecolor", "256"})
_MULTIPLEXERS = ("tmux", "screen")
_PIXELS = range(4, 65)
"""Of a side of a cell; what is outside is a mistake of the terminal's."""


def graphics(wanted: str, environ: Mapping[str, str], colours: str | None, *, is_installed: bool) -> Graphics:
    """Return how pictures are drawn: ``wanted`` is the setting, ``colours`` Rich's name for what there are of them.

    Half-blocks need 256 colours; Kitty's graphics all of them, as the number of a picture is written as a colour.
    """
    if colours not in _COLOURS or wanted == "none":
        return "none"
    able = is_installed and colours == "truecolor"
    if wanted == "kitty" or (wanted == "auto" and has_kitty_graphics(environ)):
        return "kitty" if able else "blocks"
    return "blocks"


def has_kitty_graphics(environ: Mapping[str, str]) -> bool:
    """Whether the environment is of a terminal that knows Unicode placeholders: Kitty and Ghostty.

    Others that know the protocol, such as WezTerm and Konsole, do not know those. Multiplexers keep it from the
    terminal, and over ssh it says what the terminal is by TERM alone.
    """
    term = environ.get("TERM", "")
    if environ.get("TMUX") or environ.get("STY") or term.startswith(_MULTIPLEXERS):
        return False
    return term in {"xterm-kitty", "xterm-ghostty"} or "KITTY_WINDOW_ID" in environ


def has_extra() -> bool:
    """Whether textual-image is installed. It is not imported: it would ask the terminal."""
    from importlib.util import find_spec  # imported late: the first frame has no pictures

    return find_spec("textual_image") is not None


def ground(colour: str, *, is_dark: bool) -> Colour:
    """Return a colour of the theme in numbers; black or white where it is the terminal's own, which nobody knows."""
    try:
        found = Color.parse(colour)
    except ColorParseError:
        found = None
    if found is None or found.ansi is not None:
        return (0, 0, 0) if is_dark else (255, 255, 255)
    return (found.r, found.g, found.b)


def is_far(environ: Mapping[str, str]) -> bool:
    """Whether what is drawn goes over ssh."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def cell_size() -> Cell:
    """Return how many pixels a cell has, by the system's word for it; the usual ones where it has none."""
    import fcntl
    import termios

    try:
        assert sys.__stdout__ is not None
        answer = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError, AssertionError):
        return USUAL_CELL
    lines, cells, width, height = struct.unpack("HHHH", answer)
    if not lines or not cells:
        return USUAL_CELL
    found = Cell(width // cells, height // lines)
    return found if found.width in _PIXELS and found.height in _PIXELS else USUAL_CELL


def tell(app: App[None], sequence: str) -> None:
    """Send what shows nothing by itself to the terminal, between two frames.

    By Textual's driver: it has the one thread that writes, and a frame cut in two by something else is garbage on
    the screen. It is private, and there is no other way to it.
    """
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(sequence)
        driver.flush()


def forgetting(numbers: tuple[int, ...]) -> str:
    """Return what makes the terminal forget pictures, with all that shows of them."""
    return "".join(f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" for number in numbers)
