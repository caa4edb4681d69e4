from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.core.model import Article, Links, Problem, Provider
from reader.core.ordering import Sort
from reader.core.paths import INDEX_FORMAT, Paths
from reader.library.library import Library
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.index.folder_index import Index
from tests.storage.parsed_file_helpers import put, remove, replace

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]

_ARTICLE = Article(
    path="sub/a.md",
    title="A title",
    excerpt="two\nlines",
    type="video",
    published_at=datetime(2021, 7, 28, 12, 38, 0, 123456, tzinfo=UTC),
    links=Links("http://a.example/1", "http://a.example/2", "http://a.example/3", "http://a.example/4"),
    quality=39.5,
    heat=7,
    provider=Provider("The Name", "a.example"),
    topics=("AI", "News"),
)


def _open(path: Path | None) -> Index:
    index, notice = Index.open(path)
    assert notice == ""
    return index


@pytest.mark.parametrize("name", ["index.db", None])
def test_row_contains_the_fields_of_the_document(tmp_path: Path, name: str | None) -> None:
    with closing(_open(tmp_path / "new" / name if name else None)) as index:
        put(index, _ARTICLE, Article("b.md", "Bare", published_at=datetime(1, 1, 1, tzinfo=UTC)))
        full, bare = (index.rows([rowid])[rowid] for rowid in index.order(Sort("date")))
        assert (full.path, full.title, full.excerpt, full.type) == ("sub/a.md", "A title", "two\nlines", "video")
        assert (full.published_at, full.links) == (_ARTICLE.published_at, _ARTICLE.links)
        assert (full.quality, full.heat, full.topics) == (39.5, 7, ("AI", "News"))
        assert (full.provider_name, full.provider_domain) == ("The Name", "a.example")
        assert (bare.quality, bare.heat, bare.topics, bare.source) == (None, None, (), "")
        assert bare.published_at == datetime(1, 1, 1, tzinfo=UTC)
        assert index.rowids_by_id(full.id) == [full.rowid]
        assert index.rowid_by_path(b"sub/a.md") == full.rowid
        assert index.path(full.rowid) == b"sub/a.md"
        with index.writer() as writer:
            (folder,) = (known.rowid for path, known in writer.folders().items() if path == b"sub")
            assert writer.files(folder) == {b"a.md": (full.rowid, 1, 2)}
            assert writer.file(folder, b"a.md") == (full.rowid, 1, 2)
        assert dict(index.paths()) == {full.rowid: b"sub/a.md", bare.rowid: b"b.md"}
        assert set(index.folder_paths().values()) == {b"", b"sub"}


def test_rows_returns_any_number_of_rows_without_deleted_ones() -> None:
    with closing(_open(None)) as index:
        put(index, *(Article(f"{n}.md", str(n)) for n in range(1203)))
        rowids = list(index.order(Sort()))
        assert len(index.rows([*rowids, 999_999])) == 1203
        assert index.rows([]) == {}
        assert index.path(999_999) is None


def test_article_is_found_by_the_canonical_form_of_any_of_its_urls() -> None:
    with closing(_open(None)) as index:
        put(index, Article("other.md", "Other"), _ARTICLE, Article("b.md", "B", links=Links("http://a.example/2")))
        rowid = index.rowid_by_path(b"sub/a.md")
        for number in range(1, 5):
            assert index.rowid_by_url([f"http://a.example/{number}"]) == rowid
            assert index.rowid_by_url([f"HTTP://A.example:80/{number}?utm_source=x#frag"]) == rowid
        assert index.rowid_by_url(["http://a.example/5"]) is None
        assert index.rowid_by_url(["https://a.example/1"]) == rowid
        assert index.rowid_by_url(["no address"]) is None


def test_changed_document_replaces_all_of_its_previous_rows() -> None:
    with closing(_open(None)) as index:
        replace(index, b"a.md", _ARTICLE, 1, (3, "quality", "bad"))
        replace(index, b"a.md", Article("a.md", "New"), 2)
        (row,) = index.rows(index.order(Sort())).values()
        assert (row.title, row.links) == ("New", Links())
        assert index.problems() == []
        assert index.rowid_by_url(["http://a.example/1"]) is None
        replace(index, b"a.md", None, 3, (1, "", "broken"))
        assert (index.totals().articles, index.totals().with_problems) == (0, 1)
        remove(index, row.rowid)
        assert (index.totals().with_problems, index.documents(), index.totals().problems) == (0, 0, 0)


def test_row_ids_are_never_reused() -> None:
    with closing(_open(None)) as index:
        put(index, Article("a.md", "A"), Article("b.md", "B"))
        gone = index.rowid_by_path(b"b.md")
        assert gone is not None
        remove(index, gone)
        put(index, Article("c.md", "C"))
        assert index.path(gone) is None
        assert index.rows([gone]) == {}


def test_problems_are_sorted_and_folder_problems_are_replaced_together(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with closing(_open(path)) as index, closing(sqlite3.connect(path)) as watcher:
        replace(index, b"b.md", None, 1, (2, "x", "m"), (1, "", "m"))

        def set_problems(*problems: Problem) -> None:
            with index.writer() as writer:
                writer.set_folder_problems(problems)

        set_problems(Problem("a", 1, "", "no"))
        assert [(each.path, each.line) for each in index.problems()] == [("a", 1), ("b.md", 1), ("b.md", 2)]
        assert index.totals().with_problems == 2

        def version() -> int:
            return int(watcher.execute("PRAGMA data_version").fetchone()[0])

        before = version()
        set_problems(Problem("a", 1, "", "no"))
        assert version() == before
        set_problems()
        assert version() != before
        assert [each.path for each in index.problems()] == ["b.md", "b.md"]


def _titles(library: Library) -> set[str]:
    return {row.title for row in library.articles.rows(library.articles.order(Sort()).rowids)}


@pytest.fixture
def folder(make_folder: MakeFolder, library: OpenLibrary) -> Path:
    """Return a folder with an index."""
    folder = make_folder({"a.md": "---\ntitle: A\n---\n"})
    library(folder).close()
    return folder


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


@pytest.mark.parametrize("damage", [_garbage, _cut_off])
def test_damaged_index_is_set_aside_and_rebuilt(
    folder: Path, library: OpenLibrary, own_directories: Paths, damage: Callable[[Path], None]
) -> None:
    path = own_directories.index_file(folder)
    damage(path)
    damaged = path.read_bytes()
    opened = library(folder)
    assert opened.notices == ()
    assert _titles(opened) == {"A"}
    assert damaged in [each.read_bytes() for each in path.parent.glob(f"{path.name}.damaged-*")]


@pytest.mark.parametrize(
    "change",
    [
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 999",
        "PRAGMA application_id = 7",
    ],
)
def test_index_with_the_tables_of_another_format_is_set_aside_and_rebuilt(
    folder: Path, library: OpenLibrary, own_directories: Paths, change: str
) -> None:
    path = own_directories.index_file(folder)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"UPDATE articles SET title = 'of another format'; {change}")
    opened = library(folder)
    assert opened.notices == ()
    assert _titles(opened) == {"A"}
    assert [each.name for each in path.parent.glob("*.db")] == [path.name]
    assert list(path.parent.glob(f"{path.name}.damaged-*"))


def test_a_new_index_replaces_those_of_earlier_versions_only(
    folder: Path, library: OpenLibrary, own_directories: Paths
) -> None:
    path = own_directories.index_file(folder)
    path.unlink()
    name = path.name.removesuffix(f"-{INDEX_FORMAT}.db")
    earlier = [f"{name}.db", f"{name}.db-wal", f"{name}-{INDEX_FORMAT - 1}.db", f"{name}-9.db.damaged-20260101-000000"]
    later = f"{name}-{INDEX_FORMAT + 1}.db"
    others = [later, f"{later}-wal", f"index-other-{INDEX_FORMAT - 1}.db"]
    for each in (*earlier, *others):
        (path.parent / each).write_bytes(b"")
    assert _titles(library(folder)) == {"A"}
    names = {each.name for each in path.parent.iterdir()}
    assert names.isdisjoint(earlier)
    assert names >= {path.name, *others}


@pytest.mark.parametrize("place", ["", "/below"])
def test_index_is_in_memory_if_its_file_cannot_be_created(
    folder: Path, library: OpenLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NEWSREADER_CACHE_DIR", f"{tmp_path}/file{place}")
    opened = library(folder)
    (notice,) = opened.notices
    assert notice.endswith("The index is kept in memory.")
    assert _titles(opened) == {"A"}


@pytest.mark.parametrize("what", ["folder", "damaged, and no room in its name for what would be added"])
def test_index_is_in_memory_if_a_bad_file_cannot_be_renamed(tmp_path: Path, what: str) -> None:
    path = tmp_path / ("i" * 250)
    if what == "folder":
        path.mkdir()
    else:
        _garbage(path)
    index, notice = Index.open(path)
    with closing(index):
        put(index, _ARTICLE)
        assert index.totals().articles == 1
    assert notice.endswith("The index is kept in memory.")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_instances_that_start_at_once_create_one_index(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def begin(instance: int) -> None:
        together.wait()
        with closing(_open(tmp_path / "index.db")) as index:
            put(index, Article(f"{instance}.md", "t"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(8)))
    with closing(_open(tmp_path / "index.db")) as index:
        assert index.totals().articles == 8


def test_index_damaged_in_the_middle_raises_an_error_and_is_rebuilt_at_the_next_start(
    make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    folder = make_folder(
        {f"{number}.md": f"---\ntitle: T{number}\nexcerpt: {'x' * 500}\n---\n" for number in range(200)}
    )
    library(folder).close()
    path = own_directories.index_file(folder)
    data = path.read_bytes()
    intact = 8192 * 26  # with existing tables
    path.write_bytes(data[:intact] + b"\xa5" * (len(data) - intact))
    broken = Library.open(folder, own_directories)
    with pytest.raises(StorageError) as caught:
        broken.articles.rows(broken.articles.order(Sort()).rowids)
    assert caught.value.damaged
    broken.close()
    assert len(_titles(library(folder))) == 200
    assert list(path.parent.glob(f"{path.name}.damaged-*"))
