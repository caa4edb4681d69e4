"""The app: builds the session, owns the screens, starts and quits."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.command import Provider
from textual.dom import DOMNode, NoScreen
from textual.driver import Driver
from textual.geometry import Offset
from textual.screen import Screen
from textual.widgets import Input

from reader.config.load import problem_lines
from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.core.text import clean, show_path
from reader.exit import print_notice
from reader.startup import FirstFrame, Opening
from reader.tui.controllers.window import WindowController
from reader.tui.input_gate import TEXT
from reader.tui.keys import bindings
from reader.tui.keys.actions import ACTIONS, Action
from reader.tui.loaders.config import load_app_config, start_message
from reader.tui.prompts import PromptScreen
from reader.tui.screens.base import BaseScreen
from reader.tui.screens.main import MainScreen
from reader.tui.session import Session
from reader.tui.terminal.daemon_threads import DaemonThreads
from reader.tui.terminal.idle_gc import IdleGC
from reader.tui.terminal.input_parser import TerminalBackground
from reader.tui.terminal.memory import limit_textual
from reader.tui.terminal.termination import watch_terminal
from reader.tui.terminal.window import driver_of, takes_commands
from reader.tui.theme import themes
from reader.tui.theme.choice import ThemeChoice, has_few_colors
from reader.tui.timings import DEFAULT_TIMINGS, Timings
from reader.tui.widgets import panes
from reader.tui.widgets.text.line_view import LineView

if TYPE_CHECKING:
    from rich.console import RenderableType

log = logging.getLogger(__name__)
limit_textual()
_SECONDS_OF_A_THREAD = 0.001
"""The longest time a thread may delay a key, in seconds; Python's default is 5 ms."""


def _commands() -> type[Provider]:
    from reader.tui.keys.palette import Commands

    return Commands


class NewsreaderApp(App[None]):
    """The app, with the main screen and the reader."""

    TITLE = "newsreader"
    CSS_PATH = "reader.tcss"
    COMMANDS = {_commands}
    BINDINGS = bindings.bindings("app")
    main_screen: MainScreen
    """The screen with list and article."""
    HORIZONTAL_BREAKPOINTS = [(0, "-single"), (panes.STACKED, "-stacked"), (panes.BESIDE, "-side")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (panes.HIGH, "-high")]

    def __init__(
        self, first: FirstFrame, settings: Config, timings: Timings = DEFAULT_TIMINGS, *, few_colors: bool = False
    ) -> None:
        super().__init__(ansi_color=few_colors or None)
        self.timings = timings
        self.session = Session(self, first, settings, timings, self.show_message)
        self.gate = self.session.gate
        self.gate.press = self._press
        self.library = first.library
        self._first: FirstFrame | None = first
        self._idle_gc = IdleGC()
        self.signal_status = 0
        """The exit status if a signal ends the app."""
        self.session.first_frame_shown.subscribe(lambda _: self._first_frame_shown())
        self.session.config_changed.subscribe(self._config_changed)
        self.theme_choice = ThemeChoice(self, self.session, first, few_colors=few_colors)
        self._start_with_theme(self.theme_choice.shown)
        self._takes_commands = takes_commands(os.environ)
        self._window = WindowController(self.session)

    def _start_with_theme(self, theme: str) -> None:
        """Apply the theme before the stylesheet is read, which Textual would otherwise read twice."""
        if self.available_themes[theme].ansi and not self.native_ansi_color:
            self.theme = theme  # this changes more than the stylesheet
            return
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        # What Textual does when a theme changes.
        self.remove_class(*(name for name in self.classes if name.startswith("-theme-")))
        self.add_class(f"-theme-{theme}")
        self.set_class(self.current_theme.dark, "-dark-mode")
        self.set_class(not self.current_theme.dark, "-light-mode")

    def get_driver_class(self) -> type[Driver]:
        """Return newsreader's driver where Textual would use its own for Linux and macOS."""
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from reader.tui.terminal.driver import TerminalDriver

        return TerminalDriver

    # Screens.

    @property
    def _base_screen(self) -> BaseScreen:
        """The main screen or the reader: the screen below help, problems and palette."""
        return self.main_screen.reader_screen or self.main_screen

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        config = self.session.config
        notices = [each for each in self.library.notices if each not in problem_lines(config)]
        if config.problems:
            notices.append(start_message(config))
        # Not stored here: the first order of a million articles must not stay in memory.
        first, self._first = self._first, None
        assert first is not None
        screen = self.main_screen = MainScreen(first, self.session, " ".join(notices))
        # The size that it will get; otherwise the first frame would be laid out and drawn twice.
        screen.add_class(_breakpoint(self.HORIZONTAL_BREAKPOINTS, self.size.width))
        screen.add_class(_breakpoint(self.VERTICAL_BREAKPOINTS, self.size.height))
        return screen

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence in the key bar; see :meth:`BaseScreen.show_message`."""
        self._base_screen.show_message(text, warning=warning, transient=transient)

    # Input.

    async def on_event(self, event: events.Event) -> None:
        """Pass keys and pasted text through the input gate."""
        if not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self.gate.is_closed or not self.screen_stack or self._is_late(event):
            return
        elif isinstance(event, events.Key | events.Paste):
            await self.gate.take(event)
        else:
            if isinstance(event, events.MouseDown):
                await self.session.keys.end()
                self._note_key()
            self._idle_gc.note_activity()
            await super().on_event(event)

    def _note_key(self) -> None:
        if isinstance(self.screen, BaseScreen | PromptScreen):
            self._base_screen.key_bar.on_next_key()

    async def _press(self, event: events.Key | events.Paste) -> str:
        """Act on a key now, or on pasted text; return what may follow at once.

        Private: ``_check_bindings`` and what passes an event to a node. Textual would send the key from queue to queue
        to each node that may stop it, so that nothing would tell that a widget has acted on it.
        """
        if self._is_late(event):  # held back since
            return ""
        self._idle_gc.note_activity()
        if isinstance(event, events.Paste):
            event.text = clean("." + event.text.strip("\r\n") + ".")[1:-1]  # with the spaces at its ends
            await super().on_event(event)
            return ""
        if self._is_escape_and_more(event):
            name = event.character if (event.character or "").isalnum() else event.key.removeprefix("alt+")
            self.gate.put_back(events.Key(name or "", event.character))
            event = events.Key("escape", None)
        self._note_key()
        self.app_focus = True
        if await self._check_bindings(event.key, priority=True):
            return ""
        event._set_forwarded()
        event.bubble = False  # type: ignore[misc]
        for node in (self.focused or self.screen).ancestors_with_self[:-1]:
            with node._context():
                await node._dispatch_message(event)
            event.prevent_default(False)
            if event._stop_propagation:
                return TEXT if isinstance(node, Input) and event.is_printable else ""
        if not await self.session.keys.press(event):
            await super().on_event(event)
        return event.key if self.session.keys.has_moved else ""

    def _is_late(self, event: events.InputEvent | events.Paste) -> bool:
        """Whether a key is the rest of a burst of Ctrl+z, or the mouse was where the smaller terminal is no longer.

        The one would stop the process again, the other take the focus from every widget.
        """
        if (driver := driver_of(self)) and event.time < driver.input_since:
            return True
        if not isinstance(event, events.MouseEvent):
            return False
        return not self.screen.size.contains(event.x, event.y)

    def _is_escape_and_more(self, event: events.Key) -> bool:
        """Whether this is Esc and a character in one burst, which terminals send for the character with Alt, too.

        A list may have something on Alt; where one types and in dialogs, nothing has. With Alt, a letter that does
        nothing in the list is more likely pressed by mistake than anything else is.
        """
        if not (event.key.startswith("alt+") and event.character and event.is_printable):
            return False
        if isinstance(self.screen, BaseScreen):
            return not event.character.isalpha() and not self.session.keys.takes(event.key)
        return event.key not in self.screen.active_bindings

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Release the keys that were meant for the input of a prompt or a dialog."""
        if event.widget is self.focused and not isinstance(self.screen, BaseScreen):
            self.gate.release(to_input=True)

    def pop_screen(self) -> AwaitComplete:
        """Close the screen: actions may wait for that, and keys that were meant for its input if it had no focus."""
        if self.focused is None and not isinstance(self.screen, BaseScreen):
            self.gate.release(to_input=True)
        self.gate.check()
        return super().pop_screen()

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: dict[str, DOMNode] | None = None,  # type: ignore[override]
    ) -> bool:
        """Run an action once what it needs has loaded; drop it if its screen or the app is about to close."""
        if self.gate.is_closed or self._is_leaving(default_namespace):
            return True
        if isinstance(action, str) and default_namespace is not None:
            run = partial(super().run_action, action, default_namespace, namespaces)
            if self.gate.defer(default_namespace, action, run):
                return True
        return await super().run_action(action, default_namespace, namespaces)

    def _is_leaving(self, node: DOMNode | None) -> bool:
        try:
            return node is not None and node.screen not in self.screen_stack
        except NoScreen:
            return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the palette while a prompt is open; in the reader there is one pane."""
        if action in {"focus_next", "focus_previous"} and self.main_screen.reader_screen is not None:
            return False
        if action == "command_palette" and self.session.prompts.is_open:
            return False
        return super().check_action(action, parameters)

    # Commands.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the actions of the registry, and the list of themes."""
        for action in (*ACTIONS, *self.session.keys.own.values()):
            if action.palette and self._is_enabled(action, screen):
                keys = bindings.key_label(bindings.keys_of(action, self.session.config.keys))
                yield SystemCommand(action.title, f"{action.help}\t{keys}", self._runner(action))
        yield SystemCommand("Theme", "Choose a theme from a list.", self.action_change_theme)

    def _is_enabled(self, action: Action, screen: Screen[object]) -> bool:
        if action.method.startswith("run("):
            return screen.check_action("run", (action.name,)) is not False
        return screen.check_action(action.method.partition("(")[0], ()) is not False

    def _runner(self, action: Action) -> Callable[[], Awaitable[None]]:
        from reader.tui.screens.listings import ListingScreen

        async def run_it() -> None:
            if isinstance(self.screen, ListingScreen):
                await self.screen.dismiss()
            node = self if "app" in action.scopes else self.screen
            await self.run_action(action.method, default_namespace=node)

        return run_it

    def action_help(self) -> None:
        """Show the help."""
        from reader.tui.screens.listings import HelpScreen

        where = "entry" if self.session.prompts.is_open else self._base_screen.key_bar.context
        self.gate.hold(for_input=True)
        self.push_screen(HelpScreen(self.session.config.keys, where, tuple(self.session.keys.own.values())))

    def action_command_palette(self) -> None:
        """Show the palette."""
        from reader.tui.keys.palette import Palette

        if not isinstance(self.screen, Palette):
            self.gate.hold(for_input=True)
            self.push_screen(Palette(self.gate))

    def search_themes(self) -> None:
        """Show a palette of themes."""
        from reader.tui.keys.palette import Palette, Themes

        self.gate.hold(for_input=True)
        self.push_screen(Palette(self.gate, providers=[Themes], placeholder="Search for themes…"))

    def action_toggle_theme(self) -> None:
        """Switch between a light and a dark theme."""
        self.theme_choice.toggle()

    def action_help_quit(self) -> None:
        """Explain how to quit, after Ctrl+c."""
        line = self.session.prompts.line
        if line is not None:
            line.hint("Esc cancels.")
        else:
            self.show_message(f"{self.session.key('quit.now')} quits newsreader.")

    # The terminal.

    @property
    def hyperlinks(self) -> bool:
        """Whether links are links of the terminal too."""
        return self._takes_commands and self.session.config.terminal.links

    def _set_pointer_shape(self, shape: str) -> None:
        """Set the shape of the mouse pointer. Private: Textual also asks terminals that would print the command."""
        if self._takes_commands:
            super()._set_pointer_shape(shape)

    @property
    def cursor_position(self) -> Offset:
        """Where each frame leaves the terminal's cursor: at the selection or in the input, also if it is hidden.

        Screen readers and braille displays follow it. Without a focus it stays where it was.
        """
        focused = self.screen.focused if self.screen_stack else None
        offset = getattr(focused, "cursor_screen_offset", None)
        if isinstance(offset, Offset):
            # At the end of its text, Textual's input says a cell too many.
            self._cursor_position = offset - Offset(getattr(focused, "cursor_at_end", False), 0)
        return self._cursor_position

    @cursor_position.setter
    def cursor_position(self, offset: Offset) -> None:
        self._cursor_position = offset

    # Start and end.

    def on_mount(self) -> None:
        """Apply the user's keys."""
        asyncio.get_running_loop().set_default_executor(DaemonThreads())
        if keymap := self.session.keys.textual_keymap():
            self.set_keymap(keymap)
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh(layout=True))
        self.theme_choice.ask_terminal()

    def on_app_focus(self) -> None:
        """Ask the terminal again: it may have become lighter or darker in the meantime."""
        self.theme_choice.ask_terminal()

    def on_terminal_background(self, event: TerminalBackground) -> None:
        """Show a theme that is as dark or light as the terminal."""
        self.theme_choice.terminal_replied(is_dark=event.is_dark)

    def get_css_variables(self) -> dict[str, str]:
        """Return the variables for the stylesheet, with ours."""
        self.theme_variables = themes.with_rule(super().get_css_variables())
        return self.theme_variables

    def _leave(self, status: int) -> None:
        """Quit properly, as the terminal or the system requires. For any thread. Raises RuntimeError if it has ended.

        Private: ``_loop``, which is None until the app runs, and after it.
        """
        from reader.desktop.programs import end_foreground

        self.signal_status = status
        end_foreground()  # it holds the thread that has to end
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.call_later, self.action_quit)

    def _clean_up(self) -> None:
        """Do what only a proper exit would: give the terminal back and delete private files. For any thread."""
        from reader.tui.terminal.driver import restore_terminal

        restore_terminal()
        self.session.remove_private_files()

    def _first_frame_shown(self) -> None:
        """Note that the first frame is on the screen."""
        self._idle_gc.start()
        self.set_interval(self.timings.idle_gc, self._idle_gc.collect_if_idle)
        asyncio.get_running_loop().run_in_executor(None, self.session.remove_leftovers)

    def _config_changed(self, before: Config) -> None:
        config = self.session.config
        if (config.keys, config.macros) != (before.keys, before.macros):
            self.set_keymap(self.session.keys.textual_keymap())
        self.theme_choice.config_changed(before)
        if config.terminal.links != before.terminal.links:
            for screen in self.screen_stack:
                screen.query(LineView).refresh()

    def panic(self, *renderables: RenderableType) -> None:
        """End after a failure of the thread that reads the keys.

        Private: ``_return_code``, which Textual sets for all other failures, but not for this one.
        """
        self._return_code = 1
        super().panic(*renderables)

    def _fatal_error(self) -> None:
        """End after an unhandled exception, which :func:`_run` logs.

        Private: Textual would first render its traceback with all local variables for an output that is discarded; a
        message of 100,000 characters takes it minutes.
        """
        self.bell()
        self._close_messages_no_wait()

    async def action_back_or_quit(self) -> None:
        """Leave what covers the list or has the focus instead of it; from the list, quit."""
        screen = self.screen
        if isinstance(screen, PromptScreen):
            self.session.prompts.cancel()
        elif not isinstance(screen, BaseScreen):
            screen.dismiss()
        elif not screen.go_back():
            await self.action_quit()

    async def action_quit(self) -> None:
        """Quit once everything is saved."""
        self.gate.is_closed = True
        self.main_screen.save_positions()
        self.main_screen.images.forget()
        await asyncio.sleep(0)  # let the last job start
        await self.session.background.finish_writes(self.timings.quit)
        await self.theme_choice.end()
        self.exit()


def _breakpoint(breakpoints: list[tuple[int, str]], cells: int) -> str:
    """Return the class for a size: that of the largest breakpoint it reaches."""
    return max((least, name) for least, name in breakpoints if least <= cells)[1]


def run(opened: Opening, paths: Paths, *, offline: bool = False) -> int:
    """Run the app on what is being opened, and return the exit status. With ``offline`` it makes no network requests.

    Raises ReaderError if there is nothing to open.
    """
    settings = load_app_config(paths.config_file)
    settings = replace(settings, fetch=replace(settings.fetch, offline=offline))
    first = opened.wait(print_notice)
    try:
        if not sys.stdout.isatty() or not sys.stdin.isatty():
            raise ReaderError("The app needs a terminal.", "Use `newsreader list PATH` to print the articles.")
        if os.environ.get("TERM") == "dumb":
            raise ReaderError(
                "This terminal (TERM=dumb) cannot move its cursor, which the app needs.",
                "Use `newsreader list PATH` to print the articles.",
            )
        sys.setswitchinterval(_SECONDS_OF_A_THREAD)
        return _run(NewsreaderApp(first, settings, few_colors=has_few_colors()), paths)
    finally:
        first.library.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # from here, Ctrl+C could only replace the exit status


def _run(app: NewsreaderApp, paths: Paths) -> int:
    # Textual prints a failure to stderr once the screen is gone, wrapped to the width of the terminal. The log gets its
    # traceback as it is, and the user a sentence.
    output = io.StringIO()
    watch_terminal(app._leave, app._clean_up)  # before the app takes the terminal, which a signal would leave as it is
    with contextlib.redirect_stderr(output):
        app.run()
    status = app.return_code or 0
    if status:
        if app._exception is not None:  # private, but what Textual prints is made for screens
            log.error("the app failed", exc_info=app._exception)
        else:
            log.error("the app failed:\n%s", re.sub(r"\x1b\[[0-9;]*m", "", output.getvalue()))
        raise ReaderError(
            "The app stopped because of an internal error. Your marks are safe.",
            f"Details: {show_path(paths.log_file)}",
        )
    return app.signal_status
