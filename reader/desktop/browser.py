"""Opening an address in the person's own browser.

Not with the standard library's ``webbrowser``: that hands file names and options on to
the browser, takes a shell command from ``$BROWSER``, waits for some browsers to end, and
lets them write on our screen. Here an address passes :func:`reader.core.urls.safe_url`, is one
argument of one program, and no shell is ever started.

Which program is decided by :func:`find_browser`, from plain data; :func:`open_url` and
:func:`run_in_terminal` start it.
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

_PLACE = "%s"
"""Where the address goes in an argument of ``$BROWSER``, by that variable's convention."""

_TEXT_BROWSERS = frozenset(
    {"browsh", "carbonyl", "cha", "chawan", "edbrowse", "elinks", "links", "links2", "lynx", "w3m"}
)
_WINDOWS = (("rundll32", "url.dll,FileProtocolHandler"),)
# Windows' programs by the name that WSL runs them under. Not explorer.exe, the usual advice: it shows a folder
# instead when the address has a query.
_WSL = (("rundll32.exe", "url.dll,FileProtocolHandler"), ("wslview",))
# Those that ask the desktop for the person's choice come first.
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

_EXIT_STATUS_SAYS_NOTHING = frozenset({"explorer"})  # 1, whatever came of it


@dataclass(frozen=True, slots=True)
class Browser:
    """A program that shows an address."""

    argv: tuple[str, ...]
    """The program as it was found, and its arguments; ``%s`` in one of these stands for the address."""
    name: str
    """The program's name, to show."""
    in_terminal: bool
    """Whether it draws in the terminal: for :func:`run_in_terminal` then, else for :func:`open_url`."""


def find_browser(
    environ: Mapping[str, str], platform: str = sys.platform, which: _Which = shutil.which
) -> Browser | None:
    """Return the browser to use, or None when there is none or no screen to show one on.

    ``$BROWSER`` decides where it is set: alternatives with ``:`` (on Windows ``;``) between
    them, of which the first that is there wins. Otherwise it is what the platform opens addresses
    with; on a text console, or over ssh without a forwarded display, there is nothing then,
    since the window would open where nobody sits. Text browsers are used only by name.

    Raises ReaderError when ``$BROWSER`` is set and nothing in it can be used.
    """
    wanted = _alternatives(environ.get("BROWSER", ""), platform)
    if wanted:
        return _chosen(wanted, platform, which)
    for argv in _defaults(environ, platform):
        if program := which(argv[0]):
            return _browser(program, argv[1:])
    return None


def command(browser: Browser, url: str) -> list[str]:
    """Return the argument list that shows ``url``, in the form of :func:`reader.core.urls.safe_url`.

    Raises ReaderError when ``url`` may not be opened.
    """
    address = urls.safe_url(url)
    program, *arguments = browser.argv
    if not any(_PLACE in argument for argument in arguments):
        return [program, *arguments, address]
    return [program, *(argument.replace(_PLACE, address) for argument in arguments)]


def open_url(browser: Browser, url: str, *, patience: float = 1.0) -> None:
    """Start ``browser`` with ``url``, apart from our terminal, and leave it running.

    Blocks for at most ``patience`` seconds, in which a failure is still noticed: call it
    from a worker thread. The browser sees no terminal, cannot write on our screen, and
    outlives us.

    Raises ReaderError when ``url`` may not be opened, the program cannot be started, or
    it ends within ``patience`` with an exit status other than 0.
    """
    arguments = command(browser, url)
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_somewhere(),
            close_fds=True,
            start_new_session=True,  # neither Ctrl-C nor the end of our terminal reaches it, nor can it open that
        )
    except OSError as error:
        raise _cannot_start(browser, error) from error
    try:
        status = process.wait(patience)
    except subprocess.TimeoutExpired:
        # Somebody has to collect its exit status, or it stays a zombie for as long as we run.
        threading.Thread(target=process.wait, name=f"reap {browser.name}", daemon=True).start()
        return
    _check(browser, status)


def run_in_terminal(browser: Browser, url: str) -> None:
    """Run ``browser`` with ``url`` in our terminal, and return when it ends.

    The caller suspends its own screen first, and calls from the main thread. Ctrl-C and
    Ctrl-\\ are the browser's meanwhile, as POSIX has it for ``system()``.

    Raises ReaderError when ``url`` may not be opened, the program cannot be started, or
    its exit status is not 0.
    """
    arguments = command(browser, url)
    try:
        status = programs.run_in_terminal(arguments)
    except OSError as error:
        raise _cannot_start(browser, error) from error
    _check(browser, status)


# --- which -----------------------------------------------------------------------------------


def _defaults(environ: Mapping[str, str], platform: str) -> tuple[tuple[str, ...], ...]:
    """Return the programs to try, best first, by what the environment says about platform and screen."""
    desktop = _DESKTOP if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") else ()
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        # Only X and Wayland come through to where the person sits. "open" and the like act on the far screen.
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
    # Not os.pathsep: the decision is about ``platform``. Windows' paths hold a colon.
    parts = value.split(";" if platform == "win32" else ":")
    # "firefox &" was the way to keep a browser from blocking its caller; we never wait for one.
    return [part for part in (part.strip().removesuffix("&").rstrip() for part in parts) if part]


def _chosen(alternatives: list[str], platform: str, which: _Which) -> Browser:
    """Return the first alternative that can be used; when there is none, raise what is wrong with the first."""
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
            "Name a browser, or a script that takes the address as its argument.",
        )
    name = words[0] if words else ""
    program = which(name) if name else None
    if program is None:
        what = "is not a program that can be run" if "/" in name or "\\" in name else "is not on the PATH"
        raise ReaderError(f"BROWSER names {quoted(name)}, which {what}.", _HINT)
    if platform in ("win32", "cygwin") and program.lower().endswith(_BATCH_FILES):
        # Windows starts these with cmd.exe, which reads "&" in an address as the end of the command.
        raise ReaderError(f"BROWSER names {quoted(name)}, a batch file, which Windows runs in a shell.", _HINT)
    return _browser(program, tuple(words[1:]))


def _browser(program: str, arguments: tuple[str, ...]) -> Browser:
    if "/" in program:
        program = str(Path(program).absolute())  # it is started in another folder than ours
    name = program_name(program)
    return Browser(
        argv=(program, *arguments),
        name=text.clean(name),
        in_terminal=name in _TEXT_BROWSERS,
    )


# --- starting --------------------------------------------------------------------------------


def _somewhere() -> str:
    """Return a folder to run in that stays: ours may be on a disk that is to be unmounted, or be removed."""
    try:
        home = Path.home()
    except RuntimeError:  # neither HOME nor the user database names one
        return "/"
    return str(home) if os.access(home, os.X_OK) and home.is_dir() else "/"


# --- what went wrong -------------------------------------------------------------------------

_HINT = "Set BROWSER to a browser that is installed, or unset it."


def _check(browser: Browser, status: int) -> None:
    if status == 0 or browser.name in _EXIT_STATUS_SAYS_NOTHING:
        return
    how = f"exit status {status}" if status > 0 else f"ended by signal {-status}"
    raise ReaderError(f"{browser.name} failed ({how}).", "Set BROWSER to use another browser, or copy the address.")


def _cannot_start(browser: Browser, error: OSError) -> ReaderError:
    return ReaderError(f"{browser.name} could not be started: {text.clean(error.strerror or str(error))}.", _HINT)
