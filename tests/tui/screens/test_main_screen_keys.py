"""Every key, in the list and in the article."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reader.config.settings import Config
from reader.library.articles import LibraryArticles
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, STACKED, Reader, document, open_app

ORIGINALS = {
    "Jurist": "https://www.jurist.org/news/2021/08/",
    "CGTN": "https://news.cgtn.com/news/2021-08-05/",
}


@pytest.fixture
def many(make_folder: MakeFolder) -> Path:
    """A hundred articles, in the order of their numbers, each with many lines."""
    body = "\n\n".join(f"Paragraph {number}." for number in range(100))
    return make_folder(
        {
            f"{n:03}.md": document(f"Number {n:03}", f"quality: {200 - n}", "excerpt: Short.", body=body)
            for n in range(100)
        }
    )


def number(reader: Reader) -> int:
    return int(reader.row.title.removeprefix("Number "))


# In the list.


async def test_arrows_and_jk_move_the_selection(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        titles = [row.title for row in reader.rows]
        for key, at in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0), ("k", 0)):
            await reader.press(key)
            assert reader.row.title == titles[at]
            assert reader.pane_title == titles[at]
        assert reader.focus == "list"


@pytest.mark.parametrize(("end", "top"), [("G", "g"), ("end", "home")])
async def test_keys_jump_to_the_ends_of_the_list(many: Path, end: str, top: str) -> None:
    async with open_app(many, STACKED) as reader:
        await reader.press(end)
        assert (number(reader), reader.pane_title) == (99, "Number 099")
        assert any("Number 099" in line for line in reader.lines)
        await reader.press("j")
        assert number(reader) == 99
        await reader.press(top)
        assert (number(reader), reader.pane_title) == (0, "Number 000")


_PAGES = (("ctrl+d", "ctrl+u", True), ("pagedown", "pageup", False), ("space", "pageup", False))


async def test_pages_and_half_pages_of_the_list(many: Path) -> None:
    async with open_app(many, STACKED) as reader:
        height = reader.article_list.size.height
        for down, up, half in _PAGES:
            step = height // 2 if half else height - 1
            await reader.press("g", "j", down)
            assert number(reader) == 1 + step
            assert reader.article_list.scroll_offset.y == step  # the selection stays on its line of the screen
            await reader.press(down, up)
            assert number(reader) == 1 + step
            await reader.press(up, up)
            assert number(reader) == 0
            assert reader.article_list.scroll_offset.y == 0
            await reader.press("G", down)
            assert number(reader) == 99


@pytest.mark.parametrize(("into", "out"), [("l", "escape"), ("right", "left")])
@pytest.mark.parametrize("size", [STACKED, NARROW])
async def test_l_and_escape_walk_into_the_article_and_back(
    seeds: Path, into: str, out: str, size: tuple[int, int]
) -> None:
    async with open_app(seeds, size) as reader:
        await reader.press(into)
        assert reader.focus == "article"
        await reader.press(into)
        assert reader.focus == "text"
        await reader.press(out)
        assert reader.focus == "article"
        await reader.press("]")
        assert (reader.focus, reader.article_pane.selected) == ("related", 0)
        await reader.press(out)
        assert reader.focus == "article"
        await reader.press(out)
        assert reader.focus == "list"
        assert any("Qual" in line or "Q" in line for line in reader.lines[1:2])
        await reader.press(out)
        assert reader.focus == "list"
        assert "You are in the list" in reader.message


async def test_tab_and_shift_tab_cycle_the_panes(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for key, where in (
            *(("tab", "article"), ("tab", "related"), ("tab", "list"), ("tab", "article")),
            *(("shift+tab", "list"), ("shift+tab", "related"), ("shift+tab", "article"), ("shift+tab", "list")),
        ):
            await reader.press(key)
            assert reader.focus == where


async def test_tab_skips_related_items_where_there_are_none(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({"a.md": document()})) as reader:
        for key, where in (("tab", "article"), ("tab", "list"), ("shift+tab", "article"), ("shift+tab", "list")):
            await reader.press(key)
            assert reader.focus == where


# In the article.


async def test_arrows_and_jk_scroll_the_article(many: Path) -> None:
    async with open_app(many) as reader:
        await reader.press("l")
        for key, y in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0)):
            await reader.press(key)
            assert reader.article_pane.scroll_offset.y == y
        assert number(reader) == 0


@pytest.mark.parametrize(("end", "top"), [("G", "g"), ("end", "home")])
async def test_keys_jump_to_the_ends_of_the_article(many: Path, end: str, top: str) -> None:
    async with open_app(many) as reader:
        await reader.press("l", end)
        assert reader.article_pane.scroll_offset.y == reader.article_pane.max_scroll_y > 100
        await reader.press(top)
        assert reader.article_pane.scroll_offset.y == 0


async def test_pages_and_half_pages_of_the_article(many: Path) -> None:
    async with open_app(many) as reader:
        await reader.press("l")
        height = reader.article_pane.size.height
        for down, up, half in _PAGES:
            step = height // 2 if half else height - 1
            await reader.press(down)
            assert reader.article_pane.scroll_offset.y == step
            await reader.press(down, up)
            assert reader.article_pane.scroll_offset.y == step
            await reader.press(up, up)
            assert reader.article_pane.scroll_offset.y == 0


async def test_moving_keys_walk_through_the_related_items(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "j", "j", "l", "]")
        assert len(reader.article_pane.content.items) == 9  # type: ignore[union-attr]
        for key, at in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", -1), ("]", 0), ("G", 8), ("g", 0)):
            await reader.press(key)
            assert reader.article_pane.selected == at
        assert not reader.message
        await reader.press("g")
        assert reader.message == "This is the first related item."
        await reader.press("end", "end")
        assert reader.message == "This is the last related item."
        await reader.press("j", "k", "home", "k", "k")
        assert reader.focus == "article"


# From anywhere.


@pytest.mark.parametrize("size", [STACKED, NARROW, (120, 12)])
async def test_brackets_select_related_items_from_the_list(seeds: Path, size: tuple[int, int]) -> None:
    async with open_app(seeds, size) as reader:
        await reader.press("]")
        items = reader.article_pane.content.items  # type: ignore[union-attr]
        for at in range(len(items)):
            assert (reader.focus, reader.article_pane.selected) == ("related", at)
            assert items[at].described.title[:20] in reader.text
            await reader.press("]")
        assert reader.message == "This is the last related item."
        for at in reversed(range(len(items) - 1)):
            await reader.press("[")
            assert reader.article_pane.selected == at
            assert items[at].described.title[:20] in reader.text
        await reader.press("[")
        assert (reader.article_pane.selected, reader.message) == (0, "This is the first related item.")


async def test_a_selected_related_item_shows_its_excerpt(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("]")
        item = reader.article_pane.related_item
        assert item is not None
        assert item.described.excerpt[:30] in reader.pane_text
        await reader.press("]")
        assert item.described.excerpt[:30] not in reader.pane_text


async def test_unavailable_keys_say_so(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document()})
    async with open_app(folder) as reader:
        for key, sentence in (
            ("]", "This article has no related items."),
            ("[", "This article has no related items."),
            ("backspace", "There is nothing to go back to."),
            ("o", "This document has no URL to open."),
            ("O", "There is no AMP copy of this."),
            ("y", "This document has no URL to copy."),
            ("r", "Nothing has changed."),
            ("escape", "You are in the list."),
        ):
            await reader.press(key)
            assert sentence in reader.message
        (folder / "a.md").unlink()
        await reader.press("r", "enter")
        assert reader.message == "There is no article to read here."
        await reader.press("m")
        assert reader.message == "There is no article to mark here."


async def test_y_copies_the_link_of_the_selection(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("y")
        assert reader.app.clipboard.startswith(ORIGINALS["Jurist"])
        assert reader.message.startswith("Copied jurist.org/news/")
        await reader.press("]", "y")
        assert reader.app.clipboard == reader.article_pane.related_item.described.links.best  # type: ignore[union-attr]


async def test_copying_uses_the_list_before_the_pane_has_loaded(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds) as reader:
        slow_disk, article = threading.Event(), LibraryArticles.load
        monkeypatch.setattr(LibraryArticles, "load", lambda self, rowid: slow_disk.wait(20) and article(self, rowid))
        try:
            await reader.pilot.press("j", "y")
            assert reader.pane_title.startswith("China Supreme Court")
            assert reader.app.clipboard.startswith(ORIGINALS["CGTN"])
        finally:
            slow_disk.set()
        await reader.settle()


async def test_q_quits(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.pilot.press("q")
        assert reader.app.return_code == 0


async def test_ctrl_c_does_not_quit_but_says_how_to(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("ctrl+c")
        assert reader.app.is_running
        assert reader.app.return_code is None


async def test_configured_keys_replace_the_defaults(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(keys={"sort.date": "d", "move.down": "n"})) as reader:
        await reader.press("3")
        assert reader.sort.by == "quality"
        await reader.press("d", "n")
        assert reader.sort.by == "date"
        assert reader.article_list.cursor == 1  # another order starts at its top if the user has selected nothing
        await reader.press("?", "/", *"by date")
        (line,) = [line for line in reader.lines if "Sort by date" in line]
        assert "d" in line.partition("Sort by date")[0].split()


@pytest.mark.parametrize("enter", [(), ("enter",), ("l",)])
async def test_a_working_key_is_not_reported_as_unavailable(make_folder: MakeFolder, enter: tuple[str, ...]) -> None:
    folder = make_folder(
        {f"{n:03}.md": document(f"N{n}", "excerpt: Short.", body="text\n\n" * 200) for n in range(100)}
    )
    async with open_app(folder) as reader:
        await reader.press("pagedown", "pagedown", *enter)
        for key in ("space", "pagedown", "pageup", "ctrl+d", "j", "k"):
            await reader.press(key)
            assert "does nothing" not in reader.text
