"""A terminal for the real command: a pty whose output pyte interprets, with a keyboard and a size."""

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

from tests.e2e.fast_pyte import FastScreen, FastStream

TOP = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds to wait for something that should appear at once; a busy machine takes longer."""
KEYS = {
    **{"enter": "\r", "esc": "\x1b", "tab": "\t", "backspace": "\x7f", "ctrl+c": "\x03", "ctrl+p": "\x10"},
    **{"down": "\x1b[B", "up": "\x1b[A", "space": " "},
}
BACKGROUND_QUERY = b"\x1b]11;?\x07"
# pyte does not know the private forms of these sequences and would print their ends.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[P_].*?\x1b\\", re.DOTALL)

_BEGUN = re.compile(rb"\x1b(?:[P_].*)?\Z", re.DOTALL)


class Terminal:
    """The command `python -m reader ...`, or another Python program, in a terminal of its own."""

    def __init__(
        self,
        *arguments: str | Path,
        columns: int = 120,
        lines: int = 36,
        environ: Mapping[str, str] | None = None,
        program: tuple[str, str] = ("-m", "reader"),
        leads: bool = True,
        cell: tuple[int, int] = (0, 0),
        background: str | None = "0000/0000/0000",
    ) -> None:
        """``cell`` is the size of a cell in pixels; zeros mean unknown. ``background`` is None if it does not tell."""
        self._cell = cell
        self._background = background
        self.raw = b""
        """Every byte that the command has sent to the terminal."""
        self.screen = FastScreen(columns, lines)
        self._stream = FastStream(self.screen)
        self._draws = True
        self._held = b""
        """The start of a sequence that pyte does not know and whose end has not arrived."""
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
            # So that it is this command's own terminal, /dev/tty included; one system call, safe with threads.
            # Otherwise the system does not notify it when the terminal goes away.
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
            with contextlib.suppress(OSError):  # closed already
                os.close(end)
        self._slave = self._master = -1

    @property
    def is_lent(self) -> bool:
        """Whether another program than the command gets what is typed."""
        return os.tcgetpgrp(self._master) != self.process.pid

    @property
    def unread(self) -> int:
        """The number of bytes in the terminal's buffer that were not read."""
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
        os.write(self._master, text.encode("utf-8", "surrogateescape"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.send(KEYS.get(key, key))

    def _read(self, seconds: float) -> bool:
        """Read what has arrived, waiting for it at most that long; return whether there was anything."""
        came = False
        while select.select([self._master], [], [], 0 if came else seconds)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # how Linux reports that the other end is closed
                return came
            if not data:
                return came
            came = True
            self.raw += data
            latest = self.raw[-len(data) - len(BACKGROUND_QUERY) + 1 :]
            if self._background is not None and BACKGROUND_QUERY in latest:
                self.send(f"\x1b]11;rgb:{self._background}\x1b\\")
            if not self._draws:
                continue
            known = _UNKNOWN_TO_PYTE.sub(b"", self._held + data)
            begun = _BEGUN.search(known)
            self._held = known[begun.start() :] if begun else b""
            self._stream.feed(known[: begun.start()] if begun else known)
        return came

    @property
    def lines(self) -> list[str]:
        return self.screen.display

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def read(self, seconds: float = 0.05) -> bool:
        """Read what arrives, waiting for it at most that long; return whether there was anything."""
        return self._read(seconds)

    def stop_drawing(self) -> None:
        """Only record what arrives from now on: to interpret it takes longer than to produce it."""
        self._draws = False

    @property
    def attributes(self) -> list[object]:
        """The modes of the terminal as they are now."""
        return termios.tcgetattr(self._slave)

    def wait(self, true: Callable[[], object] | str) -> None:
        """Read until the screen shows a text, or until a condition is true."""
        is_there = (lambda: true in self.text) if isinstance(true, str) else true
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            ended = self.process.poll() is not None  # then this reads the last of its output
            self._read(0.05)
            assert not ended or is_there(), (
                f"the command ended ({self.process.returncode}) without {true!r}:\n{self.text}"
            )
            assert time.monotonic() < deadline, f"{true!r} did not appear:\n{self.text}"

    def end(self) -> int:
        """Read until the command ends, and return its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            self._read(0.05)
            assert time.monotonic() < deadline, f"the command does not end:\n{self.text}"
        self._read(0.05)
        return self.process.returncode

    def assert_restored(self) -> None:
        """Hold the command to leaving the terminal as it was: modes off, cursor there, keyboard in order."""
        left = self.raw.rfind(b"\x1b[?1049l")
        assert left > self.raw.rfind(b"\x1b[?1049h") >= 0
        for mode in (1000, 1002, 1003, 1004, 1006, 2004):
            on, off = (self.raw.rfind(b"\x1b[?%d%c" % (mode, letter)) for letter in b"hl")
            assert off > on or on == -1, mode
        assert self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        assert not self.screen.cursor.hidden
        after = re.sub(rb"\x1b\[[?<>=]?[0-9;]*[a-zA-Z]", b"", self.raw[left:])
        assert after.strip() == b"", after
        assert termios.tcgetattr(self._slave)[:4] == self.before[:4]


def program(path: Path, script: str) -> Path:
    """Make a program that is a shell script."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
