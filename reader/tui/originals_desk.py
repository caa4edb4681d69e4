"""Requests about originals: texts to read, kept pages, and the process that fetches. Nothing here touches a widget."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

from textual.message import Message

from reader.core.errors import ReaderError
from reader.tui import messages

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.core.events import FetchEvent
    from reader.core.model import Links
    from reader.fetching.remote import FetchClient
    from reader.images.model import RenderedImage
    from reader.library.library import Library
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.lines import ReaderText, TextNotice
    from reader.workers.body_parser import BodyParser


MEASURE = "text-width"
"""The fact by which the width of the column is kept between runs."""


class Run(Protocol):
    """Carries something out in a worker thread of a group; with ``exclusive``, the latest of the group alone counts."""

    def __call__(self, work: Callable[[], object], group: str, *, exclusive: bool = True) -> None:
        """Begin it."""


Order: TypeAlias = "Callable[[FetchClient], None]"


@dataclass(slots=True)
class _Place:
    """The place of an order among others, which must not come before it."""

    order: Order | None = None
    begins: bool = True
    """Whether it is a reason to start the process."""
    ready: bool = False
    """Whether it is known what is to be ordered."""


class OriginalsDesk:
    """Asks the library and the fetching process on behalf of a screen."""

    def __init__(
        self,
        library: Library,
        settings: FetchSettings,
        bodies: Callable[[], BodyParser],
        run: Run,
        post: Callable[[Message], object],
    ) -> None:
        self._library = library
        self._bodies = bodies
        self._settings = settings
        self._run = run
        self._post = post
        self._guard = threading.Lock()
        self._process: FetchClient | None = None
        self._many: deque[_Place] = deque()
        """Orders about the many that are not handed over yet."""
        self._closed = False
        self._refits = 0

    @property
    def refusal(self) -> str:
        """Why nothing may be fetched, in a sentence; empty where it may."""
        return self._settings.refusal

    def recall(self, name: str) -> None:
        """Ask what was kept under ``name`` between runs; the answer is messages.Recalled."""
        self._run(lambda: self._post(messages.Recalled(name, self._library.settings.get(name) or "")), "recall",
                  exclusive=False)  # fmt: skip

    def text(self, subject: ArticleContent | int, width: int, turn: int, *, now: ReaderText | None = None) -> None:
        """Ask for the text of a document, or of a related item, laid out for ``width`` cells.

        ``turn`` comes back with the answer. ``now`` is what is shown of it already: there may be a page since.
        """

        def work() -> None:
            from reader.tui.widgets.reader.content import load_text, with_cached_page
            from reader.tui.widgets.reader.lines import lay_out_text

            try:
                text = load_text(self._library, subject, self._bodies())
            except ReaderError as error:
                if now is None:
                    self._post(messages.TextFailed(error, turn))
                    return
                text = with_cached_page(self._library, now)  # its document is gone
            if now is not None and now.id != text.id:
                text = with_cached_page(self._library, now)  # it is of another article now
            laid = lay_out_text(text, width, datetime.now().astimezone())
            place = self._library.positions.article(text.id, "text") if text.id else None
            self._post(messages.TextLoaded(text, laid, turn, place=place, again=now is not None))

        self._run(work, "text")

    def refit(
        self, text: ReaderText, width: int, notices: Sequence[TextNotice], pictures: Mapping[str, RenderedImage | str]
    ) -> None:
        """Ask for the lines of a text that is shown already, for another width, with other notices or pictures."""
        self._refits += 1
        which = self._refits

        def work() -> None:
            from reader.tui.widgets.reader.lines import lay_out_text

            laid = lay_out_text(text, width, datetime.now().astimezone(), notices, pictures)
            if which == self._refits:  # else a later one, which may be ready sooner, has more in it
                self._post(messages.TextRefitted(text, laid))

        self._run(work, "refit-text")

    # Fetching.

    def fetch(self, id_: str, links: Links, *, force: bool = False, archive: bool = False) -> None:
        """Ask for the original of an article; the answers are :class:`messages.Fetching`."""
        self._order(lambda process: process.fetch(id_, links, force=force, archive=archive))

    def image(self, url: str) -> None:
        """Ask for an image to be fetched and kept; the answer is a ImageFetched among messages.Fetching."""
        self._order(lambda process: process.fetch_image(url))

    def drop_image(self, url: str) -> None:
        """Ask to give an image up."""
        self._order(lambda process: process.cancel_image(url), begins=False)

    def cancel(self, id_: str) -> None:
        """Ask to give one up."""
        self._order(lambda process: process.cancel(id_), begins=False)

    def gather(self, rowids: Sequence[int]) -> None:
        """Ask for the originals of many documents, those that have a page left out."""
        place = _Place()

        def work() -> None:
            try:
                ids = self._library.articles.ids(rowids)
                missing = self._library.pages.missing(ids)
                self._post(messages.Gathering(len(missing), len(ids) - len(missing)))
                if missing:
                    place.order = lambda process: process.fetch_all(missing)
            finally:
                place.ready = True
                self._pass_on()

        with self._guard:
            self._many.append(place)
        self._run(work, "gather", exclusive=False)

    def pause(self) -> None:
        """Ask to begin no further one of the many."""
        self._order_many(lambda process: process.pause())

    def resume(self) -> None:
        """Ask to end the pause."""
        self._order_many(lambda process: process.resume())

    def stop(self) -> None:
        """Ask to give the many up."""
        self._order_many(lambda process: process.stop())

    def close(self) -> None:
        """End the process that fetches; what is kept is kept whole."""
        with self._guard:
            self._closed = True
            process = self._process
        if process is not None:
            process.close()

    # Orders arrive as they are asked for: they are handed over at once, which never waits, and those about the many
    # in a queue, because a thread looks up first what is to be gathered.

    def _order(self, order: Order, *, begins: bool = True) -> None:
        with self._guard:
            self._hand_over(order, begins=begins)

    def _order_many(self, order: Order) -> None:
        with self._guard:
            self._many.append(_Place(order, begins=False, ready=True))
        self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            while self._many and self._many[0].ready:
                place = self._many.popleft()
                if place.order is not None:
                    self._hand_over(place.order, begins=place.begins)

    def _hand_over(self, order: Order, *, begins: bool) -> None:
        if self._closed or (self._process is None and not begins):
            return  # nobody has anything to stop
        if self._process is None:
            from reader.fetching.remote import FetchClient

            self._process = FetchClient(self._library, self._library.paths, self._settings, self._hear)
        order(self._process)

    def _hear(self, news: FetchEvent) -> None:
        self._post(messages.Fetching(news))
