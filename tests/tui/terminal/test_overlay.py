"""A prompt over a screen, each drawn by itself; names the private part that a new Textual has changed."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import Screen

from reader.tui.prompts import PromptScreen
from tests.tui.helpers import STACKED, open_app


def test_screens_are_still_drawn_as_the_overlay_does_it() -> None:
    draw = inspect.getsource(Screen._compositor_refresh)
    for part in (
        "app._display(self, update)",
        "_compositor.render_update",
        "app._background_screens",
        "_dirty_widgets",
    ):
        assert part in draw, f"Textual changed Screen._compositor_refresh: {part} is gone"
    assert "_dirty_regions" in inspect.getsource(Compositor.render_update), "Textual renamed Compositor._dirty_regions"


def test_the_mouse_still_reaches_a_screen_by_one_method() -> None:
    assert "self.screen._forward_event(event)" in inspect.getsource(App.on_event), "Textual changed App.on_event"


async def test_prompt_and_screen_draw_their_own_lines_alone(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds, STACKED) as reader:
        await reader.press("/")
        drawn: list[set[int]] = []

        def note(_: HeadlessDriver, data: str) -> None:
            *lines, _cursor = re.findall(r"\x1b\[(\d+);\d+H", data) or ("",)
            if lines:
                drawn.append({int(line) - 1 for line in lines})

        with monkeypatch.context() as patch:
            patch.setattr(HeadlessDriver, "is_headless", False)  # so that frames are written
            patch.setattr(HeadlessDriver, "write", note)
            await reader.press(*"zebra")
        assert isinstance(reader.app.screen, PromptScreen)
        height = STACKED[1]
        top = [lines for lines in drawn if max(lines) >= height - 2]
        assert set().union(*top) == {height - 2, height - 1}
        assert len(top) < len(drawn)  # the others are those of the list
        assert "No article matches" in reader.text  # as a screenshot shows it
        assert reader.lines[-2].startswith(" /zebra")
