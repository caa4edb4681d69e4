"""The sandbox: whatever a task does to its process, its caller gets a result or an error."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import Paragraph, Span, from_values
from reader.content.body import parse_body
from reader.content.page import Extract
from reader.core.model import BodyFormat, Image
from reader.extraction.extract import extract as direct
from reader.workers import extract_tasks
from reader.workers.extract_tasks import ExtractionResult
from reader.workers.process import ManagedProcess
from reader.workers.sandbox import ExtractError, SandboxLimits, SandboxPool
from tests.fetching.linked_pages import STUB, html

MakeExtractor = Callable[..., SandboxPool]
MB = 1 << 20
_NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


@pytest.fixture
def extractor() -> Iterator[MakeExtractor]:
    made: list[SandboxPool] = []

    def make(size: int = 1, seconds: float = 60.0, memory: int = 256 * MB) -> SandboxPool:
        made.append(SandboxPool(size, limits=SandboxLimits(seconds, memory), tasks="tests.workers.hostile_tasks"))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < limit
        threading.Event().wait(0.01)


def _children() -> set[int]:
    """Return the processes that this one has started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return {pid for pid, parent in parents.items() if parent == os.getpid()}


def test_one_worker_does_one_task_after_another(extractor: MakeExtractor) -> None:
    workers = extractor()
    assert workers.call("echo", 1, "人", b"\xff", None) == [1, "人", b"\xff", None]
    first = workers.call("pid")
    assert first != os.getpid()
    assert workers.call("pid") == first


def test_a_task_over_the_time_limit_fails_and_the_next_runs(extractor: MakeExtractor) -> None:
    workers = extractor(seconds=1)
    pid = workers.call("pid")
    begun = time.monotonic()
    with pytest.raises(ExtractError, match=r"^It could not be read within 1 s\.$"):
        workers.call("hold")
    assert time.monotonic() - begun < 20
    assert not _is_there(pid)
    assert workers.call("echo", 1) == [1]


def test_a_task_over_the_memory_limit_fails_and_the_next_runs(extractor: MakeExtractor) -> None:
    workers = extractor(memory=128 * MB)
    assert workers.call("eat", 64 * MB) == 64 * MB
    with pytest.raises(ExtractError, match=r"^It took more than 128 MB of memory to read\.$"):
        workers.call("eat", 1024 * MB)
    assert workers.call("eat", 64 * MB) == 64 * MB


def test_memory_is_limited_without_an_address_space_limit(
    extractor: MakeExtractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_WITHOUT_MEMORY_LIMIT", "1")
    workers = extractor(memory=128 * MB)
    assert workers.call("eat slowly", 32 * MB) == 32 * MB
    with pytest.raises(ExtractError, match=r"^It took more than 128 MB of memory to read\.$"):
        workers.call("eat slowly", 4096 * MB)
    assert workers.call("echo", 1) == [1]


@pytest.mark.parametrize("workers", [1, 2])
def test_foreground_tasks_do_not_wait_for_background_tasks(
    extractor: MakeExtractor, tmp_path: Path, workers: int
) -> None:
    several = extractor(workers)
    gates = [tmp_path / f"{n}.gate" for n in range(workers + 3)]
    many = [several.submit("hold until", str(gate), background=True) for gate in gates]
    _until(lambda: len([each for each in tmp_path.glob("*.begun") if each.read_text()]) == workers)
    pids = {several.call("pid") for _ in range(2)}
    busy = {int(begun.read_text()) for begun in tmp_path.glob("*.begun")}
    assert len(busy) == workers, "the worker started for it takes no other task"
    assert len(pids) == len(pids - busy) == 1
    for gate in gates:
        gate.touch()
    assert [each.result(60) for each in many] == [str(gate) for gate in gates]


def test_foreground_tasks_overtake_background_tasks(extractor: MakeExtractor, tmp_path: Path) -> None:
    workers = extractor()
    gate, order = tmp_path / "a.gate", list[str]()
    first = workers.submit("hold until", str(gate))
    _until(gate.with_suffix(".begun").exists)
    for name, background in (("nobody", True), ("somebody", False)):
        workers.submit("echo", background=background).add_done_callback(lambda _, name=name: order.append(name))
    gate.touch()
    first.result(60)
    _until(lambda: len(order) == 2)
    assert order == ["somebody", "nobody"]


def test_closing_fails_waiting_tasks(extractor: MakeExtractor, tmp_path: Path) -> None:
    workers = extractor()
    tasks = [
        workers.submit("hold until", str(tmp_path / "never"), background=background)
        for background in (True, True, False)
    ]
    _until((tmp_path / "never.begun").exists)
    workers.close()
    for task in tasks:
        with pytest.raises(ExtractError):
            task.result(60)


@pytest.mark.parametrize("task", ["fall", "gone"])
def test_a_crashed_worker_is_replaced(extractor: MakeExtractor, task: str) -> None:
    workers = extractor()
    with pytest.raises(ExtractError, match=r"^It crashed the process that reads pages\.$"):
        workers.call(task)
    assert workers.call("echo", 1) == [1]


@pytest.mark.parametrize("task", ["fail", "unknown"])
def test_an_exception_in_a_task_is_logged(
    extractor: MakeExtractor, caplog: pytest.LogCaptureFixture, task: str
) -> None:
    workers = extractor()
    pid = workers.call("pid")
    with pytest.raises(ExtractError, match="see the log file"):
        workers.call(task)
    assert "Traceback" in caplog.text
    assert workers.call("pid") == pid


def test_a_result_that_is_not_plain_fails_only_its_task(extractor: MakeExtractor) -> None:
    workers = extractor()
    with pytest.raises(ExtractError):
        workers.call("odd")
    assert workers.call("echo", 1) == [1]


def test_printed_text_does_not_disturb_results(extractor: MakeExtractor) -> None:
    workers = extractor()
    assert workers.call("print", "\x00\x00\x00\x00") == "\x00\x00\x00\x00"
    assert workers.call("echo", 1) == [1]


def test_a_result_that_is_too_large_fails(extractor: MakeExtractor) -> None:
    workers = extractor()
    with pytest.raises(ExtractError):
        workers.call("much", 80 * MB)
    assert workers.call("much", 10 * MB) == b"x" * (10 * MB)


@_NEEDS_PROC
def test_prestart_starts_one_worker(extractor: MakeExtractor) -> None:
    workers, before = extractor(2), _children()
    workers.prestart()
    workers.prestart()
    _until(lambda: _children() > before)
    assert {workers.call("pid")} == _children() - before
    workers.close()
    workers.prestart()


def test_several_workers_work_at_once(extractor: MakeExtractor) -> None:
    workers = extractor(2, seconds=2)
    slow = workers.submit("hold")
    assert [workers.call("echo", n) for n in range(50)] == [[n] for n in range(50)]
    with pytest.raises(ExtractError):
        slow.result(timeout=60)


def test_many_threads_may_submit(extractor: MakeExtractor) -> None:
    workers = extractor(2)
    answers = [workers.submit("echo", n) for n in range(200)]
    assert [each.result(timeout=60) for each in answers] == [[n] for n in range(200)]
    assert len({workers.call("pid") for _ in range(20)}) <= 2


async def test_canceling_kills_the_running_task(extractor: MakeExtractor, tmp_path: Path) -> None:
    workers = extractor(seconds=600)
    pid = await workers.run("pid")
    slow = asyncio.create_task(workers.run("hold until", str(tmp_path / "never")))
    await asyncio.to_thread(_until, (tmp_path / "never.begun").exists)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await asyncio.wait_for(workers.run("echo", 1), 60) == [1]
    assert not _is_there(pid)


async def test_canceling_a_waiting_task_leaves_the_running_one(extractor: MakeExtractor, tmp_path: Path) -> None:
    workers = extractor(seconds=2)
    slow = asyncio.create_task(workers.run("hold until", str(tmp_path / "never")))
    await asyncio.to_thread(_until, (tmp_path / "never.begun").exists)
    waiting = asyncio.create_task(workers.run("echo", 1))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(ExtractError, match="within 2 s"):
        await slow
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_closing_ends_workers_and_fails_all_tasks(
    extractor: MakeExtractor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workers = extractor(seconds=600)
    pid = workers.call("pid")
    answers = [workers.submit("hold until", str(tmp_path / "never")), workers.submit("echo", 1)]
    _until((tmp_path / "never.begun").exists)
    workers.close()
    for each in answers:
        with pytest.raises(ExtractError, match="is closing"):
            each.result(timeout=60)
    assert not _is_there(pid)
    assert caplog.text == ""
    with pytest.raises(ExtractError, match="is closing"):
        workers.submit("echo", 1)


def test_closing_while_a_worker_starts_fails_its_task(
    extractor: MakeExtractor, caplog: pytest.LogCaptureFixture
) -> None:
    workers = extractor()
    answer = workers.submit("echo", 1)
    _until(answer.running)
    workers.close()
    with pytest.raises(ExtractError, match="is closing"):
        answer.result(timeout=60)
    assert caplog.text == ""


_WORKER = ("reader.workers.sandbox_worker", "tests.workers.hostile_tasks", str(256 * MB))


def test_a_worker_ends_with_its_parent() -> None:
    process = ManagedProcess(*_WORKER, "10")
    assert process.receive() == (True, "ready")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0
    process.end()


def test_an_orphaned_task_is_ended_by_an_alarm() -> None:
    process = ManagedProcess(*_WORKER, "1")
    assert process.receive() == (True, "ready")
    process.send(("hold", ()))
    assert process.stdin is not None
    process.stdin.close()
    status = process.wait(60)
    process.end()
    assert status == -signal.SIGALRM


# The real tasks.


@pytest.fixture(scope="module")
def reader_of_pages() -> Iterator[SandboxPool]:
    one = SandboxPool(limits=SandboxLimits(60))
    yield one
    one.close()


async def test_a_page_is_extracted_in_the_sandbox(reader_of_pages: SandboxPool) -> None:
    page = html("Größe", 12, '<p>It links <a href="/more">there</a>.</p>')
    extract, stub = await reader_of_pages.extract(page, "https://a.example/1", "utf-8")
    assert extract == direct(page, "https://a.example/1", "utf-8")
    assert extract is not None
    assert "https://a.example/more" in extract.markdown
    assert stub == ""


_NO_ARTICLES = {
    "nothing": b"",
    "zeros": b"\x00" * 1000,
    "empty": b"<html><body></body></html>",
    "tags": b"<p>" * 2_000,
    "stub": STUB,
}


@pytest.mark.parametrize("page", _NO_ARTICLES.values(), ids=_NO_ARTICLES)
async def test_pages_without_an_article_are_stubs(page: bytes, reader_of_pages: SandboxPool) -> None:
    extract, stub = await reader_of_pages.extract(page, "https://a.example/1")
    assert stub
    if extract is not None:
        assert extract.words < 250


@pytest.mark.parametrize(
    ("body", "body_format"),
    [
        ("<h2>A</h2><p>b <b>c</b> <a href='/d'>e</a></p><ul><li>f<ol><li>g</li></ol></li></ul>", "html"),
        ("# A\n\n> b\n\n```\nc\n\nd\n```\n\n1. e\n2. f\n", "markdown"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>", "html"),
        ("", "markdown"),
    ],
)
async def test_bodies_parse_the_same_here_and_in_the_sandbox(
    body: str, body_format: BodyFormat, reader_of_pages: SandboxPool
) -> None:
    here = parse_body(body, body_format, "https://a.example/1")
    there = await reader_of_pages.run("blocks", body, body_format, "https://a.example/1")
    assert from_values(there) == here


def test_tasks_return_the_same_here_and_in_the_sandbox(reader_of_pages: SandboxPool) -> None:
    extract_tasks.prepare()
    for values in ((html(), "https://a.example/1", "utf-8"), (b"", "", "")):
        assert extract_tasks.TASKS["page"](*values) == reader_of_pages.call("page", *values)
    values = ("<b>a</b>", "html", "")
    here, there = extract_tasks.TASKS["blocks"](*values), reader_of_pages.call("blocks", *values)
    assert from_values(here) == from_values(there) == parse_body("<b>a</b>", "html")


@_NEEDS_PROC
def test_memory_of_an_idle_worker_does_not_count() -> None:
    before, pool = _children(), SandboxPool(limits=SandboxLimits(60))
    with contextlib.closing(pool):
        assert from_values(pool.call("blocks", "# A", "markdown", "")) == parse_body("# A", "markdown")
        (pid,) = _children() - before
        (limit,) = re.findall(r"Max address space +(\d+)", Path(f"/proc/{pid}/limits").read_text())
        size = 1024 * int(re.findall(r"VmSize:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0])
    assert 400 * MB < int(limit) - size <= 512 * MB


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_IMAGES = st.builds(Image, _TEXTS, st.none() | st.integers(0, 9999), st.none() | st.integers(0, 9999), _TEXTS, _TEXTS)
_TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
_EXTRACTS = st.builds(
    Extract,
    _TEXTS.map(lambda text: (Paragraph((Span(text),)),)),
    st.integers(0, 10**6),
    _TEXTS,
    _TEXTS,
    st.none() | _TIMES,
    _TEXTS,
    _IMAGES,
)


@given(st.builds(ExtractionResult, st.none() | _EXTRACTS, _TEXTS))
def test_extraction_results_survive_serialization(extracted: ExtractionResult) -> None:
    import marshal

    assert ExtractionResult.from_values(marshal.loads(marshal.dumps(extracted.to_values()))) == extracted
