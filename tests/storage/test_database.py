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


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
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


def test_a_transaction_ended_by_sqlite_raises_its_cause(database: Database) -> None:
    with pytest.raises(StorageError, match="unique constraint failed"), database.write() as db:
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("INSERT OR ROLLBACK INTO t VALUES (1)")
    assert _all(database) == []


def test_many_threads_write_and_read_concurrently(database: Database) -> None:
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
    together = threading.Barrier(2)

    def borrow() -> None:
        with database.read() as db:
            db.execute("SELECT 1")
            lent.append(db)
            together.wait(10)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(borrow) for _ in range(2)]:
            each.result()
    database.close()
    assert len(set(map(id, lent))) == 2
    for db in lent:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            db.execute("SELECT 1")
    for _ in range(4):
        with pytest.raises(StorageError, match="cannot operate on a closed database") as caught, database.read() as db:
            db.execute("SELECT 1")
        assert not caught.value.damaged


def _is_open(db: sqlite3.Connection) -> bool:
    try:
        return bool(db.execute("SELECT 1").fetchone())
    except sqlite3.ProgrammingError:
        return False


def test_threads_take_turns_with_few_connections(tmp_path: Path) -> None:
    """However many threads read at once, few connections, each with a cache of its own, stay open afterwards."""
    lent: list[sqlite3.Connection] = []
    together = threading.Barrier(8)

    def borrow() -> None:
        with database.read() as db, database.read() as nested:
            assert nested is db
            db.execute("SELECT 1")
            lent.append(db)
            together.wait(10)

    with closing(Database(tmp_path / "a.db", durable=False)) as database:
        for _ in range(3):
            with ThreadPoolExecutor(8) as pool:
                for each in [pool.submit(borrow) for _ in range(8)]:
                    each.result()
        assert len(set(map(id, lent[-8:]))) == 8
        still_open = {id(db) for db in lent if _is_open(db)}
        assert 1 <= len(still_open) <= 3


def test_no_connection_keeps_the_cache_that_a_large_write_needed(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", durable=False, cache_kib=100)
    with closing(database), database.read() as first, database.dedicated_connection() as second:
        connections = (first, second)
        for db in connections:
            assert db.execute("PRAGMA cache_size").fetchone() == (-100,)
            db.execute("PRAGMA cache_size=-64000")
        database.shrink()
        assert [db.execute("PRAGMA cache_size").fetchone() for db in connections] == [(-100,)] * 2


def test_a_connection_left_in_a_transaction_is_not_lent_again(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "a.db", durable=True)) as database:
        with database.read() as left:
            left.execute("BEGIN")
        with database.write() as db:
            db.execute("CREATE TABLE t (x)")
        assert db is not left
        with closing(sqlite3.connect(tmp_path / "a.db")) as other:
            assert other.execute("SELECT * FROM t").fetchall() == []


@pytest.mark.parametrize("place", ["missing/a.db", "."])
def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path, place: str) -> None:
    database = Database(tmp_path / place, durable=True)
    with pytest.raises(StorageError, match=r"cannot be used: .+\.$") as caught, database.read():
        pytest.fail("lent")
    assert not caught.value.damaged


def test_a_file_that_is_not_a_database_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database" * 100)
    database = Database(path, durable=True)
    with pytest.raises(StorageError, match=r"a\.db cannot be used: file is not a database") as caught, database.read():
        pytest.fail("lent")
    assert caught.value.damaged
    assert path.read_bytes() == b"not a database" * 100


def test_files_are_set_aside_with_their_journals_under_free_names(tmp_path: Path) -> None:
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


def test_a_transaction_that_cannot_be_ended_does_not_swallow_later_ones(tmp_path: Path) -> None:
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


def test_damage_with_an_undecodable_message_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE tttttttt (x)")
    path.write_bytes(path.read_bytes().replace(b"tttttttt", b"\xfft\xfft\xfft\xfft").replace(b"CREATE", b"CRXATE"))
    with closing(Database(path, durable=True)) as database:
        with pytest.raises(StorageError, match="malformed") as caught, database.read() as db:
            db.execute("SELECT * FROM a")
        assert caught.value.damaged
