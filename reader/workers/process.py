"""Child processes that run a module of the package and exchange messages with this process through pipes.

A message is a plain value (see :mod:`marshal`), preceded by its length in bytes. Both sides are here: this process
uses :class:`ManagedProcess`, the child :class:`ParentConnection`.
"""

from __future__ import annotations

import contextlib
import logging
import marshal
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

MAX_MESSAGE = 64 << 20
"""Bytes of the largest message that is read."""
LOW_PRIORITY = 5
"""Added to the nice value of background processes, so that the screen comes first."""
_LOG = "log"
_LENGTH = struct.Struct("<I")
_SECONDS_UNTIL_KILLED = 0.2
_PACKAGES = str(Path(__file__).resolve().parents[2])
# With -P and the import paths of this process: the current folder may contain documents, and nothing is imported from
# it.
_BOOT = (
    "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
    "from importlib import import_module; import_module(sys.argv.pop(1)).main()"
)


class ProcessEndedError(Exception):
    """The other end of a pipe is gone, or has sent something that is not a message."""


def write_message(value: Any, pipe: IO[bytes]) -> None:
    """Write a plain value. Raises ProcessEndedError."""
    try:
        data = marshal.dumps(value)
        pipe.write(_LENGTH.pack(len(data)) + data)
        pipe.flush()
    except (OSError, ValueError) as error:  # ValueError: the pipe is closed, or the value is not plain
        raise ProcessEndedError from error


def read_message(pipe: IO[bytes]) -> Any:
    """Wait for a message and return its value. Raises ProcessEndedError."""
    try:
        (length,) = _LENGTH.unpack(_read_exactly(pipe, _LENGTH.size))
        if length > MAX_MESSAGE:
            raise ProcessEndedError(f"a message of {length:,} bytes")
        # Read at once: marshal.load() would ask the pipe for every single value.
        return marshal.loads(_read_exactly(pipe, length))  # noqa: S302 - written by newsreader itself
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise ProcessEndedError from error


def _read_exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def event_message(event: tuple[Any, ...]) -> tuple[str, Any]:
    """Return a named tuple as a message: the name of its class and its values."""
    return type(event).__name__, _to_plain(event)


def _to_plain(value: Any) -> Any:
    return tuple(map(_to_plain, value)) if isinstance(value, tuple) else value


def command_line(module: str, *arguments: str) -> list[str]:
    """Return the command that runs ``main()`` of a module with the packages of this process."""
    paths = [path for path in sys.path if path]
    if _PACKAGES not in paths:
        paths.append(_PACKAGES)
    return [sys.executable, "-P", "-c", _BOOT, "\n".join(paths), module, *arguments]


class ManagedProcess(subprocess.Popen[bytes]):
    """A child process that runs ``main()`` of a module."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Start the process. Raises OSError."""
        super().__init__(
            command_line(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C in the terminal is for this process alone
        )
        assert self.stdin is not None
        assert self.stdout is not None
        self._requests: IO[bytes] = self.stdin
        self._answers: IO[bytes] = self.stdout
        self._ending = threading.Lock()

    def wait_at_most(self, seconds: float) -> int | None:
        """Wait for the end and return the exit status, negative for a signal; None if it still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(seconds)
        return None

    def send(self, value: Any) -> None:
        """Send a message. Raises ProcessEndedError."""
        write_message(value, self._requests)

    def receive(self) -> Any:
        """Wait for a message and return its value. Raises ProcessEndedError."""
        return read_message(self._answers)

    def events(self, log: logging.Logger) -> Iterator[tuple[str, Any]]:
        """Yield the events of the process, as (kind, values), and write its log records to ``log``.

        Raises ProcessEndedError when there are no more, TypeError or ValueError if the process sends something else.
        """
        while True:
            kind, values = self.receive()
            if kind == _LOG:
                log.log(values[0], "%s", values[1])
            else:
                yield kind, values

    def end(self) -> None:
        """Kill the process and close its pipes; a process that waits for a disk ends when the disk answers."""
        with self._ending:  # two threads may end it, and a pipe must not be closed by both at once
            self.kill()
            if self.wait_at_most(_SECONDS_UNTIL_KILLED) is None:
                return  # a thread may be reading from a pipe, and closing it would wait for that thread
            for pipe in (self._requests, self._answers):
                with contextlib.suppress(OSError):
                    pipe.close()


class ProcessGroup:
    """The processes of one owner. Closing the group ends them, and no further process can be started."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self.processes: set[ManagedProcess] = set()
        """Those that were started and not ended by :meth:`end`."""
        self._closed = False

    def start(self, module: str, *arguments: str) -> ManagedProcess:
        """Start a process that runs ``main()`` of ``module``. Raises OSError, also if the group is closed."""
        process = ManagedProcess(module, *arguments)
        with self._guard:
            if not self._closed:
                self.processes.add(process)
                return process
        process.end()
        raise OSError("closed")

    def end(self, process: ManagedProcess) -> None:
        """End one process."""
        with self._guard:
            self.processes.discard(process)
        process.end()

    def close(self) -> None:
        """End all processes at once."""
        with self._guard:
            self._closed = True
            processes, self.processes = self.processes, set()
        for process in processes:
            process.end()


class ParentConnection:
    """The pipes from a child process to the process that started it. Any thread may send."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._guard = threading.Lock()

    @classmethod
    def open(cls) -> ParentConnection:
        """Take over the standard streams of this process. What a library prints from now on is discarded."""
        answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        return cls(sys.stdin.buffer, answers)

    def receive(self) -> Any:
        """Wait for a message and return its value. Raises ProcessEndedError when the parent is gone."""
        return read_message(self._requests)

    def send(self, value: Any) -> None:
        """Send a message. Ends this process if the parent is gone."""
        with self._guard:
            try:
                write_message(value, self._answers)
            except ProcessEndedError as error:
                if isinstance(error.__cause__, OSError):
                    os._exit(0)
                raise

    def forward_logs(self) -> None:
        """Send warnings and errors that are logged in this process to the parent, which has the log file."""
        logging.getLogger().addHandler(_ParentHandler(self))

    def serve(self, handle: Callable[[Any], object]) -> None:
        """Pass each message to ``handle`` in a thread, and end this process when the parent is gone.

        The process ends at once then: running work may be waiting for a disk.
        """

        def listen() -> None:
            with contextlib.suppress(ProcessEndedError):
                while True:
                    handle(self.receive())
            os._exit(0)

        threading.Thread(target=listen, name="commands", daemon=True).start()


class _ParentHandler(logging.Handler):
    """Sends log records to the parent process."""

    def __init__(self, parent: ParentConnection) -> None:
        super().__init__(logging.WARNING)
        self._parent = parent

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        self._parent.send((_LOG, (record.levelno, self.format(record))))


def lower_priority(by: int = LOW_PRIORITY) -> None:
    """Lower the scheduling priority of this process, so that other programs come first."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(by)
