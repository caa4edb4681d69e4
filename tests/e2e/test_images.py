"""Images in a real terminal: what it receives, and that none of them remains."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.model import Image
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.conftest import MakeFolder, OpenLibrary
from tests.e2e.terminal import Terminal
from tests.images.sample_images import encoded, halves
from tests.images.sixels import painted

PLACEHOLDER = "\U0010eeee".encode()
KITTY = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1", "SSH_CONNECTION": ""}
FOOT = {"TERM": "foot", "SSH_CONNECTION": ""}
PLAIN = {"SSH_CONNECTION": ""}
_URL = "https://a.example/a.png"
_DOCUMENT = f"---\ntitle: Pictured\nquality: 9\noriginalUrl: https://a.example/\nimages: [{{url: '{_URL}'}}]\n---\n"
_WORDS = "It goes on for a while, so that the text is longer than the screen. " * 60


@pytest.fixture
def folder(make_folder: MakeFolder, library: OpenLibrary) -> Path:
    """A folder of two articles, the first of which has a page with an image; nothing is fetched."""
    made = make_folder(
        {
            "a.md": _DOCUMENT,
            "b.md": "---\ntitle: Another\nquality: 8\n---\n",
        }
    )
    opened: Library = library(made)
    (row,) = opened.articles.rows(opened.articles.order(Sort()).rowids[:1])
    now, url = datetime.now(UTC), row.links.best
    opened.pages.put(
        Page(row.id, "original", url, url, Extract(parse_markdown(_WORDS), 900, image=Image(_URL)), now, now), b"<html>"
    )
    opened.pages.put_image(_URL, encoded(halves((400, 200))), "image/png")
    config = Paths.from_environment().config
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.toml").write_text("[fetch]\nenabled = false\nimages = true\n")
    return made


def image_ids(raw: bytes) -> tuple[set[bytes], set[bytes]]:
    """Return the ids of the images that a terminal has received, and of those it was asked to delete."""
    sent = set(re.findall(rb"\x1b_Ga=p,i=(\d+),[^\x1b]*U=1[^\x1b]*\x1b\\", raw))
    return sent, set(re.findall(rb"\x1b_Ga=d,d=I,i=(\d+),q=2\x1b\\", raw))


def test_kitty_gets_each_image_once_and_deletes_all_at_the_end(folder: Path) -> None:
    with Terminal(folder, environ=KITTY) as terminal:
        terminal.wait(lambda: PLACEHOLDER in terminal.raw)  # in the pane
        terminal.press("f")
        terminal.wait(lambda: len(image_ids(terminal.raw)[0]) == 2)
        terminal.wait("900 words")
        terminal.press("space")
        terminal.wait(lambda: PLACEHOLDER.decode() not in terminal.text)
        terminal.press("g")
        terminal.wait(lambda: PLACEHOLDER.decode() in terminal.text)
        assert len(image_ids(terminal.raw)[0]) == 2
        terminal.press("h")
        terminal.wait(lambda: len(image_ids(terminal.raw)[1]) == 1)
        terminal.press("j")
        terminal.wait(lambda: len(image_ids(terminal.raw)[1]) == 2)
        terminal.press("k")
        terminal.wait(lambda: len(re.findall(rb"\x1b_Ga=p", terminal.raw)) == 3)
        terminal.press("q")
        assert terminal.end() == 0
        sent, deleted = image_ids(terminal.raw)
        assert sent == deleted
        assert terminal.raw.rindex(b"\x1b_Ga=d") < terminal.raw.rindex(b"\x1b[?1049l")
        assert PLACEHOLDER not in terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :]


def test_images_are_sent_again_after_another_program_had_the_terminal(folder: Path) -> None:
    with Terminal(folder, columns=80, lines=24, environ={**KITTY, "PAGER": "true"}) as terminal:
        terminal.wait("Pictured")
        terminal.press("f")
        terminal.wait(lambda: PLACEHOLDER in terminal.raw)
        terminal.press("e")
        terminal.wait("Back from true.")
        terminal.wait(lambda: len(re.findall(rb"\x1b_Ga=p", terminal.raw)) == 2)
        assert len(image_ids(terminal.raw)[0]) == 1  # by the same id
        assert terminal.raw.rindex(b"\x1b_Ga=p") > terminal.raw.rindex(b"\x1b[?1049h")
        terminal.wait(lambda: PLACEHOLDER in terminal.raw[terminal.raw.rindex(b"\x1b[?1049h") :])


def test_the_terminal_is_not_queried_and_no_key_is_lost(folder: Path) -> None:
    with Terminal(folder, environ=KITTY) as terminal:
        terminal.press("f", "j", "j", "h", "j")  # before there is anything to see
        terminal.wait(lambda: any(line.startswith("▌") and "Another" in line for line in terminal.lines))
        assert b"a=q" not in terminal.raw
        assert b"\x1b[c" not in terminal.raw
        assert b"\x1b[16t" not in terminal.raw


def test_half_blocks_are_gone_after_leaving_the_reader(folder: Path) -> None:
    with Terminal(folder, columns=80, lines=24, environ=PLAIN) as terminal:
        terminal.wait("Pictured")
        terminal.press("f")
        terminal.wait("▀▀▀▀▀▀▀▀")
        assert b"\x1b_G" not in terminal.raw
        terminal.press("h")
        terminal.wait(lambda: "▀▀▀▀" not in terminal.text)
        terminal.press("q")
        assert terminal.end() == 0


def test_over_ssh_cached_images_wait_for_a_key(folder: Path) -> None:
    (Paths.from_environment().config / "config.toml").write_text("[fetch]\nenabled = false\n")
    with Terminal(folder, columns=80, lines=24) as terminal:
        terminal.wait("Pictured")
        terminal.press("f")
        terminal.wait("900 words")
        terminal.wait("i shows the image.")
        terminal.press("i")
        terminal.wait("▀▀▀▀▀▀▀▀")
        terminal.press("i")
        terminal.wait(lambda: "▀▀▀▀" not in terminal.text)


def test_sixel_is_sent_line_by_line(folder: Path) -> None:
    with Terminal(folder, environ=FOOT, cell=(9, 18)) as terminal:
        terminal.wait(lambda: b"\x1bP" in terminal.raw)  # in the pane
        terminal.press("f")
        terminal.wait("900 words")
        # 400 by 200 pixels in 72 cells of 9 by 18: 18 lines.
        terminal.wait(lambda: len(sixels(terminal.raw, 72 * 9)) == 18)
        assert "▀" * 72 in terminal.text
        for line in sixels(terminal.raw, 72 * 9):
            assert {row[0] for row in painted(line)[:18]} == {(100, 0, 0)}
            assert {row[-1] for row in painted(line)[:18]} == {(0, 0, 100)}
        terminal.press("h")
        terminal.wait("900 words")
        terminal.press("q")
        assert terminal.end() == 0
        assert b"\x1bP" not in terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :]


def sixels(raw: bytes, wide: int) -> list[str]:
    """Return the Sixel images of a given width in pixels that a terminal has received."""
    found = re.findall(rb'\x1bP0;1;0q"1;1;%d;[^\x1b]*\x1b\\' % wide, raw)
    return [each.decode("ascii") for each in found]
