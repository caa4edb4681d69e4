"""Changes while a text is open: fetched pages, changed files, failing processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.events import BulkProgress, FetchResult
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import SIDE, Reader, document, full_text, open_app
from tests.tui.screens.reader_pages import PARAGRAPHS, keep

BODY = "\n\n".join(f"Paragraph {n} about the appeal. " + "It goes on for a while. " * 12 for n in range(60))


def gathered(last: str, *, left: int = 5, finished: bool = False) -> BulkProgress:
    return BulkProgress(1, 0, 0, left, 1.0, paused=False, finished=finished, summary="1 page.", last=last)


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(
        {
            "a.md": document("Own text", "quality: 9", "originalUrl: https://a.example/", body=BODY),
            "b.md": document("Excerpt", "quality: 8", "originalUrl: https://b.example/", "excerpt: All there is."),
            "c.md": document("Another", "quality: 7", "originalUrl: https://c.example/", body=BODY),
        }
    )


async def far_down(reader: Reader) -> tuple[int, str]:
    """Scroll, with a search active; return the position."""
    await reader.press("enter", "space", "space", "space", "slash", *"appeal", "enter", "n", "n")
    return reader.reader_view.scroll_offset.y, reader.reader_view.search_text


async def test_a_bulk_fetch_does_not_move_the_text_being_read(folder: Path) -> None:
    async with open_app(folder) as reader:
        before = await far_down(reader)
        text = reader.reader_view.text
        assert text is not None
        assert before[0] > 20
        for left in (9, 8, 7):
            reader.report_fetch(gathered(text.id, left=left))
            await reader.settle()
        keep(folder, "Own text", PARAGRAPHS)
        reader.report_fetch(gathered(text.id, left=6))
        reader.report_fetch(gathered(text.id, finished=True))
        await reader.settle()
        assert (reader.reader_view.scroll_offset.y, reader.reader_view.search_text) == before
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.kind == "body"


async def test_a_failed_reload_does_not_move_the_text(folder: Path) -> None:
    async with open_app(folder) as reader:
        before = await far_down(reader)
        reader.reload_article()
        await reader.settle()
        assert (reader.reader_view.scroll_offset.y, reader.reader_view.search_text) == before


@pytest.mark.parametrize("finished", [True, False])
async def test_a_fetched_page_replaces_an_excerpt(folder: Path, finished: bool) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "enter")
        text = reader.reader_view.text
        assert text is not None
        assert text.kind == "excerpt"
        keep(folder, "Excerpt", PARAGRAPHS)
        reader.report_fetch(gathered("" if finished else text.id, finished=finished))
        await reader.settle()
        assert "This is paragraph 1" in full_text(reader.reader_view)


async def test_a_requested_page_is_shown_from_its_top(folder: Path) -> None:
    async with open_app(folder) as reader:
        await far_down(reader)
        text = reader.reader_view.text
        assert text is not None
        keep(folder, "Own text", PARAGRAPHS)
        reader.expect_fetch(text.id, "Own text")
        got = FetchResult(text.id, "fetched", "https://a.example/", 900, (), "", 0.1)
        reader.report_fetch(got)
        await reader.settle()
        assert reader.reader_view.is_page
        assert reader.reader_view.scroll_offset.y == 0


async def noticed(reader: Reader, titles: list[str]) -> None:
    """Wait until the list has articles with these titles."""
    reader.report_folder_change()
    await reader.wait_until(lambda: [row.title for row in reader.rows] == titles)
    await reader.settle()


def marks(folder: Path) -> dict[str, tuple[bool, tuple[str, ...]]]:
    library = Library.open(folder, Paths.from_environment())
    try:
        return {
            row.title: (row.starred, row.tags) for row in library.articles.rows(library.articles.order(Sort()).rowids)
        }
    finally:
        library.close()


async def test_keys_do_not_act_on_an_article_that_replaced_the_one_read(folder: Path) -> None:
    async with open_app(folder, SIDE) as reader:
        await reader.press("enter")
        other = document("Other", "quality: 9", "originalUrl: https://other.example/", body="Other words.")
        (folder / "a.md").write_text(other)
        await noticed(reader, ["Other", "Excerpt", "Another"])
        await reader.press("s")
        assert reader.message == "There is no article to mark here."
        await reader.press("t")
        assert reader.message == "There is no article to tag here."
        reader.reload_article()
        await reader.settle()
        assert "Paragraph 1 about the appeal." in full_text(reader.reader_view)
    assert marks(folder)["Other"] == (False, ())


async def test_keys_act_on_the_article_read_after_its_file_moved(folder: Path) -> None:
    async with open_app(folder, SIDE) as reader:
        await reader.press("enter")
        (folder / "a.md").rename(folder / "z.md")
        other = document("Other", "quality: 9", "originalUrl: https://other.example/")
        (folder / "a.md").write_text(other)
        await noticed(reader, ["Other", "Own text", "Excerpt", "Another"])
        await reader.press("s")
        await reader.settle()
    assert marks(folder)["Own text"] == (True, ())
    assert marks(folder)["Other"] == (False, ())


async def test_tags_go_to_the_article_being_read(make_folder: MakeFolder) -> None:
    related = "related: [{title: Second, originalUrl: 'https://b.example/'}]"
    folder = make_folder(
        {
            "a.md": document("First", "quality: 9", "originalUrl: https://a.example/", related, body=BODY),
            "b.md": document("Second", "quality: 8", "originalUrl: https://b.example/", body=BODY),
        }
    )
    async with open_app(folder) as reader:
        await reader.press("right_square_bracket", "f")
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "Second"
        assert reader.row.title == "First"
        await reader.press("t", *"law", "enter")
        await reader.settle()
    assert marks(folder) == {"First": (False, ()), "Second": (False, ("law",))}
