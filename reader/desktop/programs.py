"""Programs that environment variables name: parsing the command line, and running it without a shell."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PureWindowsPath
from types import FrameType

from reader.core.errors import ReaderError
from reader.core.text import clean, truncate

_INTERPRETER = re.compile(
    r"(?:sh|ash|bash|csh|dash|fish|ksh|mksh|tcsh|zsh|powershell|pwsh|python|pypy|perl|ruby|node|bun|php|lua|osascript)"
    r"w?[\d.]*"  # pythonw, python3.12
)
# -c, -e, -E, -p (node) and -r (php), also among other letters (-lc) and with the code attached (-e'...'); includes
# -Command and -EncodedCommand. Refusing a harmless option is better than running code.
_RUNS_STRING = re.compile(r"-[A-Za-z]*[cCeEpPrR]|--(?:command|eval|print|run|init-command)\b")
_ALWAYS_REFUSED = frozenset({"cmd", "deno"})  # would run a command or program from the address itself
_ENV_SPLITS = re.compile(r"-[A-Za-z0]*S|--split-string\b")


def split_command(line: str, variable: str, platform: str = sys.platform) -> list[str]:
    """Return the words of the command line in an environment variable. Raises ReaderError."""
    # In POSIX mode, the backslashes of a Windows path would be escapes.
    try:
        words = shlex.split(line, posix=platform != "win32")
    except ValueError as error:
        raise ReaderError(
            f"{variable} is set to {quoted(line)}, which has an unclosed quote.", f"Set {variable} again, or unset it."
        ) from error
    return [word.strip("\"'") for word in words] if platform == "win32" else words


def runs_code(words: Sequence[str]) -> bool:
    """Return whether a word is a shell or interpreter that would run a string.

    Any word may be one, because env, nohup, busybox and others run what follows them.
    """
    for index, word in enumerate(words):
        name = program_name(word)
        options = words[index + 1 :]
        if name in _ALWAYS_REFUSED:
            return True
        if _INTERPRETER.fullmatch(name) and any(_RUNS_STRING.match(option) for option in options):
            return True
        if name == "env" and any(_ENV_SPLITS.match(option) for option in options):
            return True
    return False


def program_name(program: str) -> str:
    """Return the name of a program without folder and ``.exe``; Windows path rules include those of POSIX."""
    return PureWindowsPath(program).name.lower().removesuffix(".exe")


def quoted(value: str) -> str:
    """Return the value of a variable for a message, in quotes."""
    return f"'{truncate(clean(value), 60)}'"


_foreground: set[subprocess.Popen[bytes]] = set()
"""Programs that use our terminal."""


def run_in_terminal(arguments: Sequence[str]) -> int:
    """Run a program in our terminal and return its exit status.

    Call it from the main thread. Ctrl+C and Ctrl+\\ go to the program alone, as POSIX specifies for ``system()``.
    Raises OSError if it cannot be started.
    """
    with signals_for_child():
        process = subprocess.Popen(arguments)
        _foreground.add(process)
        try:
            return process.wait()
        finally:
            _foreground.discard(process)


def terminate_foreground() -> None:
    """Ask the program that uses our terminal to end. Any thread may call it."""
    for process in list(_foreground):
        process.terminate()


@contextmanager
def signals_for_child() -> Iterator[None]:
    """Ignore SIGINT and SIGQUIT in this process, but not in a child that is started in the block.

    It installs an empty handler instead of SIG_IGN: a child inherits ignored signals, while caught ones return to
    their default (POSIX, ``exec``). Outside the main thread, which alone may set handlers, it does nothing.
    """
    signals = [signal.SIGINT]
    if sys.platform != "win32":
        signals.append(signal.SIGQUIT)
    handlers = {each: signal.getsignal(each) for each in signals}
    if threading.current_thread() is not threading.main_thread() or None in handlers.values():
        yield
        return
    for each in signals:
        signal.signal(each, _ignore)
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    pass
