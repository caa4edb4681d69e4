"""How `newsreader index` ends and what it prints meanwhile: the real command, in separate processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reader.core.paths import Paths

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_COMMAND = [sys.executable, "-m", "reader", "index"]
_TOP = Path(__file__).parents[2]
_PATIENCE = 30.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


def _many(count: int) -> dict[str, str]:
    return {f"{n // 100:02}/{n:05}.md": f"---\ntitle: t{n}\n---\n" for n in range(count)}


def _children(parent: int) -> set[int]:
    """Return the running processes that ``parent`` has started."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            state, above = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):  # not a process, or one that has ended meanwhile
            continue
        if int(above) == parent and state != "Z":
            found.add(int(entry.name))
    return found


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_worker_processes_end_with_the_command(make_folder: MakeFolder, signal_: signal.Signals) -> None:
    folder = make_folder(_many(3000))
    with subprocess.Popen(
        [*_COMMAND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=_TOP
    ) as command:
        deadline = time.monotonic() + _PATIENCE
        while not (begun := _children(command.pid)):
            assert time.monotonic() < deadline
            assert command.poll() is None, "it ended without starting a process"
            time.sleep(0.005)  # the system reports no new process of another one
        os.kill(command.pid, signal_)
        _, output = command.communicate(timeout=_PATIENCE)
    assert command.returncode == (130 if signal_ == signal.SIGINT else -signal_)
    assert b"Traceback" not in output
    deadline = time.monotonic() + _PATIENCE
    while any(map(_is_running, begun)):
        assert time.monotonic() < deadline, "a parser process is still running"
        time.sleep(0.005)


def test_an_unwritable_cache_directory_is_an_error(make_folder: MakeFolder, own_directories: Paths) -> None:
    folder = make_folder(_many(3))
    own_directories.cache.parent.mkdir(parents=True)
    own_directories.cache.write_text("a file where a folder would have to be")
    found = subprocess.run([*_COMMAND, str(folder)], capture_output=True, text=True, cwd=_TOP, check=False)
    assert found.returncode == 2
    assert "The index of news cannot be saved" in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""


def test_long_runs_print_progress_lines(make_folder: MakeFolder) -> None:
    # In this child process, the interval between two lines is zero, so that the test need not wait for five seconds.
    program = (
        "import sys, reader.cli.main as cli, reader.cli.session as library; "
        "library.SECONDS_BETWEEN_LINES = 0.0; sys.argv[0] = 'newsreader'; cli.main()"
    )
    folder = make_folder(_many(1500))
    found = subprocess.run(
        [sys.executable, "-c", program, "index", str(folder)], capture_output=True, text=True, cwd=_TOP, check=False
    )
    assert found.returncode == 0
    assert found.stdout.startswith("1,500 articles in 1,500 documents")
    lines = found.stderr.splitlines()
    output = [re.fullmatch(r"newsreader: ([\d,]+) of ([\d,]+)\+?(?:, .+)?\.", line) for line in lines]
    assert output
    assert all(output), lines
    done = [int(line[1].replace(",", "")) for line in output if line]
    assert done == sorted(done)
    assert done[-1] == 1500
