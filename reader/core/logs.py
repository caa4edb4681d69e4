"""The log file, which receives the tracebacks that the screen does not show."""

from __future__ import annotations

import logging
from functools import cached_property
from io import TextIOWrapper
from pathlib import Path

from reader.core.atomic_write import make_private
from reader.core.text import clean_block


class _CleanFormatter(logging.Formatter):
    """Cleans records: logs are read in terminals and quote text from outside."""

    def format(self, record: logging.LogRecord) -> str:
        return clean_block(super().format(record))


class _FirstRecord(logging.Handler):
    """Opens the log when the first record arrives; most runs have none and start faster without it."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes

    @cached_property
    def _file(self) -> logging.Handler:
        from logging.handlers import RotatingFileHandler

        class PrivateLog(RotatingFileHandler):
            def _open(self) -> TextIOWrapper:
                make_private(Path(self.baseFilename))
                return super()._open()

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            previous = self._path.with_name(f"{self._path.name}.1")
            if previous.exists():
                make_private(previous)
            handler = PrivateLog(self._path, maxBytes=self._max_bytes, backupCount=1, encoding="utf-8", delay=True)
        except OSError:
            return logging.NullHandler()
        handler.setFormatter(_CleanFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        return handler

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record if the file can be written."""
        self._file.handle(record)

    def close(self) -> None:
        """Close the file."""
        if "_file" in vars(self):
            self._file.close()
        super().close()


def start_logging(path: Path, max_bytes: int = 512 * 1024) -> None:
    """Log warnings and errors to the file ``path``, created with the first record and rotated once, at ``max_bytes``.

    If it cannot be written, nothing is logged.
    """
    root = logging.getLogger()
    root.addHandler(_FirstRecord(path, max_bytes))
    root.setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a full disk must not write tracebacks over the screen
