"""The feeds of the folder in the sidebar."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from reader.core.paths import Paths
from reader.feeds.subscriptions import Subscription
from reader.storage.sqlite.feeds.store import FeedState, FeedStore
from tests.conftest import MakeFolder
from tests.tui.controllers.sidebar_lines import lines, move_to, query
from tests.tui.helpers import PATIENT, SIDE, document, open_app

_TIMINGS = PATIENT._replace(files_poll=0.01)
_GONE = Subscription("https://gone.example/feed", title="Gone", group="Linux")


def _write(paths: Paths, folder: Path, *tables: str) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    text = "".join(f"[[feed]]\n{table}\nfolder = '{folder}'\n" for table in tables)
    paths.feeds_file.write_text(text, "utf-8")


def _fail(paths: Paths) -> None:
    store, _ = FeedStore.open(paths.feed_state_file)
    with contextlib.closing(store):
        now = time.time()
        store.save_state(_GONE.key, FeedState(failures=1, failing_since=now, failure="It is gone.", next_due=now + 60))


async def test_feeds_are_shown_with_their_health_and_followed(make_folder: MakeFolder, own_directories: Paths) -> None:
    places = {"Linux/LWN/1.md": "One", "Linux/LWN/2.md": "Two", "Linux/Gone/3.md": "Three", "notes/4.md": "Four"}
    folder = make_folder({path: document(title) for path, title in places.items()})
    lwn = 'url = "https://lwn.example/rss"\ntitle = "LWN"\ngroup = "Linux"'
    gone = f'url = "{_GONE.url}"\ntitle = "Gone"\ngroup = "Linux"'
    _write(own_directories, folder, lwn, gone)
    async with open_app(folder, SIDE, timings=_TIMINGS) as reader:
        await reader.press("b")
        await reader.wait_until(lambda: "LWN 2/2" in lines(reader))
        found = lines(reader)
        at = found.index("▾ Feeds 2")
        assert found[at : at + 4] == ["▾ Feeds 2", "▾Linux 3/3", "LWN 2/2", "Gone 1/1"]
        assert [line for line in found if "notes" in line or line.startswith("Linux")] == ["notes 1/1"]

        _fail(own_directories)  # as a sync would
        await reader.wait_until(lambda: "Gone ! 1/1" in lines(reader))
        await move_to(reader, "Gone")
        assert reader.message.startswith("Gone: It is gone. Since ")
        await move_to(reader, "Linux")
        assert reader.message == "Linux: 1 of 2 feeds failed."
        await reader.press("enter")
        assert (query(reader), len(reader.rows)) == ("folder:Linux", 3)

        await reader.press("b")
        await move_to(reader, "LWN")
        await reader.press("enter")
        assert (query(reader), len(reader.rows)) == ("folder:Linux/LWN", 2)
        await reader.press("b")
        assert "✓ LWN 2/2" in " ".join(lines(reader))

        own_directories.feeds_file.write_text("[[feeds]]\n", "utf-8")
        await reader.wait_until(lambda: "unknown key “feeds”" in reader.message)
        assert "LWN 2/2" in " ".join(lines(reader)), "as it was"
        _write(own_directories, folder, lwn + "\npaused = true")
        os.utime(own_directories.feeds_file, (1, 1))
        await reader.wait_until(lambda: "LWN ‖ 2/2" in " ".join(lines(reader)))
