"""Pictures on the main screen: whether they are on, how this terminal draws them, and what it knows of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual import on

from reader.config.settings import Config
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.screens.originals import Originals
from reader.tui.terminal import graphics as terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reader.images.model import ImageBox, RenderedImage
    from reader.tui.pictures_desk import PicturesDesk

_NEAR, _FAR, _OFFLINE = "images", "images-over-ssh", "images-offline"
"""The facts by which it is kept between runs whether pictures are on: where one sits before the terminal, and else."""
_WHY_OFF = {_FAR: "over ssh", _OFFLINE: "while nothing is fetched"}
_NEEDS = {
    "kitty": "Kitty's graphics need all colours and newsreader-tui[images]",
    "sixel": "Sixel needs newsreader-tui[images]",
}


class PictureSwitch(Originals):
    """Turns pictures on and off, and keeps the terminal from knowing more of them than show."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self._fetch_settings = settings.fetch
        self._fact = _FAR if terminal.is_remote(os.environ) else _OFFLINE if settings.fetch.refusal else _NEAR
        wanted = settings.fetch.images
        self.images_on = self._fact == _NEAR if wanted is None else wanted
        self._why_off = "" if self.images_on else "by [fetch] images" if wanted is False else _WHY_OFF[self._fact]
        """Why they are off though nobody has turned them off here."""
        self._graphics: terminal.Graphics | None = None
        self._pictures: PicturesDesk | None = None
        self._told: set[int] = set()
        """The numbers of the pictures that the terminal knows."""

    # What whoever shows pictures does.

    def show_pictures(self) -> None:
        """Called when pictures are to be shown, or others than are."""

    def take_pictures_away(self) -> None:
        """Called when none are to be shown any more."""

    def pictures_shown(self) -> Iterable[RenderedImage]:
        """Return those that stand somewhere."""
        return ()

    # On and off.

    @on(messages.Begun)
    def _recall_images(self) -> None:
        self.originals.recall(self._fact)
        self.app.app_resume_signal.subscribe(self, self._tell_again)
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show_pictures())  # what is transparent

    @on(messages.Recalled)
    def _take_recalled(self, event: messages.Recalled) -> None:
        if event.name == self._fact and event.value in {"on", "off"}:
            self.images_on, self._why_off = event.value == "on", ""
            if self.images_on:
                self.show_pictures()
            else:
                self.take_pictures_away()

    def action_images(self) -> None:
        """Turn pictures on or off."""
        if self.graphics == "none":
            few = self.app.console.color_system not in {"truecolor", "256"}
            why = "this terminal has too few colours" if few else "[fetch] graphics is “none” in the settings"
            self.say(f"Pictures cannot be shown: {why}.", warning=True)
            return
        self.images_on = not self.images_on
        self._desk.remember(self._fact, "on" if self.images_on else "off")
        if self._pictures is not None:
            self._pictures.forgive()
        self.say(self._words() if self.images_on else "Pictures are off.")
        if self.images_on:
            self.show_pictures()
        else:
            self.take_pictures_away()

    def _words(self) -> str:
        why, self._why_off = self._why_off, ""
        was = f" They were off {why}." if why else ""
        wanted = self._fetch_settings.graphics
        if wanted in _NEEDS and wanted != self.graphics:
            was += f" {_NEEDS[wanted]}: these are half-blocks."
        if self._fetch_settings.refusal:
            return f"Pictures are on, as far as they are kept.{was}"
        return f"Pictures are on.{was}"

    @property
    def graphics(self) -> terminal.Graphics:
        """How pictures are drawn in this terminal."""
        if self._graphics is None:
            self._graphics = terminal.graphics(
                self._fetch_settings.graphics,
                os.environ,
                self.app.console.color_system,
                is_installed=terminal.has_extra(),
                is_measured=terminal.cell_size() is not None,
            )
        return self._graphics

    @property
    def pictures(self) -> PicturesDesk:
        """Who makes them and has them fetched; begun when it is first asked."""
        if self._pictures is None:
            from reader.tui.pictures_desk import PicturesDesk

            fetch = None if self._fetch_settings.refusal else self.originals.image
            self._pictures = PicturesDesk(
                self.library, self._desk.run, self.post_message, fetch, self.originals.drop_image
            )
        return self._pictures

    @property
    def shows_pictures(self) -> bool:
        """Whether they are on, and can be drawn here."""
        return self.images_on and self.graphics != "none"

    def picture_box(self, cells: int, lines: int) -> ImageBox:
        """Return what a picture may take that is drawn in this terminal, with this theme."""
        from reader.images.model import DEFAULT_CELL_SIZE, ImageBox

        means = self.graphics
        assert means != "none", "nobody asks for room where nothing is shown"
        dark = self.app.current_theme.dark
        ground = self.app.theme_variables.get("background", "")
        return ImageBox(
            cells, lines, terminal.ground(ground, is_dark=dark), terminal.cell_size() or DEFAULT_CELL_SIZE, means
        )

    # What the terminal knows, where it draws pictures itself.

    def tell_terminal(self, picture: RenderedImage) -> None:
        """Have the terminal know a picture, where it draws it itself."""
        if picture.kitty_id and picture.kitty_id not in self._told:
            self._told.add(picture.kitty_id)
            terminal.write_raw(self.app, "".join(picture.kitty_commands))

    def _tell_again(self, _: object) -> None:
        """Another program had the terminal: it has forgotten what it knew."""
        self._told.clear()
        for each in self.pictures_shown():
            self.tell_terminal(each)

    def forget_hidden(self) -> None:
        """Have the terminal forget what does not show any more."""
        gone = tuple(sorted(self._told - {each.kitty_id for each in self.pictures_shown()}))
        self._told -= set(gone)
        if gone:
            terminal.write_raw(self.app, terminal.delete_images_sequence(gone))

    def on_unmount(self) -> None:
        """End the worker."""
        if self._pictures is not None:
            self._pictures.close()
