"""The size limit of the page store: what is evicted, what never is, and how large its files become."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange, id_to_int
from reader.storage.sqlite.database import Database, StorageError, open_database
from reader.storage.sqlite.pages import fulltext
from reader.storage.sqlite.pages.eviction import NoRoomError
from reader.storage.sqlite.pages.schema import prepare, words_of
from reader.storage.sqlite.pages.store import PageStore
from tests.conftest import MakeFolder, OpenLibrary
from tests.storage.page_helpers import NOW, OpenPages, a_page, an_id, incompressible


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pages.db"


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
    assert 5 in pages.ids_with_page(), "the oldest pages and all other images were evicted"
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

    path.parent.mkdir()
    database, waiting = Database(path, durable=False), Signalling(path, durable=False)
    for each in (database, waiting):
        prepare(each)
    pages, other = (PageStore(each, lambda: frozenset(starred)) for each in (database, waiting))
    for n in range(1, 4):
        pages.put(a_page(n), b"body")
    with database.write():  # another window is writing
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


def test_put_replaces_only_the_given_page(pages_at: OpenPages) -> None:
    pages = pages_at(None)
    assert pages.put(a_page(1, age=9), b"", expected=None) is None
    first = pages.page(an_id(1))
    assert pages.put(a_page(1, age=5), b"", expected=None) == first
    assert pages.put(a_page(1, age=3), b"", expected=first) is None
    second = pages.page(an_id(1))
    assert second is not None
    assert second.fetched_at == NOW - timedelta(minutes=3)
    assert pages.put(a_page(1), b"", expected=first) == second
    pages.clear()
    assert pages.put(a_page(1), b"", expected=second) is None, "no page is stored, so none is lost"


def test_protected_pages_are_not_evicted_for_a_new_page(pages_at: OpenPages) -> None:
    pages = pages_at(None, 2)
    pages.limit = 10_000
    protected = {an_id(n) for n in (1, 9)}
    for n in (1, 2, 3):
        pages.put(a_page(n, age=n), incompressible(2_500, n))
    assert pages.put(a_page(4), incompressible(2_500, 4), protected=protected, expected=None) is None
    assert pages.ids_with_page() == {1, 2, 4}
    with pytest.raises(NoRoomError, match="There is no room for more pages in 0 MB"):
        pages.put(a_page(9), incompressible(6_000), protected=protected, expected=None)
    assert pages.ids_with_page() == {1, 2, 4}, "a page that does not fit evicts nothing"
    former = pages.page(an_id(1))
    assert pages.put(a_page(1), incompressible(9_000), protected=protected, expected=former) is None
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


def a_text(n: int, words: int = 300) -> str:
    import random

    rng = random.Random(n)
    return " ".join(f"word{rng.randrange(20_000)}" for _ in range(words))


@pytest.mark.parametrize("at_random", [False, True])
def test_the_files_stay_near_the_limit(path: Path, pages_at: OpenPages, at_random: bool) -> None:
    pages = pages_at(path, *range(0, 800, 100))
    pages.limit = 2_000_000
    largest = 0
    for n in range(800):
        age = n * 7919 % 800 if at_random else 800 - n
        pages.put(a_page(n, age=age, markdown=a_text(n)), incompressible(15_000, n))
        largest = max(largest, files_of(path))
    assert largest <= pages.limit * 3 // 2 + 8_000_000
    for n in sorted(pages.ids_with_page())[:5]:
        assert n in pages.with_words(a_text(n).split()[:8], prefix=False)
    assert set(range(0, 800, 100)) <= pages.ids_with_page()


def test_the_files_stay_near_the_limit_as_images_are_replaced(path: Path, pages_at: OpenPages) -> None:
    pages = pages_at(path)
    pages.limit = 2_000_000
    for n in range(150):
        pages.put_image(f"https://a.example/{n}.png", incompressible(400_000, n), "image/png")
        assert files_of(path) <= pages.limit * 3 // 2 + 8_000_000


def test_rebuilding_the_shared_full_text_table_loses_no_words(path: Path, pages_at: OpenPages) -> None:
    path.parent.mkdir()
    database = open_database(path, prepare, durable=False)
    one, other = PageStore(database, frozenset), pages_at(path)
    for n in range(100):
        one.put(a_page(n, markdown=f"Word{n} glacier\n"), b"")
    for n in range(60):  # in place of their previous versions: as much waste
        one.put(a_page(n, markdown=f"Later{n} glacier\n"), b"")
    steps = 0
    while True:
        with database.write() as db:
            if fulltext.rebuild_step(db, words_of):
                break
        steps += 1
        assert set(one.with_words(["glacier"], prefix=False)) == one.ids_with_page()
        other.put(a_page(1_000 + steps, markdown="New glacier\n"), b"")
        one.put(a_page(70 + steps, markdown="Again glacier\n"), b"")
    assert steps >= 4
    assert set(other.with_words(["glacier"], prefix=False)) == one.ids_with_page()
    assert other.with_words(["later7"], prefix=False) == [7]
    assert other.with_words(["word7"], prefix=False) == []
    assert len(other.with_words(["again"], prefix=False)) == steps
    with database.read() as db:
        assert fulltext.waste(db) < 0.2
    one.close()


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
