"""Downloads from a server on loopback, which does ranges, does not, changes the file, or breaks off."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from reader.core.errors import ReaderError
from reader.core.events import DownloadProgress
from reader.fetching.download import download
from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.responses import FetchError
from tests.web.server import Request, Server, redirect, reply, serving

CONTENT = bytes(range(256)) * 2000
HALF = len(CONTENT) // 2
MP3 = "audio/mpeg"


class Media:
    """A file on a server that sends ranges of it, and breaks off when it is told to."""

    def __init__(self, content: bytes = CONTENT, etag: str = '"1"', *, does_ranges: bool = True) -> None:
        self.content = content
        self.etag = etag
        self.does_ranges = does_ranges
        self.breaks_after = -1
        """Bytes after which the next response ends too early; -1 for a whole one."""
        self.pauses = False
        """Whether the next response pauses there instead."""

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        wanted, condition = request.headers.get("range", ""), request.headers.get("if-range", self.etag)
        start = int(wanted.removeprefix("bytes=").removesuffix("-") or 0)
        status, more = "200 OK", {"etag": self.etag} if self.etag else {}
        if wanted and self.does_ranges and condition == self.etag:
            status = "206 Partial Content"
            more["content_range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        else:
            start = 0
        answer = reply(self.content[start:], status, MP3, **more)
        end, self.breaks_after = self.breaks_after, -1
        if end < 0:
            writer.write(answer)
            await writer.drain()
            return
        writer.write(answer[: answer.index(b"\r\n\r\n") + 4 + end])
        await writer.drain()
        if self.pauses:
            await asyncio.Event().wait()
        writer.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


@pytest_asyncio.fixture
async def client() -> AsyncIterator[WebClient]:
    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=5.0)) as one:
        yield one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "episode.mp3"


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


async def get(
    client: WebClient, url: str, path: Path, limit: int = 1_000_000, reports: list[DownloadProgress] | None = None
) -> DownloadProgress:
    found = [] if reports is None else reports
    return await download(client, url, path, limit, accepts_pages=False, on_progress=found.append)


async def half(client: WebClient, url: str, path: Path, media: Media) -> None:
    """Download half of the file."""
    media.breaks_after = HALF
    with pytest.raises(FetchError, match=r"incomplete|dropped"):
        await get(client, url, path)
    assert path.with_name("episode.mp3.part").read_bytes() == CONTENT[:HALF]


async def test_a_file_is_downloaded_whole_and_private_with_its_progress(
    server: Server, client: WebClient, path: Path
) -> None:
    reports: list[DownloadProgress] = []
    done = await get(client, server.on("/e", Media()), path, reports=reports)
    assert path.read_bytes() == CONTENT
    assert (names(path), path.stat().st_mode & 0o777) == (["episode.mp3"], 0o600)
    assert done == DownloadProgress(str(path), len(CONTENT), len(CONTENT), finished=True)
    assert reports and all(0 < each.done <= each.total == len(CONTENT) and not each.finished for each in reports)
    headers = server.requests[0].headers
    assert (headers["accept-encoding"], "range" in headers, "if-range" in headers) == ("identity", False, False)
    assert await get(client, server.url("/e"), path) == done
    assert len(server.requests) == 1  # it is there


async def test_an_interrupted_download_goes_on_where_it_ended(server: Server, client: WebClient, path: Path) -> None:
    media = Media()
    url = server.on("/e", media)
    await half(client, url, path, media)
    assert names(path) == ["episode.mp3.part", "episode.mp3.part.json"]
    await get(client, url, path)
    headers = server.requests[1].headers
    assert (headers["range"], headers["if-range"]) == (f"bytes={HALF}-", '"1"')
    assert (path.read_bytes(), names(path)) == (CONTENT, ["episode.mp3"])


async def test_a_canceled_download_is_kept(server: Server, client: WebClient, path: Path) -> None:
    media = Media()
    url = server.on("/e", media)
    media.breaks_after, media.pauses = HALF, True
    has_begun = asyncio.Event()
    work = download(client, url, path, 1_000_000, accepts_pages=False, on_progress=lambda _: has_begun.set())
    task = asyncio.ensure_future(work)
    await has_begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    size = path.with_name("episode.mp3.part").stat().st_size
    assert 0 < size <= HALF
    await get(client, url, path)
    assert (path.read_bytes(), server.requests[1].headers["range"]) == (CONTENT, f"bytes={size}-")


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', ""], ids=["strong", "weak", "none"])
async def test_without_ranges_it_begins_again(server: Server, client: WebClient, path: Path, etag: str) -> None:
    media = Media(etag=etag, does_ranges=False)
    url = server.on("/e", media)
    await half(client, url, path, media)
    await get(client, url, path)
    assert path.read_bytes() == CONTENT
    assert ("range" in server.requests[1].headers) == (etag == '"1"')


@pytest.mark.parametrize("ignores_condition", [False, True])
async def test_another_version_is_never_joined_to_the_part(
    server: Server, client: WebClient, path: Path, ignores_condition: bool
) -> None:
    media = Media()
    url = server.on("/e", media)
    await half(client, url, path, media)
    media.content, media.etag = CONTENT[::-1], '"2"'
    if ignores_condition:  # a server that sends a range of whatever it has

        async def send(request: Request, writer: asyncio.StreamWriter) -> None:
            request.headers.pop("if-range", None)
            await media(request, writer)

        server.on("/e", send)
    await get(client, url, path)
    assert path.read_bytes() == CONTENT[::-1]


async def test_a_validator_goes_only_to_the_url_that_gave_it(server: Server, client: WebClient, path: Path) -> None:
    media = Media()
    for name in ("/one", "/two"):
        server.on(name, media)
    url = server.on("/e", redirect("/one"))
    await half(client, url, path, media)
    server.on("/e", redirect("/two"))  # such as another signature in the address
    await get(client, url, path)
    last = server.requests[-1]
    assert (last.target, last.headers["range"], "if-range" in last.headers) == ("/two", f"bytes={HALF}-", False)
    assert path.read_bytes() == CONTENT


async def test_a_range_that_does_not_fit_begins_again(server: Server, client: WebClient, path: Path) -> None:
    media = Media()
    url = server.on("/e", media)
    await half(client, url, path, media)

    async def odd(request: Request, writer: asyncio.StreamWriter) -> None:
        if "range" in request.headers:
            status = "416 Range Not Satisfiable" if len(server.requests) == 2 else "206 Partial Content"
            writer.write(reply(b"xyz", status, MP3, etag='"1"', content_range=f"bytes 0-2/{len(CONTENT)}"))
            await writer.drain()
        else:
            await media(request, writer)

    server.on("/e", odd)
    await get(client, url, path)
    assert path.read_bytes() == CONTENT


async def test_a_part_that_is_whole_only_gets_its_name(server: Server, client: WebClient, path: Path) -> None:
    media = Media()
    url = server.on("/e", media)
    await half(client, url, path, media)
    path.with_name("episode.mp3.part").write_bytes(CONTENT)
    await get(client, url, path)
    assert (len(server.requests), path.read_bytes(), names(path)) == (1, CONTENT, ["episode.mp3"])


@pytest.mark.parametrize("text", ["", "[]", '{"url": 1}', '{"size": 9, "etag": 3}'])
async def test_without_a_known_version_it_begins_again(
    server: Server, client: WebClient, path: Path, text: str
) -> None:
    media = Media()
    url = server.on("/e", media)
    await half(client, url, path, media)
    path.with_name("episode.mp3.part.json").write_text(text)
    await get(client, url, path)
    assert ("range" in server.requests[1].headers, path.read_bytes()) == (False, CONTENT)


async def test_nothing_beyond_the_limit(server: Server, client: WebClient, path: Path) -> None:
    url = server.on("/e", Media())
    with pytest.raises(FetchError, match="More than 100 kB"):
        await get(client, url, path, 100_000)
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.on("/e", chunked + b"ffff\r\n" + bytes(0xFFFF) + b"\r\nffff\r\n" + bytes(0xFFFF) + b"\r\n0\r\n\r\n")
    with pytest.raises(FetchError, match="More than 100 kB"):
        await get(client, url, path, 100_000)
    assert not path.with_name("episode.mp3.part").exists(), "nothing has come that would be worth keeping"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (redirect("http://169.254.169.254/x"), "is an address of the local network"),
        (reply(b"<html>Log in", kind="text/html"), "sends a web page instead of the file"),
        (reply(b"abc", kind=MP3, content_encoding="gzip"), "compresses the file"),
        (reply(b"", kind=MP3), "sends an empty file"),
        (reply(b"", "404 Not Found"), "404 Not Found"),
        (reply(b"", "206 Partial Content", MP3), "206"),
    ],
    ids=["private", "page", "compressed", "empty", "404", "unasked range"],
)
async def test_what_is_refused(server: Server, client: WebClient, path: Path, answer: bytes, error: str) -> None:
    with pytest.raises(FetchError, match=error):
        await get(client, server.on("/e", answer), path)
    assert not path.exists()


async def test_a_server_that_falls_silent(server: Server, path: Path) -> None:
    media = Media()
    media.breaks_after, media.pauses = HALF, True
    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=0.2)) as client:
        with pytest.raises(FetchError, match=r"has sent nothing for 0\.2 s"):
            await get(client, server.on("/e", media), path)


async def test_a_file_of_that_name_is_never_replaced(server: Server, client: WebClient, path: Path) -> None:
    media = Media()

    async def meanwhile(request: Request, writer: asyncio.StreamWriter) -> None:
        path.write_bytes(b"mine")
        await media(request, writer)

    with pytest.raises(ReaderError, match="file exists"):
        await get(client, server.on("/e", meanwhile), path)
    assert path.read_bytes() == b"mine"


async def test_two_programs_do_not_write_to_one_file(server: Server, client: WebClient, path: Path) -> None:
    path.parent.mkdir()
    with path.with_name("episode.mp3.part").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ReaderError, match="Another newsreader is downloading this file"):
            await get(client, server.on("/e", Media()), path)
    assert server.requests == []


async def test_a_full_disk_is_a_sentence(server: Server, client: WebClient, tmp_path: Path) -> None:
    path = tmp_path / "episode.mp3"
    path.with_name("episode.mp3.part").symlink_to("/dev/full")
    with pytest.raises(ReaderError, match="could not be written"):  # no link is followed
        await get(client, server.on("/e", Media()), path)
    import resource

    path.with_name("episode.mp3.part").unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))
    try:
        with pytest.raises(ReaderError, match=r"could not be written: file too large\. What has come is kept\."):
            await get(client, server.url("/e"), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.with_name("episode.mp3.part").stat().st_size == HALF
