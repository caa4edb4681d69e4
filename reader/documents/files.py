"""A folder -> the files in it that may be documents; and the bytes of some.

The only part of ``documents`` that touches the disk. A folder of news may come from
anywhere, so nothing in it is trusted: a FIFO must not hang us, a device must not fill
memory, and a link must not carry a file from elsewhere onto the screen.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.model import Problem
from reader.core.text import show_path

EXTENSIONS = frozenset({".md", ".markdown", ".mdown", ".txt", ".html", ".htm", ".yaml", ".yml"})
_USUAL_ENDINGS = tuple(ending.encode() for ending in EXTENSIONS)
SKIPPED_FOLDERS = frozenset({b"node_modules"})
MAX_BYTES = 4 * 1024 * 1024
"""Of one document, more is not read. The largest real ones have 24 kB."""
_EARLIEST, _LATEST = -(2**63), 2**63 - 1

_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer would hang open()
    | getattr(os, "O_NOFOLLOW", 0)  # links are resolved and judged before
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class FileGoneError(ReaderError):
    """The file was there a moment ago."""

    gone = True


class FolderListing(NamedTuple):
    """What one folder holds of documents."""

    folder: bytes
    """Relative to the folder that is read, with ``/`` between the parts; empty for that folder itself."""
    files: list[tuple[bytes, int, int]]
    """Name, time of change in ns and size in bytes of each file that may be a document, in the order of the disk."""
    problems: list[Problem]
    """What looks like a document and cannot be one, or why the folder cannot be read."""
    readable: bool = True
    """False when what the folder holds is not known."""

    def digest(self) -> bytes:
        """Return 16 bytes that stay the same while names, times and sizes (and the order of the disk) do."""
        from hashlib import blake2b  # imported late: who only opens a folder needs none

        # Version 2 of marshal writes equal values alike; later ones refer back to objects that are one by chance.
        return blake2b(marshal.dumps(self.files, 2), digest_size=16).digest()


class FileContents(NamedTuple):
    """A file as it was read."""

    data: bytes
    """At most MAX_BYTES + 1 of it; one more tells that it is too long."""
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Folder:
    """What the person asked to read: a folder, or one file of it."""

    root: Path
    """An absolute path without links."""
    only: bytes | None = None
    """The name of the single document to read, when a file was given."""

    @property
    def name(self) -> str:
        """The display name: that of the folder or of the single document."""
        return show_path(self.only or os.fsencode(self.root.name)) or "/"

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
            raise ReaderError(f"{shown} cannot be opened: it is a link to itself.") from None
        except (OSError, ValueError) as error:
            raise ReaderError(f"{shown} cannot be opened: {describe_error(error)}.") from None
        if stat.S_ISDIR(mode):
            try:
                with os.scandir(real):
                    pass
            except OSError as error:
                raise ReaderError(f"The folder {shown} cannot be read: {describe_error(error)}.") from None
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


def walk(folder: Folder, stop: Callable[[], bool] = lambda: False, start: bytes = b"") -> Iterator[FolderListing]:
    """Yield what ``folder`` holds, a folder at a time, from the folder ``start`` in it down, until ``stop`` says so.

    Hidden files and folders and ``node_modules`` are passed over, and so are linked
    folders: what they hold is either here anyway or not of this folder. What looks like
    a document but cannot be one (a FIFO, a link that leads out, a folder that may not
    be read) comes as a Problem. What vanishes meanwhile does not come at all.

    Raises ReaderError when the folder itself is gone or cannot be read: that it holds
    nothing any more would be another thing.
    """
    root = os.fsencode(folder.root)
    if folder.only is not None:
        listing = FolderListing(b"", [], [])
        _judge(root, folder.only, folder.only, listing)
        yield listing
        return
    waiting = [start]
    while waiting and not stop():
        prefix = waiting.pop()
        listing = FolderListing(prefix, [], [])
        try:
            below = _list(root, listing)
        except OSError as error:
            if not prefix:
                shown = show_path(folder.root)
                raise ReaderError(f"The folder {shown} cannot be read: {describe_error(error)}.") from None
            if isinstance(error, FileNotFoundError):
                continue
            problem = Problem(show_path(prefix), 1, "", f"this folder cannot be read: {describe_error(error)}")
            yield FolderListing(prefix, [], [problem], readable=False)
            continue
        yield listing
        waiting.extend(join_path(prefix, name) for name in sorted(below, reverse=True))


def _list(root: bytes, listing: FolderListing) -> list[bytes]:
    """Fill in what the folder holds, and return the names of the folders in it. Raises OSError."""
    folders: list[bytes] = []
    files = listing.files
    with os.scandir(os.path.join(root, listing.folder) if listing.folder else root) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(b"."):
                continue
            try:
                if entry.is_file(follow_symlinks=False):
                    if name.endswith(_USUAL_ENDINGS) or is_document_name(name):
                        info = entry.stat(follow_symlinks=False)
                        files.append((name, _changed_at(info), info.st_size))
                elif entry.is_dir(follow_symlinks=False):
                    if name not in SKIPPED_FOLDERS:
                        folders.append(name)
                elif is_document_name(name):
                    _judge(root, join_path(listing.folder, name), name, listing)
            except FileNotFoundError:
                continue
            except OSError as error:
                listing.problems.append(_unfit(join_path(listing.folder, name), error))
    return folders


def check_folder(folder: Folder) -> None:
    """Make sure that the folder itself is there and can be read. Raises ReaderError."""
    try:
        with os.scandir(folder.root):
            pass
    except OSError as error:
        raise ReaderError(f"The folder {show_path(folder.root)} cannot be read: {describe_error(error)}.") from None


def list_file(folder: Folder, path: bytes) -> FolderListing | None:
    """Return the listing of the one file ``path``, as :func:`walk` would give it; None when a folder is there instead.

    Without files and problems when nothing is there, or nothing that may be a document. Raises no OSError.
    """
    root = os.fsencode(folder.root)
    prefix, _, name = path.rpartition(b"/")
    listing = FolderListing(prefix, [], [])
    if any(part.startswith(b".") or part in SKIPPED_FOLDERS for part in path.split(b"/")):
        return listing
    above = os.path.join(root, prefix) if prefix else root
    if os.path.realpath(above) != above:  # by way of a linked folder
        return listing
    try:
        info = os.lstat(os.path.join(above, name))
    except (FileNotFoundError, NotADirectoryError):
        return listing
    except OSError as error:
        listing.problems.append(_unfit(path, error))
        return listing
    if stat.S_ISDIR(info.st_mode):
        return None
    if is_document_name(name):
        if stat.S_ISREG(info.st_mode):
            listing.files.append((name, _changed_at(info), info.st_size))
        else:
            _judge(root, path, name, listing)
    return listing


def join_path(folder: bytes, name: bytes) -> bytes:
    """Return the path of ``name`` in ``folder``, both relative to the folder that is read."""
    return folder + b"/" + name if folder else name


def is_document_name(name: bytes) -> bool:
    """Return whether a file of this name may be a document."""
    return os.path.splitext(name)[1].lower().decode("ascii", "replace") in EXTENSIONS


def _judge(root: bytes, path: bytes, name: bytes, listing: FolderListing) -> None:
    """Add what is at ``path``, links followed, to the files, or to the problems."""
    try:
        info = os.stat(os.path.join(root, path))
        real = _inside(root, path)
    except FileNotFoundError:
        if os.path.islink(os.path.join(root, path)):
            listing.problems.append(_unfit(path, "this link is broken"))
        return
    except OSError as error:
        listing.problems.append(_unfit(path, error))
        return
    if real is None:
        listing.problems.append(_unfit(path, "this link points out of the folder and is not followed"))
    elif stat.S_ISDIR(info.st_mode):
        return
    elif not stat.S_ISREG(info.st_mode):
        listing.problems.append(_unfit(path, "this is not a regular file and is not read"))
    else:
        listing.files.append((name, _changed_at(info), info.st_size))


def _changed_at(info: os.stat_result) -> int:
    """Return a file's time of change in ns, within the 64 bits of SQLite: an archive may bring any."""
    mtime_ns = info.st_mtime_ns
    return mtime_ns if _EARLIEST <= mtime_ns <= _LATEST else _LATEST if mtime_ns > 0 else _EARLIEST


def _unfit(path: bytes, why: OSError | str) -> Problem:
    words = why if isinstance(why, str) else f"this file cannot be read: {describe_error(why)}"
    return Problem(show_path(path), 1, "", words)


def _inside(root: bytes, path: bytes) -> bytes | None:
    """Return the real path of ``path`` in ``root``, or None when it leads out of the folder."""
    real = os.path.realpath(os.path.join(root, path))
    return real if real.startswith(root.rstrip(b"/") + b"/") else None


def _open_folder(root: bytes, parts: Iterable[bytes]) -> int:
    """Open a folder part by part, so that none on the way can be exchanged for a link meanwhile. Raises OSError."""
    below = os.open(root, _FOLDER_FLAGS)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER_FLAGS | getattr(os, "O_NOFOLLOW", 0), dir_fd=below)
            os.close(below)
            below = inner
    except OSError:
        os.close(below)
        raise
    return below


def _read(name: bytes, below: int) -> FileContents | None:
    """Read the file ``name`` of the open folder ``below``; None when it is not a regular file. Raises OSError."""
    file = os.open(name, _OPEN_FLAGS, dir_fd=below)
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode):
            return None
        data = os.read(file, min(info.st_size, MAX_BYTES) + 1)
        if len(data) <= MAX_BYTES and len(data) != info.st_size:  # it is being written, or the system reads in parts
            pieces = [data]
            while sum(map(len, pieces)) <= MAX_BYTES and (piece := os.read(file, MAX_BYTES + 1)):
                pieces.append(piece)
            data = b"".join(pieces)[: MAX_BYTES + 1]
        return FileContents(data, _changed_at(info), info.st_size)
    finally:
        os.close(file)


def read_file(folder: Folder, path: bytes) -> FileContents:
    """Return a document as it is on disk.

    Raises ReaderError when it is gone, leads out of the folder, is not a regular file
    or cannot be read.
    """
    shown = show_path(path)
    root = os.fsencode(folder.root)
    real = _inside(root, path)
    if real is None:
        raise ReaderError(f"{shown} points out of the folder and is not read.")
    *parts, name = real[len(root.rstrip(b"/")) + 1 :].split(b"/")
    try:
        below = _open_folder(root, parts)
        try:
            contents = _read(name, below)
        finally:
            os.close(below)
    except FileNotFoundError:
        raise FileGoneError(f"{shown} is no longer there.", "It was moved or deleted.") from None
    except OSError as error:
        raise ReaderError(f"{shown} cannot be read: {describe_error(error)}.") from None
    if contents is None:
        raise ReaderError(f"{shown} is not a regular file and is not read.")
    return contents


def read_files(
    folder: Folder, prefix: bytes, names: Iterable[bytes]
) -> Iterator[tuple[bytes, FileContents | ReaderError]]:
    """Yield each of the files ``names`` of the folder ``prefix`` with what it holds, or why it cannot be read.

    As :func:`read_file`, but the way to the folder is gone once for all of them.
    """
    try:
        below = _open_folder(os.fsencode(folder.root), prefix.split(b"/") if prefix else ())
    except OSError:
        below = -1
    try:
        for name in names:
            contents: FileContents | ReaderError | None = None
            if below >= 0:
                with contextlib.suppress(OSError):  # a link, most likely; whatever it is, read() finds the words
                    contents = _read(name, below)
            if contents is None:
                try:
                    contents = read_file(folder, join_path(prefix, name))
                except ReaderError as error:
                    contents = error
            yield name, contents
    finally:
        if below >= 0:
            os.close(below)
