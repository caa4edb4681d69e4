"""Compare the screen with stored snapshots.

After an intended change run ``pytest tests/tui/app/test_snapshots.py --snapshot-update`` and look at the result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from reader.config.settings import Config, FetchSettings, TerminalSettings
from reader.indexing.process_client import UpdaterHandle
from reader.startup import load_first_frame
from reader.tui.app import NewsreaderApp
from tests.conftest import MakeFolder, OpenLibrary
from tests.images.sample_images import encoded, halves
from tests.tui.helpers import Reader, document

Compare = Callable[..., bool]
_TERMINAL = TerminalSettings(links=False)
"""The pictures are the same for every terminal: links divide a line into more pieces."""


_QUIET = "until the message has gone"


def keys(*pressed: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, NewsreaderApp)
        reader = Reader(pilot.app, pilot)
        await reader.settle()
        for key in pressed:
            if key == _QUIET:
                await reader.wait_until(lambda: reader.message == "")
            else:
                await reader.press(key)

    return press


@pytest.mark.parametrize(
    ("size", "pressed"),
    [
        pytest.param((120, 36), ("j", "j", "j", "]"), id="side"),
        pytest.param((80, 24), ("j", "l", "]"), id="stacked"),
        pytest.param((200, 50), ("j", "b", "j", "space", *"jjjjjj"), id="views"),
        pytest.param((120, 40), ("b", "/", "c", "o", "m", "enter", "space"), id="views-filtered"),
        pytest.param((50, 24), ("j",), id="list"),
        pytest.param((50, 24), ("j", "l", "]"), id="article"),
        pytest.param((120, 36), ("T",), id="light"),
        pytest.param((120, 36), ("?",), id="help"),
        pytest.param((120, 40), ("c", "enter", "j", _QUIET), id="grouped"),
        pytest.param((80, 24), ("T", "c"), id="grouped-light"),
        pytest.param((80, 24), ("l", "]", "]"), id="timeline"),
        pytest.param((120, 40), ("T", "."), id="timeline-light"),
        pytest.param((120, 40), ("H", "h", "j"), id="heat"),
        pytest.param((80, 24), ("T", "H"), id="heat-light"),
        pytest.param((120, 40), ("D",), id="digest"),
    ],
)
def test_screen_matches_snapshot(
    seeds: Path,
    library: OpenLibrary,
    snap_compare: Compare,
    size: tuple[int, int],
    pressed: tuple[str, ...],
) -> None:
    opened = library(seeds)
    first = load_first_frame(opened, updater=UpdaterHandle(opened, in_thread=True, watching=False))
    app = NewsreaderApp(first, Config(theme="newsreader-dark", terminal=_TERMINAL))
    assert snap_compare(app, terminal_size=size, run_before=keys(*pressed))


@pytest.mark.parametrize("size", [pytest.param((120, 40), id="text"), pytest.param((80, 24), id="text-narrow")])
def test_text_with_images_matches_snapshot(
    make_folder: MakeFolder,
    library: OpenLibrary,
    snap_compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    lead, inside = "https://a.example/lead.png", "https://a.example/in.png"
    words = "The hall was full long before the court came in, and nobody spoke. " * 4
    body = (
        f"{words}\n\n![From dark to light]({inside})\n\n{words}\n\n> Quoted.\n>\n> ![Gone](https://a.example/gone.png)"
    )
    folder = make_folder({"a.md": document("The hall", f"images: [{{url: '{lead}', title: 'Two halves'}}]", body=body)})
    opened = library(folder)
    opened.pages.put_image(lead, encoded(halves((800, 300))), "image/png")
    opened.pages.put_image(inside, encoded(Image.linear_gradient("L").resize((300, 160))), "image/png")
    opened.pages.put_image("https://a.example/gone.png", b"", "image/png")
    first = load_first_frame(opened, updater=UpdaterHandle(opened, in_thread=True, watching=False))
    fetch = FetchSettings(enabled=False, images=True)
    app = NewsreaderApp(first, Config(theme="newsreader-dark", fetch=fetch, terminal=_TERMINAL))
    assert snap_compare(app, terminal_size=size, run_before=keys("f"))
