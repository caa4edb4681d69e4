"""Whatever happens to the marks file (older, damaged, replaced, killed, disk full, read-only): nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.marks import LATEST, READ, TAG, Mark, MarkChange
from reader.storage.sqlite.marks import backups
from reader.storage.sqlite.marks.store import ArticleMarks, MarkStore
from tests.storage.killed_steps import KilledSteps
from tests.storage.mark_helpers import content_of, hex_id, open_marks

_ID, _OTHER = "0123456789abcdef", "fedcba9876543210"
_MANY = [f"{n:016x}" for n in range(10_000)]
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


def _first_version(path: Path) -> None:
    """Create a file as the first version did, with data in its journal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    for statement in (
        "CREATE TABLE marks (id INTEGER PRIMARY KEY, read INTEGER NOT NULL, changed_at INTEGER NOT NULL)",
        "CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        f"PRAGMA application_id={0x6E657753}",
        "PRAGMA user_version=1",
        "INSERT INTO marks VALUES (1, 1, 1763717400123), (2, 0, 1763717400124), (-3, 1, -5), (4, 1, 99999999999999999)",
        "INSERT INTO session VALUES ('marks-changes', '7'), ('theme', 'light')",
    ):
        db.execute(statement)
    # A copy of both files while they are open is what a killed program leaves.
    with tempfile.TemporaryDirectory() as copies:
        for name in (path.name, path.name + "-wal"):
            (Path(copies) / name).write_bytes(path.with_name(name).read_bytes())
        db.close()
        for each in Path(copies).iterdir():
            path.with_name(each.name).write_bytes(each.read_bytes())
    assert path.with_name(path.name + "-wal").stat().st_size


_UPDATED = {
    (1, READ): Mark(1763717400123, True),
    (2, READ): Mark(1763717400124, False),
    (-3, READ): Mark(0, True),
    (4, READ): Mark(LATEST, True),
}


def test_an_older_file_is_upgraded_after_a_backup(path: Path) -> None:
    _first_version(path)
    with closing(open_marks(path)) as state:
        assert content_of(state).marks == _UPDATED
        assert (state.settings.get("theme"), state.version(), state.undo()) == ("light", 7, None)
        state.mark([hex_id(1)], MarkChange(read=False, starred=True))
        assert state.undo() is not None
        assert state.marks_of([hex_id(1)]) == {hex_id(1): ArticleMarks(read=True)}
    (backup,) = path.parent.glob("state.db.before-update-*")
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*), sum(read) FROM marks").fetchone() == (4, 3)
    with closing(open_marks(path)) as again:
        assert again.all_marked("read") == [-3, 1, 4]
    assert len(list(path.parent.glob("state.db.before-update-*"))) == 1


def test_without_a_backup_an_older_file_is_only_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _first_version(path)

    def fail(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("reader.storage.sqlite.marks.backups._copy", fail)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert re.fullmatch(
            r"The marks could not be backed up as .+: no space left on device\. Free some disk space.+ "
            r"Marks are not saved in this session\.",
            notice,
        )
        assert content_of(state).marks == _UPDATED
        state.mark([_ID], MarkChange(read=True))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM marks").fetchone() == (4,)


_OPEN = """
from reader.storage.sqlite.marks import backups, recovery
from reader.storage.sqlite.marks.store import MarkStore

def run(path, steps):
    kill_before({"os.rename", "os.remove", "os.chmod", "open", "sqlite3.connect"}, str(path), steps)
    state, notice = MarkStore.open(path)
    assert state.is_saved, notice
"""


def _killed_at_each_step(path: Path, make: Callable[[], None], check: Callable[[MarkStore], None]) -> int:
    """Open a file repeatedly, killed one step later each time until it succeeds; then check it.

    Return how often it was killed.
    """
    with KilledSteps(_OPEN) as opening:
        for steps in range(200):
            for each in path.parent.glob("*"):
                each.unlink()
            make()
            ended = opening.run(path, steps)
            assert ended.status in {0, -signal.SIGKILL}, ended.output
            with closing(MarkStore.open(path)[0]) as state:
                assert state.is_saved
                check(state)
            if ended.status == 0:
                return steps
    raise AssertionError("it never came to an end")


def test_an_upgrade_killed_at_any_step_loses_nothing(path: Path) -> None:
    def check(state: MarkStore) -> None:
        assert content_of(state).marks == _UPDATED
        assert list(path.parent.glob("state.db.before-update-*"))

    assert _killed_at_each_step(path, lambda: _first_version(path), check) > 4


def test_a_restoration_killed_at_any_step_loses_nothing(path: Path, tmp_path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True, add_tags=("AI",)))
        backup = state.backup_if_due()
    assert backup is not None
    content = backup.read_bytes()

    def make() -> None:
        backup.write_bytes(content)
        path.write_bytes(b"garbage" * 1000)
        path.with_name("state.db-wal").write_bytes(b"its journal" * 100)

    def check(state: MarkStore) -> None:
        assert state.marks_of([_ID]) == {_ID: ArticleMarks(read=True, tags=("AI",))}
        asides = [each.read_bytes() for each in path.parent.glob("state.db.damaged-*")]
        assert b"garbage" * 1000 in asides

    assert _killed_at_each_step(path, make, check) > 4


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def _header(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def _middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 8192)


def _no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE changes")


def _emptied_but_for_its_journal(path: Path) -> None:
    path.write_bytes(b"")
    path.with_name("state.db-wal").write_bytes(b"x" * 5000)


_DAMAGES = [_garbage, _header, _cut, _middle, _no_table, _emptied_but_for_its_journal]


@pytest.mark.parametrize("damage", _DAMAGES)
def test_a_damaged_file_is_replaced_by_the_newest_good_backup(path: Path, damage: Callable[[Path], None]) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_MANY, MarkChange(read=True))
        state.items.put("view", {"AI": {"query": "tag:ai"}}, description="Saved the view “AI”")
        state.mark([_MANY[7]], MarkChange(starred=True, add_tags=("Später",)))
        state.settings.set("last-folder", "/news")
        assert state.backup_if_due() is not None
        before = content_of(state)
        version = state.version()
    damage(path)
    damaged = path.read_bytes()
    state, notice = MarkStore.open(path)
    with closing(state):
        assert content_of(state) == before
        assert state.settings.get("last-folder") == "/news"
        assert state.version() >= version
        assert re.fullmatch(
            r"The marks file was damaged\. It was moved to \S+state\.db\.damaged-[\d-]+; "
            r"the backup of \d{4}-\d\d-\d\d \d\d:\d\d was restored, with 0 later marks from the file itself\.",
            notice,
        )
        undone = state.undo()  # the history is restored too
        assert undone is not None
        assert undone.description == "Starred 1 article, tagged 1 article “Später”"
    aside = path.with_name(re.findall(r"state\.db\.damaged-[\d-]+", notice)[0])
    assert aside.read_bytes() == damaged
    assert not list(path.parent.glob("*.restor*"))
    with closing(open_marks(path)) as again:
        assert again.read_among([_MANY[0]])


def test_later_marks_in_the_damaged_file_are_salvaged(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_MANY, MarkChange(read=True))
        state.backup_if_due()
        state.mark([_MANY[0], _MANY[-1]], MarkChange(read=False, add_tags=("x",)))  # at both ends
        last = state.version()
    _middle(path)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert "was restored, with 4 later marks from the file itself." in notice
        assert len(state.all_marked("read")) == len(_MANY) - 2
        assert state.marks_of([_MANY[0]]) == {_MANY[0]: ArticleMarks(tags=("x",))}
        assert state.version() > last
        undone = state.undo()  # as far as nothing has changed since
        assert undone is not None
        assert (undone.description, undone.skipped) == (f"Marked {len(_MANY):,} articles read", 2)


def _first_page(path: Path) -> None:
    path.write_bytes(b"\xa5" * 4096 + path.read_bytes()[4096:])


@pytest.mark.parametrize("updated", [False, True])
@pytest.mark.parametrize("damage", [_header, _first_page])
def test_a_file_without_its_first_page_is_salvaged(path: Path, damage: Callable[[Path], None], updated: bool) -> None:
    if updated:  # its tables are in other places
        _first_version(path)
    with closing(open_marks(path)) as state:
        if updated:
            state.backup_if_due()
        state.mark(_MANY, MarkChange(read=True, add_tags=("Später",)))
        state.items.put("view", {"AI": 1}, description="Saved a view")
        state.settings.set("last-folder", "/news")
        before = content_of(state)
    damage(path)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert "The marks file was damaged." in notice
        assert content_of(state) == before
        assert state.settings.get("last-folder") == "/news"


@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
def test_the_start_of_a_truncated_file_is_salvaged(path: Path, part: float) -> None:
    ids = [f"{n:016x}" for n in range(20_000)]  # the more, the smaller the share of the other tables
    with closing(open_marks(path)) as state:
        state.mark(ids, MarkChange(read=True))
    os.truncate(path, int(path.stat().st_size * part))
    state, notice = MarkStore.open(path)
    with closing(state):
        saved = state.all_marked("read")
        assert len(saved) > len(ids) * part * 0.9
        assert notice.endswith(f"; marks saved: {len(saved):,}.")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a marks file and a backup that lacks a step."""
    path = tmp_path_factory.mktemp("small") / "state.db"
    with closing(open_marks(path)) as state:
        state.mark(_MANY[:2000], MarkChange(read=True, add_tags=("é",)))
        state.items.put("view", {"a": {"q": 1}}, description="Saved a view")
        assert state.backup_if_due() is not None
        state.mark(_MANY[:100], MarkChange(starred=True))
    return path.parent


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 3, 30, 3000]))
def test_any_damage_leaves_the_backup_and_a_working_store(small: Path, seed: int, count: int) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as place:
        path = Path(shutil.copytree(small, Path(place) / "data")) / "state.db"
        data = bytearray(path.read_bytes())
        for _ in range(count):
            at = random.randrange(random.choice([4096, len(data)]))
            if not 60 <= at < 72:  # format and application id: a file with others must not be changed
                data[at] = random.randrange(256)
        path.write_bytes(data)
        state, notice = MarkStore.open(path)
        with closing(state):
            assert state.is_saved
            if notice:
                assert {int(id_, 16) for id_ in _MANY[:2000]} <= set(state.all_marked("read")) | _taken_back(state)
                thing = content_of(state).items["view", "a"]
                assert thing.value == '{"q":1}' or thing.at != _kept_at(small)
            while state.undo():
                pass
            state.mark([_ID], MarkChange(read=True))
            assert state.read_among([_ID]) == {_ID}


def _kept_at(small: Path) -> int:
    with closing(sqlite3.connect(small / "state.db")) as db:
        return int(db.execute("SELECT changed_at FROM kept").fetchone()[0])


def _taken_back(state: MarkStore) -> set[int]:
    """Return the marks that damage made look like later changes."""
    return {id_ for (id_, what), mark in content_of(state).marks.items() if what == READ and not mark.value}


def test_items_are_salvaged_from_a_damaged_file(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.items.put("view", {"old": [1], "gone": [2]}, description="Saved two views")
        state.backup_if_due()
        state.mark(_MANY, MarkChange(read=True))
        state.items.put("view", {"new": {"b": 1, "a": None}, "gone": None}, description="Saved a view")
        before = content_of(state)
    _middle(path)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert "was restored" in notice
        assert content_of(state).items == before.items
        assert state.items.get("view") == {"new": {"a": None, "b": 1}, "old": [1]}


def test_bad_backups_are_skipped_and_kept(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True))
        good = state.backup_if_due()
    assert good is not None
    path.with_name("state.db.daily-20990101T000000Z").write_bytes(b"garbage" * 1000)
    newer = path.with_name("state.db.daily-20990102T000000Z")
    newer.write_bytes(good.read_bytes())
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version=99")
    _garbage(path)
    before = {each.name: each.read_bytes() for each in path.parent.glob("state.db.daily-*")}
    with closing(MarkStore.open(path)[0]) as state:
        assert state.read_among([_ID]) == {_ID}
    assert {each.name: each.read_bytes() for each in path.parent.glob("state.db.daily-*")} == before


def test_a_backup_of_the_first_version_is_restored(path: Path) -> None:
    _first_version(path)
    open_marks(path).close()
    _garbage(path)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert content_of(state).marks == _UPDATED
        assert "was restored" in notice


def test_a_damaged_file_of_the_first_version_is_salvaged(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE marks (id INTEGER PRIMARY KEY, read INTEGER NOT NULL, changed_at INTEGER NOT NULL)")
        db.execute("CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        db.execute(f"PRAGMA application_id={0x6E657753}")
        db.execute("PRAGMA user_version=1")
        db.execute("BEGIN")
        db.executemany("INSERT INTO marks VALUES (?, 1, 1763717400123)", [(n,) for n in range(20_000)])
        db.execute("COMMIT")
    _middle(path)
    state, notice = MarkStore.open(path)
    with closing(state):
        saved = state.all_marked("read")
        assert notice.endswith(f"marks saved: {len(saved):,}.")
        assert len(saved) > 10_000
        assert {0, 19_999} <= set(saved)


def test_simultaneous_instances_restore_a_file_once(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_MANY, MarkChange(read=True))
        state.backup_if_due()
    _middle(path)
    program = (
        "import sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "sys.stdin.read(); state, notice = MarkStore.open(Path(sys.argv[1])); print(notice)\n"
        "state.mark([sys.argv[2]], MarkChange(starred=True)); assert state.is_saved\n"
        f"assert len(state.all_marked('read')) == {len(_MANY)}"
    )
    instances = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), f"{n:016x}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(_ROOT)}, text=True,
        )
        for n in range(3)
    ]  # fmt: skip
    for each in instances:
        assert each.stdin is not None
        each.stdin.close()
        each.stdin = None
    outputs = [each.communicate()[0].strip() for each in instances]
    assert [each.returncode for each in instances] == [0, 0, 0]
    assert len([notice for notice in outputs if "was damaged" in notice]) == 1
    with closing(open_marks(path)) as state:
        assert sorted(state.all_marked("starred")) == [0, 1, 2]
    assert len([each for each in path.parent.glob("*.damaged-*") if each.name[-1].isdigit()]) == 1


def test_an_instance_whose_file_was_replaced_uses_the_new_one(path: Path) -> None:
    with closing(open_marks(path)) as early:
        early.mark([_ID], MarkChange(read=True))
        early.backup_if_due()
        early.mark([_OTHER], MarkChange(starred=True))  # later than the backup
        early.file.current().checkpoint(truncate=True)
        good = path.read_bytes()
        path.with_name("state.db-wal").unlink()
        _garbage(path)
        with closing(MarkStore.open(path)[0]) as restorer:
            assert restorer.marks_of([_OTHER]) == {}
            path.with_name("state.db.damaged-x").write_bytes(good)
            early.mark([_OTHER], MarkChange(add_tags=("x",)))
            assert restorer.marks_of([_ID, _OTHER])[_OTHER].tags == ("x",)
            assert restorer.read_among([_ID]) == {_ID}


def test_a_file_deleted_while_open_is_recreated_with_its_content(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True, add_tags=("AI",)))
        state.settings.set("theme", "light")
        before = content_of(state)
        for each in path.parent.iterdir():
            each.unlink()
        state.mark([_OTHER], MarkChange(starred=True))
        assert path.exists()
    with closing(open_marks(path)) as again:
        assert content_of(again).marks.items() >= before.marks.items()
        assert again.marks_of([_ID, _OTHER]) == {
            _ID: ArticleMarks(read=True, tags=("AI",)),
            _OTHER: ArticleMarks(starred=True),
        }
        assert again.settings.get("theme") == "light"


def test_tables_upgraded_by_a_newer_instance_are_not_changed(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True))
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version=99")
        for act in (
            lambda: state.mark([_OTHER], MarkChange(read=True)),
            state.undo,
            lambda: state.settings.set("a", "b"),
        ):
            with pytest.raises(ReaderError, match="written by a newer newsreader"):
                act()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM marks").fetchone() == (1,)


# --- processes -------------------------------------------------------------------------------


def _process(program: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(_ROOT)}, text=True,
    )  # fmt: skip


_MARKING = """
import sys
from pathlib import Path
from reader.core.marks import MarkChange
from reader.storage.sqlite.marks.store import MarkStore
state, notice = MarkStore.open(Path(sys.argv[1]))
assert not notice
for batch in range(1000):
    state.mark([f"{batch * 1000 + n:016x}" for n in range(1000)], MarkChange(read=True, add_tags=("x",)))
    print(batch, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_a_step_killed_while_marking_is_complete_or_absent(path: Path, batches: int) -> None:
    with _process(_MARKING, path) as marking:
        assert marking.stdout is not None
        last_batch = -1
        for _ in range(batches):
            last_batch = int(marking.stdout.readline())
        marking.kill()  # while it is writing the next one
        for line in marking.stdout:
            last_batch = int(line)
    with closing(open_marks(path)) as state:
        read = state.all_marked("read")
        assert len(read) % 1000 == 0
        assert len(read) // 1000 in {last_batch + 1, last_batch + 2}
        assert sorted(read) == list(range(len(read)))
        assert sorted(state.all_but_read()[0][TAG + "x"]) == sorted(read)
        undone = state.undo()
        assert undone is not None
        assert len(undone.changed) == 1000


def test_two_windows_see_each_others_marks(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "state, notice = MarkStore.open(Path(sys.argv[1]))\n"
        "for line in sys.stdin:\n"
        "    state.mark(line.split(), MarkChange(read=True, add_tags=('x',)))\n"
        "    print(state.version(), flush=True)"
    )
    with closing(open_marks(path)) as state, _process(program, path) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        version = state.version()
        for id_ in (_ID, _OTHER):
            print(id_, file=other.stdin, flush=True)
            assert int(other.stdout.readline()) == version + 1 == state.version()
            assert state.marks_of([id_]) == {id_: ArticleMarks(read=True, tags=("x",))}
            version = state.version()
        undone = state.undo()
        assert undone is not None
        assert undone.changed == {int.from_bytes(bytes.fromhex(_OTHER), "big", signed=True)}


def test_many_processes_mark_concurrently_without_loss(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "state, notice = MarkStore.open(Path(sys.argv[1])); assert not notice; sys.stdin.read()\n"
        "for n in range(30): state.mark([f'{int(sys.argv[2]) * 100 + n:016x}'], MarkChange(read=True))"
    )
    others = [_process(program, path, str(n)) for n in range(3)]
    for each in others:
        each.communicate()
        assert each.returncode == 0
    with closing(open_marks(path)) as state:
        assert len(state.all_marked("read")) == state.version() == 90


def test_on_a_full_disk_marking_fails_without_loss(path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "from reader.core.errors import ReaderError\n"
        "state, notice = MarkStore.open(Path(sys.argv[1])); assert not notice\n"
        "state.mark(['0123456789abcdef'], MarkChange(starred=True))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try: state.mark([f'{n:016x}' for n in range(50_000)], MarkChange(read=True))\n"
        "except ReaderError as error: print(error)\n"
        "print(len(state.all_marked('read')), len(state.all_marked('starred')))\n"
        "state.mark(['fedcba9876543210'], MarkChange(starred=True))\n"
        "print(state.undo().description, len(state.all_marked('starred')))"
    )
    with _process(program, path) as full:
        output, _ = full.communicate()
    error, *rest = output.splitlines()
    assert re.fullmatch(r".+state\.db cannot be used: .+\.", error)
    assert rest == ["0 1", "Starred 1 article 1"]
    assert full.returncode == 0
    with closing(open_marks(path)) as state:
        assert (state.all_marked("read"), len(state.all_marked("starred"))) == ([], 1)


def test_on_a_full_disk_a_damaged_file_stays_and_is_readable(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_MANY, MarkChange(read=True))
        state.backup_if_due()
    _middle(path)
    damaged = path.read_bytes()
    program = (
        "import resource, sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "state, notice = MarkStore.open(Path(sys.argv[1])); print(notice)\n"
        "print(state.is_saved, len(state.all_marked('read')) > 5_000)"
    )
    with _process(program, path) as full:
        output, _ = full.communicate()
    notice, seen = output.splitlines()
    assert "is damaged and cannot be moved or restored. It is left as it is, and marks are not saved" in notice
    assert seen == "False True"
    assert path.read_bytes() == damaged
    assert not list(path.parent.glob("*restor*"))
    with closing(MarkStore.open(path)[0]) as state:
        assert len(state.all_marked("read")) == len(_MANY)


@pytest.fixture
def shared_place() -> Iterator[Path]:
    """A folder that every user can access, unlike pytest's."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.mark.parametrize("version", [1, 2])
def test_in_a_read_only_folder_marks_are_read_and_nothing_changes(shared_place: Path, version: int) -> None:
    path = shared_place / "state.db"
    if version == 1:
        _first_version(path)
        sqlite3.connect(path).executescript("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE")
    else:
        with closing(open_marks(path)) as state:
            state.mark([hex_id(n) for n in (1, -3, 4)], MarkChange(read=True))
    path.chmod(0o444)
    shared_place.chmod(0o555)
    program = (
        "import os, sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "import urllib.parse, zlib, reader.storage.sqlite.marks.recovery, reader.storage.sqlite.marks.backups\n"
        "if os.getuid() == 0: os.setuid(65534)\n"  # a user who is subject to permissions
        "state, notice = MarkStore.open(Path(sys.argv[1])); print(notice)\n"
        "state.mark(['00000000000000ff'], MarkChange(read=True))\n"
        "print(state.is_saved, sorted(state.all_marked('read')), state.backup_if_due())"
    )
    try:
        with _process(program, path) as reading:
            output, _ = reading.communicate()
        notice, seen = output.splitlines()
        assert re.fullmatch(r".+ Marks are not saved in this session\.", notice)
        assert seen == "False [-3, 1, 4, 255] None"
        assert [each.name for each in shared_place.iterdir()] == ["state.db"]
    finally:
        shared_place.chmod(0o755)


def test_waiting_for_another_instance_times_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True))
        monkeypatch.setattr(backups, "_LOCK_TIMEOUT", 0.0)
        with (
            backups.exclusive_access(path),
            pytest.raises(ReaderError, match="Another newsreader is repairing or backing up the marks file"),
        ):
            state.backup_if_due()
        assert state.backup_if_due() is not None
