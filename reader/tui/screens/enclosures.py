"""The dialog in which one of several enclosures is chosen by its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from reader.tui.screens.listings import NOTHING, ListingScreen
from reader.tui.widgets.text.lines import Line, labeled, line_of


class EnclosuresScreen(ListingScreen):
    """Lists enclosures with their numbers."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(digit, f"digit('{digit}')", show=False) for digit in "0123456789"]

    def __init__(
        self, title: str, enclosures: Sequence[str], keymap: Mapping[str, str], on_chosen: Callable[[int], object]
    ) -> None:
        """``enclosures`` are in words; ``on_chosen`` gets the index of the chosen one."""
        super().__init__(title, keymap)
        self._enclosures = enclosures
        self._on_chosen = on_chosen
        self._typed = ""

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:  # noqa: D102 - see ListingScreen
        lines: list[Line] = []
        for number, text in enumerate(self._enclosures, 1):
            if all(word in text.lower() for word in words):
                lines += labeled(line_of(f"{number:>3}  ", "accent"), text, width)
        return tuple(lines) or NOTHING

    @property
    def foot(self) -> str:
        """The last line: how to choose, and the keys."""
        return f"{self._typed or f'1–{len(self._enclosures)}'} choose   {self.usual_foot}"

    def action_digit(self, digit: str) -> None:
        """Begin or continue a number, and choose once it is clear; Enter ends it."""
        number = int(self._typed + digit)
        if not 1 <= number <= len(self._enclosures):
            self._typed = ""
            self.show_message(f"There is no enclosure {number}; there are {len(self._enclosures)}.")
        elif number * 10 > len(self._enclosures):
            self._choose(number)
        else:
            self._typed = str(number)
            self.show_message(f"Enclosure {number} … Enter chooses it.")

    def action_accept(self) -> None:
        """Choose the enclosure whose number was typed, or do as every dialog."""
        if self._typed and not self.has_filter_focus:
            self._choose(int(self._typed))
        else:
            super().action_accept()

    def _choose(self, number: int) -> None:
        if self.is_active:  # otherwise it is closing already
            self.dismiss()
            self._on_chosen(number - 1)
