"""The private part of Textual that the driver overrides; fails with its name when a new Textual changes it."""

from __future__ import annotations

import asyncio
import inspect
import io
import os
import pty
import re
import shutil
import signal
import socket
import sys
import termios
import tty
from collections.abc import Iterator
from types import FrameType

import pytest
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message

from reader.tui.terminal.driver import TerminalDriver, restore_terminal


def test_the_driver_still_handles_sigcont_in_the_overridden_method() -> None:
    source = inspect.getsource(LinuxDriver.__init__)
    for name in ("signal.SIGCONT, self._sigcont_application", "signal.SIGTSTP, self._sigtstp_application"):
        assert name in source, f"Textual changed its handlers: {name} is gone"
    assert "attrs_before" in source, "Textual renamed LinuxDriver.attrs_before"


def test_the_driver_still_has_the_other_parts_that_ours_uses() -> None:
    source = inspect.getsource(LinuxDriver) + inspect.getsource(Driver)
    for part in (
        "def _enable_mouse_support",
        "self._writer_thread",
        "self._file",
        "self._app",
        "SignalResume",
        "self._auto_restart",
        "self._loop",
        "def _get_terminal_size",
        "if not self._in_band_window_resize:",
        "self._query_in_band_window_resize()",
    ):
        assert part in source, f"Textual changed its driver: {part} is gone"


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """The file descriptors of both ends of a terminal."""
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)


@pytest.fixture
def terminal(ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The file descriptor of a terminal for the driver of this process; signals are handled as before at the end."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)}
    slave = ends[1]
    with open(slave, "r+b", buffering=0) as raw, io.TextIOWrapper(raw, write_through=True) as file:
        monkeypatch.setattr(sys, "__stdin__", file)
        monkeypatch.setattr(sys, "__stderr__", file)
        yield slave
    for number, handler in handlers.items():
        signal.signal(number, handler)


async def test_the_modes_are_restored_by_force_also_while_a_pager_has_the_terminal(terminal: int) -> None:
    before = termios.tcgetattr(terminal)
    driver = TerminalDriver(App[None]())
    driver.start_application_mode()
    assert termios.tcgetattr(terminal) != before
    driver.suspend_application_mode()
    tty.setraw(terminal)
    restore_terminal()
    assert termios.tcgetattr(terminal) == before


async def test_a_process_continued_after_its_end_leaves_the_terminal_alone(terminal: int) -> None:
    before = termios.tcgetattr(terminal)
    app = App[None]()
    driver = TerminalDriver(app)
    driver.start_application_mode()
    driver.suspend_application_mode()
    signal.raise_signal(signal.SIGCONT)
    await asyncio.sleep(0)
    assert termios.tcgetattr(terminal) != before, "it goes on after Ctrl+z"
    app.exit()
    driver.stop_application_mode()
    signal.raise_signal(signal.SIGCONT)
    await asyncio.sleep(0)
    driver.close()
    assert termios.tcgetattr(terminal) == before


async def test_a_signal_in_the_middle_of_a_write_does_not_block_the_app(terminal: int) -> None:
    driver = TerminalDriver(App[None]())
    driver.start_application_mode()

    def continue_in_the_middle(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "_put":  # the main thread has the lock of the queue
            sys.setprofile(None)
            signal.raise_signal(signal.SIGCONT)

    def fail(*_: object) -> None:
        raise TimeoutError("the handler waits for a lock that its own thread has")

    usual = signal.signal(signal.SIGALRM, fail)
    signal.alarm(20)
    try:
        sys.setprofile(continue_in_the_middle)
        driver.write("text")
    finally:
        sys.setprofile(None)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, usual)
        await asyncio.sleep(0)  # for the handler's work, which would start a suspended driver again
        driver.suspend_application_mode()


async def test_a_title_is_the_windows_own_whenever_the_app_has_not_the_terminal(
    terminal: int, ends: tuple[int, int]
) -> None:
    save, restore, leave = b"\x1b[22;2t", b"\x1b]2;\x1b\\\x1b[23;2t", b"\x1b[?1049l"
    driver = TerminalDriver(App[None]())

    def sent() -> bytes:
        """Return what about title and cursor has been sent since the last call; the others are the modes."""
        driver.write("\x1b[0c")  # as a mark
        seen = b""
        while b"\x1b[0c" not in seen:
            seen += os.read(ends[0], 4096)
        parts = re.findall(rb"\x1b\]2;[^\x1b]*\x1b\\(?:\x1b\[23;2t)?|\x1b\[22;2t|\x1b\[\?(?:1049l|25[hl])", seen)
        return b"".join(parts)

    driver.set_title("early")
    driver.start_application_mode()
    driver.set_title("early")
    assert sent() == b"\x1b[?25l" + save + b"\x1b]2;early\x1b\\"
    driver.set_title("later")
    driver.show_cursor(True)
    assert sent() == b"\x1b]2;later\x1b\\\x1b[?25h"
    signal.raise_signal(signal.SIGCONT)  # as after a stop that the app did not notice
    await asyncio.sleep(0)
    assert sent() == b"\x1b[?25l\x1b]2;later\x1b\\\x1b[?25h"
    driver.suspend_application_mode()
    driver.start_application_mode()
    assert sent() == restore + leave + b"\x1b[?25h\x1b[?25l" + save + b"\x1b]2;later\x1b\\\x1b[?25h"
    driver.set_title("")
    driver.show_cursor(False)
    assert sent() == restore + b"\x1b[?25l"
    driver.set_title("last")
    assert sent() == save + b"\x1b]2;last\x1b\\"
    restore_terminal()
    assert sent() == restore + leave + b"\x1b[?25h"
    driver.suspend_application_mode()


class Resizable(App[None]):
    """Records the sizes of its terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[Size] = []

    def post_message(self, message: Message) -> bool:
        if isinstance(message, Resize):
            self.sizes.append(message.size)
        return True


@pytest.mark.parametrize("moment", ["the start", "a resize"])
async def test_a_resize_while_a_size_is_reported_is_the_last(
    terminal: int, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr(sys, "__stdout__", sys.__stderr__)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    app, measure = Resizable(), shutil.get_terminal_size
    driver = TerminalDriver(app)

    def resize(columns: int, lines: int) -> None:
        termios.tcsetwinsize(terminal, (lines, columns))
        signal.raise_signal(signal.SIGWINCH)

    def measure_and_resize() -> os.terminal_size:
        size = measure()
        monkeypatch.setattr(shutil, "get_terminal_size", measure)
        resize(100, 30)
        return size

    async def all_reported() -> None:
        for _ in range(5):  # calls and tasks
            await asyncio.sleep(0)

    if moment == "the start":
        monkeypatch.setattr(shutil, "get_terminal_size", measure_and_resize)
    driver.start_application_mode()
    try:
        await all_reported()
        if moment == "a resize":
            monkeypatch.setattr(shutil, "get_terminal_size", measure_and_resize)
            resize(80, 20)
            await all_reported()
        assert app.sizes[-1] == Size(100, 30)
    finally:
        driver.suspend_application_mode()


async def test_resizes_inside_the_handler_of_resizes_do_not_exceed_the_recursion_limit(
    terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = TerminalDriver(Resizable())
    left, send = sys.getrecursionlimit(), socket.socket.send

    def wake_loop_and_resize(to: socket.socket, data: bytes) -> int:
        nonlocal left
        sent = send(to, data)  # here it waits for other threads, on a busy machine longer than until the next resize
        if left:
            left -= 1
            signal.raise_signal(signal.SIGWINCH)
        return sent

    monkeypatch.setattr(socket.socket, "send", wake_loop_and_resize)
    driver.start_application_mode()
    try:
        while left:
            await asyncio.sleep(0)
            signal.raise_signal(signal.SIGWINCH)
    finally:
        driver.suspend_application_mode()


async def test_more_resizes_than_can_be_noted_while_the_app_is_busy(
    terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "__stdout__", sys.__stderr__)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    warnings: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", warnings.append)
    app = Resizable()
    driver = TerminalDriver(app)
    driver.start_application_mode()
    try:
        for lines in range(1, 2001):
            termios.tcsetwinsize(terminal, (lines, 80))
            signal.raise_signal(signal.SIGWINCH)
        while Size(80, 2000) not in app.sizes:  # noqa: ASYNC110 - the report is what is awaited
            await asyncio.sleep(0)
        assert warnings == [], "to warn, Python takes a lock that the interrupted thread may have"
    finally:
        driver.suspend_application_mode()
