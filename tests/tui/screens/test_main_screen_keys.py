"""Every key, in the list and in the article."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reader.config.settings import Config
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, STACKED, Reader, document, opened

ORIGINALS = {
    "Jurist": "https://www.jurist.org/news/2021/08/",
    "CGTN": "https://news.cgtn.com/news/2021-08-05/",
}


@pytest.fixture
def many(make_folder: MakeFolder) -> Path:
    """A hundred articles, in the order of their numbers, each of many lines."""
    body = "\n\n".join(f"Paragraph {number}." for number in range(100))
    return make_folder({f"{n:03}.md": document(f"Number {n:03}", f"quality: {200 - n}", body=body) for n in range(100)})


def number(reader: Reader) -> int:
    return int(reader.row.title.removeprefix("Number "))


# In the list.


async def test_j_and_k_and_the_arrows_move_the_selection_and_the_pane_follows(seeds: Path) -> None:
    async with opened(seeds) as reader:
        titles = [row.title for row in reader.rows]
        for key, at in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0), ("k", 0)):
            await reader.press(key)
            assert reader.row.title == titles[at]
            assert reader.shown == titles[at]
        assert reader.focus == "list"


@pytest.mark.parametrize(("end", "top"), [("G", "g"), ("end", "home")])
async def test_the_ends_of_the_list_are_a_key_away(many: Path, end: str, top: str) -> None:
    async with opened(many, STACKED) as reader:
        await reader.press(end)
        assert (number(reader), reader.shown) == (99, "Number 099")
        assert any("Number 099" in line for line in reader.lines)
        await reader.press("j")
        assert number(reader) == 99
        await reader.press(top)
        assert (number(reader), reader.shown) == (0, "Number 000")


@pytest.mark.parametrize(
    ("down", "up", "half"), [("ctrl+d", "ctrl+u", True), ("pagedown", "pageup", False), ("space", "pageup", False)]
)
async def test_pages_and_half_pages_of_the_list(many: Path, down: str, up: str, half: bool) -> None:
    async with opened(many, STACKED) as reader:
        height = reader.list.size.height
        step = height // 2 if half else height - 1
        await reader.press("j", down)
        assert number(reader) == 1 + step
        assert reader.list.scroll_offset.y == step  # the selection keeps its line on the screen
        await reader.press(down, up)
        assert number(reader) == 1 + step
        await reader.press(up, up)
        assert number(reader) == 0
        assert reader.list.scroll_offset.y == 0
        await reader.press("G", down)
        assert number(reader) == 99


@pytest.mark.parametrize(("into", "out"), [("enter", "h"), ("l", "escape"), ("right", "left")])
@pytest.mark.parametrize("size", [STACKED, NARROW])
async def test_into_the_article_into_its_related_items_and_back_out(
    seeds: Path, into: str, out: str, size: tuple[int, int]
) -> None:
    async with opened(seeds, size) as reader:
        await reader.press(into)
        assert reader.focus == "article"
        await reader.press(into)
        assert reader.focus == "text"
        await reader.press(out)
        assert reader.focus == "article"
        await reader.press("]")
        assert (reader.focus, reader.article.selected) == ("related", 0)
        await reader.press(out)
        assert reader.focus == "article"
        await reader.press(out)
        assert reader.focus == "list"
        assert any("Qual" in line or "Q" in line for line in reader.lines[1:2])
        await reader.press(out)
        assert reader.focus == "list"
        assert "This is the list" in reader.message


async def test_tab_goes_round_and_shift_tab_the_other_way(seeds: Path) -> None:
    async with opened(seeds) as reader:
        for key, where in (
            *(("tab", "article"), ("tab", "related"), ("tab", "list"), ("tab", "article")),
            *(("shift+tab", "list"), ("shift+tab", "related"), ("shift+tab", "article"), ("shift+tab", "list")),
        ):
            await reader.press(key)
            assert reader.focus == where


async def test_tab_skips_related_items_where_there_are_none(make_folder: MakeFolder) -> None:
    async with opened(make_folder({"a.md": document()})) as reader:
        for key, where in (("tab", "article"), ("tab", "list"), ("shift+tab", "article"), ("shift+tab", "list")):
            await reader.press(key)
            assert reader.focus == where


# In the article.


async def test_j_and_k_and_the_arrows_scroll_the_article(many: Path) -> None:
    async with opened(many) as reader:
        await reader.press("enter")
        for key, y in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0)):
            await reader.press(key)
            assert reader.article.scroll_offset.y == y
        assert number(reader) == 0


@pytest.mark.parametrize(("end", "top"), [("G", "g"), ("end", "home")])
async def test_the_ends_of_the_article_are_a_key_away(many: Path, end: str, top: str) -> None:
    async with opened(many) as reader:
        await reader.press("enter", end)
        assert reader.article.scroll_offset.y == reader.article.max_scroll_y > 100
        await reader.press(top)
        assert reader.article.scroll_offset.y == 0


@pytest.mark.parametrize(
    ("down", "up", "half"), [("ctrl+d", "ctrl+u", True), ("pagedown", "pageup", False), ("space", "pageup", False)]
)
async def test_pages_and_half_pages_of_the_article(many: Path, down: str, up: str, half: bool) -> None:
    async with opened(many) as reader:
        height = reader.article.size.height
        step = height // 2 if half else height - 1
        await reader.press("enter", down)
        assert reader.article.scroll_offset.y == step
        await reader.press(down, up)
        assert reader.article.scroll_offset.y == step
        await reader.press(up, up)
        assert reader.article.scroll_offset.y == 0


async def test_moving_keys_walk_through_the_related_items(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.press("j", "j", "j", "enter", "]")
        assert len(reader.article.content.items) == 9  # type: ignore[union-attr]
        for key, at in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", -1), ("]", 0), ("G", 8), ("g", 0)):
            await reader.press(key)
            assert reader.article.selected == at
        await reader.press("end", "j", "k", "home", "k", "k")
        assert reader.focus == "article"


# From anywhere.


@pytest.mark.parametrize("size", [STACKED, NARROW, (120, 12)])
async def test_brackets_walk_through_the_related_items_from_the_list_and_keep_them_in_sight(
    seeds: Path, size: tuple[int, int]
) -> None:
    async with opened(seeds, size) as reader:
        await reader.press("]")
        items = reader.article.content.items  # type: ignore[union-attr]
        for at in range(len(items)):
            assert (reader.focus, reader.article.selected) == ("related", at)
            assert items[at].title[:20] in reader.text
            await reader.press("]")
        assert reader.message == "This is the last related item."
        for at in reversed(range(len(items) - 1)):
            await reader.press("[")
            assert reader.article.selected == at
            assert items[at].title[:20] in reader.text
        await reader.press("[")
        assert (reader.article.selected, reader.message) == (0, "This is the first related item.")


async def test_a_selected_related_item_shows_its_excerpt(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.press("]")
        item = reader.article.related_item
        assert item is not None
        assert item.excerpt[:30] in reader.pane
        await reader.press("]")
        assert item.excerpt[:30] not in reader.pane


async def test_keys_that_have_nothing_to_do_say_so(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document()})
    async with opened(folder) as reader:
        for key, sentence in (
            ("]", "This article has no related items."),
            ("[", "This article has no related items."),
            ("backspace", "There is nowhere to go back to yet."),
            ("o", "This document names no address to open."),
            ("O", "There is no AMP copy of this."),
            ("y", "This document names no address to copy."),
            ("!", "Nothing was wrong with the documents that were read."),
            ("r", "Nothing has changed."),
            ("escape", "This is the list."),
        ):
            await reader.press(key)
            assert sentence in reader.message
        (folder / "a.md").unlink()
        await reader.press("r", "enter")
        assert reader.message == "There is no article to read here."
        await reader.press("m")
        assert reader.message == "There is no article to mark here."


async def test_y_copies_the_link_of_what_is_selected(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.press("y")
        assert reader.app.clipboard.startswith(ORIGINALS["Jurist"])
        assert reader.message.startswith("Copied jurist.org/news/")
        await reader.press("]", "y")
        assert reader.app.clipboard == reader.article.related_item.links.best  # type: ignore[union-attr]


async def test_what_is_copied_is_what_the_list_says_even_before_the_pane_has_it(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(seeds) as reader:
        slow_disk, article = threading.Event(), Library.article
        monkeypatch.setattr(Library, "article", lambda self, rowid: slow_disk.wait(20) and article(self, rowid))
        try:
            await reader.pilot.press("j", "y")
            assert reader.shown.startswith("China Supreme Court")
            assert reader.app.clipboard.startswith(ORIGINALS["CGTN"])
        finally:
            slow_disk.set()
        await reader.settled()


async def test_q_quits(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.pilot.press("q")
        assert reader.app.return_code == 0


async def test_ctrl_c_does_not_quit_but_says_how_to(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.press("ctrl+c")
        assert reader.app.is_running
        assert reader.app.return_code is None


async def test_keys_of_the_configuration_replace_the_usual_ones(seeds: Path) -> None:
    async with opened(seeds, settings=Config(keys={"sort.date": "d", "move.down": "n"})) as reader:
        await reader.press("3")
        assert reader.sort.by == "quality"
        await reader.press("d", "n")
        assert reader.sort.by == "date"
        assert reader.list.cursor == 1  # another order begins at its top while nothing was selected
        await reader.press("?", *"by date")
        assert "d" in [line.strip().split()[0] for line in reader.lines if "Sort by date" in line]


@pytest.mark.parametrize("key", ["space", "pagedown", "pageup", "ctrl+d", "j", "k"])
@pytest.mark.parametrize("enter", [(), ("enter",)])
async def test_a_key_that_does_something_is_not_said_to_do_nothing(
    make_folder: MakeFolder, key: str, enter: tuple[str, ...]
) -> None:
    folder = make_folder({f"{n:03}.md": document(f"N{n}", body="text\n\n" * 200) for n in range(100)})
    async with opened(folder) as reader:
        await reader.press("pagedown", "pagedown", *enter, key)
        assert "does nothing" not in reader.text
