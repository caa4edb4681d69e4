"""Coming back to where one was: in an article, in a view, in this run and in another, at whatever size."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.paths import Paths
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import LOW, NARROW, PATIENT, SIDE, STACKED, Reader, document, lines_of, opened

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
            body=LONG,
        )
        for n in numbers
    }


@pytest.fixture
def hundred(make_folder: MakeFolder) -> Path:
    return make_folder(articles(range(100, 200)))


def paragraph(reader: Reader) -> int:
    """Return the paragraph whose text is topmost in the pane."""
    above = lines_of(reader.article)[: reader.article.scroll_offset.y + 1]
    text = "".join(run.text for line in above for run in line)
    return int(text.rsplit("Paragraph ", 1)[1].split(":")[0]) if "Paragraph " in text else -1


def kept() -> tuple[int, int]:
    """Return of how many articles and of how many views the place is on disk."""
    with closing(sqlite3.connect(Paths.from_environment().state_file)) as db:
        counts = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("positions", "places"))
        return next(counts), next(counts)


def at(reader: Reader) -> tuple[str, int]:
    """Return the selected article, and its line on the screen."""
    return reader.row.title, reader.list.cursor - reader.list.scroll_offset.y


# In an article.


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW, LOW])
async def test_an_article_is_shown_where_it_was_left_in_another_run_at_any_size(
    hundred: Path, size: tuple[int, int]
) -> None:
    async with opened(hundred) as reader:
        await reader.press("j", "enter", *["pagedown"] * 3, "j")
        before, line = paragraph(reader), reader.article.scroll_offset.y
        assert before > 5
        await reader.press("q")
    async with opened(hundred, size) as reader:
        assert reader.row.title == "N101"
        await reader.press("enter")
        assert paragraph(reader) == before
        if size == SIDE:
            assert reader.article.scroll_offset.y == line
        await reader.press("q")
    async with opened(hundred) as reader:  # to have looked at it at another size changes nothing
        assert (reader.shown, reader.article.scroll_offset.y) == ("N101", line)


async def test_sizes_in_between_cost_no_line(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", *["pagedown"] * 3)
        line = reader.article.scroll_offset.y
        for size in (STACKED, NARROW, LOW, (30, 8), (200, 50), SIDE):
            await reader.resize(*size)
        assert reader.article.scroll_offset.y == line
        await reader.resize(*NARROW)
        before = paragraph(reader)
        await reader.press("q")
    async with opened(hundred, STACKED) as reader:
        await reader.press("enter")
        assert paragraph(reader) == before


async def test_a_terminal_as_high_as_the_article_does_not_forget_the_place(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", "pagedown", "pagedown")
        line = reader.article.scroll_offset.y
        await reader.resize(120, 900)
        assert reader.article.scroll_offset.y < line
        await reader.press("q")
    async with opened(hundred) as reader:
        assert reader.article.scroll_offset.y == line


async def test_coming_back_in_the_same_run_shows_where_one_was(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", "pagedown", "pagedown", "escape")
        line = reader.article.scroll_offset.y
        await reader.press("j")
        assert (reader.shown, reader.article.scroll_offset.y) == ("N101", 0)
        await reader.press("k")
        assert (reader.shown, reader.article.scroll_offset.y) == ("N100", line)


async def test_coming_back_before_the_other_article_was_shown_keeps_the_place(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", "pagedown", "escape")
        there, back = (reader.list.order.rowids[at] for at in (1, 0))
        reader.load_article(there)
        reader.load_article(back)
        await reader.settled()
        assert (reader.shown, reader.article.scroll_offset.y) == ("N100", 37)


async def test_another_window_knows_where_one_was(hundred: Path) -> None:
    async with opened(hundred) as reader, opened(hundred) as other:
        await reader.press("enter", "pagedown", "escape", "j")
        await other.press("j", "k")
        assert (other.shown, other.article.scroll_offset.y) == ("N100", 37)


async def test_what_was_not_scrolled_or_was_scrolled_back_begins_at_its_top(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", "escape", "j", "enter", "pagedown", "q")
    assert kept() == (1, 1)
    async with opened(hundred) as reader:
        assert (reader.shown, reader.article.scroll_offset.y) == ("N101", 37)
        await reader.press("enter", "g", "q")
    assert kept() == (0, 1)
    async with opened(hundred) as reader:
        assert (reader.shown, reader.article.scroll_offset.y) == ("N101", 0)


async def test_going_to_the_related_items_is_not_scrolling(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", "pagedown", "]", "]")
        assert reader.article.scroll_offset.y > 100
        await reader.press("escape", "escape", "j", "k")
        assert (reader.shown, reader.article.scroll_offset.y) == ("N100", 37)
        await reader.press("j", "]", "q")
    assert kept()[0] == 1


async def test_the_place_is_kept_after_a_pause_and_not_with_each_key(hundred: Path) -> None:
    never = PATIENT._replace(position_settled=3600.0, list_settled=3600.0)
    soon = PATIENT._replace(position_settled=0.02, list_settled=0.02)
    async with opened(hundred, timings=never) as reader:
        await reader.press("j", "enter", "pagedown", "pagedown")
        assert kept() == (0, 0)
    assert kept() == (0, 0)  # it was killed
    async with opened(hundred, timings=soon) as reader:
        await reader.press("j", "enter", "pagedown", "pagedown")
        await reader.until(lambda: kept() == (1, 1))


async def test_the_wheel_scrolls_as_keys_do(hundred: Path) -> None:
    async with opened(hundred) as reader:
        for _ in range(4):
            await reader.scroll_wheel(reader.article)
        await reader.settled()
        line = reader.article.scroll_offset.y
        assert line > 0
        await reader.press("q")
    async with opened(hundred) as reader:
        assert reader.article.scroll_offset.y == line


async def test_another_article_that_comes_in_its_place_begins_at_its_top(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", "pagedown", "escape")
        (hundred / "100.md").unlink()
        await reader.press("r")
        assert (reader.shown, reader.article.scroll_offset.y) == ("N101", 0)


async def test_an_article_that_has_become_short_is_shown_at_its_end(hundred: Path, make_folder: MakeFolder) -> None:
    async with opened(hundred) as reader:
        await reader.press("enter", *["pagedown"] * 5, "q")
    make_folder({"100.md": document("N100", "quality: 400", "originalUrl: https://a.org/100", body="Short.")})
    async with opened(hundred) as reader:
        assert (reader.shown, reader.article.scroll_offset.y) == ("N100", 0)


# In a view.


async def test_the_list_opens_at_the_article_where_it_was_left_on_its_line(
    hundred: Path, make_folder: MakeFolder
) -> None:
    async with opened(hundred) as reader:
        await reader.press(*["pagedown"] * 2, "j", "up", "up")
        before = at(reader)
        assert reader.list.cursor == 71
        await reader.press("q")
    make_folder(articles(range(90, 100)))  # a day later there are better ones
    async with opened(hundred) as reader:
        assert at(reader) == before
        assert (reader.list.cursor, reader.shown) == (81, before[0])
        await reader.press("g")
        assert reader.row.title == "N090"


async def test_while_the_folder_is_compared_the_list_stays_where_one_looks(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press(*["j"] * 50, "q")
    async with opened(hundred) as reader:
        reader.forget_that_folder_is_read()
        before = reader.list.scroll_offset.y
        await reader.scroll_wheel(reader.list)
        await reader.settled()
        looked_at = reader.list.scroll_offset.y
        assert looked_at > before
        reader.report_list_change()
        await reader.settled()
        assert (reader.row.title, reader.list.scroll_offset.y) == ("N150", looked_at)


async def test_to_be_shown_again_is_not_to_be_read(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press("j", "j", "k", "q")
    async with opened(hundred) as reader:
        assert reader.row.title == "N101"
        assert not reader.list.user_selected


async def test_until_one_takes_hold_another_order_begins_at_its_top(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press(*["j"] * 50, "q")
    async with opened(hundred) as reader:
        assert reader.list.cursor == 50
        await reader.press("1")
        assert (reader.row.title, reader.list.cursor) == ("N199", 0)
    async with opened(hundred) as reader:
        assert reader.header.count("↑")
        await reader.press("j", "1", "q")
    async with opened(hundred) as reader:  # an article that is held has its place in the other order as well
        assert (reader.row.title, reader.list.cursor) == ("N198", 98)


async def test_where_the_article_is_gone_its_neighbour_is_selected(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press(*["j"] * 50, "q")
    (hundred / "150.md").unlink()
    async with opened(hundred) as reader:  # seen by the comparison, a moment after the first frame
        assert (reader.row.title, reader.message) == ("N151", "")
        await reader.press("j", "q")
    (hundred / "152.md").unlink()
    library = Library.open(hundred, Paths.from_environment())
    from reader.indexing.refresh import refresh

    for _ in refresh(library):
        pass
    library.close()
    async with opened(hundred) as reader:  # known before it
        assert reader.row.title == "N153"


async def test_a_folder_that_is_read_anew_opens_where_it_was_left_once_it_is_read(hundred: Path) -> None:
    async with opened(hundred) as reader:
        await reader.press(*["pagedown"] * 2, "q")
        before = at(reader)
    Paths.from_environment().index_file(hundred).unlink()
    async with opened(hundred) as reader:
        await reader.until(lambda: reader.list.cursor)
        assert at(reader) == before
        assert reader.shown == before[0]


async def test_each_query_has_its_own_place_and_all_articles_theirs(hundred: Path) -> None:
    async def ask(reader: Reader, text: str) -> None:
        await reader.press("/", *(["ctrl+u"] if reader.query else []), *text, "enter")

    async with opened(hundred) as reader:
        await reader.press(*["j"] * 60)
        everything = at(reader)
        await ask(reader, "topic:odd")
        assert reader.list.cursor == 0  # never asked before
        await reader.press(*["j"] * 20)
        odd = at(reader)
        await ask(reader, "topic:even")
        assert reader.list.cursor == 0
        await reader.press("j", "j")
        even = at(reader)
        await ask(reader, "topic:odd")
        assert at(reader) == odd
        await reader.press("escape")
        assert at(reader) == everything
        await reader.press("q")
    assert kept()[1] == 3
    async with opened(hundred, STACKED) as reader:
        assert at(reader)[0] == everything[0]
        await ask(reader, "  topic:even ")
        assert at(reader) == even
        await reader.press("escape")
        assert at(reader)[0] == everything[0]


async def test_who_leaves_a_view_at_its_top_begins_there(hundred: Path, make_folder: MakeFolder) -> None:
    async with opened(hundred) as reader:
        await reader.press("j", "j", "g", "q")
    assert kept()[1] == 0
    make_folder(articles(range(90, 100)))
    async with opened(hundred) as reader:
        assert (reader.row.title, reader.list.cursor) == ("N090", 0)
