"""Pictures that are kept -> what can be drawn, by a worker process with so much time and memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, TypeAlias

from reader.core.errors import ReaderError
from reader.images.model import ImageBox, RenderedImage

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.workers.sandbox import SandboxPool

Answer: TypeAlias = RenderedImage | str
"""A picture; or why it is not shown, in words that follow a colon, empty where there is nothing to see."""
_TASKS = "reader.workers.image_tasks"
_REMEMBERED = 64


class ImageRenderer:
    """Makes pictures for as many threads as ask; close it when all is done."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._guard = threading.Lock()
        self._extractor: SandboxPool | None = None
        self._closed = False
        self._made: OrderedDict[tuple[str, ImageBox], Answer] = OrderedDict()

    def render(self, url: str, box: ImageBox) -> Answer | None:
        """Return the picture of an address as it fits ``box``; None when it is not kept. For a thread that can wait."""
        with self._guard:
            made = self._made.get((url, box))
            if made is not None:
                self._made.move_to_end((url, box))
                return made
        kept = self._library.pages.image(url)
        if kept is None:
            return None
        answer: Answer
        try:
            plain, answer = self._worker().call("picture", kept[0], box.to_values())
            if plain is not None:
                answer = RenderedImage.from_values(plain)
        except ReaderError as error:  # the worker took too long, or too much
            return error.message
        with self._guard:
            self._made[url, box] = answer
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return answer

    def _worker(self) -> SandboxPool:
        from reader.workers.sandbox import SandboxPool

        with self._guard:
            if self._extractor is None:
                self._extractor = SandboxPool(tasks=_TASKS)
                if self._closed:
                    self._extractor.close()
            return self._extractor

    def close(self) -> None:
        """End the worker, if there is one."""
        with self._guard:
            self._closed = True
            if self._extractor is not None:
                self._extractor.close()
