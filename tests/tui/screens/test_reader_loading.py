"""Keys pressed faster than texts load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.tui.helpers import PATIENT, Reader, delay_texts, key_event, open_app, until
from tests.tui.screens.reader_pages import link_of, read


@dataclass
class Gate:
    """A gate that holds loads back until it is opened."""

    held: set[str] = field(default_factory=set)
    opened: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Holds back the texts with the given titles."""
    made = Gate()

    def hold(title: str) -> None:
        if title in made.held:
            assert made.opened.wait(20)

    delay_texts(monkeypatch, hold)
    yield made
    made.opened.set()


HASTY = PATIENT._replace(key_hold=0.5, action_hold=0.5)
"""Keys are released while a text is held back."""


def post(reader: Reader, *keys: str) -> None:
    for key in keys:
        reader.app.post_message(key_event(key))


async def test_a_late_text_does_not_replace_another(news: Path, gate: Gate) -> None:
    gate.held.add("With a page")
    async with open_app(news, timings=HASTY) as reader:
        post(reader, "f")
        await until(lambda: reader.is_reader_open)
        post(reader, "escape", "j", "f")
        await until(lambda: reader.is_text_loaded)
        gate.opened.set()
        await reader.settle()
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "With a body"
        assert [row.read for row in reader.rows] == [False, True, False]


@pytest.mark.parametrize("key", ["o", "1", "y", "f", "v"])
async def test_keys_do_not_act_on_the_previous_text_while_one_loads(
    news: Path, gate: Gate, followed: list[str], key: str
) -> None:
    gate.held.add("With a body")
    async with open_app(news) as reader:
        await read(reader)
        post(reader, "n", key)
        await until(lambda: reader.row.title == "With a body")
        gate.opened.set()
        await reader.settle()
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "With a body"
        assert set(followed) <= {"https://b.example/"}
        assert reader.app.clipboard in {"", "https://b.example/"}


async def test_link_hints_accept_fast_typing(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press_at_once("f", "l", "s")
        assert link_of(reader) == "https://example.org/2"
        assert not reader.row.starred
        await reader.press_at_once("backspace", "l", "d", "backspace", "tab", "enter", "backspace", "1", "2")
        assert link_of(reader) == "https://example.org/12"


async def test_link_hints_survive_a_reload(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("l")
        reader.reload_article()
        await reader.settle()
        await reader.press("s")
        assert link_of(reader) == "https://example.org/2"


async def test_keys_for_an_abandoned_text_are_dropped(news: Path, gate: Gate) -> None:
    gate.held.add("With a page")
    async with open_app(news, timings=HASTY) as reader:
        post(reader, "f")
        await until(lambda: reader.is_reader_open)
        post(reader, "n", "escape", "j", "f")
        await until(lambda: reader.is_text_loaded)
        gate.opened.set()
        await reader.settle()
        assert reader.row.title == "With a body"
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "With a body"


async def test_keys_after_f_go_to_the_reader(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press_at_once("f", "space", "j")
        assert reader.focus == "text"
        view = reader.reader_view
        assert view.scroll_offset.y == view.size.height  # a page minus one line, and one line
        await reader.press_at_once("h", "j")
        assert (reader.focus, reader.row.title) == ("list", "With a body")
