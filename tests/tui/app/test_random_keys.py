"""Random bursts of every key, in every screen and at every size: the app goes on, and then quits properly.

`HYPOTHESIS_PROFILE=deep` does it 500 times; benchmarks/soak.py does the same with the real command for hours.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import settings
from textual.pilot import Pilot

from reader.core.paths import Paths
from reader.indexing.process_client import UpdaterHandle
from reader.library.library import Library
from reader.startup import load_first_frame
from reader.tui.app import NewsreaderApp
from reader.tui.keys.actions import ACTIONS
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, document, key_event

QUITS = ("q", "ctrl+q")
KEYS = sorted({key for action in ACTIONS for key in action.keys.split(",")} - {*QUITS})
OTHER_KEYS = ("ctrl+c", "delete", "ctrl+home", "ctrl+end", "x", "é", "漢", "9")
SCREENS = (
    "",
    "c enter",
    "H",
    "l",
    "enter",
    "enter /",
    "b",
    "b /",
    "/",
    "t",
    "w",
    "D",
    "?",
    "!",
    "ctrl+p",
    "ctrl+p t h e enter enter",
)
"""The keys that open each screen."""
SMALL = ((1, 1), (2, 2), (20, 4), (80, 3), (3, 30))
RUNS = max(10, settings.default.max_examples // 10)
KEYS_PER_RUN = 50


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    long = "# A heading\n\nA paragraph with a [link](https://a.org/).\n\n" * 30
    related = "related: [{title: Another, webUrl: 'https://b.org/'}]"
    documents = {f"{n}.md": document(f"N{n}", f"quality: {50 - n}", related, body=long) for n in range(30)}
    return make_folder({**documents, "broken.md": "---\ntitle: [\n---\n"})


class User:
    """Presses keys at random."""

    def __init__(self, pilot: Pilot[None], dice: random.Random) -> None:
        self._pilot = pilot
        self._app = pilot.app
        self._dice = dice
        self.did: list[str] = []

    def press(self, key: str) -> None:
        self.did.append(key)
        self._app.post_message(key_event(key))

    async def resize(self, size: tuple[int, int]) -> None:
        self.did.append("{}x{}".format(*size))
        await self._pilot.resize_terminal(*size)

    def size(self) -> tuple[int, int]:
        small = self._dice.random() < 0.4
        return self._dice.choice(SMALL) if small else (self._dice.randint(1, 200), self._dice.randint(1, 60))

    async def use(self, first: str) -> None:
        """Open a screen; then press keys at intervals of 0 to 30 ms, many without any."""
        for key in first.split():
            self.press(key)
            await asyncio.sleep(0.02)
        for _ in range(KEYS_PER_RUN):
            if self._dice.random() < 0.05:
                await self.resize(self.size())
            self.press(self._dice.choice(KEYS if self._dice.random() < 0.9 else OTHER_KEYS))
            if self._dice.random() < 0.3:
                await asyncio.sleep(self._dice.uniform(0, 0.03))

    async def quit(self) -> None:
        """Press keys that quit, at first with others behind them, which may open something, until the app has quit."""
        for attempt in range(1000):
            if not self._app.is_running:
                return
            self.press(self._dice.choice(QUITS))
            for key in self._dice.choices(KEYS, k=self._dice.randint(0, 2) if attempt < 20 else 0):
                self.press(key)
            await asyncio.sleep(self._dice.uniform(0, 0.05))
        raise AssertionError("it does not quit")


@pytest.mark.parametrize("seed", range(RUNS))
async def test_random_keys_break_nothing(folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    library = Library.open(folder, Paths.from_environment())
    user = None
    try:
        first = load_first_frame(library, updater=UpdaterHandle(library, in_thread=True, watching=False))
        app = NewsreaderApp(first, FETCH_DISABLED)
        size = (dice.randint(1, 200), dice.randint(1, 60)) if dice.random() < 0.6 else dice.choice(SMALL)
        async with app.run_test(size=size) as pilot:
            user = User(pilot, dice)
            await user.use(SCREENS[seed % len(SCREENS)])
            await user.quit()
        assert app.return_code == 0
    except Exception as error:
        error.add_note(f"after these keys and sizes, from {size}: {' '.join(user.did if user else ())}")
        raise
    finally:
        library.close()
