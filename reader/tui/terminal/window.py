"""What the app asks of the terminal's window: links, a title, and to notify the user.

Only of terminals that skip commands they do not know; others would print them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style
from textual.app import App
from textual.strip import Strip

from reader.core.errors import ReaderError
from reader.core.text import clean, truncate
from reader.core.urls import safe_url
from reader.tui.terminal.graphics import is_multiplexed

if TYPE_CHECKING:
    from reader.tui.terminal.driver import TerminalDriver

_WITHOUT_COMMANDS = re.compile(r"(?:linux|dumb|unknown|ansi|cons|eterm|vt\d).*|")
"""How TERM begins where operating system commands may be printed: consoles, and terminals before xterm."""
_MAX_URL = 2083
"""Characters of a URL that VTE and iTerm2 take. GNU screen would print what is beyond its own limit."""
_MAX_TITLE, _MAX_NOTICE = 120, 200
"""In cells."""


def takes_commands(environ: Mapping[str, str]) -> bool:
    """Whether the terminal skips operating system commands that it does not know."""
    return not _WITHOUT_COMMANDS.fullmatch(environ.get("TERM", ""))


@lru_cache(maxsize=512)
def hyperlink(style: Style, href: str) -> Style:
    """Return ``style`` with a link that the terminal can open; without one if ``href`` must not or cannot be opened."""
    try:
        url = safe_url(href)
    except ReaderError:
        return style
    if len(url) > _MAX_URL:
        return style
    linked = style + Style(link=url)
    _name_hyperlink(linked)
    return linked


def name_hyperlinks(strip: Strip) -> Strip:
    """Give the links in a line their ids again after something was added to their styles."""
    for _, style, _ in strip:
        if style is not None and style.link:
            _name_hyperlink(style)
    return strip


def _name_hyperlink(style: Style) -> None:
    """Give all parts of a link one id, by which the terminal knows that they belong together.

    Private: ``Style._link_id``, which Rich changes whenever it adds styles.
    """
    style._link_id = f"{hash(style.link) & 0xFFFFFFFF:x}"


def title_of(where: str, unread: int) -> str:
    """Return the title of a window that shows ``where``, as a safe line."""
    count = f" ({unread:,} unread)" if unread else ""
    return f"{truncate(clean(where), _MAX_TITLE)}{count} – newsreader"


def notification(text: str, environ: Mapping[str, str]) -> str:
    """Return the sequence that has the terminal notify the user of ``text``.

    tmux and screen do not pass it on; a bell they do, and they mark their own window.
    """
    if is_multiplexed(environ):
        return "\a"
    text = truncate(clean(text), _MAX_NOTICE)
    if "VTE_VERSION" in environ or environ.get("TERM", "").startswith("rxvt"):
        return f"\x1b]777;notify;newsreader;{text}\x1b\\"
    return f"\x1b]9;newsreader: {text}\x1b\\"


def driver_of(app: App[None]) -> TerminalDriver | None:
    """Return the driver of the app's terminal; None if it has none, as in a test. Private: ``App._driver``."""
    from reader.tui.terminal.driver import TerminalDriver  # lazy: it is imported with the screen

    return app._driver if isinstance(app._driver, TerminalDriver) else None


def write_raw(app: App[None], sequence: str) -> None:
    """Write an invisible escape sequence to the terminal between two frames.

    Only the driver's thread may write: a sequence inside a frame would garble the screen.
    """
    driver = driver_of(app)
    if driver is not None:
        driver.write(sequence)
