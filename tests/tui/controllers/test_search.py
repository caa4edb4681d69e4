"""Search: the list follows the prompt, and everything can be restored."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.paths import Paths
from reader.library.library import Library
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.text.line_view import LineView
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, STACKED, Reader, document, marking_after, open_app

TITLES = {
    "1.md": document("The court rules on faces", "quality: 50", "excerpt: Recognition of a face is regulated"),
    "chinese.md": document("中国最高法院就人脸识别作出司法解释", "quality: 40"),
    "cafe.md": document("A Café in Paris", "quality: 30", "topics: [Food, Travel]"),
    "storm.md": document("Storm over the harbour", "quality: 20", body="The courts were closed."),
    "budget.md": document("Budget, again", "quality: 10", "topics: [Money]"),
}


@pytest.fixture
def news(make_folder: MakeFolder) -> Path:
    return make_folder(TITLES)


def titles(reader: Reader) -> list[str]:
    return [row.title for row in reader.rows]


def hint(reader: Reader) -> str:
    return reader.lines[-1]


async def write(reader: Reader, text: str) -> None:
    await reader.press("/", *text)


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW])
async def test_each_key_narrows_the_list_and_the_count_is_shown(news: Path, size: tuple[int, int]) -> None:
    async with open_app(news, size) as reader:
        await write(reader, "c")
        assert titles(reader) == ["The court rules on faces", "A Café in Paris", "Storm over the harbour"]
        await reader.press("o")
        assert titles(reader) == ["The court rules on faces", "Storm over the harbour"]
        assert "2 articles" in hint(reader)
        await reader.press("u", "r", "t", "s")
        assert titles(reader) == ["Storm over the harbour"]
        assert "1 article" in hint(reader)
        await reader.press("enter")
        assert reader.focus == "list"
        assert "/courts" in reader.lines[0] or size == NARROW
        assert "1 of 5" in reader.lines[0]
        assert titles(reader) == ["Storm over the harbour"]


async def test_what_is_typed_after_a_query_is_another_word_of_it(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "c")
        await reader.press("enter", "/", *"paris")
        assert reader.prompt.text == "c paris"
        assert titles(reader) == ["A Café in Paris"]
        await reader.press("enter", "/", "enter")
        assert "/c paris " in reader.lines[0]


async def test_escape_restores_the_whole_list(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("j", "j")
        before, place = titles(reader), reader.positions
        await write(reader, "storm")
        assert reader.row.title == "Storm over the harbour"
        await reader.press("escape")
        assert (titles(reader), reader.positions) == (before, place)
        assert reader.pane_title == "A Café in Paris"
        assert "/" not in reader.lines[0]


async def test_escape_restores_the_previous_query_and_article(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "quality<=40")
        await reader.press("enter", "j", "l")
        assert reader.focus == "article"
        place = reader.positions
        await write(reader, " storm")
        assert titles(reader) == ["Storm over the harbour"]
        await reader.press("escape")
        assert titles(reader)[1] == "A Café in Paris"
        assert reader.positions == place
        assert "/quality<=40" in reader.lines[0]


async def test_escape_in_the_list_clears_the_query(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "court")
        await reader.press("enter", "escape")
        assert len(titles(reader)) == 5
        assert "Showing all articles" in reader.message
        await reader.press("escape")
        assert "You are in the list." in reader.message
        await reader.press("/", "up", "enter")
        assert len(titles(reader)) == 2


async def test_history_is_saved_and_shared_by_windows(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "court")
        await reader.press("enter")
        await reader.press("/", "ctrl+u", *"storm", "enter")
    async with open_app(news) as reader:
        other = Library.open(news, Paths.from_environment())
        saved = other.settings.get("queries")
        assert saved is not None
        other.settings.set("queries", saved.replace("court", "budget"))
        other.close()
        await reader.press("/", "up")
        assert titles(reader) == ["Storm over the harbour"]
        await reader.press("up")
        assert titles(reader) == ["Budget, again"]
        await reader.press("up")
        assert "There are no earlier entries." in hint(reader)
        await reader.press("down", "down")
        assert len(titles(reader)) == 5


async def test_an_error_names_its_position_and_keeps_the_last_result(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "is:")
        assert "is: needs a state." in hint(reader)
        assert titles(reader) == ["The court rules on faces"]  # a field whose values start with "is"
        await reader.press("ctrl+u", *"court quality>=")
        assert "quality>= needs a number." in hint(reader)
        assert hint(reader).index("^") == reader.lines[-2].index("quality")
        await reader.press("enter")  # not submitted, so that it can be corrected
        assert reader.prompt is not None
        assert "quality>= needs a number." in hint(reader)
        await reader.press("3", "0", "enter")
        assert titles(reader) == ["The court rules on faces"]
        assert reader.prompt is None


async def test_an_error_in_a_narrow_prompt_has_no_position(news: Path) -> None:
    async with open_app(news, NARROW) as reader:
        await write(reader, "a long query that goes on quality>=")
        assert "quality>= needs a number." in hint(reader)


async def test_an_unknown_field_gets_a_suggestion(news: Path) -> None:
    async with open_app(news, STACKED) as reader:
        await write(reader, "qualty>=40")
        assert "^ There is no field “qualty”. Did you mean quality>=?" in hint(reader)


async def test_an_operator_after_a_completed_name_is_accepted(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "qual")
        await reader.press("tab", *">=40", "enter")
        assert reader.query == "quality:>=40"
        assert {row.quality >= 40 for row in reader.rows} == {True}


async def test_the_numbers_beside_a_query_are_those_of_the_query(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("m")
        assert "5 articles  4 unread" in reader.lines[0]
        await write(reader, "quality<=40")
        await reader.press("enter")
        found = len(reader.rows)
        assert f"{found} of 5 articles · {found} unread" in reader.lines[0]
        await reader.press("m")
        assert f"{found} of 5 articles · {found - 1} unread" in reader.lines[0]
        await reader.press("a")
        assert f"{found - 1} of 5 articles · {found - 1} unread" in reader.lines[0]
        await reader.press("j", "m")
        assert f"{found - 2} of 5 articles · {found - 2} unread" in reader.lines[0]
        await reader.press("u", "escape")
        assert "5 articles  3 unread" in reader.lines[0]
        await write(reader, "quality<=40 limit:1")
        assert "1 of 5 articles · 0 unread" in reader.lines[0]


async def test_tab_completes_fields_and_values(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "top")
        assert "Tab: topic:" in hint(reader)
        await reader.press("tab")
        await reader.press("f")
        assert "Tab: Food" in hint(reader)
        await reader.press("tab")
        assert titles(reader) == ["A Café in Paris"]
        await reader.press("enter", "/", "ctrl+u", *"is:un", "tab", "enter")
        assert "/is:unread" in reader.lines[0]


async def test_a_missing_completion_is_reported(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "topic:zz")
        await reader.press("tab")
        assert "There are no completions." in hint(reader)


async def test_matches_are_highlighted_in_titles_and_article(news: Path) -> None:
    def found_in(view: LineView) -> str:
        style = theme_style(view, "found")
        drawn = (segment for y in range(view.size.height) for segment in view.render_line(y))
        return " ".join(
            segment.text
            for segment in drawn
            if segment.style is not None and segment.style.underline and segment.style.color == style.color
        )

    async with open_app(news) as reader:
        await write(reader, "court recog")
        row = [
            segment.text for segment in reader.article_list.render_line(0) if segment.style and segment.style.underline
        ]
        assert row == ["court"]
        assert found_in(reader.article_pane) == "court Recognition"
        await reader.press("ctrl+u", *"人脸")
        row = [
            segment.text for segment in reader.article_list.render_line(0) if segment.style and segment.style.underline
        ]
        assert row == ["人脸"]
        await reader.press("escape")
        assert found_in(reader.article_pane) == ""


async def test_a_phrase_is_highlighted_across_lines(make_folder: MakeFolder) -> None:
    folder = make_folder({"1.md": document("One", body="word " * 20 + "facial recognition " * 20)})
    async with open_app(folder, NARROW) as reader:
        await write(reader, '"facial recognition"')
        await reader.press("enter", "l")
        view = reader.article_pane
        lines = [[s.text for s in view.render_line(y) if s.style and s.style.underline] for y in range(18)]
        split = [at for at, line in enumerate(lines) if line and line[-1].endswith("facial")]
        assert split
        assert all(lines[at + 1][0].startswith("recognition") for at in split)


async def test_an_empty_result_explains_how_to_go_back(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "zebra")
        assert titles(reader) == []
        assert "No article matches /zebra" in reader.pane_text
        assert "0 of 5 articles" in reader.lines[0]
        await reader.press("enter", "j")
        assert "There are no articles here." in reader.message
        await reader.press("m")
        assert "no article to mark" in reader.message
        await reader.press("escape")
        assert len(titles(reader)) == 5
        assert reader.pane_title == "The court rules on faces"


async def test_keys_typed_before_the_prompt_opens_are_kept(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("l")  # in the article, so that the focus has to move
        await reader.press_at_once(*"/storm")
        assert reader.prompt.text == "storm"
        assert titles(reader) == ["Storm over the harbour"]


async def test_a_sort_key_overrides_the_order_of_a_query(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "quality<=40 sort:-quality")
        await reader.press("enter")
        assert [row.quality for row in reader.rows] == [10, 20, 30, 40]
        assert "Qual ↑" in reader.list_header
        await reader.press("1")
        assert [row.quality for row in reader.rows] == [40, 30, 20, 10]
        assert "sort:" not in reader.lines[0]
        assert "/quality<=40" in reader.lines[0]


async def test_an_article_that_no_longer_matches_stays_until_the_selection_moves(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "j", "m")
        assert len(titles(reader)) == 5
        assert reader.row.read
        assert "4 of 5" in reader.lines[0]
        line = reader.article_list.cursor - reader.article_list.top
        assert line == 1
        await reader.press("j")
        assert reader.row.title == "A Café in Paris"
        assert titles(reader) == [
            "The court rules on faces", "A Café in Paris", "Storm over the harbour", "Budget, again"
        ]  # fmt: skip
        await reader.press("m", "m", "j")  # read and unread again: it stays in the list
        assert len(titles(reader)) == 4
        await reader.press("u")  # unread again, the last; then read again
        await reader.press("u")
        await reader.press("u")
        assert len(titles(reader)) == 5


async def test_several_articles_that_no_longer_match_stay_until_the_selection_moves(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "v", "j", "j", "m")
        assert len(titles(reader)) == 5
        assert "2 of 5" in reader.lines[0]
        await reader.press("j")
        assert titles(reader) == ["Storm over the harbour", "Budget, again"]


async def test_articles_marked_read_together_leave_when_the_selection_moves(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "is:unread")
        await reader.press("enter", "M")
        assert len(titles(reader)) == 5
        assert "0 of 5" in reader.lines[0]
        await reader.press("j")
        assert titles(reader) == ["中国最高法院就人脸识别作出司法解释"]


async def test_marking_all_affects_only_the_matches(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "court")
        await reader.press("enter", "M", "escape")
        assert [row.title for row in reader.rows if row.read] == ["The court rules on faces", "Storm over the harbour"]


async def test_typing_a_query_marks_nothing_read(news: Path) -> None:
    async with open_app(news, settings=marking_after(0.01)) as reader:
        await write(reader, "storm")
        await reader.pilot.pause(0.1)
        await reader.settle()
        assert not any(row.read for row in reader.rows)


async def test_a_new_matching_document_appears(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "court")
        await reader.press("enter")
        (news / "new.md").write_text(document("A new court", "quality: 90"))
        (news / "other.md").write_text(document("Another", "quality: 91"))
        await reader.press("r")
        assert titles(reader) == ["A new court", "The court rules on faces", "Storm over the harbour"]
        assert reader.row.title == "The court rules on faces"


async def test_hostile_queries_do_no_harm(news: Path) -> None:
    async with open_app(news) as reader:
        await write(reader, "[bold]x[/bold] '); DROP TABLE articles;--")
        await reader.press("enter")
        assert titles(reader) == []
        await reader.press("escape")
        assert len(titles(reader)) == 5
