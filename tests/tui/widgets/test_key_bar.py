"""The last line: the keys of where the focus is."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from reader.config.settings import Config
from reader.core.text import cell_width
from reader.tui.keys import bindings
from reader.tui.widgets.bars.bars import KeyBar
from tests.conftest import MakeFolder
from tests.tui.helpers import Reader, document, open_app


def bar(reader: Reader) -> str:
    return reader.key_bar.text.strip()


async def test_the_bar_shows_the_keys_of_the_focus(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        assert (
            bar(reader)
            == "Enter read  f original  ] related  o open  / search  b sidebar  m mark  s star  t tags  n next unread  "
            "? help  q quit"
        )
        await reader.press("enter")
        assert bar(reader) == "h list  f original  PgDn page  ] related  o open  y copy  Backspace back  ? help  q quit"
        await reader.press("]")
        assert bar(reader) == "Enter show  ] next  h article  o open  y copy  Backspace back  ? help  q quit"
        await reader.press("h")
        assert bar(reader).startswith("h list")
        await reader.press("h")
        assert bar(reader).startswith("Enter read")
        assert reader.lines[-1].strip() == bar(reader)


async def test_unavailable_keys_are_dimmed(make_folder: MakeFolder) -> None:
    related = "related:\n- {title: Two, originalUrl: 'https://two.example/'}"
    folder = make_folder({"1.md": document("One", "quality: 2", related), "2.md": document("Two", "quality: 1")})

    def stands_out(reader: Reader) -> dict[str, bool]:
        line = reader.key_bar
        return {segment.text: bool(segment.style and segment.style.bold) for segment in line}

    async with open_app(folder) as reader:
        assert stands_out(reader)["]"]
        await reader.press("j")
        assert not stands_out(reader)["]"]
        await reader.press("k", "enter")
        assert (stands_out(reader)["]"], stands_out(reader)["Backspace"]) == (True, False)
        await reader.press("]", "enter")
        reader.clear_message()
        assert stands_out(reader)["Backspace"]
        await reader.press("backspace")
        reader.clear_message()
        assert not stands_out(reader)["Backspace"]


async def test_the_bar_shows_configured_keys(seeds: Path) -> None:
    settings = Config(keys=MappingProxyType({"open": "x,ctrl+x", "quit": "ctrl+w"}))
    async with open_app(seeds, settings=settings) as reader:
        assert bar(reader).startswith("Enter read  f original  ] related  x open  / search  b sidebar")
        assert bar(reader).endswith("? help  Ctrl+w quit")


@pytest.mark.parametrize("cells", [200, 60, 50, 30, 20, 12, 8])
async def test_help_and_quit_are_dropped_last(seeds: Path, cells: int) -> None:
    async with open_app(seeds, size=(cells, 20)) as reader:
        line = reader.key_bar
        assert line.cell_length == cells
        words = line.text.split()
        shown = "Enter read f original ] related o open / search b sidebar m mark s star t tags n next unread u undo"
        whole = f"{shown} ? help q quit".split()
        assert words == [word for word in whole if word in words]
        assert len(words) % 2 == ("unread" in words)  # no key without its word, of which one is two
        if cells >= 20:
            assert words[-4:] == ["?", "help", "q", "quit"]
        if cells < 60:
            assert cell_width(line.text.strip()) + 1 <= cells


async def test_a_click_runs_the_action(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for word, done in (
            ("mark", lambda: reader.row.read),
            ("read", lambda: reader.focus == "article"),
            ("related", lambda: reader.focus == "related"),
            ("article", lambda: reader.focus == "article"),
        ):
            reader.clear_message()  # it stands in the same place
            await reader.settle()
            await reader.pilot.click(KeyBar, offset=(reader.lines[-1].index(word), 0))
            await reader.settle()
            assert done(), word
        place = reader.positions
        await reader.pilot.click(KeyBar, offset=(reader.app.size.width - 2, 0))  # beside all keys
        await reader.settle()
        assert reader.positions == place


@pytest.mark.parametrize("where", ["list", "article", "related"])
def test_every_key_shown_is_bound_in_its_context(where: bindings.KeyContext) -> None:
    scopes = {"app", "browse", "panes", "list" if where == "list" else "article"}
    shown = bindings.footer(where)
    assert len({action.name for action, _ in shown}) == len(shown)
    assert all(scopes & set(action.scopes) for action, _ in shown)
