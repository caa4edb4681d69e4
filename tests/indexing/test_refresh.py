from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.events import Progress
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.query.parser import parse_query
from reader.storage.sqlite.lock import BusyError

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


def _document(title: str) -> str:
    return f"---\ntitle: {title}\n---\n"


def _many(count: int) -> dict[str, str]:
    return {f"{n:04}.md": _document(f"t{n}") for n in range(count)}


def _titles(library: Library) -> list[str]:
    return sorted(row.title for row in library.articles.rows(library.articles.order(Sort()).rowids))


def _refresh(library: Library) -> Progress:
    *_, last = refresh(library)
    assert last.finished
    return last


def test_new_changed_moved_and_removed_documents(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"same.md": _document("same"), "old.md": _document("old"), "gone.md": _document("gone")})
    (folder / "move.md").write_text(_document("moved"))
    opened = library(folder)
    rowid = opened.articles.find("same.md")
    make_folder({"new.md": _document("new"), "old.md": _document("changed")})
    (folder / "gone.md").unlink()
    (folder / "sub").mkdir()
    (folder / "move.md").rename(folder / "sub" / "move.md")
    last = _refresh(opened)
    assert _titles(opened) == ["changed", "moved", "new", "same"]
    assert (last.done, last.changed, last.moved, last.removed) == (3, 2, 1, 1)
    assert opened.articles.find("same.md") == rowid


def test_a_change_of_size_or_time_is_enough_to_read_again(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"size.md": _document("a"), "time.md": _document("a")})
    opened = library(folder)
    stamps = {name: (folder / name).stat().st_mtime_ns for name in ("size.md", "time.md")}
    make_folder({"size.md": _document("longer"), "time.md": _document("b")})
    os.utime(folder / "size.md", ns=(0, stamps["size.md"]))
    os.utime(folder / "time.md", ns=(0, stamps["time.md"] - 1))
    assert _refresh(opened).changed == 2
    assert _titles(opened) == ["b", "longer"]


def test_an_unchanged_folder_writes_nothing(
    make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    folder = make_folder({"a.md": _document("a"), "broken.md": "", "fifo.md": ""})
    (folder / "fifo.md").unlink()
    os.mkfifo(folder / "fifo.md")
    opened = library(folder)
    with closing(sqlite3.connect(own_directories.index_file(folder))) as watcher:

        def version() -> int:
            return int(watcher.execute("PRAGMA data_version").fetchone()[0])

        before = version()
        (last,) = refresh(opened)
        assert last._replace(seconds=0) == Progress(finished=True)
        assert version() == before
        make_folder({"b.md": _document("b")})
        _refresh(opened)
        assert version() != before


def test_another_library_sees_the_results(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder(_many(2))
    first, second = library(folder), library(folder)
    make_folder({"new.md": _document("new")})
    assert _refresh(first).changed == 1
    assert _titles(second) == ["new", "t0", "t1"]
    assert _refresh(second).changed == 0


def test_a_large_folder_comes_in_batches_after_a_small_first_one(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({}))
    make_folder(_many(700))
    steps = [(step, opened.counts().articles) for step in refresh(opened)]
    first, listed = steps[0]
    assert (first.done, listed, first.shown) == (48, 48, True)
    last, listed = steps[-1]
    assert (last.done, last.total, last.changed, listed, last.finished) == (700, 700, 700, 700, True)
    assert [step.done for step, _ in steps] == sorted(step.done for step, _ in steps)


def test_a_stopped_refresh_is_continued_by_the_next(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({}))
    make_folder(_many(100))
    stop = threading.Event()
    steps: Iterator[Progress] = refresh(opened, stop)
    assert next(steps).done == 48
    stop.set()
    assert list(steps) == []
    assert opened.counts().articles == 48
    assert list(refresh(opened, stop)) == []
    assert _refresh(opened).changed == 52
    assert opened.counts().articles == 100


def test_one_refresh_of_a_folder_waits_for_another(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder(_many(70))
    slow, quick = library(folder), library(folder)
    make_folder({name: _document(f"changed{name}") for name in _many(70)})
    steps = refresh(slow)
    next(steps)
    with pytest.raises(BusyError, match="Another newsreader is reading this folder"):
        list(refresh(quick))
    asked: list[bool] = []

    def wait() -> bool:
        asked.append(True)
        if len(asked) == 2:
            list(steps)  # the other one completes
        return True

    *_, last = refresh(quick, wait=wait)
    assert len(asked) >= 2
    assert last.changed == 0
    assert quick.counts().articles == len(_titles(quick)) == 70
    assert _titles(quick)[0] == "changed0000.md"


def test_an_unreadable_file_is_a_problem_and_retried(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({}))
    folder = make_folder(_many(65))
    steps = refresh(opened)
    next(steps)
    (folder / "0064.md").unlink()  # after it was found, before it is read
    (folder / "0064.md").mkdir()
    *_, last = steps
    assert last.changed == 64
    assert opened.counts().with_problems == 1
    (problem,) = opened.index.problems()
    assert (problem.path, problem.line, problem.field) == ("0064.md", 1, "")
    assert problem.message == "0064.md is not a regular file and is not read"
    found = opened.search.run(parse_query("has:problems"), Sort())
    assert [row.title for row in opened.articles.rows(found.first(9))] == ["0064"]
    (folder / "0064.md").rmdir()
    make_folder({"0064.md": _document("back")})
    assert _refresh(opened).changed == 1
    assert opened.index.problems() == []


_REFRESHED_BY_ANYONE = """
import os, sys
from pathlib import Path
from reader.core.events import describe_outcome
from reader.core.paths import Paths
import reader.documents.parse  # loaded late, from a folder that the other user may not read
from reader.indexing.refresh import refresh
from reader.library.library import Library
place = Path(sys.argv[1])
paths = Paths(place, place, place)
def outcome():
    library = Library.open(place / "news", paths)
    *_, last = refresh(library)
    print(describe_outcome(last), [problem.message for problem in library.index.problems()], sep="; ")
    library.close()
outcome()
os.chmod(place / "news" / "a.md", 0)
os.utime(place / "news" / "a.md", (0, 0))
for file in place.glob("*.db*"):
    os.chmod(file, 0o666)
if os.getuid() == 0:
    os.setuid(65534)  # a user who is subject to permissions
outcome()
outcome()
"""


def test_a_file_without_permission_is_one_problem_and_no_change() -> None:
    with tempfile.TemporaryDirectory() as name:  # one that every user can access, unlike pytest's
        place = Path(name)
        (place / "news").mkdir()
        for each in ("a.md", "b.md"):
            (place / "news" / each).write_text(_document(each))
        place.chmod(0o777)
        program = [sys.executable, "-c", _REFRESHED_BY_ANYONE, name]
        output = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    problem = "['a.md cannot be read: permission denied']"
    assert output.splitlines() == ["2 new or changed; []", *2 * [f"nothing has changed; {problem}"]]


def test_a_broken_document_is_counted_and_stops_nothing(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(
        make_folder(
            {
                "a.md": _document("a"),
                "b.md": "no front matter",
                "c.md": "---\ntitle: c\nquality: x\nheat: y\n---\n",
                "d.md": b"\x00" * 100,
                "e.md": b"---\ntitle: e\n---\n" + b"x" * (5 << 20),
            }
        )
    )
    assert _titles(opened) == ["B", "D", "a", "c", "e"]
    counts = opened.counts()
    assert (counts.articles, counts.unread, counts.with_problems) == (5, 5, 2)
    assert [(each.path, each.line, each.field) for each in opened.index.problems()] == [
        ("c.md", 3, "quality"),
        ("c.md", 4, "heat"),
        ("e.md", 1, ""),
    ]


def test_a_missing_folder_is_an_error_and_keeps_its_index(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder(_many(2))
    opened = library(folder)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(ReaderError, match="cannot be read: no such file or directory"):
        list(refresh(opened))
    assert opened.counts().articles == 2


def test_a_single_document_is_refreshed_too(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a.md": _document("a"), "b.md": _document("b")})
    opened = library(folder / "a.md")
    assert _titles(opened) == ["a"]
    make_folder({"a.md": _document("longer")})
    _refresh(opened)
    assert _titles(opened) == ["longer"]


@pytest.mark.parametrize("single", [False, True])
def test_a_removed_document_can_come_back(
    make_folder: MakeFolder, library: OpenLibrary, tmp_path: Path, single: bool
) -> None:
    folder = make_folder({"a.md": _document("a")} | ({} if single else {"b.md": _document("b")}))
    opened = library(folder / "a.md" if single else folder)
    before = _titles(opened)
    (folder / "a.md").rename(tmp_path / "away.md")
    assert _refresh(opened).removed == 1
    assert "a" not in _titles(opened)
    (tmp_path / "away.md").rename(folder / "a.md")
    assert _refresh(opened).changed == 1
    assert _titles(opened) == before


def test_an_incomplete_refresh_is_recorded(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = Library.open(make_folder(_many(500)), Paths.from_environment())
    try:
        assert not opened.counts().complete
        part = refresh(opened)
        next(part)
        part.close()  # as at the end of the program
        assert 0 < opened.counts().articles < 500
        assert not opened.counts().complete
        assert _refresh(opened).shown
        assert opened.counts().complete
        (opened.folder.root / "more.md").write_text(_document("more"))
        part = refresh(opened)
        next(part)
        part.close()
        assert opened.counts().complete  # new files do not put in doubt what was read
    finally:
        opened.close()


def test_other_instances_see_the_progress(make_folder: MakeFolder) -> None:
    opened = Library.open(make_folder(_many(3000)), Paths.from_environment())
    other = Library.open(opened.folder.root, Paths.from_environment())
    try:
        seen = []
        for _ in refresh(opened):
            reading = other.index.read_progress()
            if reading is not None:
                seen.append(reading)
        assert seen
        assert all(0 <= each.done <= each.total <= 3000 for each in seen)
        assert [each.done for each in seen] == sorted(each.done for each in seen)
        assert other.index.read_progress() is None
        # The last progress of a killed refresh is forgotten by the next one.
        with opened.index.writer() as writer:
            writer.set_progress(seen[0])
        assert other.index.read_progress() == seen[0]
        _refresh(opened)
        assert other.index.read_progress() is None
    finally:
        other.close()
        opened.close()


def _dates(library: Library) -> dict[str, str]:
    rows = library.articles.rows(library.articles.order(Sort()).rowids)
    return {row.title: str(row.published_at)[:16] for row in rows}


def test_dates_without_a_time_follow_the_time_zone(
    make_folder: MakeFolder, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, moment = "publishedDateTime: 2024-01-02", "publishedDateTime: 2024-01-02T00:00:00Z"
    folder = make_folder({"a.md": f"---\ntitle: day\n{day}\n---\n", "b.md": f"---\ntitle: time\n{moment}\n---\n"})
    try:
        for zone, start in (("UTC", "2024-01-02 00:00"), ("America/New_York", "2024-01-02 05:00")):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            opened = library(folder)
            assert _dates(opened) == {"day": start, "time": "2024-01-02 00:00"}
            assert opened.search.run(parse_query("date:2024-01-02"), Sort()).count == (2 if zone == "UTC" else 1)
            assert _refresh(opened).changed == 0
            opened.close()
    finally:
        monkeypatch.undo()
        time.tzset()


def test_names_in_the_settings_are_read_at_the_next_refresh(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a.md": "---\ntitle: a\nwhen: 03/04/2024\n---\n"})
    assert _dates(library(folder)) == {"a": "None"}
    settings = Paths.from_environment().config_file
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[fields]\ndate = ["when"]\n[dates]\norder = "dmy"\n')
    opened = library(folder)
    assert _dates(opened)["a"].startswith("2024-04-0")
    assert opened.index.problems() == []
