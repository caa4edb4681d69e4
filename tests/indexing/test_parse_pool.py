"""Parser processes: real ones, some of which are killed."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from reader.documents.files import Folder
from reader.documents.index_record import NOT_PARSED, IndexRecord, ParsedFile
from reader.documents.resolve import DEFAULTS
from reader.indexing import parse_worker
from reader.indexing.parse_pool import ParserPool
from reader.indexing.parse_worker import PARSER_FAILED, parse_files
from reader.workers.process import ParentConnection, ProcessEndedError, read_message, write_message

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_TIMEOUT = 30.0


@contextmanager
def _pool(folder: Folder, size: int = 2) -> Iterator[ParserPool]:
    pool = ParserPool(folder, size)
    try:
        yield pool
    finally:
        pool.close()


def _all(pool: ParserPool) -> dict[bytes, ParsedFile]:
    found: dict[bytes, ParsedFile] = {}
    deadline = time.monotonic() + _TIMEOUT
    while pool.outstanding:
        assert time.monotonic() < deadline, "the processes do not respond"
        for _, taken, _ in pool.collect(0.2):
            found |= {each.name: each for each in taken}
    return found


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def folder(make_folder: MakeFolder) -> Folder:
    """Sixty files: one has problems, and one has no header."""
    documents = {f"{n:02}.md": f"---\ntitle: t{n}\nquality: {n}\n---\n" for n in range(58)}
    return Folder.of(make_folder({**documents, "58.md": "---\nquality: x\n---\n", "59.md": "nothing"}))


def test_processes_parse_like_this_one(folder: Folder) -> None:
    names = [b"%02d.md" % n for n in range(60)]
    here = {each.name: each for each in parse_files(folder, b"", names)[1]}
    with _pool(folder) as pool:
        for start in range(0, 60, 7):
            pool.submit(b"", names[start : start + 7])
        assert _all(pool) == here
    assert here[b"58.md"].problems


def test_the_slow_path_gives_the_same_result(folder: Folder) -> None:
    names = [b"%02d.md" % n for n in range(60)]
    assert parse_files(folder, b"", names) == parse_files(folder, b"", names, slow_path=True)


def test_a_killed_process_is_replaced_without_loss(folder: Folder) -> None:
    names = [b"%02d.md" % n for n in range(60)]
    with _pool(folder, 1) as pool:
        pool.submit(b"", names[:5])
        assert len(_all(pool)) == 5
        (victim,) = pool.processes.processes
        os.kill(victim.pid, signal.SIGSTOP)  # so that it is working when it dies
        for name in names[5:]:
            pool.submit(b"", [name])
        os.kill(victim.pid, signal.SIGKILL)
        found = _all(pool)
        assert set(found) == set(names[5:])
        assert all(each.mtime_ns != NOT_PARSED for each in found.values())


def test_closing_leaves_no_process_behind(folder: Folder) -> None:
    with _pool(folder) as pool:
        pool.submit(b"", [b"00.md"])
        _all(pool)
        processes = [process.pid for process in pool.processes.processes]
        assert processes
    deadline = time.monotonic() + _TIMEOUT
    while any(map(_is_running, processes)):
        assert time.monotonic() < deadline, "a process is still running"


def test_vanished_files_are_left_out_and_unreadable_ones_reported(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder({"a.md": "---\ntitle: a\n---\n"}))
    (folder.root / "dir.md").mkdir()
    _, taken, failures = parse_files(folder, b"", [b"a.md", b"gone.md", b"dir.md"])
    assert [each.name for each in taken] == [b"a.md", b"dir.md"]
    assert taken[1].problems == ((1, "", "dir.md is not a regular file and is not read"),)
    assert (taken[1].mtime_ns, failures) == (NOT_PARSED, [])
    assert IndexRecord._make(taken[1].record or ()).title == "Dir"


def test_an_exception_in_the_parser_costs_one_document(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder.of(make_folder({"a.md": "---\ntitle: a\n---\n"}))

    def fail(path: bytes, data: bytes, _options: object) -> object:
        raise ZeroDivisionError(path, data)

    monkeypatch.setattr("reader.indexing.parse_worker.index_record", fail)
    _, (taken,), (failure,) = parse_files(folder, b"", [b"a.md"])
    assert taken.problems == ((1, "", PARSER_FAILED),)
    assert "ZeroDivisionError" in failure


def test_a_worker_answers_until_its_pipe_is_closed(folder: Folder) -> None:
    requests, answers = io.BytesIO(), io.BytesIO()
    write_message((b"", [b"00.md", b"58.md"], False), requests)
    requests.seek(0)
    parse_worker.serve(ParentConnection(requests, answers), folder, DEFAULTS)
    answers.seek(0)
    parsed, tracebacks = read_message(answers)
    assert [each[0] for each in parsed] == [b"00.md", b"58.md"]
    assert tracebacks == []
    with pytest.raises(ProcessEndedError):
        read_message(answers)
