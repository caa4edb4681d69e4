"""A process whose children are killed before a given step: forking one is much faster than starting Python for each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

_SERVER = """
import json, os, signal, sys, traceback
from pathlib import Path
{program}

def kill_before(events, path, left):
    # Every call that changes a file may be the last.
    def watch(event, arguments):
        nonlocal left
        if event in events and path in str(arguments[0]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)

for line in sys.stdin:
    path, steps = json.loads(line)
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(tell, 1)
        os.dup2(tell, 2)
        try:
            run(Path(path), steps)
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    os.close(tell)
    with open(told) as output:
        printed = output.read()
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), printed]), flush=True)
"""


class Ended(NamedTuple):
    status: int
    """Negative for a signal."""
    output: str


class KilledSteps:
    """Runs a program again and again, killed one step later each time.

    The program defines ``run(path, steps)``, which calls ``kill_before(events, path, steps)`` when its steps begin.
    """

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER.format(program=program)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def __enter__(self) -> KilledSteps:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, path: Path, steps: int) -> Ended:
        """Run the program on a file, killed before the step after so many."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(path), steps]), file=self._process.stdin, flush=True)
        return Ended(*json.loads(self._process.stdout.readline()))
