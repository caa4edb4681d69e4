"""Positions in articles and lists: stored, bounded, moved with documents, restored."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.ordering import ArticleOrder, ListPosition, Sort, list_key
from reader.core.paths import Paths
from reader.library.library import Library
from reader.query.parser import format_query, parse_query
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.marks import positions, recovery
from reader.storage.sqlite.marks.positions import (
    MAX_ARTICLES,
    MAX_LISTS,
    PositionTable,
)
from reader.storage.sqlite.marks.store import MarkStore
from tests.conftest import MakeFolder, OpenLibrary
from tests.storage.mark_helpers import open_marks

_ID, _OTHER = "0123456789abcdef", "fedcba9876543210"
_FOLDER = "/news"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


@pytest.fixture
def state(path: Path) -> Iterator[MarkStore]:
    with closing(open_marks(path)) as opened:
        yield opened


def _documents(count: int, start: int = 0) -> dict[str, str]:
    return {
        f"{n:03}.md": f"---\ntitle: N{n:03}\nquality: {500 - n}\noriginalUrl: https://a.org/{n}\n---\n"
        for n in range(start, start + count)
    }


_BEST = Sort("quality")
_NAME = list_key(_BEST)


# In the marks file.


def test_reading_positions_are_stored_between_runs_except_the_top(state: MarkStore, path: Path) -> None:
    state.positions.store(_FOLDER, {1: 500, -2: 7}, {})
    with closing(open_marks(path)) as other:  # another window, or a later session
        assert [other.positions.article_position(id_) for id_ in (1, -2, 3)] == [500, 7, 0]
        other.positions.store(_FOLDER, {1: 0, -2: 8}, {})
    assert [state.positions.article_position(id_) for id_ in (1, -2)] == [0, 8]
    assert len(_rows(state).articles) == 1


def _rows(state: MarkStore) -> positions.PositionRows:
    with state.file.read() as db:
        return positions.all_positions(db)


def test_list_positions_belong_to_one_folder_and_one_list(state: MarkStore, path: Path) -> None:
    place = ListPosition((1, -2, 3), 40, 7)
    state.positions.store(_FOLDER, {}, {"date down": place})
    with closing(open_marks(path)) as other:
        assert other.positions.list_position(_FOLDER, "date down") == place
        assert other.positions.list_position(_FOLDER, "date up") is None
        assert other.positions.list_position("/other", "date down") is None
        other.positions.store(_FOLDER, {}, {"date down": None})
    assert state.positions.list_position(_FOLDER, "date down") is None


def test_a_position_is_not_a_change_of_marks(state: MarkStore) -> None:
    state.mark([_ID], MarkChange(read=True))
    version, exported = state.version(), [*state.entries()]
    assert state.backup_if_due() is not None
    state.positions.store(_FOLDER, {1: 500}, {"date down": ListPosition((1,), 4, 0)})
    assert state.version() == version
    assert [*state.entries()] == exported
    assert state.backup_if_due(now=4e9) is None  # nothing that needs a backup
    undone = state.undo()
    assert undone is not None
    assert undone.description == "Marked 1 article read"
    assert state.positions.article_position(1) == 500


def test_the_newest_ten_thousand_article_positions_are_stored(state: MarkStore) -> None:
    state.positions.store(_FOLDER, {1: 1, 2: 2}, {})
    state.positions.store(_FOLDER, dict.fromkeys(range(10, 10 + MAX_ARTICLES - 1), 5), {})
    assert len(_rows(state).articles) == MAX_ARTICLES
    state.positions.store(_FOLDER, {2: 3}, {})
    state.positions.store(_FOLDER, {3: 3}, {})
    assert len(_rows(state).articles) == MAX_ARTICLES
    assert [state.positions.article_position(id_) for id_ in (2, 3)] == [3, 3]


def test_the_newest_list_positions_of_each_folder_are_stored(state: MarkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ListPosition((1,), 4, 0)
    state.positions.store("/other", {}, {"first": place})
    for part in range(3):
        state.positions.store(_FOLDER, {}, {f"{part} {n}": place for n in range(MAX_LISTS // 2)})
    assert state.positions.list_position("/other", "first") == place
    stored = [row[1] for row in _rows(state).lists if row[0] == _FOLDER]
    assert len(stored) == MAX_LISTS
    assert {name[0] for name in stored} == {"1", "2"}
    monkeypatch.setattr(positions, "MAX_LISTS_TOTAL", 50)
    state.positions.store("/third", {}, {"first": place})
    assert len(_rows(state).lists) == 50
    assert state.positions.list_position("/third", "first") == place


def test_the_last_position_is_stored_even_if_the_clock_was_set_back(
    state: MarkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "MAX_ARTICLES", 2)
    for id_, now in ((1, 9_000), (2, 8_000), (3, 7_000)):
        monkeypatch.setattr("reader.storage.sqlite.marks.schema.time.time_ns", lambda now=now: now * 1_000_000)
        state.positions.store(_FOLDER, {id_: id_}, {})
    assert [state.positions.article_position(id_) for id_ in (1, 2, 3)] == [0, 2, 3]


def test_a_file_without_positions_is_upgraded_after_a_backup(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True, add_tags=("AI",)))
        marks_before, version = state.marks_of([_ID]), state.version()
    with closing(sqlite3.connect(path)) as db:
        for table in ("positions", "places"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version=2")
    with closing(open_marks(path)) as state:
        assert (state.marks_of([_ID]), state.version()) == (marks_before, version)
        state.positions.store(_FOLDER, {1: 500}, {})
        assert state.undo() is not None
    (backup,) = path.parent.glob("state.db.before-update-*")
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
    with closing(open_marks(path)) as state:
        assert state.positions.article_position(1) == 500


def _header(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def _no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE runs")


@pytest.mark.parametrize("damage", [_header, _no_table])
@pytest.mark.parametrize("backed_up", [True, False])
def test_positions_are_salvaged_from_a_damaged_file(
    path: Path, damage: Callable[[Path], None], backed_up: bool
) -> None:
    place = ListPosition((1, -2), 4, 3)
    with closing(open_marks(path)) as state:
        state.mark([_ID], MarkChange(read=True))
        state.positions.store(_FOLDER, {1: 100, 2: 200}, {"date down": place})
        if backed_up:
            assert state.backup_if_due() is not None
        state.positions.store(_FOLDER, {1: 111}, {"date up": place})
    damage(path)
    state, notice = MarkStore.open(path)
    with closing(state):
        assert "damaged" in notice
        assert state.marks_of([_ID])[_ID].read
        assert [state.positions.article_position(id_) for id_ in (1, 2)] == [111, 200]
        assert (
            state.positions.list_position(_FOLDER, "date down")
            == state.positions.list_position(_FOLDER, "date up")
            == place
        )


def test_damaged_positions_are_left_out() -> None:
    good = (_FOLDER, "date down", "[1]", 1, 2, 3)
    found = recovery.valid_positions(
        [(1, 2, 3), (1, -2, 3), ("x", 2, 3), (1, None, 3), (4, 5, 10**17)],
        [
            good,
            (1, *good[1:]),
            (*good[:2], "[1", 1, 2, 3),
            (*good[:2], '{"a":1}', 1, 2, 3),
            (*good[:2], "[1e9]", 1, 2, 3),
        ],
    )
    assert found.lists == [good]
    assert [row[:2] for row in found.articles] == [(1, 2), (4, 5)]
    assert found.articles[1][2] < 10**15


def test_positions_are_merged_into_a_replaced_file(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.positions.store(_FOLDER, {1: 100}, {"date down": ListPosition((1,), 4, 0)})
        for each in path.parent.iterdir():
            each.unlink()
        assert state.positions.article_position(1) == 100
    with closing(open_marks(path)) as state:
        assert state.positions.list_position(_FOLDER, "date down") == ListPosition((1,), 4, 0)


def test_a_read_only_file_still_provides_positions(path: Path) -> None:
    with closing(open_marks(path)) as state:
        state.positions.store(_FOLDER, {1: 100}, {})
    with closing(MarkStore.in_memory(path)) as state:
        assert state.positions.article_position(1) == 100


def test_a_newer_file_is_not_changed(state: MarkStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ReaderError, match="newer newsreader"):
        state.positions.store(_FOLDER, {1: 1}, {})
    assert state.positions.article_position(1) == 0


def test_positions_follow_an_article_whose_id_changes(state: MarkStore) -> None:
    state.positions.store(
        _FOLDER, {1: 100, 3: 300}, {"date down": ListPosition((5, 1), 4, 0), "date up": ListPosition((7,), 4, 0)}
    )
    state.positions.store(_FOLDER, {4: 400}, {})
    state.reassign_ids([(1, 2), (3, 4), (5, 5)])
    assert [state.positions.article_position(id_) for id_ in (2, 4)] == [100, 400]  # the later of the two
    assert state.positions.list_position(_FOLDER, "date down") == ListPosition((5, 2), 4, 0)
    assert state.positions.list_position(_FOLDER, "date up") == ListPosition((7,), 4, 0)


# In a folder.


def _left(library: Library, at: int, line: int = 0) -> None:
    library.positions.set_list(_NAME, library.articles.order(_BEST).position_at(at, line))


def _title(library: Library, found: tuple[int, int] | None) -> str:
    assert found is not None
    return library.articles.rows([library.articles.order(_BEST).rowids[found[0]]])[0].title


def test_a_position_takes_effect_at_once_and_is_durable_after_write(
    make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(_documents(9)))
    _left(opened, 4, 2)
    opened.positions.set_article(_ID, 77)
    assert opened.positions.index_in(_NAME, opened.articles.order(_BEST)) == (4, 2)
    assert opened.positions.article(_ID) == 77
    other = library(make_folder({}))
    assert other.positions.index_in(_NAME, other.articles.order(_BEST)) is None
    assert other.positions.article(_ID) == 0
    opened.positions.write()
    assert other.positions.index_in(_NAME, other.articles.order(_BEST)) == (4, 2)
    assert other.positions.article(_ID) == 77
    other.positions.set_article(_ID, 88)
    other.positions.write()
    assert opened.positions.article(_ID) == 88  # once written, nothing hides what another window has stored


def test_an_article_is_found_by_its_id(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder(_documents(20, start=10))
    first = library(folder)
    _left(first, 6, 2)
    first.positions.write()
    first.close()
    Paths.from_environment().index_file(folder).unlink()
    make_folder(_documents(10))  # better ones have arrived
    again = library(folder)
    found = again.positions.index_in(_NAME, again.articles.order(_BEST))
    assert found == (16, 2)
    assert _title(again, found) == "N016"


@pytest.mark.parametrize(
    ("gone", "instead"), [((), 5), ((5,), 6), ((5, 6), 4), ((4, 5, 6), 7), (range(1, 10), None), (range(10), None)]
)
@pytest.mark.parametrize("another_run", [False, True])
def test_the_nearest_neighbor_of_a_deleted_article_is_found(
    make_folder: MakeFolder, library: OpenLibrary, *, gone: range, instead: int | None, another_run: bool
) -> None:
    folder = make_folder(_documents(20))
    opened = library(folder)
    _left(opened, 5, 1)
    opened.positions.write()
    for number in gone:
        (folder / f"{number:03}.md").unlink()
    again = library(folder)
    places_ = again.positions if another_run else opened.positions
    found = places_.index_in(_NAME, again.articles.order(_BEST))
    # Without any neighbor it is whatever is at that index now.
    assert _title(again, found) == (f"N{instead:03}" if instead is not None else _title(again, (5, 0)))


def test_an_empty_list_has_no_position(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder(_documents(9)))
    _left(opened, 4)
    assert opened.positions.index_in(_NAME, ArticleOrder(_BEST, array("I"))) is None


def test_of_two_documents_of_one_article_the_selected_one_is_found(
    make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = _documents(9)
    documents["again.md"] = documents["001.md"].replace("quality: 499", "quality: 1")
    folder = make_folder(documents)
    opened = library(folder)
    for at in (1, 9):
        _left(opened, at)
        opened.positions.write()
        again = library(folder)
        assert again.positions.index_in(_NAME, again.articles.order(_BEST)) == (at, 0)


def test_a_list_left_at_its_first_article_opens_at_the_first(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder(_documents(9, start=10)))
    _left(opened, 4)
    opened.positions.write()
    _left(opened, 0)
    opened.positions.write()
    again = library(make_folder(_documents(1)))
    assert again.positions.index_in(_NAME, again.articles.order(_BEST)) is None


def test_a_new_index_does_not_confuse_rows(
    make_folder: MakeFolder, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = library(make_folder(_documents(9)))
    _left(opened, 4)
    opened.positions.write()
    _left(opened, 6)
    assert opened.renew()
    assert opened.positions.index_in(_NAME, opened.articles.order(_BEST)) == (4, 0)


def test_equivalent_queries_share_a_list_position(make_folder: MakeFolder, library: OpenLibrary) -> None:
    assert list_key(_BEST, format_query(parse_query("topic:ai  law"))) == list_key(
        _BEST, format_query(parse_query("topic:ai law"))
    )
    assert list_key(Sort("date"), "a") != list_key(Sort("date", reverse=True), "a")
    opened = library(make_folder(_documents(9)))
    name = list_key(_BEST, "a" * 3000)
    opened.positions.set_list(name, opened.articles.order(_BEST).position_at(4, 0))
    assert opened.positions.index_in(name, opened.articles.order(_BEST)) is None


def test_a_failed_write_is_repeated_by_the_next_one(
    make_folder: MakeFolder, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = library(make_folder(_documents(9)))
    _left(opened, 4)
    opened.positions.set_article(_ID, 77)

    def fail(*_: object) -> None:
        raise StorageError(None, sqlite3.OperationalError("disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(PositionTable, "store", fail)
        with pytest.raises(StorageError):
            opened.positions.write()
    assert opened.positions.article(_ID) == 77
    opened.positions.write()
    other = library(make_folder({}))
    assert (other.positions.article(_ID), other.positions.index_in(_NAME, other.articles.order(_BEST))) == (77, (4, 0))


def test_without_the_file_of_marks_everything_starts_at_the_top(
    make_folder: MakeFolder, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = library(make_folder(_documents(9)))

    def fail(*_: object) -> None:
        raise StorageError(None, sqlite3.OperationalError("disk I/O error"))

    for name in ("article_position", "list_position"):
        monkeypatch.setattr(PositionTable, name, fail)
    assert opened.positions.article(_ID) == 0
    assert opened.positions.index_in(_NAME, opened.articles.order(_BEST)) is None
    assert [record.message for record in caplog.records] == ["positions cannot be read"] * 2


def test_the_latest_list_positions_of_this_run_are_cached(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder(_documents(9)))
    view = opened.articles.order(_BEST)
    for n in range(MAX_LISTS + 10):
        opened.positions.set_list(f"date down {n}", view.position_at(4, 0))
    index_of = [opened.positions.index_in(f"date down {n}", view) for n in (0, 9, 10, MAX_LISTS + 9)]
    assert index_of == [None, None, (4, 0), (4, 0)], "older ones are not cached, and nothing is stored yet"
    opened.positions.write()
    assert opened.positions.index_in(f"date down {MAX_LISTS}", view) == (4, 0)
    assert opened.positions.index_in("date down 0", view) is None


def test_a_list_position_contains_the_existing_neighbors() -> None:
    view = ArticleOrder(_BEST, array("I", range(100, 103)))
    assert view.position_at(0, 0).articles == (100, 101, 102)
    assert view.position_at(2, 1) == ListPosition((102, 101, 100), 2, 1)
