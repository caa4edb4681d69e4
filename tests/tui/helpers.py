"""Runs the app on a folder and waits for its work, never for a fixed time."""

from __future__ import annotations

import asyncio
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import Segment
from textual import events, screen
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkerCancelled, WorkerFailed

from reader.config.settings import Config, FetchSettings
from reader.core.events import FetchEvent
from reader.core.model import Row
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.process_client import UpdaterHandle
from reader.library.library import Library
from reader.startup import load_first_frame
from reader.tui.app import NewsreaderApp
from reader.tui.controllers.links import LinksController
from reader.tui.loaders import text as text_loader
from reader.tui.prompts import PromptScreen
from reader.tui.screens.base import BaseScreen
from reader.tui.screens.main import MainScreen
from reader.tui.session import FetchRequest
from reader.tui.timings import Timings
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.article_pane.content import ArticleContent
from reader.tui.widgets.bars.bars import TopBar
from reader.tui.widgets.bars.progress import BulkFetchBar
from reader.tui.widgets.prompt.prompt import PromptLine
from reader.tui.widgets.reader.reader_view import ReaderView
from reader.tui.widgets.sidebar.sidebar import Sidebar, SidebarTitle
from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.lines import Line

SIDE, STACKED, NARROW, LOW = (120, 40), (80, 24), (50, 20), (120, 12)

CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
FETCH_DISABLED = Config(fetch=FetchSettings(enabled=False))
"""The default settings, but offline."""


def marking_after(seconds: float) -> Config:
    """Return settings with which an article is marked read when it is selected for some time."""
    return replace(FETCH_DISABLED, mark_read="rest", mark_read_after=seconds)


PATIENT = Timings(
    message=3600.0,
    least_message=0.0,
    transient_message=3600.0,
    until_reading=3600.0,
    until_lead_image=0.01,
    idle_gc=3600.0,
    number=0.02,
    key_hold=60.0,
    action_hold=60.0,
)
"""Timings for slow machines: no message is hidden, no key overtaken, and the first line of a
text stays in place, not the middle one. Images appear at once."""
_ROUNDS = 2
"""How often to wait for all queues: handling a message may post another, or start a worker."""
_QUITTING = 1.0
"""Seconds in which the app draws, unless it quits."""
_RESIZING = 0.01
"""Longer than Textual waits for another size."""
FORBIDDEN = re.compile(f"[{CONTROLS}{BIDI}\n\t]")
"""What no line on the screen may contain."""


class Reader:
    """The app as a user sees it: keys and mouse in, lines of text out."""

    def __init__(self, app: NewsreaderApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def settle(self) -> None:
        """Wait until no worker runs and every message is handled."""
        # Pilot.pause() sends a message through every widget, several times over, which took a third of the time of
        # these tests. An event loop with nothing left to call means the same. The list of its calls is private to
        # asyncio.
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        quiet = 0
        while quiet < _ROUNDS:
            await asyncio.sleep(0)
            if ready:
                continue
            if not await self._idle():
                quiet = 0
                continue
            busy = [worker for worker in self.app.workers if not worker.is_finished]
            if busy:
                with suppress(WorkerCancelled, WorkerFailed):
                    await self.app.workers.wait_for_complete(busy)
                quiet = 0
                continue
            await self._draw()
            quiet = 0 if ready else quiet + 1

    async def _draw(self) -> None:
        """Wait until what has changed is drawn."""
        if not self.app.is_running:
            return
        if isinstance(self.app.screen, PromptScreen):
            # The screen below draws at its next frame, which comes before this: the loop runs timers in order.
            await asyncio.sleep(screen.UPDATE_PERIOD)
        drawn = asyncio.Event()
        self.app.call_after_refresh(drawn.set)  # App.wait_for_refresh() fails in an app started by run()
        with suppress(TimeoutError):  # the app has quit
            async with asyncio.timeout(_QUITTING):
                await drawn.wait()

    async def pass_time(self, seconds: float) -> None:
        """Wait until every timer has gone off that runs now and takes no longer."""
        await asyncio.sleep(seconds)  # the loop runs timers in order
        await self.settle()

    async def _idle(self) -> bool:
        """Return whether no key is held back and the updater is idle; if it is not, wait for it."""
        if self.is_gate_closed and self.app.is_running:
            await asyncio.sleep(0.002)  # until the next frame, which moves the focus
            return False
        beside = self.main_screen.folder.updater
        keeper = beside.updater if beside is not None else None  # a process is not waited for
        if keeper is None or keeper.idle.is_set():
            return True
        await asyncio.to_thread(keeper.idle.wait, 0.05)
        return False

    async def press(self, *keys: str) -> None:
        # Like Pilot's method, which also waits up to a tenth of a second for an idle processor after each key.
        for key in keys:
            await self.press_at_once(key)

    async def press_at_once(self, *keys: str) -> None:
        """Press keys all at once, as they arrive over a slow connection."""
        for key in keys:
            self.app.post_message(key_event(key))
        await self.settle()
        while self.app.session.keys.is_undecided and self.app.timings.number < PATIENT.message:
            await self.pass_time(self.app.timings.number)

    async def click(self, target: type[ArticleList | ArticlePane | ListHeader], x: int, y: int, times: int = 1) -> None:
        # By its place on the screen: a prompt is a screen of its own, in which Pilot would not find the widget.
        widget = self.main_screen.query_one(target)
        await self.pilot.click(offset=(widget.region.x + x, widget.region.y + y), times=times)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        # Like Pilot's method, which also waits up to a second for an idle processor.
        size = Size(width, height)
        driver = self.app._driver
        assert isinstance(driver, HeadlessDriver)
        driver._size = size
        self.app.post_message(events.Resize(size, size))
        await self.settle()
        await self.pass_time(_RESIZING)

    async def wait_until(self, true: Callable[[], object], seconds: float = 10) -> None:
        """Wait for something that takes time."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"the condition was not met:\n{self.text}"
            await asyncio.sleep(0.01)
            await self.settle()

    @property
    def main_screen(self) -> MainScreen:
        bottom = self.app.screen_stack[0]
        assert isinstance(bottom, MainScreen)
        return bottom

    @property
    def _bars(self) -> BaseScreen:
        """The screen whose bars show: the reader, else the main screen."""
        return self.main_screen.reader_screen or self.main_screen

    @property
    def _text_view(self) -> ReaderView | None:
        """The reading view, while a text is open."""
        reader = self.main_screen.reader_screen
        return reader.pane.view if reader is not None and self.main_screen.reader.is_open else None

    @property
    def article_list(self) -> ArticleList:
        return self.main_screen.articles

    @property
    def article_pane(self) -> ArticlePane:
        return self.main_screen.article

    @property
    def sort(self) -> Sort:
        """The order of the list."""
        return self.main_screen.session.order.sort

    @property
    def query(self) -> str:
        """The text of the active query."""
        return self.main_screen.session.query.text

    def forget_that_folder_is_read(self) -> None:
        """Have the app take the folder for one that is still being compared with the index."""
        self.main_screen.session.folder_was_read = False

    def report_list_change(self, *, at_start: bool = False) -> None:
        """Do what the index updater does when it has changed the index."""
        self.main_screen.call_later(self.main_screen.session.index_replaced.publish, at_start)

    @property
    def key_bar(self) -> Strip:
        """The last line of the screen."""
        return self._bars.key_bar.render_line(0)

    @property
    def is_reader_open(self) -> bool:
        """Whether the reading view is open and has the focus."""
        return self.main_screen.reader.is_open and not self.is_gate_closed

    @property
    def is_text_loaded(self) -> bool:
        """Whether the reading view has its text."""
        return self._text_view is not None and self._text_view.text is not None

    @property
    def top_bar(self) -> TopBar:
        return self.main_screen.query_one(TopBar)

    @property
    def bulk_fetch_bar(self) -> BulkFetchBar:
        return self._bars.bulk_fetch_bar

    @property
    def sidebar_title(self) -> SidebarTitle:
        return self.main_screen.query_one(SidebarTitle)

    @property
    def prompt(self) -> PromptLine | None:
        """The line of input, if one is open."""
        return self.app.session.prompts.line

    @property
    def sidebar(self) -> Sidebar:
        """The sidebar, which must be shown."""
        assert self.main_screen.panes.sidebar is not None
        return self.main_screen.panes.sidebar

    @property
    def is_main_screen_on_top(self) -> bool:
        return self.app.screen is self.main_screen

    @property
    def fetches(self) -> Mapping[str, object]:
        """The articles whose originals are being fetched, by id."""
        return self.main_screen.session.fetching

    @property
    def cached_rows(self) -> list[Row]:
        """The rows that the list holds in memory, in its order."""
        articles = self.article_list
        return [row for rowid in articles.order.rowids for row in articles.rows.get_all([rowid]) or ()]

    @property
    def pane_layout_width(self) -> int:
        """The width that the article pane is laid out for."""
        line_map = self.article_pane.position.line_map
        assert line_map is not None
        return line_map.width

    @property
    def is_gate_closed(self) -> bool:
        """Whether keys are held back until the focus has moved."""
        return self.app.gate.is_holding

    def close_input_gate(self) -> None:
        """Hold keys back, as before a change of the focus."""
        self.app.gate.hold()

    def clear_message(self) -> None:
        """Show the keys instead of the message."""
        self._bars.key_bar.clear()

    def start_action(self, name: str) -> None:
        """Start an action of the main screen without waiting for it."""
        self.main_screen.commands[name]()

    def reload_list(self) -> None:
        """Load the list again, as after a change of the folder."""
        self.main_screen.list_content.reload()

    def reload_article(self) -> None:
        """Load the article again, as after a change of its file."""
        self.main_screen.reader.reload()

    def load_article(self, rowid: int) -> None:
        """Load an article into the pane without waiting for it."""
        self.main_screen.pane_content.select(rowid)

    def compare_folder(self) -> None:
        """Compare the folder with the index, as after opening it."""
        self.main_screen.folder.refresh()

    def report_folder_change(self) -> None:
        """Do what the watcher of the folder does after a change."""
        self.main_screen.folder.updater.refresh()

    def report_marks_change(self) -> None:
        """Do what the updater of the index does when another window has changed marks."""
        self.main_screen.call_later(self.main_screen.session.marks_changed.publish, None)

    def report_fetch(self, event: FetchEvent) -> None:
        """Do what the fetching process does when something has happened."""
        self.main_screen.call_later(self.main_screen.fetch.receive, event)

    def expect_fetch(self, id_: str, title: str) -> None:
        """Note that the user has requested the original of an article, without fetching it."""
        self.main_screen.session.fetching.setdefault(id_, FetchRequest(title, "fetch"))

    async def scroll_wheel(self, widget: Widget) -> None:
        """Turn the mouse wheel down by a notch over a widget."""
        # Pilot has no public method for the wheel.
        x, y = widget.region.x + 5, widget.region.y + 5
        self.app.post_message(events.MouseScrollDown(None, x, y, 0, 0, 0, False, False, False, x, y))
        await self.settle()

    @property
    def focus(self) -> str:
        """``list``, ``article``, ``related`` or ``text``."""
        if self._text_view is not None and self._text_view.has_focus:
            return "text"
        if self.article_list.has_focus:
            return "list"
        assert self.article_pane.has_focus
        return "related" if self.article_pane.selected >= 0 else "article"

    @property
    def row(self) -> Row:
        assert self.article_list.row is not None
        return self.article_list.row

    @property
    def rows(self) -> list[Row]:
        return self.app.library.articles.rows(self.article_list.order.rowids)

    @property
    def pane_title(self) -> str:
        """The title in the article pane."""
        return self.article_pane.content.article.title if self.article_pane.content else ""

    @property
    def message(self) -> str:
        line = self._bars.key_bar
        return " ".join(line.message.split())

    def y_of(self, row: int) -> int:
        """The line of the list that shows the title of a row of the screen."""
        return row * self.article_list.row_height

    def drawn_row(self, row: int) -> str:
        """What the list shows of the article in a row of the screen, line by line."""
        lines = range(self.y_of(row), self.y_of(row + 1))
        return "\n".join(self.article_list.render_line(y).text for y in lines)

    @property
    def list_header(self) -> str:
        return visible_text(self.main_screen.query_one(ListHeader))

    @property
    def lines(self) -> list[str]:
        """The screen as a list of lines of text."""
        return [strip.text for strip in self.strips]

    @property
    def strips(self) -> list[Strip]:
        """The output for the terminal, as a strip per line."""
        # The compositor is private; in public, Textual draws the screen only as a picture.
        return self.app.screen._compositor.render_strips()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def reader_view(self) -> ReaderView:
        """The reading view, which must be visible."""
        view = self._text_view
        assert view is not None
        return view

    @property
    def pane_text(self) -> str:
        """All lines of the article pane, visible or not."""
        return full_text(self.article_pane)

    @property
    def positions(self) -> tuple[int, int, int, int, str]:
        """Return the selected article, the first rows of list and pane, the related item, and what has the focus."""
        return (
            self.article_list.rowid,
            self.article_list.top,
            self.article_pane.scroll_offset.y,
            self.article_pane.selected,
            self.focus,
        )


def key_event(key: str) -> events.Key:
    """Return the event of a key, or of a character as the terminal sends it."""
    if len(key) > 1 or key.isalnum():
        return events.Key(key, key_to_character(key))
    name = unicodedata.name(key).lower().replace("-", "_").replace(" ", "_")
    return events.Key(KEY_NAME_REPLACEMENTS.get(name, name), key)


def visible_text(widget: ListHeader | ArticleList | LineView) -> str:
    """Return the visible text of a widget."""
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def full_text(view: LineView) -> str:
    """Return the text of every line of a view."""
    return "\n".join("".join(run.text for run in line) for line in lines_of(view))


def record_opened_urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that receives the URLs the app opens in a browser."""
    urls: list[str] = []
    monkeypatch.setattr(LinksController, "open", lambda self, url, nothing="": urls.append(url))
    return urls


async def until(true: Callable[[], object]) -> None:
    """Wait for something while a worker is held back."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)  # rarely: keys are released when the app is idle


def delay_texts(monkeypatch: pytest.MonkeyPatch, wait: Callable[[str], None]) -> None:
    """Call ``wait`` with the title of each text, in the thread that has loaded it."""
    load = text_loader.load_text

    def load_slowly(library: Library, subject: ArticleContent, bodies: object) -> object:
        text = load(library, subject, bodies)  # type: ignore[arg-type]
        wait(text.title)
        return text

    monkeypatch.setattr(text_loader, "load_text", load_slowly)


def lines_of(view: LineView) -> Sequence[Line]:
    """Return every line of a view, visible or not."""
    return view.lines


def left_margin(view: LineView) -> int:
    """Return the number of cells to the left of the text of a view."""
    return view.margin


def segments(reader: Reader) -> Iterable[Segment]:
    """Return the whole screen with its styles."""
    return (segment for strip in reader.strips for segment in strip)


@asynccontextmanager
async def open_app(
    folder: Path,
    size: tuple[int, int] = SIDE,
    settings: Config | None = None,
    timings: Timings = PATIENT,
    *,
    few_colors: bool = False,
    grouping: bool = False,
) -> AsyncIterator[Reader]:
    """Open the app on ``folder`` in a terminal of ``size`` cells; with ``grouping``, it finds stories."""
    library = Library.open(folder, Paths.from_environment())
    try:
        # In this process, so that it can be waited for; and nothing is noticed that a test does not ask for.
        first = load_first_frame(
            library, updater=UpdaterHandle(library, in_thread=True, watching=False, grouping=grouping)
        )
        app = NewsreaderApp(first, settings or FETCH_DISABLED, timings, few_colors=few_colors)
        app.session.fetches_in_thread = True
        async with app.run_test(size=size) as pilot:
            reader = Reader(app, pilot)
            await reader.settle()
            yield reader
    finally:
        library.close()


def document(title: str = "A title", *fields: str, body: str = "") -> str:
    """Return a document with this title, further lines of front matter, and a body."""
    return "\n".join(["---", f"title: {title}", *fields, "---", body])
