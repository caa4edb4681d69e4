"""Random use for minutes or hours: does the program crash, leak or lose a mark?

    python benchmarks/soak.py [--minutes N] [--documents N] [--seed N] [--every SECONDS] [--rests N] [--json FILE]

The app runs in a pty on generated documents whose originals a server on loopback has. A seeded
generator presses keys, uses the mouse, pastes, resizes the terminal, changes, moves and deletes
documents, and stops and continues the process. The app stays open until the end; every half minute
a second instance on the same folder is used in the same way for some seconds, with the keys that quit
or open the palette, and quits.
Other processes mark articles meanwhile: with `mark` on a second folder, and with `state import`; each
of these marks that was acknowledged must exist at the end.

What the app uses depends on what is on its screen, which is up to chance. So N times it is brought back to
the list, in a terminal of 120x40, fetching is stopped, and it is left alone until the processes that fetch and
extract have ended, as they do after a minute without work: what it uses then is what its use has left behind,
and must not grow from the second quarter to the last. The growth in use is printed, too.

Prints what the app's processes use over time (on standard error as it happens), how the last quarter
differs from the second, and every fault: an unexpected end, a traceback in the log, a lost mark, a
terminal that is not restored, a command that fails, growth. Exit status 1 if there was one. The same
seed gives the same actions, but not the same moments.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import corpus
from memory import held, tree
from screen import Emulator

HERE = Path(__file__).resolve().parent
READER = [sys.executable, "-m", "reader"]
SIZES = ((1, 1), (2, 2), (20, 4), (80, 24), (120, 40), (200, 60), (500, 200))
"""Columns and lines; random sizes come on top, as many: Textual caches layouts of thousands of sizes, as long as new
ones come."""
SPECIAL = {
    **{"enter": "\r", "escape": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f", "space": " "},
    **{"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F"},
    **{"pageup": "\x1b[5~", "pagedown": "\x1b[6~", "shift+up": "\x1b[1;2A", "shift+down": "\x1b[1;2B"},
    **{"alt+up": "\x1b[1;3A", "alt+down": "\x1b[1;3B", "f1": "\x1bOP", "f5": "\x1b[15~", "slash": "/"},
    **{"question_mark": "?", "equals_sign": "=", "plus": "+", "minus": "-"},
}
OTHER_INPUT = (
    "\x1b[<0;20;10M\x1b[<0;20;10m",
    "\x1b[<64;20;10M",
    "\x1b[<65;20;10M",
    "\x1b[200~pasted\ntext\x1b[201~",
    *("a", "climate", "topic:", "quality>=40", "é", "漢", "\x03"),
)
ENDING = frozenset("q\x11\x10\x03")
"""Keys that quit, or open the palette, which can; Ctrl+c quits only while a program like the pager has the terminal."""
VISIT_EVERY, LONGEST_VISIT = 30.0, 10.0
SHORTEST_REST, LONGEST_REST = 5.0, 180.0
LEAK = 0.02
"""How much more the last quarter may use than the second."""
FORGIVEN = {"descriptors": 2.0, "threads": 1.0, "children": 1.0, "megabytes": 0.0, "anonymous_megabytes": 0.0}
"""Growth in absolute terms that is no leak: processes start when needed, and end."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the app and its children use at one moment."""

    second: float
    rests: bool
    """Whether the app is idle, with the list in a terminal of 120x40."""
    ends: int
    """How often the app has ended unexpectedly, and was started again."""
    cpu: float
    """Seconds of the app's own process since its start."""
    megabytes: float
    """RSS of the app's own process."""
    anonymous_megabytes: float
    """The part of it that no file backs."""
    descriptors: int
    threads: int
    children: int
    children_megabytes: float
    """Their PSS."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a measure was in the second and in the last quarter; both are medians."""

    rests: bool
    name: str
    second: float
    last: float

    @property
    def passes(self) -> bool:
        return self.last - self.second <= max(self.second * LEAK, FORGIVEN[self.name])

    def row(self) -> str:
        difference = (self.last / self.second - 1) * 100 if self.second else 0.0
        verdict = "pass" if self.passes else "fail"
        name = f"{'at rest' if self.rests else 'in use'} | {self.name.replace('_', ' ')}"
        return f"| {name} | {self.second:g} | {self.last:g} | {difference:+.1f} % | {verdict} |"


@dataclass(slots=True)
class Totals:
    keys: int = 0
    resizes: int = 0
    changes: int = 0
    stops: int = 0
    starts: int = 0
    ends: int = 0
    marks: int = 0
    faults: list[str] = field(default_factory=list)


class App:
    """The app in a pty whose output is read and dropped."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._master, self._slave = pty.openpty()
        self._set_size(120, 40)
        self.before = termios.tcgetattr(self._slave)
        self.output = b""
        """The last of what it has sent."""
        self.answers = False
        """Whether it has sent anything since this was reset."""
        self.recent: deque[str] = deque(maxlen=200)
        """The last keys and sizes."""
        self.process = subprocess.Popen(
            [*READER, str(folder)],
            **{"stdin": self._slave, "stdout": self._slave, "stderr": self._slave},
            env=environ,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 – one system call
        )

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        self.recent.append(f"{columns}x{lines}")
        self._set_size(columns, lines)

    def send(self, text: str) -> None:
        self.recent.append(text)
        os.write(self._master, text.encode())

    def drain(self, seconds: float) -> None:
        """Read output for this long, or until the app ends."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._master], [], [], min(left, 0.05))[0]:
                with contextlib.suppress(OSError):
                    self.output = (self.output + os.read(self._master, 1 << 16))[-100_000:]
                    self.answers = True
            elif self.process.poll() is not None:
                return

    def drain_until(self, true: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                return False
            self.drain(0.05)
        return True

    def wake(self) -> None:
        """Continue after Ctrl+z, as the shell's fg does."""
        with contextlib.suppress(OSError):
            if Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "T":
                os.kill(self.process.pid, signal.SIGCONT)

    @property
    def keys(self) -> str:
        """The last keys and sizes, to be read."""
        return " ".join(map(repr, self.recent))

    @property
    def screen(self) -> str:
        """What the last output draws, before the terminal's own screen comes back."""
        lines, columns = struct.unpack("HHHH", fcntl.ioctl(self._slave, termios.TIOCGWINSZ, bytes(8)))[:2]
        emulator = Emulator(columns, lines)
        own, _, later = self.output.rpartition(b"\x1b[?1049l")
        emulator.feed(own if own and b"\x1b[?1049h" not in later else self.output)
        return "\n".join(line.rstrip() for line in emulator.display)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def restored(self) -> bool:
        """Whether the terminal's modes are those from before the start."""
        return termios.tcgetattr(self._slave) == self.before

    def sample(self, begin: float, ends: int, *, rests: bool) -> Sample | None:
        """Return what it uses now; None if it is ending."""
        pid = self.process.pid
        proc = Path("/proc", str(pid))
        try:
            children = tree(pid)[1:]
            times = (proc / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[11:13]
            descriptors, threads = (len(os.listdir(proc / name)) for name in ("fd", "task"))
        except OSError:
            return None
        memory = held(pid)
        return Sample(
            second=round(time.monotonic() - begin, 1),
            rests=rests,
            ends=ends,
            cpu=sum(map(int, times)) / os.sysconf("SC_CLK_TCK"),
            megabytes=round(memory["rss"], 1),
            anonymous_megabytes=round(memory["anonymous"], 1),
            descriptors=descriptors,
            threads=threads,
            children=len(children),
            children_megabytes=round(sum(held(child)["pss"] for child in children), 1),
        )

    def close(self) -> None:
        if not self.ended:
            self.process.kill()
            self.process.wait()
        os.close(self._slave)
        os.close(self._master)


@dataclass(slots=True)
class Soak:
    scratch: Path
    base: str
    """The server's URL."""
    documents: int
    dice: random.Random
    totals: Totals = field(default_factory=Totals)
    samples: list[Sample] = field(default_factory=list)
    _sizes: list[tuple[int, int]] = field(default_factory=list)
    _keys: list[str] = field(default_factory=list)
    """What the keys of the registry send."""
    _marked: list[tuple[str, str]] = field(default_factory=list)
    """Acknowledged marks: the id of an article, and a tag."""

    def prepare(self) -> None:
        """Write the documents and the settings, and read the registry."""
        from reader.tui.keys.actions import ACTIONS

        # As when it is installed: a compiler would leave gaps in the app's memory at each late import.
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(HERE.parent / "reader")], check=True)
        lines = [*range(1, 10), *range(11, 61)]  # clicks are in line 10, and must not hit “quit”
        self._sizes = [*SIZES, *((self.dice.randint(1, 200), self.dice.choice(lines)) for _ in SIZES)]
        names = sorted({key for action in ACTIONS for key in action.keys.split(",")})
        self._keys = [chr(ord(key[5]) & 31) if key.startswith("ctrl+") else SPECIAL.get(key, key) for key in names]
        for name in ("documents", "second", "data", "cache", "config", "home"):
            (self.scratch / name).mkdir()
        for number in range(self.documents):
            self._write(number)
        for number in range(40):
            text = corpus.document(100_000 + number, 200_000, 7)
            (self.scratch / "second" / f"{number}.md").write_text(text, "utf-8")
        (self.scratch / "config" / "config.toml").write_text(
            '[fetch]\nallow_hosts = ["127.0.0.1"]\nimages = true\n', "utf-8"
        )

    @property
    def environ(self) -> dict[str, str]:
        private = {f"NEWSREADER_{name.upper()}_DIR": str(self.scratch / name) for name in ("data", "cache", "config")}
        usual = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSREADER_", "PYTHON"))}
        programs = {"PAGER": "true", "EDITOR": "true", "BROWSER": "true %s", "HOME": str(self.scratch / "home")}
        terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(HERE.parent)}
        return {**usual, **private, **programs, **terminal}

    def _path(self, number: int) -> Path:
        return self.scratch / "documents" / f"{number:05}.md"

    def _write(self, number: int) -> None:
        text = corpus.document(number, self.documents, 3)
        own = f'originalUrl: "{self.base}/{number}"\n'
        lines = [line for line in text.split("\n") if not line.startswith(("webUrl", "originalUrl", "ampWebUrl"))]
        self._path(number).write_text(lines[0] + "\n" + own + "\n".join(lines[1:]), "utf-8")

    # What happens.

    def run(self, minutes: float, every: float, rests: int) -> None:
        """Use the app at random until the time is over, with ``rests`` at even distances, then quit and check."""
        begin = time.monotonic()
        app = self._start()
        visitor: App | None = None
        rested = 0
        sampled = marked = visit_due = begin
        while (now := time.monotonic()) < begin + minutes * 60:
            if app.ended:
                self.totals.ends += 1
                self._fault(f"the app ended with {app.process.returncode} after {app.keys}; its screen:\n{app.screen}")
                self._quit(app)
                app = self._start()
            if visitor is None and now >= visit_due:
                visitor = self._start()
                visit_due = now + VISIT_EVERY
                leaves = now + self.dice.uniform(0.5, LONGEST_VISIT)
            elif visitor is not None and (visitor.ended or now >= leaves):
                self._quit(visitor)
                visitor = None
            for each in filter(None, (app, visitor)):
                each.wake()
                self._act(each, stays=each is app)
                each.drain(self.dice.choice((0.0, 0.005, 0.01, 0.03, 0.1)))
            if now - sampled >= every:
                sampled = now
                self._sample(app, begin)
            if now >= begin + minutes * 60 * (rested + 1) / (rests + 1):
                rested += 1
                self._rest(app)
                self._sample(app, begin, rests=True)
                sampled = time.monotonic()
            if now - marked >= 5:
                marked = now
                self._mark_elsewhere(app)
        for each in filter(None, (visitor, app)):
            self._quit(each)
        self._check_log()
        self._check_marks()
        self._check_growth()

    def _fault(self, text: str) -> None:
        self.totals.faults.append(text)
        print(text, file=sys.stderr, flush=True)

    def _start(self) -> App:
        self.totals.starts += 1
        app = App(self.scratch / "documents", self.environ)
        app.drain_until(lambda: b"\x1b[?1049h" in app.output or app.ended, 20)
        app.drain(0.5)
        return app

    def _rest(self, app: App) -> None:
        """Return to the list, stop fetching, and wait until the app has no process but that of the index."""

        def is_alone() -> bool:
            app.wake()  # a Ctrl+z among the last keys takes effect later
            return app.ended or len(tree(app.process.pid)) <= 2

        app.wake()
        app.answers = False
        app.resize(100, 30)
        app.drain(1)
        app.resize(120, 40)
        with contextlib.suppress(OSError):  # it may be ending
            for key in ("\x1b",) * 5 + ("X",):
                app.wake()
                app.send(key)
                app.drain(1)
        app.drain(SHORTEST_REST)
        rests = app.drain_until(is_alone, LONGEST_REST)
        if not (app.answers or app.ended):
            self._fault(f"it does not answer after {app.keys}; its screen:\n{app.screen}")
            app.process.kill()
        elif not rests:
            self._fault(f"processes without work have not ended after {app.keys}; its screen:\n{app.screen}")

    def _sample(self, app: App, begin: float, *, rests: bool = False) -> None:
        if sample := app.sample(begin, self.totals.ends, rests=rests):
            self.samples.append(sample)
            print(row(sample), file=sys.stderr, flush=True)

    def _check_end(self, app: App) -> None:
        if app.process.returncode not in {0, 130 if "\x03" in app.recent else 0}:
            self._fault(f"the app ended with {app.process.returncode}: {app.output[-300:]!r}")
        if not app.restored:
            self._fault("the terminal was not restored")

    def _act(self, app: App, *, stays: bool) -> None:
        kind = self.dice.random()
        with contextlib.suppress(OSError):  # it may be ending
            if kind < 0.93:
                app.send(self._key(stays=stays))
                self.totals.keys += 1
            elif kind < 0.97:
                app.resize(*self.dice.choice(self._sizes))
                self.totals.resizes += 1
            elif kind < 0.998:
                self._change()
            else:
                self._stop_and_continue(app)

    def _key(self, *, stays: bool) -> str:
        key = self.dice.choice(self._keys if self.dice.random() < 0.95 else OTHER_INPUT)
        return "j" if ENDING.intersection(key) and (stays or self.dice.random() < 0.5) else key

    def _change(self) -> None:
        # With this many names, as many documents appear as vanish.
        path, other = (self._path(self.dice.randrange(self.documents * 3 // 2)) for _ in range(2))
        self.totals.changes += 1
        with contextlib.suppress(FileNotFoundError):
            match self.dice.randrange(5):
                case 0:
                    path.unlink()
                case 1:
                    path.rename(other)
                case 2:
                    path.write_text("---\ntitle: [broken\n---\n", "utf-8")
                case _:
                    self._write(int(path.stem))

    def _stop_and_continue(self, app: App) -> None:
        self.totals.stops += 1
        os.kill(app.process.pid, signal.SIGSTOP)
        app.drain(0.1)
        os.kill(app.process.pid, signal.SIGCONT)

    # Marks by other processes.

    def _command(self, app: App, *arguments: str) -> bool:
        """Run a command beside the app; return whether it succeeded, which acknowledges what it did."""
        process = subprocess.Popen(
            [*READER, *arguments], env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        ended = app.drain_until(lambda: process.poll() is not None, 60)
        if not ended:
            process.kill()
        _, said = process.communicate()
        if process.returncode:
            self._fault(f"{arguments[:2]} ended with {process.returncode}: {said[-300:]!r}")
        return process.returncode == 0

    def _mark_elsewhere(self, app: App) -> None:
        tag = f"soak{len(self._marked)}x{self.totals.keys}"
        if self.dice.random() < 0.5:
            number = f"{self.dice.randrange(2**64):016x}"
            file = self.scratch / "import.jsonl"
            file.write_text(
                '{"format":"newsreader-state","version":1}\n'
                f'{{"id":"{number}","tag":"{tag}","value":true,"changed":"2026-01-01T00:00:00.000Z"}}\n',
                "utf-8",
            )
            if self._command(app, "state", "import", str(file)):
                self._marked.append((number, tag))
        elif self._command(app, "mark", str(self.scratch / "second"), "quality>=0 limit:1", "--tag", tag):
            self._marked.append(("", tag))
        self.totals.marks = len(self._marked)

    # The end.

    def _quit(self, app: App) -> None:
        """Quit, unless it has ended, and check how."""
        for _ in range(6):
            if app.ended:
                break
            app.wake()
            with contextlib.suppress(OSError):
                app.send("\x11")
            app.drain_until(lambda: app.ended, 5)
        if not app.ended:
            self._fault(f"it did not quit after {app.keys}; its screen:\n{app.screen}")
        else:
            self._check_end(app)
        app.close()

    def _check_log(self) -> None:
        for log in sorted((self.scratch / "cache").glob("newsreader.log*")):
            text = log.read_text("utf-8", "replace")
            for record in re.split(r"^(?=\d{4}-\d\d-\d\d )", text, flags=re.MULTILINE):
                if " ERROR " in record or "Traceback" in record:
                    self._fault("in the log: " + record.strip()[:200] + " … " + record.strip()[-1500:])

    def _check_marks(self) -> None:
        """Every acknowledged mark has a record; one that undo took back has it with another value."""
        exported = subprocess.run(
            [*READER, "state", "export", "-"], env=self.environ, capture_output=True, text=True, check=False
        )
        found: set[tuple[str, str]] = set()
        for line in exported.stdout.splitlines():
            record = json.loads(line)
            if "tag" in record and "id" in record:
                found.update({(record["id"], record["tag"]), ("", record["tag"])})
        self.totals.faults += [
            f"lost: tag {tag} of {which or 'an article'}" for which, tag in self._marked if (which, tag) not in found
        ]

    def _check_growth(self) -> None:
        for each in self.growth():
            if each.rests and not each.passes:
                self._fault(f"at rest, {each.name} grew from {each.second:g} to {each.last:g}")

    def growth(self) -> list[Growth]:
        """Compare the quarters of the longest run of the app, at rest and in use, unless it was too short for that."""
        runs = [[each for each in self.samples if each.ends == ends] for ends in range(self.totals.ends + 1)]
        found = []
        for rests in (True, False):
            samples = [each for each in max(runs, key=len) if each.rests == rests]
            if (quarter := len(samples) // 4) >= 3:
                parts = samples[quarter : 2 * quarter], samples[-quarter:]
                for name in FORGIVEN:
                    second, last = (median(getattr(each, name) for each in part) for part in parts)
                    found.append(Growth(rests, name, second, last))
        return found


def row(sample: Sample) -> str:
    """Return a sample as a row of a table."""
    return "| " + " | ".join(f"{value:g}" for value in asdict(sample).values()) + " |"


def table(samples: list[Sample], rows: int = 20) -> str:
    """Return samples at even distances as a Markdown table."""
    names = list(asdict(samples[0])) if samples else []
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |", "|" + "--:|" * len(names)]
    step = max(1, len(samples) // rows)
    return "\n".join([*lines, *map(row, samples[::step])])


def main() -> int:
    """Run, and print a table and the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=10, help="seconds between samples")
    parser.add_argument("--rests", type=int, default=12, help="how often to measure what it uses at rest")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every sample and fault")
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))
    server = subprocess.Popen([sys.executable, str(HERE / "fetching.py"), "--serve"], stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch, server:
        assert server.stdout is not None
        soak = Soak(
            Path(scratch),
            f"http://127.0.0.1:{int(server.stdout.readline())}",
            arguments.documents,
            random.Random(arguments.seed),
        )
        try:
            soak.prepare()
            soak.run(arguments.minutes, arguments.every, arguments.rests)
        finally:
            server.terminate()
    totals = soak.totals
    print(table(soak.samples))
    print(
        f"\nSeed {arguments.seed}, {arguments.minutes:g} minutes: {totals.keys} keys, {totals.resizes} resizes, "
        f"{totals.changes} changed documents, {totals.stops} stops, {totals.starts} starts, "
        f"{totals.marks} acknowledged marks. {len(totals.faults) or 'No'} faults."
    )
    if growth := soak.growth():
        print("\n| state | measure | second quarter | last quarter | difference | verdict |\n|---|---|--:|--:|--:|---|")
        print("\n".join(each.row() for each in growth), end="\n\n")
    for fault in totals.faults:
        print(f"- {fault}")
    if arguments.json:
        found = {"samples": [asdict(each) for each in soak.samples], **asdict(totals)}
        arguments.json.write_text(json.dumps(found, indent=1), "utf-8")
    return 1 if totals.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
