"""The page store: round trips, eviction, maintenance, and recovery from damage."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.errors import ReaderError
from reader.core.marks import MarkChange, id_to_int
from reader.core.model import Image
from reader.core.paths import Paths
from reader.library.stores import open_page_store
from reader.storage.sqlite.database import Database, StorageError
from reader.storage.sqlite.pages import fulltext, recovery
from reader.storage.sqlite.pages.eviction import NoRoomError
from reader.storage.sqlite.pages.schema import put, row_of
from reader.storage.sqlite.pages.store import PageStore
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import body_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OpenPages = Callable[..., PageStore]


def an_id(n: int) -> str:
    return f"{n:016x}"


def a_page(n: int = 1, *, age: int = 0, words: int = 2, **more: Any) -> Page:
    """A page that was fetched ``age`` minutes ago."""
    when = NOW - timedelta(minutes=age)
    url = f"https://news.example/{n}"
    extract = Extract(parse_markdown(more.pop("markdown", f"Text {n}\n")), words, **more.pop("extract", {}))
    return Page(an_id(n), more.pop("way", "original"), url, url, extract, when, when, **more)


def incompressible(size: int, seed: int = 0) -> bytes:
    import random

    return random.Random(seed).randbytes(size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pages.db"


@pytest.fixture
def pages_at() -> Iterator[OpenPages]:
    opened: list[PageStore] = []

    def open_(path: Path | None, *starred: int) -> PageStore:
        opened.append(PageStore.open(path, lambda: frozenset(id_to_int(an_id(n)) for n in starred)))
        return opened[-1]

    yield open_
    for pages in opened:
        pages.close()


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
    assert body_of(pages, an_id(1)) is None
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


def test_a_newer_page_replaces_the_older(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.put(a_page(1, markdown="Old\n"), b"old" * 1000)
    pages.put(a_page(1, markdown="New\n"), b"new")
    kept = pages.page(an_id(1))
    assert kept is not None
    assert kept.extract.markdown == "New\n"
    assert body_of(pages, an_id(1)) == (b"new", "")
    assert pages.info().pages == 1


def test_a_confirmed_page_changes_only_its_time_and_validators(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.put(a_page(1, etag="a", last_modified="b"), b"body")
    later = NOW + timedelta(hours=2)
    pages.mark_checked(an_id(1), later, etag="c")
    pages.mark_checked(an_id(2), later)
    kept = pages.page(an_id(1))
    assert kept is not None
    assert (kept.checked_at, kept.fetched_at, kept.etag, kept.last_modified) == (later, NOW, "c", "b")
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
    assert pages.info().images == 1


# The bound.


def test_the_oldest_pages_are_evicted_but_never_the_new_one(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.limit = 100_000
    for n in range(1, 21):
        pages.put(a_page(n, age=100 - n), incompressible(10_000, n))
        info = pages.info()
        assert info.size <= pages.limit
        assert pages.page(an_id(n)) is not None
    left = sorted(pages.ids_with_page())
    assert left == list(range(21 - len(left), 21))
    assert len(left) >= 8


def test_a_page_larger_than_the_limit_stays_until_the_next_one(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.limit = 5_000
    pages.put(a_page(1, age=2), incompressible(10_000))
    assert pages.ids_with_page() == {1}
    pages.put(a_page(2, age=1), b"")
    assert pages.ids_with_page() == {2}


def test_pages_of_starred_articles_are_never_evicted(pages_at: OpenPages) -> None:
    pages = pages_at(None, 1, 2, 3)
    pages.limit = 25_000
    for n in range(1, 9):
        pages.put(a_page(n, age=100 - n), incompressible(10_000, n))
    assert pages.ids_with_page() == {1, 2, 3, 8}
    assert pages.info().starred == 3
    pages.prune(0)
    assert pages.ids_with_page() == {1, 2, 3}
    pages.clear()
    assert pages.ids_with_page() == {1, 2, 3}
    gone = pages.clear(starred=True)
    assert gone.pages == 3
    assert pages.ids_with_page() == set()


def test_images_are_evicted_before_pages(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.limit = 25_000
    pages.put(a_page(1, age=100), incompressible(10_000, 1))
    pages.put_image("https://a.example/1.png", incompressible(10_000, 2), "image/png")
    pages.put(a_page(2, age=50), incompressible(10_000, 3))
    assert pages.ids_with_page() == {1, 2}
    assert pages.image("https://a.example/1.png") is None


def test_a_new_image_is_not_evicted(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    pages.limit = 25_000
    for n in range(1, 6):
        pages.put(a_page(n, age=10 - n), incompressible(4_000, n))
    for n in range(4):
        pages.put_image(f"https://a.example/{n}.png", incompressible(10_000, n), "image/png")
        assert pages.image(f"https://a.example/{n}.png") is not None
        assert pages.info().size <= pages.limit
    assert 5 in pages.ids_with_page(), "the oldest pages were evicted, and the other images"
    assert 1 not in pages.ids_with_page()


def test_an_image_without_room_is_refused_and_evicts_nothing(pages_at: OpenPages) -> None:
    pages = pages_at(None, 1)
    pages.limit = 25_000
    pages.put(a_page(1, age=2), incompressible(10_000, 1))
    pages.put(a_page(2, age=1), incompressible(5_000, 2))
    pages.put_image("https://a.example/1.png", b"one", "image/png")
    with pytest.raises(ReaderError, match="There is no room for an image of"):
        pages.put_image("https://a.example/2.png", incompressible(20_000, 3), "image/png")
    assert pages.ids_with_page() == {1, 2}
    assert pages.image("https://a.example/1.png") == (b"one", "image/png")
    assert pages.image("https://a.example/2.png") is None


@pytest.mark.parametrize("act", [PageStore.clear, lambda pages: pages.prune(0)], ids=["clear", "prune"])
def test_a_star_set_while_eviction_waits_counts(act: Callable[[PageStore], object], path: Path) -> None:
    starred: set[int] = set()
    waits = threading.Event()

    class Signalling(Database):
        @contextlib.contextmanager
        def write(self) -> Iterator[sqlite3.Connection]:
            waits.set()
            with super().write() as db:
                yield db

    pages, other = (PageStore.open(path, lambda: frozenset(starred)) for _ in range(2))
    for n in range(1, 4):
        pages.put(a_page(n), b"body")
    other._database.__class__ = Signalling
    with pages._database.write():  # another window is at it
        clearing = threading.Thread(target=act, args=[other])
        clearing.start()
        assert waits.wait(60)
        starred.add(id_to_int(an_id(2)))
    clearing.join()
    assert pages.ids_with_page() == starred
    pages.close()
    other.close()


def test_unreadable_marks_are_not_damage_of_the_page_file(path: Path) -> None:
    damaged = StorageError(Path("state.db"), sqlite3.DatabaseError("bad"), damaged=True)

    def starred() -> Set[int]:
        raise damaged

    pages = PageStore.open(path, starred)
    pages.put(a_page(1), b"body")
    for act in (pages.clear, lambda: pages.prune(0)):
        with pytest.raises(ReaderError, match=r"state\.db cannot be used"):
            act()
    assert pages.ids_with_page() == {1}
    assert pages.notice == ""
    pages.close()


def test_put_if_unchanged_replaces_only_the_given_page(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    assert pages.put_if_unchanged(None, a_page(1, age=9), b"") is None
    first = pages.page(an_id(1))
    assert pages.put_if_unchanged(None, a_page(1, age=5), b"") == first
    assert pages.put_if_unchanged(first, a_page(1, age=3), b"") is None
    second = pages.page(an_id(1))
    assert second is not None
    assert second.fetched_at == NOW - timedelta(minutes=3)
    assert pages.put_if_unchanged(first, a_page(1), b"") == second
    pages.clear()
    assert pages.put_if_unchanged(second, a_page(1), b"") is None, "no page is stored, so none is lost"


def test_protected_pages_are_not_evicted_for_a_new_page(pages_at: OpenPages) -> None:
    pages = pages_at(None, 2)
    pages.limit = 10_000
    protected = {an_id(n) for n in (1, 9)}
    for n in (1, 2, 3):
        pages.put(a_page(n, age=n), incompressible(2_500, n))
    assert pages.put_if_unchanged(None, a_page(4), incompressible(2_500, 4), protected=protected) is None
    assert pages.ids_with_page() == {1, 2, 4}
    with pytest.raises(NoRoomError, match="There is no room for more pages in 0 MB"):
        pages.put_if_unchanged(None, a_page(9), incompressible(6_000), protected=protected)
    assert pages.ids_with_page() == {1, 2, 4}, "a page without room evicts nothing"
    former = pages.page(an_id(1))
    assert pages.put_if_unchanged(former, a_page(1), incompressible(9_000), protected=protected) is None
    assert pages.ids_with_page() == {1, 2}, "a page that has grown is stored anyway"


def test_a_confirmation_applies_only_to_the_page_it_is_about(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    page = a_page(1, etag="a")
    pages.put(page, b"")
    pages.mark_checked(page.id, NOW + timedelta(hours=1), etag="b", final_url="https://other.example/")
    assert pages.page(page.id) == page
    pages.mark_checked(page.id, NOW + timedelta(hours=1), etag="b", final_url=page.final_url)
    assert pages.page(page.id) == replace(page, checked_at=NOW + timedelta(hours=1), etag="b")


def test_an_image_evicts_no_page_if_the_stars_are_unknown() -> None:
    def unknown() -> frozenset[int]:
        raise ReaderError("The marks cannot be read.")

    pages = PageStore.open(None, unknown)
    pages.limit = 10_000
    pages.put(a_page(1), incompressible(5_000))
    pages.put_image("https://a.example/1.png", incompressible(3_000, 1), "image/png")
    pages.put_image("https://a.example/2.png", incompressible(3_000, 2), "image/png")
    assert pages.image("https://a.example/1.png") is None
    assert pages.image("https://a.example/2.png") is not None
    with pytest.raises(ReaderError, match="no room"):
        pages.put_image("https://a.example/3.png", incompressible(7_000, 3), "image/png")
    assert pages.ids_with_page() == {1}
    pages.close()


def test_no_page_is_removed_if_the_stars_are_unknown(path: Path) -> None:
    def unknown() -> frozenset[int]:
        raise ReaderError("The marks cannot be read.")

    pages = PageStore.open(path, unknown)
    pages.limit = 10_000
    for n in range(1, 4):
        pages.put(a_page(n, age=10 - n), incompressible(9_000, n))
    assert pages.ids_with_page() == {1, 2, 3}
    with pytest.raises(ReaderError, match="marks cannot be read"):
        pages.clear()
    pages.close()


def test_removing_pages_shrinks_the_file(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    for n in range(1, 11):
        pages.put(a_page(n, age=20 - n), incompressible(500_000, n))
    pages.prune(100_000_000)
    large = path.stat().st_size
    assert large > 5_000_000
    pruned = pages.prune(1_000_000)
    assert pruned.pages == 9
    assert pruned.size > 4_000_000
    assert path.stat().st_size < 1_500_000
    assert pages.ids_with_page() == {10}


def files_of(path: Path) -> int:
    """Return the total size of the store's files in bytes."""
    return sum(each.stat().st_size for each in path.parent.glob("pages.db*"))


def a_text(n: int, words: int = 600) -> str:
    import random

    rng = random.Random(n)
    return " ".join(f"word{rng.randrange(20_000)}" for _ in range(words))


@pytest.mark.parametrize("at_random", [False, True])
def test_the_files_stay_near_the_limit(path: Path, pages_at: OpenPages, at_random: bool) -> None:
    pages = pages_at(path, *range(0, 2_000, 100))
    pages.limit = 2_000_000
    largest = 0
    for n in range(2_000):
        age = n * 7919 % 2_000 if at_random else 2_000 - n
        pages.put(a_page(n, age=age, markdown=a_text(n)), b"<html>")
        largest = max(largest, files_of(path))
    assert largest <= pages.limit * 3 // 2 + 8_000_000
    for n in sorted(pages.ids_with_page())[:5]:
        assert n in pages.with_words(a_text(n).split()[:8], prefix=False)
    assert set(range(0, 2_000, 100)) <= pages.ids_with_page()


def test_the_files_stay_near_the_limit_as_images_are_replaced(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.limit = 2_000_000
    for n in range(150):
        pages.put_image(f"https://a.example/{n}.png", incompressible(400_000, n), "image/png")
        assert files_of(path) <= pages.limit * 3 // 2 + 8_000_000


def test_rebuilding_the_shared_full_text_table_loses_no_words(path: Path, pages_at: OpenPages) -> None:
    one, other = pages_at(path), pages_at(path)
    for n in range(100):
        one.put(a_page(n, markdown=f"Word{n} glacier\n"), b"")
    for n in range(60):  # in the place of their former selves: as much waste
        one.put(a_page(n, markdown=f"Later{n} glacier\n"), b"")
    steps = 0
    while not one._write(fulltext.rebuild_step):
        steps += 1
        assert set(one.with_words(["glacier"], prefix=False)) == one.ids_with_page()
        other.put(a_page(1_000 + steps, markdown="New glacier\n"), b"")
        one.put(a_page(70 + steps, markdown="Again glacier\n"), b"")
    assert steps >= 4
    assert set(other.with_words(["glacier"], prefix=False)) == one.ids_with_page()
    assert other.with_words(["later7"], prefix=False) == [7]
    assert other.with_words(["word7"], prefix=False) == []
    assert len(other.with_words(["again"], prefix=False)) == steps
    with one._database.read() as db:
        assert fulltext.waste(db) < 0.2


@pytest.mark.parametrize("starred", [True, False])
def test_the_library_marks_decide_which_pages_are_starred(
    starred: bool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder({"a.md": "---\ntitle: A\noriginalUrl: https://a.example/1\n---\n"}))
    (row,) = opened.articles.rows(opened.index.rowids_of([]) or [1])
    opened.marks.apply([row.id], MarkChange(starred=starred))
    from dataclasses import replace

    opened.pages.put(replace(a_page(1), id=row.id), b"")
    opened.pages.prune(0)
    assert (opened.pages.page(row.id) is not None) is starred


# Many, and many at once.


@pytest.mark.no_cover  # it takes thrice as long while lines are counted
def test_a_million_pages_are_looked_up_quickly(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    row = row_of(a_page(1), b"", "")
    with sqlite3.connect(path) as db:
        put(db, row)
        db.execute("DELETE FROM pages")
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) "
            "INSERT INTO pages SELECT i * 2, i, i, 10, ? FROM n",
            [row.facts],
        )
    db.close()
    import time

    begun = time.perf_counter()
    ids = [an_id(n) for n in range(1_000_000)]
    made = time.perf_counter()
    missing = pages.missing(ids)
    taken = time.perf_counter() - made
    assert len(missing) == 500_001  # 0 and the odd ones
    assert pages.info().pages == 500_000
    assert taken < 30 + 20 * (made - begun)
    with sqlite3.connect(path) as db:
        plan = str(db.execute("EXPLAIN QUERY PLAN SELECT id FROM pages").fetchall())
    db.close()
    assert "COVERING INDEX" in plan, "no page is read to find out that it exists"


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
from tests.storage.test_page_store import a_page
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


# Damage.


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
    for n in range(1, 101):  # whichever meets the damage
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


_RESCUE = """
import os, signal, sys
from pathlib import Path
from reader.storage.sqlite.pages.store import PageStore
left = int(sys.argv[2])
def count(event, _):
    global left
    if event in ("os.rename", "os.remove", "sqlite3.connect"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
pages = PageStore.open(Path(sys.argv[1]), frozenset)
sys.addaudithook(count)
pages.page(sys.argv[3])
print(pages.notice)
"""


def test_recovery_killed_at_any_step_loses_nothing(path: Path, pages_at: OpenPages) -> None:
    """Kill the process before each step that renames, removes or opens a file."""
    killed = 0
    for step in range(100):
        made = path.with_name(f"{step}") / "pages.db"
        pages = pages_at(made)
        for n in range(1, 31):
            pages.put(a_page(n), incompressible(3_000, n))
        pages.close()
        with sqlite3.connect(made) as db:
            db.execute("UPDATE texts SET blocks = x'00ff00ff' WHERE id = 1")
        db.close()
        other = subprocess.run(
            [sys.executable, "-c", _RESCUE, str(made), str(step), an_id(1)],
            capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60, check=False,
        )  # fmt: skip
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
        if other.returncode == 0:
            assert "29 pages could be saved" in other.stdout
            break
        killed += 1
    assert killed >= 8


def test_recovery_killed_while_copying_loses_nothing(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    for n in range(1, 31):
        pages.put(a_page(n), incompressible(3_000, n))
    pages.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE texts SET blocks = x'00ff00ff' WHERE id = 1")
    db.close()
    ended = (
        "import os, signal, reader.storage.sqlite.pages.recovery as rescue\n"
        "def put(db, row, former=rescue.put):\n"
        "    if row.id == 15: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    former(db, row)\n"
        "rescue.put = put\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", ended + _RESCUE, str(path), "10000", an_id(1)],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert other.returncode < 0
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
    # The one that had it open follows to what is there now.
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


# Where nothing can be written.


def test_an_unusable_path_is_reported_and_memory_is_used(tmp_path: Path, pages_at: OpenPages) -> None:
    (tmp_path / "file").write_text("")
    pages = pages_at(tmp_path / "file" / "pages.db")
    assert pages.in_memory
    assert "Fetched pages are kept in memory" in pages.notice
    pages.put(a_page(1), b"")
    assert pages.ids_with_page() == {1}


def test_a_full_disk_is_reported_and_loses_nothing(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.put(a_page(1, markdown="Old\n"), b"old")
    with pages._database.read() as db:  # SQLite says the same as for a full disk
        (used,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count={used}")
    with pytest.raises(StorageError, match="database or disk is full") as caught:
        pages.put(a_page(1, markdown="New\n"), incompressible(1_000_000))
    assert caught.value.unwritable
    assert str(path) in str(caught.value)
    page = pages.page(an_id(1))
    assert page is not None
    assert page.extract.markdown == "Old\n"


def test_all_folders_share_one_page_store(
    make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    opened = library(make_folder({"a.md": "---\ntitle: A\n---\n"}))
    opened.pages.put(a_page(1), b"")
    said: list[str] = []
    with open_page_store(own_directories, said.append) as pages:
        assert pages.ids_with_page() == {1}
    assert said == []
