"""A refresh of some paths has the same result as a refresh of everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reader.core.events import Progress
from reader.core.ordering import Sort
from reader.indexing.refresh import refresh
from reader.library.library import Library

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


def _document(title: str) -> str:
    return f"---\ntitle: {title}\n---\n"


def _paths(library: Library) -> list[str]:
    return sorted(row.path for row in library.articles.rows(library.articles.order(Sort()).rowids))


def _refresh(library: Library, *paths: bytes) -> Progress:
    *_, last = refresh(library, paths=paths or None)
    assert last.finished
    return last


@pytest.fixture
def opened(make_folder: MakeFolder, library: OpenLibrary) -> Library:
    """A library with nested folders."""
    names = ("1.md", "a/1.md", "a/b/1.md", "a/b/c/1.md", "a-b/1.md")
    return library(make_folder({name: _document(name) for name in names}))


def _whole(library: Library) -> None:
    """Check that a complete refresh finds no further changes."""
    last = _refresh(library)
    assert (last.done, last.removed, last.moved) == (0, 0, 0)


def test_created_changed_and_removed_files(opened: Library, make_folder: MakeFolder) -> None:
    make_folder({"a/b/new.md": _document("new"), "a/1.md": _document("changed")})
    (opened.folder.root / "1.md").unlink()
    last = _refresh(opened, b"a/b/new.md", b"a/1.md", b"1.md", b"nothing.md", b"a/nowhere/x.md")
    assert (last.changed, last.removed, last.moved) == (2, 1, 0)
    assert _paths(opened) == ["a-b/1.md", "a/1.md", "a/b/1.md", "a/b/c/1.md", "a/b/new.md"]
    _whole(opened)


def test_other_paths_are_not_compared(opened: Library, make_folder: MakeFolder) -> None:
    make_folder({"new.md": _document("new"), "a/new.md": _document("new")})
    _refresh(opened, b"a/new.md")
    assert "new.md" not in _paths(opened)
    assert _refresh(opened).changed == 1  # nor does it count as compared


def test_a_renamed_folder_is_a_move(opened: Library) -> None:
    rows = {path: opened.index.rowid_by_path(path) for path in (b"a/1.md", b"a/b/1.md", b"a/b/c/1.md")}
    (opened.folder.root / "a").rename(opened.folder.root / "z")
    last = _refresh(opened, b"a", b"z")
    assert (last.changed, last.removed, last.moved) == (0, 0, 3)
    assert {path: opened.index.rowid_by_path(b"z" + path[1:]) for path in rows} == rows
    assert set(opened.index.folder_paths().values()) == {b"", b"a-b", b"z", b"z/b", b"z/b/c"}
    _whole(opened)


def test_a_removed_folder_removes_only_its_content(opened: Library) -> None:
    shutil.rmtree(opened.folder.root / "a")
    assert _refresh(opened, b"a").removed == 3
    assert _paths(opened) == ["1.md", "a-b/1.md"]
    assert set(opened.index.folder_paths().values()) == {b"", b"a-b"}
    _whole(opened)


def test_a_recreated_folder_has_only_its_new_content(opened: Library, make_folder: MakeFolder) -> None:
    shutil.rmtree(opened.folder.root / "a")
    make_folder({"a/2.md": _document("2")})
    last = _refresh(opened, b"a", b"a/1.md", b"a/2.md", b"a/b", b"a/b/1.md")
    assert (last.changed, last.removed) == (1, 3)
    assert _paths(opened) == ["1.md", "a-b/1.md", "a/2.md"]
    assert set(opened.index.folder_paths().values()) == {b"", b"a", b"a-b"}
    _whole(opened)


def test_a_document_in_the_place_of_a_folder(opened: Library, make_folder: MakeFolder) -> None:
    make_folder({"x.md/1.md": _document("1"), "x.md/y/1.md": _document("1")})
    _refresh(opened, b"x.md")
    assert "x.md/y/1.md" in _paths(opened)
    shutil.rmtree(opened.folder.root / "x.md")
    make_folder({"x.md": _document("x")})
    _refresh(opened, b"x.md")
    assert [path for path in _paths(opened) if path.startswith("x")] == ["x.md"]
    assert not {b"x.md", b"x.md/y"} & set(opened.index.folder_paths().values())
    _whole(opened)


@pytest.mark.parametrize("inside", [{}, {"x.md/1.md": _document("1")}], ids=["empty", "with a document"])
def test_a_folder_in_the_place_of_a_document(
    opened: Library, make_folder: MakeFolder, inside: Mapping[str, str]
) -> None:
    make_folder({"x.md": _document("x")})
    _refresh(opened, b"x.md")
    (opened.folder.root / "x.md").unlink()
    (opened.folder.root / "x.md").mkdir()
    make_folder(inside)
    _refresh(opened, b"x.md")
    assert [path for path in _paths(opened) if path.startswith("x")] == list(inside)
    _whole(opened)


def test_linked_folders_are_skipped(opened: Library, make_folder: MakeFolder, tmp_path: Path) -> None:
    make_folder({"a/other.md": _document("other")})
    (opened.folder.root / "a-b").rename(tmp_path / "elsewhere")
    (opened.folder.root / "a-b").symlink_to(opened.folder.root / "a")
    _refresh(opened, b"a", b"a-b", b"a-b/1.md", b"a-b/other.md", b"a-b/b/1.md")
    assert _paths(opened) == ["1.md", "a/1.md", "a/b/1.md", "a/b/c/1.md", "a/other.md"]
    assert opened.index.problems() == []
    _whole(opened)
