"""Pictures on the main screen: in the text that is read, in the pane, and the key that turns them on and off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual import events, on

from reader.config import Config
from reader.opening import First
from reader.ui import messages, terminal
from reader.ui.article_view import ArticleView
from reader.ui.screens.originals import Originals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.timer import Timer

    from reader.pictures.shapes import Box, Picture
    from reader.ui.full_text import FullText
    from reader.ui.pictures_desk import PicturesDesk
    from reader.ui.subject import Subject

_SECONDS_UNTIL_WANTED = 0.7
"""That an article is selected before its picture is asked for: not of what one passes by."""
_SECONDS_UNTIL_TRIED_AGAIN = 0.5
_LEAST_PANE = (40, 24)
"""Cells and lines of the pane; in a smaller one a picture would leave no room for words."""
_PANE_LINES = 12
_SHARE_OF_SCREEN = 2 / 3
_LEAST_LINES = 4
_NEAR, _FAR = "images", "images-over-ssh"
"""The facts by which it is kept between runs whether pictures are on: where one sits before the terminal, and else."""


class Picturing(Originals):
    """Shows pictures where they are on and the terminal can, and has those fetched that are not kept."""

    def __init__(self, first: First, settings: Config) -> None:
        super().__init__(first, settings)
        self._fetch_settings = settings.fetch
        self._is_far = terminal.is_far(os.environ)
        wanted = settings.fetch.images
        self.images_on = not self._is_far if wanted is None else wanted
        self._why_off = "" if self.images_on else "by [fetch] images" if wanted is False else "over ssh"
        """Why they are off though nobody has turned them off here."""
        self._graphics: terminal.Graphics | None = None
        self._pictures: PicturesDesk | None = None
        self._of_text: dict[str, Picture | str] = {}
        """What there is of the pictures of the text that is read."""
        self._text_pictured = ""
        """Which text that is, by its identity and title."""
        self._lead: Picture | None = None
        """The picture in the pane."""
        self._lead_url = ""
        self._resting: Timer | None = None
        self._told: set[int] = set()
        """The numbers of the pictures that the terminal knows."""

    # On and off.

    @on(messages.Begun)
    def _recall_images(self) -> None:
        self.originals.recall(_FAR if self._is_far else _NEAR)
        self.app.app_resume_signal.subscribe(self, self._tell_again)
        self.app.theme_changed_signal.subscribe(self, lambda _: self._show_pictures())  # what is transparent

    @on(messages.Recalled)
    def _take_recalled(self, event: messages.Recalled) -> None:
        if event.name in {_NEAR, _FAR} and event.value in {"on", "off"}:
            self.images_on, self._why_off = event.value == "on", ""
            if self.images_on:
                self._show_pictures()
            else:
                self._take_away()

    def action_images(self) -> None:
        """Turn pictures on or off."""
        if self.graphics == "none":
            few = self.app.console.color_system not in {"truecolor", "256"}
            why = "this terminal has too few colours" if few else "[fetch] graphics is “none” in the settings"
            self.say(f"Pictures cannot be shown: {why}.", warning=True)
            return
        self.images_on = not self.images_on
        self._desk.remember(_FAR if self._is_far else _NEAR, "on" if self.images_on else "off")
        if self._pictures is not None:
            self._pictures.forgive()
        self.say(self._words() if self.images_on else "Pictures are off.")
        if self.images_on:
            self._show_pictures()
        else:
            self._take_away()

    def _words(self) -> str:
        why, self._why_off = self._why_off, ""
        was = f" They were off {why}." if why else ""
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
            )
        return self._graphics

    @property
    def pictures(self) -> PicturesDesk:
        """Who makes them and has them fetched; begun when it is first asked."""
        if self._pictures is None:
            from reader.ui.pictures_desk import PicturesDesk

            fetch = None if self._fetch_settings.refusal else self.originals.image
            self._pictures = PicturesDesk(self.library, self._desk.run, self.post_message, fetch)
        return self._pictures

    @property
    def _shows(self) -> bool:
        return self.images_on and self.graphics != "none"

    def _show_pictures(self) -> None:
        if self._shows:
            self._ask_for_text_pictures()
            self._ask_for_lead()

    def _take_away(self) -> None:
        if self._pictures is not None:
            self._pictures.ask("text", ())
            self._pictures.ask("article", ())
        had, self._of_text = self._of_text, {}
        if had:
            self.refit_text()
        if self._lead is not None:
            self._lead = None
            self._refit_pane()
        self._forget()

    # In the text.

    def pictures_of(self, text: FullText) -> Mapping[str, Picture | str]:
        """Return the pictures that are there of a text."""
        return dict(self._of_text) if self._text_pictured == _name(text) and self._shows else {}

    def text_shown(self, text: FullText) -> None:
        """Ask for the pictures of the text that is shown now."""
        super().text_shown(text)
        if self._text_pictured != _name(text):
            self._text_pictured, self._of_text = _name(text), {}
            self._forget()
        if self._of_text:
            self.refit_text()
        if self._shows:
            self._ask_for_text_pictures()

    def text_left(self) -> None:
        """Take its pictures from the terminal."""
        super().text_left()
        if self._pictures is not None:
            self._pictures.ask("text", ())
        self._text_pictured, self._of_text = "", {}
        self._forget()
        self.call_after_refresh(self._ask_for_lead)

    def _ask_for_text_pictures(self) -> None:
        view = self.text_view
        if view is None or view.text is None or not self._shows:
            return
        from reader.ui.full_text import pictures_in
        from reader.ui.pictures_desk import Wanted

        box = self._box(view.text_width, max(_LEAST_LINES, int(view.size.height * _SHARE_OF_SCREEN)))
        found = pictures_in(view.text)
        wanted = [Wanted(url, box._replace(cells=box.cells - indent)) for url, indent in found.items()]
        self.pictures.ask("text", [each for each in wanted if each.box.cells > 0])

    def _refit_with_pictures(self) -> None:
        view = self.text_view
        if view is None:
            return
        if view.is_busy:  # with letters over links, or lines that are being chosen: they are not to move
            self.set_timer(_SECONDS_UNTIL_TRIED_AGAIN, self._refit_with_pictures)
        else:
            self.refit_text()

    # In the pane.

    @on(messages.SubjectLoaded)
    def _new_subject(self) -> None:
        # After what shows it, which is a class below.
        self.call_after_refresh(self._rest_at_subject)

    def _rest_at_subject(self) -> None:
        lead = _lead_of(self.article.subject)
        if lead != self._lead_url:
            self._lead, self._lead_url = None, lead
            if self._pictures is not None:
                self._pictures.ask("article", ())
            self._forget()
        elif self._lead is not None:
            self._refit_pane()
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        if lead and self._shows:
            self._resting = self.set_timer(_SECONDS_UNTIL_WANTED, self._ask_for_lead)

    def _ask_for_lead(self) -> None:
        self._resting = None
        view, url = self.article, self._lead_url
        if not self._shows or not url or self.is_reading or not self._pane_has_room:
            return
        from reader.ui.pictures_desk import Wanted

        box = self._box(view.text_width, min(_PANE_LINES, view.size.height // 3))
        self.pictures.ask("article", [Wanted(url, box)])

    def _take_lead(self, picture: Picture) -> None:
        view = self.article
        if view.subject is None or _lead_of(view.subject) != self._lead_url:
            return
        if (view.scroll_offset.y or view.selected >= 0) and self._lead is None:
            return  # nothing moves under the eye of who is further down
        self._lead = picture
        self._tell_terminal(picture)
        self._refit_pane()

    def _refit_pane(self) -> None:
        if self.article.subject is not None:
            self._desk.refit(self.article.subject, self.article.text_width, self.lead_of(self.article.subject))

    def lead_kept(self) -> tuple[str, Picture] | None:
        """Return the picture in the pane, with its address."""
        return (self._lead_url, self._lead) if self._lead is not None and self._shows else None

    def lead_of(self, subject: Subject) -> Picture | None:
        """Return the picture of what the pane shows, if it is there."""
        return self._lead if self._lead_url and _lead_of(subject) == self._lead_url and self._shows else None

    # What comes of it.

    @on(messages.PictureMade)
    def _take_picture(self, event: messages.PictureMade) -> None:
        from reader.pictures.shapes import Picture

        if not self._shows or not self.pictures.is_wanted(event.face, event.turn):
            return
        if event.face == "article":
            if isinstance(event.answer, Picture):
                self._take_lead(event.answer)
            return
        self._of_text[event.url] = event.answer
        if isinstance(event.answer, Picture):
            self._tell_terminal(event.answer)
        self._refit_with_pictures()

    @on(messages.PicturesMissing)
    def _fetch_pictures(self, event: messages.PicturesMissing) -> None:
        if self.pictures.is_wanted(event.face, event.turn):
            self.pictures.fetch_missing(event.urls)

    @on(messages.Fetching)
    def _hear_of_picture(self, event: messages.Fetching) -> None:
        from reader.jobs.fetch_news import Pictured

        if isinstance(event.news, Pictured) and self._pictures is not None:
            self._pictures.heard(event.news.url, event.news.error)

    @on(events.Resize)
    @on(ArticleView.WidthChanged)
    def _fit_pictures(self) -> None:
        self.call_after_refresh(self._show_fitting)

    def _show_fitting(self) -> None:
        if self._lead is not None and not self._pane_has_room:
            self._lead = None
            self._refit_pane()
            self._forget()
        self._show_pictures()

    @property
    def _pane_has_room(self) -> bool:
        size = self.article.size
        return size.width >= _LEAST_PANE[0] and size.height >= _LEAST_PANE[1]

    def _box(self, cells: int, lines: int) -> Box:
        from reader.pictures.shapes import Box

        dark = self.app.current_theme.dark
        ground = self.app.theme_variables.get("background", "")
        return Box(cells, lines, terminal.ground(ground, is_dark=dark), terminal.cell_size(), self.graphics == "kitty")

    # What the terminal knows, where it draws pictures itself.

    def _tell_terminal(self, picture: Picture) -> None:
        if picture.number and picture.number not in self._told:
            self._told.add(picture.number)
            terminal.tell(self.app, "".join(picture.told))

    def _tell_again(self, _: object) -> None:
        """Another program had the terminal: it has forgotten what it knew."""
        from reader.pictures.shapes import Picture

        self._told.clear()
        for each in (*self._of_text.values(), self._lead):
            if isinstance(each, Picture):
                self._tell_terminal(each)

    def _forget(self) -> None:
        """Have the terminal forget what does not show any more."""
        from reader.pictures.shapes import Picture

        shown = {each.number for each in (*self._of_text.values(), self._lead) if isinstance(each, Picture)}
        gone = tuple(sorted(self._told - shown))
        self._told -= set(gone)
        if gone:
            terminal.tell(self.app, terminal.forgetting(gone))

    def forget_pictures(self) -> None:
        """Have the terminal forget every picture: it is about to be given back."""
        self._lead, self._of_text = None, {}
        self._forget()

    def on_unmount(self) -> None:
        """End the worker."""
        if self._pictures is not None:
            self._pictures.close()


def _name(text: FullText) -> str:
    return f"{text.id} {text.title}"


def _lead_of(subject: Subject | None) -> str:
    """Return the address of the picture of a whole article; may be empty."""
    url = subject.images[0].url if subject is not None and subject.images else ""
    return url if url.startswith(("http://", "https://")) else ""
