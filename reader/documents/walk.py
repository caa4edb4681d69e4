"""A folder -> the files in it that may be documents; and the bytes of one.

The only part of ``documents`` that touches the disk. A folder of news may come from
anywhere, so nothing in it is trusted: a FIFO must not hang us, a device must not fill
memory, and a link must not carry a file from elsewhere onto the screen.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reader.errors import ReaderError, reason
from reader.model import Problem
from reader.text import show_path

ENDINGS = frozenset({".md", ".markdown", ".mdown", ".txt", ".html", ".htm", ".yaml", ".yml"})
SKIPPED_FOLDERS = frozenset({b"node_modules"})
MAX_BYTES = 4 * 1024 * 1024
"""Of one document, more is not read. The largest real ones have 24 kB."""

_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer would hang open()
    | getattr(os, "O_NOFOLLOW", 0)  # links are resolved and judged before
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a document."""

    path: bytes
    """Relative to the folder, with ``/`` between the parts, in the file system's own bytes."""
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Folder:
    """What the person asked to read: a folder, or one file of it."""

    root: Path
    """An absolute path without links."""
    only: bytes | None = None
    """The name of the single document to read, when a file was given."""

    @classmethod
    def of(cls, path: Path) -> Folder:
        """Return the folder that ``path`` means: itself, or its parent when it is a file.

        Raises ReaderError when there is nothing of that name or it cannot be entered.
        """
        shown = show_path(path)
        try:
            real = _expanded(path).resolve(strict=True)
            mode = real.stat().st_mode
        except FileNotFoundError:
            raise ReaderError(f"There is no folder or file {shown}.", "Check the spelling, or create it.") from None
        except RuntimeError:  # how Python 3.11 says it; later ones raise OSError
            raise ReaderError(f"{shown} cannot be opened: it is a link that leads back to itself.") from None
        except (OSError, ValueError) as error:
            raise ReaderError(f"{shown} cannot be opened: {reason(error)}.") from None
        if stat.S_ISDIR(mode):
            try:
                with os.scandir(real):
                    pass
            except OSError as error:
                raise ReaderError(f"The folder {shown} cannot be read: {reason(error)}.") from None
            return cls(real)
        if not stat.S_ISREG(mode):
            raise ReaderError(f"{shown} is neither a folder nor a file.")
        return cls(real.parent, os.fsencode(real.name))


def _expanded(path: Path) -> Path:
    """Return ``path`` with ``~`` taken as the home directory. Raises ValueError when there is no such person."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from None


def walk(folder: Folder, stop: Callable[[], bool] = lambda: False) -> Iterator[Candidate | Problem]:
    """Yield every candidate of ``folder``, at any depth, in the order of the disk, until ``stop`` says so.

    Hidden files and folders and ``node_modules`` are passed over, and so are linked
    folders: what they hold is either here anyway or not of this folder. What looks like
    a document but cannot be one (a FIFO, a link that leads out, a folder that may not
    be read) comes as a Problem. What vanishes meanwhile does not come at all.

    Raises ReaderError when the folder itself is gone or cannot be read: that it holds
    nothing any more would be another thing.
    """
    root = os.fsencode(folder.root)
    if folder.only is not None:
        yield from _judge(root, folder.only)
        return
    waiting = [b""]
    while waiting and not stop():
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(root, prefix) if prefix else root) as entries:
                here = list(entries)
        except OSError as error:
            if not prefix:
                shown = show_path(folder.root)
                raise ReaderError(f"The folder {shown} cannot be read: {reason(error)}.") from None
            if isinstance(error, FileNotFoundError):
                continue
            yield Problem(show_path(prefix), 1, "", f"this folder cannot be read: {reason(error)}")
            continue
        for entry in here:
            name = entry.name
            if name.startswith(b"."):
                continue
            path = prefix + b"/" + name if prefix else name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if name not in SKIPPED_FOLDERS:
                        waiting.append(path)
                elif not is_document_name(name):
                    continue
                elif entry.is_file(follow_symlinks=False):
                    info = entry.stat(follow_symlinks=False)
                    yield Candidate(path, info.st_mtime_ns, info.st_size)
                else:
                    yield from _judge(root, path)
            except FileNotFoundError:
                continue
            except OSError as error:
                yield _unfit(path, f"this file cannot be read: {reason(error)}")


def is_document_name(name: bytes) -> bool:
    """Return whether a file of this name may be a document."""
    return os.path.splitext(name)[1].lower().decode("ascii", "replace") in ENDINGS


def _judge(root: bytes, path: bytes) -> Iterator[Candidate | Problem]:
    """Yield the candidate at ``path``, links followed, or why it is none."""
    try:
        info = os.stat(os.path.join(root, path))
        real = _inside(root, path)
    except FileNotFoundError:
        if os.path.islink(os.path.join(root, path)):
            yield _unfit(path, "this link leads to nothing")
        return
    except OSError as error:
        yield _unfit(path, f"this file cannot be read: {reason(error)}")
        return
    if real is None:
        yield _unfit(path, "this link leads out of the folder and is not followed")
    elif stat.S_ISDIR(info.st_mode):
        return
    elif not stat.S_ISREG(info.st_mode):
        yield _unfit(path, "this is not a regular file and is not read")
    else:
        yield Candidate(path, info.st_mtime_ns, info.st_size)


def _unfit(path: bytes, message: str) -> Problem:
    return Problem(show_path(path), 1, "", message)


def _inside(root: bytes, path: bytes) -> bytes | None:
    """Return the real path of ``path`` in ``root``, or None when it leads out of the folder."""
    real = os.path.realpath(os.path.join(root, path))
    return real if real.startswith(root.rstrip(b"/") + b"/") else None


def _open_below(root: bytes, real: bytes) -> int:
    """Open a file part by part, so that no folder on the way can be exchanged for a link meanwhile. Raises OSError."""
    *folders, name = real[len(root.rstrip(b"/")) + 1 :].split(b"/")
    below = os.open(root, _FOLDER_FLAGS)
    try:
        for part in folders:
            inner = os.open(part, _FOLDER_FLAGS | getattr(os, "O_NOFOLLOW", 0), dir_fd=below)
            os.close(below)
            below = inner
        return os.open(name, _OPEN_FLAGS, dir_fd=below)
    finally:
        os.close(below)


def read_bytes(folder: Folder, path: bytes) -> bytes:
    """Return the bytes of a document, at most MAX_BYTES + 1 of them (one more tells that it is too long).

    Raises ReaderError when it is gone, leads out of the folder, is not a regular file
    or cannot be read.
    """
    shown = show_path(path)
    root = os.fsencode(folder.root)
    real = _inside(root, path)
    if real is None:
        raise ReaderError(f"{shown} leads out of the folder and is not read.")
    try:
        with open(real, "rb", opener=lambda name, _: _open_below(root, os.fsencode(name))) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ReaderError(f"{shown} is not a regular file and is not read.")
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ReaderError(f"{shown} is no longer there.", "It was moved or deleted.") from None
    except OSError as error:
        raise ReaderError(f"{shown} cannot be read: {reason(error)}.") from None
