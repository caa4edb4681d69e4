"""Finds the documents in a folder and reads their bytes.

The only module of ``documents`` that touches the disk. A folder may come from anywhere, so nothing in it is trusted:
a FIFO must not block, a device must not fill the memory, and a link must not expose a file outside the folder.
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
from reader.core.hashing import hash_bytes
from reader.core.model import Problem
from reader.core.text import show_path

_MARKDOWN = ("md", "markdown", "mdown", "mdwn", "mkd", "mkdn", "mdx")
EXTENSIONS = frozenset(f".{name}" for name in (*_MARKDOWN, "txt", "org", "rst", "html", "htm", "yaml", "yml"))
_LOWERCASE_EXTENSIONS = tuple(extension.encode() for extension in EXTENSIONS)
SKIPPED_FOLDERS = frozenset({b"node_modules"})
MAX_BYTES = 4 * 1024 * 1024
"""Size limit of a document in bytes. The largest real ones have 24 kB."""
_MIN_INT64, _MAX_INT64 = -(2**63), 2**63 - 1

# O_NONBLOCK: open() on a FIFO without a writer would block. O_NOFOLLOW: links have been resolved and checked before.
_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY


class FileGoneError(ReaderError):
    """The file has vanished since the folder was listed."""

    gone = True


class FolderListing(NamedTuple):
    """The documents directly in one folder."""

    folder: bytes
    """Path relative to the open folder, with ``/`` between the parts; empty for the open folder itself."""
    files: list[tuple[bytes, int, int]]
    """Name, mtime in ns and size in bytes of each candidate file, in directory order."""
    problems: list[Problem]
    """Files that look like documents but cannot be read, or why the folder cannot be read."""
    readable: bool = True
    """False if the contents of the folder are unknown."""

    def add_problem(self, name: bytes, why: OSError | str) -> None:
        """Add a file that cannot be read."""
        words = why if isinstance(why, str) else f"this file cannot be read: {describe_error(why)}"
        self.problems.append(Problem(show_path(join_path(self.folder, name)), 1, "", words))

    def digest(self) -> bytes:
        """Return 16 bytes that change if a name, mtime or size changes, or the directory order."""
        # Version 2 of marshal serializes equal values equally; later versions depend on object identity.
        return hash_bytes(marshal.dumps(self.files, 2), 16)


class FileContents(NamedTuple):
    """The bytes of a file."""

    data: bytes
    """At most MAX_BYTES + 1 bytes; the extra byte shows that the file is too large."""
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder that the user opened, or the single file in it."""

    root: Path
    """An absolute path without symbolic links."""
    only: bytes | None = None
    """The name of the single document to read, if the user opened a file."""

    @property
    def name(self) -> str:
        """The display name of the folder or of the single document."""
        return show_path(self.only or os.fsencode(self.root.name)) or "/"

    @classmethod
    def of(cls, path: Path) -> Folder:
        """Return the folder for ``path``: the folder itself, or the parent of a file.

        Raises ReaderError if ``path`` does not exist or cannot be read.
        """
        shown = show_path(path)
        try:
            real = Path(os.path.realpath(path.expanduser(), strict=True))
            mode = real.stat().st_mode
        except FileNotFoundError:
            raise ReaderError(f"There is no folder or file {shown}.", "Check the spelling, or create it.") from None
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: there is no such user
            raise ReaderError(f"{shown} cannot be opened: {describe_error(error)}.") from None
        if stat.S_ISREG(mode):
            return cls(real.parent, os.fsencode(real.name))
        if not stat.S_ISDIR(mode):
            raise ReaderError(f"{shown} is neither a folder nor a file.")
        folder = cls(real)
        check_folder(folder)
        return folder


def walk(folder: Folder, stop: Callable[[], bool] = lambda: False, start: bytes = b"") -> Iterator[FolderListing]:
    """Yield the listing of ``start`` in ``folder`` and of each folder below it, until ``stop`` returns true.

    Skips hidden files and folders, ``node_modules`` and linked folders, whose contents are either listed anyway or
    outside. Files that look like documents but cannot be read (FIFOs, links that leave it) become Problems, as do
    unreadable folders. Files that vanish meanwhile are skipped.

    Raises ReaderError if the folder itself is gone or cannot be read, which is not the same as an empty folder.
    """
    root = os.fsencode(folder.root)
    if folder.only is not None:
        listing = FolderListing(b"", [], [])
        _add_resolved(root, folder.only, listing)
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
    """Fill in ``listing`` and return the names of its subfolders. Raises OSError."""
    folders: list[bytes] = []
    files = listing.files
    with os.scandir(os.path.join(root, listing.folder) if listing.folder else root) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(b"."):
                continue
            try:
                if entry.is_file(follow_symlinks=False):
                    if name.endswith(_LOWERCASE_EXTENSIONS) or is_document_name(name):
                        info = entry.stat(follow_symlinks=False)
                        files.append((name, _mtime_ns(info), info.st_size))
                elif entry.is_dir(follow_symlinks=False):
                    if name not in SKIPPED_FOLDERS:
                        folders.append(name)
                elif is_document_name(name):
                    _add_resolved(root, name, listing)
            except FileNotFoundError:
                continue
            except OSError as error:
                listing.add_problem(name, error)
    return folders


def check_folder(folder: Folder) -> None:
    """Raise ReaderError if the folder itself is gone or cannot be read."""
    try:
        with os.scandir(folder.root):
            pass
    except OSError as error:
        raise ReaderError(f"The folder {show_path(folder.root)} cannot be read: {describe_error(error)}.") from None


def list_file(folder: Folder, path: bytes) -> FolderListing | None:
    """Return a listing of the single file ``path``, as :func:`walk` lists it, or None if ``path`` is a folder.

    The listing is empty if there is no such file or it cannot be a document. Never raises OSError.
    """
    root = os.fsencode(folder.root)
    prefix, _, name = path.rpartition(b"/")
    listing = FolderListing(prefix, [], [])
    above = os.path.join(root, prefix) if prefix else root
    if any(part.startswith(b".") or part in SKIPPED_FOLDERS for part in path.split(b"/")):
        return listing
    if os.path.realpath(above) != above:  # a linked folder is on the way
        return listing
    if os.path.isdir(os.path.join(above, name)) and not os.path.islink(os.path.join(above, name)):
        return None
    if is_document_name(name):
        _add_resolved(root, name, listing)
    return listing


def base_of_members(path: bytes) -> bytes:
    """Return what precedes the names in ``items`` of the collection at ``path``: the folder above its own."""
    return path.rsplit(b"/", 2)[0] + b"/" if path.count(b"/") >= 2 else b""


def join_path(folder: bytes, name: bytes) -> bytes:
    """Return the path of ``name`` in ``folder``, relative to the open folder as ``folder`` is."""
    return folder + b"/" + name if folder else name


def is_document_name(name: bytes) -> bool:
    """Return whether the extension of ``name`` is one of a document."""
    return os.path.splitext(name)[1].lower().decode("ascii", "replace") in EXTENSIONS


def _add_resolved(root: bytes, name: bytes, listing: FolderListing) -> None:
    """Follow links from ``name`` and add the result to the files or the problems of ``listing``."""
    path = join_path(listing.folder, name)
    try:
        info = os.stat(os.path.join(root, path))
        real = _inside(root, path)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(os.path.join(root, path)):
            listing.add_problem(name, "this link is broken")
    except OSError as error:
        listing.add_problem(name, error)
    else:
        if real is None:
            listing.add_problem(name, "this link points outside the folder and is not followed")
        elif stat.S_ISREG(info.st_mode):
            listing.files.append((name, _mtime_ns(info), info.st_size))
        elif not stat.S_ISDIR(info.st_mode):
            listing.add_problem(name, "this is not a regular file and is not read")


def _mtime_ns(info: os.stat_result) -> int:
    """Return a file's mtime in ns, clamped to the 64 bits of SQLite: archives may contain any time."""
    mtime_ns = info.st_mtime_ns
    return mtime_ns if _MIN_INT64 <= mtime_ns <= _MAX_INT64 else _MIN_INT64 if mtime_ns < 0 else _MAX_INT64


def _inside(root: bytes, path: bytes) -> bytes | None:
    """Return the real path of ``path`` in ``root``, or None if it points outside the folder."""
    real = os.path.realpath(os.path.join(root, path))
    return real if real.startswith(root.rstrip(b"/") + b"/") else None


@contextlib.contextmanager
def _open_folder(root: bytes, parts: Iterable[bytes]) -> Iterator[int]:
    """Open a folder part by part, so that no part can be swapped for a link meanwhile. Raises OSError."""
    below = os.open(root, _FOLDER_FLAGS)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=below)
            os.close(below)
            below = inner
        yield below
    finally:
        os.close(below)


def _read(name: bytes, below: int) -> FileContents | None:
    """Read the file ``name`` in the folder descriptor ``below``; None if it is not regular. Raises OSError."""
    file = os.open(name, _OPEN_FLAGS, dir_fd=below)
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode):
            return None
        data = os.read(file, min(info.st_size, MAX_BYTES) + 1)
        if len(data) <= MAX_BYTES and len(data) != info.st_size:  # it is being written, or read() returns parts
            pieces = [data]
            while sum(map(len, pieces)) <= MAX_BYTES and (piece := os.read(file, MAX_BYTES + 1)):
                pieces.append(piece)
            data = b"".join(pieces)[: MAX_BYTES + 1]
        return FileContents(data, _mtime_ns(info), info.st_size)
    finally:
        os.close(file)


def read_file(folder: Folder, path: bytes) -> FileContents:
    """Return the contents of a document.

    Raises FileGoneError if it no longer exists, and ReaderError if it points outside the folder, is not a regular file
    or cannot be read.
    """
    shown = show_path(path)
    root = os.fsencode(folder.root)
    real = _inside(root, path)
    if real is None:
        raise ReaderError(f"{shown} points outside the folder and is not read.")
    *parts, name = real[len(root.rstrip(b"/")) + 1 :].split(b"/")
    try:
        with _open_folder(root, parts) as below:
            contents = _read(name, below)
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
    """Yield each of the files ``names`` in the folder ``prefix`` with its contents or the error.

    Like :func:`read_file`, but opens the folder only once for all files.
    """
    with contextlib.ExitStack() as stack:
        below = None
        with contextlib.suppress(OSError):  # for each file, read_file() reports why
            below = stack.enter_context(_open_folder(os.fsencode(folder.root), prefix.split(b"/") if prefix else ()))
        for name in names:
            contents: FileContents | ReaderError | None = None
            if below is not None:
                with contextlib.suppress(OSError):  # probably a link
                    contents = _read(name, below)
            if contents is None:
                try:
                    contents = read_file(folder, join_path(prefix, name))
                except ReaderError as error:
                    contents = error
            yield name, contents
