"""The palette: its commands are searched by title and by help text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.command import Command, CommandList, CommandPalette, DiscoveryHit, Hit, Hits
from textual.content import Content
from textual.system_commands import SystemCommandsProvider
from textual.theme import ThemeProvider
from textual.widgets import Input
from textual.worker import Worker

from reader.core.text import cell_width
from reader.tui.input_gate import InputGate
from reader.tui.keys.bindings import dialog_bindings

_OF_A_DESCRIPTION = 0.1
"""The score of a command that is found only by its help text: below all that are found by title."""


_CELLS = 72
"""The width of the palette,"""
_MARGIN = 6
"""of which its margins and the scroll bar take these."""


class PaletteList(CommandList):
    """The commands that are found."""

    async def _on_click(self, event: events.Click) -> None:
        """Ignore a click on a command that a later search did not find: Textual would stop the app."""
        if event.style.meta.get("option", 0) >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette):
    """Textual's palette: Enter waits for the search, and no key or size stops the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *dialog_bindings(),
        Binding("enter", "submit", show=False, priority=True),
        Binding("escape", "escape", show=False, id="entry.leave"),
    ]
    # A line of no width cannot be wrapped.
    DEFAULT_CSS = f"""
    Palette > Vertical {{ width: 100%; max-width: {_CELLS}; &, &:dark {{ background: $surface; }} }}
    Palette SearchIcon {{ display: none; }}
    Palette #--input, Palette #--input.--list-visible {{ border: none; padding-left: 1; }}
    Palette CommandList, Palette CommandList:focus {{ border: none; border-bottom: blank; }}
    Palette CommandList {{ min-width: 24; text-wrap: nowrap; text-overflow: ellipsis; }}
    Palette CommandList > .option-list--option-highlighted {{ color: $foreground; background: $accent 20%; }}
    Palette CommandList:nocolor > .option-list--option-highlighted {{ text-style: bold underline; }}
    Palette:ansi #--input {{ border: hkey $rule; padding-left: 0; }}
    Palette:ansi #--input.--list-visible {{ border-bottom: none; }}
    Palette:ansi CommandList, Palette:ansi CommandList:focus {{ border-bottom: hkey $rule; }}
    """

    def __init__(self, gate: InputGate, **options: Any) -> None:
        super().__init__(**options)
        self._gate = gate
        gate.begin_loading("search")

    def compose(self) -> ComposeResult:
        """Yield Textual's widgets, but for the list."""
        for widget in super().compose():
            yield PaletteList() if type(widget) is CommandList else widget

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        """Let Textual search for the text, unless the palette closes; keys for the list wait for it."""
        if self.is_active:
            self._gate.begin_loading("search")
        else:
            event.prevent_default()

    @on(Worker.StateChanged)
    def _end_search(self) -> None:
        if all(worker.is_finished for worker in self.workers if worker.node is self):
            self._gate.end_loading("search")

    def action_submit(self) -> None:
        """Close, and run the selected command."""
        commands = self.query_one(CommandList)
        if commands.highlighted is not None and self.is_active:
            command = commands.get_option_at_index(commands.highlighted)
            assert isinstance(command, Command)
            self.dismiss()
            self.app.call_later(command.hit.command)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable moving by pages in a list without a visible line: Textual fails to find its first line."""
        if action == "command_list" and not self.query_one(CommandList).scrollable_content_region:
            return False
        return super().check_action(action, parameters)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, once: with two keys in a burst, Textual would close the screen below too."""
        self._gate.end_loading("search")
        self.workers.cancel_node(self)  # a search that ends later finds no list, which would stop the app
        return super().dismiss(result) if self.is_active else AwaitComplete.nothing()  # type: ignore[no-untyped-call]


class Commands(SystemCommandsProvider):
    """The commands in a line each, with their keys; Textual searches titles only.

    “fetch” is not a word of “Read the original”, but of its description.
    """

    async def discover(self) -> Hits:
        """Yield all commands by title."""
        for name, text, act, *_ in sorted(self.app.get_system_commands(self.screen), key=itemgetter(0)):
            yield DiscoveryHit(self._line(Content(name), text), act, text=name)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose title resembles ``query``, and those in which every word of it starts a word."""
        matcher = self.matcher(query)
        sought = query.lower().split()
        for name, text, act, *_ in self.app.get_system_commands(self.screen):
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, self._line(matcher.highlight(name), text), act, text=name)
            elif sought and has_words(sought, f"{name} {text}"):
                yield Hit(_OF_A_DESCRIPTION, self._line(Content(name), text), act, text=name)

    def _line(self, title: Content, text: str) -> Content:
        """Return the title with the keys, which follow the description after a tab, at the right."""
        keys = text.rpartition("\t")[2] if "\t" in text else ""
        gap = min(_CELLS, self.app.size.width) - _MARGIN - title.cell_length - cell_width(keys)
        # The accent of the terminal's palette could be the color of the line with the cursor.
        style = "not bold" if self.app.native_ansi_color else "not bold $accent"
        return Content.assemble(title, " " * max(1, gap), (keys, style))


class Themes(ThemeProvider):
    """The themes that this terminal can show, and one as dark or light as the terminal."""

    @property
    def commands(self) -> list[tuple[str, Callable[[], None]]]:
        """Each with what chooses it."""
        choice = self.app.theme_choice  # type: ignore[attr-defined]
        names = [(name, name) for name in sorted(choice.names)] + [("light or dark as the terminal", "")]
        return [(title, partial(choice.choose, name)) for title, name in names]


def has_words(sought: Iterable[str], text: str) -> bool:
    """Whether each of the words ``sought``, in lower case, starts a word of ``text``."""
    words = [word.strip("(“”).,;:") for word in text.lower().split()]
    return all(any(word.startswith(each) for word in words) for each in sought)
