"""Images: whether they are on, those of the text in the reader, and the one in the article pane."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from reader.tui.session import Session
from reader.tui.terminal import graphics

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.images.model import RenderedImage
    from reader.tui.loaders.article import LeadImage
    from reader.tui.loaders.images import ImageLoader, ImageSlot
    from reader.tui.terminal.images import TerminalImages
    from reader.tui.widgets.article_pane.article_pane import ArticlePane
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.lines import ReaderText
    from reader.tui.widgets.reader.reader_view import ReaderView

_LOCAL, _REMOTE, _OFFLINE = "images", "images-over-ssh", "images-offline"
"""The settings that hold whether images are on: at the terminal's own machine, and elsewhere."""
_WHY_OFF = {_REMOTE: "over ssh", _OFFLINE: "while nothing is fetched"}
_NEEDS = {
    "kitty": "Kitty graphics need true color and newsreader-tui[images]",
    "sixel": "Sixel needs newsreader-tui[images]",
}
_LEAST_PANE = (40, 24)
"""Cells and lines of the pane; in a smaller one an image would leave no room for words."""
_PANE_LINES = 12
_SHARE_OF_SCREEN = 2 / 3
_LEAST_LINES = 4


class ImagesController:
    """Requests images where they are on and the terminal can draw them."""

    def __init__(
        self,
        session: Session,
        pane: ArticlePane,
        make_terminal: Callable[[Callable[[], Iterable[RenderedImage]]], TerminalImages],
        fetch: Callable[[str], object],
        cancel_fetch: Callable[[str], object],
        *,
        lay_out_pane: Callable[[], object],
        lay_out_text: Callable[[], object],
    ) -> None:
        self._session = session
        self._pane = pane
        self._terminal = make_terminal(self._shown_images)
        self._fetch = fetch
        self._cancel_fetch = cancel_fetch
        self._lay_out_pane = lay_out_pane
        self._lay_out_text = lay_out_text
        settings = session.config.fetch
        is_remote = graphics.is_remote(os.environ)
        self._setting = _REMOTE if is_remote else _OFFLINE if settings.refusal else _LOCAL
        wanted = settings.images
        self._is_on = self._setting == _LOCAL if wanted is None else wanted
        self._why_off = "" if self._is_on else "by [fetch] images" if wanted is False else _WHY_OFF[self._setting]
        """Why images are off though nobody has turned them off here."""
        self._loader: ImageLoader | None = None
        self._view: ReaderView | None = None
        self._text_images: dict[str, RenderedImage | str] = {}
        """The images of the text in the reader by address, or why one is not shown."""
        self._text_name = ""
        """The text that they are of, by id and title."""
        self._lead: RenderedImage | None = None
        """The image in the pane."""
        self._lead_url = ""
        self._lead_timer: Timer | None = None

    # On and off.

    async def load_setting(self) -> None:
        """Load whether images were on in the last run."""
        saved = await self._session.background.run(self._session.library.settings.get, self._setting)
        if saved in {"on", "off"}:
            self._is_on, self._why_off = saved == "on", ""
            self._apply()

    def toggle(self) -> None:
        """Turn images on or off."""
        if self._terminal.mode == "none":
            why = (
                "this terminal has too few colors"
                if self._terminal.has_few_colors
                else ("[fetch] graphics is “none” in the settings")
            )
            self._session.show_message(f"Pictures cannot be shown: {why}.", warning=True)
            return
        self._is_on = not self._is_on
        self._session.save_setting(self._setting, "on" if self._is_on else "off")
        if self._loader is not None:
            self._loader.retry_failed()
        self._session.show_message(self._describe() if self._is_on else "Pictures are off.")
        self._apply()

    def _describe(self) -> str:
        why, self._why_off = self._why_off, ""
        words = f" They were off {why}." if why else ""
        wanted = self._session.config.fetch.graphics
        if wanted in _NEEDS and wanted != self._terminal.mode:
            words += f" {_NEEDS[wanted]}: these are half-blocks."
        if self._session.config.fetch.refusal:
            return f"Pictures are on, but only stored ones can be shown.{words}"
        return f"Pictures are on.{words}"

    @property
    def _shows(self) -> bool:
        """Whether images are on, and can be drawn here."""
        return self._is_on and self._terminal.mode != "none"

    def _apply(self) -> None:
        if self._is_on:
            self.request()
        else:
            self._remove()

    def request(self) -> None:
        """Request what stands on the screen."""
        if self._shows:
            self._request_text_images()
            self._request_lead()

    def _remove(self) -> None:
        """Show no images, and request none."""
        if self._loader is not None:
            self._loader.request("text", ())
            self._loader.request("article", ())
        had, self._text_images = self._text_images, {}
        if had:
            self._lay_out_text()
        if self._lead is not None:
            self._lead = None
            self._lay_out_pane()
        self._terminal.forget_hidden()

    @property
    def _images(self) -> ImageLoader:
        """What renders and fetches images; made when it is first needed."""
        if self._loader is None:
            from reader.tui.loaders.images import ImageLoader

            session = self._session
            fetch = None if session.config.fetch.refusal else self._fetch
            self._loader = ImageLoader(session.library, session.background, self._take, fetch, self._cancel_fetch)
        return self._loader

    # In the reader.

    def attach_reader(self, view: ReaderView) -> None:
        """Take the view whose text has images."""
        self._view = view

    def of_text(self, text: ReaderText) -> Mapping[str, RenderedImage | str]:
        """Return the images that are there of a text, or why one is not shown."""
        return dict(self._text_images) if self._text_name == _name(text) and self._shows else {}

    def text_shown(self, text: ReaderText) -> None:
        """Request the images of the text that is shown now."""
        if self._text_name != _name(text):
            self._text_name, self._text_images = _name(text), {}
            self._terminal.forget_hidden()
        if self._text_images:
            self._lay_out_text()
        if self._shows:
            self._request_text_images()

    def text_closed(self) -> None:
        """Forget the images of the text."""
        if self._loader is not None:
            self._loader.request("text", ())
        self._text_name, self._text_images = "", {}
        self._terminal.forget_hidden()
        self._pane.call_after_refresh(self._request_lead)

    def _request_text_images(self) -> None:
        view = self._view
        if view is None or view.text is None or not self._text_name:
            return
        from reader.tui.loaders.images import ImageRequest
        from reader.tui.widgets.reader.lines import images_in

        box = self._terminal.box(view.text_width, max(_LEAST_LINES, int(view.size.height * _SHARE_OF_SCREEN)))
        found = images_in(view.text)
        requests = [ImageRequest(url, box._replace(cells=box.cells - indent)) for url, indent in found.items()]
        self._images.request("text", [request for request in requests if request.box.cells > 0])

    def _lay_out_when_idle(self) -> None:
        view = self._view
        if view is None or not self._text_name:
            return
        if view.is_busy:  # link hints, or lines that are being selected, are not to move
            view.set_timer(self._session.timings.image_retry, self._lay_out_when_idle)
        else:
            self._lay_out_text()

    # In the pane.

    def article_shown(self, content: ArticleContent) -> None:
        """Request the image of the article in the pane, unless it is passed by."""
        url = _lead_url(content)
        if url != self._lead_url:
            self._lead, self._lead_url = None, url
            if self._loader is not None:
                self._loader.request("article", ())
            self._terminal.forget_hidden()
        elif self._lead is not None:
            self._lay_out_pane()
        if self._lead_timer is not None:
            self._lead_timer.stop()
            self._lead_timer = None
        if url and self._shows:
            self._lead_timer = self._pane.set_timer(self._session.timings.until_lead_image, self._request_lead)

    def _request_lead(self) -> None:
        self._lead_timer = None
        url = self._lead_url
        if not self._shows or not url or self._text_name or not self._pane_has_room:
            return
        from reader.tui.loaders.images import ImageRequest

        box = self._terminal.box(self._pane.text_width, min(_PANE_LINES, self._pane.size.height // 3))
        self._images.request("article", [ImageRequest(url, box)])

    def _take_lead(self, image: RenderedImage) -> None:
        pane = self._pane
        if pane.content is None or _lead_url(pane.content) != self._lead_url:
            return
        if (pane.scroll_offset.y or pane.selected >= 0) and self._lead is None:
            return  # what the user reads further down is not to move
        self._lead = image
        self._terminal.add(image)
        self._lay_out_pane()

    @property
    def lead(self) -> LeadImage | None:
        """The image in the pane."""
        if self._lead is None or not self._shows:
            return None
        from reader.tui.loaders.article import LeadImage

        return LeadImage(self._lead_url, self._lead)

    # What comes of it.

    def _take(self, slot: ImageSlot, url: str, answer: RenderedImage | str) -> None:
        if not self._shows:
            return
        if slot == "article":
            if not isinstance(answer, str):
                self._take_lead(answer)
            return
        self._text_images[url] = answer
        if not isinstance(answer, str):
            self._terminal.add(answer)
        self._lay_out_when_idle()

    def fetched(self, url: str, error: str) -> None:
        """Note that the fetch of an image has ended, or why it failed."""
        if self._loader is not None:
            self._loader.on_fetched(url, error)

    def fit(self) -> None:
        """Request images that fit, after the screen has changed its size."""
        if self._lead is not None and not self._pane_has_room:
            self._lead = None
            self._lay_out_pane()
            self._terminal.forget_hidden()
        self.request()

    @property
    def _pane_has_room(self) -> bool:
        size = self._pane.size
        return size.width >= _LEAST_PANE[0] and size.height >= _LEAST_PANE[1]

    def _shown_images(self) -> Iterable[RenderedImage]:
        """Return the images of the text and the one in the pane."""
        return [image for image in (*self._text_images.values(), self._lead) if image and not isinstance(image, str)]

    def send_again(self) -> None:
        """Send the images to the terminal again, which another program had."""
        self._terminal.send_again()

    def forget(self) -> None:
        """Have the terminal forget every image: it is about to be given back."""
        self._lead, self._text_images = None, {}
        self._terminal.forget_hidden()

    def close(self) -> None:
        """End the renderer."""
        if self._loader is not None:
            self._loader.close()


def _name(text: ReaderText) -> str:
    return f"{text.id} {text.title}"


def _lead_url(content: ArticleContent) -> str:
    """Return the address of the image of a whole article; may be empty."""
    url = content.images[0].url if content.images else ""
    return url if url.startswith(("http://", "https://")) else ""
