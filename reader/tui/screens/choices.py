"""The dialog in which one of several things is chosen: enclosures, or the feeds of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from reader.tui.screens.listings import NOTHING, ListingScreen
from reader.tui.widgets.text.lines import Line, Run, have_words, labeled
from reader.tui.widgets.text.scroll_view import Direction, move_distance, scroll_line_into_view


class Choice(NamedTuple):
    """One of the things, in words."""

    text: str
    details: Sequence[str] = ()
    """Lines below it."""


class ChoiceScreen(ListingScreen):
    """Lists things with their numbers; a number or Enter chooses one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(digit, f"digit('{digit}')", show=False) for digit in "0123456789"]

    def __init__(
        self, title: str, noun: str, choices: Sequence[Choice], keymap: Mapping[str, str],
        on_chosen: Callable[[int], object],
    ) -> None:  # fmt: skip
        """``noun`` is what each of them is; ``on_chosen`` gets the index of the chosen one."""
        super().__init__(title, keymap)
        self._noun = noun
        self._choices = choices
        self._on_chosen = on_chosen
        self._typed = ""
        self._found: list[int] = []
        """The indexes of the choices that the filter finds."""
        self._selected = 0
        """The index of the selected choice in ``_found``."""

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:  # noqa: D102 - see ListingScreen
        texts = ((each.text, *each.details) for each in self._choices)
        self._found = [at for at, each in enumerate(texts) if have_words(each, words)]
        self._selected = max(0, min(self._selected, len(self._found) - 1))
        lines: list[Line] = []
        for index, at in enumerate(self._found):
            is_selected = index == self._selected
            text, quiet = ("selected-title", "selected-quiet") if is_selected else ("text", "quiet")
            mark = Run("▌ " if is_selected else "  ", "accent", item=index)
            lines += labeled((mark, Run(f"{at + 1:>2}  ", "accent")), self._choices[at].text, width, text)
            for detail in self._choices[at].details:
                lines += labeled((Run(" " * 6, quiet, item=index),), detail, width, quiet)
        return tuple(lines) or NOTHING

    @property
    def foot(self) -> str:
        """The last line: how to choose, and the keys."""
        numbers = self._typed or f"1–{len(self._choices)}"
        return f"{self.labels('move.down', 'move.up')} select   Enter {numbers} choose   {self.usual_foot}"

    def action_move(self, direction: Direction) -> None:
        """Select another one, and forget a number that was begun."""
        self._forget_number()
        self._selected += move_distance(direction, self.view.size.height)
        self.fill(y=None)
        lines = [y for y, runs in enumerate(self.view.lines) if any(run.item == self._selected for run in runs)]
        for y in lines[-1:] + lines[:1]:
            scroll_line_into_view(self.view, y)

    def action_search(self) -> None:
        """Forget a number that was begun, and go to the filter."""
        self._forget_number()
        super().action_search()

    def action_digit(self, digit: str) -> None:
        """Begin or continue a number, and choose once it is clear; Enter ends it."""
        number = int(self._typed + digit)
        if not 1 <= number <= len(self._choices):
            self._typed = ""
            self.show_message(f"There is no {self._noun} {number}; there are {len(self._choices)}.")
        elif number * 10 > len(self._choices):
            self._choose(number - 1)
        else:
            self._typed = str(number)
            self.show_message(f"{self._noun.capitalize()} {number} … Enter chooses it.")

    def action_accept(self) -> None:
        """Choose what was typed or is selected, or go from the filter to what it has found."""
        if self.has_filter_focus:
            super().action_accept()
        elif self._typed:
            self._choose(int(self._typed) - 1)
        elif self._found:
            self._choose(self._found[self._selected])

    def _forget_number(self) -> None:
        if self._typed:
            self._typed = ""
            self.show_typed("", ())

    def _choose(self, index: int) -> None:
        if self.is_active:  # otherwise it is closing already
            self.dismiss()
            self._on_chosen(index)
