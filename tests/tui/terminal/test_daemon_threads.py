"""A pool of daemon threads, which do not block the exit."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import wait

import pytest

from reader.tui.terminal.daemon_threads import DaemonThreads

PATIENCE = 30.0


def test_results_and_exceptions_are_returned() -> None:
    threads = DaemonThreads()
    assert threads.submit(divmod, 7, 2).result(PATIENCE) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 7, 0).result(PATIENCE)
    threads.shutdown()


def test_threads_are_daemons_and_reused() -> None:
    threads = DaemonThreads()
    first = threads.submit(threading.current_thread).result(PATIENCE)
    # A thread is free before its result is delivered: sequential calls need only one thread.
    names = {threads.submit(threading.current_thread).result(PATIENCE).name for _ in range(50)}
    assert first.daemon
    assert names == {first.name}
    threads.shutdown()


def test_the_number_of_threads_is_limited() -> None:
    threads = DaemonThreads(2)
    go, meet = threading.Event(), threading.Barrier(3)

    def block() -> str:
        meet.wait(PATIENCE)
        assert go.wait(PATIENCE)
        return threading.current_thread().name

    blocked = [threads.submit(block) for _ in range(2)]
    meet.wait(PATIENCE)  # both have begun: the second call started a second thread
    later = [threads.submit(lambda: threading.current_thread().name) for _ in range(5)]
    assert not any(each.done() for each in later)
    go.set()
    wait([*blocked, *later], PATIENCE)
    assert {each.result(PATIENCE) for each in later} <= {each.result(PATIENCE) for each in blocked}
    threads.shutdown()


def test_most_threads_end_when_a_burst_of_tasks_is_over() -> None:
    threads = DaemonThreads()
    together = threading.Barrier(12)

    def meet() -> threading.Thread:
        together.wait(PATIENCE)
        return threading.current_thread()

    for _ in range(2):  # as many start again when they are needed
        used = {each.result(PATIENCE) for each in [threads.submit(meet) for _ in range(12)]}
        assert len(used) == 12
        staying = {threads.submit(threading.current_thread).result(PATIENCE) for _ in range(20)}
        ended = sorted(used - staying, key=lambda each: each.is_alive())[:8]
        for each in ended:
            each.join(PATIENCE)
        assert sum(each.is_alive() for each in used) <= 4
    threads.shutdown()


def test_a_canceled_task_is_not_started() -> None:
    threads = DaemonThreads(1)
    go = threading.Event()
    blocked = threads.submit(go.wait, PATIENCE)
    done: list[str] = []
    late = threads.submit(done.append, "late")
    assert late.cancel()
    go.set()
    assert blocked.result(PATIENCE)
    assert threads.submit(list, done).result(PATIENCE) == []
    threads.shutdown()


def test_no_work_is_accepted_after_shutdown() -> None:
    threads = DaemonThreads()
    begun = threads.submit(threading.current_thread).result(PATIENCE)
    threads.shutdown()
    with pytest.raises(RuntimeError):
        threads.submit(print)
    begun.join(PATIENCE)
    assert not begun.is_alive()


def test_an_event_loop_closes_although_a_thread_hangs() -> None:
    program = """
import asyncio, threading
from reader.tui.terminal.daemon_threads import DaemonThreads

async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonThreads())
    began = threading.Event()
    loop.run_in_executor(None, lambda: (began.set(), threading.Event().wait()))
    await loop.run_in_executor(None, began.wait)

asyncio.run(main())
print("ended")
"""
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert (found.stdout, found.stderr) == ("ended\n", "")
