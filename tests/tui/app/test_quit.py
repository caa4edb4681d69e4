"""Keys that are pressed with or right after the key that quits or closes."""

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


async def test_enter_twice_closes_the_help_once(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("?")
        await reader.press_at_once("enter", "enter")
        assert reader.app.is_running
        assert reader.app.screen_stack[0] is reader.app.main_screen
