"""Sequences, counts and presets in the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from reader.config.settings import Config
from reader.core.ordering import Sort
from reader.tui.keys.keymap import check_keys
from reader.tui.screens.listings import HelpScreen
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, PATIENT, document, open_app

SLOW = PATIENT._replace(number=3600.0)
"""Digits wait until the next key."""


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    known = ("heat: 5", "publishedDateTime: 2021-08-01")
    return make_folder(
        {
            f"{n:02}.md": document(f"N{n:02}", f"quality: {90 - n}", *known, body="A paragraph.\n\n" * 99)
            for n in range(60)
        }
    )


def with_keys(table: Mapping[str, str], preset: str = "vim") -> Config:
    return replace(FETCH_DISABLED, keys=check_keys(table, preset).keymap)


async def test_a_sequence_shows_what_may_follow_and_runs_in_a_burst(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({"mark.star": "g s", "list.density": "g d"})) as reader:
        await reader.press("j", "g")
        last = reader.lines[-1]
        assert last.split() == ["g", "g", "top", "s", "star", "d", "one", "or", "two", "lines", "Esc", "cancel"]
        await reader.press("escape")
        assert reader.message == "Canceled."
        await reader.press("g", "z")
        assert reader.message == "g z does nothing here. ? shows all keys."
        await reader.press_at_once(*"jgsjgsggjm")
        assert [row.title for row in reader.rows if row.starred] == ["N02", "N03"]
        assert (reader.row.title, reader.row.read) == ("N01", True)
        assert reader.message


async def test_a_sequence_belongs_to_the_place_that_has_the_focus(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({"text.zen": "g z", "views.delete": "d d"})) as reader:
        await reader.press("g", "z")
        assert "g z does nothing here" in reader.message
        await reader.press_at_once("enter", *"gz")
        assert reader.app.screen.has_class("-zen")
        await reader.press("g")
        assert "zen mode" in reader.lines[-1], "shown although the bars are hidden"
        await reader.press("g", "q", "d")
        assert "d" not in reader.main_screen.key_bar.typed, "the density of the list is a key alone"


async def test_a_number_repeats_a_motion(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("4", "1")
        assert reader.lines[-1].split() == ["41", "j", "41", "down", "Esc", "cancel"]
        await reader.press("j")
        assert reader.article_list.cursor == 41
        await reader.press_at_once(*"9ksm")
        assert [row.title for row in reader.rows if row.starred] == ["N32"]
        await reader.press_at_once(*"5n7N4s")
        assert reader.article_list.cursor == 29
        assert reader.row.starred, "once: a number means nothing to it"


async def test_digits_that_sort_begin_a_number(folder: Path) -> None:
    async with open_app(folder, timings=SLOW) as reader:
        await reader.press_at_once(*"17j2k")
        assert (reader.article_list.cursor, reader.sort.by) == (15, "quality")
        await reader.press("2")
        assert reader.lines[-1].split() == ["2", "…", "sort", "by", "heat", "j", "2", "down", "Esc", "cancel"]
        await reader.press_at_once("escape")
        assert (reader.message, reader.sort.by) == ("Canceled.", "quality")


async def test_digits_that_sort_do_so_when_no_number_follows(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("3")
        assert reader.sort == Sort("date")
        assert "cancel" not in reader.lines[-1]
        await reader.press_at_once(*"12")
        assert reader.sort == Sort("heat")
        await reader.press_at_once(*"22")
        assert reader.sort == Sort("heat"), "and back"
    async with open_app(folder, timings=SLOW) as reader:
        await reader.press_at_once(*"2/29.", "enter")
        assert (reader.sort.by, reader.query) == ("heat", "29.")
        await reader.press_at_once("escape", *"1j")
        assert (reader.sort.by, reader.article_list.cursor) == ("quality", 1)
        await reader.press("3")
        for event in (events.MouseDown, events.MouseUp):
            reader.app.post_message(event(None, 30, 9, 0, 0, 1, False, False, False, 30, 9))
        await reader.settle()
        assert reader.sort.by == "date"
        await reader.press_at_once(*"1q")
        await reader.wait_until(lambda: not reader.app.is_running)
    async with open_app(folder) as reader:
        assert reader.sort.by == "quality", "it was saved, though its list may not have loaded"


async def test_a_number_before_a_key_that_opens_a_text_counts_nothing(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("5", "enter", *"jjq4j")
        assert reader.focus == "list"
        assert reader.article_list.cursor == 4


async def test_quit_keys_work_while_a_sequence_is_pending(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({"refresh": "g r"})) as reader:
        await reader.press("enter")
        await reader.press_at_once(*"gq")
        assert reader.focus == "list"
        await reader.press_at_once("g", "ctrl+q")
        await reader.wait_until(lambda: not reader.app.is_running)
        assert reader.app.return_code == 0


async def test_a_key_given_by_its_character_works_while_a_sequence_is_pending(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({"refresh": "g r", "quit": "!"})) as reader:
        await reader.press("enter")
        await reader.press_at_once("g", "exclamation_mark")
        assert reader.focus == "list"


async def test_a_click_ends_a_sequence_and_a_number(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({"list.density": "g d"})) as reader:
        for typed in ("g", "7"):
            await reader.press(typed)
            assert "cancel" in reader.lines[-1]
            for event in (events.MouseDown, events.MouseUp):  # as they come from the terminal
                reader.app.post_message(event(None, 30, 9, 0, 0, 1, False, False, False, 30, 9))
            await reader.settle()
            assert "cancel" not in reader.lines[-1]
            clicked = reader.row.title
            await reader.press("j", "k")
            assert reader.row.title == clicked != "N00"


async def test_a_preset_is_what_bar_help_and_keys_follow(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({}, "newsboat")) as reader:
        await reader.press_at_once(*"gd")
        assert reader.sort.by == "date"
        await reader.press_at_once(*"gq17jN")
        assert (reader.row.title, reader.row.read) == ("N17", True)
        reader.clear_message()
        await reader.settle()
        assert "N mark" in reader.lines[-1]
        await reader.press("?")
        assert isinstance(reader.app.screen, HelpScreen)
        assert "g d" in "".join(run.text for line in reader.app.screen.lines_for(("newest",), 100) for run in line)


@pytest.mark.parametrize("opening", ["question_mark", "alt+x"])
async def test_the_key_that_cancels_closes_help_and_palette(folder: Path, opening: str) -> None:
    async with open_app(folder, settings=with_keys({}, "emacs")) as reader:
        await reader.press(opening)
        assert not reader.is_main_screen_on_top
        await reader.press("ctrl+g")
        assert reader.is_main_screen_on_top


async def test_sequences_work_in_the_help(folder: Path) -> None:
    async with open_app(folder, settings=with_keys({"move.end": "g e"})) as reader:
        await reader.press("?", "g")
        assert "e end" in reader.text
        await reader.press("e")
        assert "Queries" in reader.text or "mouse" in reader.text
        await reader.press_at_once("g", "g", "q")
        assert reader.is_main_screen_on_top


async def test_a_key_while_nothing_has_the_focus_changes_nothing_for_later_keys(folder: Path) -> None:
    async with open_app(folder) as reader:
        reader.main_screen.set_focus(None)
        await reader.press("j")
        assert reader.message == "j does nothing here. ? shows all keys."
        reader.main_screen.panes.focus_list()
        await reader.press("j")
        assert reader.article_list.cursor == 1
