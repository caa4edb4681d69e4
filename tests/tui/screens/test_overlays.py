"""What opens over the main screen: help, problems, palette; and themes."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.style import Style
from textual.command import CommandList, CommandPalette, Hit, Hits, Provider
from textual.events import Click
from textual.widgets import Input

from reader.config.settings import Config
from reader.tui.keys.actions import ACTIONS, GROUPS
from reader.tui.keys.keymap import check_keys
from reader.tui.keys.palette import Palette, has_words
from reader.tui.loaders.config import load_app_config
from reader.tui.screens.listings import HelpScreen, ProblemsScreen
from reader.tui.theme import themes
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, NARROW, STACKED, Reader, document, open_app

BROKEN = {
    f"{n}.md": document(f"N{n}", "quality: much", "heat: hot", "publishedDateTime: 2021-01-01T00:00:00Z")
    for n in range(30)
}


async def test_the_help_can_be_searched(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("?")
        assert isinstance(reader.app.screen, HelpScreen)
        assert "q close" in reader.text
        await reader.press("k")
        assert "This is the top." in reader.text
        await reader.press("?")
        assert "? does nothing here." in reader.text
        assert "shows all keys" not in reader.text
        await reader.press("G", "j")
        assert "This is the end." in reader.text
        await reader.press("/", *"clipb", "escape")
        assert "Enter results   Esc clear or close" in reader.text, "other keys are typed"
        assert "q close" not in reader.text
        await reader.press(*"copy link", "enter")
        assert "q close" in reader.text
        assert "Copy the link" in reader.text
        assert "Sort by heat" not in reader.text
        await reader.press("escape")
        assert isinstance(reader.app.screen, HelpScreen)
        assert reader.app.screen.query_one(Input).value == ""
        await reader.press("escape")
        assert reader.is_main_screen_on_top
        assert reader.focus == "list"
        await reader.press("f1")
        assert isinstance(reader.app.screen, HelpScreen)


async def test_the_help_can_be_closed_while_it_opens(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        reader.app.action_help()
        reader.app.pop_screen()
        await reader.press("?")
        assert isinstance(reader.app.screen, HelpScreen)


@pytest.mark.parametrize(
    ("keys", "first"), [("enter", "Reader"), ("b", "Sidebar"), ("", "In the list"), ("l", "In the article")]
)
async def test_the_help_starts_with_the_keys_of_the_focused_pane(seeds: Path, keys: str, first: str) -> None:
    async with open_app(seeds, STACKED) as reader:
        await reader.press(*filter(None, [keys]), "f1")
        assert isinstance(reader.app.screen, HelpScreen)
        shown = [line.strip(" │▕▏▎▐▌") for line in reader.lines]
        found = [line for line in shown if line in GROUPS or line.startswith("In the ")]
        assert found[0] == first
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("size", [STACKED, NARROW])
@pytest.mark.parametrize("opening", ["?", "?/"])
async def test_the_help_scrolls_also_while_its_filter_has_the_focus(
    seeds: Path, size: tuple[int, int], opening: str
) -> None:
    async with open_app(seeds, size) as reader:
        await reader.press(*opening)
        first = reader.lines
        await reader.press("pagedown")
        assert reader.lines != first
        await reader.press("pageup")
        assert reader.lines == first
        await reader.press("end")
        assert "parentheses" in reader.text
        await reader.press("home", "down", "up", "ctrl+d", "ctrl+u")
        assert reader.lines == first


@pytest.mark.parametrize("opening", ["question_mark", "exclamation_mark", "b", "l", "]", "enter", "f", "enter z"])
async def test_q_goes_back_to_the_list_and_quits_from_there(make_folder: MakeFolder, opening: str) -> None:
    related = "related: [{title: Another, webUrl: 'https://b.org/'}]"
    async with open_app(make_folder({**BROKEN, "a.md": document("A", "quality: 9", related, body="Text.")})) as reader:
        await reader.press(*opening.split())
        assert not (reader.is_main_screen_on_top and reader.article_list.has_focus)
        await reader.press_at_once("q", "j")
        assert (reader.is_main_screen_on_top, reader.focus, reader.article_list.cursor) == (True, "list", 1)
        await reader.press_at_once(*opening.split(), "q", "q")
        assert reader.app.return_code == 0


async def test_q_is_a_letter_where_one_types(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("?", "/", *"quit from")
        assert "Quit newsreader from anywhere" in reader.text
        await reader.press("enter", "q", "/", "q")
        assert reader.prompt.text == "q"


async def test_problems_name_file_line_and_field(make_folder: MakeFolder) -> None:
    async with open_app(make_folder(BROKEN)) as reader:
        await reader.press("!")
        assert isinstance(reader.app.screen, ProblemsScreen)
        assert "60 problems in 30 documents" in reader.text
        assert "0.md" in reader.text
        assert "line 3" in reader.text
        assert "quality:" in reader.text
        await reader.press("/", *"29.md heat")
        assert "29.md" in reader.text
        assert not any("quality:" in line for line in reader.lines[2:])
        await reader.press("escape", *"xyzzy")
        assert "Nothing matches these words." in reader.text
        await reader.press("enter", "q")
        assert reader.is_main_screen_on_top


async def test_the_problems_of_a_folder_without_any_are_a_screen_too(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press_at_once("!", "q", "j")
        assert (reader.is_main_screen_on_top, reader.article_list.cursor) == (True, 1)
        await reader.press("!")
        assert "All documents are fine." in reader.text


@pytest.mark.parametrize("width", [80, 120])
async def test_the_help_has_a_description_beside_its_title_or_below(seeds: Path, width: int) -> None:
    async with open_app(seeds, (width, 60)) as reader:
        await reader.press("?", "/", *"fetch again")
        (at,) = [at for at, line in enumerate(reader.lines) if "Ctrl+f" in line]
        description = "Fetch the original again if it has changed."
        assert (description in reader.lines[at]) == (width == 120)
        assert description in reader.lines[at] + reader.lines[at + 1]


async def palette(reader: Reader, words: str) -> None:
    await reader.press("ctrl+p")
    assert isinstance(reader.app.screen, CommandPalette)
    await reader.press(*words)
    await reader.wait_until(lambda: words.partition(" ")[0].lower() in "\n".join(reader.lines[5:]).lower())


async def test_the_palette_finds_an_action_and_runs_it(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await palette(reader, "Sort by date")
        await reader.press("enter")
        await reader.wait_until(lambda: reader.is_main_screen_on_top)
        assert reader.sort.by == "date"


async def test_a_click_on_a_command_that_is_found_no_more_does_nothing(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await palette(reader, "Sort by date")
        found = reader.app.screen.query_one(CommandList)
        place, style = found.region.offset, Style(meta={"option": found.option_count})
        click = Click(found, 0, 0, 0, 0, 1, False, False, False, *place, style)
        found.post_message(click)
        await reader.settle()
        assert isinstance(reader.app.screen, CommandPalette)


async def test_the_palette_searches_descriptions(seeds: Path) -> None:
    async with open_app(seeds, (120, 40)) as reader:
        await palette(reader, "fetch")
        await reader.wait_until(lambda: "Read the original" in reader.text)
        at = [next(n for n, line in enumerate(reader.lines) if title in line) for title in ("Fetch all", "Read the or")]
        assert at[0] < at[1], "matches in the title come first"


@pytest.mark.parametrize(
    ("sought", "found"), [("fetch", True), ("original fetch", True), ("etch", False), ("fetch xyzzy", False)]
)
def test_words_match_by_prefix(sought: str, found: bool) -> None:
    assert has_words(sought.split(), "Read the original Fetch the original, and read it here. (f)") is found


async def test_the_palette_shows_bracket_keys_literally(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await palette(reader, "related")
        assert re.search(r"Next related item +\] ", reader.text)
        assert re.search(r"Previous related item +\[ ", reader.text)


async def test_the_palette_lists_every_action_except_movements(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        offered = {command.title for command in reader.app.get_system_commands(reader.app.screen)}
        assert offered >= {action.title for action in ACTIONS if action.palette}
        assert {"Sort by date", "Open in the browser", "Problems", "Quit", "Light or dark"} <= offered


@pytest.mark.parametrize("key", ["question_mark", "exclamation_mark"])
async def test_palette_actions_work_over_another_screen(make_folder: MakeFolder, key: str) -> None:
    async with open_app(make_folder(BROKEN)) as reader:
        await reader.press(key)
        offered = {command.title: command for command in reader.app.get_system_commands(reader.app.screen)}
        await offered["Sort by date"].callback()
        await reader.settle()
        assert reader.sort.by == "date"


async def test_capital_t_switches_the_theme_and_is_remembered(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        assert reader.app.theme == themes.DARK.name
        dark = reader.app.screen.styles.background
        await reader.press("T")
        assert reader.app.theme == themes.LIGHT.name
        assert reader.app.screen.styles.background != dark
    async with open_app(seeds) as reader:
        assert reader.app.theme == themes.LIGHT.name
        await reader.press("T")
    async with open_app(seeds) as reader:
        assert reader.app.theme == themes.DARK.name


async def test_a_theme_from_the_palette_is_remembered(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press_at_once("ctrl+p", *"theme", "enter", *"nord", "enter")
        await reader.wait_until(lambda: reader.app.theme == "nord")
    async with open_app(seeds) as reader:
        assert reader.app.theme == "nord"


async def test_a_configured_theme_takes_precedence(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(theme="gruvbox")) as reader:
        assert reader.app.theme == "gruvbox"


@pytest.mark.parametrize("name", ["no-such-theme", "\x1b]0;x\x07 [bold]\u202e"])
async def test_an_unknown_configured_theme_is_reported(seeds: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"theme = {json.dumps(name)}")
    async with open_app(seeds, settings=load_app_config(path)) as reader:
        assert reader.message.startswith("config.toml:1: there is no theme “")
        assert "\x1b" not in reader.text
        assert reader.app.theme == themes.DARK.name


@pytest.mark.parametrize("name", [*("textual-dark", "textual-light", "ansi-dark", "ansi-light", "nord"), "dracula"])
async def test_every_textual_theme_works(seeds: Path, name: str) -> None:
    async with open_app(seeds, settings=Config(theme=name)) as reader:
        before = reader.text
        await reader.press("j", "]", "T", "T")
        assert reader.app.is_running
        assert before


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_palette_that_closes_ignores_its_text_and_what_it_finds(seeds: Path, is_late: bool) -> None:
    async with open_app(seeds) as reader:
        palette: Palette

        class LateCommands(Provider):
            """Finds a command when the palette has removed its list."""

            async def search(self, query: str) -> Hits:
                while palette.query(CommandList):  # noqa: ASYNC110 - Textual has no event for it
                    await asyncio.sleep(0)
                yield Hit(1, query, lambda: None)

        def type_and_close() -> None:
            if is_late:
                palette.dismiss()
            palette.post_message(Input.Changed(palette.query_one(Input), "late"))
            if not is_late:
                palette.call_later(lambda: [palette.dismiss()])

        palette = Palette(reader.app.gate, providers=[LateCommands])
        await reader.app.push_screen(palette)
        reader.app.call_later(type_and_close)
        await reader.wait_until(lambda: not palette.is_running)
        await reader.press("j")
        assert reader.article_list.cursor == 1


async def test_the_palette_shows_sequences_beside_the_titles(seeds: Path) -> None:
    settings = replace(FETCH_DISABLED, keys=check_keys({"refresh": "g r"}, "newsboat").keymap)
    async with open_app(seeds, settings=settings) as reader:
        await palette(reader, "sort by")
        assert re.search(r"Sort by date +g d ", reader.text)
