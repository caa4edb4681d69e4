"""The key that fetches feeds, with the real command in its process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reader.config.settings import Config, FetchSettings
from reader.core.paths import Paths
from reader.tui.loaders.feeds import NO_FEEDS, SyncOutcome, outcome_of
from tests.conftest import MakeFolder
from tests.tui.controllers.sidebar_lines import lines, move_to
from tests.tui.helpers import open_app

_FEED = (
    '<rss version="2.0"><channel><title>Wire</title><item><title>From a feed</title>'
    "<link>https://a.example/1</link><pubDate>Mon, 06 May 2024 10:00:00 GMT</pubDate></item></channel></rss>"
)


def _subscribe(own_directories: Paths, folder: Path, feed: Path) -> None:
    own_directories.config.mkdir(parents=True, exist_ok=True)
    text = f"[[feed]]\nfile = '{feed}'\nfolder = '{folder}'\n"
    (own_directories.config / "feeds.toml").write_text(text, "utf-8")


async def test_the_key_fetches_the_feeds_of_the_folder(
    make_folder: MakeFolder, own_directories: Paths, tmp_path: Path
) -> None:
    folder, feed = make_folder({}), tmp_path / "feed.xml"
    feed.write_text(_FEED, "utf-8")
    _subscribe(own_directories, folder, feed)
    with own_directories.feeds_file.open("a", encoding="utf-8") as list_of_feeds:
        list_of_feeds.write(f"[[feed]]\nurl = 'https://b.invalid/rss?token=1'\ntitle = 'B'\nfolder = '{folder}'\n")
    async with open_app(folder, settings=Config()) as reader:
        await reader.press("b")
        await reader.wait_until(lambda: "feed 0/0" in lines(reader), seconds=30)
        await move_to(reader, "feed", "feed")
        await reader.press_at_once("R", "R")  # the second finds that the first is at work
        await reader.wait_until(lambda: reader.message == "1 feed fetched, 1 new article.", seconds=30)
        await reader.press("r")
        await reader.wait_until(lambda: "From a feed" in reader.text, seconds=30)


async def test_a_mistake_in_the_list_of_feeds_is_shown(make_folder: MakeFolder, own_directories: Paths) -> None:
    folder = make_folder({})
    own_directories.config.mkdir(parents=True, exist_ok=True)
    (own_directories.config / "feeds.toml").write_text("[[feeds]]\n", "utf-8")
    async with open_app(folder, settings=Config()) as reader:
        await reader.press("R")
        await reader.wait_until(lambda: "unknown key “feeds”" in reader.message, seconds=30)


async def test_nothing_is_fetched_offline(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({}), settings=Config(fetch=FetchSettings(offline=True))) as reader:
        await reader.press("R")
        assert "offline" in reader.message.lower()


@pytest.mark.parametrize(
    ("records", "notices", "status", "outcome"),
    [
        ([], "newsreader: There are no feeds.\n", 0, (NO_FEEDS, False)),
        (None, "newsreader: x\nnewsreader: feeds.toml is broken.\n", 1, ("feeds.toml is broken.", True)),
        (None, "", -15, ("Feeds could not be fetched; the log file may say why.", True)),
        (
            [{"status": "new"}, {"status": "failed", "title": "A\x1b[31m", "error": "It is gone."}],
            "newsreader: 1 feed fetched, 1 failed.\n", 1,
            ("1 feed fetched, 1 failed. A[31m: It is gone.", True),
        ),
    ],
)  # fmt: skip
def test_the_outcome_is_one_sentence(records: object, notices: str, status: int, outcome: tuple[str, bool]) -> None:
    output = b"" if records is None else json.dumps(records).encode()
    assert outcome_of(output, notices.encode(), status) == SyncOutcome(*outcome)
