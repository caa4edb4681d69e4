"""Searching when something comes between: quick keys, failures, clicks, marks, other windows."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.library.library import Library
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.search.service import SearchService
from reader.tui.widgets.article_list.article_list import ArticleList
from tests.conftest import MakeFolder
from tests.tui.controllers.test_search import hint, titles, write
from tests.tui.helpers import NARROW, Reader, document, opened


@pytest.fixture
def ten(make_folder: MakeFolder) -> Path:
    """Ten articles by quality, the even ones calm."""
    return make_folder(
        {
            f"{number}.md": document(
                f"{'storm' if number % 2 else 'calm'} {number}", f"quality: {90 - number}", body="text"
            )
            for number in range(10)
        }
    )


def read(reader: Reader) -> list[str]:
    library = reader.app.library
    return sorted(row.title for row in library.articles.rows(library.articles.order(reader.sort).rowids) if row.read)


@pytest.mark.parametrize(
    ("query", "result"),
    [("storm", [f"storm {n}" for n in (1, 3, 5, 7, 9)]), ("zebra", []), ("quality>=90", ["calm 0"])],
)
async def test_all_read_means_what_the_query_found_however_quick(ten: Path, query: str, result: list[str]) -> None:
    async with opened(ten) as reader:
        await reader.burst("/", *query, "enter", "M")
        assert read(reader) == result


async def test_a_mark_is_for_the_list_that_is_on_its_way(ten: Path) -> None:
    async with opened(ten) as reader:
        await reader.burst("/", *"storm", "enter", "j", "m")
        assert read(reader) == ["storm 3"]
        await reader.burst("escape", "G", "m")
        assert read(reader) == ["storm 3", "storm 9"]
        await reader.burst("1", "v", "j", "m")  # the worst first
        assert read(reader) == ["calm 8", "storm 3", "storm 9"]


async def test_a_search_that_fails_is_told_and_the_list_stays_what_it_says(
    ten: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(ten) as reader:
        await write(reader, "storm")
        await reader.press("enter")

        def fail(*_: object, **__: object) -> None:
            raise StorageError("The index cannot be read.", "Try again.")

        monkeypatch.setattr(SearchService, "run", fail)
        await write(reader, " 3")
        assert "The index cannot be read." in hint(reader)
        await reader.press("enter")
        assert reader.prompt is not None  # it is not entered
        await reader.press("escape")
        monkeypatch.undo()
        assert "/storm " in reader.lines[0]
        assert len(titles(reader)) == 5
        await reader.press("M")
        assert len(read(reader)) == 5


async def test_another_order_keeps_what_was_just_read(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "j", "j", "m", "2")
        assert reader.row.title == "calm 2"
        assert "Sorted by heat" in reader.message
        await reader.press("enter", "3")
        assert reader.focus == "article"
        assert reader.shown == "calm 2"


async def test_going_on_from_what_was_just_read_is_no_end(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "m", "j")
        assert reader.row.title == "storm 1"
        assert "last article" not in reader.message


async def test_escape_restores_what_had_fallen_out(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "j", "j", "m")
        place = reader.place
        await write(reader, " storm")
        await reader.press("escape")
        assert (reader.row.title, reader.place) == ("calm 2", place)


async def test_escape_restores_a_choice(ten: Path) -> None:
    async with opened(ten) as reader:
        await reader.press("j", "v", "j", "j")
        chosen = reader.list.selected_range
        await write(reader, "storm")
        await reader.press("escape")
        assert reader.list.selected_range == chosen
        assert len(chosen) == 3


async def test_a_click_in_the_list_enters_the_query(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "storm")
        await reader.click(ArticleList, 20, 2)
        assert reader.prompt is None
        assert (reader.focus, reader.row.title) == ("list", "storm 5")
        await reader.press("/", "escape", "escape")
        assert len(titles(reader)) == 10


async def test_a_click_elsewhere_does_not_take_tags_away(ten: Path) -> None:
    async with opened(ten) as reader:
        await reader.press("t", *"law")
        await reader.click(ArticleList, 20, 4)
        assert "Enter takes this, Esc leaves it." in hint(reader)
        await reader.press("enter")
        library = reader.app.library
        assert [row.title for row in library.articles.rows(library.articles.order(reader.sort).rowids) if row.tags] == [
            "calm 0"
        ]


@pytest.mark.parametrize("key", ["ctrl+r", "f5", "ctrl+z", "f2", "pageup", "ctrl+p"])
async def test_keys_of_the_screen_do_nothing_in_the_line_and_say_so(ten: Path, key: str) -> None:
    async with opened(ten) as reader:
        await reader.press("m")
        await reader.press("u")
        await write(reader, "storm")
        await reader.press(key)
        assert "does nothing in this line." in hint(reader)
        assert not read(reader)
        assert len(reader.app.screen_stack) == 1


async def test_tab_leaves_blanks_as_they_are(make_folder: MakeFolder) -> None:
    async with opened(make_folder({"1.md": document("One", "topics: [Food]")})) as reader:
        await write(reader, "  one  top")
        await reader.press("tab", "f", "tab")
        assert reader.prompt.text == "  one  topic:Food"


async def test_tags_of_another_window_stay(ten: Path) -> None:
    async with opened(ten) as reader:
        await reader.press("t")
        other = Library.open(ten, Paths.from_environment())
        other.marks.apply([reader.row.id], MarkChange(add_tags=("elsewhere",)))
        other.close()
        await reader.press(*"mine", "enter")
        rows = reader.app.library.articles.rows([reader.list.rowid])
        assert set(rows[0].tags) == {"elsewhere", "mine"}


async def test_tags_are_kept_of_an_article_that_is_gone_meanwhile(ten: Path) -> None:
    async with opened(ten) as reader:
        await reader.press("j", "t", *"precious")
        (ten / "1.md").unlink()
        reader.compare_folder()
        await reader.settled()
        await reader.press("enter")
        assert reader.app.library.marks.tags() == ["precious"]


async def test_a_minus_takes_a_tag_away_from_one_as_from_many(ten: Path) -> None:
    async with opened(ten) as reader:
        await reader.press("t", *"law, eu", "enter", "t", *"-law", "enter")
        assert reader.row.tags == ("eu",)


async def test_the_best_match_first_is_no_order_of_a_column(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "storm OR text sort:relevance")
        await reader.press("enter")
        assert "↓" not in reader.header
        await reader.press("1")
        assert [row.quality for row in reader.rows] == list(range(90, 80, -1))
        assert "Qual ↓" in reader.header


async def test_a_sort_key_leaves_the_rest_of_the_query_as_it_is_written(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "NOT calm AND (storm) sort:date")
        await reader.press("enter", "2")
        assert "/NOT calm AND (storm) " in reader.lines[0]


async def test_the_place_of_a_mistake_is_right_in_a_line_that_has_scrolled(ten: Path) -> None:
    async with opened(ten, NARROW) as reader:
        await write(reader, "a long query that does not fit heat>")
        line, told = reader.lines[-2], hint(reader)
        assert "^" not in told or told.index("^") == line.index("heat>")
        await reader.press("ctrl+u", *"heat>x and more words that go on and on until they no longer fit")
        assert "^" not in hint(reader)  # its place is not on the screen


async def test_a_paste_that_is_too_long_is_cut_and_that_is_said(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "ab")
        reader.prompt.input.post_message(events.Paste("x" * 20_000))
        await reader.settled()
        assert "is cut" in hint(reader)
        assert len(reader.prompt.text) == 10_000


async def test_what_tab_offers_is_shown_beside_a_mistake(make_folder: MakeFolder) -> None:
    async with opened(make_folder({"1.md": document("One", "topics: [Food]")})) as reader:
        await write(reader, "topic:")
        assert "needs a value" in hint(reader)
        assert "Tab: Food" in hint(reader)


async def test_words_of_a_field_are_marked_there_alone(ten: Path) -> None:
    def underlined(y: int) -> list[str]:
        return [s.text for s in reader.article.render_line(y) if s.style and s.style.underline]

    async with opened(ten) as reader:
        await write(reader, "title:storm")
        assert underlined(0) == ["storm"]
        await reader.press("ctrl+u", *"body:text")
        assert underlined(0) == []
        assert any(underlined(y) == ["text"] for y in range(10))


async def test_the_former_query_comes_at_once(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "storm")
        await reader.press("enter", "escape")
        await reader.burst("/", "up", "enter")
        assert len(titles(reader)) == 5


async def test_queries_of_two_windows_are_all_kept(ten: Path) -> None:
    async with opened(ten) as one, opened(ten) as two:
        for number in range(3):
            await write(one, f"calm {number}")
            await one.press("enter", "escape")
            await write(two, f"storm {number}")
            await two.press("enter", "escape")
        kept = one.app.library.settings.get("queries") or ""
        assert [f"{word} {number}" in kept for word in ("calm", "storm") for number in range(3)] == [True] * 6


async def test_escape_shows_the_query_as_it_was_written(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "-calm")
        await reader.press("enter", "/", "ctrl+u", *"NOT calm", "escape")
        assert "/-calm " in reader.lines[0]


async def test_below_the_line_and_above_the_list_is_one_count(ten: Path) -> None:
    async with opened(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "m", "/")
        assert "9 articles" in hint(reader)
        assert "9 of 10" in reader.lines[0]
