"""Positions in articles and lists: restored in the same run and in another, at any size."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import LOW, NARROW, PATIENT, SIDE, STACKED, Reader, document, lines_of, open_app

WORDS = "many words of a long article "
LONG = "\n\n".join(f"Paragraph {n}: " + WORDS * (3 + n % 7) for n in range(80))


def articles(numbers: range) -> dict[str, str]:
    return {
        f"{n:03}.md": document(
            f"N{n:03}",
            f"quality: {500 - n}",
            f"topics: [{'odd' if n % 2 else 'even'}]",
            f"originalUrl: https://a.org/{n}",
            "related:",
            *(f"  - {{title: R{m}, webUrl: 'https://b.org/{n}/{m}'}}" for m in range(4)),
            body=LONG if 95 <= n < 105 else WORDS,  # a long text takes long to index
        )
        for n in numbers
    }


@pytest.fixture
def hundred(make_folder: MakeFolder) -> Path:
    return make_folder(articles(range(100, 200)))


def paragraph(reader: Reader) -> int:
    """Return the topmost paragraph in the pane."""
    above = lines_of(reader.article_pane)[: reader.article_pane.scroll_offset.y + 1]
    text = "".join(run.text for line in above for run in line)
    return int(text.rsplit("Paragraph ", 1)[1].split(":")[0]) if "Paragraph " in text else -1


def stored_counts() -> tuple[int, int]:
    """Return the numbers of article positions and of list positions on disk."""
    with closing(sqlite3.connect(Paths.from_environment().state_file)) as db:
        counts = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("positions", "places"))
        return next(counts), next(counts)


def at(reader: Reader) -> tuple[str, int]:
    """Return the selected article, and its line on the screen."""
    return reader.row.title, reader.article_list.cursor - reader.article_list.top


# In an article.


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW, LOW])
async def test_the_position_is_restored_in_another_run_at_any_size(hundred: Path, size: tuple[int, int]) -> None:
    async with open_app(hundred) as reader:
        await reader.press("j", "l", *["pagedown"] * 3, "j")
        before, line = paragraph(reader), reader.article_pane.scroll_offset.y
        assert before > 5
        await reader.press("ctrl+q")
    async with open_app(hundred, size) as reader:
        assert reader.row.title == "N101"
        await reader.press("l")
        assert paragraph(reader) == before
        if size == SIDE:
            assert reader.article_pane.scroll_offset.y == line
        await reader.press("ctrl+q")
    async with open_app(hundred) as reader:  # looking at it at another size changes nothing
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N101", line)


async def test_resizing_back_and_forth_keeps_the_exact_line(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", *["pagedown"] * 3)
        line = reader.article_pane.scroll_offset.y
        for size in (STACKED, NARROW, LOW, (30, 8), (200, 50), SIDE):
            await reader.resize(*size)
        assert reader.article_pane.scroll_offset.y == line
        await reader.resize(*NARROW)
        before = paragraph(reader)
        await reader.press("ctrl+q")
    async with open_app(hundred, STACKED) as reader:
        await reader.press("l")
        assert paragraph(reader) == before


async def test_a_terminal_that_shows_the_whole_article_keeps_the_position(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", "pagedown", "pagedown")
        line = reader.article_pane.scroll_offset.y
        await reader.resize(120, 900)
        assert reader.article_pane.scroll_offset.y < line
        await reader.press("ctrl+q")
    async with open_app(hundred) as reader:
        assert reader.article_pane.scroll_offset.y == line


async def test_the_position_is_restored_in_the_same_run(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", "pagedown", "pagedown", "escape")
        line = reader.article_pane.scroll_offset.y
        await reader.press("j")
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N101", 0)
        await reader.press("k")
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N100", line)


async def test_returning_before_the_other_article_loaded_keeps_the_position(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", "pagedown", "escape")
        there, back = (reader.article_list.order.rowids[at] for at in (1, 0))
        reader.load_article(there)
        reader.load_article(back)
        await reader.settle()
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N100", 37)


async def test_another_window_has_the_position(hundred: Path) -> None:
    async with open_app(hundred) as reader, open_app(hundred) as other:
        await reader.press("l", "pagedown", "escape", "j")
        await other.press("j", "k")
        assert (other.pane_title, other.article_pane.scroll_offset.y) == ("N100", 37)


async def test_an_unscrolled_article_starts_at_its_top(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", "escape", "j", "l", "pagedown", "ctrl+q")
    assert stored_counts() == (1, 1)
    async with open_app(hundred) as reader:
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N101", 37)
        await reader.press("l", "g", "ctrl+q")
    assert stored_counts() == (0, 1)
    async with open_app(hundred) as reader:
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N101", 0)


async def test_moving_to_related_items_saves_no_position(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", "pagedown", "]", "]")
        assert reader.article_pane.scroll_offset.y < 37
        await reader.press("escape", "escape", "j", "k")
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N100", 37)
        await reader.press("j", "]", "ctrl+q")
    assert stored_counts()[0] == 1


async def test_the_position_is_saved_after_a_pause(hundred: Path) -> None:
    never = PATIENT._replace(position_settled=3600.0, list_settled=3600.0)
    soon = PATIENT._replace(position_settled=0.02, list_settled=0.02)
    async with open_app(hundred, timings=never) as reader:
        await reader.press("j", "l", "pagedown", "pagedown")
        assert stored_counts() == (0, 0)
    assert stored_counts() == (0, 0)  # killed
    async with open_app(hundred, timings=soon) as reader:
        await reader.press("j", "l", "pagedown", "pagedown")
        await reader.wait_until(lambda: stored_counts() == (1, 1))


async def test_the_wheel_scrolls_as_keys_do(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        for _ in range(4):
            await reader.scroll_wheel(reader.article_pane)
        line = reader.article_pane.scroll_offset.y
        assert line > 0
        await reader.press("ctrl+q")
    async with open_app(hundred) as reader:
        assert reader.article_pane.scroll_offset.y == line


async def test_a_replacing_article_starts_at_its_top(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", "pagedown", "escape")
        (hundred / "100.md").unlink()
        await reader.press("r")
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N101", 0)


async def test_a_shortened_article_is_shown_at_its_end(hundred: Path, make_folder: MakeFolder) -> None:
    async with open_app(hundred) as reader:
        await reader.press("l", *["pagedown"] * 5, "ctrl+q")
    make_folder({"100.md": document("N100", "quality: 400", "originalUrl: https://a.org/100", body="Short.")})
    async with open_app(hundred) as reader:
        assert (reader.pane_title, reader.article_pane.scroll_offset.y) == ("N100", 0)


# In a list.


async def test_the_list_opens_at_the_last_article_on_its_line(hundred: Path, make_folder: MakeFolder) -> None:
    async with open_app(hundred) as reader:
        await reader.press(*["pagedown"] * 4, "j", "up", "up")
        before, cursor = at(reader), reader.article_list.cursor
        assert cursor > 60
        await reader.press("q")
    make_folder(articles(range(90, 100)))  # a day later there are better ones
    async with open_app(hundred) as reader:
        assert at(reader) == before
        assert (reader.article_list.cursor, reader.pane_title) == (cursor + 10, before[0])
        await reader.press("g")
        assert reader.row.title == "N090"


async def test_the_list_does_not_scroll_during_a_refresh(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press_at_once(*"j" * 50)
        await reader.press("q")
    async with open_app(hundred) as reader:
        reader.forget_that_folder_is_read()
        before = reader.article_list.scroll_offset.y
        await reader.scroll_wheel(reader.article_list)
        looked_at = reader.article_list.scroll_offset.y
        assert looked_at > before
        reader.report_list_change()
        await reader.settle()
        assert (reader.row.title, reader.article_list.scroll_offset.y) == ("N150", looked_at)


async def test_restoring_the_last_article_does_not_mark_it_read(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press("j", "j", "k", "q")
    async with open_app(hundred) as reader:
        assert reader.row.title == "N101"
        assert not reader.article_list.user_selected


async def test_sorting_before_a_selection_starts_at_the_top(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press_at_once(*"j" * 50)
        await reader.press("q")
    async with open_app(hundred) as reader:
        assert reader.article_list.cursor == 50
        await reader.press("1")
        assert (reader.row.title, reader.article_list.cursor) == ("N199", 0)
    async with open_app(hundred) as reader:
        assert reader.list_header.count("↑")
        await reader.press("j", "1", "q")
    async with open_app(hundred) as reader:  # a selected article has a position in the other order as well
        assert (reader.row.title, reader.article_list.cursor) == ("N198", 98)


async def test_a_list_that_is_loaded_again_before_it_is_shown_still_starts_at_its_top(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press_at_once(*"j" * 50)
        await reader.press("q")
    async with open_app(hundred) as reader:
        assert reader.article_list.cursor == 50
        reader.main_screen.list_content.sort_by(Sort("quality", reverse=True))
        reader.main_screen.list_content.reload()  # as when stories are found: it takes the place of the first load
        await reader.settle()
        assert (reader.row.title, reader.article_list.cursor) == ("N199", 0)


async def test_the_list_stays_at_its_top_until_all_stories_are_found(hundred: Path) -> None:
    library = Library.open(hundred, Paths.from_environment())

    async def arrives(title: str, quality: int, *, at_start: bool) -> None:
        (hundred / f"{title}.md").write_text(document(title, f"quality: {quality}"))
        for _ in refresh(library):
            pass
        reader.report_list_change(at_start=at_start)
        await reader.wait_until(lambda: title in [row.title for row in reader.rows])
        await reader.settle()

    async with open_app(hundred) as reader:
        await arrives("Hot", 1000, at_start=True)
        assert at(reader) == ("Hot", 0)
        assert reader.pane_title == "Hot"
        await arrives("Hotter", 2000, at_start=False)
        assert (reader.row.title, reader.article_list.cursor) == ("Hot", 1)
    library.close()


async def test_the_neighbor_of_a_deleted_article_is_selected(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press_at_once(*"j" * 50)
        await reader.press("q")
    (hundred / "150.md").unlink()
    async with open_app(hundred) as reader:  # noticed by the comparison, a moment after the first frame
        assert (reader.row.title, reader.message) == ("N151", "")
        await reader.press("j", "q")
    (hundred / "152.md").unlink()
    library = Library.open(hundred, Paths.from_environment())
    for _ in refresh(library):
        pass
    library.close()
    async with open_app(hundred) as reader:  # known before it
        assert reader.row.title == "N153"


async def test_a_reindexed_folder_opens_at_the_last_position(hundred: Path) -> None:
    async with open_app(hundred) as reader:
        await reader.press(*["pagedown"] * 2, "q")
        before = at(reader)
    Paths.from_environment().index_file(hundred).unlink()
    async with open_app(hundred) as reader:
        await reader.wait_until(lambda: reader.article_list.cursor)
        assert at(reader) == before
        assert reader.pane_title == before[0]


async def test_each_query_has_its_own_list_position(hundred: Path) -> None:
    async def ask(reader: Reader, text: str) -> None:
        await reader.press("/", *(["ctrl+u"] if reader.query else []), *text, "enter")

    async with open_app(hundred) as reader:
        await reader.press_at_once(*"j" * 60)
        everything = at(reader)
        await ask(reader, "topic:odd")
        assert reader.article_list.cursor == 0  # never requested before
        await reader.press_at_once(*"j" * 20)
        odd = at(reader)
        await ask(reader, "topic:even")
        assert reader.article_list.cursor == 0
        await reader.press("j", "j")
        even = at(reader)
        await ask(reader, "topic:odd")
        assert at(reader) == odd
        await reader.press("escape")
        assert at(reader) == everything
        await reader.press("q")
    assert stored_counts()[1] == 3
    async with open_app(hundred, STACKED) as reader:
        assert at(reader)[0] == everything[0]
        await ask(reader, "  topic:even ")
        assert at(reader) == even
        await reader.press("escape")
        assert at(reader)[0] == everything[0]


async def test_a_list_left_at_its_top_opens_there(hundred: Path, make_folder: MakeFolder) -> None:
    async with open_app(hundred) as reader:
        await reader.press("j", "j", "g", "q")
    assert stored_counts()[1] == 0
    make_folder(articles(range(90, 100)))
    async with open_app(hundred) as reader:
        assert (reader.row.title, reader.article_list.cursor) == ("N090", 0)
