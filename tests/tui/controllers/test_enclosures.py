"""Enclosures in the app: shown, chosen, played and downloaded, with a real player and a server on loopback."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from reader.config.settings import Config, FetchSettings
from reader.content.enclosures import Enclosure
from reader.core.events import DownloadProgress
from reader.core.text import cell_width
from reader.tui.widgets.bars.progress import download_wordings, fitting
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, document, open_app
from tests.web.server import Request, reply, serving


def episode(url: str, *more: str) -> tuple[str, ...]:
    listed = (f"  - {{url: '{each}', type: audio/mpeg, length: 2000, durationSeconds: 3123}}" for each in (url, *more))
    return ("enclosures:", *listed)


async def test_enclosures_are_shown_chosen_and_played(make_folder: MakeFolder, tmp_path: Path) -> None:
    played = tmp_path / "played"
    script = tmp_path / "player"
    script.write_text(f"#!{sys.executable}\nimport sys\nopen('{played}', 'a').write(f'{{sys.argv[1:]}}\\n')\n")
    script.chmod(0o700)
    urls = [f"https://a.example/{n}.mp3" for n in range(1, 13)]
    folder = make_folder({
        "0.md": document("One", "quality: 9", *episode(urls[0])),
        "1.md": document("Many", "quality: 8", *episode(*urls)),
        "2.md": document("None", "quality: 7"),
    })  # fmt: skip
    settings = replace(FETCH_DISABLED, player=(str(script), "--at=%s"))
    settings = replace(settings, fetch=replace(settings.fetch, downloads=str(tmp_path)))
    async with open_app(folder, settings=settings) as reader:
        assert "Enclosure  1.mp3 · MP3 audio · 52 min · 2 kB" in reader.text
        await reader.press_at_once("p", "j")  # the key after it is for the list again
        await reader.wait_until(lambda: reader.message == "“player” has finished.")
        assert (played.read_text(), reader.row.title) == (f"['--at={urls[0]}']\n", "Many")
        assert "Enclosure 5" in reader.text and "and 7 more enclosures" in reader.text
        await reader.press_at_once("p", "9")
        await reader.wait_until(lambda: played.read_text().endswith(f"['--at={urls[8]}']\n"))
        await reader.press("p", "1")
        assert "Enclosure 1 … Enter chooses it." in reader.text
        await reader.press("2")
        await reader.wait_until(lambda: played.read_text().endswith(f"['--at={urls[11]}']\n"))
        await reader.press("p", "1", "j", "j", "enter")  # the number is forgotten
        await reader.wait_until(lambda: played.read_text().endswith(f"['--at={urls[2]}']\n"))
        await reader.press("p", "0")
        assert "There is no enclosure 0; there are 12." in reader.text
        await reader.press("q", "P", "3")
        assert reader.message.startswith("Fetching is off")
        await reader.press_at_once("j", "p")
        assert reader.message == "This article has no enclosure, such as an episode."
        assert len(played.read_text().splitlines()) == 4

        (tmp_path / Enclosure(urls[0], "audio/mpeg").file_name("one")).write_text("#EXTM3U\nfile:///etc/passwd\n")
        await reader.press_at_once("g", "p")
        await reader.wait_until(lambda: "is a text, perhaps a playlist. Playlists are not played" in reader.message)
        assert len(played.read_text().splitlines()) == 4


async def test_a_download_shows_progress_is_canceled_continued_and_played(
    make_folder: MakeFolder, tmp_path: Path
) -> None:
    content, go_on = bytes(2000), asyncio.Event()

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        more = {"content_range": f"bytes {start}-1999/2000"} if start else {}
        status = "206 Partial Content" if start else "200 OK"
        answer = reply(content[start:], status, "audio/mpeg", etag='"1"', **more)
        writer.write(answer[:-1000] if not start else answer)
        await writer.drain()
        if not start:
            await go_on.wait()

    async with serving() as server:
        url = server.on("/e.mp3", slow)
        folder = make_folder({"0.md": document("One", *episode(url))})
        fetch = FetchSettings(allow_hosts=("127.0.0.1",), downloads=str(tmp_path / "episodes"))
        async with open_app(folder, settings=Config(fetch=fetch)) as reader:
            await reader.press("P")
            await reader.wait_until(lambda: "1 kB of 2 kB" in reader.text, seconds=30)
            assert "P cancels" in reader.text
            await reader.press("P")
            await reader.wait_until(lambda: "canceled" in reader.message)
            assert "Downloading" not in reader.text
            (part,) = (tmp_path / "episodes").glob("*.part")
            assert part.stat().st_size == 1000
            await reader.press("P")
            await reader.wait_until(lambda: "Downloaded “e.mp3”. Set player" in reader.message, seconds=30)
            assert "Downloading" not in reader.text
            (file,) = (tmp_path / "episodes").iterdir()
            assert file.read_bytes() == content
            await reader.press_at_once("P", "p")
            assert reader.message.startswith("Already downloaded: ") and "Set player" in reader.message
        go_on.set()


PROGRESS = st.builds(DownloadProgress, st.just("x"), st.integers(0, 10**12), st.integers(0, 10**12), st.floats(0, 1e9))


@example([DownloadProgress("x", 0, 1, 5e-324)], 80)  # it takes longer than a number can say
@given(st.lists(PROGRESS, min_size=1, max_size=3), st.integers(1, 200))
def test_the_bar_fits_and_says_how_much_has_come(downloads: list[DownloadProgress], cells: int) -> None:
    wordings = download_wordings(downloads, "P")
    wording, bar = fitting("Downloading", wordings, cells)
    name = 1 + len("Downloading") if wording.has_name else -1
    used = name + sum(cell_width(part) + 2 for part in wording.parts) + (bar + 2 if bar else 0)
    assert used <= cells or wording == wordings[-1]
    assert wording.parts[0].split()[0]
