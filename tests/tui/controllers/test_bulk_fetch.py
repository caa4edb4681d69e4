"""Keys that start, pause, resume and stop a bulk fetch, pressed faster than it can react."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from reader.config.settings import Config, FetchSettings
from reader.core.events import BulkProgress
from reader.storage.sqlite.index.folder_index import Index
from reader.tui.widgets.bars.progress import BulkFetchBar, fitting, wordings_of
from tests.conftest import MakeFolder
from tests.tui.helpers import SIDE, Reader, document, open_app
from tests.web.server import Request, Server, serving

pytestmark = pytest.mark.usefixtures("no_proxy")

_ALLOWED = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",)))


class Silent:
    """A site that never responds and records that it was asked."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked = asyncio.Event()

    async def __call__(self, _: Request, __: asyncio.StreamWriter) -> None:
        self.asked.set()
        await asyncio.Event().wait()


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Silent]:
    async with serving() as server:
        yield Silent(server)


@pytest.fixture
def news(make_folder: MakeFolder, site: Silent) -> Path:
    return make_folder(
        {f"{n}.md": document(f"T {n}", f"originalUrl: {site.server.on(f'/{n}', site)}") for n in range(4)}
    )


def line(reader: Reader) -> BulkFetchBar:
    return reader.bulk_fetch_bar


async def test_pressing_twice_starts_and_pauses(news: Path, site: Silent) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        await reader.press_at_once("F", "F")
        await reader.wait_until(lambda: (latest := line(reader).progress) is not None and latest.paused, seconds=30)
        gathered = line(reader).progress
        assert gathered is not None
        assert gathered.left == 4
        assert not site.asked.is_set(), "it was paused before it started"
        await reader.press_at_once("F")
        await asyncio.wait_for(site.asked.wait(), 60)
        await reader.wait_until(lambda: (latest := line(reader).progress) is not None and not latest.paused, seconds=30)


async def test_progress_is_shown_in_the_bar_and_not_as_a_message(news: Path, site: Silent) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        await reader.press("F")
        assert line(reader).display, "at once, before the process has started"
        assert reader.message == ""
        assert "0 fetched, 0 failed, 4 left" in reader.text
        assert "F pauses, X stops" in reader.text
        await asyncio.wait_for(site.asked.wait(), 60)
        await reader.press("F")
        await reader.wait_until(lambda: "Paused" in reader.text, seconds=30)
        assert reader.message == ""


async def test_progress_is_a_message_while_the_bar_is_hidden(news: Path) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        await reader.press("f", "z", "F")
        await reader.wait_until(lambda: reader.message == "Fetching 4 originals …", seconds=30)


def progress_events(**changes: object) -> BulkProgress:
    return BulkProgress(12, 0, 3, 46, 1.6, paused=False, finished=False, summary="")._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "has_bar", "has_name", "parts"),
    [
        (120, True, True, "12 fetched, 3 failed, 46 left|F pauses, X stops|1.6 per second|29 s left"),
        (90, True, True, "12 fetched, 3 failed, 46 left|F pauses, X stops|1.6/s|29 s left"),
        (80, True, True, "12 fetched, 3 failed, 46 left|F pauses, X stops|1.6/s"),
        (70, False, True, "12 fetched, 3 failed, 46 left|F pauses, X stops|1.6/s"),
        (60, False, True, "12 fetched, 3 failed, 46 left|F pauses, X stops"),
        (50, False, False, "12 fetched, 3 failed, 46 left|F pauses, X stops"),
        (40, False, False, "12 of 61, 3 failed|F pauses, X stops"),
        (30, False, False, "12 of 61|F pauses, X stops"),
        (20, False, False, "12 of 61"),
    ],
)
def test_the_bar_drops_its_least_important_parts_first(cells: int, has_bar: bool, has_name: bool, parts: str) -> None:
    wording, bar = fitting("Fetching", wordings_of(progress_events(), "F", "X"), cells)
    assert (wording.has_bar, wording.has_name, "|".join(wording.parts)) == (has_bar, has_name, parts)
    before = len(" Fetching") if has_name else -1
    assert before + (bar + 2 if bar else 0) + sum(len(part) + 2 for part in wording.parts) <= cells


@pytest.mark.parametrize("number", [0, 7, 1_234, 987_654])
@pytest.mark.parametrize("paused", [True, False])
def test_the_bar_fits_every_width(number: int, paused: bool) -> None:
    gathered = progress_events(done=number, failed=number, left=number, paused=paused)
    name = "Paused" if paused else "Fetching"
    for cells in range(22, 160):
        wording, bar = fitting(name, wordings_of(gathered, "F", "X"), cells)
        before = len(f" {name}") if wording.has_name else -1
        assert before + (bar + 2 if bar else 0) + sum(len(part) + 2 for part in wording.parts) <= cells
        if paused and not wording.has_name and len(wording.parts) > 1:
            assert wording.parts[1].startswith("F resumes")


async def test_pressing_three_times_resumes(news: Path, site: Silent) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        await reader.press_at_once("F", "F", "F")
        await asyncio.wait_for(site.asked.wait(), 60)
        await reader.wait_until(lambda: (latest := line(reader).progress) is not None and not latest.paused, seconds=30)


async def test_stopping_right_after_starting_stops(news: Path, site: Silent) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        await reader.press_at_once("F", "X")
        await reader.wait_until(lambda: "Stopped" in reader.message, seconds=30)
        assert line(reader).progress is None
        site.asked.clear()
        await reader.press_at_once("F")
        await asyncio.wait_for(site.asked.wait(), 60)


async def test_what_rules_ask_for_is_fetched_after_the_running_bulk_fetch(news: Path, site: Silent) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        session = reader.app.session
        session.originals_wanted.publish([1])
        await asyncio.wait_for(site.asked.wait(), 60)
        session.originals_wanted.publish([2, 3])
        latest = line(reader).progress
        assert latest is not None
        assert latest.left == 1, "they wait"
        await reader.press("X")
        await reader.wait_until(lambda: (latest := line(reader).progress) is not None and latest.left == 2, seconds=30)


async def test_canceling_a_fetch_at_once_cancels_it(news: Path, site: Silent) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        for _ in range(3):
            await reader.press_at_once("f", "X")
            await reader.wait_until(lambda: not reader.fetches, seconds=15)  # the client's own timeout is 20 s
            assert "Fetching was stopped" in reader.message
            await reader.press("h")


async def test_a_failed_lookup_leaves_the_key_usable(news: Path, site: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(news, SIDE, _ALLOWED) as reader:
        with monkeypatch.context() as broken:
            broken.setattr(Index, "ids_of", lambda *_: 1 // 0)
            await reader.press_at_once("F")
        assert "Internal error" in reader.message
        await reader.press_at_once("F")
        await asyncio.wait_for(site.asked.wait(), 60)
