"""Removed files are moved to the trash and back, whatever interrupts that, and replace nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.storage.trash import Trash


@pytest.fixture(params=["links", "copies"])
def trash(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Trash:
    if request.param == "copies":  # as between file systems

        def link(*_: object, **__: object) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "link", link)
    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    for path in ("1", "a/2", "a/b/3"):
        (root / path).write_text(path, "utf-8")
        os.utime(root / path, (1, 1))
    return Trash(tmp_path / "data/trash")


def test_files_are_moved_there_and_back(trash: Trash, tmp_path: Path) -> None:
    root = tmp_path / "root"
    trash.put("x", root, ["1", "a/b/3"])
    assert trash.files("x") == ["1", "a/b/3"]
    assert [each.name for each in root.rglob("*") if each.is_file()] == ["2"]
    assert trash.folder.stat().st_mode & 0o077 == 0
    trash.put("y", root, [])
    assert trash.has("y"), "nothing was removed, and that is known"
    assert trash.restore("x", root) == 0
    assert not trash.has("x")
    assert {path: (root / path).read_text("utf-8") for path in ("1", "a/2", "a/b/3")} == {
        path: path for path in ("1", "a/2", "a/b/3")
    }
    assert (root / "1").stat().st_mtime == 1


def test_nothing_is_replaced_and_what_was_interrupted_goes_on(trash: Trash, tmp_path: Path) -> None:
    root = tmp_path / "root"
    trash.put("x", root, ["1", "a/2"])
    (root / "1").write_text("another", "utf-8")
    (root / "a/2").write_text("a/2", "utf-8")  # restored, but not yet gone from the trash
    assert trash.restore("x", root) == 1
    assert (root / "1").read_text("utf-8") == "another"
    assert trash.files("x") == ["1"]
    with pytest.raises(ReaderError, match="cannot be moved"):
        trash.put("z", root, ["not-there"])
