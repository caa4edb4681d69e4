"""From process start to the list on screen, in a pty, against an empty Textual app.

    python benchmarks/startup.py [FOLDER] [--runs N]

Runs alternate, so that a slow moment of the machine meets all of them alike; the table
has medians. "Cold" means without an index; the files themselves are in the system's
cache in every run.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("ready-to-read")
Empty().run()
"""
DEADLINE = 30.0


def seconds_until(command: list[str], marker: bytes, environ: dict[str, str]) -> float:
    """Return the seconds from starting ``command`` until ``marker`` is on its screen."""
    begin = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environ)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    try:
        while time.perf_counter() - begin < DEADLINE:
            if not select.select([terminal], [], [], 0.5)[0]:
                continue
            seen += os.read(terminal, 65536)
            if marker in seen:
                return time.perf_counter() - begin
        raise SystemExit(f"{command} did not show {marker!r} in {DEADLINE} s")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=str(ROOT / "seeds"))
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        environ = os.environ | {
            "PYTHONPATH": str(ROOT), "TERM": "xterm-256color",
            "NEWSREADER_CACHE_DIR": f"{scratch}/cache", "NEWSREADER_DATA_DIR": f"{scratch}/data",
            "NEWSREADER_CONFIG_DIR": f"{scratch}/config",
        }  # fmt: skip
        reader = [sys.executable, "-m", "reader", arguments.folder]
        # The list is there when its first title is; the pane comes later and begins with the same one.
        listing = subprocess.run(
            [*reader[:3], "list", arguments.folder, "--limit", "1"], env=environ, capture_output=True, check=True
        )
        marker = listing.stdout.split(b"\t")[4][:12]
        times: dict[str, list[float]] = {"empty Textual app": [], "newsreader, cold": [], "newsreader, warm": []}
        for _ in range(arguments.runs):
            times["empty Textual app"].append(seconds_until([sys.executable, "-c", EMPTY], b"ready-to-read", environ))
            shutil.rmtree(f"{scratch}/cache", ignore_errors=True)
            times["newsreader, cold"].append(seconds_until(reader, marker, environ))
            times["newsreader, warm"].append(seconds_until(reader, marker, environ))
    yardstick = statistics.median(times["empty Textual app"])
    print(f"{'':20} median s   ratio")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:20} {median:8.3f} {median / yardstick:7.2f}")


if __name__ == "__main__":
    main()
