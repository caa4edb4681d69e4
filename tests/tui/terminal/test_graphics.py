"""How a terminal can draw images, judging by its environment alone."""

from __future__ import annotations

import pytest

from reader.tui.terminal import graphics

KITTY = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}
GHOSTTY = {"TERM": "xterm-ghostty"}
FOOT = {"TERM": "foot"}
PLAIN = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "has"),
    [
        (KITTY, True),
        (GHOSTTY, True),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "3"}, True),
        (PLAIN, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, False),
        ({**KITTY, "TERM": "tmux-256color", "TMUX": "/tmp/tmux"}, False),
        ({**KITTY, "TERM": "screen-256color", "STY": "1.x"}, False),
        ({}, False),
    ],
)
def test_terminals_with_kitty_placeholders(environ: dict[str, str], has: bool) -> None:
    assert graphics.has_kitty_graphics(environ) is has


@pytest.mark.parametrize(
    ("environ", "has"),
    [
        (FOOT, True),
        ({"TERM": "foot-extra"}, True),
        ({**PLAIN, "TERM_PROGRAM": "WezTerm"}, True),
        ({**PLAIN, "TERM_PROGRAM": "iTerm.app"}, False),
        ({**PLAIN, "MLTERM": "3.9.2"}, True),
        ({**PLAIN, "KONSOLE_VERSION": "221203"}, True),
        ({**PLAIN, "KONSOLE_VERSION": "211203"}, False),
        ({**PLAIN, "KONSOLE_VERSION": "new"}, False),
        ({**PLAIN, "TERM_PROGRAM": "vscode"}, False),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm", "TMUX": "/tmp/tmux"}, False),
        ({"TERM": "screen", "MLTERM": "3.9.2", "STY": "1.x"}, False),
        (PLAIN, False),
        ({}, False),
    ],
)
def test_terminals_with_sixel(environ: dict[str, str], has: bool) -> None:
    assert graphics.has_sixel(environ) is has


@pytest.mark.parametrize(
    ("wanted", "environ", "colors", "installed", "drawn"),
    [
        ("auto", KITTY, "truecolor", True, "kitty"),
        ("auto", KITTY, "truecolor", False, "blocks"),
        ("auto", KITTY, "256", True, "blocks"),
        ("auto", PLAIN, "truecolor", True, "blocks"),
        ("auto", PLAIN, "256", True, "blocks"),
        ("auto", PLAIN, "standard", True, "none"),
        ("auto", PLAIN, None, True, "none"),
        ("kitty", PLAIN, "truecolor", True, "kitty"),
        ("kitty", PLAIN, "truecolor", False, "blocks"),
        ("blocks", KITTY, "truecolor", True, "blocks"),
        ("none", KITTY, "truecolor", True, "none"),
    ],
)
def test_the_image_protocol_of_each_terminal(
    wanted: str, environ: dict[str, str], colors: str | None, installed: bool, drawn: str
) -> None:
    assert graphics.graphics(wanted, environ, colors, is_installed=installed, is_measured=True) == drawn


@pytest.mark.parametrize(
    ("wanted", "environ", "installed", "measured", "drawn"),
    [
        ("auto", FOOT, True, True, "sixel"),
        ("auto", FOOT, True, False, "blocks"),
        ("auto", FOOT, False, True, "blocks"),
        ("auto", {**FOOT, "TMUX": "/tmp/tmux"}, True, True, "blocks"),
        ("sixel", PLAIN, True, False, "sixel"),
        ("sixel", PLAIN, False, True, "blocks"),
        ("blocks", FOOT, True, True, "blocks"),
        ("kitty", FOOT, True, True, "kitty"),
    ],
)
def test_sixel_needs_the_cell_size_unless_configured(
    wanted: str, environ: dict[str, str], installed: bool, measured: bool, drawn: str
) -> None:
    found = graphics.graphics(wanted, environ, "truecolor", is_installed=installed, is_measured=measured)
    assert found == drawn


def test_a_session_over_ssh_is_remote() -> None:
    assert graphics.is_remote({"SSH_CONNECTION": "a 1 b 2"})
    assert graphics.is_remote({"SSH_TTY": "/dev/pts/1"})
    assert not graphics.is_remote({"SSH_CONNECTION": ""})
    assert not graphics.is_remote({})


def test_the_background_is_taken_from_the_theme() -> None:
    assert graphics.rgb_of("#102030", is_dark=True) == (16, 32, 48)
    assert graphics.rgb_of("ansi_default", is_dark=True) == (0, 0, 0)
    assert graphics.rgb_of("ansi_default", is_dark=False) == (255, 255, 255)
    assert graphics.rgb_of("", is_dark=False) == (255, 255, 255)


def test_the_cell_size_may_be_unknown() -> None:
    assert graphics.cell_size() is None


def test_deleted_images_lose_their_placements() -> None:
    assert graphics.delete_images_sequence((7, 9)) == "\x1b_Ga=d,d=I,i=7,q=2\x1b\\\x1b_Ga=d,d=I,i=9,q=2\x1b\\"
