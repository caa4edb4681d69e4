from __future__ import annotations

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange, id_to_int
from reader.storage.sqlite.marks.schema import FORMAT
from reader.storage.sqlite.marks.store import MarkStore
from tests.storage.mark_helpers import open_marks

_ID, _OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


@pytest.fixture
def opened(path: Path) -> Iterator[MarkStore]:
    with closing(open_marks(path)) as state:
        yield state


def _contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def _refused(path: Path) -> str:
    """Open the store, check that it works in this session and leaves no files, and return the notice."""
    before = _contents(path.parent)
    state, notice = MarkStore.open(path)
    with closing(state):
        state.mark([_ID], MarkChange(read=True))
        state.settings.set("a", "b")
        assert state.read_among([_ID]) == {_ID}
    assert _contents(path.parent) == before
    return notice


def test_an_id_is_a_64_bit_number() -> None:
    assert id_to_int("0000000000000001") == 1
    assert id_to_int("f" * 16) == -1


def test_marks_survive_reopening(opened: MarkStore, path: Path) -> None:
    opened.mark([_ID, _OTHER], MarkChange(read=True))
    opened.mark([_OTHER], MarkChange(read=False))
    opened.close()
    with closing(open_marks(path)) as again:
        assert again.read_among([_ID, _OTHER]) == {_ID}
        assert again.all_marked("read") == [id_to_int(_ID)]


def test_marking_many_is_all_or_nothing(opened: MarkStore) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        opened.mark([_ID, "no identity"], MarkChange(read=True))
    assert opened.all_marked("read") == []


def test_marking_twice_changes_nothing_the_second_time(opened: MarkStore, path: Path) -> None:
    def changed_at() -> int:
        with closing(sqlite3.connect(path)) as db:
            return int(db.execute("SELECT changed_at FROM marks").fetchone()[0])

    opened.mark([_ID], MarkChange(read=True))
    first = changed_at()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE marks SET changed_at = changed_at - 1000")
    opened.mark([_ID], MarkChange(read=True))
    assert changed_at() == first - 1000
    opened.mark([_ID], MarkChange(read=False))
    assert changed_at() >= first


def test_a_hundred_thousand_marks_are_read_together(opened: MarkStore) -> None:
    ids = [f"{n:016x}" for n in range(100_000)]
    opened.mark(ids[::2], MarkChange(read=True))
    assert opened.read_among(ids) == frozenset(ids[::2])


def test_a_hundred_thousand_articles_are_marked_in_under_a_second(opened: MarkStore) -> None:
    ids = [f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(100_000)]
    seconds = []
    for read in (True, False, True):
        begin = time.process_time()  # however busy the machine is
        assert len(opened.mark(ids, MarkChange(read=read)).changed) == len(ids)
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 1.0


def test_two_instances_see_each_others_marks(opened: MarkStore, path: Path) -> None:
    with closing(open_marks(path)) as other:
        opened.mark([_ID], MarkChange(read=True))
        assert other.read_among([_ID]) == {_ID}
        other.mark([_ID], MarkChange(read=False))
        assert opened.read_among([_ID]) == frozenset()


def test_simultaneous_instances_create_one_file(path: Path) -> None:
    together = threading.Barrier(8)

    def begin(instance: int) -> str:
        together.wait()
        state, notice = MarkStore.open(path)
        with closing(state):
            state.mark([f"{instance:016x}"], MarkChange(read=True))
        return notice

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))) == [""] * 8
    with closing(open_marks(path)) as state:
        assert sorted(state.all_marked("read")) == list(range(8))


def test_settings_are_stored(opened: MarkStore, path: Path) -> None:
    assert opened.settings.get("sort") is None
    opened.settings.set("sort", "heat")
    opened.settings.set("sort", "date")
    with closing(open_marks(path)) as other:
        assert other.settings.get("sort") == "date"


def test_a_mark_is_on_disk_when_the_call_returns(path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "state, _ = MarkStore.open(Path(sys.argv[1])); state.mark([sys.argv[2]], MarkChange(read=True))\n"
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path), _ID], check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(open_marks(path)) as state:
        assert state.read_among([_ID]) == {_ID}


def test_the_files_are_for_their_owner_alone(path: Path) -> None:
    usual = os.umask(0)
    try:
        with closing(open_marks(path)) as state:
            state.mark([_ID], MarkChange(read=True))
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
            assert modes == dict.fromkeys(["state.db", "state.db-shm", "state.db-wal"], 0o600)
        path.chmod(0o644)
        open_marks(path).close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(usual)


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_file_of_a_newer_version_is_not_changed(opened: MarkStore, path: Path, journal: str) -> None:
    opened.mark([_ID], MarkChange(read=True))
    opened.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
        db.execute(f"PRAGMA journal_mode = {journal}")
    assert f"written by a newer newsreader (format {FORMAT + 1}, this one supports {FORMAT})" in _refused(path)


def test_a_file_upgraded_by_a_running_newer_version_is_not_changed(opened: MarkStore, path: Path) -> None:
    opened.mark([_ID], MarkChange(read=True))
    opened.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")  # now in its journal
        before = {name: data for name, data in _contents(path.parent).items() if not name.endswith("-shm")}
        state, notice = MarkStore.open(path)
        state.close()
        after = {name: data for name, data in _contents(path.parent).items() if not name.endswith("-shm")}
        assert "newer newsreader" in notice
        assert after == before


def test_tables_upgraded_by_a_newer_instance_are_reported(opened: MarkStore, path: Path) -> None:
    opened.mark([_ID], MarkChange(read=True))
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    assert opened.read_among([_ID]) == {_ID}  # as long as they can be read
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE marks RENAME TO other")
    with pytest.raises(ReaderError, match="written by a newer newsreader") as caught:
        opened.read_among([_ID])
    assert not caught.value.damaged


def test_a_file_of_another_program_is_not_changed(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE precious (x)")
    assert "belongs to another program" in _refused(path)


@pytest.mark.parametrize("content", [b"", None])
def test_an_empty_file_and_an_empty_database_get_tables(path: Path, content: bytes | None) -> None:
    path.parent.mkdir()
    if content is None:
        with closing(sqlite3.connect(path)) as db:
            db.execute("VACUUM")
    else:
        path.write_bytes(content)
    with closing(MarkStore.open(path)[0]) as state:
        state.mark([_ID], MarkChange(read=True))
    with closing(open_marks(path)) as state:
        assert state.all_marked("read") == [id_to_int(_ID)]


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def _zeroed_header(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


def _tables_missing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE marks")


@pytest.mark.parametrize(("damage", "saved"), [(_garbage, 0), (_zeroed_header, 1), (_cut_off, 0), (_tables_missing, 0)])
def test_a_damaged_file_is_set_aside_and_never_deleted(
    opened: MarkStore, path: Path, damage: object, saved: int
) -> None:
    opened.mark([_ID], MarkChange(read=True))
    opened.close()
    assert callable(damage)
    damage(path)
    damaged = path.read_bytes()
    state, notice = MarkStore.open(path)
    with closing(state):
        assert notice.startswith("The marks file was damaged. It was moved to ")
        (aside,) = (each for each in path.parent.glob("state.db.damaged-*") if each.name[-4:] not in {"-wal", "-shm"})
        assert notice.endswith(f"{aside}; marks saved: {saved}.")
        assert aside.read_bytes() == damaged
        assert state.all_marked("read") == [id_to_int(_ID)] * saved
        state.mark([_OTHER], MarkChange(read=True))
    with closing(open_marks(path)) as again:
        assert set(again.all_marked("read")) == {id_to_int(_OTHER), *[id_to_int(_ID)] * saved}


def test_marks_around_damage_in_the_middle_are_salvaged(path: Path) -> None:
    ids = [f"{number:016x}" for number in range(20_000)]
    with closing(open_marks(path)) as state:
        state.mark(ids, MarkChange(read=True))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 8192)
    state, notice = MarkStore.open(path)
    with closing(state):
        saved = state.all_marked("read")
        assert notice.endswith(f"marks saved: {len(saved):,}.")
        assert len(saved) > 10_000
        assert {id_to_int(ids[0]), id_to_int(ids[-1])} <= set(saved)


def test_a_damaged_file_that_cannot_be_moved_stays(path: Path) -> None:
    path.parent.mkdir()
    path = path.with_name("s" * 250)  # the name is too long for a suffix
    path.write_bytes(b"garbage" * 1000)
    assert "is damaged and cannot be moved" in _refused(path)


@pytest.mark.parametrize("place", ["file", "file/below", "file/far/below"])
def test_without_a_writable_place_marks_last_for_the_session(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    state, notice = MarkStore.open(tmp_path / place / "state.db")
    with closing(state):
        state.mark([_ID], MarkChange(read=True))
        assert state.all_marked("read") == [id_to_int(_ID)]
    assert re.fullmatch(r".+ cannot be used: .+\. Marks are not saved in this session\.", notice)


def test_a_folder_in_the_place_of_the_file_is_not_changed(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "x").write_text("")
    state, notice = MarkStore.open(path)
    state.close()
    assert re.fullmatch(r".+ cannot be used: .+\. Marks are not saved in this session\.", notice)
    assert [each.name for each in path.iterdir()] == ["x"]
