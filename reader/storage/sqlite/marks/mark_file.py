"""The file of marks in use: read and written as it is now, even after another instance has replaced it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.storage.sqlite.database import Database, StorageError, file_identity
from reader.storage.sqlite.marks import merge, recovery, schema

log = logging.getLogger(__name__)


class MarkFile:
    """Connections to the file of marks, or to memory. Any thread may use them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._identity = file_identity(database.path)
        self._renewing = threading.RLock()
        self._replaced: list[Database] = []

    @property
    def has_file(self) -> bool:
        """Whether the marks are in a file, so that they outlast the program."""
        return self._database.path is not None

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading. Raises StorageError."""
        database = self.current()
        try:
            with database.read() as db:
                yield db
        except StorageError:
            # Tables that a newer instance has upgraded meanwhile look like damaged ones.
            with database.read() as db:
                format_ = schema.format_of(db)
            if format_ > schema.FORMAT:
                raise schema.newer_format_error(format_) from None
            raise

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction. Raises StorageError."""
        with self.current().write() as db:
            format_ = schema.format_of(db)
            if format_ != schema.FORMAT:  # a newer instance has upgraded the tables meanwhile
                raise schema.newer_format_error(format_)
            yield db

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for one long read, which does not block other threads. Raises StorageError."""
        database = self.current()
        with database.dedicated_connection() if database.path is not None else database.read() as db:
            yield db

    def current(self) -> Database:
        """Return the database that has our file name now.

        Another instance may have quarantined our file and restored it, or the user may have
        deleted it. What was written to the old file is merged into the new one.
        """
        path = self._database.path
        if path is None or file_identity(path) == self._identity:
            return self._database
        with self._renewing:
            if file_identity(path) != self._identity:
                self._renew()
        return self._database

    def _renew(self) -> None:
        path = self._database.path
        assert path is not None
        log.warning("%s is another file than before", show_path(path))
        content = merge.FileContent()
        try:
            with self._database.existing_connection() as db:
                content = merge.read_content(db)
        except StorageError as error:
            # It was quarantined because it is damaged; the instance that did so has salvaged its content.
            log.warning("the previous file of marks cannot be read", exc_info=error)
        try:
            fresh, _ = recovery.open_or_recover(path)
        except OSError as error:
            raise ReaderError(
                f"{show_path(path)} is gone and cannot be created again: {describe_error(error)}.",
                "Check that its folder is writable.",
            ) from error
        # Another thread may still use the old database, so it stays open until close().
        self._replaced.append(self._database)
        self._database, self._identity = fresh, file_identity(path)
        with self.write() as db:
            merge.merge_content(db, content)

    def close(self) -> None:
        """Close the file."""
        for database in (*self._replaced, self._database):
            database.close()
