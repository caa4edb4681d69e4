"""A updater that meets what goes wrong: damage, other writers, folders that cannot be watched, full disks."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from reader.core.events import Progress
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.events import IndexReplaced, Notice, UpdaterMessage
from reader.indexing.remote import UpdaterProcess, UpdaterThread
from reader.indexing.updater import IndexUpdater
from reader.library.library import Library
from reader.workers import process

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_PATIENCE = 30.0


def _many(count: int) -> dict[str, str]:
    return {f"{n:04}.md": f"---\ntitle: t{n}\n---\n" for n in range(count)}


class Running:
    """A updater at work in a thread, and what it tells."""

    def __init__(self, library: Library, *, watching: bool = False) -> None:
        self.library = library
        self._news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
        self.heard: list[UpdaterMessage] = []
        self.updater = IndexUpdater(library, self._news.put, watching=watching)
        self.thread = threading.Thread(target=self.updater.run, daemon=True)

    def until(self, true: Callable[[UpdaterMessage], bool]) -> None:
        """Take in news up to one that is meant."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.heard.append(self._news.get(timeout=max(0, deadline - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"this did not come; heard: {self.heard[-20:]}")
            if true(self.heard[-1]):
                return

    def finished(self) -> None:
        """Take in news up to the end of a refresh."""
        self.until(lambda news: isinstance(news, Progress) and news.finished)

    @property
    def said(self) -> list[str]:
        return [news.text for news in self.heard if isinstance(news, Notice)]


@contextmanager
def _running(library: Library, *, watching: bool = False) -> Iterator[Running]:
    running = Running(library, watching=watching)
    running.thread.start()
    try:
        yield running
    finally:
        running.updater.close()
        running.thread.join(_PATIENCE)
        assert not running.thread.is_alive()


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(_many(300))


@pytest.fixture
def opened(folder: Path) -> Iterator[Library]:
    library = Library.open(folder, Paths.from_environment())
    yield library
    library.close()


def test_a_damaged_index_is_built_anew_while_it_is_open(opened: Library, own_directories: Paths, folder: Path) -> None:
    with _running(opened) as running:
        running.finished()
    # Everything but the beginning, in the file and in its log: whatever is read of it next is no page of a database.
    file = own_directories.index_file(folder)
    for path in (file, file.with_name(file.name + "-wal")):
        size = path.stat().st_size if path.exists() else 0
        if size > 4096:
            with path.open("r+b") as raw:
                raw.seek(4096)
                raw.write(b"\xa5" * (size - 4096))
    with _running(opened) as running:
        running.until(lambda news: isinstance(news, IndexReplaced))
        running.finished()
        assert len(opened.articles.order(Sort())) == 300
        assert not opened.index.in_memory
    assert any("damaged" in path.name for path in file.parent.iterdir())


def test_while_another_writes_it_is_said_once_and_then_goes_on(opened: Library, folder: Path) -> None:
    other = Library.open(folder, Paths.from_environment())
    with other.index.writer(), _running(opened) as running:
        running.until(lambda news: isinstance(news, Notice))
        running.updater.refresh()  # ends the waiting, and begins it anew
        running.updater.close()
        running.thread.join(_PATIENCE)
        assert not running.thread.is_alive()  # a updater that waits can be ended
        assert running.said == ["Another newsreader is reading this folder; what it has read shows here too."]
    with other.index.writer():
        running = Running(opened)
        running.thread.start()
        running.until(lambda news: isinstance(news, Notice))
    running.finished()
    assert len(opened.articles.order(Sort())) == 300
    assert len(running.said) == 1
    running.updater.close()
    running.thread.join(_PATIENCE)
    other.close()


def test_asking_while_a_refresh_is_under_way_begins_it_anew_and_loses_nothing(opened: Library) -> None:
    with _running(opened) as running:
        running.until(lambda news: isinstance(news, Progress) and news.done >= 48)
        running.updater.refresh()
        running.until(lambda news: isinstance(news, Notice))
        assert len(opened.articles.order(Sort())) == 300
        assert sum(isinstance(news, Notice) for news in running.heard) == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system takes no such names")
def test_a_folder_that_cannot_be_watched_is_told_of_once_and_kept_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"odd \xff")
    folder.mkdir()
    (folder / "1.md").write_text("---\ntitle: 1\n---\n")
    library = Library.open(folder, Paths.from_environment())
    with _running(library, watching=True) as running:
        running.until(lambda news: isinstance(news, Notice))
        assert running.said == [
            "Changes are not noticed by themselves here: the name of the folder is not UTF-8. r looks for them."
        ]
        for n in range(2, 4):
            (folder / f"sub{n}").mkdir()
            (folder / f"sub{n}" / f"{n}.md").write_text(f"---\ntitle: {n}\n---\n")
            running.updater.refresh()
            running.until(lambda news: news == Notice("1 new or changed."))
        assert len(library.articles.order(Sort())) == 3
        assert len(running.said) == 3
    library.close()


def test_without_the_watcher_folders_are_kept_all_the_same(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)  # as where there is none for the platform
    with _running(opened, watching=True) as running:
        running.finished()
        running.updater.refresh()
        running.until(lambda news: news == Notice("Nothing has changed."))
        assert len(opened.articles.order(Sort())) == 300


def test_a_keeper_is_closed_before_during_and_after_its_work(opened: Library, folder: Path) -> None:
    early = Running(opened)
    early.updater.close()
    early.thread.start()
    early.thread.join(_PATIENCE)
    assert not early.thread.is_alive()
    with _running(opened) as during:
        during.until(lambda news: isinstance(news, Progress))
    with _running(opened) as after:
        after.finished()
        assert after.updater.idle.wait(_PATIENCE)
    assert len(opened.articles.order(Sort())) == 300


def test_keepers_in_processes_are_asked_and_closed_at_any_time(opened: Library) -> None:
    updater = UpdaterProcess(opened)
    updater.refresh()  # not begun yet
    updater.close()
    updater = UpdaterProcess(opened)
    updater.start()
    updater.start()
    assert updater._process is not None
    updater.refresh()
    updater.close()
    updater.refresh()  # nobody is there any more
    updater.close()
    assert updater._process.wait(_PATIENCE) < 0
    updater = UpdaterProcess(opened)
    updater.close()
    updater.listen(lambda news: pytest.fail(f"a updater that was closed has told {news}"))
    for each in threading.enumerate():
        if each.name == "updater":
            each.join(_PATIENCE)
            assert not each.is_alive(), "a updater that was closed goes on"
    assert updater._process is not None
    assert updater._process.wait(_PATIENCE) < 0
    thread = UpdaterThread(opened)
    thread.ask()
    thread.close()


def test_what_comes_from_a_keeper_that_is_no_news_ends_it_and_a_thread_takes_its_place(
    opened: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "python"  # as when an update replaces the program under its feet
    broken.write_text("#!/bin/sh\necho not json\nexec cat\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    updater = UpdaterProcess(opened)
    news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
    updater.listen(news.put)
    try:
        while True:
            heard = news.get(timeout=_PATIENCE)
            if isinstance(heard, Progress) and heard.finished:
                break
        assert len(opened.articles.order(Sort())) == 300
        assert updater._process is not None
        assert updater._process.wait(_PATIENCE) < 0
    finally:
        updater.close()


def test_a_warning_of_the_process_beside_is_logged_here(
    opened: Library, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / os.fsdecode(b"odd \xff")).mkdir()
    updater = UpdaterProcess(opened)
    news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
    updater.listen(news.put)
    try:
        deadline = time.monotonic() + _PATIENCE
        while "folders whose names are not UTF-8 are not watched: 1" not in caplog.text:
            assert time.monotonic() < deadline, caplog.text
            try:
                news.get(timeout=0.1)
            except queue.Empty:
                continue
    finally:
        updater.close()


def test_a_thread_whose_index_cannot_be_written_goes_on_in_memory(folder: Path) -> None:
    # In a process of its own: the limit would hold for all tests.
    program = """
import json, queue, resource, sys
from pathlib import Path
from reader.indexing.remote import UpdaterThread
from reader.indexing.events import Notice
from reader.core.events import Progress
from reader.library.library import Library
from reader.core.ordering import Sort
from reader.core.paths import Paths
library, heard = Library.open(Path(sys.argv[1]), Paths.from_environment()), queue.SimpleQueue()
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))  # from now on the disk is full
updater, said = UpdaterThread(library, watching=False), []
updater.listen(heard.put)
while True:
    news = heard.get(timeout=30)
    if isinstance(news, Notice):
        said.append(news.text)
    elif isinstance(news, Progress) and news.finished:
        break
print(json.dumps([said, library.index.in_memory, len(library.view(Sort()))]))
updater.close()
"""

    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True, text=True, check=False, timeout=2 * _PATIENCE,
        env={**os.environ, "PYTHONPATH": process._PACKAGES},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (said,), in_memory, listed = json.loads(done.stdout)
    assert said.endswith("The index is kept in memory.")
    assert (in_memory, listed) == (True, 300)
