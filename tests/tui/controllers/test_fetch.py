"""One original, fetched by key from a real server: the messages, and how long they stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from reader.config.settings import Config, FetchSettings
from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.model import UrlKind
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import PATIENT, SIDE, Reader, document, full_text, open_app
from tests.web.server import Request, Server, reply, serving

pytestmark = pytest.mark.usefixtures("no_proxy")

_ALLOWED = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",)))
_OFFLINE = Config(fetch=FetchSettings(offline=True))
_TEXT = "A sentence that is kept for later. " * 60


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as served:
        yield served


def one(make_folder: MakeFolder, url: str, age: timedelta | None = None, way: UrlKind = "original") -> Path:
    """Return a folder with one article; with ``age``, its page was fetched and checked that long ago."""
    folder = make_folder({"a.md": document("One", f"originalUrl: {url}", "excerpt: The excerpt.")})
    if age is None:
        return folder
    library = Library.open(folder, Paths.from_environment())
    for _ in refresh(library):
        pass
    (row,) = library.articles.rows(library.articles.order(Sort()).rowids)
    then = datetime.now(UTC) - age
    library.pages.put(
        Page(row.id, way, url, url, Extract(parse_markdown(_TEXT), 420), then, then, etag='"1"'), b"<html>"
    )
    library.close()
    return folder


def unchanged(server: Server) -> str:
    return server.on("/a", reply(status="304 Not Modified", etag='"1"'))


async def over(reader: Reader) -> None:
    """Wait until nothing is being fetched and the result is reported."""
    await reader.wait_until(lambda: not reader.fetches, seconds=60)
    await reader.settle()


def head(reader: Reader) -> str:
    return " ".join(full_text(reader.reader_view).split())


async def test_a_cached_page_opens_without_a_message(server: Server, make_folder: MakeFolder) -> None:
    async with open_app(one(make_folder, unchanged(server), timedelta(minutes=5)), SIDE, _ALLOWED) as reader:
        await reader.press("f")
        await over(reader)
        assert "A sentence that is kept" in head(reader)
        assert reader.message == ""
        assert not server.requests, "it was checked within the hour"
        await reader.press("f")
        await over(reader)
        assert reader.message == "Ctrl+f checks for a newer version."
        await reader.press("ctrl+f")
        await over(reader)
        assert reader.message == "The page is still current."


async def test_the_header_says_that_a_page_is_unchanged(server: Server, make_folder: MakeFolder) -> None:
    async with open_app(one(make_folder, unchanged(server), timedelta(days=3)), SIDE, _ALLOWED) as reader:
        await reader.press("f")
        await over(reader)
        assert len(server.requests) == 1
        await reader.wait_until(lambda: "fetched 3 days ago · checked just now" in head(reader))
        assert reader.message == ""
        await reader.press("h", "e")
        pane = " ".join(full_text(reader.article_pane).split())
        assert "fetched 3 days ago · checked just now" in pane


async def test_a_page_that_cannot_be_revalidated_shows_its_age(server: Server, make_folder: MakeFolder) -> None:
    url = server.on("/a", reply(b"", "500 Internal Server Error"))
    async with open_app(one(make_folder, url, timedelta(days=2)), SIDE, _ALLOWED) as reader:
        await reader.press("f")
        await over(reader)
        assert reader.message.endswith("The cached page is from 2 days ago.")
        assert "unchanged" not in head(reader)


async def test_the_archive_is_not_used_for_a_cached_page(server: Server, make_folder: MakeFolder) -> None:
    folder = one(make_folder, unchanged(server), timedelta(days=3))
    for settings in (_ALLOWED, _OFFLINE):
        async with open_app(folder, SIDE, settings) as reader:
            await reader.press("A")
            assert reader.message == "This is the original; the archive is only for originals that cannot be fetched."
            reader.clear_message()
            await reader.press("A")
            assert reader.message == "This is the original; the archive is only for originals that cannot be fetched."
    assert not server.requests


@pytest.mark.parametrize("key", ["f", "A"])
async def test_every_fetch_key_answers_offline(make_folder: MakeFolder, key: str) -> None:
    async with open_app(one(make_folder, "https://a.example/"), SIDE, _OFFLINE) as reader:
        await reader.press(key)
        assert "--offline" in head(reader)
        reader.clear_message()
        await reader.press(key)
        assert "--offline" in reader.message
        await reader.press("h")
        await reader.wait_until(lambda: not reader.message)


async def test_a_cached_page_opens_offline_without_a_check(
    make_folder: MakeFolder,
) -> None:
    async with open_app(one(make_folder, "https://a.example/", timedelta(days=3)), SIDE, _OFFLINE) as reader:
        await reader.press("f")
        assert reader.message == ""
        await reader.press("f")
        assert "--offline" in reader.message


async def test_the_message_about_canceling_goes_when_another_fetch_starts(
    server: Server, make_folder: MakeFolder
) -> None:
    asked = asyncio.Event()

    async def never(_: Request, __: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    timings = PATIENT._replace(transient_message=0.01)
    async with open_app(one(make_folder, server.on("/a", never)), SIDE, _ALLOWED, timings) as reader:
        await reader.press("f")
        await asyncio.wait_for(asked.wait(), 60)
        await reader.press("X")
        await over(reader)
        assert reader.message.startswith("Fetching was stopped.")
        await reader.press("f")
        await reader.wait_until(lambda: not reader.message)
        assert reader.fetches
