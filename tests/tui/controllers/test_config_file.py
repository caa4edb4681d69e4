"""Edits of config.toml while the app runs: a real file, and the thread that watches it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from rich.color import Color as RichColor

from reader.core.paths import Paths
from reader.library.library import Library
from reader.tui.keys import bindings
from reader.tui.loaders.config import load_app_config
from reader.tui.loaders.watched_files import file_version
from reader.tui.theme import themes
from reader.tui.theme.styles import theme_style
from tests.conftest import MakeFolder
from tests.tui.helpers import PATIENT, Reader, document, open_app

_TIMINGS = PATIENT._replace(files_poll=0.01)
_LATER = iter(range(1, 1000))


@pytest.fixture
def path(own_directories: Paths) -> Path:
    own_directories.config.mkdir(parents=True)
    path = own_directories.config_file
    write(path, "[fetch]\nenabled = false\n")
    return path


def write(path: Path, text: str) -> None:
    """Replace the file in one step, as an editor does, with a time of its own."""
    part = path.with_suffix(".part")
    part.write_text(text)
    moment = 1_700_000_000 + next(_LATER)
    os.utime(part, (moment, moment))
    part.replace(path)


async def says(reader: Reader, text: str) -> None:
    await reader.wait_until(lambda: text in reader.message)


async def test_edits_take_effect_while_the_app_runs(seeds: Path, path: Path) -> None:
    async with open_app(seeds, settings=load_app_config(path), timings=_TIMINGS) as reader:
        write(path, 'theme = "nord"\n[keys]\n"sort.date" = "Z"\nopen = "x"\n[fetch]\nenabled = false\n')
        await says(reader, "config.toml was read again; its changes are in force.")
        assert reader.app.theme == "nord"
        assert "Z Date" in reader.list_header
        reader.clear_message()
        await reader.settle()
        assert "x open" in reader.text
        await reader.press("Z")
        assert reader.sort.by == "date"
        await reader.press("3")
        assert "3 down" in reader.text, "a digit without an action begins a count"
        await reader.press("escape")
        await reader.press("enter")
        write(path, '[keys]\n"text.zen" = "Z"\nquit = "ctrl+w"\n[fetch]\nenabled = false\n')
        await says(reader, "its changes are in force")
        reader.clear_message()
        await reader.settle()
        assert "Ctrl+w back" in reader.text
        await reader.press("Z")
        assert "Z shows the bars again" in reader.message
        assert reader.app.session.config.fetch.refusal.startswith("Fetching is off: enabled = false")
        write(path, "")
        await says(reader, "its changes are in force")
        assert reader.app.session.config.fetch.refusal == ""


async def test_presets_sequences_and_macros_are_taken_in_while_the_app_runs(seeds: Path, path: Path) -> None:
    offline = "[fetch]\nenabled = false\n"
    async with open_app(seeds, settings=load_app_config(path), timings=_TIMINGS) as reader:
        write(path, f'key_preset = "newsboat"\n{offline}')
        await says(reader, "its changes are in force")
        await reader.press_at_once(*"gd")
        assert reader.sort.by == "date"
        await reader.press("g")
        write(path, f'{offline}[keys]\n"macro.done" = "g x"\n[macros]\ndone = ["mark.star", "move.down"]\n')
        await says(reader, "gives “g x” to macro.done, so move.top has g g, Home only.")
        assert reader.main_screen.key_bar.typed == ("", ()), "what was typed is forgotten"
        await reader.press_at_once(*"1gxgx")
        assert (reader.sort.by, reader.article_list.cursor) == ("quality", 2)
        write(path, f'{offline}[keys]\n"macro.done" = "g x"\n[macros]\ndone = ["mark.star", "move.end"]\n')
        await says(reader, "its changes are in force")
        await reader.press_at_once(*"gx")
        assert reader.article_list.cursor == 4
        assert [row.starred for row in reader.rows] == [True, True, True, False, False]


async def test_a_mistake_in_an_edit_changes_nothing_and_names_its_line(seeds: Path, path: Path) -> None:
    write(path, 'theme = "nord"\n[keys]\n"sort.date" = "Z"\n[fetch]\nenabled = false\n')
    async with open_app(seeds, settings=load_app_config(path), timings=_TIMINGS) as reader:
        write(path, 'theme = "dracula"\n[keys\n')
        await says(reader, "config.toml:2: not valid TOML")
        assert reader.message.endswith("Fix that line. What was set before stays in force.")
        assert reader.app.theme == "nord"
        await reader.press("Z")
        assert reader.sort.by == "date"
        write(path, 'theme = "dracula"\n[keys]\n"sort.date" = "crtl+d"\nopne = "x"\n')
        await says(reader, "config.toml:3: [keys] sort.date: there is no key “crtl+d”. Did you mean “ctrl+d”?")
        assert "(and 1 more; `newsreader config check` lists them)" in reader.message
        assert reader.app.theme == "dracula"
        write(path, "[fetch]\nproxy = 1\n")
        await says(reader, "Fetching is off until this is corrected; what was set before stays in force.")
        assert reader.app.session.config.fetch.refusal.startswith("Fetching is off until config.toml is corrected")
        write(path, 'theme = "dracula"\n[keys]\n"sort.date" = "Z"\n[fetch]\nenabled = false\n')
        await says(reader, "its changes are in force.")
        await reader.press("1", "Z")
        assert reader.sort.by == "date"
        os.unlink(path)
        await says(reader, "config.toml was read again; its changes are in force.")
        await reader.press("1", "3")
        assert reader.sort.by == "date"


def test_other_permissions_are_another_version_of_a_file(path: Path) -> None:
    write(path, "")
    before = file_version(path)
    assert file_version(path) == before
    path.chmod(0o400)
    assert file_version(path) != before


async def test_what_needs_a_restart_is_said(seeds: Path, path: Path) -> None:
    async with open_app(seeds, settings=load_app_config(path), timings=_TIMINGS) as reader:
        write(path, '[fetch]\nenabled = false\ngraphics = "none"\n[dates]\norder = "dmy"\n')
        await says(reader, "[fetch] graphics, [dates] order take effect when newsreader starts next.")
        write(path, '[fetch]\nenabled = false\ngraphics = "none"\n')
        await says(reader, "; [dates] order takes effect when newsreader starts next.")


async def test_mistakes_and_changed_keys_are_reported_at_the_start(seeds: Path, path: Path) -> None:
    write(path, '[keys]\n"sort.date" = "n"\n[fetch]\nproxy = 1\n')
    async with open_app(seeds, settings=load_app_config(path)) as reader:
        assert "config.toml:4: [fetch] proxy must be" in reader.message
        assert "Fetching is off until this is corrected" in reader.message
        await reader.press("n")
        assert reader.sort.by == "date"
        await reader.press("f")
        assert "Fetching is off until config.toml is corrected" in reader.text.replace("\n", " ")


async def test_that_a_key_was_taken_from_another_action_is_said_once(seeds: Path, path: Path) -> None:
    write(path, '[keys]\n"sort.date" = "n"\n[fetch]\nenabled = false\n')
    for is_said in (True, False):
        async with open_app(seeds, settings=load_app_config(path)) as reader:
            assert ("config.toml:2: [keys] gives “n” to sort.date" in reader.message) == is_said


async def test_the_library_does_not_repeat_what_the_app_reports(make_folder: MakeFolder, path: Path) -> None:
    write(path, "[fields]\ndate = 1\n")
    folder = make_folder({"a.md": document()})
    library = Library.open(folder, Paths.from_environment())
    assert library.reading is not None
    assert library.notices == (f'{path}:2: [fields] date must be a list of names, such as ["when"].',)
    library.close()
    async with open_app(folder, settings=load_app_config(path)) as reader:
        assert reader.message.count("[fields] date must be") == 1


async def test_a_watch_that_fails_is_reported_once_and_the_others_go_on(seeds: Path) -> None:
    calls, again = [], threading.Event()

    def fail() -> None:
        calls.append("fail")
        raise RuntimeError

    def look() -> None:
        calls.append("look")
        if calls.count("look") == 3:
            again.set()

    async with open_app(seeds, timings=_TIMINGS) as reader:
        reader.app.session.files.watch("a.toml", fail)
        reader.app.session.files.watch("b.toml", look)
        await reader.wait_until(again.is_set)
        await says(reader, "Changes to a.toml are no longer detected.")
        assert calls.count("fail") == 1


async def test_an_action_without_a_key_shows_none(seeds: Path, path: Path) -> None:
    write(path, '[keys]\n"sort.date" = "o"\n[fetch]\nenabled = false\n')
    settings = load_app_config(path)
    assert settings.keys["open"] == ""
    assert bindings.first_key("open", settings.keys) == "no key"
    async with open_app(seeds, settings=settings) as reader:
        reader.clear_message()
        await reader.settle()
        assert " open " not in reader.text.splitlines()[-1]
        await reader.press("o")
        assert reader.sort.by == "date"


async def test_an_own_theme_changes_with_the_file(seeds: Path, path: Path) -> None:
    write(
        path, 'theme = "sea"\n[themes.sea]\nbase = "newsreader-light"\naccent = "#000080"\n[fetch]\nenabled = false\n'
    )
    async with open_app(seeds, settings=load_app_config(path), timings=_TIMINGS) as reader:
        app = reader.app
        assert (app.theme, app.current_theme.dark) == ("sea", False)

        def accent() -> RichColor | None:
            return theme_style(reader.article_list, "accent").color

        assert accent() == RichColor.parse("#000080")
        write(path, 'theme = "sea"\n[themes.sea]\naccent = "#ff80ff"\n[fetch]\nenabled = false\n')
        await says(reader, "config.toml was read again; its changes are in force.")
        await reader.settle()
        assert (accent(), app.current_theme.dark) == (RichColor.parse("#ff80ff"), True)
        write(path, "[fetch]\nenabled = false\n")
        await reader.wait_until(lambda: "sea" not in app.available_themes)
        assert app.theme == themes.DARK.name
