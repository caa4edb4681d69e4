"""A line of input over the last lines of the screen: for a query, tags, or the name of a view."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input, Static

from reader.core.text import cell_width, clean, stable_width, truncate
from reader.tui.keys import bindings
from reader.tui.widgets.prompt.completion import NO_COMPLETION, Completion

_MAX_COMPLETIONS = 40
"""How many completions are shown: more than fit into a line."""
_MAX_CHARACTERS = 10_000
"""Nobody types more, but someone may paste it."""


class _Input(Input):
    """An input that limits the length of pasted text."""

    # Without the layout of the whole screen that Textual does for each key: the line keeps its size.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    def on_paste(self, event: events.Paste) -> None:
        """Cut text that is too long."""
        line = next(iter(event.text.splitlines()), "")
        room = max(0, _MAX_CHARACTERS - len(self.value))
        if len(line) > room:
            event.prevent_default()
            event.stop()
            self.post_message(PromptLine.PasteCut())
            self.insert_text_at_cursor(line[:room])


class PromptLine(Container):
    """Asks for one line of text, with completions or an error message below it."""

    BINDINGS = bindings.bindings("entry")

    class Changed(Message):
        """The text has changed; ``cursor`` is in characters."""

        def __init__(self, text: str, cursor: int) -> None:
            super().__init__()
            self.text = text
            self.cursor = cursor

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, PromptLine.Changed)

    class Submitted(Message):
        """The user has entered the text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class PasteCut(Message):
        """Pasted text was too long, and was cut."""

    class Canceled(Message):
        """The user has canceled the prompt."""

    def __init__(self, label: str, text: str = "", history: Sequence[str] = ()) -> None:
        """``history`` has the latest entry last."""
        super().__init__(id="entry")
        self._label = stable_width(label)
        self._text = text
        self._history = [*history]
        self._history_index = len(self._history)
        """The entry that is shown; the length of the history for new text."""
        self._draft = text
        self._completion = NO_COMPLETION
        self.has_had_focus = False
        self._shows_error = False
        self._was_cut = False
        """Whether the user is yet to be told that pasted text was cut."""
        self._completed = -1
        """The index of the completion that is in the text, or -1,"""
        self._completed_text = ""
        """and the text with it."""

    def compose(self) -> ComposeResult:
        """Yield the label, the input, and a line below."""
        with Horizontal():
            label = Static(Content(f" {self._label}"), id="entry-prompt")
            label.styles.width = cell_width(self._label) + 1
            yield label
            yield _Input(self._text, compact=True, select_on_focus=False, id="entry-input")
        yield Static(id="entry-hint")

    def on_mount(self) -> None:
        """Take the focus."""
        self.input.focus()
        self._post_change()

    @property
    def input(self) -> Input:
        """The input."""
        return self.query_one(Input)

    @property
    def text(self) -> str:
        """The text as typed: not cleaned, so that offsets in it are offsets in the input."""
        return self.input.value

    @property
    def cursor(self) -> int:
        """The position of the cursor in characters."""
        return self.input.cursor_position

    @on(events.DescendantFocus)
    def _note_focus(self) -> None:
        self.has_had_focus = True

    def hint(self, text: str, *, warning: bool = False) -> None:
        """Show a message below the input, as plain text."""
        line = self.query_one("#entry-hint", Static)
        self._shows_error = warning
        line.set_class(warning, "-warning")
        room = (self.size.width or self.app.size.width) - 2
        line.update(Content(f" {truncate(stable_width(text), room)}"), layout=False)

    def set_history(self, history: Sequence[str]) -> None:
        """Set the history, unless the user is in it already."""
        if self._history_index == len(self._history):
            self._history = [*history]
            self._history_index = len(self._history)

    def show_error(self, message: str, position: int) -> None:
        """Show an error below the character at ``position``, if there is space."""
        column = cell_width(self._label) + cell_width(self.input.value[:position]) - self.input.scroll_offset.x
        fits = cell_width(self._label) <= column and column + cell_width(message) + 4 <= self.size.width
        self.hint(f"{' ' * column}^ {message}{self._tab}" if fits else f"{message}{self._tab}", warning=True)

    def show_hint(self, text: str) -> None:
        """Show ``text`` and the completions below the input."""
        if self._was_cut:
            text = f"The pasted text was cut to {_MAX_CHARACTERS:,} characters."
            self.hint(text, warning=True)
        else:
            self.hint(f"{text}{self._tab}")
        self._was_cut = False

    @property
    def _tab(self) -> str:
        """The completions, to follow another text."""
        return f"   Tab: {'  '.join(self._completion.words[:_MAX_COMPLETIONS])}" if self._completion.words else ""

    def set_completion(self, completion: Completion) -> None:
        """Let Tab insert the words of ``completion`` in turn; :meth:`show_hint` shows them."""
        if self._completed == -1:  # else the user is trying the current ones
            self._completion = completion

    @on(Input.Changed)
    def _handle_change(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._completed_text:
            self._completed = -1
        self._post_change()

    def _post_change(self) -> None:
        self.post_message(self.Changed(self.text, self.cursor))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(clean(self.text)))

    @on(PasteCut)
    def _note_cut(self, event: PasteCut) -> None:
        event.stop()
        self._was_cut = True

    def action_entry_leave(self) -> None:
        """Cancel the prompt."""
        self.post_message(self.Canceled())

    def action_complete(self, step: int) -> None:
        """Insert the next completion or, with -1, the previous one."""
        words = self._completion.words
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
