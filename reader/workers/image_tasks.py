"""Sandbox tasks for images: bytes -> plain values.

These tasks have processes of their own: those of the extractors take 200 MB and a second to start.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from reader.images.decode import half_blocks, load_decoders
from reader.images.model import ImageBox, RenderedImage


def _render(body: bytes, box: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return (image, ""), or (None, the reason it is not shown), which is empty if there is nothing to see."""
    from reader.core.errors import ReaderError

    try:
        return (astuple(_draw(body, ImageBox.from_values(box))), "")
    except ReaderError as error:
        return (None, error.message)


def _draw(body: bytes, box: ImageBox) -> RenderedImage:
    if box.protocol == "blocks":
        return half_blocks(body, box)
    from reader.images import terminal_graphics  # lazy: textual-image is an extra

    return terminal_graphics.kitty(body, box) if box.protocol == "kitty" else terminal_graphics.sixel(body, box)


prepare = load_decoders
TASKS = {"picture": _render}
