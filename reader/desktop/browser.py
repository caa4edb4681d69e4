"""Open an address in the user's browser.

The standard library's ``webbrowser`` is not used: it passes file names and options to the browser, takes a shell
command from ``$BROWSER``, waits for some browsers, and lets them write on our screen. Here an address passes
:func:`reader.core.urls.safe_url` and is one argument of one program, and no shell is started.

:func:`find_browser` chooses the program; :func:`open_url` and :func:`run_in_terminal` start it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reader.core import text, urls
from reader.core.errors import ReaderError
from reader.desktop import programs
from reader.desktop.programs import program_name, quoted, runs_code, split_command

_Which: TypeAlias = Callable[[str], str | None]

_PLACEHOLDER = "%s"
"""Stands for the address in an argument of ``$BROWSER``, by convention."""

_TEXT_BROWSERS = frozenset(
    {"browsh", "carbonyl", "cha", "chawan", "edbrowse", "elinks", "links", "links2", "lynx", "w3m"}
)
_WINDOWS = (("rundll32", "url.dll,FileProtocolHandler"),)
# WSL runs programs of Windows under these names. Not explorer.exe, the usual advice: it shows a folder instead if the
# address has a query.
_WSL = (("rundll32.exe", "url.dll,FileProtocolHandler"), ("wslview",))
# Those that ask the desktop for the user's choice come first.
_DESKTOP = (
    ("xdg-open",),
    ("gio", "open"),
    ("gnome-open",),
    ("kde-open",),
    ("exo-open",),
    ("sensible-browser",),
    ("x-www-browser",),
    ("firefox",),
    ("firefox-esr",),
    ("librewolf",),
    ("chromium",),
    ("chromium-browser",),
    ("google-chrome",),
    ("google-chrome-stable",),
    ("brave-browser",),
    ("vivaldi",),
    ("microsoft-edge",),
    ("opera",),
    ("epiphany",),
    ("falkon",),
    ("konqueror",),
    ("qutebrowser",),
)

_BATCH_FILES = (".bat", ".cmd")

_EXIT_STATUS_IS_MEANINGLESS = frozenset({"explorer"})  # always 1


@dataclass(frozen=True, slots=True)
class Browser:
    """A program that shows web pages."""

    argv: tuple[str, ...]
    """The path of the program and its arguments; ``%s`` in an argument stands for the address."""
    name: str
    """The name of the program, for messages."""
    in_terminal: bool
    """Whether it draws in the terminal and needs :func:`run_in_terminal` instead of :func:`open_url`."""


def find_browser(
    environ: Mapping[str, str], platform: str = sys.platform, which: _Which = shutil.which
) -> Browser | None:
    """Return the browser to use; None if there is none, or no screen to show one on.

    ``$BROWSER`` decides if it is set: the first available of its alternatives, separated by ``:`` (on Windows
    ``;``). Otherwise it is the program with which the platform opens addresses. There is none on a text console or
    over SSH without a forwarded display, where the user would not see the window. Text browsers are only used if
    ``$BROWSER`` names them.

    Raises ReaderError if ``$BROWSER`` is set and cannot be used.
    """
    alternatives = _alternatives(environ.get("BROWSER", ""), platform)
    if alternatives:
        return _first_usable(alternatives, platform, which)
    for argv in _defaults(environ, platform):
        if program := which(argv[0]):
            return _browser(program, argv[1:])
    return None


def command(browser: Browser, url: str) -> list[str]:
    """Return the argument list that opens ``url``. Raises ReaderError if ``url`` may not be opened."""
    address = urls.safe_url(url)
    program, *arguments = browser.argv
    if not any(_PLACEHOLDER in argument for argument in arguments):
        return [program, *arguments, address]
    return [program, *(argument.replace(_PLACEHOLDER, address) for argument in arguments)]


def open_url(browser: Browser, url: str, *, patience: float = 1.0) -> None:
    """Start ``browser`` with ``url``, detached from our terminal, and leave it running.

    Blocks for at most ``patience`` seconds to notice a failure: call it from a worker thread.

    Raises ReaderError if ``url`` may not be opened, the program cannot be started, or it ends within ``patience``
    with an exit status other than 0.
    """
    arguments = command(browser, url)
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_stable_folder(),
            close_fds=True,
            start_new_session=True,  # no Ctrl+C, hangup or access to our terminal
        )
    except OSError as error:
        raise _cannot_start(browser, error) from error
    try:
        status = process.wait(patience)
    except subprocess.TimeoutExpired:
        # Collect its exit status, or it stays a zombie as long as this process runs.
        threading.Thread(target=process.wait, name=f"reap {browser.name}", daemon=True).start()
        return
    _check(browser, status)


def run_in_terminal(browser: Browser, url: str) -> None:
    """Run ``browser`` with ``url`` in our terminal until it ends.

    Call it from the main thread, with the screen suspended. Ctrl+C and Ctrl+\\ go to the browser alone.

    Raises ReaderError if ``url`` may not be opened, the program cannot be started, or its exit status is not 0.
    """
    arguments = command(browser, url)
    try:
        status = programs.run_in_terminal(arguments)
    except OSError as error:
        raise _cannot_start(browser, error) from error
    _check(browser, status)


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
    # "firefox &" keeps a browser from blocking a caller that waits, which we do not.
    return [part for part in (part.strip().removesuffix("&").rstrip() for part in parts) if part]


def _first_usable(alternatives: list[str], platform: str, which: _Which) -> Browser:
    """Return the first alternative that can be used; if there is none, raise the error of the first."""
    problems: list[ReaderError] = []
    for alternative in alternatives:
        try:
            return _from_words(split_command(alternative, "BROWSER", platform), platform, which)
        except ReaderError as error:
            problems.append(error)
    raise problems[0]


def _from_words(words: list[str], platform: str, which: _Which) -> Browser:
    if runs_code(words):
        raise ReaderError(
            f"BROWSER is set to {quoted(' '.join(words))}, which makes a shell or interpreter run a string.",
            "Set it to a browser, or to a script that takes the address as its argument.",
        )
    name = words[0] if words else ""
    program = which(name) if name else None
    if program is None:
        what = "is not an executable program" if "/" in name or "\\" in name else "is not on the PATH"
        raise ReaderError(f"BROWSER names {quoted(name)}, which {what}.", _HINT)
    if platform in ("win32", "cygwin") and program.lower().endswith(_BATCH_FILES):
        # Windows runs these with cmd.exe, which takes "&" in an address for the end of the command.
        raise ReaderError(f"BROWSER names {quoted(name)}, a batch file, which Windows runs in a shell.", _HINT)
    return _browser(program, tuple(words[1:]))


def _browser(program: str, arguments: tuple[str, ...]) -> Browser:
    if "/" in program:
        program = str(Path(program).absolute())  # it is started in another folder
    name = program_name(program)
    return Browser(
        argv=(program, *arguments),
        name=text.clean(name),
        in_terminal=name in _TEXT_BROWSERS,
    )


# Starting it.


def _stable_folder() -> str:
    """Return a folder to run in: the current one may be removed, or be on a disk that is to be unmounted."""
    try:
        home = Path.home()
    except RuntimeError:  # unknown to HOME and the user database
        return "/"
    return str(home) if os.access(home, os.X_OK) and home.is_dir() else "/"


_HINT = "Set BROWSER to a browser that is installed, or unset it."


def _check(browser: Browser, status: int) -> None:
    if status == 0 or browser.name in _EXIT_STATUS_IS_MEANINGLESS:
        return
    how = f"exit status {status}" if status > 0 else f"ended by signal {-status}"
    raise ReaderError(f"{browser.name} failed ({how}).", "Set BROWSER to another browser, or copy the address.")


def _cannot_start(browser: Browser, error: OSError) -> ReaderError:
    return ReaderError(f"{browser.name} could not be started: {text.clean(error.strerror or str(error))}.", _HINT)
