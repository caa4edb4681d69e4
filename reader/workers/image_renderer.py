"""Render stored images for the terminal, in a sandbox."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from reader.core.errors import ReaderError
from reader.images.model import ImageBox, RenderedImage
from reader.storage.sqlite.database import StorageError
from reader.workers import sandbox

if TYPE_CHECKING:
    from reader.library.library import Library

RenderResult: TypeAlias = RenderedImage | str
"""An image; or why it is not shown, in words that follow a colon, empty if there is nothing to see."""
_CACHE_SIZE = 64


class _NotStoredError(Exception):
    """There is no such image."""


class ImageRenderer:
    """Renders images. Any thread may use it; close it at the end."""

    def __init__(self, library: Library, idle_seconds: float = 60.0) -> None:
        """The process that renders ends after ``idle_seconds`` without work."""
        self._library = library
        limits = sandbox.SandboxLimits(idle_seconds=idle_seconds)
        self._sandbox = sandbox.SandboxPool(limits=limits, tasks="reader.workers.image_tasks")
        self._rendered = lru_cache(_CACHE_SIZE)(self._render)  # errors are not cached

    def render(self, url: str, box: ImageBox) -> RenderResult | None:
        """Return the image of a URL, fitted into ``box``; None if it is not stored. Blocks the thread."""
        try:
            return self._rendered(url, box)
        except _NotStoredError:
            return None
        except StorageError:
            raise
        except ReaderError as error:
            return error.message

    def _render(self, url: str, box: ImageBox) -> RenderResult:
        stored = self._library.pages.image(url)
        if stored is None:
            raise _NotStoredError
        values, reason = self._sandbox.call("picture", stored[0], box.to_values())
        return str(reason) if values is None else RenderedImage(*values)

    def close(self) -> None:
        """End the sandbox."""
        self._sandbox.close()
