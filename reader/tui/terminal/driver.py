"""Textual's driver for Linux and macOS, made safe for processes that are stopped and continued."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from functools import partial
from time import monotonic
from types import FrameType
from typing import Any

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size

from reader.tui.terminal.input_parser import InputParser

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l"
"""Alternate screen, no cursor, focus events, bracketed paste, no line wrap."""
_LEAVE = "\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_SAVE_TITLE = "\x1b[22;2t"
_RESTORE_TITLE = "\x1b]2;\x1b\\\x1b[23;2t"
"""First an empty title: a terminal that has not saved its own may then show its default."""


_drivers: list[TerminalDriver] = []
"""The driver of this process, once there is one."""


class TerminalDriver(LinuxDriver):
    """A driver that takes the terminal over once, however often the process is stopped and continued.

    After SIGSTOP and SIGCONT, Textual's own would start a second thread that reads keys, and take the raw
    mode for the one to restore at the end.

    A handler of a signal runs between any two instructions of the main thread, also while it has the lock of what
    it writes to, and inside another handler: of two resizes the first could be reported last, and many could exceed
    the recursion limit. So these leave their work to the event loop.

    Private: ``LinuxDriver._sigtstp_application`` and ``_sigcont_application``, the handlers of SIGTSTP and SIGCONT,
    ``_enable_mouse_support``, ``_get_terminal_size``, ``_in_band_window_resize``, ``_query_in_band_window_resize``,
    ``_writer_thread`` and ``_file``; and ``Driver._app``, ``_loop`` and ``_auto_restart``.
    """

    _raw: list[Any] | None = None
    """The attributes of the terminal while the app has it."""
    _original: list[Any] | None = None
    """The attributes from before the first start; a killed pager may leave others."""

    input_since = 0.0
    """The monotonic time since which input is meant for the app: before, it was for the shell that Ctrl+z led to."""
    _title = ""
    """The title of the window; empty for its own."""
    _has_saved_title = False
    """Whether the terminal has been asked to save its own title."""
    _shows_cursor = False
    _is_over = False
    """Whether the process is about to end, so that a pager that ends must not give the terminal back to the app."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _drivers.append(self)

    def run_input_thread(self) -> None:
        """Read the terminal's input with our parser.

        Bytes that are not UTF-8 become U+FFFD, where Textual would end the app: a terminal with another encoding sends
        them, and so does one that erases a single byte of a character that was typed while the app was stopped.
        """
        linux_driver.XTermParser = InputParser  # type: ignore[attr-defined]
        linux_driver.getincrementaldecoder = lambda name: partial(codecs.getincrementaldecoder(name), "replace")  # type: ignore[attr-defined]
        super().run_input_thread()

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        if self._raw is not None or self._is_over:
            return
        writer = self._writer_thread
        self._in_band_window_resize = True  # so that Textual's own handler of resizes does nothing
        try:
            super().start_application_mode()  # type: ignore[no-untyped-call]
        except RuntimeError:  # no more threads can be started; the modes may have been changed already
            self._original = self._raw = self.attrs_before
            self.close()  # writes what waits to be written
            self.restore()
            raise
        if self._writer_thread is writer:
            return  # the process is in the background, and will be stopped
        # The start also reports a size, which may be out of date: one step later, and before this.
        self._soon(partial(self._loop.call_soon, self._report_size))
        self._original = self.attrs_before = self._original or self.attrs_before
        with contextlib.suppress(termios.error):  # the terminal is gone
            self._raw = termios.tcgetattr(self.fileno)
        self._write_window()

    def set_title(self, title: str) -> None:
        """Give the window a title, a safe line, until the terminal is given back; with an empty one, its own again."""
        if title == self._title:
            return
        self._title = title
        if self._raw is not None:
            self._write_title()

    def show_cursor(self, shown: bool) -> None:
        """Show or hide the terminal's cursor, which is hidden at first."""
        if shown == self._shows_cursor:
            return
        self._shows_cursor = shown
        if self._raw is not None:
            self.write(_SHOW_CURSOR if shown else _HIDE_CURSOR)

    def _write_window(self) -> None:
        """Write what was set before the terminal was taken over."""
        self._write_title()
        if self._shows_cursor:
            self.write(_SHOW_CURSOR)

    def _write_title(self) -> None:
        if self._title:
            self.write(f"{'' if self._has_saved_title else _SAVE_TITLE}\x1b]2;{self._title}\x1b\\")
            self._has_saved_title = True
        else:
            self._restore_title()

    def _restore_title(self) -> None:
        if self._has_saved_title:
            self.write(_RESTORE_TITLE)
            self._has_saved_title = False

    def _query_in_band_window_resize(self) -> None:
        self._loop.add_signal_handler(signal.SIGWINCH, self._report_size)
        # Hundreds of resizes while the loop is busy fill the buffer that wakes it. By default Python then warns, and
        # for that takes a lock that the interrupted thread may have: it would wait for itself, for ever. What is in the
        # buffer reports the latest size all the same.
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
        self._in_band_window_resize = False
        super()._query_in_band_window_resize()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._raw = None
        self._restore_title()
        super().stop_application_mode()

    def _sigtstp_application(self, *arguments: int | FrameType | None) -> None:
        if self._auto_restart:
            self._soon(self._stop)
        else:  # another program has the terminal and the main thread
            super()._sigtstp_application(*arguments)

    def _stop(self) -> None:
        if self._raw is not None:  # else Ctrl+z was pressed twice: without a writer, what is written would wait forever
            super()._sigtstp_application()
            self.input_since = monotonic()
            self._soon(self._continue)  # a SIGTSTP discards the SIGCONT that led here, unless it has been handled

    def _sigcont_application(self, *arguments: int | FrameType | None) -> None:
        self._soon(self._continue)

    def _report_size(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(Resize(size, size))

    def _soon(self, callback: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended
            self._loop.call_soon_threadsafe(callback)

    def _continue(self) -> None:
        if self._raw is None:  # stopped by Ctrl+z, while another program has the terminal, or at the very end
            if self._app.return_code is None:
                super()._sigcont_application()
            return
        # The shell or another program has used the terminal meanwhile.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self.fileno, termios.TCSANOW, self._raw)
        self.write(_ENTER)
        self._write_window()
        self._enable_mouse_support()
        self._app.post_message(self.SignalResume())

    def restore(self) -> None:
        """Restore the terminal's modes and screen for good, without the app's thread."""
        self._is_over = True
        if self._original is None:
            return
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self.fileno, termios.TCSANOW, self._original)
        if self._raw is None:  # a pager has it, which may have changed its modes; the screen was left before
            return
        with contextlib.suppress(OSError, ValueError):
            output = (self._file or sys.stderr).fileno()
            if select.select([], [output], [], 0)[1]:  # otherwise the write would block
                os.write(output, f"{_RESTORE_TITLE if self._has_saved_title else ''}{_LEAVE}".encode())


def restore_terminal() -> None:
    """Give the terminal back at once, from any thread, while the app is busy or blocked."""
    for driver in _drivers:
        driver.restore()
