"""The two built-in themes. Textual's own themes work too: only its standard variables are used."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="newsreader-dark",
    primary="#7db4ff",
    accent="#7db4ff",
    secondary="#9aa7bd",
    success="#74c7a0",
    warning="#e6b15c",
    error="#ef7d7d",
    foreground="#dfe3ea",
    background="#14171c",
    surface="#1a1e25",
    panel="#252b35",
    dark=True,
    variables={
        "foreground-muted": "#8f98a8",
        "footer-background": "#1a1e25",
        "footer-key-foreground": "#7db4ff",
        "footer-description-foreground": "#8f98a8",
        "scrollbar": "#39414f",
        "scrollbar-background": "#14171c",
        "scrollbar-hover": "#56627a",
        "scrollbar-active": "#7db4ff",
    },
)

LIGHT = Theme(
    name="newsreader-light",
    primary="#1a56b0",
    accent="#1a56b0",
    secondary="#4a5568",
    success="#1d7a52",
    warning="#8a5300",
    error="#b3261e",
    foreground="#1d2129",
    background="#fbfaf6",
    surface="#f3f1ea",
    panel="#e6e3d8",
    dark=False,
    variables={
        "foreground-muted": "#626976",
        "footer-background": "#f3f1ea",
        "footer-key-foreground": "#1a56b0",
        "footer-description-foreground": "#626976",
        "scrollbar": "#c9c5b6",
        "scrollbar-background": "#fbfaf6",
        "scrollbar-hover": "#a29d8b",
        "scrollbar-active": "#1a56b0",
    },
)


def names() -> list[str]:
    """Return the names of all themes."""
    return [DARK.name, LIGHT.name, *BUILTIN_THEMES]
