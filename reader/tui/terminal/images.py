"""How this terminal draws images, and which of them it holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property

from textual.app import App

from reader.images.model import ImageBox, RenderedImage
from reader.tui.terminal import graphics
from reader.tui.terminal.window import write_raw


class TerminalImages:
    """Sends images to a terminal that draws them itself, and deletes those that are no longer shown."""

    def __init__(self, app: App[None], wanted: str, shown: Callable[[], Iterable[RenderedImage]]) -> None:
        """``wanted`` is the setting for graphics; ``shown`` returns the images on the screen."""
        self._app = app
        self._wanted = wanted
        self._shown = shown
        self._known: set[int] = set()
        """The numbers of the images that the terminal holds."""

    @cached_property
    def mode(self) -> graphics.Graphics:
        """How images are drawn in this terminal."""
        from importlib.util import find_spec  # lazy: the first frame has no images

        return graphics.graphics(
            self._wanted,
            os.environ,
            self._app.console.color_system,
            is_installed=find_spec("textual_image") is not None,  # importing it would query the terminal
            is_measured=graphics.cell_size() is not None,
        )

    @property
    def has_few_colors(self) -> bool:
        """Whether the terminal has too few colors for images."""
        return self._app.console.color_system not in {"truecolor", "256"}

    def box(self, cells: int, lines: int) -> ImageBox:
        """Return the space for an image in this terminal, with this theme."""
        from reader.images.model import DEFAULT_CELL_SIZE, ImageBox

        mode = self.mode
        assert mode != "none", "nobody asks for room where no images are shown"
        background = self._app.theme_variables.get("background", "")
        color = graphics.rgb_of(background, is_dark=self._app.current_theme.dark)
        return ImageBox(cells, lines, color, graphics.cell_size() or DEFAULT_CELL_SIZE, mode)

    def add(self, image: RenderedImage) -> None:
        """Send an image to the terminal if the terminal draws images itself."""
        if image.kitty_id and image.kitty_id not in self._known:
            self._known.add(image.kitty_id)
            write_raw(self._app, "".join(image.kitty_commands))

    def send_again(self) -> None:
        """Send all images again after another program has used the terminal, which has dropped them."""
        self._known.clear()
        for image in self._shown():
            self.add(image)

    def forget_hidden(self) -> None:
        """Delete images that are no longer shown from the terminal."""
        hidden = tuple(sorted(self._known - {image.kitty_id for image in self._shown()}))
        self._known -= set(hidden)
        if hidden:
            write_raw(self._app, graphics.delete_images_sequence(hidden))
