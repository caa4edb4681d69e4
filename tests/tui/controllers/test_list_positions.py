"""Moving between articles and resizing without losing the position in the list."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.helpers import LOW, NARROW, SIDE, STACKED, Reader, document, lines_of, open_app


def related(*names: str) -> str:
    return "\n".join(["related:", *(f"  - {{title: {name}, webUrl: 'https://a.org/{name}'}}" for name in names)])


@pytest.fixture
def web_of_articles(make_folder: MakeFolder) -> Path:
    """A hundred articles; each is related to the next two, and to one that is not in the folder."""
    return make_folder(
        {
            f"{n:03}.md": document(
                f"N{n:03}",
                f"quality: {200 - n}",
                f"originalUrl: https://a.org/N{n:03}",
                related(f"N{n + 1:03}", f"N{n + 2:03}", f"Elsewhere{n}"),
                f"excerpt: {'Something happened, and more was said about it. ' * 60}",
            )
            for n in range(100)
        }
    )


async def test_enter_on_a_related_article_goes_to_it(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "j", "j", *("]" * 5))
        assert reader.article_pane.content is not None
        assert reader.article_pane.content.article.path.startswith("001_")
        assert "· in this folder" in reader.pane_text
        await reader.press("enter")
        assert reader.row.path.startswith("003_")
        assert reader.article_pane.content.article.path.startswith("003_")
        assert reader.focus == "article"
        assert reader.message == "Backspace goes back."
        await reader.press("backspace")
        assert reader.row.path.startswith("001_")
        assert (reader.focus, reader.article_pane.selected) == ("related", 4)


async def test_enter_on_an_external_related_item_shows_its_details(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("]")
        item, teller = reader.article_pane.related_item, reader.pane_title
        assert item is not None
        await reader.press("enter")
        assert reader.pane_title == item.described.title
        assert item.described.excerpt[:40] in " ".join(reader.pane_text.split())
        assert f"this is how “{teller}” describes it" in " ".join(reader.pane_text.split())
        assert reader.row.title == teller
        await reader.press("y")
        assert reader.app.clipboard == item.described.links.best
        await reader.press("backspace")
        assert (reader.pane_title, reader.article_pane.selected) == (teller, 0)


@pytest.mark.parametrize(("key", "focus"), [("enter", "text"), ("l", "article")])
async def test_the_list_returns_from_a_related_item(seeds: Path, key: str, focus: str) -> None:
    async with open_app(seeds) as reader:
        await reader.press("]", "enter", "h")
        assert reader.pane_title != reader.row.title
        await reader.press(key)
        assert reader.focus == focus
        assert reader.pane_title == reader.row.title


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW, LOW])
async def test_backspace_restores_list_scroll_position_and_related_item(
    web_of_articles: Path, size: tuple[int, int]
) -> None:
    async with open_app(web_of_articles, size) as reader:
        await reader.press("pagedown", "j", "l", "]")
        before = [(reader.positions, reader.pane_title)]
        assert reader.article_pane.scroll_offset.y > 20
        for step in (("enter",), ("]", "enter"), ("]", "]", "]", "enter")):
            await reader.press(*step[:-1])
            if step[:-1]:
                before.append((reader.positions, reader.pane_title))
            await reader.press(step[-1])
        assert reader.pane_title.startswith("Elsewhere")
        while before:
            await reader.press("backspace")
            assert (reader.positions, reader.pane_title) == before.pop()
        await reader.press("backspace")
        assert reader.message == "There is nothing to go back to."


async def test_backspace_finds_the_article_in_another_order(web_of_articles: Path) -> None:
    async with open_app(web_of_articles) as reader:
        await reader.press("]", "enter", "1")
        assert reader.pane_title == "N001"
        await reader.press("backspace")
        assert (reader.pane_title, reader.row.title, reader.article_list.cursor) == ("N000", "N000", 99)


async def test_backspace_to_a_deleted_document_says_so(web_of_articles: Path) -> None:
    async with open_app(web_of_articles) as reader:
        await reader.press("]", "enter")
        (web_of_articles / "000.md").unlink()
        await reader.press("r", "backspace")
        assert "no longer in the folder" in reader.pane_text


async def test_an_article_that_vanishes_while_read_returns_to_the_list(web_of_articles: Path) -> None:
    async with open_app(web_of_articles) as reader:
        await reader.press("j", "l")
        assert (reader.pane_title, reader.focus) == ("N001", "article")
        (web_of_articles / "001.md").unlink()
        await reader.press("r")
        assert (reader.row.title, reader.article_list.cursor, reader.focus) == ("N002", 1, "list")
        assert reader.pane_title == "N002"
        (web_of_articles / "002.md").unlink()
        await reader.press("r")  # in the list, the neighbor is enough
        assert (reader.row.title, reader.focus, reader.pane_title) == ("N003", "list", "N003")


async def test_a_folder_that_returns_is_as_it_was(web_of_articles: Path, tmp_path: Path) -> None:
    async with open_app(web_of_articles) as reader:
        await reader.press("j", "m")
        away = tmp_path / "away"
        shutil.move(web_of_articles, away)
        await reader.press("r")
        assert len(reader.article_list.order) == 100  # an unavailable disk removes nothing from the list
        shutil.move(away, web_of_articles)
        await reader.press("r")
        assert (len(reader.article_list.order), reader.row.title, reader.row.read) == (100, "N001", True)
        assert reader.pane_title == "N001"


async def test_visited_related_items_are_dimmed(seeds: Path) -> None:
    async with open_app(seeds) as reader:

        def colors() -> set[str]:
            return {run.style for line in lines_of(reader.article_pane) for run in line if run.item == 0}

        assert "text" in colors()
        await reader.press("]", "enter", "backspace", "h")
        assert "text" not in colors()


# Sizes.


def rows_of(reader: Reader, word: str) -> list[int]:
    return [y for y, line in enumerate(reader.lines) if word in line]


async def test_list_and_article_stand_side_by_side_from_100_columns(seeds: Path) -> None:
    for width in (100, 120, 200):
        async with open_app(seeds, (width, 40)) as reader:
            assert reader.article_list.region.right <= reader.article_pane.region.x
            assert reader.article_list.region.y < reader.article_pane.region.bottom


async def test_list_and_article_are_stacked_below_100_columns(seeds: Path) -> None:
    for size in ((99, 40), STACKED, (60, 16)):
        async with open_app(seeds, size) as reader:
            assert reader.article_list.region.bottom <= reader.article_pane.region.y
            assert reader.article_pane.region.width >= size[0] - 1


async def test_a_single_pane_is_shown_below_60_columns_or_16_rows(seeds: Path) -> None:
    async with open_app(seeds, NARROW) as reader:
        for size in (NARROW, (59, 40), LOW, (120, 15), (20, 5)):
            await reader.resize(*size)
            assert (reader.article_list.is_on_screen, reader.article_pane.is_on_screen) == (True, False)
            await reader.press("l")
            assert (reader.article_list.is_on_screen, reader.article_pane.is_on_screen) == (False, True)
            await reader.press("escape")
            assert (reader.article_list.is_on_screen, reader.article_pane.is_on_screen) == (True, False)
            await reader.press("tab")
            assert reader.article_pane.is_on_screen
            assert all(len(line) == size[0] for line in reader.lines)
            await reader.press("escape")


@pytest.mark.parametrize("keys", [("j",), ("j", "l"), ("j", "l", "]", "]")])
async def test_resizing_keeps_selection_related_item_and_focus(web_of_articles: Path, keys: tuple[str, ...]) -> None:
    async with open_app(web_of_articles) as reader:
        await reader.press("pagedown", *keys)
        rowid, selected, focus = reader.article_list.rowid, reader.article_pane.selected, reader.focus
        for size in (STACKED, NARROW, LOW, (30, 8), SIDE):
            await reader.resize(*size)
            assert (reader.article_list.rowid, reader.article_pane.selected, reader.focus) == (rowid, selected, focus)
            if focus != "article":
                assert rows_of(reader, "▌"), size
        assert reader.pane_title == reader.row.title


async def test_resizing_keeps_the_scroll_position(make_folder: MakeFolder) -> None:
    words = "\n\n".join(f"Paragraph {n}: " + "many words of a long article " * 8 for n in range(60))
    async with open_app(make_folder({"a.md": document(body=words)})) as reader:
        await reader.press("l", "pagedown", "pagedown", "pagedown")

        def first_paragraph() -> int:
            return next(int(line.split("Paragraph ")[1].split(":")[0]) for line in reader.lines if "Paragraph" in line)

        before = first_paragraph()
        for size in (STACKED, NARROW, LOW, SIDE, NARROW, SIDE):
            await reader.resize(*size)
            assert abs(first_paragraph() - before) <= 2, size


async def test_resizing_below_the_help_applies_when_it_closes(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("?")
        await reader.resize(*STACKED)
        await reader.press("escape")
        assert reader.article_list.region.bottom <= reader.article_pane.region.y
        assert reader.article_pane.text_width > 60
        assert "technology" in reader.text
        await reader.press("?")
        await reader.resize(*NARROW)
        assert all(len(line) == 50 for line in reader.lines)
        await reader.press("escape")
        assert not reader.article_pane.is_on_screen
