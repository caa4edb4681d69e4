"""Colors in a real terminal: as many as it has, as light as it is, and none of its replies is a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.terminal import BACKGROUND_QUERY, Terminal

LIGHT, DARK = b"48;2;251;250;246", b"48;2;20;23;28"
"""The backgrounds of our themes."""
RGB = re.compile(rb"\x1b\[[\d;]*[34]8;")


@pytest.mark.parametrize("environ", [{"TERM": "xterm", "COLORTERM": ""}, {"NO_COLOR": "1"}], ids=["16", "none"])
def test_with_few_colors_only_those_of_the_palette_are_sent(seeds: Path, environ: Mapping[str, str]) -> None:
    with Terminal(seeds, environ=environ) as terminal:
        terminal.wait("5 articles")
        terminal.press("ctrl+p")
        terminal.wait("Check for changes")
        terminal.press("esc")
        terminal.wait(lambda: "Check for changes" not in terminal.text)
        terminal.press("?")
        terminal.wait("In the list")
        terminal.press("q", "q")
        assert terminal.end() == 0
    assert RGB.search(terminal.raw) is None
    assert b"\x1b[7" in terminal.raw  # the selection is reversed
    assert b"\x1b[1;4" in terminal.raw or "NO_COLOR" not in environ  # the cursor in the palette is underlined
    assert (b"\x1b[1;36;49m" in terminal.raw) is ("NO_COLOR" not in environ)  # cyan on the terminal's background


def test_the_theme_is_as_light_as_the_terminal_whose_reply_is_slow(seeds: Path) -> None:
    with Terminal(seeds, background=None) as terminal:
        terminal.wait("5 articles")
        assert BACKGROUND_QUERY in terminal.raw
        assert LIGHT not in terminal.raw
        for part in ("\x1b]11;rgb:", "fbfb/fa", "fa/f6f6\x1b", "\\"):
            terminal.send(part)
            terminal.read(0.15)  # longer than an Esc may take
        terminal.wait(lambda: LIGHT in terminal.raw)
        assert "5 articles  5 unread" in terminal.text  # and no prompt, no sidebar, no other order
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()
    with Terminal(seeds, background=None) as terminal:  # begins as the terminal was
        terminal.wait("5 articles")
        assert LIGHT in terminal.raw
        assert DARK not in terminal.raw
        asked = terminal.raw.count(BACKGROUND_QUERY)
        terminal.send("\x1b[O\x1b[I")  # back from another window, at night
        terminal.wait(lambda: terminal.raw.count(BACKGROUND_QUERY) == asked + 1)
        terminal.send("\x1b]11;rgb:0000/0000/0000\x07")
        terminal.wait(lambda: DARK in terminal.raw)
        terminal.press("q")
        assert terminal.end() == 0
    with Terminal(seeds, background=None) as terminal:
        terminal.wait("5 articles")
        assert LIGHT not in terminal.raw
        assert DARK in terminal.raw
