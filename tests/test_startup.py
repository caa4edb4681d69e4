"""Opening a library in a thread: the first frame, and disks that do not respond."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.indexing.stories import update_stories
from reader.library.grouping_choices import GROUPED
from reader.library.library import Library
from reader.startup import SORT, FirstFrame, Opening, load_first_frame


def nothing(words: str) -> None:
    raise AssertionError(f"there was nothing to tell: {words}")


@pytest.fixture
def indexed_seeds(seeds: Path) -> Path:
    """The seeds, with an index and a saved sort order."""
    library = Library.open(seeds, Paths.from_environment())
    for _ in refresh(library):
        pass
    library.settings.set(SORT, "date up")
    library.remember_folder()
    library.close()
    return seeds


def test_the_first_frame_comes_with_the_library(indexed_seeds: Path) -> None:
    first = Opening(str(indexed_seeds), Paths.from_environment()).wait(nothing)
    try:
        assert first.order.sort == Sort("date", reverse=True)
        assert [row.rowid for row in first.rows] == list(first.order.rowids)
        assert (first.counts.articles, len(first.rows)) == (5, 5)
        assert first == load_first_frame(first.library)
    finally:
        first.library.close()


@pytest.mark.parametrize(("quality", "sort"), [("", Sort("date")), ("quality: 5\n", Sort("quality"))])
def test_the_first_order_is_by_date_where_no_article_states_its_quality(
    tmp_path: Path, quality: str, sort: Sort
) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\n{quality}---\n", "utf-8")
    library = Library.open(tmp_path, Paths.from_environment())
    try:
        assert load_first_frame(library).order.sort == Sort("date"), "not known yet"
        for _ in refresh(library):
            pass
        assert load_first_frame(library).order.sort == sort
        library.settings.set(SORT, "quality up")
        assert load_first_frame(library).order.sort == Sort("quality", reverse=True)
    finally:
        library.close()


def test_the_first_order_of_the_news_folder_is_by_date_before_anything_was_fetched(own_directories: Paths) -> None:
    own_directories.news_folder.mkdir(parents=True)
    library = Library.open(own_directories.news_folder, own_directories)
    try:
        assert load_first_frame(library).order.sort == Sort("date")
    finally:
        library.close()


@pytest.mark.parametrize("most", [5, 4])
def test_the_first_frame_is_grouped_unless_that_would_take_long(
    indexed_seeds: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.startup.MOST_GROUPED", most)
    library = Library.open(indexed_seeds, Paths.from_environment())
    try:
        for _ in update_stories(library.index, quality=False):
            pass
        library.settings.set(GROUPED, '{"": true}')
        first = load_first_frame(library)
        assert first.grouped_lists == {"": True}
        assert len(first.order) == (1 if most == 5 else 5)
        assert len(first.rows) == 5, "with the articles that its row stands for"
    finally:
        library.close()


def test_without_a_path_the_last_folder_opens(indexed_seeds: Path) -> None:
    first = Opening(None, Paths.from_environment()).wait(nothing)
    try:
        assert first.library.target == indexed_seeds.resolve()
    finally:
        first.library.close()


def test_waiting_for_a_library_that_cannot_open_raises_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="There is no folder or file"):
        Opening(str(tmp_path / "none"), Paths.from_environment()).wait(nothing)


@pytest.mark.parametrize(("path", "name"), [("/mnt/\x1bfar", "/mnt/far"), (None, "The folder that was open last")])
def test_opening_times_out_when_the_disk_hangs(path: str | None, name: str) -> None:
    answer = threading.Event()

    def reach(_: Path | None, __: Paths) -> FirstFrame:
        answer.wait()
        raise AssertionError("nobody waits for this any more")

    notices: list[str] = []
    with pytest.raises(ReaderError, match=f"^{name} does not respond."):
        Opening(path, Paths.from_environment(), load=reach).wait(notices.append, timeout=0.05)
    assert [words.lower() for words in notices] == [f"waiting for {name.lower()} …"]


def test_a_folder_without_an_index_opens_with_its_first_articles(tmp_path: Path) -> None:
    for n in range(60):
        (tmp_path / f"{n}.md").write_text(f"---\ntitle: t{n}\n---\n")
    first = Opening(str(tmp_path), Paths.from_environment()).wait(lambda _: None)
    try:
        assert first.updater is not None
        assert len(first.order) in {0, 48, 60}  # a busy machine may not have read any yet
        assert len(first.rows) == len(first.order)
    finally:
        assert first.updater is not None
        first.updater.close()
        first.library.close()
    again = Opening(str(tmp_path), Paths.from_environment()).wait(lambda _: None)
    # What was read until then is stored, or is being read again.
    assert again.updater is not None or len(again.order) in {48, 60}
    if again.updater is not None:
        again.updater.close()
    again.library.close()
