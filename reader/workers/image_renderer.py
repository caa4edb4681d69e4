"""Render stored images for the terminal, in a sandbox."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, TypeAlias

from reader.core.errors import ReaderError
from reader.images.model import ImageBox, RenderedImage
from reader.workers.lazy_sandbox import LazySandbox

if TYPE_CHECKING:
    from reader.library.library import Library

RenderResult: TypeAlias = RenderedImage | str
"""An image; or why it is not shown, in words that follow a colon, empty if there is nothing to see."""
_CACHE_SIZE = 64
_SANDBOX_TASKS = "reader.workers.image_tasks"


class ImageRenderer:
    """Renders images. Any thread may use it; close it in the end."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._sandbox = LazySandbox(_SANDBOX_TASKS)
        self._guard = threading.Lock()
        self._cache: OrderedDict[tuple[str, ImageBox], RenderResult] = OrderedDict()

    def render(self, url: str, box: ImageBox) -> RenderResult | None:
        """Return the image of an address, fitted into ``box``; None if it is not stored. Blocks the thread."""
        with self._guard:
            cached = self._cache.get((url, box))
            if cached is not None:
                self._cache.move_to_end((url, box))
                return cached
        stored = self._library.pages.image(url)
        if stored is None:
            return None
        image: RenderResult
        try:
            values, image = self._sandbox.call("picture", stored[0], box.to_values())
            if values is not None:
                image = RenderedImage.from_values(values)
        except ReaderError as error:
            return error.message
        with self._guard:
            self._cache[url, box] = image
            if len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return image

    def close(self) -> None:
        """End the sandbox."""
        self._sandbox.close()
