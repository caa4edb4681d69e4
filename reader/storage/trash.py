"""Files that newsreader has removed for the user, kept for some weeks, so that they can be restored.

Each removal has a folder of its own, in which the files have the paths that they had.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from reader.core.atomic_write import create_atomically, sync
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path

DAYS = 30
"""How long files are kept at least."""


class Trash:
    """The removed files in ``folder``. Methods block and raise ReaderError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, removal: str) -> bool:
        """Return whether the files of a removal are still kept. Raises nothing."""
        return (self.folder / removal).is_dir()

    def files(self, removal: str) -> list[str]:
        """Return the paths of the files of a removal, as they were. Raises nothing."""
        there = self.folder / removal
        found = ((Path(folder), names) for folder, _, names in os.walk(there))
        return sorted(str((folder / name).relative_to(there)) for folder, names in found for name in names)

    def put(self, removal: str, root: Path, paths: Iterable[str]) -> None:
        """Move files, named relative to ``root``. If that fails, those that were moved stay so."""
        there = self.folder / removal
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            there.mkdir(exist_ok=True)
        except OSError as error:
            raise ReaderError(f"{show_path(there)} cannot be created: {describe_error(error)}.") from error
        _move(paths, root, there)

    def restore(self, removal: str, root: Path) -> int:
        """Move the files of a removal back; return how many stay because there are other files in their places."""
        there = self.folder / removal
        _move(self.files(removal), there, root)
        left = len(self.files(removal))
        if not left:
            shutil.rmtree(there, ignore_errors=True)
        return left

    def drop_old(self, now: float) -> None:
        """Delete what was removed too long ago, by seconds since 1970. Raises nothing."""
        for each in self.folder.glob("*"):
            try:
                age = now - each.lstat().st_mtime
            except OSError:
                continue
            if age > DAYS * 86_400:
                shutil.rmtree(each, ignore_errors=True)


def _move(paths: Iterable[str], source: Path, target: Path) -> None:
    """Move files from one folder to another; one in whose place there is another file stays where it is."""
    by_folder: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        by_folder[folder].append(name)
    try:
        for folder, names in by_folder.items():
            _move_in_folder(source / folder, target / folder, names)
    except OSError as error:
        file = show_path(error.filename or source)
        raise ReaderError(f"{file} cannot be moved: {describe_error(error)}.") from error


def _move_in_folder(source: Path, target: Path, names: Iterable[str]) -> None:
    """Move files so that each is complete in one of the folders at any moment. Raises OSError."""
    target.mkdir(parents=True, exist_ok=True)
    moved = [name for name in names if _copy(source / name, target / name)]
    sync(target)
    for name in moved:
        (source / name).unlink()
    sync(source)


def _copy(source: Path, target: Path) -> bool:
    """Give a file another name; return false if there is another file of that name. Raises OSError."""
    try:
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:  # another file system, or one without links
            create_atomically(target, source.read_bytes())
            shutil.copystat(source, target)
    except FileExistsError:
        return target.is_file() and target.read_bytes() == source.read_bytes()  # an earlier move was interrupted
    return True
