"""Writing the index: moves, what is shown when, and what the next writer finds."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.model import Article, Links
from reader.core.ordering import Sort
from reader.storage.sqlite import lock
from reader.storage.sqlite.index.reader import Index
from reader.storage.sqlite.index.writer import IndexWriter
from reader.storage.sqlite.lock import BusyError
from tests.storage.parsed_file_helpers import put, taken, write

_WITH_URL = Article("old.md", "With", excerpt="e", links=Links("http://a.example/1"))
_WITHOUT = Article("bare.md", "Without", excerpt="e")


def _index(path: Path | None = None) -> Index:
    index, notice = Index.open(path)
    assert notice == ""
    return index


def _move(
    index: Index, gone: bytes, article: Article, path: bytes, mtime_ns: int = 1
) -> tuple[int | None, IndexWriter]:
    """Let ``article`` come at ``path`` while the document at ``gone`` goes; return its row, and the writer."""
    before = index.rowid_by_path(gone)
    assert before is not None
    with index.writer() as writer:
        writer.prepare_move_detection([before])
        write(writer, [(path, taken(article, path, mtime_ns))])
        writer.remove([before])
        writer.publish()
    return index.rowid_by_path(path), writer


@pytest.mark.parametrize("mtime_ns", [1, 99], ids=["moved", "moved and written anew"])
def test_a_document_with_an_address_keeps_row_and_identity(mtime_ns: int) -> None:
    with closing(_index()) as index:
        put(index, _WITH_URL)
        row = index.rowid_by_path(b"old.md")
        identity = index.rows([row or 0])[row or 0].id
        assert _move(index, b"old.md", _WITH_URL, b"sub/new.md", mtime_ns)[0] == row
        assert index.rowid_by_path(b"old.md") is None
        assert index.rows([row or 0])[row or 0].id == identity
        assert list(index.order(Sort())) == [row]


def test_a_document_without_an_address_keeps_its_row_and_says_which_identity_it_had() -> None:
    with closing(_index()) as index:
        put(index, _WITHOUT)
        row = index.rowid_by_path(b"bare.md") or 0
        before = int.from_bytes(bytes.fromhex(index.rows([row])[row].id), "big", signed=True)
        now, writer = _move(index, b"bare.md", _WITHOUT, b"sub/bare.md")
        assert now == row
        after = int.from_bytes(bytes.fromhex(index.rows([row])[row].id), "big", signed=True)
        assert writer.carried == [(before, after)]
        assert before != after


@pytest.mark.parametrize(
    ("former", "new"),
    [
        (_WITHOUT, Article("x.md", "Another", excerpt="e")),
        (_WITHOUT, Article("x.md", "Without", excerpt="another text")),
        (_WITH_URL, Article("x.md", "With", excerpt="e", links=Links("http://a.example/2"))),
    ],
)
def test_another_document_of_the_same_time_and_size_is_no_move(former: Article, new: Article) -> None:
    with closing(_index()) as index:
        put(index, former)
        row = index.rowid_by_path(former.path.encode())
        now, writer = _move(index, former.path.encode(), new, b"x.md")
        assert now not in {None, row}
        assert (writer.moved, writer.carried) == (0, [])
        assert index.path(row or 0) is None


def test_what_is_written_shows_in_lists_once_it_is_to() -> None:
    with closing(_index()) as index:
        before = index.generation()
        with index.writer() as writer:
            assert not writer.publish()
            write(writer, [(b"a.md", taken(_WITHOUT, b"a.md"))])
            assert list(index.order(Sort())) == []
            assert writer.publish()
            assert not writer.publish()
        assert len(index.order(Sort())) == 1
        assert index.generation() == before + 1


def test_what_a_writer_left_unshown_the_next_one_shows(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as index:
        with index.writer() as writer:
            write(writer, [(b"a.md", taken(_WITHOUT, b"a.md"))])
        with index.writer() as writer:
            assert writer.publish()
        assert len(index.order(Sort())) == 1


def test_together_is_all_or_nothing() -> None:
    with closing(_index()) as index:
        with index.writer() as writer:
            with pytest.raises(ZeroDivisionError), writer.together():
                write(writer, [(b"a.md", taken(_WITHOUT, b"a.md"))])
                raise ZeroDivisionError
            writer.publish()
        assert index.documents() == 0
        assert list(index.order(Sort())) == []


def test_indexes_that_are_left_out_at_first_are_made_in_the_end(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as index, index.writer() as writer:
        writer.begin_first_time()
        more = Links("http://a.example/1", amp="http://a.example/amp")
        write(writer, [(b"a.md", taken(Article("a.md", "A", links=more), b"a.md"))])
        row = index.rowid_by_path(b"a.md")
        for _ in range(2):  # without the indexes, and with them
            assert index.rowid_by_url("http://a.example/1") == index.rowid_by_url("http://a.example/amp") == row
            writer.finish()
        assert not (tmp_path / "i.db-wal").stat().st_size


def test_a_large_index_is_sorted_in_threads_as_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reader.storage.sqlite.index.writer._WORTH_THREADS", 1)
    articles = [Article(f"{n}.md", f"t{n % 7}", quality=n % 5 or None) for n in range(90)]
    with closing(_index(tmp_path / "i.db")) as index, closing(_index()) as memory:
        put(index, *articles)
        put(memory, *articles)
        for reverse in (False, True):
            assert index.order(Sort("quality", reverse)) == memory.order(Sort("quality", reverse))


def test_an_index_goes_on_in_memory_with_what_it_has(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as index:
        put(index, _WITHOUT, _WITH_URL)
        order = list(index.order(Sort()))
        with closing(index.copied_to_memory()) as copy:
            assert copy.in_memory
            assert list(copy.order(Sort())) == order
            put(copy, Article("third.md", "Third"))
            assert len(copy.order(Sort())) == 3
        assert len(index.order(Sort())) == 2


def test_one_writes_at_a_time_among_threads_and_among_programs(tmp_path: Path) -> None:
    with closing(_index(tmp_path / "i.db")) as one, closing(_index(tmp_path / "i.db")) as other:
        with one.writer():
            for second in (one, other):
                with pytest.raises(BusyError, match="Another newsreader is reading this folder"), second.writer():
                    pass
        with other.writer():
            pass


def test_the_lock_of_a_program_that_was_killed_is_free(tmp_path: Path) -> None:
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


def test_where_no_lock_file_can_be_made_threads_still_take_turns(tmp_path: Path) -> None:
    import threading

    guard = threading.Lock()
    with lock.locked(guard, tmp_path / "no" / "such" / "x.lock", lock.NO_WAIT):
        assert guard.locked()
        with pytest.raises(BusyError), lock.locked(guard, None, lock.NO_WAIT):
            pass
    assert not guard.locked()


def test_the_file_of_another_program_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
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
