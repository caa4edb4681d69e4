"""`newsreader download`: the real command against a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from reader.core.paths import Paths
from tests.cli.test_fetch_command import configure, run
from tests.conftest import MakeFolder
from tests.fetching.test_download import CONTENT, HALF, Media
from tests.tui.helpers import document
from tests.web.server import Server, reply, serving


@pytest_asyncio.fixture
async def server(own_directories: Paths) -> AsyncIterator[Server]:
    configure('allow_hosts = ["127.0.0.1"]')
    async with serving() as one:
        yield one


async def test_enclosures_are_downloaded_and_an_interrupted_one_is_continued(
    server: Server, own_directories: Paths, make_folder: MakeFolder
) -> None:
    media = Media()
    media.breaks_after = HALF
    urls = (
        server.on("/1.mp3", media),
        server.on("/2.mp3", reply(b"two", "200 OK", "audio/mpeg")),
        server.url("/3.mp3"),
    )
    listed = "enclosures: [" + ", ".join(f"{{url: '{each}'}}" for each in urls) + "]"
    folder = make_folder(
        {"1.md": document("One", listed), "2.md": document("Other", "enclosures: ['https://no.example/']")}
    )
    first = await run("download", folder, "one", "--json")
    assert first.status == 1
    assert [each["status"] for each in first.json] == ["failed", "downloaded", "failed"]
    assert "404" in first.json[2]["error"]
    second = await run("download", folder, "one")
    assert second.status == 1
    (done,) = (line for line in second.out.splitlines() if not line.startswith("http"))
    assert "1 file downloaded, 1 already there, 1 failed." in second.err
    assert server.targets == ["/1.mp3", "/2.mp3", "/3.mp3", "/1.mp3", "/3.mp3"]
    assert server.requests[3].headers["range"] == f"bytes={HALF}-"
    files = {each.name.rpartition("-")[2]: each for each in own_directories.downloads_folder.iterdir()}
    assert len(files) == 2
    assert done in map(str, files.values())
    assert sorted(each.read_bytes() for each in files.values()) == sorted([CONTENT, b"two"])


async def test_a_download_needs_a_query_and_permission(own_directories: Paths, make_folder: MakeFolder) -> None:
    folder = make_folder({"1.md": document("One")})
    assert "matches every article" in (await run("download", folder, "...")).err
    assert (await run("download", folder)).status == 2
    configure("enabled = false")
    assert (await run("download", folder, "one")).err.startswith("newsreader: Fetching is off")
