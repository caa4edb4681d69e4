"""Documents, folders and marks that other programs change, remove and restore."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reader.core.marks import MarkChange
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import Reader, document, marking_after, open_app


def top(reader: Reader) -> str:
    return reader.top_bar.render_line(0).text


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    """Five articles, best first; the second has more text than fits the screen, and related items."""
    related = "related:\n- {title: Other, originalUrl: 'https://other.example/'}"
    files = {f"{n}.md": document(f"N{n}", f"quality: {90 - n}") for n in range(5)}
    return make_folder(files | {"1.md": document("N1", "quality: 89", related, body="A paragraph.\n\n" * 80)})


async def test_a_selected_article_that_returns_is_selected_again(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j")
        original = (folder / "1.md").read_text()
        (folder / "1.md").unlink()
        await reader.press("r")
        assert (reader.row.title, reader.pane_title) == ("N2", "N2")
        (folder / "1.md").write_text(original + "More.")
        await reader.press("r")
        assert (reader.row.title, reader.pane_title, reader.focus) == ("N1", "N1", "list")


async def test_an_article_being_read_returns_at_its_scroll_position(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "l", "space", "space")
        y = reader.article_pane.scroll_offset.y
        assert y > 0
        original = (folder / "1.md").read_text()
        (folder / "1.md").unlink()
        await reader.press("r")
        assert (reader.row.title, reader.focus) == ("N2", "list")
        (folder / "1.md").write_text(original)
        await reader.press("r")
        assert (reader.row.title, reader.pane_title, reader.focus) == ("N1", "N1", "article")
        assert reader.article_pane.scroll_offset.y == y


async def test_the_selection_stays_after_the_user_has_moved_on(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j")
        original = (folder / "1.md").read_text()
        (folder / "1.md").unlink()
        await reader.press("r", "j", "k")
        assert reader.row.title == "N2"
        (folder / "1.md").write_text(original)
        await reader.press("r")
        assert (reader.row.title, reader.article_list.cursor) == ("N2", 2)


async def test_a_missing_folder_is_marked_until_it_returns(folder: Path, tmp_path: Path) -> None:
    async with open_app(folder) as reader:
        assert "not available" not in top(reader)
        shutil.move(folder, tmp_path / "away")
        await reader.press("r")
        assert "not available" in top(reader)
        assert "5 articles" in top(reader)
        shutil.move(tmp_path / "away", folder)
        await reader.wait_until(lambda: "not available" not in top(reader))
        assert "5 articles" in top(reader)


async def test_a_single_document_may_be_moved_away_and_back(folder: Path, tmp_path: Path) -> None:
    async with open_app(folder / "1.md") as reader:
        assert reader.pane_title == "N1"
        shutil.move(folder / "1.md", tmp_path / "1.md")
        await reader.press("r")
        assert "1.md" in reader.pane_text
        shutil.move(tmp_path / "1.md", folder / "1.md")
        await reader.press("r")
        assert reader.pane_title == "N1"


async def test_marks_of_another_window_appear(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "j")
        other = Library.open(folder, Paths.from_environment())
        try:
            ids = [row.id for row in other.articles.rows(other.articles.order(Sort()).rowids)]
            other.marks.apply(ids[:2], MarkChange(read=True))
            await reader.wait_until(lambda: "3 unread" in top(reader))
            assert [row.read for row in reader.cached_rows] == [
                True,
                True,
                False,
                False,
                False,
            ]
            assert reader.row.title == "N2"
            other.marks.apply(ids[:1], MarkChange(read=False))
            await reader.wait_until(lambda: "4 unread" in top(reader))
        finally:
            other.close()


async def test_an_incomplete_list_says_so(folder: Path) -> None:
    library = Library.open(folder, Paths.from_environment())
    assert not library.counts().complete
    from reader.indexing.refresh import refresh

    for _ in refresh(library):
        pass
    assert library.counts().complete
    library.close()
    async with open_app(folder) as reader:
        assert "5 articles  5 unread" in top(reader)
        bar = reader.top_bar
        assert bar.counts is not None
        bar.counts = type(bar.counts)(48, 40, 0, complete=False)
        assert "48 articles so far  40 unread" in top(reader)
        bar.counts = type(bar.counts)(0, 0, 0, complete=False)
        assert "article" not in top(reader)


async def test_an_unreadable_document_stays_unread_and_r_tries_again(folder: Path) -> None:
    async with open_app(folder, settings=marking_after(0.01)) as reader:
        original = (folder / "3.md").read_bytes()
        await reader.press("j")
        await reader.wait_until(lambda: reader.row.read)
        (folder / "3.md").unlink()
        (folder / "3.md").mkdir()  # which not even root can read
        await reader.press("j", "j")
        assert "Press r to" in reader.pane_text
        await reader.pass_time(0.01)
        assert reader.row.title == "N3"
        assert not reader.row.read
        (folder / "3.md").rmdir()
        (folder / "3.md").write_bytes(original)
        await reader.press("r")
        assert reader.pane_title == "N3"


async def test_an_article_marked_unread_by_hand_stays_unread(folder: Path) -> None:
    async with open_app(folder, settings=marking_after(0.3)) as reader:
        await reader.press("j")
        await reader.press_at_once("m", "m")  # read, and unread again
        assert not reader.row.read
        await reader.pass_time(0.3)
        assert not reader.row.read


async def test_opening_an_unreadable_article_leaves_it_unread(folder: Path) -> None:
    async with open_app(folder) as reader:
        (folder / "1.md").unlink()
        await reader.press("j", "enter")
        assert not reader.row.read
        await reader.press("j", "enter")
        assert reader.row.read


async def test_the_pane_shows_the_article_again_when_the_folder_returns(folder: Path, tmp_path: Path) -> None:
    async with open_app(folder) as reader:
        shutil.move(folder, tmp_path / "away")
        await reader.press("r", "j")
        assert "its folder is not available" in " ".join(reader.pane_text.split())
        assert "deleted" not in reader.pane_text
        shutil.move(tmp_path / "away", folder)
        # Either may come first: the refresh that finds the folder shows the article before it ends.
        await reader.wait_until(lambda: (reader.pane_title, reader.message) == ("N1", "news is back."))


async def test_the_selection_survives_two_losses(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "j", "l")
        texts = {n: (folder / f"{n}.md").read_text() for n in (2, 3)}
        for n in (2, 3):
            (folder / f"{n}.md").unlink()
            await reader.press("r")
        assert reader.row.title == "N4"
        (folder / "3.md").write_text(texts[3])
        await reader.press("r")
        (folder / "2.md").write_text(texts[2])
        await reader.press("r")
        assert (reader.row.title, reader.pane_title, reader.focus) == ("N2", "N2", "article")


async def test_the_selection_returns_after_all_articles_were_gone(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "j")
        texts = {n: (folder / f"{n}.md").read_text() for n in range(5)}
        for n in texts:
            (folder / f"{n}.md").unlink()
        await reader.press("r")
        assert len(reader.article_list.order) == 0
        for n, text in texts.items():
            (folder / f"{n}.md").write_text(text)
            await reader.press("r")
        assert (reader.row.title, reader.pane_title) == ("N2", "N2")


async def test_marks_are_backed_up_daily(folder: Path, own_directories: Paths) -> None:
    def backups() -> int:
        return len([*own_directories.state_file.parent.glob("state.db.daily-*")])

    async with open_app(folder) as reader:
        await reader.press("m")
    async with open_app(folder) as reader:
        await reader.wait_until(lambda: backups() == 1)
        await reader.press("j", "m")
    async with open_app(folder) as reader:
        await reader.press("j")
        assert backups() == 1
