"""Damage to the page store: only damaged pages are lost, whatever interrupts the recovery."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import zlib
from collections.abc import Set
from pathlib import Path

import pytest

from reader.storage.sqlite.pages import recovery
from reader.storage.sqlite.pages.store import PageStore
from tests.fetching.linked_pages import body_of
from tests.storage.killed_steps import KilledSteps
from tests.storage.page_helpers import OpenPages, a_page, an_id, incompressible


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pages.db"


def _overwrite(path: Path, start: float, length: int = 4096) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * start) // 4096 * 4096)
        file.write(b"\xa5" * length)


def test_a_foreign_file_is_set_aside(path: Path, pages_at: OpenPages) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xa5" * 20_000)
    pages = pages_at(path)
    assert "was damaged, and is set aside" in pages.notice
    assert pages.ids_with_page() == set()
    pages.put(a_page(1), b"")
    assert len(list(path.parent.glob("pages.db.damaged-*"))) == 1
    assert pages_at(path).ids_with_page() == {1}


@pytest.mark.parametrize("statement", ["PRAGMA user_version=99", "PRAGMA application_id=7"])
def test_a_file_of_another_format_is_set_aside_unchanged(path: Path, pages_at: OpenPages, statement: str) -> None:
    pages = pages_at(path)
    pages.put(a_page(1), b"")
    pages.close()
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()
    again = pages_at(path)
    assert again.ids_with_page() == set()
    assert "written by another version of newsreader, or another program, and is set aside" in again.notice
    assert "damaged," not in again.notice
    (aside,) = path.parent.glob("pages.db.damaged-*")
    with sqlite3.connect(aside) as db:
        assert db.execute("SELECT count(*) FROM pages").fetchone() == (1,)
    db.close()


def test_pages_stored_as_markdown_are_still_readable(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.put(a_page(1, markdown="Old [link](https://a.example/x)\n"), b"body")
    pages.close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE texts RENAME COLUMN blocks TO markdown")
        db.execute("UPDATE texts SET markdown = ?", [zlib.compress(b"[Linked](https://a.example/x) words\n")])
        db.execute("PRAGMA user_version=1")
    db.close()
    again = pages_at(path)
    assert again.notice == ""
    page = again.page(an_id(1))
    assert page is not None
    assert page.extract.markdown == "[Linked](https://a.example/x) words\n"
    assert body_of(again, an_id(1)) == (b"body", "")
    again.put(a_page(2, markdown="New glacier\n"), b"")
    assert again.with_words(["glacier"], prefix=False) == [2]
    again.prune()  # indexes the words of every page again
    assert again.with_words(["linked", "words"], prefix=False) in ([], [1])
    assert pages_at(path).ids_with_page() == {1, 2}


def test_a_folder_in_its_place_is_set_aside(path: Path, pages_at: OpenPages) -> None:
    path.mkdir(parents=True)
    pages = pages_at(path)
    pages.put(a_page(1), b"")
    assert not pages.in_memory


@pytest.mark.parametrize("where", [0.0, 0.2, 0.5, 0.8])
def test_only_damaged_pages_are_lost(path: Path, pages_at: OpenPages, where: float) -> None:
    pages = pages_at(path)
    for n in range(1, 101):
        pages.put(a_page(n, markdown=f"Text {n}\n"), incompressible(3_000, n))
    pages.prune()  # into the main file
    pages.close()
    _overwrite(path, where, 8192)
    again = pages_at(path)
    for n in range(1, 101):  # whichever thread finds the damage
        again.page(an_id(n))
        body_of(again, an_id(n))
    left = again.ids_with_page()
    for n in left:
        page = again.page(an_id(n))
        assert page is not None
        assert page.extract.markdown == f"Text {n}\n"
        assert body_of(again, an_id(n)) == (incompressible(3_000, n), "")
    if where >= 0.2:
        assert len(left) >= 30, "most pages are still readable"
    again.put(a_page(1000), b"")
    assert again.page(an_id(1000)) is not None


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages of thirty articles, of which the first is damaged."""
    path = tmp_path_factory.mktemp("damaged") / "pages.db"
    pages = PageStore.open(path, frozenset)
    for n in range(1, 31):
        pages.put(a_page(n), incompressible(3_000, n))
    pages.close()
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE texts SET blocks = x'00ff00ff' WHERE id = 1")
    return path.parent


_RESCUE = """
from reader.storage.sqlite.pages import recovery
from reader.storage.sqlite.pages.store import PageStore

def run(path, steps):
    pages = PageStore.open(path, frozenset)
    kill_before({"os.rename", "os.remove", "sqlite3.connect"}, str(path.parent), steps)
    pages.page("0000000000000001")
    print(pages.notice)
"""


def test_recovery_killed_at_any_step_loses_nothing(path: Path, pages_at: OpenPages, damaged: Path) -> None:
    """Kill the process before each step that renames, removes or opens a file."""
    killed = 0
    with KilledSteps(_RESCUE) as rescue:
        for step in range(100):
            made = Path(shutil.copytree(damaged, path.with_name(f"{step}"))) / "pages.db"
            ended = rescue.run(made, step)
            again = pages_at(made)
            again.page(an_id(1))  # what is still damaged is found to be
            assert again.ids_with_page() == set(range(2, 31))
            assert again.page(an_id(30)) == a_page(30)
            again.put(a_page(1), b"")
            assert len([*made.parent.glob("pages.db.damaged-*[0-9]")]) == 1
            again.clear()
            left = {each.name.removeprefix("pages.db") for each in made.parent.iterdir()}
            assert left <= {"", "-wal", "-shm", ".lock"}
            again.close()
            if ended.status == 0:
                assert "29 pages could be saved" in ended.output
                break
            assert ended.status == -signal.SIGKILL, ended.output
            killed += 1
    assert killed >= 8


_ENDED_WHILE_COPYING = """
import os, signal, reader.storage.sqlite.pages.recovery as rescue
def put(db, row, former=rescue.put):
    if row.id == 15: os.kill(os.getpid(), signal.SIGKILL)
    former(db, row)
rescue.put = put
"""


def test_recovery_killed_while_copying_loses_nothing(path: Path, pages_at: OpenPages, damaged: Path) -> None:
    shutil.copytree(damaged, path.parent)
    with KilledSteps(_RESCUE + _ENDED_WHILE_COPYING) as rescue:
        assert rescue.run(path, 10_000).status == -signal.SIGKILL
    again = pages_at(path)
    assert again.page(an_id(1)) is None
    assert "29 pages could be saved" in again.notice
    assert again.ids_with_page() == set(range(2, 31))


def test_pages_stored_by_others_during_recovery_are_not_lost(
    path: Path, pages_at: OpenPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, other = pages_at(path), pages_at(path)
    for n in range(1, 4):
        pages.put(a_page(n), b"body")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE texts SET blocks = x'00ff00ff' WHERE id = 1")
    db.close()
    save = recovery._copy_readable

    def and_meanwhile(path: Path) -> Set[int]:
        saved = save(path)
        other.put(a_page(4), b"")
        return saved

    monkeypatch.setattr(recovery, "_copy_readable", and_meanwhile)
    assert pages.page(an_id(1)) is None
    assert pages.ids_with_page() == {2, 3, 4} == other.ids_with_page()


def test_damage_of_an_open_file_is_recovered_in_use(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    for n in range(1, 51):
        pages.put(a_page(n), incompressible(3_000, n))
    pages.prune()
    other = pages_at(path)
    assert len(other.ids_with_page()) == 50
    pages.close()
    with path.open("r+b") as file:
        file.write(b"\xa5" * 4096)
    fresh = pages_at(path)
    fresh.put(a_page(99), b"")
    assert "damaged" in fresh.notice
    # The instance that had it open follows to the new file.
    other.put(a_page(98), b"")
    assert {98, 99} <= fresh.ids_with_page()
    assert other.ids_with_page() == fresh.ids_with_page()


def test_undecodable_values_are_damage(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    for n in (1, 2):
        pages.put(a_page(n), b"body")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE texts SET blocks = x'00ff00ff' WHERE id = 1")
        db.execute("UPDATE pages SET facts = '{}' WHERE id = 1")
    db.close()
    assert pages.page(an_id(1)) is None
    assert "1 page could be saved" in pages.notice
    assert pages.page(an_id(2)) == a_page(2)


def test_a_deleted_file_is_recreated(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.put(a_page(1), b"")
    for each in path.parent.glob("pages.db*"):
        each.unlink()
    assert pages.ids_with_page() == set()
    pages.put(a_page(2), b"")
    assert pages_at(path).ids_with_page() == {2}


def test_clear_removes_quarantined_files(path: Path, pages_at: OpenPages) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xa5" * 20_000)
    pages_at(path).clear()
    assert list(path.parent.glob("pages.db.damaged-*")) == []
