"""Parser processes that are killed while they work."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.ordering import SORT_KEYS, Sort
from reader.core.paths import Paths
from reader.documents.files import Folder
from reader.documents.index_record import NOT_PARSED, ParsedFile
from reader.indexing.parse_pool import ParserPool
from reader.indexing.parse_worker import PARSER_FAILED
from reader.indexing.refresh import RefreshLimits, refresh
from reader.library.library import Library
from reader.query.parser import parse_query
from reader.workers.process import ManagedProcess, ProcessEndedError, ProcessGroup, read_message, write_message

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_TIMEOUT = 30.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


def _many(count: int) -> dict[str, str]:
    return {
        f"{n % 3}/{n:04}.md": f"---\ntitle: t{n}\nquality: {n % 90}\nheat: {n % 7}\n---\n" + "text " * (n % 50)
        for n in range(count)
    }


def _children() -> set[int]:
    """Return the running child processes."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):  # not a process, or one that has ended meanwhile
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(entry.name))
    return found


def _assert_no_new_processes(before: set[int]) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while _children() - before:
        assert time.monotonic() < deadline, "a process is still running"


def _collect(pool: ParserPool) -> list[ParsedFile]:
    found: list[ParsedFile] = []
    deadline = time.monotonic() + _TIMEOUT
    while pool.outstanding:
        assert time.monotonic() < deadline, "the processes do not respond"
        found += [each for _, taken, _ in pool.collect(0.2) for each in taken]
    return found


def test_killed_processes_lose_and_duplicate_no_document(make_folder: MakeFolder) -> None:
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
        killer.join(_TIMEOUT)
        pool.close()
    assert sorted(each.name for each in found) == [b"%03d.md" % n for n in range(200)]
    fallen = [each for each in found if each.problems]
    assert len(fallen) <= 8  # a crashing process costs one document at most, and only until the next refresh
    assert all(each.mtime_ns == NOT_PARSED and each.problems == ((1, "", PARSER_FAILED),) for each in fallen)
    _assert_no_new_processes(before)


def test_a_document_that_crashes_parsers_is_the_only_one_lost(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({f"{n:03}.md": f"---\ntitle: t{n}\n---\n" for n in range(800)})
    (folder / "789.md").rename(folder / "bad.md")  # read late: the first screen is read without processes
    # What a bug in a parser written in C would do: the system kills the process that reads this document.
    (tmp_path / "fault").mkdir()
    (tmp_path / "fault" / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def fall(event, arguments):\n"
        "    if event == 'open' and isinstance(arguments[0], (bytes, str)):\n"
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
        bad = library.index.rowid_by_path(b"bad.md")
        assert bad is not None
        assert [row.title for row in library.articles.rows([bad])] == ["Bad"]
        assert library.search.run(parse_query("has:problems"), Sort()).count == 1
        assert [(problem.path, problem.message) for problem in library.index.problems()] == [("bad.md", PARSER_FAILED)]
        _assert_no_new_processes(before)
        *_, last = refresh(library)  # once the bug is fixed
        assert (last.done, last.changed) == (1, 1)
        assert len(library.articles.order(Sort())) == 800
        assert library.index.problems() == []


def test_closing_a_busy_pool_ends_its_processes(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder(_many(300)))
    before = _children()
    for wait in (False, True):
        pool = ParserPool(folder, 2)
        for n in range(300):
            pool.submit(b"%d" % (n % 3), [b"%04d.md" % n])
        if wait:
            assert pool.collect(_TIMEOUT)
            for each in _children() - before:  # not even an idle one remains
                os.kill(each, signal.SIGSTOP)
        pool.close()
        _assert_no_new_processes(before)


def test_processes_make_no_difference_to_the_index(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({**_many(1000), "bad.md": "---\ntitle: bad\nquality: x\n---\n", "none.md": "nothing"})
    before = _children()
    answers = []
    for apart in (True, False):
        limits = RefreshLimits() if apart else RefreshLimits(pool_threshold=10_000)
        monkeypatch.setenv("NEWSREADER_CACHE_DIR", str(tmp_path / f"cache-{apart}"))
        with closing(Library.open(folder, Paths.from_environment())) as library:
            begun = set()
            for _ in refresh(library, limits=limits):
                begun |= _children() - before
            assert bool(begun) == apart
            orders = [
                [row.path for row in library.articles.rows(library.articles.order(Sort(key, reverse)).rowids)]
                for key in SORT_KEYS
                for reverse in (False, True)
            ]
            answers.append(
                (
                    orders,
                    library.index.totals(),
                    library.index.documents(),
                    library.index.problems(),
                    library.counts(),
                    set(library.index.folder_paths().values()),
                )
            )
    assert answers[0] == answers[1]
    assert len(answers[0][0][0]) == 1002
    _assert_no_new_processes(before)


def test_an_abandoned_refresh_ends_its_processes(make_folder: MakeFolder) -> None:
    before = _children()
    with closing(Library.open(make_folder(_many(3000)), Paths.from_environment())) as library:
        steps = refresh(library)
        while not _children() - before:
            assert not next(steps).finished
        steps.close()
        _assert_no_new_processes(before)
        *_, last = refresh(library)  # nor does it hold the lock
        assert last.finished
        assert len(library.articles.order(Sort())) == 3000


def test_a_truncated_message_raises() -> None:
    pipe = io.BytesIO()
    write_message(("a message", [b"\xff"], 1, None), pipe)
    whole = pipe.getvalue()
    assert read_message(io.BytesIO(whole)) == ("a message", [b"\xff"], 1, None)
    for length in range(len(whole)):
        with pytest.raises(ProcessEndedError):
            read_message(io.BytesIO(whole[:length]))


def test_ending_a_process_twice_closes_its_pipes() -> None:
    process = ManagedProcess("tests.workers.echo_process")
    process.send("one")
    assert process.receive() == "one"
    for _ in range(2):
        process.end()
    assert process.wait(_TIMEOUT) == -signal.SIGKILL
    for use in (process.receive, lambda: process.send("two")):
        with pytest.raises(ProcessEndedError):
            use()


def test_a_closed_group_starts_no_process() -> None:
    before = _children()
    group = ProcessGroup()
    group.start("tests.workers.echo_process")
    group.close()
    with pytest.raises(OSError, match="closed"):
        group.start("tests.workers.echo_process")
    _assert_no_new_processes(before)


def test_modules_in_the_current_folder_are_not_imported(
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
        assert pool.processes.processes  # a process has answered
    finally:
        pool.close()
