"""Keys that arrive faster than the screen follows: all at once, as over a slow connection."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandList, CommandPalette
from textual.events import Key, Paste
from textual.widgets import Input, Static

from reader.core.errors import ReaderError
from reader.storage.sqlite.index.folder_index import Index
from reader.tui.input_gate import NEEDS
from reader.tui.keys.actions import ACTIONS
from reader.tui.loaders import article_list
from reader.tui.screens.heat_view import HeatScreen
from reader.tui.screens.listings import LinesOfDialog, ListingScreen
from reader.workers.sandbox import SandboxPool
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, PATIENT, SIDE, Reader, document, key_event, open_app, until

INDEPENDENT = {
    *("fetch.stop", "images", "images.always", "back", "views", "views.save", "list.density", "list.wider"),
    *("list.narrower", "feeds.sync", "feeds.add", "feeds.export", "rules.add", "refresh", "problems"),
}
"""Actions of the main screen that need not wait for the list or the selected article."""


def test_every_action_of_the_main_screen_waits_or_is_independent() -> None:
    browse = {action.name for action in ACTIONS if "browse" in action.scopes}
    waiting = {name for name in browse if f"run('{name}')" in NEEDS["MainScreen"]}
    assert browse - waiting == INDEPENDENT


def test_only_bound_actions_wait() -> None:
    bound = {action.method for action in ACTIONS} | {action.method.partition("(")[0] for action in ACTIONS}
    bound |= {f"run('{action.name}')" for action in ACTIONS} | {"run_own", "link_digit"}
    bound |= {"submit", "command_list", "cursor_down"}  # of the palette
    assert {name for actions in NEEDS.values() for name in actions} <= bound


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    long = "A paragraph.\n\n" * 200
    known = ("heat: 5", "publishedDateTime: 2021-08-01")  # so that both orders can be chosen
    related = "related: [{title: Another, webUrl: 'https://b.org/'}]"
    return make_folder(
        {
            f"{n:02}.md": document(f"N{n:02}", f"quality: {90 - n}", *known, related, "excerpt: Short.", body=long)
            for n in range(60)
        }
    )


@pytest.fixture
def broken(make_folder: MakeFolder) -> Path:
    return make_folder({f"{n}.md": document(f"N{n}", "quality: much") for n in range(3)})


@pytest.mark.parametrize("size", [SIDE, NARROW])
async def test_keys_after_enter_go_to_the_article(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press_at_once("j", "enter", "space", "space")
        assert (reader.row.title, reader.pane_title, reader.focus) == ("N01", "N01", "text")
        assert reader.reader_view.scroll_offset.y > 20
        assert [row.title for row in reader.rows if row.read] == ["N01"]
        await reader.press("q")
        await reader.press_at_once("j", "l", "space", "space")
        assert (reader.row.title, reader.pane_title, reader.focus) == ("N02", "N02", "article")
        assert reader.article_pane.scroll_offset.y > 20


@pytest.mark.parametrize("size", [SIDE, NARROW])
async def test_keys_after_escape_go_to_the_list(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press_at_once("enter", "h", "j", "j", "enter", "q", "k")
        assert (reader.row.title, reader.focus) == ("N01", "list")
        assert [row.title for row in reader.rows if row.read] == ["N00", "N02"]
        await reader.press_at_once("l", "h", "j", "l", "q", "k")
        assert (reader.row.title, reader.focus) == ("N01", "list")


async def test_keys_after_t_go_to_the_prompt(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("t", *"quality mMqs", "enter", "j", "s")
        assert reader.app.is_running
        assert reader.rows[0].tags == ("quality mMqs",)
        assert (reader.row.title, reader.row.starred) == ("N01", True)
        assert not any(row.read for row in reader.rows)


async def test_keys_after_tab_go_to_the_next_pane(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("tab", "j", "j", "tab", "tab", "j")
        assert (reader.focus, reader.row.title) == ("list", "N01")


async def test_held_keys_are_released_when_the_app_is_idle(folder: Path) -> None:
    async with open_app(folder, timings=PATIENT._replace(key_hold=0.2)) as reader:
        reader.close_input_gate()
        for key in "jj":  # nothing appears that they are meant for
            reader.app.post_message(key_event(key))
        async with asyncio.timeout(30):
            while reader.is_gate_closed:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.2)  # rarely: it must be idle
        await reader.settle()
        assert reader.article_list.cursor == 2


async def test_held_keys_are_not_released_while_the_app_works(folder: Path) -> None:
    async with open_app(folder, timings=PATIENT._replace(key_hold=0.2)) as reader:
        reader.close_input_gate()
        work = time.thread_time() + 0.5
        while time.thread_time() < work:  # noqa: ASYNC110 - it has to work, not to wait
            await asyncio.sleep(0)
        assert reader.is_gate_closed


async def test_held_keys_are_released_though_keys_keep_the_app_busy(folder: Path) -> None:
    async with open_app(folder, timings=PATIENT._replace(key_hold=0.1)) as reader:
        reader.close_input_gate()
        async with asyncio.timeout(30):
            while reader.app.gate.is_moving:
                reader.app.post_message(key_event("j"))
                work = time.thread_time() + 0.002
                while time.thread_time() < work:  # noqa: ASYNC110 - see above
                    await asyncio.sleep(0)
        await reader.settle()
        assert reader.article_list.cursor > 0


async def test_each_key_of_a_burst_is_pressed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(folder) as reader:
        await reader.press("/", *"quality>=")
        gate, pressed = reader.app.gate, 0
        press = gate.press

        async def count(event: Key | Paste) -> None:
            nonlocal pressed
            pressed += 1
            await press(event)

        monkeypatch.setattr(gate, "press", count)
        await reader.press_at_once(*["enter", "x", "backspace"] * 40)  # each Enter is refused
        assert reader.prompt is not None
        assert reader.prompt.text == "quality>="
        assert pressed == 120


async def test_a_key_that_does_not_close_the_prompt_holds_nothing_back(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("t")
        for key in (Key("question_mark", None), key_event("a"), key_event("b")):  # "?" without a character is no text
            reader.app.post_message(key)
        assert await filter_text(reader) == "ab"


async def test_keys_wait_while_another_process_reads_the_article(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse, may_end = SandboxPool.call, threading.Event()

    def parse_slowly(*arguments: str) -> object:
        assert may_end.wait(30)
        return parse(*arguments)

    monkeypatch.setattr(SandboxPool, "call", parse_slowly)
    long = "A paragraph that goes on and on.\n\n" * 1000
    folder = make_folder({"a.md": document("First", "quality: 2"), "b.md": document("Long", "quality: 1", body=long)})
    async with open_app(folder, timings=PATIENT._replace(key_hold=0.3, action_hold=0.3)) as reader:
        for key in ("j", "enter", "enter", "h"):  # the second opens the whole text, which "h" leaves
            reader.app.post_message(key_event(key))
        await asyncio.sleep(1)  # this process is idle
        assert reader.app.gate.is_holding
        may_end.set()
        await reader.wait_until(lambda: not reader.app.gate.is_holding)
        assert (reader.is_main_screen_on_top, reader.rows[1].read) == (True, True)


async def filter_text(reader: Reader) -> str:
    await reader.settle()
    return reader.app.screen.query_one(Input).value


@pytest.mark.parametrize("key", ["question_mark", "f1", "exclamation_mark"])
async def test_keys_after_the_key_of_a_dialog_go_to_its_filter(broken: Path, key: str) -> None:
    async with open_app(broken) as reader:
        await reader.press_at_once(key, "/", *"star")
        await reader.wait_until(lambda: isinstance(reader.app.screen, ListingScreen))
        assert await filter_text(reader) == "star"
        await reader.press_at_once("ctrl+u", *"xyz", "enter", "q", "j")
        assert (reader.is_main_screen_on_top, reader.article_list.cursor) == (True, 1)
        assert not any(row.starred or row.read for row in reader.rows)


@pytest.mark.parametrize("opening", [("question_mark",), ("exclamation_mark", "/", *"star"), ("ctrl+p",)])
async def test_keys_after_escape_from_a_dialog_go_to_the_list(broken: Path, opening: tuple[str, ...]) -> None:
    async with open_app(broken) as reader:
        await reader.press(*opening)
        clearing = ["escape"] if len(opening) > 1 else []
        await reader.press_at_once(*clearing, "escape", "j", "s")
        await reader.wait_until(lambda: reader.rows[1].starred)
        assert (reader.is_main_screen_on_top, reader.article_list.cursor) == (True, 1)


async def test_escape_and_a_key_that_the_terminal_sends_as_alt_are_two_keys(folder: Path) -> None:
    async with open_app(folder) as reader:
        for opening in ("question_mark", "f1 /", "ctrl+p", "t"):
            await reader.press("g", *opening.split())
            reader.app.post_message(Key("alt+j", "j"))
            await reader.wait_until(lambda: reader.article_list.cursor == 1)
            assert reader.is_main_screen_on_top
        reader.app.post_message(Key("alt+j", "j"))
        await reader.settle()
        assert reader.message == "Alt+j does nothing here. ? shows all keys."
        reader.app.post_message(Key("alt+exclamation_mark", "!"))
        await reader.wait_until(lambda: "All documents are fine." in reader.text)


async def test_keys_after_escape_in_a_filter_that_only_clears_it_go_to_the_filter(broken: Path) -> None:
    async with open_app(broken) as reader:
        await reader.press("question_mark", "/", *"star")
        await reader.press_at_once("escape", *"und")
        assert await filter_text(reader) == "und"
        await reader.press_at_once(*"oq", "escape", "/", *"qs")
        assert await filter_text(reader) == "/qs"


async def test_keys_after_f1_in_the_prompt_go_to_the_help(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("/", *"abc", "f1", "/", *"star")
        assert isinstance(reader.app.screen, ListingScreen)
        assert await filter_text(reader) == "star"
        await reader.press("escape", "escape")
        assert reader.prompt.text == "abc"
        await reader.press_at_once(*"?d")
        assert reader.prompt.text == "abc?d"


async def test_keys_after_the_key_of_a_dialog_that_does_not_open_go_to_the_list(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Index) -> None:
        raise ReaderError("The disk says no.")

    async with open_app(folder) as reader:
        monkeypatch.setattr(Index, "problems", fail)
        await reader.press_at_once(*"!js")
        await reader.wait_until(lambda: reader.row.starred)
        assert reader.row.title == "N01"


@pytest.mark.parametrize("by", ["heat", "date"])
async def test_enter_in_the_palette_runs_the_match_of_the_text_before_it(folder: Path, by: str) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("ctrl+p", *f"sort by {by}", "enter", *"jj")
        await reader.wait_until(lambda: reader.is_main_screen_on_top)
        assert reader.sort.by == by
        await reader.wait_until(lambda: reader.article_list.cursor == 2)


async def test_quit_in_the_palette_quits_in_a_burst(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("ctrl+p", *"quit", "enter")
        await reader.wait_until(lambda: not reader.app.is_running)
        assert reader.app.return_code == 0


async def test_enter_in_the_palette_runs_nothing_without_a_match(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("ctrl+p", *"xyzzy", "enter", *"abc")
        await reader.wait_until(lambda: "No matches found" in reader.text)
        assert isinstance(reader.app.screen, CommandPalette)
        assert await filter_text(reader) == "xyzzyabc"


async def test_a_prompt_from_the_palette_gets_the_next_keys(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("ctrl+p", *"search", "enter", *"N01")
        await reader.wait_until(lambda: reader.prompt is not None)
        await reader.settle()
        assert reader.prompt.text == "N01"


async def test_a_theme_can_be_chosen_in_a_burst(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press_at_once("ctrl+p", *"theme", "enter", *"nord", "enter", "j")
        await reader.wait_until(lambda: reader.app.theme == "nord")
        await reader.wait_until(lambda: reader.article_list.cursor == 1)


@pytest.fixture
def lists_may_load(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An event without which no list is loaded."""
    load, may_end = article_list.load_list, threading.Event()
    may_end.set()

    def load_slowly(*arguments: Any) -> object:
        assert may_end.wait(30)
        return load(*arguments)

    monkeypatch.setattr(article_list, "load_list", load_slowly)
    return may_end


async def test_an_action_that_waited_behind_one_that_opens_the_reader_is_not_for_the_list_any_more(
    folder: Path, lists_may_load: threading.Event
) -> None:
    async with open_app(folder, timings=PATIENT._replace(key_hold=0.1, action_hold=0.1)) as reader:
        lists_may_load.clear()
        reader.app.post_message(key_event("3"))  # another order, which loads the list
        reader.app.post_message(key_event("f"))
        await until(lambda: reader.app.gate.is_holding)
        await until(lambda: not reader.app.gate.is_holding)  # keys do not wait any longer
        reader.app.post_message(key_event("slash"))  # its action waits for the list, too
        await asyncio.sleep(0.1)
        lists_may_load.set()
        await reader.settle()
        assert (reader.is_reader_open, reader.prompt) == (True, None)
        await reader.press_at_once("escape", "j")
        assert (reader.is_main_screen_on_top, reader.article_list.cursor) == (True, 1)


async def test_an_action_that_waits_for_the_list_also_waits_for_a_dialog_that_opens_meanwhile(
    folder: Path, lists_may_load: threading.Event
) -> None:
    async with open_app(folder) as reader:
        lists_may_load.clear()
        for key in ("3", "f"):
            reader.app.post_message(key_event(key))
        await until(lambda: reader.app.gate.is_holding)
        reader.app.action_help()
        await until(lambda: isinstance(reader.app.screen, ListingScreen))
        lists_may_load.set()
        await until(lambda: reader.article_list.order.sort.by == "date")
        assert isinstance(reader.app.screen, ListingScreen)
        await reader.press("escape")
        assert reader.is_reader_open


async def test_a_prompt_that_opens_before_the_reader_does_not_stay_below_it(folder: Path) -> None:
    async with open_app(folder) as reader:
        reader.main_screen.read(None)
        reader.main_screen.search.open()
        await reader.settle()
        assert (reader.is_reader_open, reader.prompt) == (True, None)
        await reader.press_at_once("escape", "j")
        assert (reader.is_main_screen_on_top, reader.article_list.cursor) == (True, 1)


async def test_help_waits_for_what_was_pressed_before_it(folder: Path, lists_may_load: threading.Event) -> None:
    async with open_app(folder) as reader:
        lists_may_load.clear()
        for key in ("3", "f", "f1"):
            reader.app.post_message(key_event(key))
        await until(lambda: reader.app.gate.is_holding)
        await asyncio.sleep(0.1)
        assert reader.is_main_screen_on_top
        lists_may_load.set()
        await reader.wait_until(lambda: isinstance(reader.app.screen, ListingScreen))
        await reader.press("escape")
        assert reader.is_reader_open


DIALOGS = [
    ("f1", "g G space g ctrl+d"),
    ("f1 /", "ctrl+k tab N ctrl+p D"),
    ("f1 / s t a r", "enter ctrl+u j j ctrl+u"),
    ("H", "h t h home"),
    ("H", "slash j enter plus slash escape minus h"),
    ("ctrl+p", "ctrl+w up S"),
    ("ctrl+p s o r t", "home x left delete down"),
    ("ctrl+p", "s o r t down enter"),
    ("ctrl+p", "s h o w escape / f 1 2"),
    ("l ]", "N escape"),
]
"""Keys that open something, and keys that once got ahead of each other there when they came all at once."""


async def test_a_burst_in_a_dialog_has_the_effect_of_the_same_keys_one_by_one(folder: Path) -> None:
    async with open_app(folder) as reader:

        async def result(opening: str, keys: list[str], *, at_once: bool) -> object:
            await reader.press("3", "1", "G", *opening.split())
            await (reader.press_at_once if at_once else reader.press)(*keys)
            screen = reader.app.screen
            found = [type(screen), reader.sort, reader.article_list.cursor, str(screen.focused)]
            found += [(field.value, field.selection) for field in screen.query(Input)]
            found += [view.scroll_offset for view in screen.query(LinesOfDialog)]
            found += [(commands.highlighted, commands.option_count) for commands in screen.query(CommandList)]
            found += [screen.query_one("#heat-marker", Static).content] if isinstance(screen, HeatScreen) else []
            await reader.press("escape", "escape", "escape")
            assert reader.is_main_screen_on_top
            return found

        for opening, keys in DIALOGS:
            slow = await result(opening, keys.split(), at_once=False)
            assert await result(opening, keys.split(), at_once=True) == slow, (opening, keys)


async def test_pasted_text_goes_to_what_the_key_before_it_opens(folder: Path) -> None:
    async with open_app(folder) as reader:
        for event in (key_event("/"), Paste("N01"), key_event("enter"), key_event("s")):
            reader.app.post_message(event)
        await reader.settle()
        assert (reader.query, reader.row.title, reader.row.starred) == ("N01", "N01", True)


async def test_keys_wait_until_it_is_known_that_the_focus_has_moved(folder: Path) -> None:
    async with open_app(folder) as reader:
        panes = reader.main_screen.panes
        panes.focus_item(0)
        reader.app.gate.release()  # the article pane has the focus, but has not been told
        await reader.press_at_once("tab")
        assert reader.focus == "list"


async def test_keys_do_not_wait_for_ever_for_a_widget_that_handles_no_messages(folder: Path) -> None:
    async with open_app(folder, timings=PATIENT._replace(key_hold=0.2)) as reader:
        may_go_on = asyncio.Event()
        reader.main_screen.call_later(may_go_on.wait)
        for key in "jGk":
            reader.app.post_message(key_event(key))
        try:
            await until(lambda: reader.article_list.cursor == 58)
        finally:
            may_go_on.set()
