"""A terminal for the real command: a pty that pyte reads, with a keyboard and a size."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

TOP = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds to wait for something that should come at once; a busy machine takes its time."""
KEYS = {
    **{"enter": "\r", "esc": "\x1b", "tab": "\t", "backspace": "\x7f", "ctrl+c": "\x03", "ctrl+p": "\x10"},
    **{"down": "\x1b[B", "up": "\x1b[A", "space": " "},
}
# pyte knows no private forms of these, and would print their tails.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[P_].*?\x1b\\", re.DOTALL)

_BEGUN = re.compile(rb"\x1b(?:[P_].*)?\Z", re.DOTALL)


class Terminal:
    """The command `python -m reader ...`, or another program of Python's, in a terminal of its own."""

    def __init__(
        self,
        *arguments: str | Path,
        columns: int = 120,
        lines: int = 36,
        environ: Mapping[str, str] | None = None,
        program: tuple[str, str] = ("-m", "reader"),
        leads: bool = True,
        cell: tuple[int, int] = (0, 0),
    ) -> None:
        """``cell`` is how many pixels each has; nothing is known of that where they are none."""
        self._cell = cell
        self.raw = b""
        """Every byte the command has sent to the terminal."""
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._held = b""
        """The beginning of something unknown to pyte, of which the end has not come yet."""
        self._master, slave = pty.openpty()
        self._set_size(columns, lines)
        self.before = termios.tcgetattr(slave)
        usual = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(TOP), "TZ": "UTC"}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "NO_COLOR", "TEXTUAL_DRIVER", "COLUMNS", "LINES"):
            usual.pop(name, None)
        self._slave = slave
        self.process = subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=TOP,
            env={**usual, "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", **(environ or {})},
            start_new_session=True,
            # So that it is this command's own terminal, /dev/tty included; one system call, no threads to mind.
            # Without, the system does not tell it when the terminal goes away.
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if leads else None,  # noqa: PLW1509
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed or its connection breaks."""
        for end in (self._slave, self._master):
            with contextlib.suppress(OSError):  # closed before
                os.close(end)
        self._slave = self._master = -1

    @property
    def unread(self) -> int:
        """How many bytes the terminal holds that were not read yet."""
        return int.from_bytes(fcntl.ioctl(self._master, termios.FIONREAD, bytes(4)), sys.byteorder)

    def _set_size(self, columns: int, lines: int) -> None:
        wide, high = self._cell
        size = struct.pack("HHHH", lines, columns, columns * wide, lines * high)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def resize(self, columns: int, lines: int) -> None:
        self._read(0)
        self.screen.resize(lines, columns)
        self._set_size(columns, lines)
        os.kill(self.process.pid, signal.SIGWINCH)

    def send(self, text: str) -> None:
        os.write(self._master, text.encode())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.send(KEYS.get(key, key))

    def _read(self, seconds: float) -> bool:
        """Take in what has come, waiting for it at most so long; whether anything came."""
        came = False
        while select.select([self._master], [], [], 0 if came else seconds)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux says so when the other end is closed
                return came
            if not data:
                return came
            came = True
            self.raw += data
            known = _UNKNOWN_TO_PYTE.sub(b"", self._held + data)
            begun = _BEGUN.search(known)
            self._held = known[begun.start() :] if begun else b""
            self._stream.feed(known[: begun.start()] if begun else known)
        return came

    @property
    def lines(self) -> list[str]:
        return list(self.screen.display)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait(self, true: Callable[[], object] | str) -> None:
        """Read until the screen shows a text, or until something is true."""
        is_there = (lambda: true in self.text) if isinstance(true, str) else true
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            self._read(0.05)
            if is_there():
                return
            assert self.process.poll() is None, f"it ended ({self.process.returncode}) without {true!r}:\n{self.text}"
            assert time.monotonic() < deadline, f"{true!r} did not come:\n{self.text}"

    def end(self) -> int:
        """Read on until the command ends, and return its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            self._read(0.05)
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        self._read(0.05)
        return self.process.returncode
