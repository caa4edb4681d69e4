"""Prompts: asking the user for a line of text, in a modal screen over the last lines of the current one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from reader.core.text import clean
from reader.tui.keys import bindings
from reader.tui.terminal.overlay import OverlayScreen

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

    from reader.tui.input_gate import InputGate
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine


class Prompt(NamedTuple):
    """What happens to the text."""

    on_submit: Callable[[str], object]
    on_change: Callable[[PromptLine], object] = lambda line: None
    on_cancel: Callable[[], object] = lambda: None
    rejects: Callable[[PromptLine], bool] = lambda line: False
    """Whether the text is invalid, so that the prompt stays open and says so."""
    live: bool = False
    """Whether the screen follows the text, so that a click elsewhere submits it."""
    complete: Callable[[str, int], Completion] | None = None
    """Returns the completions of a text at the cursor."""


@runtime_checkable
class PromptingScreen(Protocol):
    """A screen on which prompts can be opened."""

    def restore_focus(self, widget: Widget | None) -> None:
        """Restore the focus after a prompt."""


class PromptScreen(OverlayScreen):
    """A line of input. A modal screen does not get the keys of the app, so it binds them itself."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.bindings("app", "app."), ("ctrl+c", "app.help_quit")]

    def __init__(self, below: Screen[Any], line: PromptLine, prompt: Prompt, prompts: Prompts) -> None:
        super().__init__(below, line)
        self.line = line
        self.prompt = prompt
        self.has_had_focus = False
        self._prompts = prompts

    def compose(self) -> ComposeResult:
        """Yield the line; the stylesheet puts it at the bottom."""
        yield self.line

    def on_descendant_focus(self) -> None:
        """Note that the line has the focus; the app releases the keys that were meant for it."""
        self.has_had_focus = True

    # By name, so that the line is imported when the first prompt opens.

    def on_prompt_line_changed(self) -> None:
        """Pass on the changed text."""
        if self._prompts.is_open:
            self.prompt.on_change(self.line)

    def on_input_submitted(self) -> None:
        """Close the prompt with its text."""
        self._prompts.submit(clean(self.line.text))

    def action_entry_leave(self) -> None:
        """Close the prompt without a text."""
        self._prompts.cancel()

    def on_key(self, event: events.Key) -> None:
        """Report a key that does nothing."""
        if event.key not in bindings.bound_keys(self.active_bindings):
            event.stop()
            name = bindings.pressed_key_label(event.key, event.character)
            self.line.hint(f"{name} does nothing here.", warning=True)


class Prompts:
    """Opens one prompt at a time."""

    def __init__(self, app: App[None], gate: InputGate) -> None:
        self._app = app
        self.gate = gate
        self._screen: PromptScreen | None = None
        self._focus_before: Widget | None = None
        self._focus_after: Widget | None = None
        """What gets the focus when the text is submitted."""

    @property
    def is_open(self) -> bool:
        """Whether a prompt is open."""
        return self._screen is not None

    @property
    def line(self) -> PromptLine | None:
        """The input line, once it is on the screen."""
        return self._screen.line if self._screen is not None and self._screen.line.is_mounted else None

    def open(
        self,
        prompt: Prompt,
        label: str,
        text: str = "",
        *,
        history: Sequence[str] = (),
        focus_after: Widget | None = None,
    ) -> None:
        """Ask for a line that starts as ``text``; ``history`` has the latest entry last.

        ``focus_after`` gets the focus when it is submitted; by default, the widget that had it before.
        """
        from reader.tui.widgets.prompt.prompt import PromptLine  # imported late: the first frame has no prompt

        below = self._app.screen
        if self.is_open or self.gate.is_closed or not isinstance(below, PromptingScreen):
            return
        self._focus_before, self._focus_after = below.focused, focus_after or below.focused
        self.gate.hold(for_input=True)
        below.set_focus(None)
        self._screen = PromptScreen(below, PromptLine(label, text, history, prompt.complete), prompt, self)
        self._app.push_screen(self._screen)

    def set_history(self, history: Sequence[str]) -> None:
        """Set the history of the open prompt, which may not be on the screen yet."""
        if self._screen is not None:
            self._screen.line.set_history(history)

    def update(self, on_change: Callable[[PromptLine], object]) -> None:
        """Call ``on_change`` again if the open prompt has it, because its data has changed."""
        if self.line is not None and self._screen is not None and self._screen.prompt.on_change == on_change:
            on_change(self.line)

    def focus_moved(self, widget: Widget) -> None:
        """Return the focus to the prompt; a click below it submits a live one."""
        screen = self._screen
        if screen is None or not screen.has_had_focus:
            return
        if screen.prompt.live and not screen.prompt.rejects(screen.line):
            self._focus_after = widget
            self.submit(screen.line.text.strip())
        else:
            screen.below.set_focus(None)
            screen.line.hint("Enter accepts, Esc cancels.")

    def submit(self, text: str) -> None:
        """Close the prompt with ``text``, unless it is rejected."""
        screen = self._screen
        if screen is None or screen.prompt.rejects(screen.line):
            return
        self._close(screen, self._focus_after)
        screen.prompt.on_submit(text)

    def cancel(self) -> None:
        """Close the prompt without a text."""
        screen = self._screen
        if screen is not None:
            self._close(screen, self._focus_before)
            screen.prompt.on_cancel()

    def _close(self, screen: PromptScreen, focus: Widget | None) -> None:
        self._screen = None
        self.gate.end_loading("prompt")
        while screen in self._app.screen_stack:
            self._app.pop_screen()
        self.gate.hold()
        if isinstance(screen.below, PromptingScreen):
            screen.below.restore_focus(focus)
