"""The key bar: the keys of the focused pane."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from reader.config.settings import Config
from reader.core.text import cell_width
from reader.tui.keys import bindings
from reader.tui.keys.actions import KeyContext
from reader.tui.widgets.bars.bars import KeyBar
from tests.conftest import MakeFolder
from tests.tui.helpers import PATIENT, Reader, document, open_app


def bar(reader: Reader) -> str:
    return reader.key_bar.text.strip()


async def test_the_bar_shows_the_keys_of_the_focus(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        assert (
            bar(reader)
            == "Enter read  f original  ] related  o open  / search  b sidebar  m mark  s star  t tags  n next unread  "
            "? help  q quit"
        )
        await reader.press("l")
        keys = "Enter read  f original  PgDn page  ] related  e more  o open  y copy  Backspace back  ? help  q back"
        assert bar(reader) == keys
        await reader.press("]")
        assert bar(reader) == "Enter show  ] next  h article  e more  o open  y copy  Backspace back  ? help  q back"
        await reader.press("h")
        assert bar(reader) == keys
        await reader.press("q", "enter")
        assert bar(reader).startswith("PgDn page  / search")
        assert bar(reader).endswith("? help  q back")
        await reader.press("q")
        assert bar(reader).startswith("Enter read")
        assert reader.lines[-1].strip() == bar(reader)


async def test_a_message_that_could_not_be_read_yet_stays(seeds: Path) -> None:
    async with open_app(seeds, timings=PATIENT._replace(least_message=3600.0, transient_message=0.01)) as reader:
        await reader.press("s", "j")
        await reader.pass_time(0.1)
        assert reader.message == "Starred."


async def test_a_message_ends_with_the_next_key_after_a_moment(seeds: Path) -> None:
    async with open_app(seeds, timings=PATIENT._replace(least_message=0.05, transient_message=0.01)) as reader:
        await reader.press("s", "j")
        await reader.wait_until(lambda: reader.message == "")
        await reader.press("s")
        await reader.pass_time(0.1)
        assert reader.message == "Starred.", "no key was pressed"
        await reader.press("j")
        await reader.wait_until(lambda: reader.message == "")
        await reader.press("k", "a", "s")
        assert reader.message == "Star removed.", "the keys before do not remove it"
        await reader.pass_time(0.1)
        assert reader.message == "Star removed."


async def test_a_newer_message_replaces_all_but_a_more_important_one_that_was_not_read(seeds: Path) -> None:
    async with open_app(seeds, timings=PATIENT._replace(least_message=0.1, transient_message=3600.0)) as reader:
        show = reader.app.show_message
        show("Disk full.", warning=True)
        show("Starred.")
        assert reader.message == "Disk full."
        show("Disk gone.", warning=True)
        assert reader.message == "Disk gone."
        await reader.press("x")
        assert reader.message == "Disk gone.", "it could not be read before the key"
        await reader.pass_time(0.2)
        await reader.press("s")
        assert reader.message == "Starred."
        show("This is the end.", transient=True)
        assert reader.message == "Starred."


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
        await reader.press("k", "l")
        assert (stands_out(reader)["]"], stands_out(reader)["Backspace"]) == (True, False)
        await reader.press("]", "enter")
        reader.clear_message()
        assert stands_out(reader)["Backspace"]
        await reader.press("backspace")
        reader.clear_message()
        assert not stands_out(reader)["Backspace"]
        await reader.press("w", *"Saved", "enter", "b", "g")
        reader.clear_message()
        assert (stands_out(reader)["h"], stands_out(reader)["u"]) == (False, True), "on All"
        assert not {"e", "d"} & stands_out(reader).keys(), "they do nothing there"
        await reader.press(*"jjjjjj")
        reader.clear_message()
        assert [stands_out(reader)[key] for key in ("h", "e", "d", "u")] == [True] * 4
        await reader.press("u")
        reader.clear_message()
        assert not stands_out(reader)["u"]
        await reader.press("u")
        assert reader.message == "There is nothing to undo."


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
        assert len(words) % 2 == ("unread" in words)  # every key with its label, one of which is two words
        if cells >= 20:
            assert words[-4:] == ["?", "help", "q", "quit"]
        if cells < 60:
            assert cell_width(line.text.strip()) + 1 <= cells


async def test_a_click_runs_the_action(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for word, done in (
            ("mark", lambda: reader.row.read),
            ("read", lambda: reader.focus == "text"),
            ("q back", lambda: reader.focus == "list"),
            ("related", lambda: reader.focus == "related"),
            ("article", lambda: reader.focus == "article"),
        ):
            reader.clear_message()  # it is at the same place
            await reader.settle()
            await reader.pilot.click(KeyBar, offset=(reader.lines[-1].index(word), 0))
            await reader.settle()
            assert done(), word
        place = reader.positions
        await reader.pilot.click(KeyBar, offset=(reader.app.size.width - 2, 0))  # together with all keys
        await reader.settle()
        assert reader.positions == place


@pytest.mark.parametrize("where", ["list", "article", "related"])
def test_every_key_shown_is_bound_in_its_context(where: KeyContext) -> None:
    scopes = {"app", "browse", "panes", "list" if where == "list" else "article"}
    shown = bindings.footer(where)
    assert len({action.name for action, _ in shown}) == len(shown)
    assert all(scopes & set(action.scopes) for action, _ in shown)
