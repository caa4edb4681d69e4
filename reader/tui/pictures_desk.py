"""Requests about pictures: those that are kept are made ready by a worker, others are fetched, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from textual.message import Message

from reader.images.model import ImageBox
from reader.tui import messages
from reader.tui.originals_desk import Run
from reader.workers.image_renderer import ImageRenderer

if TYPE_CHECKING:
    from reader.library.library import Library

Face: TypeAlias = Literal["text", "article"]
"""Where pictures are shown: in the reading view, or in the pane."""
AT_ONCE = 3
"""ImageRenderer that are fetched at the same time."""
NOT_KEPT = "It was fetched, but could not be kept."


class Wanted(NamedTuple):
    """A picture, and what it may take."""

    url: str
    box: ImageBox


class PicturesDesk:
    """Knows what is wanted and what is on its way. For the screen's own thread."""

    def __init__(
        self,
        library: Library,
        run: Run,
        post: Callable[[Message], object],
        fetch: Callable[[str], object] | None,
        drop: Callable[[str], object],
    ) -> None:
        """``fetch`` orders a picture, whose coming :meth:`heard` is to be told; None where nothing may be fetched.

        ``drop`` gives one up; it is told to :meth:`heard` as well.
        """
        self._drop = drop
        self._run = run
        self._post = post
        self._fetch = fetch
        self._pictures = ImageRenderer(library)
        self._asked: dict[Face, tuple[Wanted, ...]] = {}
        self._turn = 0
        self._turns: dict[Face, int] = {}
        self._queue: deque[str] = deque()
        self._under_way: set[str] = set()
        self._failed: dict[str, str] = {}
        """Address -> why it could not be fetched, in this run."""
        self._dropped: set[str] = set()
        """What was given up here, of which nothing was heard yet."""
        self._come: set[str] = set()
        """What has come since it was last asked for: if it is missing all the same, it cannot be kept."""

    def ask(self, face: Face, wanted: Sequence[Wanted]) -> None:
        """Ask for these pictures, and for no others that were asked for there; each comes as a PictureMade."""
        asked = tuple(wanted)
        if asked == self._asked.get(face, ()):
            return
        self._asked[face] = asked
        self._turn += 1
        self._turns[face] = self._turn
        still = {each.url for every in self._asked.values() for each in every}
        self._queue = deque(url for url in self._queue if url in still)
        self._come.difference_update(each.url for each in asked)
        for url in self._under_way - still:
            self._dropped.add(url)
            self._drop(url)  # a page that is asked for now may be behind it
        if asked:
            self._make(face, asked)

    def forgive(self) -> None:
        """Try again what could not be fetched."""
        self._failed.clear()
        self._asked.clear()

    def is_wanted(self, face: Face, turn: int) -> bool:
        """Whether an answer is one to what was asked for last."""
        return self._turns.get(face) == turn

    def _make(self, face: Face, wanted: Sequence[Wanted]) -> None:
        turn, failed = self._turns[face], dict(self._failed)

        def work() -> None:
            missing = []
            for each in wanted:
                if not self.is_wanted(face, turn):
                    return
                answer = self._pictures.render(each.url, each.box)
                if answer is None:
                    answer = failed.get(each.url)
                if answer is None:
                    missing.append(each.url)
                else:
                    self._post(messages.PictureMade(face, turn, each.url, answer))
            if missing:
                self._post(messages.PicturesMissing(face, turn, tuple(missing)))

        self._run(work, "pictures", exclusive=False)

    # Fetching.

    def fetch_missing(self, urls: Sequence[str]) -> None:
        """Fetch what is not kept, if anything may be fetched."""
        if self._fetch is None:
            return
        for url in dict.fromkeys(urls):
            if url in self._come or url in self._failed:
                # To fetch it once more would be to fetch it for ever.
                self._failed.setdefault(url, NOT_KEPT)
                self._make_again(url)
            elif url not in self._under_way and url not in self._queue:
                self._queue.append(url)
        self._go_on()

    def _go_on(self) -> None:
        while self._fetch is not None and self._queue and len(self._under_way) < AT_ONCE:
            url = self._queue.popleft()
            self._under_way.add(url)
            self._fetch(url)

    def heard(self, url: str, error: str) -> None:
        """Take note that a picture has come or was given up, or why it could not be had."""
        self._under_way.discard(url)
        if error:
            self._failed[url] = error
        elif url not in self._dropped:
            self._come.add(url)
        self._dropped.discard(url)
        self._go_on()
        self._make_again(url)

    def _make_again(self, url: str) -> None:
        for face, asked in self._asked.items():
            here = [each for each in asked if each.url == url]
            if here:
                self._make(face, here)

    def close(self) -> None:
        """End the worker."""
        self._pictures.close()
