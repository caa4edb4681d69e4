"""The updater: real files, the system's own notices, real processes."""

from __future__ import annotations

import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reader.core.events import Progress
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.events import IndexChanged, Notice, UpdaterMessage
from reader.indexing.refresh import refresh
from reader.indexing.remote import UpdaterHandle, UpdaterProcess, UpdaterThread, create_updater
from reader.indexing.updater import IndexUpdater
from reader.library.library import Library

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]
_PATIENCE = 30.0


def _document(title: str) -> str:
    return f"---\ntitle: {title}\n---\n"


def _titles(library: Library) -> list[str]:
    return sorted(row.title for row in library.articles.rows(library.articles.order(Sort()).rowids))


class Heard:
    """What a updater has told."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
        self.said: list[str] = []

    def until(self, true: Callable[[], bool]) -> None:
        """Take in news until something is true of the library."""
        deadline = time.monotonic() + _PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"this did not come; said: {self.said}"
            try:
                news = self.news.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(news, Notice):
                self.said.append(news.text)

    def finished(self) -> None:
        """Take in news until a refresh has come to its end."""
        while True:
            news = self.news.get(timeout=_PATIENCE)
            if isinstance(news, Notice):
                self.said.append(news.text)
            elif isinstance(news, Progress) and news.finished:
                return


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=["thread", "process"])
def keep(request: pytest.FixtureRequest, heard: Heard) -> Iterator[Callable[[Library], UpdaterHandle]]:
    """Begin to keep the index of a library, in a thread and in a process."""
    begun: list[UpdaterHandle] = []

    def begin(library: Library) -> UpdaterHandle:
        updater: UpdaterHandle = UpdaterThread(library) if request.param == "thread" else UpdaterProcess(library)
        begun.append(updater)
        updater.start()
        updater.listen(heard.news.put)
        return updater

    yield begin
    for each in begun:
        each.close()


@pytest.fixture
def opened(make_folder: MakeFolder) -> Iterator[Library]:
    """A library of two documents that nobody has read yet."""
    library = Library.open(make_folder({"a.md": _document("a"), "sub/b.md": _document("b")}), Paths.from_environment())
    yield library
    library.close()


def test_everything_that_happens_to_a_folder_shows_by_itself(
    opened: Library, heard: Heard, keep: Callable[[Library], UpdaterHandle]
) -> None:
    folder = opened.folder.root
    keep(opened)
    heard.until(lambda: _titles(opened) == ["a", "b"])
    heard.finished()

    def becomes(*titles: str) -> None:
        heard.until(lambda: _titles(opened) == sorted(titles))

    (folder / "c.md").write_text(_document("c"))
    becomes("a", "b", "c")
    (folder / "c.md").write_text(_document("changed"))
    becomes("a", "b", "changed")
    (folder / "sub" / "b.md").unlink()
    becomes("a", "changed")
    (folder / "new" / "deep").mkdir(parents=True)
    (folder / "new" / "deep" / "d.md").write_text(_document("d"))
    becomes("a", "changed", "d")
    (folder / "new" / "deep" / "e.md").write_text(_document("e"))
    becomes("a", "changed", "d", "e")
    row = opened.articles.find("new/deep/d.md")
    (folder / "new").rename(folder / "elsewhere")
    heard.until(lambda: opened.index.rowid_by_path(b"elsewhere/deep/d.md") == row)
    shutil.rmtree(folder / "elsewhere")
    becomes("a", "changed")
    assert heard.said == []


def test_a_burst_of_changes_is_few_changes_of_the_list(
    opened: Library, heard: Heard, keep: Callable[[Library], UpdaterHandle]
) -> None:
    keep(opened)
    heard.until(lambda: _titles(opened) == ["a", "b"])
    heard.finished()
    before = opened.generation()
    for n in range(1500):
        (opened.folder.root / f"{n:04}.md").write_text(_document(f"t{n}"))
    heard.until(lambda: len(opened.articles.order(Sort())) == 1502)
    assert opened.generation() - before < 15


def test_asking_compares_and_tells(opened: Library, heard: Heard, keep: Callable[[Library], UpdaterHandle]) -> None:
    updater = keep(opened)
    heard.finished()
    updater.refresh()
    heard.until(lambda: "Nothing has changed." in heard.said)


def test_a_folder_that_is_gone_keeps_its_list_and_is_looked_for(
    opened: Library, heard: Heard, keep: Callable[[Library], UpdaterHandle]
) -> None:
    folder = opened.folder.root
    keep(opened)
    heard.until(lambda: _titles(opened) == ["a", "b"])
    heard.finished()
    folder.rename(folder.with_name("away"))
    heard.until(lambda: any("cannot be read: no such file or directory" in said for said in heard.said))
    assert _titles(opened) == ["a", "b"]
    (folder.with_name("away") / "c.md").write_text(_document("c"))
    folder.with_name("away").rename(folder)
    heard.until(lambda: _titles(opened) == ["a", "b", "c"])
    (folder / "d.md").write_text(_document("d"))
    heard.until(lambda: _titles(opened) == ["a", "b", "c", "d"])
    assert len(heard.said) == 1


def test_what_another_instance_takes_in_is_told(opened: Library, heard: Heard) -> None:
    updater = IndexUpdater(opened, heard.news.put, watching=False)
    thread = threading.Thread(target=updater.run, daemon=True)
    thread.start()
    heard.finished()
    (opened.folder.root / "c.md").write_text(_document("c"))
    other = Library.open(opened.folder.root, Paths.from_environment())
    for _ in refresh(other, wait=lambda: True):
        pass
    other.close()
    news = heard.news.get(timeout=_PATIENCE)
    while not isinstance(news, IndexChanged):
        news = heard.news.get(timeout=_PATIENCE)
    assert _titles(opened) == ["a", "b", "c"]
    updater.close()
    thread.join(_PATIENCE)
    assert not thread.is_alive()


def test_a_keeper_that_is_killed_is_replaced_by_a_thread(opened: Library, heard: Heard) -> None:
    updater = UpdaterProcess(opened)
    updater.listen(heard.news.put)
    heard.finished()
    assert updater._process is not None
    os.kill(updater._process.pid, signal.SIGKILL)
    (opened.folder.root / "c.md").write_text(_document("c"))
    heard.until(lambda: _titles(opened) == ["a", "b", "c"])
    updater.refresh()
    heard.until(lambda: bool(heard.said))
    updater.close()


def test_a_keeper_ends_with_the_program_that_began_it(opened: Library) -> None:
    program = (
        "import sys, os; from pathlib import Path; from reader.core.paths import Paths\n"
        "from reader.library.library import Library; from reader.indexing.remote import UpdaterProcess\n"
        "updater = UpdaterProcess(Library.open(Path(sys.argv[1]), Paths.from_environment())); updater.start()\n"
        "updater.listen(lambda news: print(updater._process.pid, flush=True)); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(opened.folder.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + _PATIENCE
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2:3]:
        assert time.monotonic() < deadline, "the updater goes on alone"
        time.sleep(0.05)


def test_without_a_file_the_keeper_is_a_thread(make_folder: MakeFolder) -> None:
    single = Library.open(make_folder({"a.md": _document("a")}) / "a.md", Paths.from_environment())
    assert isinstance(create_updater(single), UpdaterThread)
    single.close()


def test_where_nothing_can_be_written_the_index_goes_on_in_memory(make_folder: MakeFolder, heard: Heard) -> None:
    folder = make_folder({f"{n}.md": _document(f"t{n}") + "x" * 500 for n in range(300)})
    library = Library.open(folder, Paths.from_environment())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    updater = UpdaterProcess(library)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))  # for the child to inherit
        updater.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    try:
        updater.listen(heard.news.put)
        heard.until(lambda: library.index.in_memory and len(library.articles.order(Sort())) == 300)
        heard.until(lambda: any("The index is kept in memory." in said for said in heard.said))
        (folder / "more.md").write_text(_document("more"))
        heard.until(lambda: len(library.articles.order(Sort())) == 301)
    finally:
        updater.close()
        library.close()


def test_asking_while_another_writes_goes_on_waiting(opened: Library, heard: Heard) -> None:
    other = Library.open(opened.folder.root, Paths.from_environment())
    updater = UpdaterThread(opened)
    with other.index.writer():
        updater.listen(heard.news.put)
        heard.until(lambda: "Another newsreader is reading this folder; what it has read shows here too." in heard.said)
        updater.refresh()
        heard.until(lambda: heard.said.count(heard.said[0]) == 2)  # it has begun anew, and waits
    heard.until(lambda: "2 new or changed." in heard.said)
    assert len(heard.said) == 3  # and nothing of a folder that cannot be read
    updater.close()
    other.close()


def test_closing_while_another_writes_says_nothing(opened: Library, heard: Heard) -> None:
    other = Library.open(opened.folder.root, Paths.from_environment())
    updater = IndexUpdater(opened, heard.news.put, watching=False)
    thread = threading.Thread(target=updater.run, daemon=True)
    with other.index.writer():
        thread.start()
        heard.until(lambda: bool(heard.said))
        updater.close()
        thread.join(_PATIENCE)
        assert not thread.is_alive()
    heard.until(heard.news.empty)
    assert len(heard.said) == 1
    other.close()
