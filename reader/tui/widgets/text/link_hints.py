"""Opening links from the keyboard: by letters shown over them, or by their numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from reader.core.text import cell_width, format_count
from reader.tui.theme.styles import theme_style
from reader.tui.timings import timings_of
from reader.tui.widgets.messages import show_status

if TYPE_CHECKING:
    from reader.tui.widgets.text.line_view import LineView

_LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""The easiest to type first."""


def hint_labels(number: int) -> list[str]:
    """Return ``number`` labels of equal length, the easiest to type first."""
    length = 1
    while len(_LETTERS) ** length < number:
        length += 1
    # The first letter changes fastest, so that neighbors differ in it.
    return ["".join(reversed(letters)) for letters in islice(product(_LETTERS, repeat=length), number)]


class _Hint(NamedTuple):
    """A label on the screen that opens a link."""

    line: int
    cell: int
    """The column in the line, without the margin."""
    href: str


class LinkHints:
    """Shows labels over the links of a view, and handles the label or number that the user types."""

    def __init__(self, view: LineView, links: Callable[[], tuple[str, ...]]) -> None:
        """``links`` returns the numbered links of the text; their numbers start at 1."""
        self._view = view
        self._links = links
        self._hints: dict[str, _Hint] = {}
        """Label -> link; empty while no labels are shown."""
        self._typed = ""
        """The part of a label or number that was typed."""
        self._closed_at = 0.0
        """When the last input ended without a key, by time.monotonic()."""

    @property
    def is_active(self) -> bool:
        """Whether the user is choosing a link."""
        return bool(self._hints or self._typed)

    def clear(self) -> None:
        """Remove the labels, and what was typed."""
        self._hints, self._typed = {}, ""

    def show(self) -> None:
        """Show a label at every link on the screen."""
        view = self._view
        found: dict[str, _Hint] = {}
        top = view.scroll_offset.y
        for index in range(top, min(top + view.size.height, len(view.lines))):
            cell = 0
            for run in view.lines[index]:
                if run.href and run.href not in found:
                    found[run.href] = _Hint(index, cell, run.href)
                cell += cell_width(run.text)
        if not found:
            show_status(self._view, "There are no links on the screen.")
            return
        self._hints = dict(zip(hint_labels(len(found)), found.values(), strict=True))
        self._typed = ""
        view.refresh()
        show_status(self._view, "Type the letters or the number of a link. Esc cancels.", transient=False)

    def type_digit(self, digit: str) -> None:
        """Begin or continue the number of a link."""
        links = len(self._links())
        self._typed += digit
        number = int(self._typed)
        if not 1 <= number <= links:
            total = format_count(links, "link") if links else "no links"
            self._close(f"There is no link {number}; the text has {total}.")
        elif number * 10 > links:
            self._open(self._links()[number - 1])
        else:
            self._show_typed()

    def handle_key(self, event: events.Key) -> None:
        """Handle a key that is part of a label or number, or ends it."""
        if self.is_active:
            event.stop()
            self._handle_typing(event.key, event.character or "")
        else:
            is_late = time.monotonic() < self._closed_at + timings_of(self._view).hint_grace
            self._closed_at = 0.0
            if is_late and event.key in {"enter", "escape"}:
                event.stop()  # it was meant to end the input, which has ended: the number was complete, or wrong

    def _handle_typing(self, key: str, letter: str) -> None:
        is_number = self._typed.isdecimal()
        if key == "escape":
            self._close("Canceled.")
            self._closed_at = 0.0
        elif key == "backspace" and self._typed:
            self._typed = self._typed[:-1]
            self._show_typed()
        elif key == "enter" and is_number:
            self._open(self._links()[int(self._typed) - 1])
            self._closed_at = 0.0
        elif letter.isascii() and letter.isdecimal() and (not self._typed or is_number):
            self.type_digit(letter)
        elif letter.isascii() and letter.isalpha() and self._hints and not is_number:
            self._type_letter(letter.lower())
        else:
            self._close("Canceled.")

    def _type_letter(self, letter: str) -> None:
        self._typed += letter
        hint = self._hints.get(self._typed)
        if hint is not None:
            self._open(hint.href)
        elif not any(label.startswith(self._typed) for label in self._hints):
            self._close("No link has that label.")
        else:
            self._show_typed()

    def _open(self, href: str) -> None:
        self._close("")
        self._view.post_message(self._view.LinkClicked(href))

    def _show_typed(self) -> None:
        self._view.refresh()
        if self._typed.isdecimal():
            show_status(self._view, f"Link {self._typed} … Enter opens it, Esc cancels.", transient=False)
        elif not self.is_active:
            self._close("Canceled.")

    def _close(self, message: str) -> None:
        self._closed_at = time.monotonic()
        self.clear()
        self._view.refresh()
        if message:
            show_status(self._view, message)

    def draw(self, index: int, strip: Strip) -> Strip:
        """Return the strip of the line ``index`` with the labels over it."""
        for label, hint in self._hints.items():
            if hint.line == index and label.startswith(self._typed):
                left = self._view.margin + hint.cell
                shown = Strip([Segment(label[len(self._typed) :], theme_style(self._view, "hint"))])
                strip = Strip.join([strip.crop(0, left), shown, strip.crop(left + shown.cell_length, None)])
        return strip
