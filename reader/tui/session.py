"""What the controllers share: the library, services of the app, the state of the screen, and signals."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeVar

from reader.core.errors import ReaderError
from reader.core.events import BulkProgress, FetchAttempted, FetchResult, Progress
from reader.core.text import clean
from reader.tui.keys import bindings

if TYPE_CHECKING:
    from reader.config.settings import Config
    from reader.core.events import FetchResult
    from reader.core.model import Counts, Row
    from reader.core.ordering import ArticleOrder
    from reader.library.library import Library
    from reader.query.ast import Query
    from reader.query.fields import TextField
    from reader.tui.background import Background
    from reader.tui.input_gate import InputGate
    from reader.tui.prompts import Prompts
    from reader.tui.timings import Timings
    from reader.tui.widgets.text.highlight import Term
    from reader.workers.body_parser import BodyParser

T = TypeVar("T")
FetchMode = Literal["fetch", "force", "archive"]
"""How a page is fetched: unless it was within the hour; in any case; or from the web archive too."""


class Signal(Generic[T]):
    """Tells its subscribers, in the order of their subscription."""

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
    """The query that the list answers, as it was written; without one, the list shows everything."""

    text: str = ""
    query: Query | None = None
    title_terms: tuple[Term, ...] = ()
    """The words to highlight in titles."""
    body_terms: tuple[Term, ...] = ()
    """The words to highlight in excerpts and texts."""

    @classmethod
    def of(cls, text: str, query: Query) -> ActiveQuery:
        """Return ``query`` with its words; one without conditions is no query."""
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
    """The list before a query was written, to come back to."""

    rowid: int
    """The selected article."""
    top: int
    """The first row on the screen."""
    unmatched: frozenset[int] = frozenset()
    """Articles that no longer matched and had stayed."""
    anchor_rowid: int = -1
    """Where a selection of several began, or -1."""


class FolderState(NamedTuple):
    """How far the folder is read."""

    progress: Progress = Progress(finished=True)
    """Of the refresh that goes on, or of the last one."""
    was_read: bool = False
    """Whether a refresh has come to its end in this run."""
    is_away: bool = False
    """Whether the folder cannot be read now."""


class MarksChange(NamedTuple):
    """Marks that have changed, here or by another program."""

    rows: tuple[Row, ...] = ()
    """The rows with their new marks; none when there are too many, or they are not known."""
    by_query: bool = True
    """Whether any article may have changed, and the saved views too, as after undo or an import."""


class FetchOutcome(NamedTuple):
    """The end of a fetch that somebody asked for."""

    result: FetchResult
    mode: FetchMode
    is_opening: bool
    """Whether the text was just being opened, so that a page in the cache is no news."""


class FetchRequest(NamedTuple):
    """A fetch under way that somebody asked for."""

    title: str = ""
    mode: FetchMode = "fetch"
    is_opening: bool = True


class ShowMessage(Protocol):
    """Shows a sentence in the last line of the screen."""

    def __call__(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show ``text``; a ``transient`` message goes with the next key."""


class Services(NamedTuple):
    """What the app lends to the controllers."""

    background: Background
    gate: InputGate
    prompts: Prompts
    show_message: ShowMessage
    show_reader: Callable[[], Awaitable[None]]
    """Puts the reader on the screen, and returns once it is laid out."""
    hide_reader: Callable[[], None]
    """Takes it away."""
    first_frame_shown: Callable[[], None]
    """Hears that there is something on the screen."""
    copy_to_clipboard: Callable[[str], None]
    screen_width: Callable[[], int]
    """Returns the columns of the terminal."""


class Session:
    """One open library on the screen."""

    def __init__(
        self,
        library: Library,
        config: Config,
        timings: Timings,
        services: Services,
        *,
        order: ArticleOrder,
        counts: Counts,
    ) -> None:
        self.library = library
        self.config = config
        self.timings = timings
        self.background = services.background
        self.gate = services.gate
        self.prompts = services.prompts
        self.show_message = services.show_message
        self.services = services
        # State that several controllers read; each field has one writer.
        self.query = ActiveQuery()
        self.order = order
        """What the list shows."""
        self.counts = counts
        self.folder = FolderState()
        self.saved_changes = 0
        """Changes of marks on disk; rows that were read when there were fewer may be out of date."""
        self.reading_id = ""
        """The id of the article whose text the reader shows; empty when it shows none."""
        self.fetching: dict[str, FetchRequest] = {}
        """The fetches under way that somebody asked for, by article id."""
        self._guard = threading.Lock()
        self._body_parser: BodyParser | None = None
        self._is_closed = False
        # Signals.
        self.marks_changed = Signal[MarksChange]()
        self.articles_changed = Signal["ArticleOrder"]()
        self.pages_changed = Signal[None]()
        self.indexing_progressed = Signal[Progress]()
        self.index_replaced = Signal[None]()
        """Another program has changed the index, or there is a new one."""
        self.folder_away = Signal[bool]()
        self.counts_changed = Signal["Counts"]()
        self.query_changed = Signal[ActiveQuery]()
        """Another text of the same query, so that the list stays."""
        self.list_failed = Signal[Exception]()
        self.index_damaged = Signal[None]()
        self.fetch_attempted = Signal[FetchAttempted]()
        self.fetch_finished = Signal[FetchOutcome]()
        self.bulk_progress = Signal[BulkProgress]()

    def body_parser(self) -> BodyParser:
        """Return what parses the bodies of documents; for worker threads."""
        from reader.workers.body_parser import BodyParser

        with self._guard:
            if self._body_parser is None:
                self._body_parser = BodyParser()
                if self._is_closed:
                    self._body_parser.close()
            return self._body_parser

    def close(self) -> None:
        """End the process that parses bodies."""
        with self._guard:
            self._is_closed = True
            if self._body_parser is not None:
                self._body_parser.close()

    @property
    def keymap(self) -> Mapping[str, str]:
        """The user's own keys, by the name of the action."""
        return self.config.keys

    def key(self, action: str) -> str:
        """Return the first key of ``action``, as a user calls it."""
        return bindings.first_key(action, self.keymap)

    def set_counts(self, counts: Counts) -> None:
        """Tell everyone how many articles there are now."""
        self.counts = counts
        self.counts_changed.publish(counts)

    def save_setting(self, name: str, value: str) -> None:
        """Save a small value for the next run."""
        self.background.save(self.library.settings.set, name, value)

    def report_damage(self, error: Exception) -> None:
        """Have the index rebuilt if ``error`` says that it is damaged."""
        if isinstance(error, ReaderError) and error.damaged:
            self.index_damaged.publish(None)

    def ids_of(self, rowids: Sequence[int]) -> list[str]:
        """Return the ids of articles; for worker threads."""
        return self.library.articles.ids(rowids)
