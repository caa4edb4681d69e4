"""Styles: colors of the current theme, on the background they are drawn on."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color as RichColor
from textual.color import Color
from textual.theme import Theme

from reader.config.settings import Config
from reader.tui.theme import themes
from reader.tui.theme.styles import theme_style
from tests.tui.helpers import open_app


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT])
async def test_styles_have_the_colors_of_the_theme(seeds: Path, theme: Theme) -> None:
    async with open_app(seeds, settings=Config(theme=theme.name)) as reader:
        quiet = theme_style(reader.article_list, "quiet")
        assert quiet.color == RichColor.parse(theme.variables["foreground-muted"])
        assert quiet.bgcolor == RichColor.parse(theme.background or "")
        title = theme_style(reader.article_list, "title", "panel")
        assert (title.color, title.bgcolor, title.bold) == (
            RichColor.parse(theme.foreground or ""),
            RichColor.parse(theme.panel or ""),
            True,
        )


async def test_styles_change_with_the_theme(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(theme=themes.DARK.name)) as reader:
        await reader.press("T")
        assert theme_style(reader.article_list, "accent").color == RichColor.parse(themes.LIGHT.accent or "")


async def test_a_translucent_color_is_blended_with_the_background(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(theme="textual-dark")) as reader:
        variables = reader.app.theme_variables
        muted, behind = Color.parse(variables["foreground-muted"]), Color.parse(variables["background"])
        assert muted.a < 1
        assert theme_style(reader.article_list, "quiet").color == (behind + muted).rich_color


async def test_terminal_colors_stay_as_they_are(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(theme="ansi-dark")) as reader:
        selected = theme_style(reader.article_list, "accent", "panel")  # whose panel color is not a color
        assert selected.color is not None
        assert selected.bgcolor is not None
        assert (selected.color.triplet, selected.color.number) == (None, 2)  # the terminal's green
        assert selected.bgcolor.is_default
