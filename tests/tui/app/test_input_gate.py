"""Keys that come faster than the screen follows: all of them in one go, as a slow connection delivers them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    long = "A paragraph.\n\n" * 200
    return make_folder({f"{n:02}.md": document(f"N{n:02}", f"quality: {90 - n}", body=long) for n in range(60)})


@pytest.mark.parametrize("size", [SIDE, NARROW])
async def test_keys_after_enter_go_to_the_article(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press_at_once("j", "enter", "space", "space")
        assert (reader.row.title, reader.pane_title, reader.focus) == ("N01", "N01", "article")
        assert reader.article_pane.scroll_offset.y > 20
        assert [row.title for row in reader.rows if row.read] == ["N01"]


@pytest.mark.parametrize("size", [SIDE, NARROW])
async def test_keys_after_escape_go_to_the_list(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press_at_once("enter", "h", "j", "j", "enter", "escape", "k")
        assert (reader.row.title, reader.focus) == ("N01", "list")
        assert [row.title for row in reader.rows if row.read] == ["N00", "N02"]


async def test_keys_after_t_go_to_the_prompt(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("t", *"quality mMqs", "enter", "j", "s")
        assert reader.app.is_running
        assert reader.rows[0].tags == ("quality mMqs",)
        assert (reader.row.title, reader.row.starred) == ("N01", True)
        assert not any(row.read for row in reader.rows)


async def test_keys_after_tab_go_to_the_next_pane(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("tab", "j", "j", "tab", "j")
        assert (reader.focus, reader.row.title) == ("list", "N01")


async def test_held_keys_are_released_after_a_timeout(folder: Path) -> None:
    async with open_app(folder) as reader:
        reader.close_input_gate()
        await reader.press_at_once("j", "j")  # nothing comes that they could be for: they are let go after a while
        assert reader.article_list.cursor == 2
