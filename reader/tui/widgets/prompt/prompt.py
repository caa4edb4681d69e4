"""A line in which the person writes, over the last lines of the screen: a query, tags, the name of a view."""

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
from reader.tui.widgets.prompt.completion import NOTHING, Completion

_OFFERED = 40
"""Words that are shown; more than fit in a line."""
_LONGEST = 10_000
"""Characters; nobody writes more, but somebody may paste it."""


class _Input(Input):
    """Takes of a long text that is pasted as much as there is room for."""

    # As Textual's, but without the layout of the whole screen that comes with each key: the line keeps its size.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    def on_paste(self, event: events.Paste) -> None:
        """Cut what is too long, and say so."""
        line = next(iter(event.text.splitlines()), "")
        room = max(0, _LONGEST - len(self.value))
        if len(line) > room:
            event.prevent_default()
            event.stop()
            self.post_message(PromptLine.Cut())
            self.insert_text_at_cursor(line[:room])


class PromptLine(Container):
    """Asks for one line of text; below it stands what could be meant, or what is wrong with it."""

    BINDINGS = bindings.bindings("entry")

    class Changed(Message):
        """What is written is another text now, with the cursor ``at`` so many characters."""

        def __init__(self, text: str, at: int) -> None:
            super().__init__()
            self.text = text
            self.at = at

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, PromptLine.Changed)

    class Submitted(Message):
        """The person has entered it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Cut(Message):
        """Of what was pasted, the end did not find room."""

    class Canceled(Message):
        """The person does not want it after all."""

    def __init__(self, prompt: str, text: str = "", past: Sequence[str] = ()) -> None:
        """``past`` is what was entered for the same purpose before, the latest last."""
        super().__init__(id="entry")
        self._prompt = stable_width(prompt)
        self._text = text
        self._past = [*past]
        self._place = len(self._past)
        """Which of those is shown; its length for what is being written."""
        self._draft = text
        self._offer = NOTHING
        self._begun = False
        self._is_warning = False
        """Whether something is said that is wrong."""
        self._cut = False
        """Whether it is yet to be said that something was cut."""
        self._turn = -1
        """Which word of the offer stands in the text, or -1,"""
        self._tried = ""
        """and the text that it was put in."""

    def compose(self) -> ComposeResult:
        """The prompt, the text, and a line below."""
        with Horizontal():
            prompt = Static(Content(f" {self._prompt}"), id="entry-prompt")
            prompt.styles.width = cell_width(self._prompt) + 1
            yield prompt
            yield _Input(self._text, compact=True, select_on_focus=False, id="entry-input")
        yield Static(id="entry-hint")

    def on_mount(self) -> None:
        """Be ready to write."""
        self.input.focus()
        self._tell()

    @property
    def input(self) -> Input:
        """Where the person writes."""
        return self.query_one(Input)

    @property
    def text(self) -> str:
        """What is written, as it is written: not cleaned, so that places in it are places in the line."""
        return self.input.value

    @property
    def at(self) -> int:
        """Where the cursor is in it, in characters."""
        return self.input.cursor_position

    @property
    def has_had_focus(self) -> bool:
        """Whether the line has had the focus."""
        return self._begun

    @on(events.DescendantFocus)
    def _begin(self) -> None:
        self._begun = True

    def hint(self, text: str, *, warning: bool = False) -> None:
        """Say something below the line, as text."""
        line = self.query_one("#entry-hint", Static)
        self._is_warning = warning
        line.set_class(warning, "-warning")
        room = (self.size.width or self.app.size.width) - 2
        line.update(Content(f" {truncate(stable_width(text), room)}"), layout=False)

    def set_history(self, past: Sequence[str]) -> None:
        """Tell what was entered before, which has come only now."""
        if self._place == len(self._past) and list(past) != self._past:
            self._past = [*past]
            self._place = len(self._past)

    def show_error(self, message: str, at: int) -> None:
        """Say what is wrong with the text, below the place where it is, if there is room."""
        column = cell_width(self._prompt) + cell_width(self.input.value[:at]) - self.input.scroll_offset.x
        fits = cell_width(self._prompt) <= column and column + cell_width(message) + 4 <= self.size.width
        self.hint(f"{' ' * column}^ {message}{self._tab}" if fits else f"{message}{self._tab}", warning=True)

    def say(self, words: str) -> None:
        """Say something below the line, before what Tab would put in."""
        self.hint(
            f"What was pasted is cut: there is room for {_LONGEST:,} characters."
            if self._cut
            else f"{words}{self._tab}",
            warning=self._cut,
        )
        self._cut = False

    @property
    def _tab(self) -> str:
        """What Tab would put in, to stand behind something else."""
        return f"   Tab: {'  '.join(self._offer.words[:_OFFERED])}" if self._offer.words else ""

    def set_completion(self, offer: Completion) -> None:
        """Have Tab put the words of ``offer`` in, one after the other; :meth:`say` shows them."""
        if self._turn == -1:  # else one of them is being tried
            self._offer = offer

    @on(Input.Changed)
    def _tell_change(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._tried:
            self._turn = -1
        self._tell()

    def _tell(self) -> None:
        self.post_message(self.Changed(self.text, self.at))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(clean(self.text)))

    @on(Cut)
    def _tell_cut(self, event: Cut) -> None:
        event.stop()
        self._cut = True

    def action_entry_leave(self) -> None:
        """Leave without entering anything."""
        self.post_message(self.Canceled())

    def action_complete(self, step: int) -> None:
        """Put the next word in that could be meant."""
        words = self._offer.words
        if not words:
            if not self._is_warning:  # what is wrong is said already
                self.hint("Nothing that begins like this is known.")
            return
        self._turn = (self._turn + step) % len(words) if self._turn >= 0 else (0 if step > 0 else len(words) - 1)
        word = words[self._turn]
        before, after = self.input.value[: self._offer.start], self.input.value[self._offer.end :]
        self._offer = self._offer._replace(end=self._offer.start + len(word))
        self._tried = self.input.value = before + word + after
        self.input.cursor_position = self._offer.end

    def action_past(self, step: int) -> None:
        """Show what was entered before, or after that."""
        place = self._place + step
        if not 0 <= place <= len(self._past):
            self.hint("Nothing was entered before this." if step < 0 else "This is the latest.")
            return
        if self._place == len(self._past):
            self._draft = self.input.value
        self._place = place
        self.input.value = self._past[place] if place < len(self._past) else self._draft
        self.input.cursor_position = len(self.input.value)
