"""Signals, suspending and stopping: the process obeys, and the terminal is as it was before the start."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.e2e.terminal import Terminal, program

_ALL = "5 articles  5 unread"


def wait_until_stopped(terminal: Terminal) -> None:
    """Read the output until the command is stopped; it cannot stop before its output is taken."""
    stat = Path(f"/proc/{terminal.process.pid}/stat")
    terminal.wait(lambda: stat.read_text("utf-8").rpartition(")")[2].split()[0] == "T")


def _threads(terminal: Terminal) -> int:
    """Return the number of threads, once none has started or ended for a while."""
    count, since = 0, time.monotonic()
    while time.monotonic() - since < 0.7:
        terminal.read()
        now = len(list(Path(f"/proc/{terminal.process.pid}/task").iterdir()))
        if now != count:
            count, since = now, time.monotonic()
    return count


def test_an_interrupt_ends_the_app_soon_and_restores_the_terminal(seeds: Path) -> None:
    with Terminal(seeds) as terminal:  # test_reading_positions.py sends the other signals
        terminal.wait(_ALL)
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.end() == 128 + signal.SIGINT
        assert terminal.attributes == terminal.before
        assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_as_the_app_takes_the_terminal_ends_it_too(seeds: Path, number: int) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: b"\x1b[?1049h" in terminal.raw)
        os.kill(terminal.process.pid, number)
        assert terminal.end() == 128 + number
        terminal.assert_restored()


_NO_THREAD_FOR_KEYS = """
import threading
from reader.__main__ import main

start = threading.Thread.start

def start_or_fail(thread):
    if getattr(thread._target, "__name__", "") == "_run_input_thread":
        raise RuntimeError("can't start new thread")
    start(thread)

threading.Thread.start = start_or_fail
main()
"""


def test_the_terminal_is_restored_if_the_thread_that_reads_the_keys_cannot_start(seeds: Path) -> None:
    with Terminal(seeds, program=("-c", _NO_THREAD_FOR_KEYS)) as terminal:
        assert terminal.end() == 2
        assert "The app stopped because of an internal error" in terminal.text
        assert terminal.attributes == terminal.before
        assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")


def test_ctrl_c_and_ctrl_z_are_for_the_pager_and_an_interrupt_for_the_app(
    make_folder: MakeFolder, tmp_path: Path
) -> None:
    script = "trap 'echo INTERRUPTED' INT; echo IT-IS-READ; while :; do read line && echo \"GOT $line\"; done"
    pager = program(tmp_path / "viewer", script)
    folder = make_folder({"a.md": f"---\ntitle: A title\n---\n{'Words of a text. ' * 200}"})
    with Terminal(folder, environ={"PAGER": str(pager)}) as terminal:
        terminal.wait("1 article")
        terminal.press("enter")
        terminal.wait("of a text")
        terminal.press("e")
        terminal.wait(lambda: b"IT-IS-READ" in terminal.raw and terminal.is_lent)
        terminal.press("ctrl+c")
        terminal.wait(lambda: b"INTERRUPTED" in terminal.raw)
        terminal.send("one\n\x1atwo\n")  # no shell has started the app, so Ctrl+z suspends nothing
        terminal.wait(lambda: b"GOT two" in terminal.raw)
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.end() == 128 + signal.SIGINT
        assert terminal.attributes == terminal.before


def test_ctrl_z_in_a_pager_suspends_the_app_too(make_folder: MakeFolder, tmp_path: Path) -> None:
    pager = program(tmp_path / "viewer", 'echo IT-IS-READ; while read line; do echo "GOT $line"; done')
    folder = make_folder({"a.md": f"---\ntitle: A title\n---\n{'Words of a text. ' * 200}"})
    starter = tmp_path / "starter.py"  # as a shell does: a job of its own, which is continued
    starter.write_text(_STARTER.format(folder=str(folder)))
    with Terminal(program=("-u", str(starter)), environ={"PAGER": str(pager)}) as terminal:
        terminal.wait("1 article")
        terminal.press("enter")
        terminal.wait("of a text")
        terminal.press("e")
        terminal.wait(lambda: b"IT-IS-READ" in terminal.raw and terminal.is_lent)
        terminal.send("\x1a")
        terminal.wait(lambda: b"STOPPED" in terminal.raw)
        terminal.send("more\n\x04")
        terminal.wait("Back from viewer.")
        assert b"GOT more" in terminal.raw
        terminal.press("q", "q")
        assert terminal.end() == 0


_STARTER = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen([sys.executable, "-m", "reader", {folder!r}], process_group=0)
while True:
    os.tcsetpgrp(0, job.pid)
    os.killpg(job.pid, signal.SIGCONT)
    _, status = os.waitpid(job.pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    print("STOPPED", flush=True)
"""


def test_the_next_start_deletes_what_a_killed_pager_left(seeds: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    ended = os.posix_spawn("/bin/true", ["true"], os.environ)
    os.waitpid(ended, 0)
    left, own = cache / f"private-{ended}-x", cache / f"private-{os.getpid()}-x"
    for folder in (left, own):
        folder.mkdir(parents=True)
        (folder / "text.txt").write_text("private", "utf-8")
    with Terminal(seeds, environ={"NEWSREADER_CACHE_DIR": str(cache)}) as terminal:
        terminal.wait(lambda: not left.exists())
        assert own.exists()


def test_ctrl_z_suspends_and_fg_continues(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(_ALL)
        threads = _threads(terminal)
        for times in (1, 30, 1):  # many in one burst suspend once
            terminal.press("\x1a" * times)
            wait_until_stopped(terminal)
            terminal.read()
            assert terminal.attributes == terminal.before
            assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")
            terminal.screen.reset()
            os.kill(terminal.process.pid, signal.SIGCONT)
            terminal.wait(_ALL)
        assert _threads(terminal) <= threads
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.attributes == terminal.before


def test_a_stop_from_outside_changes_nothing(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(_ALL)
        threads = _threads(terminal)
        for size in (None, None, (100, 30), (120, 36)):
            os.kill(terminal.process.pid, signal.SIGSTOP)
            wait_until_stopped(terminal)
            terminal.read()
            terminal.screen.reset()  # as after other programs
            if size:
                terminal.resize(*size)
            os.kill(terminal.process.pid, signal.SIGCONT)
            terminal.wait(_ALL)
        assert _threads(terminal) <= threads, "every stop left threads that read keys"
        terminal.press("m")
        terminal.wait("4 unread")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.attributes == terminal.before
