"""The app: it builds the session, owns the screens, and begins and ends."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from reader import startup
from reader.config.load import load_config
from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.exit import print_notice
from reader.core.paths import Paths
from reader.core.text import clean, show_path
from reader.startup import FirstFrame, Opening
from reader.tui.background import Background
from reader.tui.input_gate import InputGate
from reader.tui.keys import bindings
from reader.tui.prompts import Prompts
from reader.tui.screens.base import BaseScreen
from reader.tui.screens.main import MainScreen
from reader.tui.session import Services, Session
from reader.tui.terminal.daemon_threads import DaemonThreads
from reader.tui.terminal.hangup import Hangup
from reader.tui.terminal.idle_gc import IdleGC
from reader.tui.theme import themes
from reader.tui.timings import DEFAULT_TIMINGS, Timings

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.command import Provider

    from reader.tui.screens.reader import ReaderScreen
    from reader.tui.widgets.prompt.prompt import PromptLine

log = logging.getLogger(__name__)
_SECONDS_OF_A_THREAD = 0.001
"""The longest time a thread may delay a key, in seconds; Python's default is 5 ms."""


def _commands() -> type[Provider]:
    from reader.tui.keys.palette import Commands

    return Commands


class NewsreaderApp(App[None]):
    """Runs the main screen and the reader."""

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
        self.gate = InputGate(self, timings, settings.keys)
        self.prompts = Prompts(self, self.gate)
        self.background = Background(self, self._report_failure)
        self._first: FirstFrame | None = first
        self._settings = settings
        self._main: MainScreen | None = None
        self._reader: ReaderScreen | None = None
        self._idle_gc = IdleGC()
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        chosen = settings.theme or first.theme
        self._saved_theme = chosen if chosen in self.available_themes else themes.DARK.name
        self._start_with_theme(self._saved_theme)

    def _start_with_theme(self, theme: str) -> None:
        """Put the theme in force before the stylesheet is read, which Textual would otherwise read twice."""
        if theme not in {themes.DARK.name, themes.LIGHT.name}:
            self.theme = theme  # one that takes its colors from the terminal changes more than the stylesheet
            return
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        # What Textual does whenever a theme changes.
        self.remove_class(*(name for name in self.classes if name.startswith("-theme-")))
        self.add_class(f"-theme-{theme}")
        self.set_class(self.current_theme.dark, "-dark-mode")
        self.set_class(not self.current_theme.dark, "-light-mode")

    # Screens.

    @property
    def main_screen(self) -> MainScreen:
        """The screen with list and article."""
        assert self._main is not None, "Textual asks for the default screen before anything else"
        return self._main

    @property
    def reader_screen(self) -> ReaderScreen | None:
        """The reader, while it is on the screen."""
        return self._reader if self._reader is not None and self._reader in self.screen_stack else None

    @property
    def _base_screen(self) -> BaseScreen:
        """The main screen or the reader: what lies below help, problems and palette."""
        return self.reader_screen or self.main_screen

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        notices = [*self.library.notices]
        if self._settings.theme and self._settings.theme not in self.available_themes:
            notices.append(f"There is no theme “{clean(self._settings.theme)}”; Ctrl+p lists them.")
        # Handed on and dropped: the first order of a million articles is not to stay in memory.
        first, self._first = self._first, None
        assert first is not None
        services = Services(
            self.background,
            self.gate,
            self.prompts,
            self.show_message,
            self._show_reader,
            self._hide_reader,
            self._first_frame_shown,
            self.copy_to_clipboard,
            lambda: self.size.width,
        )
        session = Session(self.library, self._settings, self.timings, services, order=first.order, counts=first.counts)
        screen = self._main = MainScreen(first, session, " ".join(notices))
        # As it will be once it is told its size; the first frame would be laid out and drawn twice otherwise.
        screen.add_class(_breakpoint(self.HORIZONTAL_BREAKPOINTS, self.size.width))
        screen.add_class(_breakpoint(self.VERTICAL_BREAKPOINTS, self.size.height))
        return screen

    async def _show_reader(self) -> None:
        main = self.main_screen
        if self._reader is None:
            from reader.tui.screens.reader import ReaderScreen

            self._reader = ReaderScreen(
                main.session,
                main.commands,
                reader=main.reader,
                links=main.links,
                images=main.images,
                open_next=main.open_next,
            )
            self.install_screen(self._reader, "reader")
        if self._reader not in self.screen_stack and not self.gate.is_closed:
            main.set_focus(None)
            await self.push_screen(self._reader)
            laid_out = asyncio.Event()
            self._reader.call_after_refresh(laid_out.set)
            await laid_out.wait()

    def _hide_reader(self) -> None:
        while self._reader in self.screen_stack:
            self.pop_screen()

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence in the key bar; see :meth:`BaseScreen.show_message`."""
        self._base_screen.show_message(text, warning=warning, transient=transient)

    def _report_failure(self, error: Exception) -> None:
        from reader.tui.widgets.article_pane.placeholders import error_text

        self.show_message(error_text(error), warning=True)

    # Input.

    async def on_event(self, event: events.Event) -> None:
        """Pass input through the gate, and pasted text through the gate for text from outside."""
        is_on_base = isinstance(self.screen, BaseScreen) if self.screen_stack else False
        if isinstance(event, events.InputEvent) and (is_on_base or self.gate.is_closed) and self.gate.intercept(event):
            return
        if isinstance(event, events.Paste):
            event.text = clean(event.text)
        elif isinstance(event, events.InputEvent) and not event.is_forwarded:  # it comes by again on its way up
            self._idle_gc.note_activity()
            if isinstance(event, events.Key | events.MouseDown) and isinstance(self.screen, BaseScreen):
                self.screen.key_bar.on_next_key()
        await super().on_event(event)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: dict[str, DOMNode] | None = None,  # type: ignore[override]
    ) -> bool:
        """Run an action, once what it needs is there."""
        if isinstance(action, str) and default_namespace is not None:
            run = partial(super().run_action, action, default_namespace, namespaces)
            if self.gate.defer(default_namespace, action, run):
                return True
        return await super().run_action(action, default_namespace, namespaces)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the palette while a prompt is open; in the reader there is one pane."""
        if action in {"focus_next", "focus_previous"} and self.reader_screen is not None:
            return False
        if action == "command_palette" and self.prompts.is_open:
            return False
        return super().check_action(action, parameters)

    # By name, so that prompts are imported when the first one opens.

    def on_prompt_line_changed(self, event: PromptLine.Changed) -> None:
        """Pass on what is written in a prompt."""
        self.prompts.changed(event.text, event.cursor)

    def on_prompt_line_submitted(self, event: PromptLine.Submitted) -> None:
        """Close a prompt with its text."""
        self.prompts.submitted(event.text)

    def on_prompt_line_canceled(self) -> None:
        """Close a prompt without a text."""
        self.prompts.cancel()

    # Commands.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the actions of the registry, and the list of themes."""
        for action in bindings.ACTIONS:
            if action.palette and self._is_enabled(action, screen):
                keys = bindings.key_label(bindings.keys_of(action, dict(self._settings.keys)))
                yield SystemCommand(action.title, f"{action.help} ({keys})", self._runner(action))
        yield SystemCommand("Theme", "Choose a theme from a list.", self.action_change_theme)

    def _is_enabled(self, action: bindings.Action, screen: Screen[object]) -> bool:
        if action.scopes == ("browse",):
            return screen.check_action("run", (action.name,)) is not False
        return screen.check_action(action.method.partition("(")[0], ()) is not False

    def _runner(self, action: bindings.Action) -> Callable[[], Awaitable[None]]:
        from reader.tui.screens.text_list import ListingScreen

        async def run_it() -> None:
            if isinstance(self.screen, ListingScreen):
                await self.screen.dismiss()
            node = self if "app" in action.scopes else self.screen
            await self.run_action(action.method, default_namespace=node)

        return run_it

    def action_help(self) -> None:
        """Show every key."""
        from reader.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self._settings.keys, self._base_screen.key_bar.context))

    def action_toggle_theme(self) -> None:
        """Change between light and dark."""
        self.theme = themes.toggled_theme(self.theme)

    def action_help_quit(self) -> None:
        """Say how to leave, to somebody who tries Ctrl+c."""
        if self.prompts.line is not None:
            self.prompts.line.hint("Esc cancels.")
        else:
            self.show_message("q quits newsreader.")

    # Beginning and end.

    def on_mount(self) -> None:
        """Put the user's keys in force, and end in good order when the terminal or the system asks for it."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonThreads())
        if not self.is_headless:

            def leave() -> None:
                from reader.desktop.programs import terminate_foreground

                terminate_foreground()  # it keeps our thread, which is to leave
                loop.call_soon_threadsafe(self.call_later, self.action_quit)

            Hangup(leave, self._remove_files).watch()
        if self._settings.keys:
            self.set_keymap(dict(self._settings.keys))
        self.theme_changed_signal.subscribe(self, lambda theme: self._save_theme(theme.name))

    def _remove_files(self) -> None:
        """Leave no files behind that only an end in good order would remove; for any thread."""
        self.main_screen.reader.remove_files()

    def _first_frame_shown(self) -> None:
        """From now on there is a user to wait for."""
        self._idle_gc.start()
        self.set_interval(self.timings.idle_gc, self._idle_gc.collect_if_idle)

    def _save_theme(self, name: str) -> None:
        if name != self._saved_theme:
            self._saved_theme = name
            self.background.save(self.library.settings.set, startup.THEME, name)

    async def action_quit(self) -> None:
        """Leave, once everything is on disk that is to be saved."""
        self.gate.close()
        self._save_theme(self.theme)
        self.main_screen.save_positions()
        self.main_screen.images.forget()
        await asyncio.sleep(0)  # for the last job to begin
        await self.background.finish_writes(self.timings.quit)
        self.exit()


def _breakpoint(breakpoints: list[tuple[int, str]], cells: int) -> str:
    """Return the class for a size: that of the largest breakpoint that it reaches."""
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
            "The app stopped because of an internal error. Your marks are safe.",
            f"Details: {show_path(paths.log_file)}",
        )
    return status
