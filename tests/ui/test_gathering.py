"""Keys that begin, pause, go on with and stop fetching, pressed faster than anything can come of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from reader.config import Config
from reader.jobs.fetch_settings import FetchSettings
from reader.library.library import Library
from reader.ui.progress_line import GatheringLine
from tests.conftest import MakeFolder
from tests.ui.helpers import SIDE, Reader, document, opened
from tests.web.server import Request, Server, serving

_ALLOWED = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",)))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield


class Silent:
    """A site that answers nothing, and tells that it was asked."""

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


def line(reader: Reader) -> GatheringLine:
    return reader.browse.query_one(GatheringLine)


async def test_twice_in_one_go_begins_and_pauses(news: Path, site: Silent) -> None:
    async with opened(news, SIDE, _ALLOWED) as reader:
        await reader.burst("F", "F")
        await reader.until(lambda: (told := line(reader).gathered) is not None and told.paused, seconds=30)
        gathered = line(reader).gathered
        assert gathered is not None
        assert gathered.left == 4
        assert not site.asked.is_set(), "it was paused before it had begun"
        await reader.burst("F")
        await asyncio.wait_for(site.asked.wait(), 60)
        await reader.until(lambda: (told := line(reader).gathered) is not None and not told.paused, seconds=30)


async def test_three_times_in_one_go_goes_on(news: Path, site: Silent) -> None:
    async with opened(news, SIDE, _ALLOWED) as reader:
        await reader.burst("F", "F", "F")
        await asyncio.wait_for(site.asked.wait(), 60)
        await reader.until(lambda: (told := line(reader).gathered) is not None and not told.paused, seconds=30)


async def test_stopping_right_after_beginning_stops(news: Path, site: Silent) -> None:
    async with opened(news, SIDE, _ALLOWED) as reader:
        await reader.burst("F", "X")
        await reader.until(lambda: "Stopped" in reader.message, seconds=30)
        assert line(reader).gathered is None
        site.asked.clear()
        await reader.burst("F")
        await asyncio.wait_for(site.asked.wait(), 60)


async def test_giving_an_article_up_right_after_asking_gives_it_up(news: Path, site: Silent) -> None:
    async with opened(news, SIDE, _ALLOWED) as reader:
        for _ in range(3):
            await reader.burst("f", "X")
            await reader.until(lambda: not reader.browse.fetching, seconds=15)  # 20 s would be the client's own
            assert "Fetching was stopped" in reader.message
            await reader.press("h")


async def test_what_cannot_be_looked_up_leaves_the_key_as_it_was(
    news: Path, site: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(news, SIDE, _ALLOWED) as reader:
        with monkeypatch.context() as broken:
            broken.setattr(Library, "identities", lambda *_: 1 // 0)
            await reader.burst("F")
        assert "went wrong" in reader.message
        await reader.burst("F")
        await asyncio.wait_for(site.asked.wait(), 60)
