"""Opens the app on a folder and waits for what it does, never for the clock."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from rich.segment import Segment
from textual import events
from textual.events import MouseScrollDown
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkerCancelled, WorkerFailed

from reader.config.settings import Config, FetchSettings
from reader.core.events import FetchEvent
from reader.core.model import Row
from reader.core.ordering import ArticleOrder, Sort
from reader.core.paths import Paths
from reader.indexing.remote import UpdaterThread
from reader.library.library import Library
from reader.startup import load_first_frame
from reader.tui.app import NewsreaderApp
from reader.tui.controllers.links import LinksController
from reader.tui.loaders import text as text_loader
from reader.tui.screens.base import BaseScreen
from reader.tui.screens.main import MainScreen
from reader.tui.session import FetchRequest, MarksChange
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
"""The usual settings, but that nothing goes out."""
PATIENT = Timings(until_read=3600.0, message=3600.0, until_lead_image=0.01, idle_gc=3600.0)
"""Timings under which a slow machine marks no article read and takes no message away; images come at once."""
_ROUNDS = 2
"""How often all queues are waited for: who handles a message may post another, or start a worker."""
FORBIDDEN = re.compile(f"[{CONTROLS}{BIDI}\n\t]")
"""What no line on the screen may hold."""


class Reader:
    """The app as a person has it before them: keys and mouse in, lines of text out."""

    def __init__(self, app: NewsreaderApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def settle(self) -> None:
        """Wait until no worker runs and every message has been handled."""
        # Pilot.pause() sends a message through every widget, several times over: a third of all the time these tests
        # took. A loop that has nothing left to call says the same at once. The list of what it has to call is private
        # to asyncio.
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
            if self.app.is_running:
                self.app.screen._on_timer_update()  # draw now what the next frame would
            quiet = 0 if ready else quiet + 1

    async def _idle(self) -> bool:
        """Whether no key is held back, and the keeper of the index has nothing to do; if it has, wait for it."""
        if self.is_gate_closed:
            await asyncio.sleep(0.002)  # until the next frame, which brings the focus
            return False
        beside = self.main_screen.folder.updater
        keeper = beside.updater if isinstance(beside, UpdaterThread) else None  # a process is not waited for
        if keeper is None or keeper.idle.is_set():
            return True
        await asyncio.to_thread(keeper.idle.wait, 0.05)
        return False

    async def press(self, *keys: str) -> None:
        # As Pilot's, which however waits up to a tenth of a second for an idle processor after each key.
        for key in keys:
            await self.press_at_once(key)

    async def press_at_once(self, *keys: str) -> None:
        """Press keys in one go, as a fast typist over a slow line does."""
        for key in keys:
            char = key if len(key) == 1 else None
            self.app.post_message(events.Key(_character_to_key(key) if char else key, char))
        await self.settle()

    async def click(self, target: type[ArticleList | ArticlePane | ListHeader], x: int, y: int, times: int = 1) -> None:
        await self.pilot.click(target, offset=(x, y), times=times)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    async def wait_until(self, true: Callable[[], object], seconds: float = 10) -> None:
        """Wait for something that only time brings."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"this did not come:\n{self.text}"
            await asyncio.sleep(0.01)
            await self.settle()

    @property
    def main_screen(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def _bars(self) -> BaseScreen:
        """The screen whose bars show: the reader, else the main screen."""
        return self.app.reader_screen or self.main_screen

    @property
    def _text_view(self) -> ReaderView | None:
        """The reading view, while a text is open."""
        reader = self.app.reader_screen
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
        return self.main_screen.list_content.sort

    @property
    def query(self) -> str:
        """The text of the active query."""
        return self.main_screen.session.query.text

    def forget_that_folder_is_read(self) -> None:
        """Have the app take the folder for one that is still being compared with the index."""
        self.main_screen.session.folder = self.main_screen.session.folder._replace(was_read=False)

    def report_list_change(self) -> None:
        """Do what the updater of the index does when it has changed the index."""
        self.main_screen.call_later(self.main_screen.session.index_replaced.publish, None)

    @property
    def key_bar(self) -> Strip:
        """The last line of the screen."""
        return self._bars.key_bar.render_line(0)

    @property
    def is_reader_open(self) -> bool:
        """Whether the reading view is open, with the focus in it."""
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
        return self.app.prompts.line

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
    def image_requests(self) -> Collection[object]:
        """The images that are being loaded or fetched."""
        return self.main_screen.images._images._fetching

    @property
    def cached_rows(self) -> list[Row]:
        """The rows that the list has in memory, in their order."""
        rows = map(self.article_list._rows.get, self.article_list.order.rowids)
        return [row for row in rows if row is not None]

    @property
    def pane_layout_width(self) -> int:
        """The width for which the article pane is laid out."""
        return self.article_pane._layout.width

    @property
    def text_position(self) -> object:
        """The position in the text of the first line on screen."""
        return self.reader_view.position._top

    @property
    def is_scrolling(self) -> bool:
        """Whether images wait for the reading view to come to rest."""
        return self.reader_view._images._timer is not None

    @property
    def first_match(self) -> int:
        """The line of the reading view with the first match of the search in it."""
        assert self.reader_view._search_matches
        return self.reader_view._search_matches.line(0)

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
        """Load the list anew, as after a change of the folder."""
        self.main_screen.list_content.reload()

    def reload_article(self) -> None:
        """Load the article anew, as after a change of its file."""
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
        self.main_screen.call_later(self.main_screen.session.marks_changed.publish, MarksChange())

    def report_lists_change(self, *, folder_read: bool = True) -> None:
        """Do what the updater of the index does when it has changed the index."""
        self.main_screen.session.folder = self.main_screen.session.folder._replace(was_read=folder_read)
        self.main_screen.call_later(self.main_screen.session.index_replaced.publish, None)

    def report_fetch(self, event: FetchEvent) -> None:
        """Do what the fetch service does when something has happened."""
        self.main_screen.call_later(self.main_screen.fetch._receive, event)

    def report_loaded_list(self, order: ArticleOrder, rows: list[Row], selected: int) -> None:
        """Do what a worker does that has loaded a list with this article selected."""
        # Two modules of the list loader, which are imported late.
        from reader.tui.loaders.article_list import ListRequest, LoadedList

        request = ListRequest(order.sort, None, selected, self.main_screen.size.height)
        counts, index = self.app.library.counts(), order.index_of(selected)
        name = self.main_screen.list_content._name
        loaded = LoadedList(order, rows, counts, index, None, False, 0, frozenset(), name, None)
        self.main_screen.call_later(self.main_screen.list_content._show, request, loaded)

    def expect_fetch(self, id_: str, title: str) -> None:
        """Note that the user has asked for the original of an article, without fetching it."""
        self.main_screen.session.fetching.setdefault(id_, FetchRequest(title, "fetch"))

    def age_text(self, seconds: float) -> None:
        """Have the text in the reading view shown that much longer ago."""
        self.reader_view._shown_at -= seconds

    @property
    def is_read_timer_running(self) -> bool:
        """Whether a timer runs that will mark the selected article read."""
        timer = self.main_screen.marks._read_timer
        return timer is not None and timer._task is not None and not timer._task.done()

    async def scroll_wheel(self, widget: Widget) -> None:
        """Turn the mouse wheel down by a notch over a widget."""
        # Pilot has no public method for the wheel.
        await self.pilot._post_mouse_events([MouseScrollDown], widget, offset=(5, 5))

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
        return self.article_pane.content.title if self.article_pane.content else ""

    @property
    def message(self) -> str:
        line = self._bars.key_bar
        return " ".join(line.message.split())

    @property
    def list_header(self) -> str:
        return visible_text(self.main_screen.query_one(ListHeader))

    @property
    def lines(self) -> list[str]:
        """The screen as it is, a string a line."""
        # The compositor is private, but what it makes is what the terminal gets.
        return [strip.text for strip in self.strips]

    @property
    def strips(self) -> list[Strip]:
        """What the terminal gets, a strip a line."""
        return self.app.screen._compositor.render_strips()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def reader_view(self) -> ReaderView:
        """The reading view, which must show."""
        view = self._text_view
        assert view is not None
        return view

    @property
    def pane_text(self) -> str:
        """All lines of the article pane, on screen or not."""
        return full_text(self.article_pane)

    @property
    def positions(self) -> tuple[int, int, int, int, str]:
        """Selected article, first row of the list, first line of the pane, related item, and where the focus is."""
        return (
            self.article_list.rowid,
            self.article_list.scroll_offset.y,
            self.article_pane.scroll_offset.y,
            self.article_pane.selected,
            self.focus,
        )


def visible_text(widget: ListHeader | ArticleList | LineView) -> str:
    """Return the text of a widget, as far as it is on screen."""
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def full_text(view: LineView) -> str:
    """Return the text of every line of a view."""
    return "\n".join("".join(run.text for run in line) for line in lines_of(view))


def record_opened_urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that receives the addresses the app opens in a browser."""
    urls: list[str] = []
    monkeypatch.setattr(LinksController, "open", lambda self, url, nothing="": urls.append(url))
    return urls


def delay_texts(monkeypatch: pytest.MonkeyPatch, wait: Callable[[str], None]) -> None:
    """Call ``wait`` with the title of each text, in the thread that has loaded it."""
    load = text_loader.load_text

    def load_slowly(library: Library, subject: ArticleContent, bodies: object) -> object:
        text = load(library, subject, bodies)  # type: ignore[arg-type]
        wait(text.title)
        return text

    monkeypatch.setattr(text_loader, "load_text", load_slowly)


def lines_of(view: LineView) -> Sequence[Line]:
    """Return every line of a view, on screen or not."""
    return view.lines


def left_margin(view: LineView) -> int:
    """Return the cells between the left edge of a view and its text."""
    return view.margin


def segments(reader: Reader) -> Iterable[Segment]:
    """Return everything on the screen with its styles."""
    return (segment for strip in reader.strips for segment in strip)


@asynccontextmanager
async def open_app(
    folder: Path, size: tuple[int, int] = SIDE, settings: Config | None = None, timings: Timings = PATIENT
) -> AsyncIterator[Reader]:
    """Open the app on ``folder`` in a terminal of ``size`` cells."""
    library = Library.open(folder, Paths.from_environment())
    try:
        # In this process, so that it can be waited for; and nothing is noticed that a test does not ask for.
        first = load_first_frame(library, updater=UpdaterThread(library, watching=False))
        app = NewsreaderApp(first, settings or FETCH_DISABLED, timings)
        async with app.run_test(size=size) as pilot:
            reader = Reader(app, pilot)
            await reader.settle()
            yield reader
    finally:
        library.close()


def document(title: str = "A title", *fields: str, body: str = "") -> str:
    """Return a document with this title, further lines of front matter, and a body."""
    return "\n".join(["---", f"title: {title}", *fields, "---", body])
