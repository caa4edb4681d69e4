"""What is asked of the terminal's window; names the private part that a new Textual or Rich has changed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.driver import Driver
from textual.strip import Strip

from reader.tui.terminal.window import (
    hyperlink,
    name_hyperlinks,
    notification,
    takes_commands,
    title_of,
    write_raw,
)
from tests.tui.hostile_documents import SEQUENCES, texts

LINK = re.compile(r"\x1b\]8;id=[0-9a-f]{1,8};(https?://[!-~]{1,2083})\x1b\\x\x1b\]8;;\x1b\\")
hostile = st.sampled_from(SEQUENCES) | texts


def sent(href: str) -> str:
    """Return what the terminal gets for a character with a link."""
    return Strip([Segment("x", hyperlink(Style(), href))]).render(Console())


def test_a_link_is_sent_as_the_terminal_takes_it() -> None:
    found = LINK.fullmatch(sent("https://a.org/b;c?d=é"))
    assert found is not None
    assert found[1] == "https://a.org/b;c?d=%C3%A9"


@pytest.mark.parametrize(
    "href",
    ["", "mailto:a@b.org", "javascript:alert(1)", "file:///etc/passwd", "https://me:secret@a.org/", "//a.org/",
     f"https://a.org/{'x' * 2083}"],
)  # fmt: skip
def test_what_cannot_be_opened_is_no_link(href: str) -> None:
    assert sent(href) == "x"


@given(hostile, hostile)
def test_no_url_ends_its_link(before: str, after: str) -> None:
    for href in (before, f"https://a.org/{before}", f"https://{before}", f"https://a.org/?{before}#{after}"):
        out = sent(href)
        assert out == "x" or LINK.fullmatch(out), out


def test_the_parts_of_a_link_have_one_id_whenever_they_are_drawn() -> None:
    def ids() -> set[str]:
        links = [hyperlink(style, "https://a.org/") for style in (Style(color="red"), Style(bold=True))]
        strip = Strip([Segment("x", link) for link in links])
        strips = (strip, name_hyperlinks(strip.apply_offsets(1, 2)))
        return {style.link_id for each in strips for _, style, _ in each if style is not None}

    first = ids()
    assert len(first) == 1
    assert ids() == first


@pytest.mark.parametrize(
    ("term", "takes"),
    [("xterm-256color", True), ("tmux-256color", True), ("screen", True), ("vte-256color", True), ("foot", True),
     ("linux", False), ("linux-16color", False), ("dumb", False), ("vt100", False), ("eterm-color", False),
     ("", False)],
)  # fmt: skip
def test_a_terminal_that_would_print_commands_gets_none(term: str, takes: bool) -> None:
    assert takes_commands({"TERM": term} if term else {}) is takes


@given(hostile, st.integers(0, 10**7))
def test_a_title_is_one_safe_line(where: str, unread: int) -> None:
    title = title_of(where, unread)
    assert re.fullmatch(r"[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]* – newsreader", title)
    assert f" ({unread:,} unread)" in title if unread else "unread)" not in title or "unread)" in where


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]9;newsreader: 3 fetched.\x1b\\"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7000"}, "\x1b]777;notify;newsreader;3 fetched.\x1b\\"),
        ({"TERM": "rxvt-unicode"}, "\x1b]777;notify;newsreader;3 fetched.\x1b\\"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"}, "\a"),
    ],
)
def test_each_terminal_is_asked_to_notify_in_its_way(environ: Mapping[str, str], expected: str) -> None:
    assert notification("3 fetched.", environ) == expected


@given(hostile)
def test_no_text_ends_its_notification(text: str) -> None:
    for environ in ({"TERM": "xterm"}, {"TERM": "rxvt"}):
        assert re.fullmatch(r"\x1b\][^\x00-\x1f\x7f-\x9f]+\x1b\\", notification(text, environ))


# Private parts.


def test_rich_still_names_links_by_an_attribute() -> None:
    assert "_link_id" in Style.__slots__, "Rich renamed Style._link_id"


def test_the_driver_can_still_be_written_to() -> None:
    assert "_driver" in inspect.getsource(App.__init__), "Textual renamed App._driver"
    assert "_set_pointer_shape" in App.__dict__, "Textual renamed App._set_pointer_shape"
    assert callable(Driver.write), "Textual removed Driver.write"


def test_nothing_is_written_to_a_terminal_that_is_not_there() -> None:
    write_raw(App[None](), "\x1b[0m")


def test_no_other_module_uses_private_parts() -> None:
    package = Path(inspect.getfile(write_raw)).parents[1]
    names = ("._driver", "._start_widget", "._vertical_scrollbar")
    users = {path for path in package.rglob("*.py") if any(name in path.read_text("utf-8") for name in names)}
    assert users == {Path(inspect.getfile(write_raw))}
