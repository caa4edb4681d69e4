"""A refresh of some paths has the same result as a refresh of everything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.events import Progress
from reader.core.ordering import Sort
from reader.documents.files import Folder
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.storage.sqlite.index.reader import Index
from reader.storage.sqlite.marks.store import MarkStore

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
    """Check that a whole refresh finds nothing more."""
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
    assert _refresh(opened).changed == 1  # nor is it taken for seen


def test_a_renamed_folder_is_a_move(opened: Library) -> None:
    rows = {path: opened.index.rowid_by_path(path) for path in (b"a/1.md", b"a/b/1.md", b"a/b/c/1.md")}
    (opened.folder.root / "a").rename(opened.folder.root / "z")
    last = _refresh(opened, b"a", b"z")
    assert (last.changed, last.removed, last.moved) == (0, 0, 3)
    assert {path: opened.index.rowid_by_path(b"z" + path[1:]) for path in rows} == rows
    assert opened.articles.folders() == {b"", b"a-b", b"z", b"z/b", b"z/b/c"}
    _whole(opened)


def test_a_removed_folder_removes_only_its_content(opened: Library) -> None:
    shutil.rmtree(opened.folder.root / "a")
    assert _refresh(opened, b"a").removed == 3
    assert _paths(opened) == ["1.md", "a-b/1.md"]
    assert opened.articles.folders() == {b"", b"a-b"}
    _whole(opened)


def test_a_recreated_folder_has_only_its_new_content(opened: Library, make_folder: MakeFolder) -> None:
    shutil.rmtree(opened.folder.root / "a")
    make_folder({"a/2.md": _document("2")})
    last = _refresh(opened, b"a", b"a/1.md", b"a/2.md", b"a/b", b"a/b/1.md")
    assert (last.changed, last.removed) == (1, 3)
    assert _paths(opened) == ["1.md", "a-b/1.md", "a/2.md"]
    assert opened.articles.folders() == {b"", b"a", b"a-b"}
    _whole(opened)


def test_a_document_in_the_place_of_a_folder(opened: Library, make_folder: MakeFolder) -> None:
    make_folder({"x.md/1.md": _document("1"), "x.md/y/1.md": _document("1")})
    _refresh(opened, b"x.md")
    assert "x.md/y/1.md" in _paths(opened)
    shutil.rmtree(opened.folder.root / "x.md")
    make_folder({"x.md": _document("x")})
    _refresh(opened, b"x.md")
    assert [path for path in _paths(opened) if path.startswith("x")] == ["x.md"]
    assert not {b"x.md", b"x.md/y"} & opened.articles.folders()
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
    assert opened.articles.problems() == []
    _whole(opened)


_PLACES = st.sampled_from(["a.md", "b/a.md", "b/b/a.md", "a.md/a.md", "b", "b/b", "c", "c/a.md"])
_STEPS = st.tuples(st.sampled_from(["write", "delete", "move"]), _PLACES, _PLACES)


def _change(root: Path, kind: str, path: str, target: str, title: str) -> set[str]:
    """Change the folder, and return the paths that a watcher reports; none if it is impossible."""
    at, to = root / path, root / target
    if kind == "write":
        new = [str(above.relative_to(root)) for above in at.parents if not above.exists()][-1:]
        if at.suffix != ".md" or at.is_dir() or any(above.is_file() for above in at.parents):
            return set()
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(_document(title))
        return {*new, path}
    if not at.exists():
        return set()
    if kind == "move":
        if to.exists() or not to.parent.is_dir() or at in to.parents:
            return set()
        at.rename(to)
        return {path, target}
    below = {str(each.relative_to(root)) for each in at.rglob("*")} if at.is_dir() else set()
    if at.is_dir():
        shutil.rmtree(at)
    else:
        at.unlink()
    return {path, *below}


@settings(max_examples=60)
@given(st.lists(st.lists(_STEPS, min_size=2, max_size=8), min_size=2, max_size=5))
def test_reported_paths_are_enough_for_any_change(rounds: list[list[tuple[str, str, str]]]) -> None:
    with TemporaryDirectory() as place:
        root = Path(place).resolve() / "news"
        for name in ("a.md", "b/a.md", "b/b/a.md"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(_document(name))
        opened = Library(Folder.of(root), Index.open(None)[0], MarkStore.in_memory())
        list(refresh(opened))
        for number, steps in enumerate(rounds):
            told: set[str] = set()
            for at, (kind, path, target) in enumerate(steps):
                told |= _change(root, kind, path, target, f"{number}-{at}")
            if told:
                _refresh(opened, *map(os.fsencode, told))
            there = {str(path.relative_to(root)) for path in root.rglob("*.md") if path.is_file()}
            assert set(_paths(opened)) == there
            for rowid, known in opened.index.paths():
                (row,) = opened.articles.rows([rowid])
                assert row.title == (root / os.fsdecode(known)).read_text().split("\n")[1].removeprefix("title: ")
            folders = {os.fsencode(path.relative_to(root)) for path in root.rglob("*") if path.is_dir()}
            assert opened.articles.folders() >= folders | {b""}
        opened.close()
