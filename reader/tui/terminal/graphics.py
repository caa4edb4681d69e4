"""What the terminal can draw pictures with, and what it has to be told for that.

Nothing is asked of the terminal: an answer would come among the keys. What it is, the
environment says; how large its cells are, the system.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from textual.color import Color, ColorParseError

from reader.images.model import RGB, CellSize, ImageProtocol

if TYPE_CHECKING:
    from textual.app import App

Graphics: TypeAlias = ImageProtocol | Literal["none"]
_COLOURS = frozenset({"truecolor", "256"})
_MULTIPLEXERS = ("tmux", "screen")
_SIXEL_TERMS = ("foot", "mlterm", "contour")
"""How TERM begins in terminals that take Sixel, and in which text that is written over pixels takes them away."""
_SIXEL_PROGRAMS = frozenset({"WezTerm", "mintty", "contour"})
"""Not iTerm2, whose pixels may be two of the screen's: nobody has seen yet what becomes of lines there."""
_SIXEL_KONSOLE = 220400
"""The first Konsole that takes it, as KONSOLE_VERSION has it."""
_PIXELS = range(4, 65)
"""Of a side of a cell; what is outside is a mistake of the terminal's."""


def graphics(
    wanted: str, environ: Mapping[str, str], colours: str | None, *, is_installed: bool, is_measured: bool
) -> Graphics:
    """Return how pictures are drawn: ``wanted`` is the setting, ``colours`` Rich's name for what there are of them.

    Half-blocks need 256 colours; Kitty's graphics all of them, as the number of a picture is written as a colour.
    Sixel needs to know how large a cell is: ``is_measured`` says whether the system does, and where it does not, only
    who asks for Sixel gets it.
    """
    if colours not in _COLOURS or wanted == "none":
        return "none"
    if wanted == "auto":
        wanted = "kitty" if has_kitty_graphics(environ) else "sixel" if is_measured and has_sixel(environ) else "blocks"
    if wanted == "kitty":
        return "kitty" if is_installed and colours == "truecolor" else "blocks"
    return "sixel" if wanted == "sixel" and is_installed else "blocks"


def has_kitty_graphics(environ: Mapping[str, str]) -> bool:
    """Whether the environment is of a terminal that knows Unicode placeholders: Kitty and Ghostty.

    Others that know the protocol, such as WezTerm and Konsole, do not know those. Multiplexers keep it from the
    terminal, and over ssh it says what the terminal is by TERM alone.
    """
    if _is_multiplexed(environ):
        return False
    return environ.get("TERM", "") in {"xterm-kitty", "xterm-ghostty"} or "KITTY_WINDOW_ID" in environ


def has_sixel(environ: Mapping[str, str]) -> bool:
    """Whether the environment is of a terminal that takes Sixel as it comes: foot, WezTerm, Konsole and some others.

    xterm takes it if it was started for that, which nothing tells; who did so says it in the settings. A terminal that
    was started in one of these has its environment and may not know Sixel: it then shows the half-blocks beneath.
    """
    if _is_multiplexed(environ):
        return False
    konsole = environ.get("KONSOLE_VERSION", "")
    return (
        environ.get("TERM", "").startswith(_SIXEL_TERMS)
        or environ.get("TERM_PROGRAM", "") in _SIXEL_PROGRAMS
        or "MLTERM" in environ
        or (konsole.isdecimal() and int(konsole) >= _SIXEL_KONSOLE)
    )


def _is_multiplexed(environ: Mapping[str, str]) -> bool:
    term = environ.get("TERM", "")
    return bool(environ.get("TMUX") or environ.get("STY")) or term.startswith(_MULTIPLEXERS)


def has_extra() -> bool:
    """Whether textual-image is installed. It is not imported: it would ask the terminal."""
    from importlib.util import find_spec  # imported late: the first frame has no pictures

    return find_spec("textual_image") is not None


def ground(colour: str, *, is_dark: bool) -> RGB:
    """Return a colour of the theme in numbers; black or white where it is the terminal's own, which nobody knows."""
    try:
        found = Color.parse(colour)
    except ColorParseError:
        found = None
    if found is None or found.ansi is not None:
        return (0, 0, 0) if is_dark else (255, 255, 255)
    return (found.r, found.g, found.b)


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether what is drawn goes over ssh."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def cell_size() -> CellSize | None:
    """Return how many pixels a cell has, by the system's word for it; None where it has none."""
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
    found = CellSize(width // cells, height // lines)
    return found if found.width in _PIXELS and found.height in _PIXELS else None


@contextmanager
def suspended(app: App[None]) -> Iterator[None]:
    """Give the terminal to another program meanwhile. Raises SuspendNotSupported, and what is raised within.

    That is kept back until the terminal is ours again: Textual takes it back only behind a block that raises nothing.
    """
    failure: BaseException | None = None
    with app.suspend():
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - raised below
            failure = error
    if failure is not None:
        raise failure


def write_raw(app: App[None], sequence: str) -> None:
    """Send what shows nothing by itself to the terminal, between two frames.

    By Textual's driver: it has the one thread that writes, and a frame cut in two by something else is garbage on
    the screen. It is private, and there is no other way to it.
    """
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(sequence)
        driver.flush()


def delete_images_sequence(numbers: tuple[int, ...]) -> str:
    """Return what makes the terminal forget pictures, with all that shows of them."""
    return "".join(f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" for number in numbers)
