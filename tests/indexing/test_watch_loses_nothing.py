"""Changes at awkward moments are noticed."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reader.core.events import Progress, UpdaterMessage
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing import watch as watch_module
from reader.indexing.updater import IndexUpdater
from reader.indexing.watch import UnwatchedError, watch
from reader.library.library import Library

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_TIMEOUT = 30.0


def test_a_change_between_refresh_and_watch_is_seen(make_folder: MakeFolder) -> None:
    folder = make_folder({"a/1.md": "---\ntitle: 1\n---\n"})
    library = Library.open(folder, Paths.from_environment())
    seen = threading.Event()

    def tell(news: UpdaterMessage) -> None:
        if isinstance(news, Progress) and news.finished:
            if not (folder / "a/late.md").exists():
                make_folder({"a/late.md": "---\ntitle: late\n---\n"})
            if library.index.rowid_by_path(b"a/late.md") is not None:
                seen.set()

    updater = IndexUpdater(library, tell)
    thread = threading.Thread(target=updater.run, daemon=True)
    thread.start()
    try:
        assert seen.wait(_TIMEOUT)
    finally:
        updater.close()
        thread.join(_TIMEOUT)
        library.close()


def test_endless_changes_are_reported_in_between(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    stop = threading.Event()
    changes = watch(folder, frozenset({b""}), stop)
    assert next(changes) == set()
    written = threading.Event()

    def write() -> None:
        number = 0
        while not written.wait(0.005):
            make_folder({f"{number + n}.md": "x" for n in range(30)})
            number += 30

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        for _ in range(2):
            assert next(changes)
            assert thread.is_alive()  # nothing waits for its end
    finally:
        written.set()
        thread.join(_TIMEOUT)
        stop.set()


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system rejects such names")
def test_a_folder_name_that_is_not_utf_8_does_not_stop_the_watcher(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    (folder / os.fsdecode(b"odd \xff")).mkdir()
    stop = threading.Event()
    changes = watch(folder, frozenset({b"", b"odd \xff"}), stop)
    assert next(changes) == set()
    make_folder({"1.md": "x"})
    assert next(found for found in changes if found) == {b"1.md"}
    stop.set()
    with pytest.raises(UnwatchedError, match="not UTF-8"):
        next(watch(folder / os.fsdecode(b"odd \xff"), frozenset({b""}), stop))


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system rejects such names")
def test_files_whose_names_are_not_utf_8_are_followed_without_watching_again(
    make_folder: MakeFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_folder({"sub/1.md": "x"})
    odd = folder / os.fsdecode(b"caf\xe9.md")
    stop = threading.Event()
    changes = watch(folder, frozenset({b"", b"sub"}), stop, poll_seconds=0.01)
    assert next(changes) == set()
    odd.write_bytes(b"x")
    assert next(found for found in changes if found) == {b""}
    for size in range(2, 8):  # more often than failures are forgiven
        odd.write_bytes(b"x" * size)
        assert next(found for found in changes if found) == {b"caf\xe9.md"}
    make_folder({"2.md": "x"})
    assert next(found for found in changes if found) == {b"2.md"}
    make_folder({"sub/3.md": "x"})
    assert next(found for found in changes if found) == {b"sub/3.md"}
    odd.unlink()
    assert next(found for found in changes if found) == {b"caf\xe9.md"}
    stop.set()
    assert [record.getMessage() for record in caplog.records if record.name == watch_module.__name__] == [
        "folders with files whose names are not UTF-8 are polled: 1"
    ]


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system rejects such names")
def test_a_document_whose_name_is_not_utf_8_is_read_and_read_again(
    make_folder: MakeFolder,
) -> None:
    folder = make_folder({"1.md": "---\ntitle: 1\n---\n"})
    library = Library.open(folder, Paths.from_environment())
    news: queue.SimpleQueue[UpdaterMessage] = queue.SimpleQueue()
    updater = IndexUpdater(library, news.put, poll_seconds=0.01)
    thread = threading.Thread(target=updater.run, daemon=True)
    thread.start()
    try:
        for title in ("first", "second edition", "third"):
            (folder / os.fsdecode(b"caf\xe9.md")).write_text(f"---\ntitle: {title}\n---\n")
            while title not in {row.title for row in library.articles.rows(library.articles.order(Sort()).rowids)}:
                news.get(timeout=_TIMEOUT)
    finally:
        updater.close()
        thread.join(_TIMEOUT)
        library.close()
