"""Where the terminal's cursor stands, and which texts are links of the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reader.config.settings import TerminalSettings
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, SIDE, STACKED, Reader, document, open_app

_LONG = f"https://b.org/{'long' * 30}"
_LINKS = f"[A link](https://b.org/), [another]({_LONG}) and [mail](mailto:a@b.org)."


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    own = "originalUrl: https://a.org/", "provider: {name: Source}"
    related = "related: [{title: Related one}, {title: Related two}]"
    body = f"# Heading\n\n{_LINKS}\n\n{'Words of a text. ' * 900}\n\nThe end has a needle in it.\n"
    documents = {f"{n}.md": document(f"Article {n}", f"quality: {9 - n}", *own, related, body=body) for n in range(9)}
    return make_folder(documents)


def under_cursor(reader: Reader) -> str:
    """Return the text on the screen from the cursor on."""
    x, y = reader.app.cursor_position
    return reader.strips[y].crop(x).text


def selected_article(reader: Reader) -> str:
    """Return the title in the row of the list at the cursor."""
    found = re.match(r"▌• .*?(Article \d)", under_cursor(reader))
    return found[1] if found is not None else ""


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_the_cursor_follows_the_selection_of_whatever_has_the_focus(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        assert selected_article(reader) == "Article 0"
        await reader.press("j", "j")
        assert selected_article(reader) == "Article 2"
        await reader.press("G")
        assert selected_article(reader) == "Article 8"
        await reader.press("l")
        assert under_cursor(reader).startswith("Article 8")
        await reader.press("]")
        assert under_cursor(reader)[0] == "▌"
        assert "Related one" in under_cursor(reader)
        await reader.press("]")
        assert "Related two" in under_cursor(reader)
        await reader.press("escape", "escape", "b")
        assert under_cursor(reader).startswith("▌")
        assert "All" in under_cursor(reader)


async def test_in_a_text_the_cursor_is_at_its_first_line_the_match_or_the_end_of_the_selection(folder: Path) -> None:
    async with open_app(folder, STACKED) as reader:
        await reader.press("enter")
        assert under_cursor(reader).startswith("Article 0")
        await reader.press("v", "j", "j")
        x, y = reader.app.cursor_position
        assert y == reader.reader_view.region.y + 3
        assert x == reader.reader_view.margin
        await reader.press("escape", "slash")
        assert reader.app.cursor_position == (reader.lines[-2].rindex(":") + 2, 22)
        await reader.press(*"needle", "enter")
        assert "needle" in under_cursor(reader)


async def test_in_an_input_the_cursor_is_where_the_next_character_comes(folder: Path) -> None:
    async with open_app(folder, STACKED) as reader:
        await reader.press("slash", *"ab")
        x, y = reader.app.cursor_position
        assert reader.lines[y].startswith(" /ab")
        assert x == 4
        await reader.press("left")
        assert reader.app.cursor_position == (3, y)
        await reader.press("escape")
        assert under_cursor(reader).startswith("▌")


def links(reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield the links of the terminal on the screen: text and URL."""
    for strip in reader.strips:
        for text, style, _ in strip:
            if style is not None and style.link:
                yield text, style.link


async def test_sources_and_links_are_links_of_the_terminal_unless_the_settings_say_no(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    without = replace(FETCH_DISABLED, terminal=TerminalSettings(links=False))
    async with open_app(folder, SIDE) as reader:
        expected = {("Source", "https://a.org/"), ("A link", "https://b.org/"), ("another", _LONG)}
        assert expected <= {*links(reader)}
        await reader.press("enter")
        assert {("Source", "https://a.org/"), ("A link", "https://b.org/")} <= {*links(reader)}
        assert not any("mail" in text for text, _ in links(reader))
        await reader.press("G")
        parts = [text for text, url in links(reader) if url == _LONG]
        assert len(parts) > 1
        assert "".join(parts) == f"another{_LONG}"
        reader.app.session.change_config(without)
        await reader.settle()
        assert not [*links(reader)]
        await reader.press("escape")
        assert not [*links(reader)]
        reader.app.session.change_config(FETCH_DISABLED)
        await reader.settle()
        assert expected <= {*links(reader)}


async def test_a_console_gets_no_links(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with open_app(folder, SIDE) as reader:
        assert not [*links(reader)]
