"""Downloads an enclosure to a file, and goes on with a download that was interrupted.

While it is incomplete, its name ends in ``.part``; a file beside it says which version the part is of.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

from reader.core.atomic_write import sync, write_atomically
from reader.core.errors import ReaderError, describe_error
from reader.core.events import DownloadProgress
from reader.core.text import show_path
from reader.web.client import WebClient
from reader.web.download import FileVersion

_REPORT_SECONDS = 0.25


async def download(
    client: WebClient, url: str, path: Path, limit: int, *, accepts_pages: bool,
    on_progress: Callable[[DownloadProgress], object],
) -> DownloadProgress:  # fmt: skip
    """Download what is at ``url`` to ``path``, unless that exists; ``limit`` is the most bytes that it may have.

    What has come before a failure or a cancellation is kept, and continued the next time. Raises ReaderError.
    """
    with _errors_of(path):
        if not _is_there(path):
            with _open_part(path) as file:
                part = _PartialFile(path, file, limit, accepts_pages=accepts_pages)
                if not part.is_complete:
                    part.report = _reporter(path, part.size, on_progress)
                    await client.download(url, part)
                await _in_thread(part.finish)
        return _finished(path)


def _is_there(path: Path) -> bool:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.exists()


def _finished(path: Path) -> DownloadProgress:
    _remove_part(path)  # if a program ended before it could
    size = path.stat().st_size
    return DownloadProgress(str(path), size, size, finished=True)


@contextlib.contextmanager
def _open_part(path: Path) -> Iterator[IO[bytes]]:
    """Open the part of a file, which no other newsreader may write to meanwhile."""
    part = _beside(path, ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with os.fdopen(os.open(part, flags, 0o600), "ab", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat())
        except BlockingIOError:
            is_ours = False
        except OSError:  # a file system without locks
            is_ours = True
        if not is_ours:  # or another program has just completed it
            raise ReaderError("Another newsreader is downloading this file.")
        try:
            yield file
        finally:
            if not os.fstat(file.fileno()).st_size:
                _remove_part(path)


class _PartialFile:
    """A download that is not complete; it is a :class:`reader.web.download.Sink`."""

    def __init__(self, path: Path, file: IO[bytes], limit: int, *, accepts_pages: bool) -> None:
        self.limit = limit
        self.accepts_pages = accepts_pages
        self.size = os.fstat(file.fileno()).st_size
        self.report: Callable[[int, int], object] = lambda size, total: None
        self._path = path
        self._file = file
        self._version_file = _beside(path, ".part.json")
        self.version = _stored_version(self._version_file)

    @property
    def is_complete(self) -> bool:
        """Whether all bytes are there, as a program ended before it could rename the file."""
        return 0 < self.version.size == self.size

    async def begin(self, version: FileVersion) -> None:
        """Remove all bytes, and note the version of those that follow."""

        def begin() -> None:
            self._file.truncate(0)  # first: no bytes may stand beside another version
            self.size, self.version = 0, version
            write_atomically(self._version_file, [json.dumps(asdict(version)).encode()])

        await self._write(begin)

    async def write(self, data: bytes) -> None:
        """Append bytes."""

        def write(left: bytes = data) -> None:
            while left:
                written = self._file.write(left)
                self.size += written
                left = left[written:]

        await self._write(write)
        self.report(self.size, self.version.size)

    async def _write(self, function: Callable[[], None]) -> None:
        with _errors_of(self._path):  # here, as the web client would take them for its own
            await _in_thread(function)

    def finish(self) -> None:
        """Give the file its name; no other file is replaced. Raises OSError."""
        os.fsync(self._file.fileno())
        part = _beside(self._path, ".part")
        try:
            os.link(part, self._path)
        except OSError:
            if self._path.exists():
                raise
            part.rename(self._path)  # the file system has no links
        sync(self._path.parent)
        _remove_part(self._path)


def _stored_version(file: Path) -> FileVersion:
    """Return the version that a part is of; an empty one if that is not known."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        version = FileVersion(**json.loads(file.read_bytes()))
        texts = (version.url, version.etag, version.last_modified)
        if all(isinstance(each, str) for each in texts) and isinstance(version.size, int):
            return version
    return FileVersion()


async def _in_thread(function: Callable[[], None]) -> None:
    """Call a function that waits for the disk; it is over when this returns, also if the task is canceled."""
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


@contextlib.contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = f"{show_path(path)} could not be written: {describe_error(error)}."
        raise ReaderError(why, "What has come is kept.") from error


def _reporter(path: Path, start: int, on_progress: Callable[[DownloadProgress], object]) -> Callable[[int, int], None]:
    """Return what reports a number of bytes, and that of the whole file, a few times a second."""
    began, last = time.monotonic(), 0.0

    def report(size: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now >= last + _REPORT_SECONDS:
            last = now
            rate = max(0, size - start) / max(now - began, _REPORT_SECONDS)
            on_progress(DownloadProgress(str(path), size, total, rate))

    return report


def _remove_part(path: Path) -> None:
    for suffix in (".part", ".part.json"):
        _beside(path, suffix).unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
