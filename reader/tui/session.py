"""What the controllers share: the library, services of the app, the state of the screen and signals."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeVar

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, DownloadProgress, FetchAttempted, FetchResult, ImageFetched, Progress
from reader.core.text import clean
from reader.tui.background import Background
from reader.tui.input_gate import InputGate
from reader.tui.keys import bindings
from reader.tui.keys.dispatcher import KeyDispatcher
from reader.tui.loaders.watched_files import WatchedFiles
from reader.tui.prompts import Prompts

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from reader.config.settings import Config
    from reader.core.model import Counts, Row
    from reader.core.ordering import ArticleOrder
    from reader.query.ast import Query, TextField
    from reader.startup import FirstFrame
    from reader.tui.terminal.private_files import PrivateFolder
    from reader.tui.timings import Timings
    from reader.tui.widgets.text.highlight import Term
    from reader.workers.body_parser import BodyParser

T = TypeVar("T")
FetchMode = Literal["fetch", "force", "archive"]
"""How a page is fetched: unless it was fetched within the hour; in any case; or also from the web archive."""


class Signal(Generic[T]):
    """Calls its subscribers in the order of their subscription."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[T], object]] = []

    def subscribe(self, callback: Callable[[T], object]) -> None:
        """Call ``callback`` with every value that is published."""
        self._subscribers.append(callback)

    def publish(self, value: T) -> None:
        """Call every subscriber."""
        for callback in self._subscribers:
            callback(value)


class ActiveQuery(NamedTuple):
    """The query that the list answers, as typed; without one, the list shows everything."""

    text: str = ""
    query: Query | None = None
    title_terms: tuple[Term, ...] = ()
    """The words to highlight in titles."""
    body_terms: tuple[Term, ...] = ()
    """The words to highlight in excerpts and texts."""

    @classmethod
    def of(cls, text: str, query: Query) -> ActiveQuery:
        """Return ``query`` with its words; a query without conditions is an empty one."""
        from reader.query.ast import Query  # imported late: the first frame has no query

        if query == Query():
            return cls(text)
        return cls(text, query, _terms(query, "any", "title"), _terms(query, "any", "excerpt", "body", "text"))

    @property
    def label(self) -> str:
        """The text as a safe line."""
        return clean(self.text)


def _terms(query: Query, *fields: TextField) -> tuple[Term, ...]:
    from reader.query.completion import query_words
    from reader.tui.widgets.text.highlight import parse_term

    terms = (parse_term(word.text, prefix=word.prefix) for word in query_words(query.where, fields))
    return tuple(term for term in terms if term is not None)


class ListSnapshot(NamedTuple):
    """The list before the prompt opened, to return to."""

    rowid: int
    """The selected article."""
    top: int | None
    """The first row on the screen; None if the selected article is to stay on its row."""
    unmatched: frozenset[int] = frozenset()
    """Articles that no longer matched but had stayed."""
    anchor_rowid: int = -1
    """Where the selected range began, or -1."""


class FetchRequest(NamedTuple):
    """A running fetch that the user requested."""

    title: str = ""
    mode: FetchMode = "fetch"
    is_opening: bool = True
    """Whether the text was being opened, so that a cached page needs no message."""


class ShowMessage(Protocol):
    """Shows a sentence in the last line of the screen."""

    def __call__(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show ``text``; a ``transient`` message goes with the next key."""


class Session:
    """One open library in the app."""

    def __init__(
        self, app: App[None], first: FirstFrame, config: Config, timings: Timings, show_message: ShowMessage
    ) -> None:
        self.app = app
        self.library = first.library
        self.config = config
        self.timings = timings
        self.show_message = show_message
        self.background = Background(app, self._report_failure)
        self.gate = InputGate(app, timings, config.keys)
        self.keys = KeyDispatcher(app, self.gate, config, timings.number)
        self.gate.is_busy = lambda: self._body_parser is not None and bool(self._body_parser.in_sandbox)
        self.prompts = Prompts(app, self.gate)
        # State that several controllers read; each field has one writer.
        self.query = ActiveQuery()
        self.view = ""
        """The name of the saved view whose query the list answers; may be empty."""
        self.order = first.order
        """What the list shows."""
        self.counts = first.counts
        self.matching: int | None = None
        """The set of row ids that match the query of the list; None without a query."""
        self.progress = Progress(finished=True)
        """The progress of the refresh that is running, or of the last one."""
        self.folder_was_read = False
        """Whether a refresh has finished in this run."""
        self.folder_is_away = False
        """Whether the folder cannot be read now."""
        self.can_undo = True
        """Whether there is a change of marks or views to undo, as far as is known."""
        self.saved_changes = 0
        """The number of mark changes on disk; rows that were read at a lower number may be out of date."""
        self.reading_id = ""
        """The id of the article in the reader; empty if none is open."""
        self.fetching: dict[str, FetchRequest] = {}
        """The running fetches that the user requested, by article id."""
        self.fetches_in_thread = False
        """Whether a thread fetches instead of a process; it has to be set before the first fetch."""
        self.files = WatchedFiles(timings.files_poll, self._report_unwatched)
        self._guard = threading.Lock()
        self._body_parser: BodyParser | None = None
        self._private: PrivateFolder | None = None
        self._is_closed = False
        # Signals.
        self.first_frame_shown = Signal[None]()
        self.marks_changed: Signal[Sequence[Row] | None] = Signal()
        """The rows with their new marks; None if any article may have changed, and saved views too, as after undo."""
        self.articles_changed: Signal[ArticleOrder] = Signal()
        self.pages_changed = Signal[None]()
        self.indexing_progressed = Signal[Progress]()
        self.originals_wanted = Signal[list[int]]()
        self.index_replaced = Signal[bool]()
        """See :class:`reader.core.events.IndexChanged`; gets its ``at_start``."""
        self.can_undo_changed = Signal[None]()
        self.folder_away = Signal[bool]()
        self.counts_changed: Signal[Counts] = Signal()
        self.query_changed = Signal[ActiveQuery]()
        """The text of the query or the name of its view has changed but not its meaning, so that the list stays."""
        self.list_failed = Signal[Exception]()
        self.index_damaged = Signal[None]()
        self.config_changed: Signal[Config] = Signal()
        """The settings have changed; the value is what they were before."""
        self.fetch_attempted = Signal[FetchAttempted]()
        self.fetch_finished = Signal[tuple[FetchResult, FetchRequest]]()
        self.bulk_progress = Signal[BulkProgress]()
        self.image_fetched = Signal[ImageFetched]()
        self.download_progressed = Signal[DownloadProgress]()
        self.downloads_changed = Signal[Sequence[DownloadProgress]]()
        """The progress of each download that is running."""

    def private_folder(self) -> PrivateFolder:
        """Return the folder for files that other programs read, created on first use."""
        from reader.tui.terminal.private_files import PrivateFolder

        self._private = self._private or PrivateFolder(self.library.paths.cache if self.library.paths else None)
        return self._private

    def remove_private_files(self) -> None:
        """Delete files that only a proper exit would delete. For any thread. May raise OSError."""
        if self._private is not None:
            self._private.remove()

    def remove_leftovers(self) -> None:
        """Delete the private files of processes that were killed. For any thread."""
        from reader.tui.terminal.private_files import remove_leftovers

        if self.library.paths is not None:
            remove_leftovers(self.library.paths.cache)

    def body_parser(self) -> BodyParser:
        """Return the parser of document bodies; for worker threads."""
        from reader.workers.body_parser import BodyParser
        from reader.workers.sandbox import SandboxLimits

        with self._guard:
            if self._body_parser is None:
                self._body_parser = BodyParser(limits=SandboxLimits(idle_seconds=self.timings.process_idle))
                if self._is_closed:
                    self._body_parser.close()
            return self._body_parser

    def close(self) -> None:
        """End the process that parses bodies, and the thread that watches files."""
        self.files.close()
        with self._guard:
            self._is_closed = True
            if self._body_parser is not None:
                self._body_parser.close()

    def change_config(self, config: Config) -> None:
        """Put other settings in force."""
        before, self.config = self.config, config
        self.gate.take_keys(config.keys)
        self.keys.take_config(config)
        self.config_changed.publish(before)

    def key(self, action: str) -> str:
        """Return the first key of ``action``, as a label."""
        return bindings.first_key(action, self.config.keys)

    @property
    def undo_hint(self) -> str:
        """How to undo what was just done; the end of a message."""
        return f"{self.key('undo')} undoes it."

    def set_counts(self, counts: Counts) -> None:
        """Publish the number of articles."""
        self.counts = counts
        self.counts_changed.publish(counts)

    def set_can_undo(self, can_undo: bool) -> None:
        """Publish whether there is something to undo."""
        if can_undo != self.can_undo:
            self.can_undo = can_undo
            self.can_undo_changed.publish(None)

    def save_setting(self, name: str, value: str) -> None:
        """Save a setting for the next run."""
        self.background.save(self.library.settings.set, name, value)

    def open_dialog(self, load: Callable[[], Awaitable[Screen[None] | None]], group: str) -> None:
        """Show the dialog that ``load`` returns, if any; keys wait for it. ``group`` is that of the job."""
        self.gate.hold(for_input=True)

        async def job() -> None:
            screen = None
            try:
                screen = await load()
            finally:
                if screen is None or self.gate.is_closed:
                    self.gate.release(to_input=True)
            if screen is not None and not self.gate.is_closed:
                self.gate.hold(for_input=True)
                self.app.push_screen(screen)

        self.background.start(job, group)

    def report_damage(self, error: Exception) -> None:
        """Have the index rebuilt if ``error`` says that it is damaged."""
        if isinstance(error, ReaderError) and error.damaged:
            self.index_damaged.publish(None)

    def _report_unwatched(self, file: str) -> None:
        self.background.post(self.show_message, f"Changes to {file} are no longer detected.", warning=True)

    def _report_failure(self, error: Exception) -> None:
        from reader.tui.widgets.article_pane.placeholders import error_text

        self.show_message(error_text(error), warning=True)
