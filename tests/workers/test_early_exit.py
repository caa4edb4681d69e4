"""Interrupted refreshes and unreadable files: nothing is lost, and nothing stays by mistake."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

import pytest

from reader.core.events import Progress
from reader.core.marks import MarkChange
from reader.core.ordering import Sort
from reader.indexing.parse_worker import parse_files
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.index.writer import IndexWriter
from reader.workers.process import ManagedProcess

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


def _document(title: str, more: str = "") -> str:
    return f"---\ntitle: {title}\n{more}---\n"


def _paths(library: Library) -> list[str]:
    return sorted(row.path for row in library.articles.rows(library.articles.order(Sort()).rowids))


def _refresh(library: Library, *paths: bytes) -> Progress:
    *_, last = refresh(library, paths=paths or None)
    assert last.finished
    return last


def test_a_removed_file_is_removed_after_an_interrupted_refresh(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a/gone.md": _document("gone"), "a/stays.md": _document("stays")})
    opened = library(folder)
    (folder / "a/gone.md").unlink()
    make_folder({f"b/{n}.md": _document("new") for n in range(60)})

    class Written(Event):
        """Set after the first batch, before removed files are deleted."""

        def is_set(self) -> bool:
            return opened.index.documents() > 2

    assert not any(progress.finished for progress in refresh(opened, Written()))
    _refresh(opened)
    assert len(_paths(opened)) == 61
    assert _paths(opened)[0] == "a/stays.md"


def test_extreme_modification_times_are_indexed(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"late.md": _document("late"), "early.md": _document("early"), "usual.md": _document("usual")})
    os.utime(folder / "late.md", (0, 2**40))
    os.utime(folder / "early.md", (0, -(2**40)))
    opened = library(folder)
    assert _paths(opened) == ["early.md", "late.md", "usual.md"]
    assert _refresh(opened).done == 0


def test_a_similar_document_is_not_taken_for_a_moved_one(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a.md": _document("Notes", "excerpt: monday\n")})
    os.utime(folder / "a.md", (0, 0))
    opened = library(folder)
    (row,) = opened.articles.rows(opened.articles.order(Sort()).rowids)
    opened.marks.apply([row.id], MarkChange(read=True))
    (folder / "a.md").unlink()
    make_folder({"b.md": _document("Notes", "excerpt: friday\n")})
    os.utime(folder / "b.md", (0, 0))
    assert _refresh(opened).moved == 0
    (row,) = opened.articles.rows(opened.articles.order(Sort()).rowids)
    assert (row.path, row.read) == ("b.md", False)


def test_a_folder_that_becomes_unreadable_keeps_its_articles(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a/1.md": _document("1")})
    opened = library(folder)
    (folder / "a").chmod(0)
    try:
        os.listdir(folder / "a")
    except PermissionError:
        pass
    else:
        (folder / "a").chmod(0o755)
        pytest.skip("whoever runs this may read every folder")
    try:
        _refresh(opened, b"a")
        assert _paths(opened) == ["a/1.md"]
        assert [problem.path for problem in opened.index.problems()] == ["a"]
    finally:
        (folder / "a").chmod(0o755)
    _refresh(opened, b"a")
    assert opened.index.problems() == []


def test_the_problem_of_a_broken_link_comes_and_goes_with_it(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a/1.md": _document("1")})
    (folder / "a/former.md").symlink_to("nowhere")
    opened = library(folder)
    (folder / "a/link.md").symlink_to("nowhere")
    _refresh(opened, b"a/link.md")
    assert [problem.path for problem in opened.index.problems()] == ["a/former.md", "a/link.md"]
    (folder / "a/link.md").unlink()
    _refresh(opened, b"a/link.md")
    assert [problem.path for problem in opened.index.problems()] == ["a/former.md"]
    shutil.rmtree(folder / "a")
    _refresh(opened, b"a/former.md", b"a/1.md", b"a")
    assert (opened.index.problems(), _paths(opened)) == ([], [])


def test_nested_folders_are_read_once(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"1.md": _document("1")})
    opened = library(folder)
    make_folder({f"{name}/1.md": _document("new") for name in ("n", "n/m", "n/m/o", "n-m")})
    assert _refresh(opened, b"n", b"n/m", b"n/m/o", b"n-m", b"n/m/1.md").done == 4


def test_without_parser_processes_everything_is_read_in_this_process(
    make_folder: MakeFolder, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = make_folder({})
    opened = library(folder)
    make_folder({f"{n}.md": _document(str(n)) for n in range(1000)})
    monkeypatch.setattr(sys, "executable", str(tmp_path / "moved by an update"))
    assert _refresh(opened).done == 1000
    assert len(_paths(opened)) == 1000


def test_only_the_damaged_index_file_is_set_aside(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"1.md": _document("1")})
    opened = library(folder)
    file = opened.index.database.path
    assert file is not None
    opened.index.database.damaged = True  # as after reading a bad disk block
    file.rename(file.with_name("what another has set aside"))
    fresh, _ = Index.open(file)
    opened.index.close()
    assert [path.name for path in file.parent.iterdir() if "damaged" in path.name] == []
    assert file.exists()
    fresh.close()


class _UnkillableProcess(ManagedProcess):
    """A process that waits for a disk: it ends when the disk answers, not when it is killed."""

    def kill(self) -> None:
        """Do nothing."""


def test_a_process_that_does_not_end_is_not_waited_for() -> None:
    process = _UnkillableProcess("tests.workers.echo_process")
    process.send("one")
    process.end()
    assert process.poll() is None
    assert process.receive() == "one"  # its pipes are open: a thread may be reading from one
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    process.end()


def test_two_writers_without_locks_publish_all_articles(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({f"{n}.md": _document(str(n)) for n in range(200)})
    opened = library(folder)
    make_folder({"one.md": _document("one"), "other.md": _document("other")})
    # What locks prevent: otherwise the first to publish would publish only its own changes and report them as complete.
    one, other = IndexWriter(opened.index.database), IndexWriter(opened.index.database)
    one.apply(*parse_files(opened.folder, b"", [b"one.md"])[:2])
    other.apply(*parse_files(opened.folder, b"", [b"other.md"])[:2])
    assert one.publish()
    other.publish()
    assert {"one.md", "other.md"} < set(_paths(opened))
