"""The page store: round trips, many at once, and places where it cannot be written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.marks import id_to_int
from reader.core.model import Image
from reader.core.paths import Paths
from reader.library.stores import open_page_store
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.pages.recovery import open_or_recover
from reader.storage.sqlite.pages.schema import put, row_of
from reader.storage.sqlite.pages.store import PageStore
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import body_of
from tests.storage.page_helpers import NOW, OpenPages, a_page, an_id, fill, incompressible


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pages.db"


def test_a_stored_page_is_returned_unchanged(path: Path, pages_at: OpenPages) -> None:
    page = Page(
        id="fedcba9876543210",
        way="cdn_amp",
        url="https://a.example/1",
        final_url="https://b.example/2",
        extract=Extract(
            parse_markdown("# Größe\n\n人脸\n"), 3, "Title", "By Her", NOW - timedelta(days=1), "Site",
            Image("https://a.example/i.png", 3, 4, "A title", "Somebody"),
        ),
        fetched_at=NOW,
        checked_at=NOW + timedelta(minutes=5),
        etag='W/"x"',
        last_modified="Sat, 21 Nov 2026 12:00:00 GMT",
        size=123,
    )  # fmt: skip
    pages_at(path).put(page, b"<p>body\xff", "windows-1252")
    again = pages_at(path)
    assert again.page(page.id) == page
    assert body_of(again, page.id) == (b"<p>body\xff", "windows-1252")
    assert again.notice == ""
    assert not again.in_memory


def test_an_article_without_a_page_has_none(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    assert pages.in_memory
    assert pages.page(an_id(1)) is None
    assert pages.image("https://a.example/i.png") is None
    assert pages.failure(an_id(1)) is None
    assert pages.ids_with_page() == set()
    assert pages.missing([an_id(1)]) == [an_id(1)]


@given(
    ids=st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=8),
    others=st.lists(st.integers(0, 2**64 - 1), max_size=8),
)
def test_articles_with_a_page_are_found(ids: list[int], others: list[int]) -> None:
    pages = PageStore.open(None, frozenset)
    for each in ids:
        pages.put(a_page(each), b"")
    asked = [an_id(each) for each in [*others, *ids, *others]]
    assert pages.ids_with_page() == {id_to_int(an_id(each)) for each in ids}
    assert pages.which_have_page(asked) == {an_id(each) for each in ids}
    assert pages.missing(asked) == list(dict.fromkeys(an_id(each) for each in others if each not in ids))
    pages.close()


def test_a_newer_page_replaces_the_older(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.put(a_page(1, markdown="Old\n"), b"old" * 1000)
    pages.put(a_page(1, markdown="New\n"), b"new")
    stored = pages.page(an_id(1))
    assert stored is not None
    assert stored.extract.markdown == "New\n"
    assert body_of(pages, an_id(1)) == (b"new", "")
    assert pages.info().pages == 1


def test_a_confirmed_page_changes_only_its_time_and_validators(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.put(a_page(1, etag="a", last_modified="b"), b"body")
    later = NOW + timedelta(hours=2)
    pages.mark_checked(an_id(1), later, etag="c")
    pages.mark_checked(an_id(2), later)
    stored = pages.page(an_id(1))
    assert stored is not None
    assert (stored.checked_at, stored.fetched_at, stored.etag, stored.last_modified) == (later, NOW, "c", "b")
    assert pages.page(an_id(2)) is None


def test_a_failure_is_stored_until_there_is_a_page(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.record_failure(an_id(1), NOW, [("original", "a.example", "404 Not Found at a.example")], "Nothing found.")
    pages.record_failure(an_id(2), NOW - timedelta(days=40), [], "Long ago.")
    failed = pages.failure(an_id(1))
    assert failed is not None
    assert failed == (NOW, (("original", "a.example", "404 Not Found at a.example"),), "Nothing found.")
    assert pages.which_failed([an_id(1), an_id(3)]) == {an_id(1)}
    pages.record_failure(an_id(3), NOW, [], "Now.")
    assert pages.failure(an_id(2)) is None, "failures expire after a month"
    pages.put(a_page(1), b"")
    assert pages.failure(an_id(1)) is None


def test_images_are_stored_by_address(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.put_image("https://a.example/i.png", b"one", "image/png")
    pages.put_image("https://a.example/i.png", b"two", "image/jpeg")
    assert pages.image("https://a.example/i.png") == (b"two", "image/jpeg")
    assert pages.cached_images(["https://a.example/i.png", "https://a.example/o.png"]) == {"https://a.example/i.png"}
    assert pages.info().images == 1


def test_many_pages_are_looked_up_quickly(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    row = row_of(a_page(1), b"", "")
    with sqlite3.connect(path) as db:
        put(db, row)
        db.execute("DELETE FROM pages")
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
            "INSERT INTO pages SELECT i * 2, i, i, 10, ? FROM n",
            [row.facts],
        )
    db.close()
    import time

    begun = time.perf_counter()
    ids = [an_id(n) for n in range(400_000)]
    made = time.perf_counter()
    missing = pages.missing(ids)
    taken = time.perf_counter() - made
    assert len(missing) == 200_001  # 0 and the odd ones
    assert pages.info().pages == 200_000
    assert taken < 30 + 20 * (made - begun)
    with sqlite3.connect(path) as db:
        plan = str(db.execute("EXPLAIN QUERY PLAN SELECT id FROM pages").fetchall())
    db.close()
    assert "COVERING INDEX" in plan, "no page is read to check that it exists"


def test_threads_store_and_read_concurrently(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    together = threading.Barrier(8)

    def work(thread: int) -> None:
        together.wait()
        for n in range(10):
            pages.put(a_page(thread * 10 + n), b"body")
            assert pages.page(an_id(thread * 10 + n)) is not None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert pages.ids_with_page() == set(range(80))


_OTHER = """
import sys
from pathlib import Path
from tests.storage.page_helpers import a_page
from reader.storage.sqlite.pages.store import PageStore
pages = PageStore.open(Path(sys.argv[1]), frozenset)
pages.limit = 200_000
print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[2]), int(sys.argv[2]) + 50):
    pages.put(a_page(n, age=1000 - n), bytes(range(256)) * 40)
print(pages.notice, flush=True)
pages.close()
"""


def _another(path: Path, start: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _OTHER, str(path), str(start)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip


def test_two_processes_store_concurrently_and_share_pages(path: Path, pages_at: OpenPages) -> None:
    others = [_another(path, 100), _another(path, 200)]
    for each in others:
        assert each.stdout is not None
        assert each.stdin is not None
        assert each.stdout.readline() == "ready\n"
    for each in others:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    for each in others:
        out, _ = each.communicate(timeout=60)
        assert (out, each.returncode) == ("\n", 0)
    assert pages_at(path).ids_with_page() == {*range(100, 150), *range(200, 250)}


def test_an_unusable_path_is_reported_and_memory_is_used(tmp_path: Path, pages_at: OpenPages) -> None:
    (tmp_path / "file").write_text("")
    pages = pages_at(tmp_path / "file" / "pages.db")
    assert pages.in_memory
    assert "Fetched pages are kept in memory" in pages.notice
    pages.put(a_page(1), b"")
    assert pages.ids_with_page() == {1}


def test_a_full_disk_is_reported_and_loses_nothing(path: Path) -> None:
    path.parent.mkdir()
    database, _ = open_or_recover(path)
    pages = PageStore(database, frozenset)
    pages.put(a_page(1, markdown="Old\n"), b"old")
    fill(database)
    with pytest.raises(StorageError, match="database or disk is full") as caught:
        pages.put(a_page(1, markdown="New\n"), incompressible(1_000_000))
    assert caught.value.unwritable
    assert str(path) in str(caught.value)
    page = pages.page(an_id(1))
    assert page is not None
    assert page.extract.markdown == "Old\n"
    pages.close()


def test_all_folders_share_one_page_store(
    make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    opened = library(make_folder({"a.md": "---\ntitle: A\n---\n"}))
    opened.pages.put(a_page(1), b"")
    notices: list[str] = []
    with open_page_store(own_directories, notices.append) as pages:
        assert pages.ids_with_page() == {1}
    assert notices == []
