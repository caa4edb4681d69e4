"""The log file: where tracebacks go, so that the screen need not show any."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from reader.text import clean_block

_MAX_BYTES = 512 * 1024


class _CleanFormatter(logging.Formatter):
    """Logs are read in terminals, and quote what strangers wrote."""

    def format(self, record: logging.LogRecord) -> str:
        return clean_block(super().format(record))


def start(path: Path) -> None:
    """Send warnings and errors to the file ``path``, which is made with the first of them; two such files at most.

    Where it cannot be written, nothing is logged: a reader without a log is still one.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        logging.getLogger().addHandler(logging.NullHandler())
        return
    handler.setFormatter(_CleanFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a full disk must not write tracebacks over the screen
