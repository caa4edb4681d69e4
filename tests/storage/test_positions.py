"""How far one was in articles, and at which article of which view: kept, bounded, carried along, restored."""

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
from reader.storage.sqlite.marks import positions
from reader.storage.sqlite.marks.positions import (
    MAX_ARTICLES,
    MAX_LISTS,
    PositionTable,
)
from reader.storage.sqlite.marks.store import MarkStore
from tests.conftest import MakeFolder, OpenLibrary

_ID, _OTHER = "0123456789abcdef", "fedcba9876543210"
_FOLDER = "/news"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


@pytest.fixture
def state(path: Path) -> Iterator[MarkStore]:
    with closing(_open(path)) as opened:
        yield opened


def _open(path: Path) -> MarkStore:
    opened, notice = MarkStore.open(path)
    assert notice == ""
    return opened


def _documents(count: int, start: int = 0) -> dict[str, str]:
    return {
        f"{n:03}.md": f"---\ntitle: N{n:03}\nquality: {500 - n}\noriginalUrl: https://a.org/{n}\n---\n"
        for n in range(start, start + count)
    }


_BEST = Sort("quality")
_NAME = list_key(_BEST)


# In the file of marks.


def test_how_far_one_was_is_kept_between_runs_and_the_top_is_no_place(state: MarkStore, path: Path) -> None:
    state.positions.store(_FOLDER, {1: 500, -2: 7}, {})
    with closing(_open(path)) as other:  # another window, or a later run
        assert [other.positions.article_position(id_) for id_ in (1, -2, 3)] == [500, 7, 0]
        other.positions.store(_FOLDER, {1: 0, -2: 8}, {})
    assert [state.positions.article_position(id_) for id_ in (1, -2)] == [0, 8]
    assert len(_rows(state).articles) == 1


def _rows(state: MarkStore) -> positions.PositionRows:
    with state._file.read() as db:
        return positions.all_positions(db)


def test_the_place_in_a_view_is_of_one_folder_and_one_view(state: MarkStore, path: Path) -> None:
    place = ListPosition((1, -2, 3), 40, 7)
    state.positions.store(_FOLDER, {}, {"date down": place})
    with closing(_open(path)) as other:
        assert other.positions.list_position(_FOLDER, "date down") == place
        assert other.positions.list_position(_FOLDER, "date up") is None
        assert other.positions.list_position("/other", "date down") is None
        other.positions.store(_FOLDER, {}, {"date down": None})
    assert state.positions.list_position(_FOLDER, "date down") is None


def test_a_place_is_no_change_of_marks(state: MarkStore) -> None:
    state.mark([_ID], MarkChange(read=True))
    version, exported = state.version(), [*state.entries()]
    assert state.backup_if_due() is not None
    state.positions.store(_FOLDER, {1: 500}, {"date down": ListPosition((1,), 4, 0)})
    assert state.version() == version
    assert [*state.entries()] == exported
    assert state.backup_if_due(now=4e9) is None  # nothing that would have to be backed up
    undone = state.undo()
    assert undone is not None
    assert undone.description == "Marked 1 article read"
    assert state.positions.article_position(1) == 500


def test_of_articles_the_newest_ten_thousand_are_kept(state: MarkStore) -> None:
    state.positions.store(_FOLDER, {1: 1, 2: 2}, {})
    state.positions.store(_FOLDER, dict.fromkeys(range(10, 10 + MAX_ARTICLES - 1), 5), {})
    assert len(_rows(state).articles) == MAX_ARTICLES
    state.positions.store(_FOLDER, {2: 3}, {})
    state.positions.store(_FOLDER, {3: 3}, {})
    assert len(_rows(state).articles) == MAX_ARTICLES
    assert [state.positions.article_position(id_) for id_ in (2, 3)] == [3, 3]


def test_of_views_the_newest_of_each_folder_are_kept(state: MarkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ListPosition((1,), 4, 0)
    state.positions.store("/other", {}, {"first": place})
    for part in range(3):
        state.positions.store(_FOLDER, {}, {f"{part} {n}": place for n in range(MAX_LISTS // 2)})
    assert state.positions.list_position("/other", "first") == place
    kept = [row[1] for row in _rows(state).lists if row[0] == _FOLDER]
    assert len(kept) == MAX_LISTS
    assert {name[0] for name in kept} == {"1", "2"}
    monkeypatch.setattr(positions, "MAX_LISTS_TOTAL", 50)
    state.positions.store("/third", {}, {"first": place})
    assert len(_rows(state).lists) == 50
    assert state.positions.list_position("/third", "first") == place


def test_what_was_seen_last_is_kept_although_the_clock_was_set_back(
    state: MarkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "MAX_ARTICLES", 2)
    for id_, now in ((1, 9_000), (2, 8_000), (3, 7_000)):
        monkeypatch.setattr("reader.storage.sqlite.marks.schema.time.time_ns", lambda now=now: now * 1_000_000)
        state.positions.store(_FOLDER, {id_: id_}, {})
    assert [state.positions.article_position(id_) for id_ in (1, 2, 3)] == [0, 2, 3]


def test_a_file_without_places_is_updated_after_a_backup(path: Path) -> None:
    with closing(_open(path)) as state:
        state.mark([_ID], MarkChange(read=True, add_tags=("AI",)))
        said, version = state.marks_of([_ID]), state.version()
    with closing(sqlite3.connect(path)) as db:
        for table in ("positions", "places"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version=2")
    with closing(_open(path)) as state:
        assert (state.marks_of([_ID]), state.version()) == (said, version)
        state.positions.store(_FOLDER, {1: 500}, {})
        assert state.undo() is not None
    (backup,) = path.parent.glob("state.db.before-update-*")
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
    with closing(_open(path)) as state:
        assert state.positions.article_position(1) == 500


def _header(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def _no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE runs")


@pytest.mark.parametrize("damage", [_header, _no_table])
@pytest.mark.parametrize("backed_up", [True, False])
def test_places_are_saved_from_a_damaged_file(path: Path, damage: Callable[[Path], None], backed_up: bool) -> None:
    place = ListPosition((1, -2), 4, 3)
    with closing(_open(path)) as state:
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


def test_what_damage_has_made_of_places_is_left_out() -> None:
    good = (_FOLDER, "date down", "[1]", 1, 2, 3)
    found = positions.valid_rows(
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


def test_places_go_along_when_the_file_is_another(path: Path) -> None:
    with closing(_open(path)) as state:
        state.positions.store(_FOLDER, {1: 100}, {"date down": ListPosition((1,), 4, 0)})
        for each in path.parent.iterdir():
            each.unlink()
        assert state.positions.article_position(1) == 100
    with closing(_open(path)) as state:
        assert state.positions.list_position(_FOLDER, "date down") == ListPosition((1,), 4, 0)


def test_where_marks_cannot_be_kept_the_run_begins_with_the_places_there_are(path: Path) -> None:
    with closing(_open(path)) as state:
        state.positions.store(_FOLDER, {1: 100}, {})
    with closing(MarkStore.in_memory(path)) as state:
        assert state.positions.article_position(1) == 100


def test_a_newer_file_is_left_alone(state: MarkStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ReaderError, match="newer newsreader"):
        state.positions.store(_FOLDER, {1: 1}, {})
    assert state.positions.article_position(1) == 0


def test_an_article_that_gets_another_identity_keeps_its_places(state: MarkStore) -> None:
    state.positions.store(
        _FOLDER, {1: 100, 3: 300}, {"date down": ListPosition((5, 1), 4, 0), "date up": ListPosition((7,), 4, 0)}
    )
    state.positions.store(_FOLDER, {4: 400}, {})
    state.reassign_ids([(1, 2), (3, 4), (5, 5)])
    assert [state.positions.article_position(id_) for id_ in (2, 4)] == [100, 400]  # of two the later
    assert state.positions.list_position(_FOLDER, "date down") == ListPosition((5, 2), 4, 0)
    assert state.positions.list_position(_FOLDER, "date up") == ListPosition((7,), 4, 0)


# In a folder.


def _left(library: Library, at: int, line: int = 0) -> None:
    library.positions.set_list(_NAME, library.articles.order(_BEST).position_at(at, line))


def _title(library: Library, found: tuple[int, int] | None) -> str:
    assert found is not None
    return library.articles.rows([library.articles.order(_BEST).rowids[found[0]]])[0].title


def test_what_was_noted_is_known_at_once_and_on_disk_when_it_is_written(
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
    assert opened.positions.article(_ID) == 88  # once written, nothing hides what another window says


def test_an_article_is_found_again_by_its_identity(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder(_documents(20, start=10))
    first = library(folder)
    _left(first, 6, 2)
    first.positions.write()
    first.close()
    Paths.from_environment().index_file(folder).unlink()
    make_folder(_documents(10))  # better ones have come
    again = library(folder)
    found = again.positions.index_in(_NAME, again.articles.order(_BEST))
    assert found == (16, 2)
    assert _title(again, found) == "N016"


@pytest.mark.parametrize(
    ("gone", "instead"), [((), 5), ((5,), 6), ((5, 6), 4), ((4, 5, 6), 7), (range(1, 10), None), (range(10), None)]
)
@pytest.mark.parametrize("another_run", [False, True])
def test_for_an_article_that_is_gone_its_nearest_neighbour_is_found(
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
    # Without any neighbour it is whatever stands there now.
    assert _title(again, found) == (f"N{instead:03}" if instead is not None else _title(again, (5, 0)))


def test_in_an_empty_view_there_is_no_place(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder(_documents(9)))
    _left(opened, 4)
    assert opened.positions.index_in(_NAME, ArticleOrder(_BEST, array("I"))) is None


def test_of_two_documents_of_one_article_the_one_that_was_selected_is_found(
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


def test_who_was_at_the_first_article_begins_at_the_first(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder(_documents(9, start=10)))
    _left(opened, 4)
    opened.positions.write()
    _left(opened, 0)
    opened.positions.write()
    again = library(make_folder(_documents(1)))
    assert again.positions.index_in(_NAME, again.articles.order(_BEST)) is None


def test_a_new_index_takes_no_row_for_another(
    make_folder: MakeFolder, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = library(make_folder(_documents(9)))
    _left(opened, 4)
    opened.positions.write()
    _left(opened, 6)
    assert opened.renew()
    assert opened.positions.index_in(_NAME, opened.articles.order(_BEST)) == (4, 0)


def test_a_query_is_one_view_however_it_is_written(make_folder: MakeFolder, library: OpenLibrary) -> None:
    assert list_key(_BEST, format_query(parse_query("topic:ai  law"))) == list_key(
        _BEST, format_query(parse_query("topic:ai law"))
    )
    assert list_key(Sort("date"), "a") != list_key(Sort("date", reverse=True), "a")
    opened = library(make_folder(_documents(9)))
    name = list_key(_BEST, "a" * 3000)
    opened.positions.set_list(name, opened.articles.order(_BEST).position_at(4, 0))
    assert opened.positions.index_in(name, opened.articles.order(_BEST)) is None


def test_what_could_not_be_written_is_written_the_next_time(
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


def test_without_the_file_of_marks_everything_begins_at_its_top(
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


def test_of_this_run_the_latest_views_are_known(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder(_documents(9)))
    view = opened.articles.order(_BEST)
    for n in range(MAX_LISTS + 10):
        opened.positions.set_list(f"date down {n}", view.position_at(4, 0))
    assert len(opened.positions._lists) == MAX_LISTS
    opened.positions.write()
    assert opened.positions.index_in(f"date down {MAX_LISTS}", view) == (4, 0)
    assert opened.positions.index_in("date down 0", view) is None


def test_a_place_names_the_neighbours_that_there_are() -> None:
    view = ArticleOrder(_BEST, array("I", range(100, 103)))
    assert view.position_at(0, 0).articles == (100, 101, 102)
    assert view.position_at(2, 1) == ListPosition((102, 101, 100), 2, 1)
