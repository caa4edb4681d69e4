"""Kill, cut the power, or break the disk at random moments: is an acknowledged mark lost, or a step half done?

    python benchmarks/crash/run.py [--runs N] [--seed N] [--only OPERATION,...] [--faults FAULT,...]

Each run does one operation in one of these ways, and then checks what is there:

    kill       SIGKILL to the process and its children at a random moment
    power      the same, and every file falls back to its last fsync (also if the operation had ended)
    full, io   a random write, sync or truncation, and all later ones, fail with ENOSPC or EIO
    once       one such call fails with EIO, later ones succeed
    read-only  nothing below the directories can be opened for writing

Operations: mark, star, undo, import, migrate (an old state.db), backup, evict (pages), index. An operation
that reported success must be there in full, one that was interrupted in full or not at all, and nothing
else may have changed. Failed commands must say so without a traceback. Linux with a C compiler (`cc`).
Exit status 1 if a check failed.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

import corpus  # noqa: E402

READER = [sys.executable, "-m", "reader"]
FAULTS = ("kill", "power", "full", "io", "once", "read-only")
UNDO = """
import sys
from pathlib import Path
from reader.exit import run_main
from reader.core.paths import Paths
from reader.library.library import Library

def undo():
    library = Library.open(Path(sys.argv[1]), Paths.from_environment())
    if not library.marks.store.is_saved:
        print(*library.notices, file=sys.stderr)
        return 3
    library.marks.undo()
    library.close()
    return 0

run_main(undo)
"""
Marks = Mapping[tuple[str, str], bool]
"""What is set, by the id of the article and the mark or tag."""


@dataclass(slots=True)
class Crash:
    """Directories whose content every run changes, and what is known of it."""

    scratch: Path
    library: Path
    """The preloaded library."""
    dice: random.Random
    duration: dict[str, float] = field(default_factory=dict)
    """Seconds that each operation takes without a fault."""
    faults: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    number: int = 0

    @property
    def root(self) -> Path:
        return self.scratch / "root"

    @property
    def documents(self) -> Path:
        return self.scratch / "documents"

    @property
    def state(self) -> Path:
        return self.root / "data" / "state.db"

    @property
    def environ(self) -> dict[str, str]:
        usual = {name: value for name, value in os.environ.items() if not name.startswith("NEWSREADER_")}
        own = {f"NEWSREADER_{name.upper()}_DIR": str(self.root / name) for name in ("data", "cache", "config")}
        return {**usual, **own, "PYTHONPATH": str(HERE.parent.parent), "TZ": "UTC"}

    def prepare(self) -> None:
        for name in ("data", "cache", "config"):
            (self.root / name).mkdir(parents=True)
        self.documents.mkdir()
        for number in range(60):
            (self.documents / f"{number}.md").write_text(corpus.document(number, 60, 3), "utf-8")
        for change in (["--star"], ["--tag", "first"]):  # two steps, each of which changes one kind of mark
            self._plain("mark", self._folder, "limit:20", *change)

    @property
    def _folder(self) -> str:
        return str(self.documents)

    def _plain(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*READER, *arguments], env=self.environ, capture_output=True, text=True, check=False)

    def _marks(self) -> Marks:
        """Return what an export says. Raises RuntimeError if there can be none."""
        exported = self._plain("state", "export", "-")
        if exported.returncode:
            raise RuntimeError(exported.stderr)
        records = [json.loads(line) for line in exported.stdout.splitlines()]
        marks = (each for each in records if "id" in each)
        return {(each["id"], each.get("mark") or f"tag:{each['tag']}"): each["value"] for each in marks}

    # The operations: each prepares, and returns the command.

    def _command(self, name: str) -> list[str]:
        tag = f"run{self.number}"
        match name:
            case "mark" | "backup":
                if name == "backup":
                    for backup in self.state.parent.glob("state.db.daily-*"):
                        os.utime(backup, (1, 1))
                        backup.rename(backup.with_name(f"state.db.daily-2020010{self.number % 7 + 1}T000000Z"))
                        break
                return [*READER, "mark", self._folder, "quality>=0 OR quality:unknown", "--tag", tag]
            case "star":
                return [*READER, "mark", self._folder, "limit:30", self.dice.choice(["--star", "--unstar"])]
            case "undo":
                return [sys.executable, "-c", UNDO, self._folder]
            case "import":
                lines = ['{"format":"newsreader-state","version":1}']
                for _ in range(400):
                    article = f"{self.dice.randrange(2**64):016x}"
                    changed = "2026-01-01T00:00:00.000Z"
                    lines.append(json.dumps({"id": article, "tag": tag, "value": True, "changed": changed}))
                file = self.scratch / "import.jsonl"
                file.write_text("\n".join(lines) + "\n", "utf-8")
                return [*READER, "state", "import", str(file)]
            case "migrate":
                with closing(sqlite3.connect(self.state)) as db:
                    db.executescript("DROP TABLE positions; DROP TABLE places; PRAGMA user_version=2")
                return [*READER, "mark", self._folder, "limit:3", "--tag", tag]
            case "evict":
                return [*READER, "cache", "clear"]
            case "index":
                return [*READER, "index", "--rebuild", self._folder]
            case _:
                raise ValueError(name)

    # One run.

    def run(self, name: str, fault: str) -> None:
        """Do the operation under the fault and check."""
        self.number += 1
        before = self._marks()
        command = self._command(name)
        durable = self.scratch / "durable"
        shutil.rmtree(durable, ignore_errors=True)
        extra: dict[str, str] = {"LD_PRELOAD": str(self.library), "DISK_ROOT": str(self.root)}
        moment: float | None = None
        match fault:
            case "kill" | "power":
                moment = self.dice.uniform(0, 1.3) * self.duration.get(name, 0.3)
                if fault == "power":
                    shutil.copytree(self.root, durable)
                    extra["DISK_DURABLE"] = str(durable)
            case "full" | "io" | "once":
                code = errno.ENOSPC if fault == "full" else errno.EIO
                extra["DISK_FAIL"] = f"{self.dice.randint(1, 60)}:{code}:{int(fault == 'once')}"
            case "read-only":
                extra["DISK_READ_ONLY"] = "1"
        status, said = self._run_command(command, extra, moment)
        if fault == "power":
            shutil.rmtree(self.root)
            for left in (*durable.rglob("*-shm"), *durable.rglob("*.copying*")):
                left.unlink()
            durable.rename(self.root)
        self._check(f"run {self.number}, {name}, {fault}", before, status, said)

    def _run_command(self, command: list[str], extra: Mapping[str, str], moment: float | None) -> tuple[int, str]:
        environ = {**self.environ, **extra}
        process = subprocess.Popen(
            command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            _, said = process.communicate(timeout=60 if moment is None else moment)
        except subprocess.TimeoutExpired:
            said = "" if moment is not None else "it did not end"
        if process.poll() is None or moment is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return process.returncode, said

    def _check(self, what: str, before: Marks, status: int, said: str) -> None:
        problems = []
        self.outcomes["done" if status == 0 else "killed" if status == -signal.SIGKILL else "refused"] += 1
        if "Traceback" in said or said == "it did not end":
            problems.append(said[-1500:])
        if status > 0 and not said.strip():
            problems.append(f"it failed with {status} and said nothing")
        try:
            after = self._marks()
        except RuntimeError as error:
            self.faults.append(f"{what}: no export: {error}")
            self._begin_again()
            return
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        problems += self._half(what, before, after, changed, status)
        listed = self._plain("count", self._folder)
        if listed.stdout.strip() != "60":
            problems.append(f"count: {listed.stdout} {listed.stderr}")
        if left := [each.name for each in self.state.parent.iterdir() if ".part" in each.name]:
            problems.append(f"left behind: {left}")
            for each in left:
                (self.state.parent / each).unlink()
        if damaged := [each.name for each in self.state.parent.glob("*damaged*")]:
            problems.append(f"a damaged file: {damaged}")
            for each in damaged:
                (self.state.parent / each).unlink()
        self.faults += [f"{what}: {each}" for each in problems]

    def _half(self, what: str, before: Marks, after: Marks, changed: set[tuple[str, str]], status: int) -> list[str]:
        """Return what is neither the state before nor that after the whole operation."""
        name = what.split(", ")[1]
        size = {"mark": 60, "backup": 60, "import": 400, "migrate": 3}.get(name)
        if name in {"evict", "index"}:
            return [f"{len(changed)} marks changed"] if changed else []
        if size is not None:
            tag = f"tag:run{self.number}"
            wrong = [key for key in changed if key[1] != tag]
            problems = [f"{len(wrong)} other marks changed, such as {wrong[0]}"] if wrong else []
            if len(changed) not in ({size} if status == 0 else {0, size}):
                problems.append(f"{len(changed)} of {size} marks, status {status}")
            return problems
        kinds = {key[1] for key in changed}
        problems = [f"{len(kinds)} kinds of marks changed: {sorted(kinds)[:4]}"] if len(kinds) > 1 else []
        if name == "undo" and status == 0 and not changed and not before:
            problems.append("nothing was undone")
        if len({after.get(key) for key in changed}) > 1:
            problems.append("a step is half there")
        if name == "star" and changed and len(changed) > 30:
            problems.append(f"{len(changed)} of 30 stars")
        return problems

    def _begin_again(self) -> None:
        shutil.rmtree(self.root)
        shutil.rmtree(self.documents)
        self.prepare()

    def calibrate(self, names: list[str]) -> None:
        """Measure how long each operation takes."""
        for name in names:
            self.number += 1
            before = self._marks()
            command = self._command(name)
            begin = time.monotonic()
            status, said = self._run_command(command, {}, None)
            self.duration[name] = time.monotonic() - begin
            self._check(f"run {self.number}, {name}, no fault", before, status, said)
            if status:
                raise SystemExit(f"{name} failed without a fault: {said}")


OPERATIONS = ("mark", "star", "undo", "import", "migrate", "backup", "evict", "index")


def main() -> int:
    """Run, and print counts and what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    names: Callable[[str], list[str]] = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--only", type=names, default=list(OPERATIONS), metavar="OPERATION,...")
    parser.add_argument("--faults", type=names, default=list(FAULTS), metavar="FAULT,...")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crash-") as scratch:
        library = Path(scratch, "disk.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "disk.c"), "-ldl", "-lpthread"], check=True
        )
        crash = Crash(Path(scratch), library, random.Random(arguments.seed))
        crash.prepare()
        crash.calibrate(arguments.only)
        done: Counter[tuple[str, str]] = Counter()
        for _ in range(arguments.runs):
            name, fault = crash.dice.choice(arguments.only), crash.dice.choice(arguments.faults)
            done[name, fault] += 1
            crash.run(name, fault)
    print("| operation | " + " | ".join(arguments.faults) + " |\n|---|" + "--:|" * len(arguments.faults))
    for name in arguments.only:
        print(f"| {name} | " + " | ".join(str(done[name, fault]) for fault in arguments.faults) + " |")
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(crash.outcomes.items()))
    print(f"\nSeed {arguments.seed}, {arguments.runs} runs: {outcomes}. {len(crash.faults) or 'No'} faults.")
    for fault in crash.faults:
        print(f"- {fault}")
    return 1 if crash.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
