from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from reader.storage.sqlite.database import Database, StorageError, quarantine


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "a.db" if request.param == "file" else None, durable=True)
    with opened.write() as db:
        db.execute("CREATE TABLE t (x UNIQUE)")
    yield opened
    opened.close()


def _all(database: Database) -> list[int]:
    with database.read() as db:
        return [x for (x,) in db.execute("SELECT x FROM t ORDER BY x")]


def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(StorageError, match="unique constraint failed"), database.write() as db:
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("INSERT INTO t VALUES (1)")
    assert _all(database) == []
    with pytest.raises(KeyboardInterrupt), database.write() as db:
        db.execute("INSERT OR ROLLBACK INTO t VALUES (2)")
        raise KeyboardInterrupt
    assert _all(database) == []
    with database.write() as db:
        db.execute("INSERT INTO t VALUES (3)")
    assert _all(database) == [3]


def test_a_transaction_that_sqlite_ended_itself_raises_what_ended_it(database: Database) -> None:
    with pytest.raises(StorageError, match="unique constraint failed"), database.write() as db:
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("INSERT OR ROLLBACK INTO t VALUES (1)")
    assert _all(database) == []


def test_many_threads_write_and_read_at_once(database: Database) -> None:
    together = threading.Barrier(8)

    def work(number: int) -> int:
        together.wait()
        with database.write() as db:
            db.execute("INSERT INTO t VALUES (?)", [number])
        return len(_all(database))

    with ThreadPoolExecutor(8) as pool:
        lengths = list(pool.map(work, range(8)))
    assert max(lengths) == 8
    assert _all(database) == list(range(8))


def test_closing_closes_the_connections_of_every_thread(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", durable=False)
    lent: list[sqlite3.Connection] = []

    def borrow() -> None:
        with database.read() as db:
            db.execute("SELECT 1")
            lent.append(db)

    borrow()
    thread = threading.Thread(target=borrow)
    thread.start()
    thread.join()
    database.close()
    assert len(set(map(id, lent))) == 2
    for db in lent:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            db.execute("SELECT 1")
    with pytest.raises(StorageError, match="cannot operate on a closed database") as caught, database.read() as db:
        db.execute("SELECT 1")
    assert not caught.value.damaged


@pytest.mark.parametrize("place", ["missing/a.db", "."])
def test_what_cannot_be_opened_is_told_in_a_sentence(tmp_path: Path, place: str) -> None:
    database = Database(tmp_path / place, durable=True)
    with pytest.raises(StorageError, match=r"cannot be used: .+\.$") as caught, database.read():
        pytest.fail("lent")
    assert not caught.value.damaged


def test_what_is_no_database_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database" * 100)
    database = Database(path, durable=True)
    with pytest.raises(StorageError, match=r"a\.db cannot be used: file is not a database") as caught, database.read():
        pytest.fail("lent")
    assert caught.value.damaged
    assert path.read_bytes() == b"not a database" * 100


def test_files_are_set_aside_with_their_journals_and_never_over_one_another(tmp_path: Path) -> None:
    aside = []
    for content in ("1", "2", "3"):
        for tail in ("", "-wal", "-shm") if content != "3" else ("",):
            (tmp_path / f"a.db{tail}").write_text(content + tail)
        aside.append(quarantine(tmp_path / "a.db"))
    assert [path.read_text() for path in aside] == ["1", "2", "3"]
    assert [path.with_name(path.name + "-wal").read_text() for path in aside[:2]] == ["1-wal", "2-wal"]
    assert len(list(tmp_path.glob("a.db.damaged-*"))) == 7
    assert not list(tmp_path.glob("a.db")) + list(tmp_path.glob("a.db-*"))


@pytest.mark.parametrize("name", ["a.db", None])
def test_closing_waits_for_a_thread_that_is_reading(tmp_path: Path, name: str | None) -> None:
    database = Database(tmp_path / name if name else None, durable=False)
    reading = threading.Event()

    def count() -> int:
        with database.read() as db:
            reading.set()
            numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)"
            return int(db.execute(f"{numbers} SELECT count(*) FROM n").fetchone()[0])

    with ThreadPoolExecutor(1) as pool:
        counted = pool.submit(count)
        assert reading.wait(10)
        database.close()
        assert counted.result() == 1_000_000
    with pytest.raises(StorageError), database.read() as db:
        db.execute("SELECT 1")


def test_a_transaction_that_cannot_be_ended_takes_nothing_later_with_it(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(Database(path, durable=True)) as database:
        with database.write() as db:
            db.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
            db.execute("CREATE TABLE b (a INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)")
        with database.read() as db:
            db.execute("PRAGMA foreign_keys=ON")
        with pytest.raises(StorageError), database.write() as db:
            db.execute("INSERT INTO b VALUES (7)")  # only the end of the transaction fails
        with database.write() as db:
            db.execute("INSERT INTO a VALUES (1)")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT * FROM a").fetchall() == [(1,)]
        assert other.execute("SELECT * FROM b").fetchall() == []


def test_damage_that_sqlite_has_no_readable_words_for_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE tttttttt (x)")
    path.write_bytes(path.read_bytes().replace(b"tttttttt", b"\xfft\xfft\xfft\xfft").replace(b"CREATE", b"CRXATE"))
    with closing(Database(path, durable=True)) as database:
        with pytest.raises(StorageError, match="malformed") as caught, database.read() as db:
            db.execute("SELECT * FROM a")
        assert caught.value.damaged
