"""Keys pressed with or right after a key that quits or closes something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.helpers import document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder({f"{n}.md": document(f"N{n}", f"quality: {9 - n}") for n in range(5)})


@pytest.mark.parametrize("keys", ["qt", "q/", "qw", "q?", "qf", "qq"])
async def test_keys_after_q_are_dropped(folder: Path, keys: str) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once(*keys)
        assert reader.app.return_code == 0
        assert reader.prompt is None
        assert reader.is_main_screen_on_top


@pytest.mark.parametrize("opening", [["?"], ["ctrl+p"], ["!"], ["/"], ["ctrl+p", *"theme", "enter"]], ids=" ".join)
async def test_ctrl_q_quits_from_every_dialog(folder: Path, opening: list[str]) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once(*opening, "ctrl+q")
        assert reader.app.return_code == 0
        assert not reader.app.is_running


async def test_enter_twice_closes_the_help_once(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("?")
        await reader.press_at_once("enter", "enter")
        assert reader.app.is_running
        assert reader.app.screen_stack[0] is reader.app.main_screen


async def test_a_palette_that_is_closed_twice_closes_only_itself(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("enter", "ctrl+p")
        palette = reader.app.screen
        palette.dismiss()
        palette.dismiss()
        await reader.settle()
        assert reader.app.screen is reader.main_screen.reader_screen


@pytest.mark.parametrize("size", [(1, 1), (80, 2), (80, 4), (3, 24), (8, 6)])
async def test_pages_of_a_palette_without_space(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press("ctrl+p")
        await reader.press("pagedown", "pageup", "down", "end", "pagedown", "home", "pageup", "enter", "enter")
        assert reader.app.is_running


async def test_the_palette_survives_a_width_that_leaves_no_room_for_a_line(seeds: Path) -> None:
    async with open_app(seeds, (1, 1)) as reader:
        await reader.press("ctrl+p")
        for size in ((6, 24), (3, 40), (8, 5)):
            await reader.resize(*size)
            await reader.press("a")
