"""Styles: colors of the current theme, on the background they are drawn on, and legible there."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem, blend_rgb
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.theme import Theme

from reader.config.settings import Config
from reader.tui.theme import themes
from reader.tui.theme.styles import STYLES, style_on, theme_style
from tests.tui.helpers import open_app

XTERM = ((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229))
"""The first eight colors of xterm."""
DIM = 2 / 3
"""The share of its color that dim text has in xterm, VTE and Alacritty; a terminal may have another."""
RGB_THEMES = [theme for theme in themes.OURS if not theme.ansi]
PALETTE_THEMES = [theme for theme in themes.OURS if theme.ansi]


def luminance(color: tuple[int, int, int]) -> float:
    """How bright a color is to the eye, as WCAG 2 defines it."""
    parts = (part / 255 for part in color)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """The contrast of two colors as WCAG 2 defines it, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def shown(style: Style, system: ColorSystem, terminal: TerminalTheme | None = None) -> float:
    """The contrast of a style in a terminal with these colors."""
    assert style.color is not None
    assert style.bgcolor is not None
    text = style.color.downgrade(system).get_truecolor(terminal, foreground=True)
    behind = style.bgcolor.downgrade(system).get_truecolor(terminal, foreground=False)
    if style.dim:
        text = blend_rgb(behind, text, DIM)
    return contrast(text, behind)


def backgrounds(name: str) -> tuple[str, ...]:
    """What a style is drawn on: its own background, or any other."""
    return ("",) if STYLES[name].background else ("", "surface", "panel")


def test_the_formula_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("theme", RGB_THEMES, ids=lambda theme: theme.name)
def test_every_style_is_legible(theme: Theme, system: ColorSystem) -> None:
    variables = themes.with_rule(theme.to_color_system().generate())
    base = Color.parse(variables["background"])
    found = {
        (name, background): shown(style_on(variables, name, base, background), system)
        for name in STYLES.keys() - {"track"}  # the empty part of a bar
        for background in backgrounds(name)
    }
    least = 7 if "contrast" in theme.name and system is ColorSystem.TRUECOLOR else 4.5
    assert {key: round(value, 2) for key, value in found.items() if value < least} == {}


@pytest.mark.parametrize("theme", RGB_THEMES, ids=lambda theme: theme.name)
def test_commands_in_the_palette_are_legible(theme: Theme) -> None:
    surface, accent, foreground = (
        Color.parse(color or "") for color in (theme.surface, theme.accent, theme.foreground)
    )
    for behind in (surface, surface.blend(accent, 0.2)):
        for text in (accent, foreground):
            assert contrast(text.rgb, behind.rgb) >= 4.5


@pytest.mark.parametrize("theme", PALETTE_THEMES, ids=lambda theme: theme.name)
def test_the_colors_of_the_palette_are_legible_in_xterm(theme: Theme) -> None:
    black, white = (0, 0, 0), (255, 255, 255)
    behind, text = (black, XTERM[7]) if theme.dark else (white, black)
    terminal = TerminalTheme(behind, text, list(XTERM))
    variables = themes.with_rule(theme.to_color_system().generate())
    for name in STYLES:
        for background in backgrounds(name):
            style = style_on(variables, name, Color.parse("ansi_default"), background)
            assert shown(style, ColorSystem.STANDARD, terminal) >= 4.5, name


@pytest.mark.parametrize("theme", PALETTE_THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize(("one", "other"), [("strong", "quiet"), ("name", "quiet"), ("accent", "quiet")])
def test_what_tells_states_apart_is_more_than_dim(theme: Theme, one: str, other: str) -> None:
    variables = themes.with_rule(theme.to_color_system().generate())
    first, second = (style_on(variables, name, Color.parse("ansi_default")) for name in (one, other))
    assert (first.bold, first.color) != (second.bold, second.color)


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
        styles = [theme_style(reader.article_list, *name) for name in (("accent",), ("quiet",), ("accent", "panel"))]
        assert [(style.color, style.bgcolor) for style in styles] == [
            (RichColor.from_ansi(6), RichColor.default()),
            (RichColor.default(), RichColor.default()),
            (RichColor.default(), RichColor.default()),
        ]
        assert [(bool(style.dim), bool(style.reverse)) for style in styles] == [
            (False, False),
            (True, False),
            (False, True),  # which of the terminal's colors are legible on each other is not known
        ]
