"""Asking the user for a line of text, over the last lines of the screen on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

    from reader.tui.input_gate import InputGate
    from reader.tui.widgets.prompt.prompt import PromptLine


class Prompt(NamedTuple):
    """What becomes of the text that is written."""

    on_submit: Callable[[str], object]
    on_change: Callable[[str, int], object] = lambda text, cursor: None
    """Called with the text and the place of the cursor, in characters."""
    on_cancel: Callable[[], object] = lambda: None
    rejects: Callable[[str], bool] = lambda text: False
    """Whether something is wrong with the text, so that the prompt stays open and says so."""
    live: bool = False
    """Whether the screen follows the text, so that a click elsewhere submits it."""


@runtime_checkable
class PromptingScreen(Protocol):
    """A screen on which prompts can be opened."""

    def restore_focus(self, widget: Widget | None) -> None:
        """Give the focus back after a prompt."""


class Prompts:
    """Opens one prompt at a time.

    It is a layer of the screen on top and not a transparent screen of its own: Textual would draw
    everything beneath anew with each key.
    """

    def __init__(self, app: App[None], gate: InputGate) -> None:
        self._app = app
        self._gate = gate
        self._prompt: Prompt | None = None
        self._screen: PromptingScreen | None = None
        self._line: PromptLine | None = None
        self._focus_before: Widget | None = None
        self._focus_after: Widget | None = None
        """What gets the focus once the text is submitted."""

    @property
    def is_open(self) -> bool:
        """Whether the user is being asked for something."""
        return self._prompt is not None

    @property
    def line(self) -> PromptLine | None:
        """The line that is written in, once it is on the screen."""
        return self._line if self._line is not None and self._line.is_mounted else None

    def open(
        self,
        prompt: Prompt,
        label: str,
        text: str = "",
        *,
        history: Sequence[str] = (),
        focus_after: Widget | None = None,
    ) -> None:
        """Ask for a line that begins with ``text``; ``history`` has the latest entry last.

        ``focus_after`` gets the focus when it is submitted; otherwise what had it before gets it back.
        """
        from reader.tui.widgets.prompt.prompt import PromptLine  # imported late: the first frame has no prompt

        screen = self._app.screen
        if self.is_open or self._gate.is_closed or not isinstance(screen, PromptingScreen):
            return
        self._prompt, self._screen = prompt, screen
        self._focus_before, self._focus_after = screen.focused, focus_after or screen.focused
        self._gate.begin_loading("prompt")
        self._gate.prompt_open = True
        self._gate.hold()
        self._line = PromptLine(label, text, history)
        screen.mount(self._line)

    def set_history(self, history: Sequence[str]) -> None:
        """Set the history of the open prompt, which may not be on the screen yet."""
        if self._line is not None:
            self._line.set_history(history)

    def asks_for(self, on_change: Callable[[str, int], object]) -> bool:
        """Whether the open prompt tells ``on_change`` what is written."""
        return self._prompt is not None and self._prompt.on_change == on_change

    def focus_moved(self, widget: Widget) -> None:
        """Keep the focus in the prompt; a click elsewhere submits a live one."""
        line, prompt = self.line, self._prompt
        if line is None or prompt is None:
            return
        if line in widget.ancestors_with_self:
            self._gate.end_loading("prompt")
        elif line.has_had_focus:
            text = line.text.strip()
            if prompt.live and not prompt.rejects(text):
                self._focus_after = widget
                self.submitted(text)
            else:
                line.input.focus()
                line.hint("Enter accepts, Esc cancels.")

    def changed(self, text: str, cursor: int) -> None:
        """Pass on what is written."""
        if self._prompt is not None:
            self._prompt.on_change(text, cursor)

    def submitted(self, text: str) -> None:
        """Close the prompt with ``text``, unless that is rejected."""
        prompt = self._prompt
        if prompt is None:
            return
        if prompt.rejects(text):
            self._gate.release()
            return
        self._close(self._focus_after)
        prompt.on_submit(text)

    def cancel(self) -> None:
        """Close the prompt without a text."""
        prompt = self._prompt
        if prompt is not None:
            self._close(self._focus_before)
            prompt.on_cancel()

    def _close(self, focus: Widget | None) -> None:
        line, screen = self._line, self._screen
        self._prompt = self._screen = self._line = None
        self._gate.prompt_open = False
        self._gate.end_loading("prompt")
        if line is not None:
            line.remove()
        self._gate.hold()
        if screen is not None:
            screen.restore_focus(focus)
