"""Keys in a line of input have their effect in the order in which they were pressed, also in a burst."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.widgets import Input

from tests.conftest import MakeFolder
from tests.tui.helpers import Reader, document, open_app

EARLIER = ("storm", "topic:Food")
"""The history of queries."""
TYPED = (*"atop: .é漢", "F")
EDITING = (
    *("left", "right", "home", "end", "shift+left", "shift+home", "ctrl+left", "ctrl+right"),
    *("backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "tab", "shift+tab", "up", "down", "f2"),
)


@pytest.fixture
def news(make_folder: MakeFolder) -> Path:
    return make_folder({
        "storm.md": document("Storm over the harbour", "quality: 20", "topics: [Food, Travel]"),
        "other.md": document("Another", "quality: 10", "topics: [Money]"),
    })  # fmt: skip


async def open_prompt(reader: Reader) -> None:
    await reader.press("/")
    if reader.prompt.text:
        await reader.press("ctrl+u")


async def fill_history(reader: Reader) -> None:
    for query in EARLIER:
        await open_prompt(reader)
        await reader.press(*query, "enter")


PROMPTS = [
    ((*"old", "ctrl+u", *"abc"), "abc"),
    ((*"abx", "backspace", "c"), "abc"),
    ((*"bc", "home", "a"), "abc"),
    ((*"bcd", "ctrl+a", "a", "end", "backspace"), "abc"),
    ((*"one two", "ctrl+w", *"abc"), "one abc"),
    ((*"aXb", "left", "backspace", "end", "c"), "abc"),
    ((*"xyz", "shift+home", *"abc"), "abc"),
    ((*"top", "tab", "F", "tab", " ", "a"), "topic:Food a"),
    ((*"topic:", "tab", "x", "backspace", "tab"), "topic:Food"),
    (("up", "up", *" a"), "storm a"),
    ((*"dr", "up", "down", "a"), "dra"),
    ((*"quality>=", "enter", "5", "home"), "quality>=5"),
]  # fmt: skip
"""Keys in a new prompt, and the text that they leave."""


async def test_keys_in_the_prompt_act_in_their_order(news: Path) -> None:
    async with open_app(news) as reader:
        await fill_history(reader)
        for keys, text in PROMPTS:
            await open_prompt(reader)
            await reader.press_at_once(*keys)
            assert reader.prompt.text == text
            await reader.press("escape")


async def test_escape_and_enter_end_the_prompt_in_a_burst(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press_at_once("/", *"xyz", "ctrl+u", *"storm", "enter", "s")
        assert (reader.query, reader.prompt, reader.row.starred) == ("storm", None, True)
        await reader.press_at_once("/", *" other", "escape", "m")
        assert (reader.query, reader.prompt, reader.row.read) == ("storm", None, True)


@pytest.mark.parametrize("after", ["", "abc"])
async def test_ctrl_q_quits_from_the_prompt_in_a_burst(news: Path, after: str) -> None:
    async with open_app(news) as reader:
        await reader.press_at_once("/", *"storm", "ctrl+q", *after)
        await reader.wait_until(lambda: not reader.app.is_running)
        assert reader.app.return_code == 0


async def test_help_opens_over_the_prompt_in_a_burst(news: Path) -> None:
    async with open_app(news) as reader:
        await open_prompt(reader)
        await reader.press_at_once(*"abx", "backspace", "f1")
        assert reader.app.screen.query_one(Input)
        await reader.press_at_once("/", *"clip", "ctrl+a", *"x", "escape", *"copy")
        assert reader.app.screen.query_one(Input).value == "copy"
        await reader.press("escape", "escape")
        assert reader.prompt.text == "ab"


class Typist:
    """Two prompts' worth of keys in one app, for the runs of a property test."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._app = open_app(folder)
        self._reader = self._runner.run(self._app.__aenter__())
        self._runner.run(fill_history(self._reader))

    def close(self) -> None:
        self._runner.run(self._app.__aexit__(None, None, None))
        self._runner.close()

    def result(self, keys: list[str], *, at_once: bool) -> tuple[str, object]:
        """The text and the selection in a new prompt after these keys."""
        return self._runner.run(self._type(keys, at_once))

    async def _type(self, keys: list[str], at_once: bool) -> tuple[str, object]:
        reader = self._reader
        await open_prompt(reader)
        await (reader.press_at_once if at_once else reader.press)(*keys)
        field = reader.prompt.input
        result = field.value, field.selection
        await reader.press("escape")
        return result


@pytest.fixture
def typist(news: Path) -> Iterator[Typist]:
    typist = Typist(news)
    yield typist
    typist.close()


@given(keys=st.lists(st.sampled_from(TYPED) | st.sampled_from(EDITING), max_size=15))
@settings(max_examples=settings.default.max_examples // 10)
def test_a_burst_has_the_effect_of_the_same_keys_one_by_one(typist: Typist, keys: list[str]) -> None:
    assert typist.result(keys, at_once=True) == typist.result(keys, at_once=False)
