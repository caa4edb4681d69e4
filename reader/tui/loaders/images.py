"""Images for the reader and the pane: cached ones are rendered by a worker, others are fetched, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from reader.images.model import ImageBox, RenderedImage
from reader.workers.image_renderer import ImageRenderer

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.tui.background import Background

ImageSlot: TypeAlias = Literal["text", "article"]
"""Where images are shown: in the reader, or in the article pane."""
PARALLEL_FETCHES = 3
NOT_CACHED = "It was fetched, but could not be stored."


class ImageRequest(NamedTuple):
    """An image and the space for it."""

    url: str
    box: ImageBox


class ImageLoader:
    """Renders and fetches what each slot requested last. Belongs to the event loop."""

    def __init__(
        self,
        library: Library,
        background: Background,
        on_image: Callable[[ImageSlot, str, RenderedImage | str], object],
        fetch: Callable[[str], object],
        cancel: Callable[[str], object],
        *,
        may_fetch: Callable[[str], bool],
        idle_seconds: float = 60.0,
    ) -> None:
        """``on_image`` gets each image, or why it is not shown. Only what ``may_fetch`` allows is fetched.

        Call :meth:`on_fetched` at the end of every fetch, including a canceled one.
        """
        self._background = background
        self._on_image = on_image
        self._fetch = fetch
        self._cancel = cancel
        self._may_fetch = may_fetch
        self._renderer = ImageRenderer(library, idle_seconds)
        self._requests: dict[ImageSlot, tuple[ImageRequest, ...]] = {}
        self._queue: deque[str] = deque()
        self._fetching: set[str] = set()
        self._failed: dict[str, str] = {}
        """Why a URL could not be fetched in this run."""
        self._canceled: set[str] = set()
        """Fetches that were canceled here and have not ended yet."""
        self._just_fetched: set[str] = set()
        """What was fetched since it was last requested: if it is still missing, it cannot be cached."""

    def request(self, slot: ImageSlot, requests: Sequence[ImageRequest]) -> None:
        """Load these images for a slot instead of those requested before."""
        wanted = tuple(requests)
        if wanted == self._requests.get(slot):
            return
        self._requests[slot] = wanted
        still_wanted = {request.url for every in self._requests.values() for request in every}
        self._queue = deque(url for url in self._queue if url in still_wanted)
        self._just_fetched.difference_update(request.url for request in wanted)
        for url in self._fetching - still_wanted:
            self._canceled.add(url)
            self._cancel(url)  # the current page may be queued behind it
        self._render(slot, wanted)

    def retry_failed(self) -> None:
        """Try failed images again."""
        self._failed.clear()
        self._requests.clear()

    def _render(self, slot: ImageSlot, wanted: Sequence[ImageRequest]) -> None:
        if not wanted:
            return
        current = self._requests[slot]

        async def job() -> None:
            missing = []
            for request in wanted:
                if self._requests.get(slot) is not current:
                    return
                answer = await self._background.run(self._renderer.render, request.url, request.box)
                if answer is None:
                    answer = self._failed.get(request.url)
                if self._requests.get(slot) is not current:
                    return
                if answer is None:
                    missing.append(request.url)
                else:
                    self._on_image(slot, request.url, answer)
            self._fetch_missing(missing)

        self._background.start(job, "images", exclusive=False)

    # Fetching.

    def _fetch_missing(self, urls: Sequence[str]) -> None:
        for url in filter(self._may_fetch, dict.fromkeys(urls)):
            if url in self._just_fetched or url in self._failed:
                # Otherwise it would be fetched over and over.
                self._failed.setdefault(url, NOT_CACHED)
                self._render_again(url)
            elif url not in self._fetching and url not in self._queue:
                self._queue.append(url)
        self._fetch_next()

    def _fetch_next(self) -> None:
        while self._queue and len(self._fetching) < PARALLEL_FETCHES:
            url = self._queue.popleft()
            self._fetching.add(url)
            self._fetch(url)

    def on_fetched(self, url: str, error: str) -> None:
        """Note that the fetch of an image has ended; ``error`` says why it failed."""
        self._fetching.discard(url)
        if error:
            self._failed[url] = error
        elif url not in self._canceled:
            self._just_fetched.add(url)
        self._canceled.discard(url)
        self._fetch_next()
        self._render_again(url)

    def _render_again(self, url: str) -> None:
        for slot, wanted in self._requests.items():
            self._render(slot, [request for request in wanted if request.url == url])

    def close(self) -> None:
        """End the renderer."""
        self._renderer.close()
