"""Programs that the person has named in the environment: reading how, and running them without a shell."""

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
# -c, -e, -E, -p (node) and -r (php), also among other letters (-lc) and with the code attached (-e'...'); -Command
# and -EncodedCommand come under it too. A harmless option refused is better than code run.
_RUNS_STRING = re.compile(r"-[A-Za-z]*[cCeEpPrR]|--(?:command|eval|print|run|init-command)\b")
_REFUSED_ALWAYS = frozenset({"cmd", "deno"})  # find an order, or a program, in the address itself
_ENV_SPLITS = re.compile(r"-[A-Za-z0]*S|--split-string\b")


def split_command(line: str, variable: str, platform: str = sys.platform) -> list[str]:
    """Return the words of a command line that an environment variable holds. Raises ReaderError."""
    # In the POSIX manner the backslashes of a Windows path would be escapes.
    try:
        found = shlex.split(line, posix=platform != "win32")
    except ValueError as error:
        raise ReaderError(
            f"{variable} is set to {quoted(line)}, where a quote is not closed.", f"Set {variable} anew, or unset it."
        ) from error
    return [word.strip("\"'") for word in found] if platform == "win32" else found


def runs_code(words: Sequence[str]) -> bool:
    """Return whether some word is a shell or interpreter that would run a string, or what follows.

    Any word, since env, nohup, busybox, a terminal's -e and the like pass on what follows them.
    """
    for at, word in enumerate(words):
        name = program_name(word)
        rest = words[at + 1 :]
        if name in _REFUSED_ALWAYS:
            return True
        if _INTERPRETER.fullmatch(name) and any(_RUNS_STRING.match(option) for option in rest):
            return True
        if name == "env" and any(_ENV_SPLITS.match(option) for option in rest):
            return True
    return False


def program_name(program: str) -> str:
    """Return a program's name without folder and ``.exe``; Windows' rules for paths hold POSIX's too."""
    return PureWindowsPath(program).name.lower().removesuffix(".exe")


def quoted(value: str) -> str:
    """Return what a variable holds to be shown, in quotes."""
    return f"'{truncate(clean(value), 60)}'"


_running: set[subprocess.Popen[bytes]] = set()
"""Those that have our terminal."""


def run_in_terminal(arguments: Sequence[str]) -> int:
    """Run a program in our terminal, and return its exit status when it ends.

    From the main thread; Ctrl-C and Ctrl-\\ are the program's meanwhile, as POSIX has it for ``system()``. Raises
    OSError when it cannot be started.
    """
    with keys_left_to_the_child():
        process = subprocess.Popen(arguments)
        _running.add(process)
        try:
            return process.wait()
        finally:
            _running.discard(process)


def end_what_runs_in_terminal() -> None:
    """Ask the program that has our terminal to end, as we are asked to; for any thread."""
    for process in list(_running):
        process.terminate()


@contextmanager
def keys_left_to_the_child() -> Iterator[None]:
    """Let SIGINT and SIGQUIT pass us by, but not a child started within.

    With a handler that does nothing rather than SIG_IGN: a program that is started inherits
    what is ignored, whereas what is caught goes back to the default (POSIX, ``exec``). No-op
    outside the main thread, which alone may set handlers.
    """
    keys = [signal.SIGINT]
    if sys.platform != "win32":
        keys.append(signal.SIGQUIT)
    before = {key: signal.getsignal(key) for key in keys}
    if threading.current_thread() is not threading.main_thread() or None in before.values():
        yield
        return
    for key in keys:
        signal.signal(key, _nothing)
    try:
        yield
    finally:
        for key, handler in before.items():
            signal.signal(key, handler)


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    pass
