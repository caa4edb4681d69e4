"""The list in one or two lines an article, and its share of the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.config.settings import Config, Density
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.panes import BESIDE, HIGH, STACKED, VIEWS_BESIDE, Split
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, Reader, document, open_app
from tests.tui.helpers import STACKED as STACKED_SIZE


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    head = "provider: {name: Jurist}", "topics: [Law, AI]", "publishedDateTime: 2021-08-01T00:00:00Z"
    return make_folder({f"{n:03}.md": document(f"N{n:03}", f"quality: {900 - n}", *head) for n in range(300)})


def drawn(reader: Reader) -> list[str]:
    """The lines of the list."""
    return [reader.article_list.render_line(y).text for y in range(reader.article_list.size.height)]


async def test_a_narrow_list_has_two_lines_for_each_article(folder: Path) -> None:
    heights = {SIDE: 2, (160, 45): 2, (200, 50): 1, NARROW: 2, STACKED_SIZE: 1, (80, 40): 2, (120, 12): 1}
    async with open_app(folder) as reader:
        for size, height in heights.items():
            await reader.resize(*size)
            assert reader.article_list.row_height == height, size


async def test_the_title_has_a_line_and_what_is_known_the_next(folder: Path) -> None:
    async with open_app(folder) as reader:
        title, facts = reader.drawn_row(0).splitlines()
        assert title.split() == ["▌•", "N000"]
        assert facts.split() == ["▌", "Jurist", "1", "Aug", "21", "900", "Law", "·", "AI"]
        for head, fact in (("Source", "Jurist"), ("Topics", "Law")):
            assert reader.list_header.index(head) == facts.index(fact)
        await reader.press("s")
        assert reader.drawn_row(0).startswith("▌★ N000")


async def test_d_changes_the_density_and_is_remembered(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("d")
        assert reader.article_list.row_height == 1
        assert "N000" in drawn(reader)[0]
        assert "N001" in drawn(reader)[1]
    async with open_app(folder, STACKED_SIZE) as reader:
        assert reader.article_list.row_height == 1
    async with open_app(folder) as reader:
        assert reader.article_list.row_height == 1
        await reader.press("d")  # as it would be anyway: the width decides again
        assert reader.article_list.row_height == 2
    async with open_app(folder, (200, 50)) as reader:
        assert reader.article_list.row_height == 1


@pytest.mark.parametrize(("density", "height"), [("comfortable", 2), ("compact", 1)])
async def test_a_density_in_the_settings_takes_precedence(folder: Path, density: Density, height: int) -> None:
    async with open_app(folder, STACKED_SIZE) as reader:
        await reader.press("d")
    async with open_app(folder, STACKED_SIZE, Config(density=density)) as reader:
        assert reader.article_list.row_height == height
        reader.app.session.change_config(Config())
        await reader.settle()
        assert reader.article_list.row_height == 1


async def test_another_density_keeps_the_article_and_its_place(folder: Path) -> None:
    async with open_app(folder) as reader:
        articles = reader.article_list
        for keys in ("", "G", "jjjjjjj", ["pagedown"] * 3, ["G", "pageup", "k"]) * 2:
            if articles.row_height == 2:
                await reader.press_at_once("g", *keys)
            title, line = reader.row.title, (articles.cursor - articles.top) * articles.row_height
            await reader.press("d")
            shown = [y for y, text in enumerate(drawn(reader)) if title in text]
            assert reader.row.title == title
            at_end = articles.scroll_offset.y in (0, articles.max_scroll_y)
            assert at_end or abs(shown[0] - line) < 2, (shown, line)
            assert shown
            assert drawn(reader)[shown[0]].startswith("▌")


@pytest.mark.parametrize("height", [39, 40])
async def test_moves_are_by_articles(folder: Path, height: int) -> None:
    async with open_app(folder, (120, height)) as reader:
        articles = reader.article_list
        page = articles.size.height // 2
        step = page - 1
        for key, cursor in (("pagedown", step), ("pagedown", 2 * step), ("pageup", step), ("ctrl+d", step + page // 2)):
            await reader.press(key)
            assert articles.cursor == cursor
            assert articles.scroll_offset.y == 2 * articles.top
        await reader.press("G")
        lines = drawn(reader)
        assert lines[2 * page - 2].split() == ["▌•", "N299"]
        assert lines[2 * page - 1].startswith("▌  Jurist")
        for at in range(298, 298 - page, -1):
            await reader.press("k")
            assert articles.cursor == at
            y = reader.y_of(at - articles.top)
            assert drawn(reader)[y].split() == ["▌•", f"N{at}"]
        await reader.press("g")
        assert (articles.cursor, articles.scroll_offset.y) == (0, 0)


async def test_the_position_is_remembered_in_rows(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("pagedown", "pagedown", "k", "k")
        at, row = reader.article_list.cursor, reader.article_list.cursor - reader.article_list.top
        await reader.press("q")
    for size in (SIDE, (200, 50)):
        async with open_app(folder, size) as reader:
            assert (reader.article_list.cursor, reader.article_list.cursor - reader.article_list.top) == (at, row)


async def test_the_wheel_and_the_mouse_work_on_whole_rows(folder: Path) -> None:
    async with open_app(folder) as reader:
        articles = reader.article_list
        for top in (1, 2, 3):
            await reader.scroll_wheel(articles)
            assert (articles.top, articles.scroll_offset.y) == (top, 2 * top)
        for y, cursor in ((6, 6), (9, 7), (0, 3)):
            await reader.click(ArticleList, 20, y)
            assert articles.cursor == cursor
        await reader.pilot.mouse_down(ArticleList, offset=(5, 1))
        await reader.pilot.hover(ArticleList, offset=(5, 4))
        await reader.pilot.mouse_up(ArticleList, offset=(5, 4))
        await reader.settle()
        assert articles.selected_range == articles.order.rowids[3:6].tolist()
        bars = [line[0] for line in drawn(reader)[:8]]
        assert bars == ["▌"] * 6 + [" "] * 2


async def test_n_goes_to_the_next_unread_row(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "m", "j", "m", "g", "n")
        assert reader.row.title == "N003"
        assert drawn(reader)[6].startswith("▌• N003")


# The share of the list.


@pytest.mark.parametrize("size", [SIDE, (160, 45), (200, 50), STACKED_SIZE])
async def test_the_list_is_given_more_and_less_of_the_screen_and_that_is_remembered(
    folder: Path, size: tuple[int, int]
) -> None:
    def share(reader: Reader) -> int:
        region = reader.article_list.region
        return region.height if size[0] < BESIDE else region.width

    async with open_app(folder, size) as reader:
        before = share(reader)
        await reader.press(">")
        wider = share(reader)
        assert wider > before
        await reader.press("<", "<")
        narrower = share(reader)
        assert narrower < before
    async with open_app(folder, size) as reader:
        assert share(reader) == narrower
        await reader.press_at_once(*"<" * 20)
        assert reader.message == "The list is as small as it gets."
        assert 0 < share(reader) < narrower
        await reader.press_at_once(*">" * 20)
        assert reader.message == "The list is as large as it gets."
        pane = reader.article_pane.region
        assert pane.width * pane.height > 0


async def test_alone_the_list_has_no_share(folder: Path) -> None:
    async with open_app(folder, NARROW) as reader:
        await reader.press(">")
        assert reader.message == "There is one pane at a time here."


async def test_a_share_is_for_its_arrangement_alone(folder: Path) -> None:
    async with open_app(folder, STACKED_SIZE) as reader:
        before = reader.article_list.region
        await reader.resize(*SIDE)
        await reader.press(">", ">")
        await reader.resize(*STACKED_SIZE)
        assert reader.article_list.region == before
        await reader.resize(*NARROW)
        assert reader.article_list.region.size == (NARROW[0], NARROW[1] - 3)


async def test_the_width_that_decides_on_the_density_is_that_of_the_list(folder: Path) -> None:
    async with open_app(folder) as reader:
        for width in (STACKED, BESIDE, 119, VIEWS_BESIDE - 1, VIEWS_BESIDE, 173, 200, 301):
            await reader.resize(width, 40)
            for key in ("<", ">", ">", "<"):  # at the end it has the share that it had
                assert reader.article_list.row_height == (2 if reader.article_list.region.width < 100 else 1)
                await reader.press(key)
            await reader.resize(width, HIGH - 1)
            assert reader.article_list.row_height == 1


async def test_beside_the_sidebar_a_low_screen_has_the_list_alone(folder: Path) -> None:
    async with open_app(folder, STACKED_SIZE) as reader:
        titles = [line.split()[-1] for line in drawn(reader)]
        await reader.press("b")
        assert not reader.article_pane.display
        assert reader.article_list.row_height == 1
        assert [line.split()[-1] for line in drawn(reader)][: len(titles)] == titles, "every row stays in its place"
        assert reader.article_list.region.size == (50, STACKED_SIZE[1] - 3)
        await reader.press("tab")
        assert reader.article_pane.display
        assert reader.article_list.row_height == 1
        await reader.press("b")
        await reader.resize(STACKED_SIZE[0], 40)
        assert reader.article_pane.display, "now there is room for both"


@pytest.mark.parametrize("text", ["", "auto", "auto 1 2 3", "auto x 5", "huge 60 60", "compact 1000 -7"])
def test_what_another_version_has_saved_is_ignored(text: str) -> None:
    split = Split.parse(text, "auto")
    assert split.density in {"auto", "compact"}
    assert Split.parse(text, "comfortable").density == "comfortable"
