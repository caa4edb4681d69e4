"""Opens the app on a folder and waits for what it does, never for the clock."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from rich.segment import Segment
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.worker import WorkerCancelled, WorkerFailed

from reader.config.load import Config
from reader.config.settings import FetchSettings
from reader.core.model import Row
from reader.core.paths import Paths
from reader.indexing.remote import UpdaterThread
from reader.library.library import Library
from reader.startup import look
from reader.tui.app import NewsreaderApp
from reader.tui.screens.browse import BrowseScreen
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.bars.bars import KeyBar
from reader.tui.widgets.reader.reader_view import ReaderView
from reader.tui.widgets.text.line_view import LineView

SIDE, STACKED, NARROW, LOW = (120, 40), (80, 24), (50, 20), (120, 12)

CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
QUIET = Config(fetch=FetchSettings(enabled=False))
"""The usual settings, but that nothing goes out."""
_ROUNDS = 5
"""How often all queues are waited for: who handles a message may post another, or start a worker."""
FORBIDDEN = re.compile(f"[{CONTROLS}{BIDI}\n\t]")
"""What no line on the screen may hold."""


class Reader:
    """The app as a person has it before them: keys and mouse in, lines of text out."""

    def __init__(self, app: NewsreaderApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def settled(self) -> None:
        """Wait until no worker runs and every message has been handled."""
        quiet = 0
        while quiet < _ROUNDS:
            await self.pilot.pause(0)
            if not await self._idle():
                quiet = 0
                continue
            busy = [worker for worker in self.app.workers if not worker.is_finished]
            quiet = 0 if busy else quiet + 1
            if busy:
                with suppress(WorkerCancelled, WorkerFailed):
                    await self.app.workers.wait_for_complete(busy)

    async def _idle(self) -> bool:
        """Whether no key is held back, and the keeper of the index has nothing to do; if it has, wait for it."""
        if self.browse._held is not None:
            await asyncio.sleep(0.002)  # until the next frame, which brings the focus
            return False
        beside = self.browse._desk._keeper
        keeper = beside.updater if isinstance(beside, UpdaterThread) else None  # a process is not waited for
        if keeper is None or keeper.idle.is_set():
            return True
        await asyncio.to_thread(keeper.idle.wait, 0.05)
        return False

    async def press(self, *keys: str) -> None:
        # As Pilot's, which however waits up to a tenth of a second for an idle processor after each key.
        for key in keys:
            await self.burst(key)

    async def burst(self, *keys: str) -> None:
        """Press keys in one go, as a fast typist over a slow line does."""
        for key in keys:
            char = key if len(key) == 1 else None
            self.app.post_message(events.Key(_character_to_key(key) if char else key, char))
        await self.settled()

    async def click(self, target: type[ArticleList | ArticlePane | ListHeader], x: int, y: int, times: int = 1) -> None:
        await self.pilot.click(target, offset=(x, y), times=times)
        await self.settled()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.settled()

    async def until(self, true: Callable[[], object], seconds: float = 10) -> None:
        """Wait for something that only time brings."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"this did not come:\n{self.text}"
            await asyncio.sleep(0.01)
            await self.settled()

    @property
    def browse(self) -> BrowseScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, BrowseScreen)
        return screen

    @property
    def list(self) -> ArticleList:
        return self.browse.articles

    @property
    def article(self) -> ArticlePane:
        return self.browse.article

    @property
    def focus(self) -> str:
        """``list``, ``article``, ``related`` or ``text``."""
        if self.browse.text_view is not None and self.browse.text_view.has_focus:
            return "text"
        if self.list.has_focus:
            return "list"
        assert self.article.has_focus
        return "related" if self.article.selected >= 0 else "article"

    @property
    def row(self) -> Row:
        assert self.list.row is not None
        return self.list.row

    @property
    def rows(self) -> list[Row]:
        return self.app.library.rows(self.list.view.rowids)

    @property
    def shown(self) -> str:
        """The title in the article pane."""
        return self.article.content.title if self.article.content else ""

    @property
    def message(self) -> str:
        line = self.browse.query_one(KeyBar)
        return " ".join(line.message.split())

    @property
    def header(self) -> str:
        return plain(self.browse.query_one(ListHeader))

    @property
    def lines(self) -> list[str]:
        """The screen as it is, a string a line."""
        # The compositor is private, but what it makes is what the terminal gets.
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def reading(self) -> ReaderView:
        """The reading view, which must show."""
        view = self.browse.text_view
        assert view is not None
        return view

    @property
    def pane(self) -> str:
        """All lines of the article pane, on screen or not."""
        return drawn(self.article)

    @property
    def place(self) -> tuple[int, int, int, int, str]:
        """Selected article, first row of the list, first line of the pane, related item, and where the focus is."""
        return (
            self.list.rowid,
            self.list.scroll_offset.y,
            self.article.scroll_offset.y,
            self.article.selected,
            self.focus,
        )


def plain(widget: ListHeader | ArticleList | LineView) -> str:
    """Return the text of a widget, as far as it is on screen."""
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def drawn(view: LineView) -> str:
    """Return the text of every line of a view."""
    return "\n".join("".join(run.text for run in line) for line in view._lines)


def segments(reader: Reader) -> Iterable[Segment]:
    """Return everything on the screen with its styles."""
    return (segment for strip in reader.app.screen._compositor.render_strips() for segment in strip)


@asynccontextmanager
async def opened(folder: Path, size: tuple[int, int] = SIDE, settings: Config | None = None) -> AsyncIterator[Reader]:
    """Open the app on ``folder`` in a terminal of ``size`` cells."""
    library = Library.open(folder, Paths.of())
    try:
        # In this process, so that it can be waited for; and nothing is noticed that a test does not ask for.
        first = look(library, keeper=UpdaterThread(library, watching=False))
        app = NewsreaderApp(first, settings or QUIET)
        async with app.run_test(size=size) as pilot:
            reader = Reader(app, pilot)
            await reader.settled()
            yield reader
    finally:
        library.close()


def document(title: str = "A title", *fields: str, body: str = "") -> str:
    """Return a document with this title, further lines of front matter, and a body."""
    return "\n".join(["---", f"title: {title}", *fields, "---", body])
