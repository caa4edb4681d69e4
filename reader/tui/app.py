"""The app: themes, keys, palette, and how it begins and ends."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.worker import WorkerError

from reader import startup
from reader.config.load import load_config
from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.exit import print_notice
from reader.core.paths import Paths
from reader.core.text import clean, show_path
from reader.startup import FirstFrame, Opening
from reader.tui import messages
from reader.tui.desk import KEEPING
from reader.tui.keys import bindings
from reader.tui.screens.browse import BrowseScreen
from reader.tui.terminal.daemon_threads import DaemonThreads
from reader.tui.terminal.hangup import Hangup
from reader.tui.terminal.idle_gc import IdleGC
from reader.tui.theme import themes
from reader.tui.timings import DEFAULT_TIMINGS, Timings

if TYPE_CHECKING:
    from textual.command import Provider

log = logging.getLogger(__name__)
_SECONDS_OF_A_THREAD = 0.001
"""How long a thread that reads may keep a key waiting, at most; Python lets it for 5 ms by itself."""


def _commands() -> type[Provider]:
    from reader.tui.keys.palette import Commands

    return Commands


class NewsreaderApp(App[None]):
    """The shell around the screens."""

    TITLE = "newsreader"
    CSS_PATH = "reader.tcss"
    COMMANDS = {_commands}
    BINDINGS = bindings.bindings("app")
    HORIZONTAL_BREAKPOINTS = [(0, "-single"), (60, "-stacked"), (100, "-side")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]

    def __init__(self, first: FirstFrame, settings: Config, timings: Timings = DEFAULT_TIMINGS) -> None:
        super().__init__()
        self.timings = timings
        self.library = first.library
        self._first: FirstFrame | None = first
        self._settings = settings
        self._tidying = IdleGC()
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        chosen = settings.theme or first.theme
        self._kept_theme = chosen if chosen in self.available_themes else themes.DARK.name
        self._begin_with(self._kept_theme)

    def _begin_with(self, theme: str) -> None:
        """Have the theme in force before the stylesheet is read, where Textual would read it a second time."""
        if theme not in {themes.DARK.name, themes.LIGHT.name}:
            self.theme = theme  # one that takes its colours from the terminal changes more than the stylesheet
            return
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        # What Textual does whenever a theme changes.
        self.remove_class(*(name for name in self.classes if name.startswith("-theme-")))
        self.add_class(f"-theme-{theme}")
        self.set_class(self.current_theme.dark, "-dark-mode")
        self.set_class(not self.current_theme.dark, "-light-mode")

    async def on_event(self, event: events.Event) -> None:
        """Let what is pasted pass the gate, whichever field it is for, and hold keys back for who gets the focus."""
        if isinstance(event, events.Key) and isinstance(self.screen, BrowseScreen) and self.screen.takes(event):
            return
        if isinstance(event, events.Paste):
            event.text = clean(event.text)
        elif isinstance(event, events.InputEvent) and not event.is_forwarded:  # it comes by again on its way up
            self._tidying.act()
            if isinstance(event, events.Key | events.MouseDown) and isinstance(self.screen, BrowseScreen):
                self.screen.on_next_key()
        await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        """The list and the article."""
        notices = [*self.library.notices]
        if self._settings.theme and self._settings.theme not in self.available_themes:
            notices.append(f"There is no theme “{clean(self._settings.theme)}”; Ctrl+p lists them.")
        # Handed on and forgotten: the first order of a million articles need not be kept beside the one in force.
        first, self._first = self._first, None
        assert first is not None
        screen = BrowseScreen(first, self._settings, " ".join(notices))
        # As it will be once it is told its size; the first frame would be laid out and drawn twice otherwise.
        screen.add_class(_at(self.HORIZONTAL_BREAKPOINTS, self.size.width))
        screen.add_class(_at(self.VERTICAL_BREAKPOINTS, self.size.height))
        return screen

    def on_mount(self) -> None:
        """Put the person's keys in force, and end in good order when the terminal or the system asks for it."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonThreads())
        if not self.is_headless:

            def leave() -> None:
                from reader.desktop.programs import end_what_runs_in_terminal  # imported late: there may be no such end

                end_what_runs_in_terminal()  # it keeps our thread, which is to leave
                loop.call_soon_threadsafe(self.call_later, self.action_quit)

            Hangup(leave, self._tidy_up).watch()
        if self._settings.keys:
            self.set_keymap(dict(self._settings.keys))
        self.theme_changed_signal.subscribe(self, lambda theme: self._remember_theme(theme.name))

    def _tidy_up(self) -> None:
        """Leave nothing behind that only an end in good order would take away; for any thread."""
        for screen in self.screen_stack:
            if isinstance(screen, BrowseScreen):
                screen.tidy_outside()

    async def on_keys_free(self, message: messages.KeysFree) -> None:
        """Handle the keys that were held back, before any that came after them."""
        for screen in self.screen_stack:
            if isinstance(screen, BrowseScreen):
                for key in screen.freed(message.hold):
                    await self.on_event(events.Key(key.key, key.character))

    def on_begun(self) -> None:
        """From now on there is a person to wait for."""
        self._tidying.begin()
        self.set_interval(self.timings.idle_gc, self._tidying.look)

    def _remember_theme(self, name: str) -> None:
        if name == self._kept_theme:
            return
        self._kept_theme = name
        for screen in self.screen_stack:
            if isinstance(screen, BrowseScreen):
                screen.remember(startup.THEME, name)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything of the registry, and the list of themes."""
        for action in bindings.ACTIONS:
            if action.palette and screen.check_action(action.method.partition("(")[0], ()) is not False:
                keys = bindings.key_label(bindings.keys_of(action, dict(self._settings.keys)))
                yield SystemCommand(action.title, f"{action.help} ({keys})", self._runner(action))
        yield SystemCommand("Theme", "Choose a theme from a list.", self.action_change_theme)

    def _runner(self, action: bindings.Action) -> Callable[[], Awaitable[None]]:
        from reader.tui.screens.text_list import ListingScreen

        async def run_it() -> None:
            if isinstance(self.screen, ListingScreen):
                await self.screen.dismiss()
            await self.run_action(action.method, default_namespace=self if "app" in action.scopes else self.screen)

        return run_it

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While one writes, what the palette would do is about nothing; while one reads, there is one pane."""
        if (
            action in {"focus_next", "focus_previous"}
            and isinstance(self.screen, BrowseScreen)
            and self.screen.is_reading
        ):
            return False
        if action == "command_palette" and any(
            isinstance(screen, BrowseScreen) and screen.is_asking for screen in self.screen_stack
        ):
            return False
        return super().check_action(action, parameters)

    def action_help(self) -> None:
        """Show every key."""
        from reader.tui.screens.help import HelpScreen

        screen = self.screen
        where = screen.where if isinstance(screen, BrowseScreen) else "list"
        self.push_screen(HelpScreen(self._settings.keys, where))

    def action_toggle_theme(self) -> None:
        """Change between light and dark."""
        self.theme = themes.other(self.theme)

    def action_help_quit(self) -> None:
        """Say how to leave, to somebody who tries Ctrl+c."""
        for screen in self.screen_stack:
            if isinstance(screen, BrowseScreen):
                if screen.entry is not None:
                    screen.entry.hint("Esc leaves the line.")
                else:
                    screen.say("q leaves newsreader.")

    async def action_quit(self) -> None:
        """Leave, once everything is on disk that was to be kept."""
        self._remember_theme(self.theme)
        for screen in self.screen_stack:
            if isinstance(screen, BrowseScreen):
                screen.keep_places()
                screen.forget_pictures()
        await asyncio.sleep(0)  # for the last one to begin
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.timings.quit):
                for worker in [worker for worker in self.workers if worker.group == KEEPING]:
                    with contextlib.suppress(WorkerError):
                        await worker.wait()
        self.exit()


def _at(breakpoints: list[tuple[int, str]], cells: int) -> str:
    """Return the class for so many cells: that of the largest breakpoint that they reach."""
    return max((least, name) for least, name in breakpoints if least <= cells)[1]


def run(opened: Opening, paths: Paths, *, offline: bool = False) -> int:
    """Run the app on what is being opened, and return the exit status. With ``offline`` nothing goes out to the web.

    Raises ReaderError when there is nothing to open.
    """
    settings = load_config(paths.config_file, bindings.NAMES)
    settings = replace(settings, fetch=replace(settings.fetch, offline=offline))
    bindings.check_keymap(settings.keys)
    first = opened.wait(print_notice)
    try:
        if not sys.stdout.isatty() or not sys.stdin.isatty():
            raise ReaderError("The app needs a terminal.", "Use `newsreader list PATH` to print the articles.")
        sys.setswitchinterval(_SECONDS_OF_A_THREAD)
        return _run(NewsreaderApp(first, settings), paths)
    finally:
        first.library.close()


def _run(app: NewsreaderApp, paths: Paths) -> int:
    # Textual prints the traceback of a failure to stderr once the screen is gone.
    # That belongs into the log; the person gets a sentence.
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        app.run()
    status = app.return_code or 0
    if status:
        log.error("the app failed:\n%s", re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()))
        raise ReaderError(
            "The app had to stop because of an error of its own. Nothing of yours is lost.",
            f"Details: {show_path(paths.log_file)}",
        )
    return status
