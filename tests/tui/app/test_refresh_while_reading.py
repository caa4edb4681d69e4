"""What happens elsewhere while one reads a text: pages that come, files that change, programs that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.events import BulkProgress, FetchResult
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import SIDE, Reader, document, drawn, opened
from tests.tui.screens.test_reader_screen import PARAGRAPHS, keep

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
    """Read on, with a search; return where that is."""
    await reader.press("enter", "enter", "space", "space", "space", "slash", *"appeal", "enter", "n", "n")
    return reader.reading.scroll_offset.y, reader.reading.search_text


async def test_what_comes_of_many_moves_nothing_of_the_text_that_one_reads(folder: Path) -> None:
    async with opened(folder) as reader:
        before = await far_down(reader)
        text = reader.reading.text
        assert text is not None
        assert before[0] > 20
        for left in (9, 8, 7):
            reader.report_fetch(gathered(text.id, left=left))
            await reader.settled()
        keep(folder, "Own text", PARAGRAPHS)
        reader.report_fetch(gathered(text.id, left=6))
        reader.report_fetch(gathered(text.id, finished=True))
        await reader.settled()
        assert (reader.reading.scroll_offset.y, reader.reading.search_text) == before
        assert reader.reading.text is not None
        assert reader.reading.text.kind == "body"


async def test_a_failure_moves_nothing_either(folder: Path) -> None:
    async with opened(folder) as reader:
        before = await far_down(reader)
        reader.reload_article()
        await reader.settled()
        assert (reader.reading.scroll_offset.y, reader.reading.search_text) == before


@pytest.mark.parametrize("finished", [True, False])
async def test_where_there_is_an_excerpt_alone_the_page_takes_its_place(folder: Path, finished: bool) -> None:
    async with opened(folder) as reader:
        await reader.press("j", "enter", "enter")
        text = reader.reading.text
        assert text is not None
        assert text.kind == "excerpt"
        keep(folder, "Excerpt", PARAGRAPHS)
        reader.report_fetch(gathered("" if finished else text.id, finished=finished))
        await reader.settled()
        assert "This is paragraph 1" in drawn(reader.reading)


async def test_the_original_that_one_asks_for_begins_at_its_top(folder: Path) -> None:
    async with opened(folder) as reader:
        await far_down(reader)
        text = reader.reading.text
        assert text is not None
        keep(folder, "Own text", PARAGRAPHS)
        reader.expect_fetch(text.id, "Own text")
        got = FetchResult(text.id, "fetched", "https://a.example/", 900, (), "", 0.1)
        reader.report_fetch(got)
        await reader.settled()
        assert reader.reading.is_page
        assert reader.reading.scroll_offset.y == 0


async def noticed(reader: Reader, titles: list[str]) -> None:
    """Wait until the list has articles of these titles."""
    reader.report_folder_change()
    await reader.until(lambda: [row.title for row in reader.rows] == titles)
    await reader.settled()


def marks(folder: Path) -> dict[str, tuple[bool, tuple[str, ...]]]:
    library = Library.open(folder, Paths.from_environment())
    try:
        return {
            row.title: (row.starred, row.tags) for row in library.articles.rows(library.articles.order(Sort()).rowids)
        }
    finally:
        library.close()


async def test_when_a_file_becomes_another_article_no_key_is_about_that(folder: Path) -> None:
    async with opened(folder, SIDE) as reader:
        await reader.press("enter", "enter")
        other = document("Other", "quality: 9", "originalUrl: https://other.example/", body="Other words.")
        (folder / "a.md").write_text(other)
        await noticed(reader, ["Other", "Excerpt", "Another"])
        await reader.press("s")
        assert reader.message == "There is no article to mark here."
        await reader.press("t")
        assert reader.message == "There is no article to tag here."
        reader.reload_article()
        await reader.settled()
        assert "Paragraph 1 about the appeal." in drawn(reader.reading)
    assert marks(folder)["Other"] == (False, ())


async def test_when_a_file_moves_keys_are_still_about_its_article(folder: Path) -> None:
    async with opened(folder, SIDE) as reader:
        await reader.press("enter", "enter")
        (folder / "a.md").rename(folder / "z.md")
        other = document("Other", "quality: 9", "originalUrl: https://other.example/")
        (folder / "a.md").write_text(other)
        await noticed(reader, ["Other", "Own text", "Excerpt", "Another"])
        await reader.press("s")
        await reader.settled()
    assert marks(folder)["Own text"] == (True, ())
    assert marks(folder)["Other"] == (False, ())


async def test_tags_are_given_to_what_is_read_and_not_to_what_is_selected(make_folder: MakeFolder) -> None:
    related = "related: [{title: Second, originalUrl: 'https://b.example/'}]"
    folder = make_folder(
        {
            "a.md": document("First", "quality: 9", "originalUrl: https://a.example/", related, body=BODY),
            "b.md": document("Second", "quality: 8", "originalUrl: https://b.example/", body=BODY),
        }
    )
    async with opened(folder) as reader:
        await reader.press("right_square_bracket", "f")
        assert reader.reading.text is not None
        assert reader.reading.text.title == "Second"
        assert reader.row.title == "First"
        await reader.press("t", *"law", "enter")
        await reader.settled()
    assert marks(folder) == {"First": (False, ()), "Second": (False, ("law",))}
