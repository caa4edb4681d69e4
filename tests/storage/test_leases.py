"""Leases: only one program fetches an article, and a lease ends with its program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reader.storage.sqlite.lock import Leases

_OTHER = """
import sys
from pathlib import Path
from reader.storage.sqlite.lock import Leases
leases = Leases(Path(sys.argv[1]))
for line in sys.stdin:
    what, number = line.split()
    print(getattr(leases, what)(int(number)), flush=True)
"""
NUMBERS = (0, 1, -1, 2**63 - 1, -(2**63))


class Other:
    """Another program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, what: str, number: int) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(what, number, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@contextmanager
def another(path: Path) -> Iterator[Other]:
    with subprocess.Popen(
        [sys.executable, "-c", _OTHER, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        try:
            yield Other(process)
        finally:
            process.kill()


def test_only_one_program_has_a_lease_until_it_is_released(tmp_path: Path) -> None:
    leases = Leases(tmp_path / "leases")
    with another(tmp_path / "leases") as other:
        for number in NUMBERS:
            assert leases.acquire(number)
            assert leases.acquire(number), "acquiring a lease again succeeds"
            assert other.ask("acquire", number) == "False"
            assert other.ask("acquire", 12345) == "True", "other leases are free"
            leases.release(number)
            assert other.ask("acquire", number) == "True"
            assert not leases.acquire(number)
            assert other.ask("release", number) == "None"
    leases.close()
    assert (tmp_path / "leases").stat().st_size == 0


def test_a_lease_ends_with_its_program(tmp_path: Path) -> None:
    leases = Leases(tmp_path / "leases")
    with another(tmp_path / "leases") as other:
        assert other.ask("acquire", 7) == "True"
        assert not leases.acquire(7)
    assert leases.acquire(7)
    leases.close()


def test_without_locks_every_lease_is_granted(tmp_path: Path) -> None:
    for path in (None, tmp_path / "missing" / "leases"):
        leases = Leases(path)
        assert leases.acquire(1)
        leases.release(1)
        leases.close()
