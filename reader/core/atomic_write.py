"""Files that are complete or absent: atomic replacement, and flushing to disk."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path


def write_atomically(path: Path, pieces: Iterable[bytes]) -> None:
    """Replace a file so that its name always leads to a complete one, the old or the new; durable on return.

    A symbolic link is followed; anything but a regular file, such as a FIFO, is written in
    place. Raises ReaderError, and leaves the old file unchanged.
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
        handle, name = tempfile.mkstemp(prefix=".newsreader-", suffix=".tmp", dir=target.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(stat.S_IMODE(mode))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        sync(target.parent)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ReaderError(
            f"{show_path(path)} could not be written: {describe_error(error)}.",
            "The previous file is unchanged. Free some disk space, or choose a writable folder.",
        ) from error


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
