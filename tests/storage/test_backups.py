"""Backups of the marks: when they are made, that they are complete, and which are deleted."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.storage.sqlite.marks import backups, recovery
from reader.storage.sqlite.marks.store import MarkStore

_ID = "0123456789abcdef"
_DAY = 86_400.0
_START = 1_795_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


@pytest.fixture
def state(path: Path) -> Iterator[MarkStore]:
    opened, notice = MarkStore.open(path)
    assert notice == ""
    with closing(opened):
        yield opened


def _at(monkeypatch: pytest.MonkeyPatch, now: float) -> float:
    """Name backups by ``now``."""
    monkeypatch.setattr("reader.storage.sqlite.marks.backups.time.gmtime", lambda: time.localtime(now))
    return now


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _toggle(state: MarkStore) -> None:
    state.mark([_ID], MarkChange(read=_ID not in state.read_among([_ID])))


def test_a_backup_is_made_once_a_day_when_marks_have_changed(
    state: MarkStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state.backup_if_due(_at(monkeypatch, _START)) is None  # nothing to back up yet
    state.settings.set("theme", "light")
    assert state.backup_if_due(_START) is None
    state.mark([_ID], MarkChange(read=True, add_tags=("AI",)))
    first = state.backup_if_due(_START)
    assert first == path.with_name(time.strftime("state.db.daily-%Y%m%dT%H%M%SZ", time.gmtime()))
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    state.mark([_ID], MarkChange(read=False))
    assert state.backup_if_due(_at(monkeypatch, _START + _DAY - 1)) is None
    second = state.backup_if_due(_at(monkeypatch, _START + _DAY + 1))
    assert second is not None
    assert state.backup_if_due(_at(monkeypatch, _START + 9 * _DAY)) is None  # nothing has changed
    with closing(MarkStore.open(first)[0]) as then, closing(MarkStore.open(second)[0]) as later:
        assert (then.read_among([_ID]), later.read_among([_ID])) == ({_ID}, frozenset())
        assert then.undo() is not None


def test_a_backup_includes_the_journal_and_has_none(state: MarkStore, path: Path) -> None:
    state.mark([_ID], MarkChange(read=True))
    assert path.with_name("state.db-wal").stat().st_size
    made = state.backup_if_due()
    assert made is not None
    alone = path.parent.parent / "alone.db"
    alone.write_bytes(made.read_bytes())
    with closing(MarkStore.open(alone)[0]) as copy:
        assert copy.read_among([_ID]) == {_ID}
    assert sorted(each.name for each in path.parent.iterdir()) == sorted(
        ["state.db", "state.db-wal", "state.db-shm", made.name]
    )


def test_seven_backups_are_kept(state: MarkStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for day in range(9):
        _toggle(state)
        made.append(state.backup_if_due(_at(monkeypatch, _START + day * _DAY)))
    assert None not in made
    (path.parent / "state.db.daily-notes").write_text("the person's own")
    (path.parent / "state.db.daily-99999999T999999Z").write_text("no day")
    assert [backup.path for backup in backups.all_backups(path)] == made[:1:-1]


def test_backups_without_marks_never_replace_those_with_marks(
    state: MarkStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.mark([f"{n:016x}" for n in range(300)], MarkChange(read=True))
    full = state.backup_if_due(_at(monkeypatch, _START))
    state.mark([_ID], MarkChange(read=True))
    made = [state.backup_if_due(_at(monkeypatch, _START + day * _DAY)) for day in (2,)]
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        path.with_name(name).rename(path.with_name(f"away{name}"))
    other = path.with_name("other.db")
    with closing(MarkStore.open(other)[0]) as empty:
        for day in range(3, 20):
            _at(monkeypatch, _START + day * _DAY)
            backups.make(empty.file.current(), path, "daily")
        assert {full, *made} <= {backup.path for backup in backups.all_backups(path)}
        for day in range(20, 40):
            empty.mark([_ID], MarkChange(read=day % 2 == 0))
            _at(monkeypatch, _START + day * _DAY)
            backups.make(empty.file.current(), path, "daily")
    last = backups.all_backups(path)
    assert len(last) == 8
    assert last[-1].path != full
    assert last[-1].path == made[0]  # the largest of all


def test_a_clock_set_back_does_not_cause_a_backup_at_every_start(
    state: MarkStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _toggle(state)
    state.backup_if_due(_at(monkeypatch, _START))
    _toggle(state)
    assert state.backup_if_due(_at(monkeypatch, _START - _DAY / 2)) is None
    for _ in range(9):
        _toggle(state)
        made = state.backup_if_due(_at(monkeypatch, _START - 90 * _DAY))
        assert made is not None
        assert made.exists()  # the one just made is never deleted
    assert len(backups.all_backups(path)) <= 8


def test_a_damaged_file_never_replaces_a_good_backup(
    state: MarkStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = set()
    for day in range(7):
        state.mark([f"{n:016x}" for n in range(day * 300, day * 300 + 300)], MarkChange(read=True))
        made.add(state.backup_if_due(_at(monkeypatch, _START + day * _DAY)))
    state.mark([_ID], MarkChange(read=True))
    state.file.current().checkpoint(truncate=True)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 4096)
        file.write(b"\xa5" * 4096)
    with (
        closing(MarkStore(recovery.open_normally(path))) as again,
        pytest.raises(ReaderError, match=r"damaged|malformed"),
    ):
        again.backup_if_due(_START + 30 * _DAY)
    assert {backup.path for backup in backups.all_backups(path)} == made
    assert not list(path.parent.glob("*.part"))


def test_a_full_disk_prevents_a_backup_and_keeps_the_others(path: Path) -> None:
    with closing(MarkStore.open(path)[0]) as state:
        state.mark([f"{n:016x}" for n in range(5000)], MarkChange(read=True))
        first = state.backup_if_due(time.time() - 2 * _DAY)
        state.mark([_ID], MarkChange(read=True))
    assert first is not None
    program = (
        "import resource, sys, time; from pathlib import Path\n"
        "from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "from reader.core.errors import ReaderError\n"
        "state, notice = MarkStore.open(Path(sys.argv[1])); assert not notice, notice\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try: state.backup_if_due(time.time() + 3 * 86400)\n"
        "except ReaderError as error: print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("The marks could not be backed up as ")
    assert "Free some disk space" in ran.stdout
    assert [backup.path for backup in backups.all_backups(path)] == [first]
    assert not list(path.parent.glob("*.part"))


def test_partial_backups_of_a_killed_process_are_deleted(state: MarkStore, path: Path) -> None:
    left = path.with_name("state.db.daily-20200101T000000Z.part")
    left.write_bytes(b"half")
    assert backups.all_backups(path) == []
    state.mark([_ID], MarkChange(read=True))
    assert state.backup_if_due() is not None
    assert not left.exists()


def test_marking_works_during_a_backup(state: MarkStore, path: Path) -> None:
    state.mark([f"{n:016x}" for n in range(20_000)], MarkChange(read=True))
    made: list[Path | None] = []
    worker = threading.Thread(target=lambda: made.append(state.backup_if_due()))
    worker.start()
    count = 0
    while worker.is_alive() or not count:
        _toggle(state)
        count += 1
    worker.join()
    (backup,) = made
    assert backup is not None
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert backups.newest_good(path) is not None


def test_two_instances_make_one_backup(path: Path) -> None:
    with closing(MarkStore.open(path)[0]) as one, closing(MarkStore.open(path)[0]) as other:
        one.mark([_ID], MarkChange(read=True))
        made: list[Path | None] = []
        workers = [threading.Thread(target=lambda s=s: made.append(s.backup_if_due())) for s in (one, other)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len([each for each in made if each is not None]) == 1


def test_memory_has_no_backup() -> None:
    with closing(MarkStore.in_memory()) as state:
        state.mark([_ID], MarkChange(read=True))
        assert state.backup_if_due() is None


def test_the_newest_good_backup_is_found(state: MarkStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for day in range(3):
        _toggle(state)
        made.append(state.backup_if_due(_at(monkeypatch, _START + day * _DAY)))
    good, bad, worse = made
    assert good is not None
    assert bad is not None
    assert worse is not None
    bad.write_bytes(b"garbage" * 999)
    os.truncate(worse, 4096)
    found = backups.newest_good(path)
    assert found is not None
    assert (found.path, found.made_at.timestamp()) == (good, _START)
