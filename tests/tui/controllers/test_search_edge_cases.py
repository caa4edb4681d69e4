"""Search with interruptions: quick keys, failures, clicks, marks, other windows."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.library.library import Library
from reader.storage.sqlite.search.service import SearchService
from reader.tui.widgets.article_list.article_list import ArticleList
from tests.conftest import MakeFolder
from tests.tui.controllers.test_search import hint, titles, write
from tests.tui.helpers import NARROW, Reader, document, open_app


@pytest.fixture
def ten(make_folder: MakeFolder) -> Path:
    """Ten articles by quality; those with an even number are calm."""
    return make_folder(
        {
            f"{number}.md": document(
                f"{'storm' if number % 2 else 'calm'} {number}",
                f"quality: {90 - number}",
                f"heat: {90 - number}",
                body="text",
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
async def test_marking_all_read_waits_for_the_search_result(ten: Path, query: str, result: list[str]) -> None:
    async with open_app(ten) as reader:
        await reader.press_at_once("/", *query, "enter", "M")
        assert read(reader) == result


async def test_a_mark_waits_for_the_loading_list(ten: Path) -> None:
    async with open_app(ten) as reader:
        await reader.press_at_once("/", *"storm", "enter", "j", "m")
        assert read(reader) == ["storm 3"]
        await reader.press_at_once("escape", "G", "m")
        assert read(reader) == ["storm 3", "storm 9"]
        await reader.press_at_once("1", "v", "j", "m")  # worst first
        assert read(reader) == ["calm 8", "storm 3", "storm 9"]


async def test_a_failed_search_is_reported_and_keeps_the_list(ten: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(ten) as reader:
        await write(reader, "storm")
        await reader.press("enter")

        def fail(*_: object, **__: object) -> None:
            raise ReaderError("The index cannot be read.", "Try again.")

        monkeypatch.setattr(SearchService, "run", fail)
        await write(reader, " 3")
        assert "The index cannot be read." in hint(reader)
        await reader.press("enter")
        assert reader.prompt is not None  # it is not submitted
        await reader.press("escape")
        monkeypatch.undo()
        assert "/storm " in reader.lines[0]
        assert len(titles(reader)) == 5
        await reader.press("M")
        assert len(read(reader)) == 5


async def test_sorting_keeps_articles_just_read(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "j", "j", "m", "2")
        assert reader.row.title == "calm 2"
        assert "Sorted by heat" in reader.message
        await reader.press("l", "1")
        assert reader.focus == "article"
        assert reader.pane_title == "calm 2"


async def test_moving_from_an_article_just_read_works(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "m", "j")
        assert reader.row.title == "storm 1"
        assert "last article" not in reader.message


async def test_escape_restores_articles_that_no_longer_match(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "j", "j", "m")
        place = reader.positions
        await write(reader, " storm")
        await reader.press("escape")
        assert (reader.row.title, reader.positions) == ("calm 2", place)


async def test_escape_restores_the_selection_range(ten: Path) -> None:
    async with open_app(ten) as reader:
        await reader.press("j", "v", "j", "j")
        chosen = reader.article_list.selected_range
        await write(reader, "storm")
        await reader.press("escape")
        assert reader.article_list.selected_range == chosen
        assert len(chosen) == 3


async def test_a_click_in_the_list_submits_the_query(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "storm")
        await reader.click(ArticleList, 20, reader.y_of(2))
        assert reader.prompt is None
        assert (reader.focus, reader.row.title) == ("list", "storm 5")
        await reader.press("/", "escape", "escape")
        assert len(titles(reader)) == 10


async def test_a_click_elsewhere_does_not_submit_tags(ten: Path) -> None:
    async with open_app(ten) as reader:
        await reader.press("t", *"law")
        await reader.click(ArticleList, 20, 4)
        assert "Enter accepts, Esc cancels." in hint(reader)
        await reader.press("enter")
        library = reader.app.library
        assert [row.title for row in library.articles.rows(library.articles.order(reader.sort).rowids) if row.tags] == [
            "calm 0"
        ]


@pytest.mark.parametrize("key", ["ctrl+r", "f5", "f2", "pageup", "ctrl+p"])
async def test_screen_keys_are_reported_as_unavailable_in_the_prompt(ten: Path, key: str) -> None:
    async with open_app(ten) as reader:
        await reader.press("m")
        await reader.press("u")
        await write(reader, "storm")
        await reader.press(key)
        assert "does nothing here." in hint(reader)
        assert not read(reader)
        assert len(reader.app.screen_stack) == 2  # the main screen and the prompt, no palette


async def test_completion_keeps_blanks(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({"1.md": document("One", "topics: [Food]")})) as reader:
        await write(reader, "  one  top")
        await reader.press("tab", "f", "tab")
        assert reader.prompt.text == "  one  topic:Food"


async def test_tags_added_by_another_window_are_kept(ten: Path) -> None:
    async with open_app(ten) as reader:
        await reader.press("t")
        other = Library.open(ten, Paths.from_environment())
        other.marks.apply([reader.row.id], MarkChange(add_tags=("elsewhere",)))
        other.close()
        await reader.press(*"mine", "enter")
        rows = reader.app.library.articles.rows([reader.article_list.rowid])
        assert set(rows[0].tags) == {"elsewhere", "mine"}


async def test_tags_are_saved_for_an_article_deleted_meanwhile(ten: Path) -> None:
    async with open_app(ten) as reader:
        await reader.press("j", "t", *"precious")
        (ten / "1.md").unlink()
        reader.compare_folder()
        await reader.settle()
        await reader.press("enter")
        assert reader.app.library.marks.store.tags() == ["precious"]


async def test_a_minus_removes_a_tag(ten: Path) -> None:
    async with open_app(ten) as reader:
        await reader.press("t", *"law, eu", "enter", "t", *"-law", "enter")
        assert reader.row.tags == ("eu",)


async def test_sorting_by_relevance_marks_no_column(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "storm OR text sort:relevance")
        await reader.press("enter")
        assert "↓" not in reader.list_header
        await reader.press("1")
        assert [row.quality for row in reader.rows] == list(range(90, 80, -1))
        assert "Qual ↓" in reader.list_header


async def test_a_sort_key_keeps_the_rest_of_the_query(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "NOT calm AND (storm) sort:date")
        await reader.press("enter", "2")
        assert "/NOT calm AND (storm) " in reader.lines[0]


async def test_the_error_position_is_right_in_a_scrolled_prompt(ten: Path) -> None:
    async with open_app(ten, NARROW) as reader:
        await write(reader, "a long query that does not fit heat>")
        line, shown_hint = reader.lines[-2], hint(reader)
        assert "^" not in shown_hint or shown_hint.index("^") == line.index("heat>")
        await reader.press("ctrl+u", *"heat>x and more words that go on and on until they no longer fit")
        assert "^" not in hint(reader)  # its position is off the screen


async def test_a_long_paste_is_cut_with_a_message(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "ab")
        reader.prompt.input.post_message(events.Paste("x" * 20_000))
        await reader.settle()
        assert "was cut" in hint(reader)
        assert len(reader.prompt.text) == 10_000


async def test_a_completion_is_shown_beside_an_error(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({"1.md": document("One", "topics: [Food]")})) as reader:
        await write(reader, "topic:")
        assert "needs a value" in hint(reader)
        assert "Tab: Food" in hint(reader)


async def test_field_matches_are_highlighted_only_in_that_field(ten: Path) -> None:
    def underlined(y: int) -> list[str]:
        return [s.text for s in reader.article_pane.render_line(y) if s.style and s.style.underline]

    async with open_app(ten) as reader:
        await write(reader, "title:storm")
        assert underlined(0) == ["storm"]
        await reader.press("ctrl+u", *"body:text")
        assert underlined(0) == []
        assert any(underlined(y) == ["text"] for y in range(10))


async def test_the_previous_query_is_recalled_at_once(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "storm")
        await reader.press("enter", "escape")
        await reader.press_at_once("/", "up", "enter")
        assert len(titles(reader)) == 5


async def test_two_windows_share_their_query_history(ten: Path) -> None:
    async with open_app(ten) as one, open_app(ten) as two:
        for number in range(3):
            await write(one, f"calm {number}")
            await one.press("enter", "escape")
            await write(two, f"storm {number}")
            await two.press("enter", "escape")
        saved = one.app.library.settings.get("queries") or ""
        assert [f"{word} {number}" in saved for word in ("calm", "storm") for number in range(3)] == [True] * 6


async def test_escape_restores_the_query_as_typed(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "-calm")
        await reader.press("enter", "/", "ctrl+u", *"NOT calm", "escape")
        assert "/-calm " in reader.lines[0]


async def test_prompt_and_top_bar_show_the_same_count(ten: Path) -> None:
    async with open_app(ten) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "m", "/")
        assert "9 articles" in hint(reader)
        assert "9 of 10" in reader.lines[0]
