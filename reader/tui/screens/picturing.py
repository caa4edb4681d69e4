"""Pictures on the main screen: those of the text that is read, and the one of the article in the pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on

from reader.config.settings import Config
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.screens.picture_switch import PictureSwitch
from reader.tui.widgets.article_pane.article_pane import ArticlePane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.timer import Timer

    from reader.images.model import RenderedImage
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.lines import ReaderText

_SECONDS_UNTIL_WANTED = 0.7
"""That an article is selected before its picture is asked for: not of what one passes by."""
_SECONDS_UNTIL_TRIED_AGAIN = 0.5
_LEAST_PANE = (40, 24)
"""Cells and lines of the pane; in a smaller one a picture would leave no room for words."""
_PANE_LINES = 12
_SHARE_OF_SCREEN = 2 / 3
_LEAST_LINES = 4


class Picturing(PictureSwitch):
    """Shows pictures where they are on and the terminal can, and has those fetched that are not kept."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self._of_text: dict[str, RenderedImage | str] = {}
        """What there is of the pictures of the text that is read."""
        self._text_pictured = ""
        """Which text that is, by its identity and title."""
        self._lead: RenderedImage | None = None
        """The picture in the pane."""
        self._lead_url = ""
        self._resting: Timer | None = None

    # On and off.

    def show_pictures(self) -> None:
        """Ask for what stands on the screen."""
        if self.shows_pictures:
            self._ask_for_text_pictures()
            self._ask_for_lead()

    def take_pictures_away(self) -> None:
        """Show none, and ask for none."""
        if self._pictures is not None:
            self._pictures.ask("text", ())
            self._pictures.ask("article", ())
        had, self._of_text = self._of_text, {}
        if had:
            self.refit_text()
        if self._lead is not None:
            self._lead = None
            self._refit_pane()
        self.forget_hidden()

    # In the text.

    def pictures_of(self, text: ReaderText) -> Mapping[str, RenderedImage | str]:
        """Return the pictures that are there of a text."""
        return dict(self._of_text) if self._text_pictured == _name(text) and self.shows_pictures else {}

    def text_shown(self, text: ReaderText) -> None:
        """Ask for the pictures of the text that is shown now."""
        super().text_shown(text)
        if self._text_pictured != _name(text):
            self._text_pictured, self._of_text = _name(text), {}
            self.forget_hidden()
        if self._of_text:
            self.refit_text()
        if self.shows_pictures:
            self._ask_for_text_pictures()

    def text_left(self) -> None:
        """Take its pictures from the terminal."""
        super().text_left()
        if self._pictures is not None:
            self._pictures.ask("text", ())
        self._text_pictured, self._of_text = "", {}
        self.forget_hidden()
        self.call_after_refresh(self._ask_for_lead)

    def _ask_for_text_pictures(self) -> None:
        view = self.text_view
        if view is None or view.text is None or not self.shows_pictures:
            return
        from reader.tui.pictures_desk import Wanted
        from reader.tui.widgets.reader.lines import pictures_in

        box = self.picture_box(view.text_width, max(_LEAST_LINES, int(view.size.height * _SHARE_OF_SCREEN)))
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
            self.forget_hidden()
        elif self._lead is not None:
            self._refit_pane()
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        if lead and self.shows_pictures:
            self._resting = self.set_timer(_SECONDS_UNTIL_WANTED, self._ask_for_lead)

    def _ask_for_lead(self) -> None:
        self._resting = None
        view, url = self.article, self._lead_url
        if not self.shows_pictures or not url or self.is_reading or not self._pane_has_room:
            return
        from reader.tui.pictures_desk import Wanted

        box = self.picture_box(view.text_width, min(_PANE_LINES, view.size.height // 3))
        self.pictures.ask("article", [Wanted(url, box)])

    def _take_lead(self, picture: RenderedImage) -> None:
        view = self.article
        if view.subject is None or _lead_of(view.subject) != self._lead_url:
            return
        if (view.scroll_offset.y or view.selected >= 0) and self._lead is None:
            return  # nothing moves under the eye of who is further down
        self._lead = picture
        self.tell_terminal(picture)
        self._refit_pane()

    def _refit_pane(self) -> None:
        if self.article.subject is not None:
            self._desk.refit(self.article.subject, self.article.text_width, self.lead_of(self.article.subject))

    def lead_kept(self) -> tuple[str, RenderedImage] | None:
        """Return the picture in the pane, with its address."""
        return (self._lead_url, self._lead) if self._lead is not None and self.shows_pictures else None

    def lead_of(self, subject: ArticleContent) -> RenderedImage | None:
        """Return the picture of what the pane shows, if it is there."""
        return self._lead if self._lead_url and _lead_of(subject) == self._lead_url and self.shows_pictures else None

    # What comes of it.

    @on(messages.PictureMade)
    def _take_picture(self, event: messages.PictureMade) -> None:
        from reader.images.model import RenderedImage

        if not self.shows_pictures or not self.pictures.is_wanted(event.face, event.turn):
            return
        if event.face == "article":
            if isinstance(event.answer, RenderedImage):
                self._take_lead(event.answer)
            return
        self._of_text[event.url] = event.answer
        if isinstance(event.answer, RenderedImage):
            self.tell_terminal(event.answer)
        self._refit_with_pictures()

    @on(messages.PicturesMissing)
    def _fetch_pictures(self, event: messages.PicturesMissing) -> None:
        if self.pictures.is_wanted(event.face, event.turn):
            self.pictures.fetch_missing(event.urls)

    @on(messages.Fetching)
    def _hear_of_picture(self, event: messages.Fetching) -> None:
        from reader.core.events import ImageFetched

        if isinstance(event.news, ImageFetched) and self._pictures is not None:
            self._pictures.heard(event.news.url, event.news.error)

    @on(events.Resize)
    @on(ArticlePane.WidthChanged)
    def _fit_pictures(self) -> None:
        self.call_after_refresh(self._show_fitting)

    def _show_fitting(self) -> None:
        if self._lead is not None and not self._pane_has_room:
            self._lead = None
            self._refit_pane()
            self.forget_hidden()
        self.show_pictures()

    @property
    def _pane_has_room(self) -> bool:
        size = self.article.size
        return size.width >= _LEAST_PANE[0] and size.height >= _LEAST_PANE[1]

    def pictures_shown(self) -> Iterable[RenderedImage]:
        """Return those of the text and the one in the pane."""
        from reader.images.model import RenderedImage

        return [each for each in (*self._of_text.values(), self._lead) if isinstance(each, RenderedImage)]

    def forget_pictures(self) -> None:
        """Have the terminal forget every picture: it is about to be given back."""
        self._lead, self._of_text = None, {}
        self.forget_hidden()


def _name(text: ReaderText) -> str:
    return f"{text.id} {text.title}"


def _lead_of(subject: ArticleContent | None) -> str:
    """Return the address of the picture of a whole article; may be empty."""
    url = subject.images[0].url if subject is not None and subject.images else ""
    return url if url.startswith(("http://", "https://")) else ""
