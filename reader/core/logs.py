"""The log file, which receives the tracebacks that the screen does not show."""

from __future__ import annotations

import logging
from pathlib import Path

from reader.core.text import clean_block

_MAX_BYTES = 512 * 1024


class _CleanFormatter(logging.Formatter):
    """Cleans records: logs are read in terminals and quote text from outside."""

    def format(self, record: logging.LogRecord) -> str:
        return clean_block(super().format(record))


class _FirstRecord(logging.Handler):
    """Opens the log with the first record; most runs have none and start faster without it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record if the file can be written."""
        if self._file is None:
            self._file = _opened(self._path)
        self._file.handle(record)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        super().close()


def _opened(path: Path) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(_CleanFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


def start_logging(path: Path) -> None:
    """Log warnings and errors to the file ``path``, created with the first record and rotated once.

    If it cannot be written, nothing is logged.
    """
    root = logging.getLogger()
    root.addHandler(_FirstRecord(path))
    root.setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a full disk must not write tracebacks over the screen
