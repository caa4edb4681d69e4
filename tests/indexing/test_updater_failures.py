"""The updater and failures: damage, other writers, folders that cannot be watched, full disks."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from reader.core.events import IndexReplaced, Notice, Progress, UpdaterMessage
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.process_client import UpdaterHandle
from reader.indexing.updater import IndexUpdater
from reader.library.library import Library

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_TIMEOUT = 30.0


def _many(count: int) -> dict[str, str]:
    return {f"{n:04}.md": f"---\ntitle: t{n}\n---\n" for n in range(count)}


class Running:
    """An updater in a thread, and its messages."""

    def __init__(self, library: Library, *, watching: bool = False) -> None:
        self.library = library
        self._news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
        self.messages: list[UpdaterMessage] = []
        self.updater = IndexUpdater(library, self._news.put, watching=watching)
        self.thread = threading.Thread(target=self.updater.run, daemon=True)

    def until(self, true: Callable[[UpdaterMessage], bool]) -> None:
        """Receive messages up to the one that is expected."""
        deadline = time.monotonic() + _TIMEOUT
        while True:
            try:
                self.messages.append(self._news.get(timeout=max(0, deadline - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"this did not come; messages: {self.messages[-20:]}")
            if true(self.messages[-1]):
                return

    def finished(self) -> None:
        """Receive messages until a refresh has finished."""
        self.until(lambda news: isinstance(news, Progress) and news.finished)

    @property
    def notices(self) -> list[str]:
        return [news.text for news in self.messages if isinstance(news, Notice)]


@contextmanager
def _running(library: Library, *, watching: bool = False) -> Iterator[Running]:
    running = Running(library, watching=watching)
    running.thread.start()
    try:
        yield running
    finally:
        running.updater.close()
        running.thread.join(_TIMEOUT)
        assert not running.thread.is_alive()


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(_many(300))


@pytest.fixture
def opened(folder: Path) -> Iterator[Library]:
    library = Library.open(folder, Paths.from_environment())
    yield library
    library.close()


def test_a_damaged_index_is_rebuilt_while_open(opened: Library, own_directories: Paths, folder: Path) -> None:
    with _running(opened) as running:
        running.finished()
    with opened.index.database.read() as db:
        db.execute("PRAGMA shrink_memory")  # pages that the connection has read already are not damaged
    # Everything but the start, in the file and in its log, so that the next page read is not a database page.
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


def test_waiting_for_another_instance_is_reported_once(opened: Library, folder: Path) -> None:
    other = Library.open(folder, Paths.from_environment())
    with other.index.writer(), _running(opened) as running:
        running.until(lambda news: isinstance(news, Notice))
        running.updater.refresh()  # ends the wait and starts it again
        running.updater.close()
        running.thread.join(_TIMEOUT)
        assert not running.thread.is_alive()  # an updater that waits can be closed
        assert running.notices == ["Another newsreader is reading this folder; its results appear here too."]
    with other.index.writer():
        running = Running(opened)
        running.thread.start()
        running.until(lambda news: isinstance(news, Notice))
    running.finished()
    assert len(opened.articles.order(Sort())) == 300
    assert len(running.notices) == 1
    running.updater.close()
    running.thread.join(_TIMEOUT)
    other.close()


def test_a_request_during_a_refresh_starts_it_again(opened: Library) -> None:
    with _running(opened) as running:
        running.until(lambda news: isinstance(news, Progress) and news.done >= 48)
        running.updater.refresh()
        running.until(lambda news: isinstance(news, Notice))
        assert len(opened.articles.order(Sort())) == 300
        assert sum(isinstance(news, Notice) for news in running.messages) == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system rejects such names")
def test_a_folder_that_cannot_be_watched_is_reported_once(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"odd \xff")
    folder.mkdir()
    (folder / "1.md").write_text("---\ntitle: 1\n---\n")
    library = Library.open(folder, Paths.from_environment())
    with _running(library, watching=True) as running:
        running.until(lambda news: isinstance(news, Notice))
        assert running.notices == [
            "Changes are not detected automatically: the name of the folder is not UTF-8. Press r to look for them."
        ]
        for n in range(2, 4):
            (folder / f"sub{n}").mkdir()
            (folder / f"sub{n}" / f"{n}.md").write_text(f"---\ntitle: {n}\n---\n")
            running.updater.refresh()
            running.until(lambda news: news == Notice("1 new or changed."))
        assert len(library.articles.order(Sort())) == 3
        assert len(running.notices) == 3
    library.close()


def test_updates_work_without_watchfiles(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)  # as on a platform without a watcher
    with _running(opened, watching=True) as running:
        running.finished()
        running.updater.refresh()
        running.until(lambda news: news == Notice("Nothing has changed."))
        assert len(opened.articles.order(Sort())) == 300


def test_an_updater_can_be_closed_at_any_time(opened: Library, folder: Path) -> None:
    early = Running(opened)
    early.updater.close()
    early.thread.start()
    early.thread.join(_TIMEOUT)
    assert not early.thread.is_alive()
    with _running(opened) as during:
        during.until(lambda news: isinstance(news, Progress))
    with _running(opened) as after:
        after.finished()
        assert after.updater.idle.wait(_TIMEOUT)
    assert len(opened.articles.order(Sort())) == 300


def test_an_updater_process_can_be_used_and_closed_at_any_time(opened: Library) -> None:
    updater = UpdaterHandle(opened)
    updater.refresh()  # not begun yet
    updater.close()
    updater = UpdaterHandle(opened)
    updater.start()
    updater.start()
    assert updater.process is not None
    updater.refresh()
    updater.close()
    updater.refresh()  # no updater is running any more
    updater.close()
    assert updater.process.wait(_TIMEOUT) == -signal.SIGKILL
    updater = UpdaterHandle(opened)
    updater.close()
    updater.listen(lambda news: pytest.fail(f"an updater that was closed has sent {news}"))
    for each in threading.enumerate():
        if each.name == "updater":
            each.join(_TIMEOUT)
            assert not each.is_alive(), "a closed updater is still running"
    assert updater.process is None
    thread = UpdaterHandle(opened, in_thread=True)
    thread.refresh()
    thread.close()


def test_an_updater_that_sends_garbage_is_replaced_by_a_thread(
    opened: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "python"  # as when an update replaces the program while it runs
    broken.write_text("#!/bin/sh\necho not json\nexec cat\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    updater = UpdaterHandle(opened)
    news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
    updater.listen(news.put)
    try:
        while True:
            messages = news.get(timeout=_TIMEOUT)
            if isinstance(messages, Progress) and messages.finished:
                break
        assert len(opened.articles.order(Sort())) == 300
        assert updater.process is not None
        assert updater.process.wait(_TIMEOUT) is not None
    finally:
        updater.close()


def test_warnings_of_the_updater_process_are_logged(
    opened: Library, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / os.fsdecode(b"odd \xff")).mkdir()
    updater = UpdaterHandle(opened)
    news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
    updater.listen(news.put)
    try:
        deadline = time.monotonic() + _TIMEOUT
        while "folders whose names are not UTF-8 are not watched: 1" not in caplog.text:
            assert time.monotonic() < deadline, caplog.text
            try:
                news.get(timeout=0.1)
            except queue.Empty:
                continue
    finally:
        updater.close()


def test_an_updater_thread_with_an_unwritable_index_uses_memory(folder: Path) -> None:
    # In a separate process: the limit would apply to all tests.
    program = """
import json, queue, resource, sys
from pathlib import Path
from reader.core.events import Notice, Progress
from reader.indexing.process_client import UpdaterHandle
from reader.library.library import Library
from reader.core.ordering import Sort
from reader.core.paths import Paths
library, messages = Library.open(Path(sys.argv[1]), Paths.from_environment()), queue.SimpleQueue()
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))  # from now on the disk is full
updater, sentences = UpdaterHandle(library, in_thread=True, watching=False), []
updater.listen(messages.put)
while True:
    news = messages.get(timeout=30)
    if isinstance(news, Notice):
        sentences.append(news.text)
    elif isinstance(news, Progress) and news.finished:
        break
print(json.dumps([sentences, library.index.in_memory, len(library.articles.order(Sort()))]))
updater.close()
"""

    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True, text=True, check=False, timeout=2 * _TIMEOUT,
        env={**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (sentences,), in_memory, listed = json.loads(done.stdout)
    assert sentences.endswith("The index is kept in memory.")
    assert (in_memory, listed) == (True, 300)
