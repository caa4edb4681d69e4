"""Programs that settings or environment variables name: parsing the command line, and running it without a shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PureWindowsPath
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from typing import IO, TypeAlias

from reader.config.declarations import command_words
from reader.core.errors import ReaderError, describe_error
from reader.core.text import clean, truncate

_INTERPRETER = re.compile(
    r"(?:sh|ash|bash|csh|dash|fish|ksh|mksh|tcsh|zsh|powershell|pwsh|python|pypy|perl|ruby|node|bun|php|lua|osascript)"
    r"w?[\d.]*"  # pythonw, python3.12
)
# -c, -e, -E, -p (node) and -r (php), also among other letters (-lc) and with the code attached (-e'...'); includes
# -Command and -EncodedCommand. Refusing a harmless option is better than running code.
_RUNS_STRING = re.compile(r"-[A-Za-z]*[cCeEpPrR]|--(?:command|eval|print|run|init-command)\b")
_ALWAYS_REFUSED = frozenset({"cmd", "deno"})  # would run a command or program from the URL itself
_FIELD = re.compile(r"\{(\w+)\}")
_PLACEHOLDER = "%s"
"""Stands for a URL or file in an argument, by the convention of ``$BROWSER``."""
_OPTION = frozenset("-+@")
"""What options begin with, or words that stand for a command or a file."""
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_MAX_VALUE = 10_000
"""Characters of a field that are passed on: an argument must not be longer than 128 KiB."""
Stream: TypeAlias = IO[bytes] | None
"""An open file; None for none."""
_KEPT_ERRORS = 1 << 20
"""Bytes of a program's standard error that are kept, in a file that nobody sees, while this process runs."""
_MAX_ERRORS = 1 << 24
"""The same for a program that outlives this process; what it writes after that is refused."""
_LONGEST_PAUSE = 1.0
"""Seconds between two looks at a program that runs for long."""
_ENV_SPLITS = re.compile(r"-[A-Za-z0]*S|--split-string\b")


def find_program(
    command: str | Sequence[str],
    variable: str,
    hint: str,
    which: Callable[[str], str | None] = shutil.which,
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
_SECONDS_BETWEEN_SIGNALS = 0.25
"""How long a signal may wait while a program uses the terminal."""


def fill_in(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return the words of a command with ``{name}`` replaced by the value of that name.

    What a document says never becomes an option, or a command as +… in vi and less: a space goes before it.
    """
    filled = [
        _FIELD.sub(lambda found: values.get(found[1], found[0])[:_MAX_VALUE].replace("\0", ""), word) for word in words
    ]
    return [
        f" {new}" if new[:1] in _OPTION and new[:1] != word[:1] else new
        for word, new in zip(words, filled, strict=True)
    ]


def with_target(arguments: Sequence[str], target: str) -> list[str]:
    """Return a program and its arguments with a URL or file in place of ``%s``, or else at the end."""
    program, *others = arguments
    if not any(_PLACEHOLDER in argument for argument in others):
        return [program, *others, target]
    return [program, *(argument.replace(_PLACEHOLDER, target) for argument in others)]


def start_detached(arguments: Sequence[str], stdin: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
    """Start a program detached from the terminal, in the home folder; it outlives this process.

    Raises OSError if it cannot be started.
    """
    return subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if stderr is None else stderr,
        cwd=_home_folder(),
        close_fds=True,
        start_new_session=True,  # no Ctrl+C, hangup or access to the terminal
    )


def _home_folder() -> str:
    """Return a folder to run in: the current one may be deleted, or on a disk that will be unmounted."""
    try:
        home = Path.home()
    except RuntimeError:  # unknown to HOME and the user database
        return "/"
    return str(home) if os.access(home, os.X_OK) and home.is_dir() else "/"


def describe_status(status: int) -> str:
    """Return how a program failed."""
    return f"exit status {status}" if status > 0 else f"ended by signal {-status}"


def run_in_terminal(arguments: Sequence[str], stdin: Stream = None) -> int:
    """Run a program in the terminal as a shell does, and return its exit status.

    It is the foreground job: Ctrl+C and Ctrl+\\ are for it alone, and signals to this process are not for it. If it is
    suspended, so is this process. Call this from the main thread. Raises OSError if the program cannot be started.
    """
    is_foreground = threading.current_thread() is threading.main_thread() and _has_terminal()
    process = subprocess.Popen(arguments, stdin=stdin, process_group=0)
    _foreground.add(process)
    try:
        return _wait_for_job(process) if is_foreground else process.wait()
    finally:
        _foreground.discard(process)


def _has_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:  # standard input is no terminal, or that of another session
        return False


def _wait_for_job(process: subprocess.Popen[bytes]) -> int:
    """Give the terminal to the program until it ends."""
    # Without this, taking the terminal back would stop this process. A child would inherit it, so it comes afterwards.
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        while True:
            _give_terminal(process.pid)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)  # it may have wanted the terminal too early, or was suspended
            status = _next_status(process.pid)
            if status is None:  # end_foreground() noticed the end first
                return process.wait()
            if not os.WIFSTOPPED(status):
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode
            if os.WSTOPSIG(status) not in {signal.SIGTTIN, signal.SIGTTOU}:
                _give_terminal(os.getpgrp())
                _suspend()
    finally:
        _give_terminal(os.getpgrp())
        signal.signal(signal.SIGTTOU, before or signal.SIG_DFL)


def _next_status(pid: int) -> int | None:
    """Return the status of a child once it has ended or stopped, or None if somebody else has asked for it."""
    statuses: SimpleQueue[int | None] = SimpleQueue()

    def wait() -> None:
        try:
            statuses.put(os.waitpid(pid, os.WUNTRACED)[1])
        except ChildProcessError:
            statuses.put(None)

    threading.Thread(target=wait, name="job", daemon=True).start()
    while True:
        # Python handles signals in the main thread; one that comes just before a call that blocks waits for its end.
        with suppress(Empty):
            return statuses.get(timeout=_SECONDS_BETWEEN_SIGNALS)


def _give_terminal(group: int) -> None:
    with suppress(OSError):  # the terminal or the program is gone
        os.tcsetpgrp(0, group)


def _suspend() -> None:
    """Stop this job until the shell continues it. Without a shell, the system ignores that."""
    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.killpg(os.getpgrp(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, before or signal.SIG_DFL)


def end_foreground(patience: float = 0.2) -> None:
    """End the program that uses the terminal, by force if it has not ended after ``patience`` seconds.

    What it has started ends as well. Any thread but the one that waits for it may call this.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in list(_foreground):
            with suppress(OSError):  # it has just ended
                os.killpg(process.pid, number)
        deadline = time.monotonic() + patience
        while _foreground and time.monotonic() < deadline:
            time.sleep(0.01)


def _error_file() -> IO[bytes]:
    """Return a file for a standard error that stays below :data:`_MAX_ERRORS`, whoever watches, if the system can."""
    try:
        import fcntl

        file = os.fdopen(os.memfd_create("stderr", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "r+b", buffering=0)
        file.truncate(_MAX_ERRORS)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
    except (ImportError, AttributeError, OSError):  # Linux has such files
        return TemporaryFile(buffering=0)
    return file


class Command:
    """A program with the arguments and the input for one run."""

    def __init__(self, arguments: Sequence[str], title: str, data: bytes | None) -> None:
        """``title`` is its name for messages, ``data`` what it reads from its standard input, if anything."""
        self._arguments = arguments
        self._title = title
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        """A file, not a pipe: the program may outlive this process."""

    @classmethod
    def of(cls, words: Sequence[str], title: str, values: Mapping[str, str], data: bytes | None) -> Command:
        """Return the command with its fields filled in.

        Raises ReaderError if the program is not installed or would run code.
        """
        words = [os.path.expanduser(word) if word.startswith("~/") else word for word in words]
        hint = "Change run under [programs] in config.toml."
        return cls(fill_in(find_program(words, f"“{title}”", hint), values), title, data)

    def start(self) -> None:
        """Start it in the background. Raises ReaderError if that is impossible."""
        self._errors = _error_file()
        with self._input() as stdin:
            try:
                self._process = start_detached(self._arguments, stdin, self._errors)
            except OSError as error:
                raise self._not_started(error) from error

    def wait(self) -> None:
        """Wait until it ends. Raises ReaderError with the last line of its standard error if it failed."""
        assert self._process is not None and self._errors is not None, "it was started"
        pause = 0.02
        with self._errors as file:
            while (status := self._process.poll()) is None:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                if file.tell() > _KEPT_ERRORS:
                    file.seek(0)  # for the program too: the position is of the file that both have open
            end = file.tell()
            file.seek(max(0, end - 4096))
            lines = _COLOR.sub("", file.read(min(end, 4096)).decode("utf-8", "replace")).strip().splitlines()
        if status:
            said = f": {truncate(clean(lines[-1]), 200)}" if lines else "."
            raise ReaderError(f"“{self._title}” failed ({describe_status(status)}){said}")

    def run_in_terminal(self) -> None:
        """Run it in the terminal until it ends. Raises ReaderError if that failed."""
        with self._input() as stdin:
            try:
                status = run_in_terminal(self._arguments, stdin)
            except OSError as error:
                raise self._not_started(error) from error
        if status:
            raise ReaderError(f"“{self._title}” failed ({describe_status(status)}).")

    @contextmanager
    def _input(self) -> Iterator[Stream]:
        if self._data is None:
            yield None
            return
        with TemporaryFile() as file:
            file.write(self._data)
            file.seek(0)
            yield file

    def _not_started(self, error: OSError) -> ReaderError:
        return ReaderError(f"“{self._title}” could not be started: {describe_error(error)}.")
