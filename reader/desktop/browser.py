"""Open a URL in the user's browser.

The standard library's ``webbrowser`` is not used: it passes file names and options to the browser, takes a shell
command from ``$BROWSER``, waits for some browsers, and lets them write to the terminal. Here a URL passes
:func:`reader.core.urls.safe_url` and is one argument of one program, and no shell is started.

:func:`find_browser` chooses the program; :func:`open_url` and :func:`run_in_terminal` start it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reader.core import text, urls
from reader.core.errors import ReaderError
from reader.desktop import programs
from reader.desktop.programs import find_program, program_name

_Which: TypeAlias = Callable[[str], str | None]

_TEXT_BROWSERS = frozenset(
    {"browsh", "carbonyl", "cha", "chawan", "edbrowse", "elinks", "links", "links2", "lynx", "w3m"}
)
_WINDOWS = (("rundll32", "url.dll,FileProtocolHandler"),)
# WSL runs programs of Windows under these names. Not explorer.exe, the usual advice: it shows a folder instead if the
# URL has a query.
_WSL = (("rundll32.exe", "url.dll,FileProtocolHandler"), ("wslview",))
# Those that ask the desktop for the user's choice come first.
_DESKTOP = (
    ("xdg-open",), ("gio", "open"), ("gnome-open",), ("kde-open",), ("exo-open",), ("sensible-browser",),
    ("x-www-browser",), ("firefox",), ("firefox-esr",), ("librewolf",), ("chromium",), ("chromium-browser",),
    ("google-chrome",), ("google-chrome-stable",), ("brave-browser",), ("vivaldi",), ("microsoft-edge",), ("opera",),
    ("epiphany",), ("falkon",), ("konqueror",), ("qutebrowser",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Browser:
    """A program that shows web pages."""

    argv: tuple[str, ...]
    """The path of the program and its arguments; ``%s`` in an argument stands for the URL."""
    name: str
    """The name of the program, for messages."""
    in_terminal: bool
    """Whether it draws in the terminal and needs :func:`run_in_terminal` instead of :func:`open_url`."""


def find_browser(
    environ: Mapping[str, str],
    platform: str = sys.platform,
    which: _Which = shutil.which,
    configured: Sequence[str] = (),
) -> Browser | None:
    """Return the browser to use; None if there is none, or no screen to show one on.

    It is the program with arguments that is ``configured``, if any. Otherwise ``$BROWSER`` decides if it is set: the
    first available of its alternatives, separated by ``:`` (on Windows ``;``). Otherwise it is the program with which
    the platform opens URLs. There is none on a text console or over SSH without a forwarded display, where the user
    would not see the window. Text browsers are only used if they are named.

    Raises ReaderError, for the first alternative, if a program is set and none can be used.
    """
    if configured:
        return _named(configured, "browser in config.toml", platform, which)
    problems: list[ReaderError] = []
    for alternative in _alternatives(environ.get("BROWSER", ""), platform):
        try:
            return _named(alternative, "BROWSER", platform, which)
        except ReaderError as error:
            problems.append(error)
    if problems:
        raise problems[0]
    for argv in _defaults(environ, platform):
        if program := which(argv[0]):
            return _browser(program, argv[1:])
    return None


def command(browser: Browser, url: str) -> list[str]:
    """Return the argument list that opens ``url``. Raises ReaderError if ``url`` may not be opened."""
    return programs.with_target(browser.argv, urls.safe_url(url))


def open_url(browser: Browser, url: str, *, patience: float = 1.0) -> None:
    """Start ``browser`` with ``url``, detached from the terminal, and leave it running.

    Blocks for at most ``patience`` seconds to notice a failure: call it from a worker thread.

    Raises ReaderError if ``url`` may not be opened, the program cannot be started, or it ends within ``patience`` with
    an exit status other than 0.
    """

    def start(arguments: list[str]) -> int:
        process = programs.start_detached(arguments)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            # Collect its exit status; otherwise it stays a zombie as long as this process runs.
            threading.Thread(target=process.wait, name=f"reap {browser.name}", daemon=True).start()
            return 0

    _open(browser, url, start)


def run_in_terminal(browser: Browser, url: str) -> None:
    """Run ``browser`` with ``url`` in the terminal until it ends.

    Call it from the main thread, with the screen suspended. Ctrl+C and Ctrl+\\ go to the browser alone.

    Raises ReaderError if ``url`` may not be opened, the program cannot be started, or its exit status is not 0.
    """
    _open(browser, url, programs.run_in_terminal)


# Choosing a browser.


def _defaults(environ: Mapping[str, str], platform: str) -> tuple[tuple[str, ...], ...]:
    """Return the programs to try, the best first, by platform and screen."""
    desktop = _DESKTOP if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") else ()
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        # Only X and Wayland reach the user's screen; "open" and the like act on the remote one.
        return () if platform in ("darwin", "win32", "cygwin") else desktop
    if environ.get("TERMUX_VERSION"):
        return (("termux-open-url",), *desktop)
    if platform == "darwin":
        return (("open",),)
    if platform in ("win32", "cygwin"):
        return _WINDOWS
    if environ.get("WSL_DISTRO_NAME"):
        return (*_WSL, *desktop)
    return desktop


def _alternatives(value: str, platform: str) -> list[str]:
    # Not os.pathsep, because ``platform`` decides. Paths of Windows contain a colon.
    parts = value.split(";" if platform == "win32" else ":")
    # "firefox &" keeps a browser from blocking a caller that waits, but this one does not wait.
    return [part for part in (part.strip().removesuffix("&").rstrip() for part in parts) if part]


def _named(command: str | Sequence[str], variable: str, platform: str, which: _Which) -> Browser:
    program, *arguments = find_program(command, variable, _HINT, which, platform)
    if platform in ("win32", "cygwin") and program.lower().endswith((".bat", ".cmd")):
        # Windows runs these with cmd.exe, which takes "&" in a URL for the end of the command.
        problem = f"{variable} names '{text.clean(program)}', a batch file, which Windows runs in a shell."
        raise ReaderError(problem, _HINT)
    return _browser(program, tuple(arguments))


def _browser(program: str, arguments: tuple[str, ...]) -> Browser:
    if "/" in program:
        program = str(Path(program).absolute())  # it is started in another folder
    name = program_name(program)
    return Browser((program, *arguments), text.clean(name), in_terminal=name in _TEXT_BROWSERS)


# Starting it.


_HINT = (
    "Set BROWSER, or browser in config.toml, to a browser that is installed or to a script that takes the URL, or "
    "unset it."
)


def _open(browser: Browser, url: str, start: Callable[[list[str]], int]) -> None:
    """Call ``start`` with the argument list that opens ``url``, and check the exit status that it returns."""
    arguments = command(browser, url)
    try:
        status = start(arguments)
    except OSError as error:
        problem = f"{browser.name} could not be started: {text.clean(error.strerror or str(error))}."
        raise ReaderError(problem, _HINT) from error
    if status and browser.name != "explorer":  # its status is always 1
        raise ReaderError(
            f"{browser.name} failed ({programs.describe_status(status)}).", "Set another browser, or copy the URL."
        )
