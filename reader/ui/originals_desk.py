"""Requests about originals: texts to read, kept pages, and the process that fetches. Nothing here touches a widget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from reader.errors import ReaderError
from reader.ui import messages

if TYPE_CHECKING:
    from reader.jobs.bodies import Bodies
    from reader.jobs.fetch_news import News
    from reader.jobs.fetch_settings import FetchSettings
    from reader.jobs.fetching_beside import FetchingProcess
    from reader.library.library import Library
    from reader.model import Links
    from reader.pictures.shapes import Picture
    from reader.ui.full_text import FullText, Notice
    from reader.ui.subject import Subject


MEASURE = "text-width"
"""The fact by which the width of the column is kept between runs."""


class Run(Protocol):
    """Carries something out in a worker thread of a group; with ``exclusive``, the latest of the group alone counts."""

    def __call__(self, work: Callable[[], object], group: str, *, exclusive: bool = True) -> None:
        """Begin it."""


class OriginalsDesk:
    """Asks the library and the fetching process on behalf of a screen."""

    def __init__(
        self,
        library: Library,
        settings: FetchSettings,
        bodies: Callable[[], Bodies],
        run: Run,
        post: Callable[[Message], object],
    ) -> None:
        self._library = library
        self._bodies = bodies
        self._settings = settings
        self._run = run
        self._post = post
        self._guard = threading.Lock()
        self._process: FetchingProcess | None = None
        self._closed = False
        self._refits = 0

    @property
    def refusal(self) -> str:
        """Why nothing may be fetched, in a sentence; empty where it may."""
        return self._settings.refusal

    def recall_measure(self) -> None:
        """Ask how wide the column of a text was the last time."""

        def work() -> None:
            kept = self._library.recall(MEASURE) or ""
            if kept.isascii() and kept.isdecimal() and len(kept) < 5:
                self._post(messages.MeasureRecalled(int(kept)))

        self._run(work, "measure")

    def recall(self, name: str) -> None:
        """Ask what was kept under ``name`` between runs; the answer is messages.Recalled."""
        self._run(lambda: self._post(messages.Recalled(name, self._library.recall(name) or "")), "recall",
                  exclusive=False)  # fmt: skip

    def text(self, subject: Subject | int, width: int, turn: int, *, now: FullText | None = None) -> None:
        """Ask for the text of a document, or of a related item, laid out for ``width`` cells.

        ``turn`` comes back with the answer. ``now`` is what is shown of it already: there may be a page since.
        """

        def work() -> None:
            from reader.ui.full_text import lay
            from reader.ui.originals import text_of, with_page

            try:
                text = text_of(self._library, subject, self._bodies())
            except ReaderError as error:
                if now is None:
                    self._post(messages.TextFailed(error, turn))
                    return
                text = with_page(self._library, now, self._bodies())  # its document is gone
            laid = lay(text, width, datetime.now().astimezone())
            place = self._library.places.position(text.id, "text") if text.id else None
            self._post(messages.TextLoaded(text, laid, turn, place=place, again=now is not None))

        self._run(work, "text")

    def refit(
        self, text: FullText, width: int, notices: Sequence[Notice], pictures: Mapping[str, Picture | str]
    ) -> None:
        """Ask for the lines of a text that is shown already, for another width, with other notices or pictures."""
        self._refits += 1
        which = self._refits

        def work() -> None:
            from reader.ui.full_text import lay

            laid = lay(text, width, datetime.now().astimezone(), notices, pictures)
            if which == self._refits:  # else a later one, which may be ready sooner, has more in it
                self._post(messages.TextRefitted(text, laid))

        self._run(work, "refit-text")

    # Fetching.

    def fetch(self, id_: str, links: Links, *, force: bool = False, archive: bool = False) -> None:
        """Ask for the original of an article; the answers are :class:`messages.Fetching`."""
        self._order(lambda process: process.ask(id_, links, force=force, archive=archive))

    def image(self, url: str) -> None:
        """Ask for an image to be fetched and kept; the answer is a Pictured among messages.Fetching."""
        self._order(lambda process: process.image(url))

    def drop_image(self, url: str) -> None:
        """Ask to give an image up."""
        self._order(lambda process: process.drop_image(url), begins=False)

    def cancel(self, id_: str) -> None:
        """Ask to give one up."""
        self._order(lambda process: process.cancel(id_), begins=False)

    def gather(self, rowids: Sequence[int]) -> None:
        """Ask for the originals of many documents, those that have a page left out."""

        def work() -> None:
            ids = self._library.identities(rowids)
            missing = self._library.pages.missing(ids)
            self._post(messages.Gathering(len(missing), len(ids) - len(missing)))
            if missing:
                self._order_now(lambda process: process.gather(missing))

        self._run(work, "gather")

    def pause(self) -> None:
        """Ask to begin no further one of the many."""
        self._order(lambda process: process.pause(), begins=False)

    def go_on(self) -> None:
        """Ask to end the pause."""
        self._order(lambda process: process.go_on(), begins=False)

    def stop(self) -> None:
        """Ask to give the many up."""
        self._order(lambda process: process.stop(), begins=False)

    def close(self) -> None:
        """End the process that fetches; what is kept is kept whole."""
        with self._guard:
            self._closed = True
            process = self._process
        if process is not None:
            process.close()

    def _order(self, order: Callable[[FetchingProcess], None], *, begins: bool = True) -> None:
        if begins or self._process is not None:
            self._run(lambda: self._order_now(order), "fetching", exclusive=False)

    def _order_now(self, order: Callable[[FetchingProcess], None]) -> None:
        with self._guard:
            if self._closed:
                return
            if self._process is None:
                from reader.jobs.fetching_beside import FetchingProcess

                self._process = FetchingProcess(self._library, self._library.paths, self._settings, self._hear)
            process = self._process
        order(process)

    def _hear(self, news: News) -> None:
        self._post(messages.Fetching(news))
