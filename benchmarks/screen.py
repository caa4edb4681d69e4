"""A terminal to measure in: a pty whose output is timestamped as it arrives, and an emulator that is fed afterwards.

What is visible is known only after the emulator has drawn it, but drawing takes it
longer than a real terminal: some milliseconds for a full frame. So a thread only
reads the pty and timestamps each piece; the emulator is fed when the measurement
is not waiting, and the time of a screen is that of the piece that completed it.
Nothing is subtracted from a figure.
"""

from __future__ import annotations

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
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyte

COLUMNS, LINES = 120, 40
PATIENCE = 60.0
"""Seconds to wait for a screen before the measurement fails."""
QUIET = 0.03
"""Seconds without output after which a screen counts as at rest."""
SWITCH = 0.0005
"""Thread switch interval in seconds while the emulator works: the error of a timestamp."""
_STEP = 0.002
_GRACE = 10.0

# The emulator does not know the private forms of these and would print their ends.
_UNKNOWN = re.compile(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[P_^].*?\x1b\\", re.DOTALL)
# A sequence that the next piece completes.
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:?<>=!$ ]*|[P_^\]][^\x1b\x07]*\x1b?)?\Z")

Screen = list[str]
"""The lines of a screen, from the top; one character per cell, so that text and screen positions agree."""


class NotShownError(Exception):
    """An expected screen did not appear; the message contains the current one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The result of one read of the pty."""

    moment: float
    """On the clock of ``time.perf_counter``."""
    data: bytes


@dataclass(slots=True)
class Emulator:
    """What a terminal shows after the output fed so far."""

    columns: int = COLUMNS
    lines: int = LINES
    cost: float = 0.0
    """Seconds spent on feeding so far; they are in no figure."""
    _screen: pyte.Screen = field(init=False)
    _stream: pyte.ByteStream = field(init=False)
    _shown: Screen = field(init=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._screen = pyte.Screen(self.columns, self.lines)
        self._stream = pyte.ByteStream(self._screen)
        self._shown = [" " * self.columns] * self.lines

    def feed(self, data: bytes) -> None:
        """Draw ``data``; an incomplete sequence at its end waits for the rest."""
        begin = time.perf_counter()
        data = self._rest + data
        cut = _UNFINISHED.search(data)
        end = cut.start() if cut else len(data)
        self._rest = data[end:]
        self._stream.feed(_UNKNOWN.sub(b"", data[:end]))
        for line in self._screen.dirty:
            cells = self._screen.buffer[line]
            # The second cell of a wide character is empty.
            self._shown[line] = "".join((cells[x].data or " ")[0] for x in range(self.columns))
        self._screen.dirty.clear()
        self.cost += time.perf_counter() - begin

    @property
    def display(self) -> Screen:
        """The lines as they are now."""
        return list(self._shown)


class Terminal:
    """A program in a terminal of 120x40, with a keyboard."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.emulator = Emulator()
        self.pieces: list[Piece] = []
        self._fed = 0
        """The number of pieces fed to the emulator."""
        sys.setswitchinterval(SWITCH)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._closing, self._wake = os.pipe()
        self.begin = time.perf_counter()
        """The time just before the program was started."""
        self.process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, env=dict(environ), start_new_session=True
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        os.write(self._wake, b".")
        self._reader.join()
        for number in (self._master, self._closing, self._wake):
            os.close(number)

    def _read(self) -> None:
        while self._closing not in select.select([self._master, self._closing], [], [])[0]:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # Linux's error for a closed other end
                return
            if not data:
                return
            self.pieces.append(Piece(time.perf_counter(), data))

    # The keyboard.

    def press(self, key: str) -> float:
        """Press a key; return the time just before."""
        moment = time.perf_counter()
        os.write(self._master, key.encode())
        return moment

    # Waiting, without feeding the emulator.

    def came(self, seconds: float = PATIENCE) -> bool:
        """Wait for output that has not been fed; return whether there was any within ``seconds``."""
        return self._poll(lambda: len(self.pieces) > self._fed, seconds)

    def rest(self, seconds: float = QUIET, limit: float = PATIENCE) -> bool:
        """Wait for ``seconds`` without output; return whether that happened within ``limit`` seconds."""
        begin = time.perf_counter()

        def quiet() -> bool:
            last = self.pieces[-1].moment if self.pieces else begin
            return time.perf_counter() - max(last, begin) >= seconds

        return self._poll(quiet, limit)

    def _poll(self, true: Callable[[], bool], seconds: float) -> bool:
        deadline = time.perf_counter() + seconds
        while not true():
            if time.perf_counter() > deadline or not self._reader.is_alive():
                return true()
            time.sleep(_STEP)
        return True

    # Reading the screen, which feeds the emulator.

    @property
    def screen(self) -> Screen:
        """The current screen, with all output fed."""
        self.frames()
        return self.emulator.display

    def frames(self) -> list[tuple[float, Screen]]:
        """Feed the remaining output; return the screen after each piece, with its time."""
        shown = []
        while self._fed < len(self.pieces):
            piece = self.pieces[self._fed]
            self._fed += 1
            self.emulator.feed(piece.data)
            shown.append((piece.moment, self.emulator.display))
        return shown

    def until(self, true: Callable[[Screen], object], patience: float = PATIENCE) -> float:
        """Feed output as it comes; return the time of the piece after which ``true`` held.

        If it holds already, that is the time of the last piece. Raises NotShownError
        if it does not hold within ``patience`` seconds or the program ends.
        """
        deadline = time.perf_counter() + patience
        held = true(self.emulator.display)
        while not held:
            alive = self._reader.is_alive()
            if self._fed < len(self.pieces):
                piece = self.pieces[self._fed]
                self._fed += 1
                self.emulator.feed(piece.data)
                held = true(self.emulator.display)
            elif not alive:
                raise NotShownError("The program ended with this screen:\n" + self.text)
            elif time.perf_counter() > deadline:
                raise NotShownError(f"After {patience:.0f} s the screen is:\n" + self.text)
            else:
                self.came(0.05)
        return self.pieces[self._fed - 1].moment if self._fed else self.begin

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.emulator.display)

    # The end.

    def end(self, key: str) -> int:
        """Press the key that quits the program; return its exit status. A program that hangs is killed."""
        self.press(key)
        try:
            return self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NotShownError(f"The program did not end within {_GRACE:.0f} s of {key!r}.") from None

    def kill(self) -> None:
        """Kill the program and its children if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
