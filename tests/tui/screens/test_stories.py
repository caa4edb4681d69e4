"""What leads from an article to its story: the timeline, the list of neighbors, the digest, and the heat view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reader.query.parser import parse_query
from reader.stories.model import Similar
from reader.tui.controllers.stories.dialogs import narrowed_query
from reader.tui.loaders.neighbors import alike, around
from reader.tui.screens.heat_view import HeatScreen
from reader.tui.screens.story_digest import DigestScreen
from tests.conftest import MakeFolder
from tests.tui.helpers import SIDE, STACKED, document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    """Return the seeds' kind of folder: three articles about one event, one that cites the first, and another."""
    event = [
        (
            "Supreme court orders removal of the Elwha river dam",
            "The supreme court ordered the ministry to remove the dam.",
            2,
        ),
        (
            "Court orders ministry to remove Elwha river dam",
            "The Elwha river dam has to go, the supreme court ruled.",
            3,
        ),
        (
            "Elwha river dam must be removed, supreme court rules",
            "The supreme court ruled that the ministry removes it.",
            7,
        ),
    ]
    documents = {
        f"{number}.md": document(
            title,
            f"excerpt: '{excerpt}'",
            f"quality: {90 - number}",
            f"publishedDateTime: 2026-03-{day:02}T08:00:00Z",
            f"provider: {{name: Source {number}}}",
            f"originalUrl: https://a.org/{number}",
            "topics: [rivers]",
        )
        for number, (title, excerpt, day) in enumerate(event, 1)
    }
    cites = "related: [{title: Ruling, webUrl: 'https://a.org/1'}]"
    documents["4.md"] = document("Bakery strike ends in Lyon", "quality: 50", "topics: [bread]", cites)
    documents["5.md"] = document(
        "Chess champion retires", "quality: 40", "publishedDateTime: 2026-03-07", "topics: [chess]"
    )
    return make_folder(documents)


async def test_the_pane_has_the_story_and_who_cites_the_article(folder: Path) -> None:
    async with open_app(folder, SIDE, grouping=True) as reader:
        lines = [line.strip() for line in reader.pane_text.split("\n")]
        start = lines.index("Same story (3 articles)")
        assert lines[start + 1].endswith("this article")
        assert "Source 2: Court orders" in lines[start + 2]
        assert "Cited by (1)" in lines
        await reader.press("]", "]", "]")
        assert "Bakery strike" in reader.article_pane.related_item.described.title  # type: ignore[union-attr]
        await reader.press("enter")
        assert reader.pane_title == "Bakery strike ends in Lyon"
        await reader.press("backspace")
        assert reader.article_pane.selected == 2
        assert "sources in 5 days" in reader.pane_text, "the heat is estimated and explained"


async def test_an_article_that_was_walked_to_has_its_new_heat(folder: Path) -> None:
    async with open_app(folder, SIDE, grouping=True) as reader:
        await reader.press("c", "]", "]", "enter")
        assert reader.pane_title == "Elwha river dam must be removed, supreme court rules"
        assert "3 sources in 5 days" in reader.pane_text
        text = (folder / "3.md").read_text("utf-8").replace("Source 3", "Source 6").replace("a.org/3", "a.org/6")
        (folder / "6.md").write_text(text, "utf-8")
        reader.report_folder_change()
        await reader.wait_until(lambda: "4 sources in 5 days" in reader.pane_text)
        (folder / "3.md").unlink()
        reader.report_folder_change()
        await reader.wait_until(lambda: reader.app.library.counts().articles == 5)
        assert reader.pane_title == "Elwha river dam must be removed, supreme court rules", "it is being read"


@pytest.mark.parametrize(
    ("place", "listed", "skipped"),
    [(0, range(40), 0), (21, range(40), 0), (50, [0, *range(30, 69)], 29), (99, [0, *range(61, 100)], 60)],
)
def test_of_a_long_story_the_first_article_and_those_around_this_one_are_listed(
    place: int, listed: Sequence[int], skipped: int
) -> None:
    assert around(range(100), place) == ([*listed], skipped)
    assert around(range(40), place) == ([*range(40)], 0)


def test_a_word_that_many_texts_have_makes_no_similar_article() -> None:
    tram, shooting = Similar(1, 0.31, ("tram", "s", "croydon")), Similar(2, 0.04, ("killed",))
    number = Similar(3, 0.2, ("7",))
    assert alike([tram, shooting, number]) == [(1, "in both: tram, croydon")]


async def test_similar_articles_come_and_go_with_the_words_that_they_share(folder: Path) -> None:
    async with open_app(folder, SIDE, grouping=True) as reader:
        await reader.press(".")
        assert reader.focus == "related"
        assert "More like this (2)" in reader.pane_text
        assert "dam" in reader.pane_text.partition("More like this")[2]
        selected = reader.article_pane.selected
        await reader.press("enter")
        assert reader.pane_title != reader.app.library.articles.rows([1])[0].title
        await reader.press("backspace")
        assert reader.article_pane.selected == selected
        await reader.press(".")
        assert "More like this" not in reader.pane_text
        await reader.press("h")
        await reader.press_at_once(".", "h")
        assert ("More like this (2)" in reader.pane_text, reader.focus) == (True, "article")
        await reader.press(".")
        for _ in range(2):  # also from the text, which is left, and behind which they may be listed already
            await reader.press("h", "enter", ".")
            assert reader.focus == "related"
            assert "More like this (2)" in reader.pane_text


async def test_the_story_and_its_links_are_a_list_like_any_other(folder: Path) -> None:
    async with open_app(folder, SIDE, grouping=True) as reader:
        await reader.press("j", "l", "S")
        second = reader.row
        assert second.title == "Court orders ministry to remove Elwha river dam"
        assert reader.query == f"near:{second.id}"
        await reader.press("k", "S")
        assert len(reader.rows) == 4
        assert reader.focus == "list"
        await reader.press("M")
        assert reader.message.startswith("Marked 4 articles read")
        await reader.press("S", "S", "j", "k")
        assert reader.message.startswith("The story of the article")
        last = reader.query
        await reader.press("escape")
        assert len(reader.rows) == 5
        await reader.press("backspace")
        assert (len(reader.rows), reader.query) == (4, last)
        await reader.press("l", "backspace")
        assert (reader.focus, reader.query) == ("list", f"near:{second.id}")
        await reader.press("backspace")
        assert (reader.row.id, reader.focus, reader.query) == (second.id, "list", "")
        await reader.press_at_once("backspace", "backspace")
        assert reader.message == "There is nothing to go back to."
        await reader.press("G", "S")
        assert len(reader.rows) == 5
        assert reader.message == "No other article here is linked with this one, or about the same event."
        await reader.press("enter", "S")
        assert not reader.is_main_screen_on_top, "a text that leads nowhere stays"
        await reader.press("h", "g", "enter")
        await reader.press_at_once("S", "l")
        assert (reader.is_main_screen_on_top, reader.focus, len(reader.rows)) == (True, "article", 4)


async def test_keys_say_that_stories_are_still_being_found(folder: Path) -> None:
    async with open_app(folder, SIDE) as reader:
        await reader.press("G")
        for key in "SD..":
            await reader.press(key)
            assert reader.message == "Stories are still being found: try again in a moment."
            reader.clear_message()
        await reader.press("c")
        assert reader.message == "Stories are still being found. The list follows."


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_the_digest_has_the_sources_side_by_side(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size, grouping=True) as reader:
        await reader.press("D")
        assert isinstance(reader.app.screen, DigestScreen)
        assert "3 articles, 3 sources" in reader.text
        assert "Source 1" in reader.text
        await reader.press("q", "G", "D")
        assert reader.is_main_screen_on_top
        assert reader.message == "No other article here is about the same event."


async def test_a_bar_of_the_heat_view_narrows_the_list(folder: Path) -> None:
    async with open_app(folder, SIDE, grouping=True) as reader:
        await reader.press("H")
        assert isinstance(reader.app.screen, HeatScreen)
        assert "5 articles" in reader.text
        assert "2026-03-07: 2 articles" in reader.text
        await reader.press("l")
        assert "This is the last bar of the plot." in reader.text
        await reader.press("k")
        assert "This is the plot: h l select one of its bars." in reader.text
        await reader.press("G", "j")
        assert "This is the last bar." in reader.text
        await reader.press("l", "h", "h")
        assert "2026-03-02: 1 article" in reader.text, "days without articles are skipped"
        await reader.press("enter")
        assert reader.query == "date:2026-03-02"
        assert len(reader.rows) == 1
        await reader.press("escape", "enter", "H", "q")
        assert not reader.is_main_screen_on_top, "back in the text"
        await reader.press("H", "j", "enter")
        assert reader.query == "topic:rivers"
        await reader.press("H", "l", "-")
        assert "2026-03: 3 articles" in reader.text
        await reader.press("+", "+")
        assert "2026-03-07 08:00" in reader.text
        await reader.press("/", *"source 2", "enter", "j", "enter")
        assert reader.query == 'topic:rivers source:"Source 2"'
        (folder / "6.md").write_text(document("Moon landing", "publishedDateTime: 1969-07-20"), "utf-8")
        reader.report_folder_change()
        await reader.wait_until(lambda: reader.app.library.counts().articles == 6)
        await reader.press("escape", "H", "+", "+")
        assert "The articles are too far apart for shorter periods" in reader.text
        await reader.resize(40, 10)
        await reader.press("q", "H")
        assert "rivers" in reader.text
        assert "Enter narrow" in reader.text


async def test_keys_in_a_burst_and_tiny_terminals_do_no_harm(folder: Path) -> None:
    async with open_app(folder, SIDE, grouping=True) as reader:
        await reader.press_at_once(*"cHjjhl+-", "enter", "escape", "D", "q", ".", "S", "c", "enter", "j", "h")
        for size in ((1, 1), (20, 4), (80, 3), SIDE):
            await reader.resize(*size)
            await reader.press("H", "j", "h", "q", "D", "j", "q", "c", "enter")
        while not reader.is_main_screen_on_top or reader.focus != "list":
            await reader.press("q")


@pytest.mark.parametrize(
    ("query", "bar", "narrowed"),
    [
        ("", "topic:rivers", "topic:rivers"),
        ("dam OR river", "topic:rivers", "(dam OR river) topic:rivers"),
        ("dam date:2026", "date:2026-03", "dam date:2026-03"),
        ("topic:rivers", "topic:rivers", "topic:rivers"),
        ("dam after:2026-01-01 limit:5", "date:2026-03", "dam after:2026-01-01 date:2026-03 limit:5"),
    ],
)
def test_a_bar_is_added_to_the_query_and_replaces_its_date(query: str, bar: str, narrowed: str) -> None:
    assert narrowed_query(parse_query(query), bar) == narrowed
