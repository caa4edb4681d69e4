"""A view whose links are opened by letters shown over them, or by their numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from reader.core.text import cell_width, format_count
from reader.tui import messages
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.reader.lines import hint_labels
from reader.tui.widgets.text.line_view import MEASURE
from reader.tui.widgets.text.reading_position import PlacedView

_SECONDS_OF_AN_END = 1.5
"""For which a key that ends typing is taken for one that comes a little late."""


class _Hint(NamedTuple):
    """A label on the screen that opens a link."""

    line: int
    cell: int
    """Of the line, without the margin."""
    href: str


class LinkedView(PlacedView):
    """Draws the labels, and takes what is typed of one."""

    def __init__(self, *, id: str | None = None, measure: int = MEASURE) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, measure=measure)
        self.keys_of_links: frozenset[str] = frozenset()
        """The keys that show the labels: what is typed right after one is meant for them, so it does not go round by
        the app as other keys do."""
        self._hints: dict[str, _Hint] = {}
        """Label -> what it opens; empty while none are shown."""
        self._typed = ""
        """What was typed of a label, or of the number of a link."""
        self._ended_at = 0.0
        """When typing ended by itself the last time, by time.monotonic()."""

    def numbered_links(self) -> tuple[str, ...]:
        """Return where the links lead to, in the order of their numbers, which begin with 1."""
        return ()

    def when_loaded(self, act: Callable[[], None]) -> None:
        """Do something with the text that the person means: the one shown, or the one on its way."""
        act()

    @property
    def is_hinting(self) -> bool:
        """Whether a link is being chosen."""
        return bool(self._hints or self._typed)

    def forget_hints(self) -> None:
        """Take the labels away, and what was typed of one."""
        self._hints, self._typed = {}, ""

    def action_links(self) -> None:
        """Show a label at every link on the screen; what is typed then opens one."""
        self.when_loaded(self._show_hints)

    def _show_hints(self) -> None:
        found: dict[str, _Hint] = {}
        top = self.scroll_offset.y
        for at in range(top, min(top + self.size.height, len(self._lines))):
            cell = 0
            for run in self._lines[at]:
                if run.href and run.href not in found:
                    found[run.href] = _Hint(at, cell, run.href)
                cell += cell_width(run.text)
        if not found:
            self._say("There is no link on the screen.")
            return
        self._hints = dict(zip(hint_labels(len(found)), found.values(), strict=True))
        self._typed = ""
        self.refresh()
        self._say("Type the letters of a link, or its number; Esc opens none.", transient=False)

    def on_key(self, event: events.Key) -> None:
        """Take what is typed of a label or a number."""
        letter = event.character or ""
        if self._hints or self._typed:
            event.stop()
            if event.key == "escape":
                self._end_typing("No link is opened.")
                self._ended_at = 0.0
            elif event.key == "backspace" and self._typed:
                self._typed = self._typed[:-1]
                self._show_typed()
            elif event.key == "enter" and self._typed.isdecimal():
                self._open_number(int(self._typed))
                self._ended_at = 0.0
            elif letter.isascii() and letter.isdecimal() and (not self._typed or self._typed.isdecimal()):
                self._type_digit(letter)
            elif letter.isascii() and letter.isalpha() and self._hints and not self._typed.isdecimal():
                self._type_letter(letter.lower())
            else:
                self._end_typing("No link is opened.")
        elif event.key in {"enter", "escape"} and time.monotonic() < self._ended_at + _SECONDS_OF_AN_END:
            event.stop()  # it was meant to end what has ended by itself: a number that no other begins with, a slip
            self._ended_at = 0.0
        elif event.key in self.keys_of_links:
            event.stop()
            self.action_links()
        elif letter.isascii() and letter.isdecimal():
            event.stop()
            self._type_digit(letter)

    def _type_letter(self, letter: str) -> None:
        self._typed += letter
        hint = self._hints.get(self._typed)
        if hint is not None:
            self._follow(hint.href)
        elif not any(label.startswith(self._typed) for label in self._hints):
            self._end_typing("No link has these letters.")
        else:
            self._show_typed()

    def _type_digit(self, digit: str) -> None:
        links = len(self.numbered_links())
        self._typed += digit
        number = int(self._typed)
        if not 1 <= number <= links:
            self._end_typing(f"There is no link {number}; there {_are(links)}.")
        elif number * 10 > links:
            self._open_number(number)
        else:
            self._show_typed()

    def _open_number(self, number: int) -> None:
        links = self.numbered_links()
        if 1 <= number <= len(links):
            self._follow(links[number - 1])
        else:
            self._end_typing(f"There is no link {number}.")

    def _follow(self, href: str) -> None:
        self._end_typing("")
        self.post_message(self.LinkClicked(href))

    def _show_typed(self) -> None:
        self.refresh()
        if self._typed.isdecimal():
            self._say(f"Link {self._typed} … Enter opens it, Esc none.", transient=False)
        elif not self._typed and not self._hints:
            self._end_typing("No link is opened.")

    def _end_typing(self, words: str) -> None:
        self._ended_at = time.monotonic()
        self.forget_hints()
        self.refresh()
        if words:
            self._say(words)

    def _say(self, words: str, *, transient: bool = True) -> None:
        self.post_message(messages.Said(words, transient=transient))

    def render_line(self, y: int) -> Strip:
        """Draw a line, with the labels of links over it."""
        at = y + self.scroll_offset.y
        strip = super().render_line(y)
        for label, hint in self._hints.items():
            if hint.line == at and label.startswith(self._typed):
                left = self._margin() + hint.cell
                shown = Strip([Segment(label[len(self._typed) :], theme_style(self, "hint"))])
                right = left + shown.cell_length
                strip = Strip.join([strip.crop(0, left), shown, strip.crop(right, None)])
        return strip


def _are(links: int) -> str:
    return f"is {links}" if links == 1 else f"are {format_count(links, 'link') if links else 'none'}"
