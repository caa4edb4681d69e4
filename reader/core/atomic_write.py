"""Files that are complete or absent: atomic replacement, flushing to disk, permissions."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path


def write_atomically(path: Path, pieces: Iterable[bytes], *, is_last: bool = True) -> None:
    """Replace a file so that its name always leads to a complete one, the old or the new; durable on return.

    A symbolic link is followed; anything but a regular file, such as a FIFO, is written in
    place. Unless it ``is_last`` in its folder, its name is durable only after :func:`sync` for the folder. Raises
    ReaderError, and leaves the old file unchanged.
    """
    target = Path(os.path.realpath(path))
    try:
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            mode = stat.S_IFREG | 0o600  # what a user reads is private
        if not stat.S_ISREG(mode):
            with target.open("wb") as file:
                file.writelines(pieces)
            return
        with tempfile.NamedTemporaryFile(prefix=".newsreader-", suffix=".tmp", dir=target.parent, delete=False) as file:
            part = Path(file.name)
            try:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
                part.chmod(stat.S_IMODE(mode))
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        if is_last:
            sync(target.parent)
    except BrokenPipeError:
        raise
    except FileNotFoundError:
        raise ReaderError(
            f"{show_path(path)} could not be written: there is no such folder.", "Check the spelling, or create it."
        ) from None
    except OSError as error:
        raise ReaderError(
            f"{show_path(path)} could not be written: {describe_error(error)}.",
            "The previous file is unchanged. Free some disk space, or choose a writable folder.",
        ) from error


def create_atomically(path: Path, content: bytes) -> None:
    """Create a file that is complete as soon as it has its name, with the usual permissions; durable on return.

    Raises FileExistsError if there is one of that name, which stays as it is, and OSError.
    """
    part = path.with_name(f".newsreader-{os.urandom(8).hex()}.tmp")
    try:
        _create(part, content)
        try:
            os.link(part, path)  # unlike a rename, it replaces nothing
        except FileExistsError:
            raise
        except OSError:  # the file system has no links
            _create(path, content)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def _create(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_private(path: Path) -> None:
    """Create a file that only its owner can read, or make an existing one so if that is permitted. Raises nothing."""
    with contextlib.suppress(OSError):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            path.touch(mode=0o600)
        else:
            if stat.S_ISREG(mode) and mode & 0o077:
                path.chmod(0o600)


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # not every file system can sync folders
            raise
    finally:
        os.close(handle)
