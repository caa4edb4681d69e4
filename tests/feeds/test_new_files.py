"""Files that are written together."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from reader.feeds.entries import new_files


def test_a_file_system_is_flushed_once_for_all_that_wait(tmp_path: Path) -> None:
    flushes = new_files.Flushes()
    running, go = threading.Event(), threading.Event()
    calls = []

    class Libc:
        def syncfs(self, handle: int) -> int:
            calls.append(handle)
            running.set()
            go.wait(10)
            return 0

    threads = [threading.Thread(target=flushes.flush, args=(Libc(), number)) for number in range(9)]
    threads[0].start()
    running.wait(10)
    for thread in threads[1:]:
        thread.start()
    while flushes.latest < len(threads):
        time.sleep(0.001)  # nothing tells that a thread waits for a lock
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(calls) == 2


def test_what_another_program_writes_in_the_meantime_is_not_overwritten(tmp_path: Path) -> None:
    files = new_files.NewFiles(tmp_path, "G/A")
    files.add("a.md", b"news")
    (tmp_path / "G/A/a.md").write_bytes(b"mine")
    files.keep()
    assert [(each.name, each.read_bytes()) for each in (tmp_path / "G/A").iterdir()] == [("a.md", b"mine")]
    assert new_files.NewFiles(tmp_path, "G").keep() is None
    files.add("b.md", b"news")
    files.discard()
    assert len(list((tmp_path / "G/A").iterdir())) == 1
