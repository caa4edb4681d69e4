"""The short cuts draw what pyte draws."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.fast_pyte import FastScreen, FastStream

PIECES = [
    *("a", "two words", "é", "│", "漢字", "e\u0301", "\u200d", "\x07", "\t", "\r", "\n", "\x7f", "\x0e", "\x0f"),
    *("\x1b[m", "\x1b[0m", "\x1b[1;31m", "\x1b[0;38;2;1;20;255;48;5;9m", "\x1b[38;2m", "\x1b[7;27;39m", "\x1b[99m"),
    *("\x1b[H", "\x1b[2;3H", "\x1b[4H", "\x1b[99;99H", "\x1b[;2H", "\x1b[2J", "\x1b[K", "\x1b[4h", "\x1b[4l"),
    *("\x1b[?5h", "\x1b[?7l", "\x1b[?6h", "\x1b[2;3r", "\x1b]0;a title\x07", "\x1b]0;not ended"),
    *("\x1b\\", "\x1b[", "\x1b", "\x1b7", "\x1b8"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, 9))
def test_the_same_cells_cursor_and_title(pieces: list[str], size: int) -> None:
    sent = "".join(pieces).encode()
    usual, fast = pyte.Screen(10, 4), FastScreen(10, 4)
    for screen, stream in ((usual, pyte.ByteStream(usual)), (fast, FastStream(fast))):
        for start in range(0, len(sent), size):
            stream.feed(sent[start : start + size])
        screen.resize(3, 8)
    assert fast.buffer == usual.buffer
    assert fast.cursor.attrs == usual.cursor.attrs
    assert (fast.cursor.x, fast.cursor.y, fast.title, fast.mode) == (
        usual.cursor.x, usual.cursor.y, usual.title, usual.mode,
    )  # fmt: skip


def test_a_line_shows_each_wide_character_once() -> None:
    usual, fast = pyte.Screen(10, 2), FastScreen(10, 2)
    for stream in (pyte.ByteStream(usual), FastStream(fast)):
        stream.feed("a漢 字b\r\ncafé │".encode())
    assert fast.display == usual.display
