"""Parser processes that are killed while they work, again and again, and what is left of them at the end."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.ordering import SORT_KEYS, Sort
from reader.core.paths import Paths
from reader.documents.files import Folder
from reader.indexing.parse_pool import ParserPool
from reader.indexing.parse_worker import FAILED
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.storage.sqlite.index.writer import NOT_PARSED, ParsedFile
from reader.workers import process as processes

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_PATIENCE = 30.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


def _many(count: int) -> dict[str, str]:
    return {
        f"{n % 3}/{n:04}.md": f"---\ntitle: t{n}\nquality: {n % 90}\nheat: {n % 7}\n---\n" + "text " * (n % 50)
        for n in range(count)
    }


def _children() -> set[int]:
    """Return the processes that this one began and that have not ended."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):  # no process, or one that has ended meanwhile
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(entry.name))
    return found


def _nobody_is_left(before: set[int]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while _children() - before:
        assert time.monotonic() < deadline, "a process goes on"


def _collect(pool: ParserPool) -> list[ParsedFile]:
    found: list[ParsedFile] = []
    deadline = time.monotonic() + _PATIENCE
    while pool.outstanding:
        assert time.monotonic() < deadline, "the processes do not answer"
        found += [each for _, taken, _ in pool.collect(0.2) for each in taken]
    return found


def test_processes_killed_all_the_time_lose_no_document_and_double_none(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder({f"{n:03}.md": f"---\ntitle: t{n}\n---\n" for n in range(200)}))
    before = _children()
    ended = threading.Event()

    def kill() -> None:
        for _ in range(8):
            while not (victims := _children() - before):
                if ended.wait(0.01):
                    return
            with contextlib.suppress(ProcessLookupError):  # one that has just ended is as good as killed
                os.kill(victims.pop(), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    pool = ParserPool(folder, 2)
    try:
        killer.start()
        for n in range(0, 200, 5):
            pool.submit(b"", [b"%03d.md" % each for each in range(n, n + 5)])
        found = _collect(pool)
    finally:
        ended.set()
        killer.join(_PATIENCE)
        pool.close()
    assert sorted(each.name for each in found) == [b"%03d.md" % n for n in range(200)]
    fallen = [each for each in found if each.record is None]
    assert len(fallen) <= 8  # a process that falls costs one document at most, and only until the next time
    assert all(each.mtime_ns == NOT_PARSED and each.problems == ((1, "", FAILED),) for each in fallen)
    _nobody_is_left(before)


def test_a_document_over_which_every_process_falls_costs_itself(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({f"{n:03}.md": f"---\ntitle: t{n}\n---\n" for n in range(800)})
    (folder / "789.md").rename(folder / "bad.md")  # read late: the first screen is read without processes
    # What a fault in a parser written in C would do: the system ends the process that reads this document.
    (tmp_path / "fault").mkdir()
    (tmp_path / "fault" / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def fall(event, arguments):\n"
        "    if event == 'open' and os.fspath(arguments[0]).__class__ in (bytes, str):\n"
        "        if os.fsencode(arguments[0]).endswith(b'bad.md'):\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(fall)\n"
    )
    before = _children()
    with closing(Library.open(folder, Paths.from_environment())) as library:
        with monkeypatch.context() as faulty:
            faulty.setenv("PYTHONPATH", str(tmp_path / "fault"))
            *_, last = refresh(library)
        assert last.done == 800
        assert len(library.articles.order(Sort())) == 799
        assert [(problem.path, problem.message) for problem in library.articles.problems()] == [("bad.md", FAILED)]
        _nobody_is_left(before)
        *_, last = refresh(library)  # once the fault is gone
        assert (last.done, last.changed) == (1, 1)
        assert len(library.articles.order(Sort())) == 800
        assert library.articles.problems() == []


def test_a_pool_that_is_closed_at_work_ends_what_it_began(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder(_many(300)))
    before = _children()
    for wait in (False, True):
        pool = ParserPool(folder, 2)
        for n in range(300):
            pool.submit(b"%d" % (n % 3), [b"%04d.md" % n])
        if wait:
            assert pool.collect(_PATIENCE)
            for each in _children() - before:  # not even one that does nothing any more stays
                os.kill(each, signal.SIGSTOP)
        pool.close()
        _nobody_is_left(before)


def test_many_documents_come_to_the_same_with_and_without_processes(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({**_many(1000), "bad.md": "---\ntitle: bad\nquality: x\n---\n", "none.md": "nothing"})
    before = _children()
    answers = []
    for apart in (True, False):
        if not apart:
            monkeypatch.setattr("reader.indexing.refresh._WORTH_A_POOL", 10_000)
        monkeypatch.setenv("NEWSREADER_CACHE_DIR", str(tmp_path / f"cache-{apart}"))
        with closing(Library.open(folder, Paths.from_environment())) as library:
            begun = set()
            for _ in refresh(library):
                begun |= _children() - before
            assert bool(begun) == apart
            orders = [
                [row.path for row in library.articles.rows(library.articles.order(Sort(key, reverse)).rowids)]
                for key in SORT_KEYS
                for reverse in (False, True)
            ]
            answers.append(
                (orders, library.census(), library.articles.problems(), library.counts(), library.articles.folders())
            )
    assert answers[0] == answers[1]
    assert len(answers[0][0][0]) == 1001
    _nobody_is_left(before)


def test_a_refresh_that_is_left_ends_its_processes(make_folder: MakeFolder) -> None:
    before = _children()
    with closing(Library.open(make_folder(_many(3000)), Paths.from_environment())) as library:
        steps = refresh(library)
        while not _children() - before:
            assert not next(steps).finished
        steps.close()
        _nobody_is_left(before)
        *_, last = refresh(library)  # nor does it keep the lock
        assert last.finished
        assert len(library.articles.order(Sort())) == 3000


def test_a_message_that_is_cut_off_is_the_end_of_the_pipe() -> None:
    pipe = io.BytesIO()
    processes.send(("a message", [b"\xff"], 1, None), pipe)
    whole = pipe.getvalue()
    assert processes.receive(io.BytesIO(whole)) == ("a message", [b"\xff"], 1, None)
    for length in range(len(whole)):
        with pytest.raises(EOFError):
            processes.receive(io.BytesIO(whole[:length]))


def test_a_process_is_ended_once_or_twice_with_its_pipes() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for _ in range(2):
        processes.end(process)
    assert process.wait(_PATIENCE) == -signal.SIGKILL
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdin.closed
    assert process.stdout.closed


def test_a_module_beside_a_folder_of_news_is_not_imported(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({"1.md": "---\ntitle: 1\n---\n"})
    for name in ("marshal.py", "json.py", "gc.py", "struct.py", "reader.py"):
        (folder / name).write_text("raise SystemExit('imported from the folder of news')")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend("")
    pool = ParserPool(Folder.of(folder), 1)
    try:
        pool.submit(b"", [b"1.md"])
        (taken,) = _collect(pool)
        assert taken.record is not None
        assert pool._running  # it was a process that answered
    finally:
        pool.close()
