"""A line of input over the last lines of the screen: for a query, tags, or the name of a view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input, Static

from reader.core.text import cell_width, stable_width, truncate
from reader.tui.keys import bindings
from reader.tui.widgets.messages import LatestMessage
from reader.tui.widgets.prompt.completion import NO_COMPLETION, Completion

_MAX_COMPLETIONS = 40
"""How many completions are shown: more than fit into a line."""
_MAX_CHARACTERS = 10_000
"""More than anyone types, but not more than one may paste."""


class LineInput(Input, inherit_bindings=False):
    """An input that limits the length of pasted text."""

    BINDINGS = Input.BINDINGS  # without the keys that scroll
    was_cut = False
    """Whether pasted text was cut and the user must still be notified."""
    # Without Textual's layout of the whole screen for each key: the size of the line does not change.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    def on_paste(self, event: events.Paste) -> None:
        """Cut text that is too long."""
        line = next(iter(event.text.splitlines()), "")
        room = max(0, _MAX_CHARACTERS - len(self.value))
        if len(line) > room:
            event.prevent_default()
            event.stop()
            self.was_cut = True
            self.insert_text_at_cursor(line[:room])


class PromptLine(Container):
    """Asks for one line of text, with completions or an error message below it."""

    BINDINGS = bindings.bindings("entry")

    class Changed(LatestMessage):
        """The text has changed."""

    def __init__(
        self,
        label: str,
        text: str = "",
        history: Sequence[str] = (),
        complete: Callable[[str, int], Completion] | None = None,
    ) -> None:
        """``history`` has the latest entry last; ``complete`` gets the text and the position of the cursor."""
        self._label = stable_width(label)
        self.input = LineInput(text, compact=True, select_on_focus=False, id="entry-input")
        self._hint = Static(id="entry-hint")
        before = Static(Content(f" {self._label}"), id="entry-prompt")
        before.styles.width = cell_width(self._label) + 1
        super().__init__(Horizontal(before, self.input), self._hint, id="entry")
        self._history = [*history]
        self._history_index = len(self._history)
        """The index of the current history entry; the length of the history for new text."""
        self._draft = text
        self._complete = complete or (lambda text, at: NO_COMPLETION)
        self._completion = NO_COMPLETION
        self._shows_error = False
        self._completed = -1
        """The index of the completion that is in the text, or -1,"""
        self._completed_text = ""
        """and the text with it."""

    def on_mount(self) -> None:
        """Take the focus."""
        self.input.focus()
        self.watch(self.input, "value", self._handle_change)

    @property
    def text(self) -> str:
        """The text as typed: not cleaned, so that offsets in it are offsets in the input."""
        return self.input.value

    def hint(self, text: str, *, warning: bool = False) -> None:
        """Show a message below the input, as plain text."""
        self._shows_error = warning
        self._hint.set_class(warning, "-warning")
        room = (self.size.width or self.app.size.width) - 2
        self._hint.update(Content(f" {truncate(stable_width(text), room)}"), layout=False)

    def set_history(self, history: Sequence[str]) -> None:
        """Set the history, unless the user is browsing it."""
        if self._history_index == len(self._history):
            self._history = [*history]
            self._history_index = len(self._history)

    def show_error(self, message: str, position: int, advice: str = "") -> None:
        """Show an error below the character at ``position``, if there is space, with completions or else advice."""
        more = self._tab or f" {advice}"
        column = cell_width(self._label) + cell_width(self.input.value[:position]) - self.input.scroll_offset.x
        fits = cell_width(self._label) <= column and column + cell_width(message) + 4 <= self.size.width
        self.hint(f"{' ' * column}^ {message}{more}" if fits else f"{message}{more}", warning=True)

    def show_hint(self, text: str) -> None:
        """Show ``text`` and the completions below the input."""
        if self.input.was_cut:
            text = f"The pasted text was cut to {_MAX_CHARACTERS:,} characters."
            self.hint(text, warning=True)
        else:
            self.hint(f"{text}{self._tab}")
        self.input.was_cut = False

    @property
    def _tab(self) -> str:
        """The completions, appended to another text."""
        words = self.completions[:_MAX_COMPLETIONS]
        return f"   Tab: {'  '.join(words)}" if words else ""

    @property
    def completions(self) -> tuple[str, ...]:
        """The words that Tab inserts in turn."""
        if self._completed == -1:  # otherwise the user is trying the current ones
            self._completion = self._complete(self.text, self.input.cursor_position)
        return self._completion.words

    def _handle_change(self, text: str) -> None:
        if text != self._completed_text:
            self._completed = -1
        self.post_message(self.Changed())

    def action_complete(self, step: int) -> None:
        """Insert the next completion or, with -1, the previous one."""
        words = self.completions
        if not words:
            if not self._shows_error:
                self.hint("There are no completions.")
            return
        first = 0 if step > 0 else len(words) - 1
        self._completed = (self._completed + step) % len(words) if self._completed >= 0 else first
        word = words[self._completed]
        before, after = self.input.value[: self._completion.start], self.input.value[self._completion.end :]
        self._completion = self._completion._replace(end=self._completion.start + len(word))
        self._completed_text = self.input.value = before + word + after
        self.input.cursor_position = self._completion.end

    def action_past(self, step: int) -> None:
        """Show the previous or, with 1, the next entry of the history."""
        index = self._history_index + step
        if not 0 <= index <= len(self._history):
            self.hint("There are no earlier entries." if step < 0 else "There are no later entries.")
            return
        if self._history_index == len(self._history):
            self._draft = self.input.value
        self._history_index = index
        self.input.value = self._history[index] if index < len(self._history) else self._draft
        self.input.cursor_position = len(self.input.value)
