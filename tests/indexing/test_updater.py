"""The index updater with real files, watchers and processes."""

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

from reader.core.events import INDEX_GONE, IndexChanged, MarksChanged, Notice, Progress, UpdaterMessage
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.process_client import UpdaterHandle
from reader.indexing.refresh import refresh
from reader.indexing.updater import IndexUpdater
from reader.library.library import Library
from reader.library.rules.rules_file import RulesFile, new_rule

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]
_TIMEOUT = 30.0


def _document(title: str) -> str:
    return f"---\ntitle: {title}\n---\n"


def _titles(library: Library) -> list[str]:
    return sorted(row.title for row in library.articles.rows(library.articles.order(Sort()).rowids))


class Messages:
    """The messages of an updater."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
        self.notices: list[str] = []

    def until(self, true: Callable[[], bool]) -> None:
        """Receive messages until a condition is true."""
        deadline = time.monotonic() + _TIMEOUT
        while not true():
            assert time.monotonic() < deadline, f"the expected message did not arrive; notices: {self.notices}"
            try:
                news = self.news.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(news, Notice):
                self.notices.append(news.text)

    def finished(self) -> None:
        """Receive messages until a refresh has finished."""
        while True:
            news = self.news.get(timeout=_TIMEOUT)
            if isinstance(news, Notice):
                self.notices.append(news.text)
            elif isinstance(news, Progress) and news.finished:
                return


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture(params=["thread", "process"])
def keep(request: pytest.FixtureRequest, messages: Messages) -> Iterator[Callable[[Library], UpdaterHandle]]:
    """Start an updater, in a thread and in a process."""
    begun: list[UpdaterHandle] = []

    def begin(library: Library) -> UpdaterHandle:
        updater = UpdaterHandle(library, in_thread=request.param == "thread")
        begun.append(updater)
        updater.start()
        updater.listen(messages.news.put)
        return updater

    yield begin
    for each in begun:
        each.close()


@pytest.fixture
def opened(make_folder: MakeFolder) -> Iterator[Library]:
    """A library of two documents without an index."""
    library = Library.open(make_folder({"a.md": _document("a"), "sub/b.md": _document("b")}), Paths.from_environment())
    yield library
    library.close()


def test_all_kinds_of_changes_appear_automatically(
    opened: Library, messages: Messages, keep: Callable[[Library], UpdaterHandle]
) -> None:
    folder = opened.folder.root
    keep(opened)
    messages.until(lambda: _titles(opened) == ["a", "b"])
    messages.finished()

    def becomes(*titles: str) -> None:
        messages.until(lambda: _titles(opened) == sorted(titles))

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
    messages.until(lambda: opened.index.rowid_by_path(b"elsewhere/deep/d.md") == row)
    shutil.rmtree(folder / "elsewhere")
    becomes("a", "changed")
    assert messages.notices == []


def test_rules_about_stories_run_when_articles_are_grouped(
    opened: Library, messages: Messages, keep: Callable[[Library], UpdaterHandle]
) -> None:
    RulesFile(Paths.from_environment().rules_file).put(new_rule("Copies", "is:duplicate", ["read"], []))
    keep(opened)
    messages.finished()
    text = "---\ntitle: Dam above Velmora bursts\nexcerpt: Nine are missing.\noriginalUrl: https://{}.example/\n---\n"
    for name in "xy":
        (opened.folder.root / f"{name}.md").write_text(text.format(name))
    messages.until(lambda: opened.marks.count_read() == 1)


def test_a_burst_of_changes_is_published_in_few_steps(
    opened: Library, messages: Messages, keep: Callable[[Library], UpdaterHandle]
) -> None:
    keep(opened)
    messages.until(lambda: _titles(opened) == ["a", "b"])
    messages.finished()
    before = opened.index.generation()
    for n in range(1500):
        (opened.folder.root / f"{n:04}.md").write_text(_document(f"t{n}"))
    messages.until(lambda: len(opened.articles.order(Sort())) == 1502)
    assert opened.index.generation() - before < 40, "a busy machine writes the documents slowly"


def test_a_requested_refresh_reports_its_outcome(
    opened: Library, messages: Messages, keep: Callable[[Library], UpdaterHandle]
) -> None:
    updater = keep(opened)
    messages.finished()
    updater.refresh()
    messages.until(lambda: "Nothing has changed." in messages.notices)


def test_a_missing_folder_keeps_its_list_until_it_is_back(
    opened: Library, messages: Messages, keep: Callable[[Library], UpdaterHandle]
) -> None:
    folder = opened.folder.root
    keep(opened)
    messages.until(lambda: _titles(opened) == ["a", "b"])
    messages.finished()
    folder.rename(folder.with_name("away"))
    messages.until(lambda: any("cannot be read: no such file or directory" in notice for notice in messages.notices))
    assert _titles(opened) == ["a", "b"]
    (folder.with_name("away") / "c.md").write_text(_document("c"))
    folder.with_name("away").rename(folder)
    messages.until(lambda: _titles(opened) == ["a", "b", "c"])
    (folder / "d.md").write_text(_document("d"))
    messages.until(lambda: _titles(opened) == ["a", "b", "c", "d"])
    assert len(messages.notices) == 1


def test_changes_by_another_instance_are_reported(opened: Library, messages: Messages) -> None:
    updater = IndexUpdater(opened, messages.news.put, watching=False)
    thread = threading.Thread(target=updater.run, daemon=True)
    thread.start()
    messages.finished()
    assert updater.idle.wait(_TIMEOUT)
    while not messages.news.empty():  # the estimates of both documents
        assert messages.news.get() in {IndexChanged(at_start=True), MarksChanged(0)}
    (opened.folder.root / "c.md").write_text(_document("c"))
    other = Library.open(opened.folder.root, Paths.from_environment())
    for _ in refresh(other, wait=lambda: True):
        pass
    other.close()
    news = messages.news.get(timeout=_TIMEOUT)
    while not isinstance(news, IndexChanged):
        news = messages.news.get(timeout=_TIMEOUT)
    assert not news.at_start
    assert _titles(opened) == ["a", "b", "c"]
    updater.close()
    thread.join(_TIMEOUT)
    assert not thread.is_alive()


def test_an_index_deleted_while_open_is_built_again(
    opened: Library, messages: Messages, keep: Callable[[Library], UpdaterHandle]
) -> None:
    keep(opened)
    messages.finished()
    shutil.rmtree(Paths.from_environment().cache)
    assert _titles(opened) == ["a", "b"]  # what is open can still be read
    messages.until(lambda: INDEX_GONE in messages.notices)
    messages.until(lambda: _titles(opened) == ["a", "b"])
    assert Paths.from_environment().index_file(opened.folder.root).exists()


def test_a_killed_updater_is_replaced_by_a_thread(opened: Library, messages: Messages) -> None:
    updater = UpdaterHandle(opened)
    updater.listen(messages.news.put)
    messages.finished()
    assert updater.process is not None
    os.kill(updater.process.pid, signal.SIGKILL)
    (opened.folder.root / "c.md").write_text(_document("c"))
    messages.until(lambda: _titles(opened) == ["a", "b", "c"])
    updater.refresh()
    messages.until(lambda: bool(messages.notices))
    updater.close()


def test_an_updater_ends_with_its_parent(opened: Library) -> None:
    program = (
        "import sys, os; from pathlib import Path; from reader.core.paths import Paths\n"
        "from reader.library.library import Library; from reader.indexing.process_client import UpdaterHandle\n"
        "updater = UpdaterHandle(Library.open(Path(sys.argv[1]), Paths.from_environment())); updater.start()\n"
        "updater.listen(lambda news: print(updater.process.pid, flush=True)); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(opened.folder.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + _TIMEOUT
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2:3]:
        assert time.monotonic() < deadline, "the updater is still running"
        time.sleep(0.05)


def test_an_index_in_memory_is_updated_by_a_thread(make_folder: MakeFolder) -> None:
    single = Library.open(make_folder({"a.md": _document("a")}) / "a.md", Paths.from_environment())
    updater = UpdaterHandle(single)
    updater.start()
    assert updater.process is None
    single.close()


def test_an_unwritable_index_continues_in_memory(make_folder: MakeFolder, messages: Messages) -> None:
    folder = make_folder({f"{n}.md": _document(f"t{n}") + "x" * 500 for n in range(300)})
    library = Library.open(folder, Paths.from_environment())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    updater = UpdaterHandle(library)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))  # for the child to inherit
        updater.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    try:
        updater.listen(messages.news.put)
        messages.until(lambda: library.index.in_memory and len(library.articles.order(Sort())) == 300)
        messages.until(lambda: any("The index is kept in memory." in notice for notice in messages.notices))
        (folder / "more.md").write_text(_document("more"))
        messages.until(lambda: len(library.articles.order(Sort())) == 301)
    finally:
        updater.close()
        library.close()


def test_a_request_while_another_instance_writes_is_not_lost(opened: Library, messages: Messages) -> None:
    other = Library.open(opened.folder.root, Paths.from_environment())
    updater = UpdaterHandle(opened, in_thread=True)
    with other.index.writer():
        updater.listen(messages.news.put)
        messages.until(
            lambda: "Another newsreader is reading this folder; its results appear here too." in messages.notices
        )
        updater.refresh()
        messages.until(lambda: messages.notices.count(messages.notices[0]) == 2)  # it has started again, and waits
    messages.until(lambda: "2 new or changed." in messages.notices)
    assert len(messages.notices) == 3  # and no message about a folder that cannot be read
    updater.close()
    other.close()


def test_closing_while_another_instance_writes_is_silent(opened: Library, messages: Messages) -> None:
    other = Library.open(opened.folder.root, Paths.from_environment())
    updater = IndexUpdater(opened, messages.news.put, watching=False)
    thread = threading.Thread(target=updater.run, daemon=True)
    with other.index.writer():
        thread.start()
        messages.until(lambda: bool(messages.notices))
        updater.close()
        thread.join(_TIMEOUT)
        assert not thread.is_alive()
    messages.until(messages.news.empty)
    assert len(messages.notices) == 1
    other.close()
