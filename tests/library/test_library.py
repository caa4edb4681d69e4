from __future__ import annotations

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.model import LIST_FIELDS, ListField, Row
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from reader.query.parser import parse_query
from reader.storage.sqlite.index.folder_index import Index
from reader.stories.model import Story

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


def _document(title: str, **fields: str | int) -> str:
    return "\n".join(
        ["---", f"title: {title}", *(f"{name}: {value}" for name, value in fields.items()), "---", "Body."]
    )


def _rows(library: Library) -> list[Row]:
    return library.articles.rows(library.articles.order(Sort()).rowids)


def test_the_seeds_are_listed_and_every_one_can_be_opened(seeds: Path, library: OpenLibrary) -> None:
    opened = library(seeds)
    rows = _rows(opened)
    assert (opened.name, opened.notices, opened.index.problems()) == ("seeds", (), [])
    assert [row.quality for row in rows] == [46, 39, 39, 39, 32]
    for row in rows:
        article = opened.articles.load(row.rowid)
        assert (row.title, row.path, row.links, row.source) == (
            article.title, article.path, article.links, article.source,
        )  # fmt: skip
        assert opened.index.rowid_by_url([row.links.original]) == row.rowid


def test_rows_are_in_the_requested_order_without_deleted_ones(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({f"{n}.md": _document(str(n)) for n in range(3)}))
    rowids = [opened.articles.find(f"{n}.md") for n in (2, 0, 1)]
    assert [row.title for row in opened.articles.rows([rowids[0], 999, *rowids[1:], rowids[0]])] == ["2", "0", "1", "2"]


def test_a_digest_and_similar_articles_leave_no_words_in_memory(make_folder: MakeFolder, library: OpenLibrary) -> None:
    excerpt = "The Orsk dam burst."
    opened = library(make_folder({f"{n}.md": _document("Dam", source=n, excerpt=excerpt) for n in range(2)}))
    rowids = tuple(row.rowid for row in _rows(opened))
    digest = opened.stories.digest(Story("0" * 16, "Dam", rowids, None, None, 2, None, None))
    assert [part.title for part in digest.parts] == ["Dam"] * 2
    dicts = [each for each in gc.get_objects() if isinstance(each, dict)]
    assert not [each for each in dicts if b"orsk" in each]
    assert not [each for each in dicts if len(each) > 5_000 and all(isinstance(key, int) for key in each)]
    opened.stories.nearest(rowids[0], 5)
    assert not [each for each in gc.get_objects() if isinstance(each, dict) and b"orsk" in each]


def test_marks_belong_to_the_article_not_to_its_file(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder(
        {
            "a.md": _document("a", originalUrl="http://a.example/?utm_source=x"),
            "copy.md": _document("copy", webUrl="http://A.example:80"),
            "b.md": _document("b"),
        }
    )
    opened = library(folder)
    ids = {row.path: row.id for row in _rows(opened)}
    assert ids["a.md"] == ids["copy.md"] != ids["b.md"]
    opened.marks.apply([ids["a.md"]], MarkChange(read=True))
    assert {row.path for row in _rows(opened) if row.read} == {"a.md", "copy.md"}
    assert opened.counts().unread == 1
    shutil.move(folder / "a.md", folder / "moved.md")
    assert {row.path for row in _rows(library(folder)) if row.read} == {"moved.md", "copy.md"}
    opened.marks.apply([ids["a.md"]], MarkChange(read=False))
    assert opened.counts().unread == 3


def test_a_source_is_the_same_with_and_without_www(make_folder: MakeFolder, library: OpenLibrary) -> None:
    names = ("www.news.example", "news.example", "www.com")
    documents = {f"{n}.md": _document(str(n), provider=f"{{domain: {name}}}") for n, name in enumerate(names)}
    opened = library(make_folder(documents))
    assert [row.source for row in _rows(opened)] == ["news.example", "news.example", "www.com"]
    assert [value.value for value in opened.search.values("source")] == ["news.example", "www.com"]
    for text in ("source:news.example", "source:www.News.example", "domain:news.example", "domain:www.news.example"):
        found = opened.search.run(parse_query(text), Sort())
        assert len(found.order(lambda: False, frozenset()).rowids) == 2


def test_undo_names_the_folder_of_marks_that_are_elsewhere(
    tmp_path: Path, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    here = library(make_folder({"a.md": _document("A", originalUrl="https://a.example/")}))
    other = tmp_path / "Weekly"
    other.mkdir()
    (other / "b.md").write_text(_document("B", originalUrl="https://b.example/"))
    there = library(other)
    (row,), (own,) = _rows(there), _rows(here)
    here.marks.apply([own.id], MarkChange(read=True))
    there.marks.store.mark([row.id], MarkChange(read=True))  # as by an earlier version
    there.marks.apply([row.id], MarkChange(starred=True))
    sentences = [undone.sentence for undone in (here.marks.undo(), here.marks.undo(), here.marks.undo()) if undone]
    assert sentences == [
        "Undone: starring 1 article in Weekly.",
        "Undone: marking 1 article read in another folder.",
        "Undone: marking 1 article read.",
    ]
    redone = there.marks.undo(redo=True)
    assert redone is not None
    assert redone.sentence == f"Redone: marking 1 article read in {here.name}."


def test_rows_and_counts_follow_every_change_of_marks(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({f"{n}.md": _document(str(n)) for n in range(4)})
    opened, other = library(folder), library(folder)
    ids = [row.id for row in _rows(opened)]

    def marks(of: Library) -> list[tuple[bool, bool, tuple[str, ...]]]:
        rows = {row.id: row for row in _rows(of)}
        return [(rows[id_].read, rows[id_].starred, rows[id_].tags) for id_ in ids]

    nothing = (False, False, ())
    assert opened.counts().unread == 4  # counted from here on
    marked = opened.marks.apply(ids[:3], MarkChange(read=True, starred=True, add_tags=("b", "A")))
    words = "Marked 3 articles read, starred 3 articles, tagged 3 articles “A” and 1 more"
    assert (len(marked.changed), marked.description) == (3, words)
    opened.marks.apply(ids[:1], MarkChange(read=False, remove_tags=("B",)))
    expected = [(False, True, ("A",)), *[(True, True, ("A", "b"))] * 2, nothing]
    assert marks(opened) == marks(other) == expected
    assert opened.counts().unread == other.counts().unread == 2
    assert opened.marks.store.version() == other.marks.store.version()
    undone = other.marks.undo()
    assert undone is not None
    assert undone.sentence == "Undone: marking 1 article unread, removing the tag “b” from 1 article."
    assert opened.counts().unread == other.counts().unread == 1
    undone = opened.marks.undo()
    assert undone is not None
    assert undone.description == words
    assert opened.marks.undo() is None
    assert marks(opened) == marks(other) == [nothing] * 4
    assert opened.counts().unread == other.counts().unread == 4
    assert opened.marks.undo(redo=True) is not None
    assert other.marks.undo(redo=True) is not None
    assert other.marks.undo(redo=True) is None
    assert marks(opened) == marks(other) == expected
    assert opened.counts().unread == other.counts().unread == 2
    assert opened.marks.store.backup_if_due() is not None
    assert other.marks.store.backup_if_due() is None


def test_all_marks_follow_a_document_that_is_moved(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a.md": _document("a")})
    opened = library(folder)
    (row,) = _rows(opened)
    opened.marks.apply([row.id], MarkChange(read=True, starred=True, add_tags=("x",)))
    (folder / "sub").mkdir()
    shutil.move(folder / "a.md", folder / "sub" / "b.md")
    (moved,) = _rows(library(folder))
    assert moved.id != row.id
    assert (moved.path, moved.read, moved.starred, moved.tags) == ("sub/b.md", True, True, ("x",))
    assert opened.marks.undo() is not None
    (moved,) = _rows(opened)
    assert (moved.read, moved.starred, moved.tags) == (False, False, ())


def test_without_an_address_the_path_is_the_identity(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({"a.md": _document("t"), "sub/a.md": _document("t")}))
    assert len({row.id for row in _rows(opened)}) == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://one.example/",
        "http://two.example/?utm_campaign=y",
        "HTTP://THREE.example:80/#top",
        "http://four.example/%7Ex",
    ],
)
def test_a_related_item_is_located_by_any_of_four_addresses(
    make_folder: MakeFolder, library: OpenLibrary, address: str
) -> None:
    names = ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl")
    target = "".join(
        f"{name}: http://{host}.example/{path}\n"
        for name, host, path in zip(names, ("one", "two", "three", "four"), ("", "", "", "~x"), strict=True)
    )
    folder = make_folder({"target.md": f"---\ntitle: Target\n{target}---\n"})
    for name in names:
        make_folder({f"{name}.md": f"---\nrelated: [{{title: R, {name}: '{address}'}}]\n---\n"})
    opened = library(folder)
    for name in names:
        (related,) = opened.articles.load(opened.articles.find(f"{name}.md")).related
        assert opened.index.rowid_by_url(related.links.all_urls()) == opened.articles.find("target.md")
    assert opened.index.rowid_by_url(["http://nowhere.example/", address]) == opened.articles.find("target.md")
    assert opened.index.rowid_by_url(["http://nowhere.example/", "no address"]) is None
    assert opened.index.rowid_by_url([]) is None


def test_an_article_is_found_by_path_name_stem_id_and_absolute_path(
    make_folder: MakeFolder, library: OpenLibrary, tmp_path: Path
) -> None:
    folder = make_folder({"sub/b.md": _document("b"), "c.md": _document("c"), "broken.md": ""})
    (tmp_path / "link").symlink_to(folder)
    opened = library(folder)
    (row,) = (row for row in _rows(opened) if row.title == "b")
    absolute = [str(folder / "sub" / "b.md"), str(tmp_path / "link" / "sub" / "b.md"), f"{folder}/sub/../sub/b.md"]
    for which in ["sub/b.md", "./sub/b.md", "b.md", "b", row.id, *absolute]:
        assert opened.articles.find(which) == row.rowid


@pytest.mark.parametrize("which", ["", "nothing", "sub", "0123456789abcdef", "/etc/passwd", "/", "B.MD", "x" * 5000])
def test_a_missing_article_is_reported(make_folder: MakeFolder, library: OpenLibrary, which: str) -> None:
    opened = library(make_folder({"sub/b.md": _document("b")}))
    with pytest.raises(ReaderError, match=r"^There is no article “.*” in news\. Give its path"):
        opened.articles.find(which)


def test_a_name_from_outside_is_shown_safely(make_folder: MakeFolder, library: OpenLibrary) -> None:
    with pytest.raises(ReaderError, match=r"^There is no article “\]52;c;x�” in news\."):
        library(make_folder({})).articles.find(os.fsdecode(b"\x1b]52;c;x\x07\xff"))


def test_an_ambiguous_name_asks_for_a_path(make_folder: MakeFolder, library: OpenLibrary) -> None:
    documents = {f"{n}/same.md": _document(str(n)) for n in range(7)} | {
        "a.md": _document("a"),
        "x/a.txt": _document("b"),
    }
    opened = library(make_folder(documents))
    with pytest.raises(ReaderError, match=r"^7 documents have this name: (\d/same\.md, ){4}\d/same\.md and 2 more\."):
        opened.articles.find("same.md")
    with pytest.raises(ReaderError, match=r"^2 documents have this name: .*Give the path of one of them\.$"):
        opened.articles.find("a")
    assert opened.articles.find("a.md") != opened.articles.find("a.txt")
    assert opened.articles.find("x/a.txt") == opened.articles.find("a.txt")


def test_an_id_shared_by_two_documents_is_ambiguous(make_folder: MakeFolder, library: OpenLibrary) -> None:
    same = _document("t", originalUrl="http://a.example/")
    opened = library(make_folder({"a.md": same, "b.md": same}))
    with pytest.raises(ReaderError, match=r"2 documents have this name: a\.md, b\.md\."):
        opened.articles.find(_rows(opened)[0].id)


def test_an_article_is_parsed_again_on_each_load(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({"a.md": _document("old")}))
    make_folder({"a.md": _document("new")})
    assert opened.articles.load(opened.articles.find("a.md")).title == "new"


def test_an_article_that_is_gone_is_reported(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a.md": _document("a")})
    opened = library(folder)
    rowid = opened.articles.find("a.md")
    make_folder({"a.md": "plain"})
    assert opened.articles.load(rowid).body == "plain"
    (folder / "a.md").unlink()
    with pytest.raises(ReaderError, match=r"a\.md is no longer there\. It was moved or deleted\."):
        opened.articles.load(rowid)
    with pytest.raises(ReaderError, match="This document is no longer in the folder"):
        opened.articles.load(999)


def test_an_index_knows_which_fields_have_values(make_folder: MakeFolder, library: OpenLibrary, seeds: Path) -> None:
    def fields(index: Index) -> set[ListField]:
        return {each for each in LIST_FIELDS if index.has_values(each)}

    assert fields(library(make_folder({})).index) == set()
    assert fields(library(seeds).index) == {"quality", "date", "source", "topics"}
    assert fields(library(make_folder({"v.md": _document("v", type="video", heat=5)})).index) == {"type", "heat"}


def test_a_collection_names_documents_relative_to_its_parent_folder(
    make_folder: MakeFolder, library: OpenLibrary
) -> None:
    names = ("hub/lists/best.md", "hub/items/a.md", "hub/items/b.txt", "items/a.md", "items/c.yaml")
    opened = library(make_folder({name: _document(name) for name in names} | {"lists/best.md": _document("other")}))

    def members(of: str, *names: str) -> list[str | None]:
        found = opened.articles.collection_members(opened.articles.find(of), names)
        return [None if rowid is None else opened.articles.rows([rowid])[0].path for rowid in found]

    assert members("hub/lists/best.md", "items/b", "items/a", "items/none") == [
        "hub/items/b.txt",
        "hub/items/a.md",
        None,
    ]
    assert members("lists/best.md", "items/c", "items/a", "../x") == ["items/c.yaml", "items/a.md", None]
    assert opened.articles.collection_members(999, ["items/a"]) == [opened.articles.find("items/a.md")]


def test_a_library_can_be_reopened_by_its_target(make_folder: MakeFolder, library: OpenLibrary) -> None:
    folder = make_folder({"a.md": _document("a")})
    assert library(folder).target == folder
    assert library(folder / "a.md").target == folder / "a.md"
    assert library(library(folder / "a.md").target).name == "a.md"


def test_a_single_document_leaves_no_index(
    make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    opened = library(make_folder({"odd\x1b[2J.md": _document("a")}) / "odd\x1b[2J.md")
    assert (opened.name, [row.title for row in _rows(opened)]) == ("odd[2J.md", ["a"])
    assert not own_directories.cache.exists()


def test_the_root_of_the_disk_has_a_name(own_directories: Paths) -> None:
    opened = Library.open(Path("/"), own_directories)
    opened.close()
    assert opened.name == "/"


def test_a_thread_that_asks_for_marks_while_the_library_closes_finds_none_and_logs_nothing(
    seeds: Path, library: OpenLibrary, caplog: pytest.LogCaptureFixture
) -> None:
    opened = library(seeds)
    opened.marks.apply([_rows(opened)[0].id], MarkChange(read=True))
    read = list(opened.marks.marks_of([row.id for row in _rows(opened)]))
    opened.close()
    assert (len(read), opened.marks.marks_of(read), caplog.messages) == (1, {}, [])


def test_settings_are_stored_between_runs_and_folders(
    make_folder: MakeFolder, library: OpenLibrary, seeds: Path
) -> None:
    opened = library(seeds)
    assert opened.settings.get("theme") is None
    opened.settings.set("theme", "light")
    assert library(make_folder({})).settings.get("theme") == "light"


def test_the_last_folder_is_remembered_whatever_bytes_its_name_has(
    tmp_path: Path, own_directories: Paths, library: OpenLibrary
) -> None:
    assert Library.last(own_directories) == (None, "")
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xff %\n"))
    folder.mkdir()
    library(folder).remember_folder()
    assert Library.last(own_directories) == (folder, "")
    own_directories.state_file.write_bytes(b"garbage" * 1000)
    own_directories.state_file.with_name("state.db-wal").unlink(missing_ok=True)
    last, notice = Library.last(own_directories)
    assert last is None
    assert notice.startswith("The marks file was damaged.")


def test_articles_can_be_read_while_marks_cannot(
    make_folder: MakeFolder, own_directories: Paths, library: OpenLibrary
) -> None:
    folder = make_folder({"a.md": _document("A")})
    opened = library(folder)
    opened.marks.apply([opened.articles.rows(opened.articles.order(Sort()).rowids)[0].id], MarkChange(read=True))
    with closing(sqlite3.connect(own_directories.state_file)) as db:
        db.execute("DROP TABLE marks")
    assert [(row.title, row.read) for row in opened.articles.rows(opened.articles.order(Sort()).rowids)] == [
        ("A", False)
    ]
    assert opened.counts().articles == 1


def test_many_threads_read_and_mark_concurrently(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({f"{n}.md": _document(str(n)) for n in range(20)}))

    def work(row: Row) -> str:
        opened.marks.apply([row.id], MarkChange(read=True))
        return opened.articles.load(row.rowid).title

    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(int, pool.map(work, _rows(opened)))) == list(range(20))
    assert opened.counts().unread == 0


def test_problems_while_opening_are_reported(
    make_folder: MakeFolder, library: OpenLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for name in ("CACHE", "DATA"):
        monkeypatch.setenv(f"NEWSREADER_{name}_DIR", str(tmp_path / "file"))
    opened = library(make_folder({"a.md": _document("a")}))
    index_notice, state_notice = opened.notices
    assert index_notice.endswith("The index is kept in memory.")
    assert state_notice.endswith("Marks are not saved in this session.")
    opened.marks.apply([_rows(opened)[0].id], MarkChange(read=True))
    assert opened.counts().unread == 0
