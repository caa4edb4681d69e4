"""What a worker of :mod:`reader.workers.sandbox` does with pictures: bytes -> plain values.

Workers of their own: what reads pages takes 200 MB and a second to begin, which pictures need not wait for.
"""

from __future__ import annotations

from typing import Any

from reader.images.decode import TooSmallError, half_blocks, load_readers
from reader.images.model import ImageBox, RenderedImage


def _picture(body: bytes, box: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return (picture, "") or (None, why it is not shown); the latter is empty for what is none to look at."""
    from reader.core.errors import ReaderError

    try:
        return (_made(body, ImageBox.from_values(box)).to_values(), "")
    except TooSmallError:
        return (None, "")
    except ReaderError as error:
        return (None, error.message)


def _made(body: bytes, box: ImageBox) -> RenderedImage:
    if box.protocol == "blocks":
        return half_blocks(body, box)
    from reader.images import terminal_graphics  # imported late: textual-image is an extra

    return terminal_graphics.kitty(body, box) if box.protocol == "kitty" else terminal_graphics.sixel(body, box)


def prepare() -> None:
    """Load Pillow's readers, which would else count as the time and memory of the first picture."""
    load_readers()


TASKS = {"picture": _picture}
