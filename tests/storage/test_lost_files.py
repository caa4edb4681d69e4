"""Files that are empty, deleted or unfinished: marks come back from backups and memory, and the user is notified."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from reader.core.marks import MarkChange
from reader.storage.sqlite.database import Database, StorageError
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.marks import backups
from reader.storage.sqlite.marks.store import MarkStore
from reader.storage.sqlite.pages.store import PageStore
from tests.storage.mark_helpers import content_of, hex_id, open_marks

_IDS = [hex_id(number) for number in range(40)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


def _delete(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _one_byte(path: Path) -> None:
    path.write_bytes(b"x")


def _without_marks(path: Path) -> None:
    """What earlier versions put in the place of a deleted file."""
    other = path.parent.parent / "other.db"
    open_marks(other).close()
    other.replace(path)


def _without_tables(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM")


_LOSSES = [_delete, _empty, _one_byte, _without_marks, _without_tables]


@pytest.mark.parametrize("lose", _LOSSES)
def test_a_file_without_marks_is_restored_from_its_backup(path: Path, lose: Callable[[Path], None]) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_IDS, MarkChange(read=True))
        assert state.backup_if_due()
        before = content_of(state)
    lose(path)
    odd = path.read_bytes() if path.exists() else None
    state, notice = MarkStore.open(path)
    with closing(state):
        assert content_of(state) == before
        assert state.undo()
    condition = "missing" if odd is None else r"empty\. It was moved to \S+state\.db\.damaged-[\d-]+"
    assert re.fullmatch(rf"The marks file was {condition}; the backup of [\d: -]{{16}} was restored\.", notice)
    assert [each.read_bytes() for each in path.parent.glob("*.damaged-*")] == ([] if odd is None else [odd])
    open_marks(path).close()


def test_the_newest_backup_with_marks_is_restored(path: Path) -> None:
    with closing(open_marks(path)) as state:
        backups.make(state.file.current(), path, "before-import")
        state.mark(_IDS, MarkChange(read=True))
        full = state.backup_if_due()
    assert full is not None
    (empty,) = path.parent.glob("*.before-import-*")
    empty.rename(path.with_name("state.db.before-import-20990101T000000Z"))
    found = backups.newest_good(path)
    assert found is not None
    assert found.path == full


def test_what_can_be_read_of_a_damaged_backup_is_restored(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_IDS, MarkChange(read=True))
        backup = state.backup_if_due()
    assert backup is not None
    os.truncate(backup, backup.stat().st_size - 4096)
    path.unlink()
    state, notice = MarkStore.open(path)
    with closing(state):
        assert len(state.all_marked("read")) == len(_IDS)
    assert notice == f"The marks file was missing; marks saved: {len(_IDS)}."


def test_a_lost_file_without_any_backup_is_reported_once(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("state.db.damaged-20260101-000000").write_bytes(b"x")
    state, notice = MarkStore.open(path)
    state.close()
    assert notice.startswith(f"The marks file {path} is gone and has no backup, so no article is marked.")
    assert "damaged-20260101-000000" in notice
    open_marks(path).close()


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_file_without_any_backup_is_reported_once(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.with_name("state.db-wal").touch()  # as a first start on a full disk leaves
    state, notice = MarkStore.open(path)
    state.close()
    assert notice == f"The marks file {path} is empty and has no backup, so no article is marked."
    open_marks(path).close()


def test_without_space_to_restore_marks_are_read_from_the_backup(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_IDS, MarkChange(read=True))
        state.backup_if_due()
    path.unlink()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("reader.storage.sqlite.marks.recovery._fill", fail)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert "is missing and cannot be moved or restored" in notice
        assert (len(state.all_marked("read")), state.is_saved) == (len(_IDS), False)
    assert not path.exists()


# Files removed while they are open.

_JOURNALS = [("-wal", "-shm"), ("-wal",), ("-shm",), ("", "-wal", "-shm"), ("",)]


@pytest.mark.parametrize("removed", _JOURNALS)
@pytest.mark.parametrize("is_marked_elsewhere", [False, True], ids=["alone", "with another program"])
def test_marks_made_after_files_were_removed_are_saved(
    path: Path, removed: tuple[str, ...], is_marked_elsewhere: bool
) -> None:
    said: list[str] = []
    with closing(open_marks(path)) as state:
        state.report_to(said.append)
        state.mark(_IDS[:1], MarkChange(read=True))
        for suffix in removed:
            path.with_name(path.name + suffix).unlink()
        if is_marked_elsewhere:
            _mark_in_another_process(path, _IDS[9])
        for id_ in _IDS[1:5]:
            state.mark([id_], MarkChange(read=True))
        undone = state.undo()
        assert undone is not None
        assert len(undone.changed) == 1
    # Without the journal alone, the other program cannot open the file, and says so.
    marked = {0, 1, 2, 3} | ({9} if is_marked_elsewhere and removed != ("-wal",) else set())
    with closing(MarkStore.open(path)[0]) as again:
        assert set(again.all_marked("read")) == marked
    if not is_marked_elsewhere:  # otherwise that program may have been the one to write it again
        (sentence,) = said
        assert sentence.startswith("The marks file was removed while it was in use. It was written again")


def _mark_in_another_process(path: Path, id_: str) -> None:
    program = (
        "import sys; from pathlib import Path; from reader.storage.sqlite.marks.store import MarkStore\n"
        "from reader.core.marks import MarkChange\n"
        "state, _ = MarkStore.open(Path(sys.argv[1])); state.mark([sys.argv[2]], MarkChange(read=True)); state.close()"
    )
    subprocess.run([sys.executable, "-c", program, str(path), id_], check=True)


def test_a_file_written_again_by_a_process_killed_meanwhile_is_merged(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark(_IDS[:1], MarkChange(read=True))
    restored = path.with_name("state.db.restored")
    shutil.copy(path, restored)
    with closing(open_marks(restored)) as state:
        state.mark(_IDS[1:2], MarkChange(read=True))
    with closing(open_marks(path)) as state:
        assert sorted(state.all_marked("read")) == [0, 1]
    assert not restored.exists()


def test_marks_whose_journal_was_removed_are_saved_at_the_end(path: Path) -> None:
    state = open_marks(path)
    state.mark(_IDS, MarkChange(read=True))
    shutil.rmtree(path.parent)
    state.close()
    with closing(open_marks(path)) as again:
        assert len(again.all_marked("read")) == len(_IDS)


def test_threads_read_on_after_a_file_was_deleted(tmp_path: Path) -> None:
    index, _ = Index.open(tmp_path / "cache" / "index.db")
    with closing(index):
        generation = index.generation()
        shutil.rmtree(tmp_path / "cache")
        assert index.is_gone()
        found: list[int] = []
        thread = threading.Thread(target=lambda: found.append(index.generation()))
        thread.start()
        thread.join()
        assert found == [generation]
        assert not (tmp_path / "cache").exists()


# Unfinished and private files.


def test_what_a_killed_process_left_is_removed_at_the_next_start(path: Path) -> None:
    open_marks(path).close()
    backup = path.with_name("state.db.before-import-20260101T000000Z")
    unfinished = [backup.with_name(f"{backup.name}.part{suffix}") for suffix in ("", "-journal", "-wal", "-shm")]
    unfinished += [path.with_name("state.db.restoring"), path.with_name("state.db.restoring-journal")]
    unrelated = path.with_name("state.db.party")
    for each in (*unfinished, unrelated):
        each.write_bytes(b"x")
    with backups.exclusive_access(path):  # another process may be making them now
        backups.remove_partial(path)
    assert all(each.exists() for each in unfinished)
    open_marks(path).close()
    assert not any(each.exists() for each in unfinished)
    assert unrelated.exists()


def test_a_failed_backup_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object, part: Path) -> None:
        part.with_name(f"{part.name}-journal").write_bytes(b"x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backups, "_copy", fail)
    with closing(open_marks(path)) as state:
        state.mark(_IDS, MarkChange(read=True))
        with pytest.raises(Exception, match="no space left"):
            state.backup_if_due()
        assert {each.name for each in path.parent.iterdir()} == {"state.db", "state.db-wal", "state.db-shm"}


def _open_index(path: Path) -> None:
    index, notice = Index.open(path)
    index.close()
    assert notice == ""


def _open_pages(path: Path) -> None:
    PageStore.open(path, frozenset).close()


@pytest.mark.parametrize("open_", [_open_index, _open_pages])
def test_cached_files_are_for_their_owner_alone(tmp_path: Path, open_: Callable[[Path], None]) -> None:
    path = tmp_path / "cache" / "file.db"
    usual = os.umask(0)
    try:
        open_(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        open_(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(usual)


@pytest.mark.parametrize("free", [0, 1 << 30])
def test_a_full_disk_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    expected = "no space left on device" if not free else "disk i/o error; is the disk full?"
    assert expected in StorageError(tmp_path / "a.db", error).message


def test_the_database_of_a_folder_is_left_alone(tmp_path: Path) -> None:
    mode = tmp_path.stat().st_mode
    with pytest.raises(StorageError), Database(tmp_path, durable=False).read():
        pass
    assert tmp_path.stat().st_mode == mode
