"""Which theme is shown: the user's choice, or one as dark or light as the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING

from textual import constants
from textual.app import App
from textual.theme import Theme

from reader import startup
from reader.tui.terminal.input_parser import BACKGROUND_QUERY
from reader.tui.terminal.window import takes_commands, write_raw
from reader.tui.theme import themes

if TYPE_CHECKING:
    from reader.config.settings import Config
    from reader.startup import FirstFrame
    from reader.tui.session import Session

_LIGHT = "light"
"""The value of the setting BACKGROUND for a light terminal."""
_SECONDS_FOR_A_REPLY = 0.25
"""How long the end of the app waits for a reply of a terminal that has not replied before,"""
_SECONDS_FOR_ANOTHER = 2.0
"""and of one that has: it will."""


def has_few_colors() -> bool:
    """Whether to use only the terminal's own colors: it has at most 16, or the user wants none."""
    from rich.console import Console

    console = Console(color_system=constants.COLOR_SYSTEM, force_terminal=True)  # type: ignore[arg-type]
    return "NO_COLOR" in os.environ or console.color_system in (None, "standard")


class ThemeChoice:
    """The theme that the user has set or chosen, and the one that is shown."""

    def __init__(self, app: App[None], session: Session, first: FirstFrame, *, few_colors: bool) -> None:
        self._app = app
        self._session = session
        self._few_colors = few_colors
        self._terminal_is_dark = first.background != _LIGHT
        self._own: Mapping[str, Mapping[str, str]] = {}
        """The themes of config.toml."""
        self._asked_at = 0.0
        self._reply = asyncio.Event()
        self._has_replied = False
        for theme in themes.OURS:
            app.register_theme(theme)
        self._register(session.config.themes)
        self._chosen = first.theme
        """The theme chosen in the app; empty for none."""
        self._choice = session.config.theme or first.theme
        """The one that counts."""

    @property
    def names(self) -> list[str]:
        """The themes that this terminal can show."""
        return [name for name, theme in self._app.available_themes.items() if theme.ansi or not self._few_colors]

    @property
    def shown(self) -> str:
        """The theme to show."""
        wanted = self._wanted
        if self._few_colors and not wanted.ansi:
            return themes.palette_theme(wanted).name
        return wanted.name

    @property
    def _wanted(self) -> Theme:
        """The theme that would be shown with enough colors."""
        usual = themes.DARK if self._terminal_is_dark else themes.LIGHT
        return self._app.available_themes.get(self._choice, usual)

    def choose(self, name: str) -> None:
        """Show a theme, also in future runs; with an empty name one as dark or light as the terminal."""
        self._chosen = self._choice = name
        self._session.save_setting(startup.THEME, name)
        self._show()
        self.ask_terminal()

    def toggle(self) -> None:
        """Choose the light theme of a dark one, or the other way round."""
        self.choose(themes.counterpart(self._wanted, self._app.available_themes))

    def config_changed(self, before: Config) -> None:
        """Take the themes of config.toml in, and show the one that it names."""
        config = self._session.config
        was_shown = self._app.current_theme
        self._register(config.themes)
        if config.theme != before.theme:
            self._choice = config.theme or self._chosen
        self._show()
        if self._app.theme == was_shown.name and self._app.current_theme != was_shown:
            self._app.mutate_reactive(App.theme)  # other colors under the same name
        self.ask_terminal()

    def _register(self, own: Mapping[str, Mapping[str, str]]) -> None:
        for name in self._own.keys() - own.keys():
            self._app.unregister_theme(name)
        for name, settings in own.items():
            self._app.register_theme(themes.from_config(name, settings))
        self._own = own

    def _show(self) -> None:
        self._app.theme = self.shown

    # The terminal.

    def ask_terminal(self) -> None:
        """Ask the terminal for its background, if the user has not chosen a theme."""
        if self._choice not in self._app.available_themes and not self._app.is_headless and takes_commands(os.environ):
            self._asked_at = monotonic()
            self._reply.clear()
            write_raw(self._app, BACKGROUND_QUERY)

    def terminal_replied(self, *, is_dark: bool) -> None:
        """Note how dark the terminal is: it counts if the user has not chosen a theme, and at the next start."""
        self._has_replied = True
        self._reply.set()
        if is_dark is not self._terminal_is_dark:
            self._terminal_is_dark = is_dark
            self._session.save_setting(startup.BACKGROUND, "" if is_dark else _LIGHT)
            self._show()

    async def end(self) -> None:
        """Wait for a reply that is on its way, so that the shell does not get it."""
        seconds = _SECONDS_FOR_ANOTHER if self._has_replied else _SECONDS_FOR_A_REPLY
        rest = self._asked_at + seconds - monotonic()
        if rest > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reply.wait(), rest)
