"""What a process beside the program tells it, and is told by it: lines of JSON through its pipes."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

Send: TypeAlias = Callable[[str, Any], None]
"""Tells the program something: what kind it is of, and its plain values."""


def event_sender() -> Send:
    """Return what tells the program something, from any thread; what is logged is told as well.

    It ends this process where nobody is there any more to hear it.
    """
    guard = threading.Lock()
    output = sys.stdout.buffer

    def send(kind: str, values: Any) -> None:
        with guard:
            try:
                output.write(json.dumps([kind, values]).encode() + b"\n")
                output.flush()
            except OSError:
                os._exit(0)

    logging.getLogger().addHandler(_ToProgram(send))
    return send


def serve_commands(take: Callable[[bytes], object]) -> None:
    """Have a thread take the lines that come; when there are no more, nobody is there, and this process ends at once.

    What is under way then may be waiting for a disk: it is not waited for.
    """

    def listen() -> None:
        for line in sys.stdin.buffer:
            take(line)
        os._exit(0)

    threading.Thread(target=listen, name="orders", daemon=True).start()


def forward_log(kind: str, values: Any, log: logging.Logger) -> bool:
    """Write what a process beside has logged to the log of this one; return whether it was that."""
    if kind != "log":
        return False
    log.log(values["level"], "%s", values["text"])
    return True


class _ToProgram(logging.Handler):
    """Hands what is to be logged to the process that has the log file."""

    def __init__(self, send: Send) -> None:
        super().__init__(logging.WARNING)
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        self._send("log", {"level": record.levelno, "text": self.format(record)})
