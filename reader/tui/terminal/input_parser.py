"""The parser of the terminal's input: Textual's, but neither pastes nor the terminal's replies become keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from time import monotonic

from textual import constants
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.events import Key, Paste
from textual.message import Message

BACKGROUND_QUERY = "\x1b]11;?\x07"
"""Asks the terminal for its background (OSC 11)."""
_ESC = "\x1b"
_REPLY_START = "\x1b]11;"
_OF_A_REPLY = "[0-9A-Fa-frgb:/#]"
_TAKEN = re.compile(
    rf"{re.escape(BRACKETED_PASTE_START)}(?P<paste>.*?)(?P<end>{re.escape(BRACKETED_PASTE_END)}|\Z)"
    # A reply, with its end or cut off by something else.
    rf"|\x1b\]11;(?P<color>{_OF_A_REPLY}*+)(?:\x07|\x1b\\|(?!\x1b?\Z))",
    re.DOTALL,
)
_BEGUN = re.compile(rf"\x1b(?:\[(?:20{{0,2}}|200~.*)|\](?:1(?:1(?:;{_OF_A_REPLY}*\x1b?)?)?)?)?\Z", re.DOTALL)
"""The begin of a paste or of a reply, or of the sequence before it."""
_COLOR = re.compile(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})", re.IGNORECASE)
_WEIGHTS = (0.299, 0.587, 0.114)
"""How bright red, green and blue are."""
_MAX_CHARACTERS = 20_000
"""More than a prompt takes."""


class TerminalBackground(Message):
    """The terminal has told the color of its background."""

    def __init__(self, *, is_dark: bool) -> None:
        super().__init__()
        self.is_dark = is_dark


class InputParser(XTermParser):
    """Takes pastes and the reply to :data:`BACKGROUND_QUERY` out of the input, however late and in how many parts.

    Textual's parser takes what follows an ESC in a paste for keys. If the sequence that ends a paste is interrupted for
    a tenth of a second, or if pasted text contains one that begins a paste, it takes all later keys for pasted text. A
    reply that it does not know is keys for it.

    Private: ``XTermParser``, its ``_sequence_to_key_events``, ``BRACKETED_PASTE_START``, ``BRACKETED_PASTE_END`` and
    ``ANSI_SEQUENCES_KEYS``.
    """

    paste_timeout = 1.0
    """Seconds that the end of a paste may take after its latest part; on a slow line it comes in pieces."""
    reply_timeout = 10.0
    """The same for a reply. What follows a part of one is keys only if no reply contains it."""
    key_timeout = constants.ESCAPE_DELAY
    """Seconds after which what could begin a sequence is a key: Esc, or Alt+]."""
    _begun = ""
    _begun_at = 0.0
    _given = 0
    """How many characters of ``_begun`` have been given out as keys: Esc, after a pause."""

    def feed(self, data: str) -> Iterable[Message]:
        """Yield the events of this part of the input; an empty one is its end."""
        if not data:
            yield from super().feed(data)
            return
        text, given, start = self._begun + data, self._given, 0
        for taken in _TAKEN.finditer(text):
            if taken["end"] == "":
                break  # the rest of the paste is still to come
            yield from self._feed_keys(text[max(start, given) : taken.start()])
            start = taken.end()
            if taken["paste"] is not None:
                yield _paste(taken["paste"])
            elif color := _COLOR.match(taken["color"]):
                yield TerminalBackground(is_dark=_brightness(color.groups()) < 0.5)
        begun = _BEGUN.search(text, start)
        self._begun, self._begun_at = begun[0] if begun else "", monotonic()
        self._given = given if begun and not begun.start() else 0
        yield from self._feed_keys(text[max(start, given) : begun.start() if begun else None])
        if len(self._begun) > _MAX_CHARACTERS:
            end = len(BRACKETED_PASTE_END)  # a part of it may have come
            self._begun = self._begun[: _MAX_CHARACTERS - end] + self._begun[-end:]

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        """Yield the keys of a sequence: with Alt, or Esc just before, also for what is not a letter.

        Textual drops Alt there, or takes ESC and a digit for the character that macOS has on Alt and that digit.
        """
        if len(sequence) == 2 and isinstance(ANSI_SEQUENCES_KEYS.get(sequence), str):
            sequence, alt = sequence[1], True
        for key in super()._sequence_to_key_events(sequence, alt):
            drops_alt = alt and key.is_printable and not key.key.startswith("alt+")
            yield Key(f"alt+{key.key}", key.character) if drops_alt else key

    def _feed_keys(self, keys: str) -> Iterable[Message]:
        if keys:  # to Textual, nothing means the end
            yield from super().feed(keys)

    def tick(self) -> Iterable[Message]:
        """Yield the events that are due because nothing has followed."""
        yield from super().tick()
        if len(self._begun) == self._given or monotonic() - self._begun_at <= self._patience():
            return
        begun, given = self._begun, self._given
        # A paste or a reply may still follow an Esc.
        self._begun, self._given = (_ESC, 1) if begun == _ESC else ("", 0)
        if begun == _ESC:
            yield Key("escape", _ESC)
        elif begun.startswith(BRACKETED_PASTE_START):
            yield _paste(begun.removeprefix(BRACKETED_PASTE_START))
        elif not begun.startswith(_REPLY_START):
            yield from super().feed(begun[given:])

    def _patience(self) -> float:
        if self._begun.startswith(_REPLY_START):
            return self.reply_timeout
        return self.paste_timeout if self._begun.startswith("\x1b[") else self.key_timeout


def _paste(text: str) -> Paste:
    return Paste(text.replace("\0", ""))


def _brightness(color: Iterable[str]) -> float:
    """Return how bright a color is, from 0 to 1; each part has as many digits as the terminal likes."""
    parts = (int(part, 16) / int("f" * len(part), 16) for part in color)
    return sum(weight * part for weight, part in zip(_WEIGHTS, parts, strict=True))
