"""pyte with short cuts for what the app sends most: interpreting its frames took longer than making them."""

from __future__ import annotations

import re
from functools import cache

import pyte
from pyte.modes import IRM
from pyte.screens import Char, wcwidth

_STYLE_OR_POSITION = re.compile(r"\x1b\[([0-9]{1,4}(?:;[0-9]{1,4})*)?([mH])")
_width = cache(wcwidth)


def _is_narrow(text: str) -> bool:
    return (text.isascii() and text.isprintable()) or {*map(_width, text)} == {1}


class _Cells(dict[str, Char]):
    """The cells of one style, by their characters."""

    def __init__(self, style: tuple[object, ...]) -> None:
        super().__init__()
        self._style = style

    def __missing__(self, char: str) -> Char:
        made = self[char] = Char(char, *self._style)  # type: ignore[arg-type]
        return made


_cells = cache(_Cells)


class FastScreen(pyte.Screen):
    """A screen that writes narrow characters into a line without asking for each how wide it is."""

    @property
    def display(self) -> list[str]:
        """The lines; the cell after a wide character is empty."""
        columns = range(self.columns)
        return ["".join([line[x].data for x in columns]) for line in (self.buffer[y] for y in range(self.lines))]

    def draw(self, data: str) -> None:
        """Write text at the cursor."""
        cursor, end = self.cursor, self.cursor.x + len(data)
        if self.charset or IRM in self.mode or end > self.columns or not _is_narrow(data):
            super().draw(data)
            return
        cells = _cells(cursor.attrs[1:])
        self.buffer[cursor.y].update(zip(range(cursor.x, end), map(cells.__getitem__, data), strict=True))
        cursor.x = end
        self.dirty.add(cursor.y)


class FastStream(pyte.ByteStream):
    """A stream that reads styles and positions of the cursor whole, not character by character."""

    def feed(self, data: bytes) -> None:
        """Interpret what has arrived."""
        text, start = self.utf8_decoder.decode(data), 0
        assert self.listener is not None
        for match in _STYLE_OR_POSITION.finditer(text):
            if match.start() > start:
                self._feed(text[start : match.start()])
            start = match.end()
            if not self._taking_plain_text:  # within another sequence, which has not ended
                self._feed(match[0])
                continue
            numbers = [int(number) for number in match[1].split(";")] if match[1] else [0]
            if match[2] == "m":
                self.listener.select_graphic_rendition(*numbers)
            else:
                self.listener.cursor_position(*numbers)
        self._feed(text[start:])

    def _feed(self, text: str) -> None:
        pyte.Stream.feed(self, text)  # type: ignore[arg-type]
