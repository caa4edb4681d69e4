"""Programs that settings or environment variables name: parsing the command line, and running it without a shell."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PureWindowsPath

from reader.config.declarations import command_words
from reader.core.errors import ReaderError
from reader.core.text import clean, truncate

_INTERPRETER = re.compile(
    r"(?:sh|ash|bash|csh|dash|fish|ksh|mksh|tcsh|zsh|powershell|pwsh|python|pypy|perl|ruby|node|bun|php|lua|osascript)"
    r"w?[\d.]*"  # pythonw, python3.12
)
# -c, -e, -E, -p (node) and -r (php), also among other letters (-lc) and with the code attached (-e'...'); includes
# -Command and -EncodedCommand. Refusing a harmless option is better than running code.
_RUNS_STRING = re.compile(r"-[A-Za-z]*[cCeEpPrR]|--(?:command|eval|print|run|init-command)\b")
_ALWAYS_REFUSED = frozenset({"cmd", "deno"})  # would run a command or program from the URL itself
_ENV_SPLITS = re.compile(r"-[A-Za-z0]*S|--split-string\b")


def find_program(
    command: str | Sequence[str],
    variable: str,
    hint: str,
    which: Callable[[str], str | None],
    platform: str = sys.platform,
) -> list[str]:
    """Return the program that a command line or its words name, as a path, and its arguments.

    ``variable`` is the environment variable or setting that they are from. Raises ReaderError, with ``hint``, if the
    program is not installed or would run code.
    """
    line = command if isinstance(command, str) else shlex.join(command)
    try:
        words = command_words(command, platform)
    except ValueError as error:
        raise ReaderError(f"{variable} is set to {_quoted(line)}, which has an unclosed quote.", hint) from error
    if _runs_code(words):
        problem = f"{variable} is set to {_quoted(line)}, which runs a string as code in a shell or interpreter."
        raise ReaderError(problem, hint)
    name = words[0] if words else ""
    program = which(name) if name else None
    if program is None:
        what = "is not an executable program" if "/" in name or "\\" in name else "is not on the PATH"
        raise ReaderError(f"{variable} names {_quoted(name)}, which {what}.", hint)
    return [program, *words[1:]]


def _runs_code(words: Sequence[str]) -> bool:
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


def _quoted(value: str) -> str:
    """Return the value of a variable for a message, in quotes."""
    return f"'{truncate(clean(value), 60)}'"


_foreground: set[subprocess.Popen[bytes]] = set()
"""Programs that use the terminal."""


def run_in_terminal(arguments: Sequence[str]) -> int:
    """Run a program in the terminal and return its exit status.

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


def end_foreground(patience: float = 0.2) -> None:
    """End the program that uses the terminal, by force if it has not ended after ``patience`` seconds.

    Any thread but the one that waits for it may call this.
    """
    for process in list(_foreground):
        process.terminate()
    deadline = time.monotonic() + patience
    while _foreground and time.monotonic() < deadline:
        time.sleep(0.01)
    for process in list(_foreground):
        process.kill()


@contextmanager
def signals_for_child() -> Iterator[None]:
    """Ignore SIGINT and SIGQUIT in this process, but not in a child that is started in the block.

    It installs an empty handler instead of SIG_IGN: a child inherits ignored signals, while caught ones return to
    their default (POSIX, ``exec``). Outside the main thread, which alone may set handlers, it does nothing.
    """
    names = ("SIGINT", "SIGQUIT")  # Windows has no SIGQUIT
    handlers = {each: signal.getsignal(each) for each in signal.Signals if each.name in names}
    if threading.current_thread() is not threading.main_thread() or None in handlers.values():
        yield
        return
    for each in handlers:
        signal.signal(each, lambda *_: None)
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
