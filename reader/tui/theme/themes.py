"""The themes. Any theme of Textual works too: only its standard variables are used, and ``rule`` for separators."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

_FIELDS = {"accent": ("accent", "primary")} | {
    name: (name,) for name in ("background", "surface", "panel", "foreground", "success", "warning")
}
"""The fields of Textual's themes for each color of ours,"""
_VARIABLES = {
    "background": ("scrollbar-background",),
    "surface": ("footer-background",),
    "muted": ("foreground-muted", "footer-description-foreground"),
    "accent": ("footer-key-foreground", "scrollbar-active"),
}
"""and their variables."""


def with_colors(base: Theme, name: str, colors: Mapping[str, str]) -> Theme:
    """Return ``base`` with another name and other colors, which are named as in config.toml."""
    fields = {field: color for each, color in colors.items() for field in _FIELDS.get(each, ())}
    variables = {variable: color for each, color in colors.items() for variable in _VARIABLES.get(each, ())}
    return replace(base, name=name, variables=base.variables | variables, **fields)  # type: ignore[arg-type]


def _theme(name: str, *, scrollbar: str, scrollbar_hover: str, error: str, rule: str = "", **colors: str) -> Theme:
    variables = {"scrollbar": scrollbar, "scrollbar-hover": scrollbar_hover} | ({"rule": rule} if rule else {})
    base = Theme("", "", error=error, secondary=colors["muted"], dark=name.endswith("dark"), variables=variables)
    return with_colors(base, name, colors)


# They are legible in 256 colors too, where the nearest gray stands for a background that is gray enough.
DARK = _theme(
    "newsreader-dark",
    scrollbar="#39414f",
    scrollbar_hover="#56627a",
    error="#ef7d7d",
    background="#14171c",
    surface="#1b1e24",
    panel="#272b33",
    foreground="#dfe3ea",
    muted="#8f98a8",
    accent="#7db4ff",
    success="#74c7a0",
    warning="#e6b15c",
)
LIGHT = _theme(
    "newsreader-light",
    scrollbar="#c9c5b6",
    scrollbar_hover="#a29d8b",
    error="#b3261e",
    background="#fbfaf6",
    surface="#f1f0ed",
    panel="#e7e5df",
    foreground="#1d2129",
    muted="#555c6b",
    accent="#1a56b0",
    success="#166a45",
    warning="#704800",
)
CONTRAST_DARK = _theme(
    "high-contrast-dark",
    scrollbar="#9a9a9a",
    scrollbar_hover="#d6d6d6",
    error="#ffa8a8",
    rule="#9a9a9a",
    background="#000000",
    surface="#101010",
    panel="#002b6b",
    foreground="#ffffff",
    muted="#d6d6d6",
    accent="#ffd83d",
    success="#7dffb0",
    warning="#ffbe6b",
)
CONTRAST_LIGHT = _theme(
    "high-contrast-light",
    scrollbar="#6a6a6a",
    scrollbar_hover="#333333",
    error="#8a0000",
    rule="#6a6a6a",
    background="#ffffff",
    surface="#f2f2f2",
    panel="#cfe2ff",
    foreground="#000000",
    muted="#333333",
    accent="#0033a0",
    success="#00502a",
    warning="#6e3200",
)


def _palette_theme(name: str, *, scrollbar: str, **colors: str) -> Theme:
    """Return Textual's theme with those colors of the terminal's palette that are legible on its background.

    They are not the bright ones, which are shades of gray in some palettes, such as Solarized.
    """
    colors |= {"background": "ansi_default"}
    variables = {"rule": scrollbar, "scrollbar": scrollbar, "scrollbar-hover": "ansi_default"}
    base = BUILTIN_THEMES[name]
    return with_colors(replace(base, variables=base.variables | variables), name, colors)


ANSI_DARK = _palette_theme(
    "ansi-dark",
    scrollbar="ansi_bright_black",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
)
ANSI_LIGHT = _palette_theme(
    "ansi-light",
    scrollbar="ansi_white",
    accent="ansi_blue",
    success="ansi_magenta",
    warning="ansi_red",
)
OURS = (DARK, LIGHT, CONTRAST_DARK, CONTRAST_LIGHT, ANSI_DARK, ANSI_LIGHT)
"""Two of them have the names of themes of Textual, and replace these."""
_BUILT_IN = BUILTIN_THEMES | {theme.name: theme for theme in OURS}


def names() -> list[str]:
    """Return the names of all themes that need no config.toml."""
    return [*_BUILT_IN]


def from_config(name: str, settings: Mapping[str, str]) -> Theme:
    """Return the theme ``[themes.NAME]``."""
    colors = {color: value for color, value in settings.items() if value and color != "base"}
    return with_colors(_BUILT_IN[settings.get("base") or DARK.name], name, colors)


def with_rule(variables: dict[str, str]) -> dict[str, str]:
    """Return the variables of a theme with the color of the lines between panes."""
    return {"rule": variables["panel"]} | variables


def counterpart(theme: Theme, available: Container[str]) -> str:
    """Return the light theme of a dark one, or the dark one of a light: the other of its pair, else one of ours."""
    stem, _, ending = theme.name.rpartition("-")
    other = f"{stem}-{'light' if theme.dark else 'dark'}"
    if ending in {"dark", "light"} and other in available:
        return other
    return (LIGHT if theme.dark else DARK).name


def palette_theme(theme: Theme) -> Theme:
    """Return the theme in the terminal's own colors that is as dark or light as another."""
    return ANSI_DARK if theme.dark else ANSI_LIGHT
