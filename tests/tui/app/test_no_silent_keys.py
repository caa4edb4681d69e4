"""Every key in a key bar acts or says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.tui.keys import bindings
from reader.tui.keys.actions import KeyContext
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, Reader, document, open_app

PLACES: dict[KeyContext, str] = {"entries": "b", "empty": ""}
"""Context -> the keys that lead there."""
LEAVING = {"quit"}


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    long = "# A heading\n\nA paragraph with a [link](https://a.org/).\n\n" * 30
    return make_folder({"1.md": document("One", "topics: [one]", body=long), "2.md": document("Two")})


def state(reader: Reader) -> object:
    return reader.lines, [type(screen).__name__ for screen in reader.app.screen_stack], reader.app.focused


@pytest.mark.parametrize(("where", "way"), PLACES.items())
async def test_each_key_of_the_key_bar_acts_or_says_why_not(folder: Path, where: KeyContext, way: str) -> None:
    silent = []
    empty = folder.parent / "nothing"
    empty.mkdir()
    for action in [action for action, _ in bindings.footer(where) if action.name not in LEAVING]:
        async with open_app(empty if where == "empty" else folder, settings=FETCH_DISABLED) as reader:
            await reader.press(*way.split())
            reader.clear_message()
            await reader.settle()
            before = state(reader)
            await reader.press(action.keys.split(",")[0])
            if state(reader) == before:
                silent.append(action.name)
    assert silent == []
