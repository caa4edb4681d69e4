"""What every measurement shares: the folder, the program, directories of its own, and how a figure is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sight
from screen import Terminal
from yardsticks import EMPTY_APP, EMPTY_TEXT

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
READER = [sys.executable, "-m", "reader"]
INDEX = [*READER, "index"]
MOST_YAML = 100_000
"""Headers that PyYAML is given; of a larger corpus it is a share, and its time is multiplied."""


class MeasureError(Exception):
    """A command that is measured failed, or answered something else than it should."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    name: str
    value: float | None
    """In ``unit``; None when it could not be had, and ``note`` says why."""
    unit: str
    against: str = ""
    """The yardstick; nothing when the figure stands for itself."""
    ratio: float | None = None
    target: float | None = None
    """The most that ``ratio`` may be or, without a yardstick, ``value``."""
    note: str = ""
    samples: tuple[float, ...] = ()
    """What the value is the median or percentile of."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is none, or no figure."""
        judged = self.ratio if self.against else self.value
        return None if self.target is None or judged is None else judged <= self.target


@dataclass(frozen=True, slots=True)
class Run:
    """What a whole process took, with the children it waited for."""

    output: str
    wall: float
    cpu: float


@dataclass(slots=True)
class Bench:
    """A corpus, and the program that is measured on it."""

    folder: Path
    scratch: Path
    """A directory that vanishes at the end."""
    runs: int = 5
    """How often what takes long is repeated."""
    samples: int = 200
    """How often each key is pressed."""
    burst: int = 10_000
    """Documents that change at once."""
    documents: int = 0
    size: int = 0
    """Bytes of all documents."""
    _built: Path | None = None
    _yardsticks: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        measured = self.yardstick("walk")
        self.documents, self.size = int(measured["documents"]), int(measured["bytes"])
        self._begin_once()

    def _begin_once(self) -> None:
        """Start everything once, so that Python has compiled it and the system has it in its cache."""
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "reader")], check=True)
        with self.empty() as terminal:
            terminal.until(lambda screen: EMPTY_TEXT in screen[0])

    # Programs.

    def environ(self, own: Path, data: Path | None = None) -> dict[str, str]:
        """Return an environment in which the reader keeps to ``own``, and with its marks to ``data`` if given.

        Nothing of the person's own settings of Python goes along: they might keep it from using compiled modules.
        """
        left = ("PYTHON", "NEWSREADER_", "TEXTUAL")
        usual = {name: value for name, value in os.environ.items() if not name.startswith(left)}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            usual.pop(name, None)
        return usual | {
            **{"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"},
            # As over ssh: pictures are off, which would be fetched from where the generated documents say they lie.
            "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22",
            "NEWSREADER_CACHE_DIR": str(own / "cache"),
            "NEWSREADER_DATA_DIR": str(data or own / "data"),
            "NEWSREADER_CONFIG_DIR": str(own / "config"),
        }

    def empty(self) -> Terminal:
        """Start the empty app."""
        return Terminal([sys.executable, "-c", EMPTY_APP], self.environ(self.scratch))

    def open(self, own: Path, folder: Path | None = None, data: Path | None = None) -> Terminal:
        """Start the reader with the index in ``own``, if there is one."""
        return Terminal([*READER, str(folder or self.folder)], self.environ(own, data))

    def index(self, own: Path, folder: Path | None = None) -> tuple[Run, dict[str, float]]:
        """Build or refresh the index in ``own``; returns what it took and the totals it told."""
        ran = run([*INDEX, str(folder or self.folder), "--json"], self.environ(own))
        try:
            totals = json.loads(ran.output)
        except ValueError:
            raise MeasureError(f"`index --json` did not print JSON but {ran.output[:200]!r}.") from None
        return ran, totals

    def built(self) -> Path:
        """Return a directory with a complete index, which is built once; nobody may change it."""
        if self._built is None:
            own = self.fresh()
            self.index(own)
            self._built = own
        return self._built

    def keep(self, own: Path) -> None:
        """Take ``own`` for the directory with the complete index, or remove it when there is one."""
        if self._built is None:
            self._built = own
        else:
            shutil.rmtree(own)

    def fresh(self) -> Path:
        """Return an empty directory."""
        return Path(tempfile.mkdtemp(dir=self.scratch))

    def warm(self, *, own: Path | None = None, folder: Path | None = None, count: int = 0) -> Terminal:
        """Start the reader on a complete index, with no marks, and wait until all is on the screen and at rest."""
        terminal = self.open(own or self.built(), folder, data=self.fresh())
        try:
            terminal.until(lambda screen: sight.is_complete(screen, count or self.documents))
            terminal.rest(0.5)
        except BaseException:
            terminal.__exit__(None, None, None)
            raise
        return terminal

    def yardstick(self, name: str, *, again: bool = False) -> dict[str, float]:
        """Return a yardstick of ``yardsticks.py``, measured once unless ``again``.

        ``process`` holds the wall seconds of its whole process.
        """
        if again or name not in self._yardsticks:
            most = [str(MOST_YAML)] if name == "yaml" else []
            ran = run(
                [sys.executable, str(HERE / "yardsticks.py"), name, str(self.folder), *most], self.environ(self.scratch)
            )
            self._yardsticks[name] = {**json.loads(ran.output), "process": ran.wall}
        return self._yardsticks[name]


def run(command: Sequence[str], environ: dict[str, str]) -> Run:
    """Run a command; returns its output, wall seconds and CPU seconds, those of its children included.

    Raises MeasureError when it fails.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as talk:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=talk, env=environ)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        talk.seek(0)
        if process.returncode:
            raise MeasureError(f"{' '.join(command)} failed: {talk.read().decode(errors='replace')[-2000:]}")
        return Run(output.read().decode(), wall, usage.ru_utime + usage.ru_stime)
