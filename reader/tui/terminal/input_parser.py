"""The parser of the terminal's input: Textual's, but a paste is text, whatever it contains, and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from time import monotonic

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.events import Paste
from textual.message import Message

_PASTE = re.compile(f"{re.escape(BRACKETED_PASTE_START)}(.*?){re.escape(BRACKETED_PASTE_END)}", re.DOTALL)
_BEGUN = re.compile(r"\x1b\[(?:20{0,2}|200~.*)\Z", re.DOTALL)
"""The begin of a paste, or of the sequence before it."""
_MAX_CHARACTERS = 20_000
"""More than a prompt takes."""


class InputParser(XTermParser):
    """Takes pastes out of the input.

    Textual's parser takes what follows an ESC in a paste for keys. If the sequence that ends a paste is interrupted for
    a tenth of a second, or if pasted text contains one that begins a paste, it takes all later keys for pasted text.

    Private: ``XTermParser``, ``BRACKETED_PASTE_START`` and ``BRACKETED_PASTE_END``.
    """

    paste_timeout = 1.0
    """Seconds that the end of a paste may take after its latest part; on a slow line it comes in pieces."""
    _begun = ""
    _begun_at = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Yield the events of this part of the input; an empty one is its end."""
        if not data:
            yield from super().feed(data)
            return
        *parts, keys = _PASTE.split(self._begun + data)
        begun = _BEGUN.search(keys)
        self._begun, self._begun_at = begun[0] if begun else "", monotonic()
        for number, part in enumerate([*parts, keys[: begun.start()] if begun else keys]):
            if number % 2:
                yield _paste(part)
            elif part:
                yield from super().feed(part)
        if len(self._begun) > _MAX_CHARACTERS:
            end = len(BRACKETED_PASTE_END)  # a part of it may have come
            self._begun = self._begun[: _MAX_CHARACTERS - end] + self._begun[-end:]

    def tick(self) -> Iterable[Message]:
        """Yield the events that are due because nothing has followed."""
        yield from super().tick()
        if self._begun and monotonic() - self._begun_at > self.paste_timeout:
            begun, self._begun = self._begun, ""
            if begun.startswith(BRACKETED_PASTE_START):
                yield _paste(begun.removeprefix(BRACKETED_PASTE_START))
            else:
                yield from super().feed(begun)


def _paste(text: str) -> Paste:
    return Paste(text.replace("\0", ""))
