"""Writing the index: moved files, publishing, and interrupted writers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.model import Article, Links
from reader.core.ordering import Sort
from reader.storage.sqlite import lock
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.index.writer import IndexWriter
from reader.storage.sqlite.lock import BusyError
from tests.storage.parsed_file_helpers import parsed_file, put, write

_WITH_URL = Article("old.md", "With", excerpt="e", links=Links("http://a.example/1"))
_WITHOUT = Article("bare.md", "Without", excerpt="e")


def _index(path: Path | None = None) -> Index:
    index, notice = Index.open(path)
    assert notice == ""
    return index


def _move(
    index: Index, gone: bytes, article: Article, path: bytes, mtime_ns: int = 1
) -> tuple[int | None, IndexWriter]:
    """Replace the document ``gone`` by ``article`` at ``path``; return its row id and the writer."""
    before = index.rowid_by_path(gone)
    assert before is not None
    with index.writer() as writer:
        writer.prepare_move_detection([before])
        write(writer, [(path, parsed_file(article, path, mtime_ns))])
        writer.remove([before])
        writer.publish()
    return index.rowid_by_path(path), writer


@pytest.mark.parametrize("mtime_ns", [1, 99], ids=["moved", "moved and rewritten"])
def test_moved_document_with_a_url_keeps_its_row_and_id(mtime_ns: int) -> None:
    with closing(_index()) as index:
        put(index, _WITH_URL)
        row = index.rowid_by_path(b"old.md")
        identity = index.rows([row or 0])[row or 0].id
        assert _move(index, b"old.md", _WITH_URL, b"sub/new.md", mtime_ns)[0] == row
        assert index.rowid_by_path(b"old.md") is None
        assert index.rows([row or 0])[row or 0].id == identity
        assert list(index.order(Sort())) == [row]


def test_moved_document_without_a_url_keeps_its_row_and_reports_its_previous_id() -> None:
    with closing(_index()) as index:
        put(index, _WITHOUT)
        row = index.rowid_by_path(b"bare.md") or 0
        before = int.from_bytes(bytes.fromhex(index.rows([row])[row].id), "big", signed=True)
        now, writer = _move(index, b"bare.md", _WITHOUT, b"sub/bare.md")
        assert now == row
        after = int.from_bytes(bytes.fromhex(index.rows([row])[row].id), "big", signed=True)
        assert writer.changed_ids == [(before, after)]
        assert before != after


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_WITHOUT, Article("x.md", "Another", excerpt="e")),
        (_WITHOUT, Article("x.md", "Without", excerpt="another text")),
        (_WITH_URL, Article("x.md", "With", excerpt="e", links=Links("http://a.example/2"))),
    ],
)
def test_different_document_with_the_same_time_and_size_is_not_a_move(old: Article, new: Article) -> None:
    with closing(_index()) as index:
        put(index, old)
        row = index.rowid_by_path(old.path.encode())
        now, writer = _move(index, old.path.encode(), new, b"x.md")
        assert now not in {None, row}
        assert (writer.moved, writer.changed_ids) == (0, [])
        assert index.path(row or 0) is None


def test_lists_show_changes_after_publish() -> None:
    with closing(_index()) as index:
        before = index.generation()
        with index.writer() as writer:
            assert not writer.publish()
            write(writer, [(b"a.md", parsed_file(_WITHOUT, b"a.md"))])
            assert list(index.order(Sort())) == []
            assert writer.publish()
            assert not writer.publish()
        assert len(index.order(Sort())) == 1
        assert index.generation() == before + 1


def test_next_writer_publishes_the_changes_of_an_interrupted_one(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as index:
        with index.writer() as writer:
            write(writer, [(b"a.md", parsed_file(_WITHOUT, b"a.md"))])
        with index.writer() as writer:
            assert writer.publish()
        assert len(index.order(Sort())) == 1


def test_transaction_is_rolled_back_after_an_exception() -> None:
    with closing(_index()) as index:
        with index.writer() as writer:
            with pytest.raises(ZeroDivisionError), writer.transaction():
                write(writer, [(b"a.md", parsed_file(_WITHOUT, b"a.md"))])
                raise ZeroDivisionError
            writer.publish()
        assert index.documents() == 0
        assert list(index.order(Sort())) == []


def test_finish_creates_the_indexes_dropped_for_bulk_loading(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as index, index.writer() as writer:
        writer.begin_bulk_load()
        more = Links("http://a.example/1", amp="http://a.example/amp")
        write(writer, [(b"a.md", parsed_file(Article("a.md", "A", links=more), b"a.md"))])
        row = index.rowid_by_path(b"a.md")
        for _ in range(2):  # without the indexes, and with them
            assert index.rowid_by_url(["http://a.example/1"]) == index.rowid_by_url(["http://a.example/amp"]) == row
            writer.finish()
        assert not (tmp_path / "i.db-wal").stat().st_size


def test_sorting_in_threads_gives_the_same_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reader.storage.sqlite.index.writer._MIN_ROWS_FOR_THREADS", 1)
    articles = [Article(f"{n}.md", f"t{n % 7}", quality=n % 5 or None) for n in range(90)]
    with closing(_index(tmp_path / "i.db")) as index, closing(_index()) as memory:
        put(index, *articles)
        put(memory, *articles)
        for reverse in (False, True):
            assert index.order(Sort("quality", reverse)) == memory.order(Sort("quality", reverse))


def test_copy_in_memory_has_all_rows(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as index:
        put(index, _WITHOUT, _WITH_URL)
        order = list(index.order(Sort()))
        with closing(index.copied_to_memory()) as copy:
            assert copy.in_memory
            assert list(copy.order(Sort())) == order
            put(copy, Article("third.md", "Third"))
            assert len(copy.order(Sort())) == 3
        assert len(index.order(Sort())) == 2


def test_only_one_thread_or_process_writes_at_a_time(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as one, closing(_index(tmp_path / "i.db")) as other:
        with one.writer():
            for second in (one, other):
                with pytest.raises(BusyError, match="Another newsreader is reading this folder"), second.writer():
                    pass
        with other.writer():
            pass


def test_lock_of_a_killed_process_is_released(tmp_path: Path) -> None:
    program = (
        "import sys, threading; from pathlib import Path; from reader.storage.sqlite import lock\n"
        "with lock.locked(threading.Lock(), Path(sys.argv[1]), lock.NO_WAIT):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    path = tmp_path / "x.lock"
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with closing(_index(tmp_path / "x.db")) as index:
            with pytest.raises(BusyError), index.writer():
                pass
            holder.kill()
            with index.writer(lambda: True):
                assert path.exists()


def test_threads_are_serialized_without_a_lock_file(tmp_path: Path) -> None:
    import threading

    guard = threading.Lock()
    with lock.locked(guard, tmp_path / "no" / "such" / "x.lock", lock.NO_WAIT):
        assert guard.locked()
        with pytest.raises(BusyError), lock.locked(guard, None, lock.NO_WAIT):
            pass
    assert not guard.locked()


def test_file_of_another_program_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import sqlite3

    path = tmp_path / "i.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE x (y)")
    with closing(_index(path)) as index:
        assert index.documents() == 0
    (aside,) = [each for each in tmp_path.iterdir() if "damaged" in each.name and each.name[-1].isdigit()]
    with closing(sqlite3.connect(aside)) as db:
        assert db.execute("SELECT count(*) FROM x").fetchone() == (0,)
    (record,) = [record for record in caplog.records if "set aside" in record.message]
    assert record.exc_info is None
