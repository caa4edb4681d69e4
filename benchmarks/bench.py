"""Shared by all measurements: the corpus, starting the program, private directories, and `Figure`."""

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
"""Headers that PyYAML loads; for a larger corpus, a sample whose time is multiplied."""


class MeasureError(Exception):
    """A measured command failed or gave an unexpected answer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    name: str
    value: float | None
    """In ``unit``; None if it could not be measured, and then ``note`` says why."""
    unit: str
    against: str = ""
    """The yardstick; empty if the figure has none."""
    ratio: float | None = None
    target: float | None = None
    """The maximum of ``ratio`` or, without a yardstick, of ``value``."""
    note: str = ""
    samples: tuple[float, ...] = ()
    """The samples of which the value is the median or a percentile."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or a value."""
        judged = self.ratio if self.against else self.value
        return None if self.target is None or judged is None else judged <= self.target


@dataclass(frozen=True, slots=True)
class Run:
    """Resources that a whole process used, including children that it waited for."""

    output: str
    wall: float
    cpu: float


@dataclass(slots=True)
class Bench:
    """A corpus and the program that is measured on it."""

    folder: Path
    scratch: Path
    """A temporary directory."""
    runs: int = 5
    """Repetitions of slow measurements."""
    samples: int = 200
    """Presses of each key."""
    burst: int = 10_000
    """Documents that change at the same time."""
    documents: int = 0
    size: int = 0
    """Total size of the documents in bytes."""
    _built: Path | None = None
    _yardsticks: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        measured = self.yardstick("walk")
        self.documents, self.size = int(measured["documents"]), int(measured["bytes"])
        self._begin_once()

    def _begin_once(self) -> None:
        """Start everything once, so that it is compiled and in the page cache."""
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "reader")], check=True)
        with self.empty() as terminal:
            terminal.until(lambda screen: EMPTY_TEXT in screen[0])

    # Programs.

    def environ(self, own: Path, data: Path | None = None) -> dict[str, str]:
        """Return an environment in which newsreader stores everything in ``own``, and marks in ``data`` if given.

        The list has one line for each article, so that its rows can be counted on the screen. Python settings of the
        user are left out, as they might disable compiled modules.
        """
        config = own / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text('density = "compact"\n', "utf-8")
        left = ("PYTHON", "NEWSREADER_", "TEXTUAL")
        usual = {name: value for name, value in os.environ.items() if not name.startswith(left)}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            usual.pop(name, None)
        return usual | {
            **{"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"},
            # As over ssh, where images are off: those of generated documents do not exist.
            "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22",
            "NEWSREADER_CACHE_DIR": str(own / "cache"),
            "NEWSREADER_DATA_DIR": str(data or own / "data"),
            "NEWSREADER_CONFIG_DIR": str(config),
        }

    def empty(self) -> Terminal:
        """Start the empty app."""
        return Terminal([sys.executable, "-c", EMPTY_APP], self.environ(self.scratch))

    def open(self, own: Path, folder: Path | None = None, data: Path | None = None) -> Terminal:
        """Start newsreader with the index in ``own``, if there is one."""
        return Terminal([*READER, str(folder or self.folder)], self.environ(own, data))

    def index(self, own: Path, folder: Path | None = None) -> tuple[Run, dict[str, float]]:
        """Build or refresh the index in ``own``; return the resources used and the totals printed."""
        ran = run([*INDEX, str(folder or self.folder), "--json"], self.environ(own))
        try:
            totals = json.loads(ran.output)
        except ValueError:
            raise MeasureError(f"`index --json` did not print JSON but {ran.output[:200]!r}.") from None
        return ran, totals

    def built(self) -> Path:
        """Return a directory with a complete index. It is built once and must not be modified."""
        if self._built is None:
            own = self.fresh()
            self.index(own)
            self._built = own
        return self._built

    def keep(self, own: Path) -> None:
        """Use ``own`` as the directory with the complete index, or remove it if there is one already."""
        if self._built is None:
            self._built = own
        else:
            shutil.rmtree(own)

    def fresh(self) -> Path:
        """Return an empty directory."""
        return Path(tempfile.mkdtemp(dir=self.scratch))

    def warm(self, *, own: Path | None = None, folder: Path | None = None, count: int = 0) -> Terminal:
        """Start newsreader on a complete index without marks, and wait until the screen is complete and at rest."""
        terminal = self.open(own or self.built(), folder, data=self.fresh())
        try:
            terminal.until(lambda screen: sight.is_complete(screen, count or self.documents))
            terminal.rest(0.5)
        except BaseException:
            terminal.__exit__(None, None, None)
            raise
        return terminal

    def yardstick(self, name: str, *, again: bool = False) -> dict[str, float]:
        """Return a yardstick of ``yardsticks.py``; it is measured once unless ``again``.

        The key ``process`` has the wall-clock seconds of the whole process.
        """
        if again or name not in self._yardsticks:
            most = [str(MOST_YAML)] if name == "yaml" else []
            ran = run(
                [sys.executable, str(HERE / "yardsticks.py"), name, str(self.folder), *most], self.environ(self.scratch)
            )
            self._yardsticks[name] = {**json.loads(ran.output), "process": ran.wall}
        return self._yardsticks[name]


def run(command: Sequence[str], environ: dict[str, str]) -> Run:
    """Run a command; return its output, wall-clock seconds and CPU seconds, children included.

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
