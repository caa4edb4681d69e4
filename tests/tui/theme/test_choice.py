"""Which theme is shown: the person's, or one that suits the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.config.settings import Config
from reader.tui.terminal.input_parser import TerminalBackground
from reader.tui.theme import themes
from tests.tui.helpers import Reader, open_app


async def reply(reader: Reader, *, is_dark: bool) -> None:
    reader.app.post_message(TerminalBackground(is_dark=is_dark))
    await reader.settle()


async def test_without_a_choice_the_theme_is_as_light_as_the_terminal(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        assert reader.app.theme == themes.DARK.name
        await reply(reader, is_dark=False)
        assert reader.app.theme == themes.LIGHT.name
    async with open_app(seeds) as reader:  # from the first frame on
        assert reader.app.theme == themes.LIGHT.name
        await reader.press("T")
        assert reader.app.theme == themes.DARK.name
        await reply(reader, is_dark=False)
        assert reader.app.theme == themes.DARK.name
    async with open_app(seeds) as reader:
        assert reader.app.theme == themes.DARK.name
        await reader.press_at_once("ctrl+p", *"theme", "enter", *"as the terminal", "enter")
        await reader.wait_until(lambda: reader.app.theme == themes.LIGHT.name)


async def test_a_theme_that_was_set_does_not_follow_the_terminal(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(theme="nord")) as reader:
        await reply(reader, is_dark=False)
        assert reader.app.theme == "nord"


async def test_with_few_colors_they_are_those_of_the_terminal(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(theme="solarized-light"), few_colors=True) as reader:
        assert reader.app.theme == "ansi-light"
        assert "solarized-light" not in reader.app.theme_choice.names
        await reader.press("T")
        assert reader.app.theme == "ansi-dark"
    async with open_app(seeds, few_colors=True) as reader:
        assert reader.app.theme == "ansi-dark"
    async with open_app(seeds) as reader:  # another terminal
        assert reader.app.theme == "solarized-dark"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("newsreader-dark", "newsreader-light"),
        ("high-contrast-light", "high-contrast-dark"),
        ("ansi-dark", "ansi-light"),
        ("solarized-light", "solarized-dark"),
        ("nord", "newsreader-light"),
        ("catppuccin-latte", "newsreader-dark"),
    ],
)
def test_a_theme_and_its_counterpart(name: str, other: str) -> None:
    assert themes.counterpart(themes.from_config(name, {"base": name}), themes.names()) == other
