"""Images: which are fetched and shown, those of the text in the reader, and the lead image in the article pane.

Nothing is fetched until a key or a setting asks for it. Cached images are shown without asking, but not over ssh, where
they would be slow.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias

from reader.core.errors import ReaderError
from reader.tui.session import Session
from reader.tui.terminal import graphics
from reader.tui.terminal.images import TerminalImages
from reader.tui.timings import DelayedCall

if TYPE_CHECKING:
    from reader.config.settings import Config
    from reader.core.events import ImageFetched
    from reader.images.model import RenderedImage
    from reader.tui.loaders.article import LeadImages
    from reader.tui.loaders.images import ImageLoader, ImageSlot
    from reader.tui.widgets.article_pane.article_pane import ArticlePane
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.lines import ReaderText, TextImages
    from reader.tui.widgets.reader.reader_view import ReaderView

_Default: TypeAlias = Literal["ask", "folder", "on", "off"]
"""What happens to the images of an article unless a key says otherwise: “folder” shows all those of this folder."""
_NEXT: dict[_Default, _Default] = {"ask": "folder", "folder": "on", "on": "off", "off": "ask"}
_LOCAL, _REMOTE = "images", "images-over-ssh"
"""The settings that hold the default locally and over ssh; followed by a colon and the folder, “on” for “folder”."""
_NEEDS = {
    "kitty": "Kitty graphics need true color and newsreader-tui[images]",
    "sixel": "Sixel needs newsreader-tui[images]",
}
_LEAST_PANE = (40, 24)
"""Minimum size of the pane in cells and lines; in a smaller one an image would leave no room for text."""
_PANE_LINES = 12
_SHARE_OF_SCREEN = 2 / 3
_LEAST_LINES = 4


class ImagesController:
    """Says which images are fetched and shown, and requests them."""

    def __init__(
        self,
        session: Session,
        pane: ArticlePane,
        fetch: Callable[[str], object],
        cancel_fetch: Callable[[str], object],
        *,
        lay_out_pane: Callable[[], object],
        lay_out_text: Callable[[], object],
    ) -> None:
        self._session = session
        self._pane = pane
        self.terminal = TerminalImages(session.app, session.config.fetch.graphics, self._shown_images)
        self._fetch = fetch
        self._cancel_fetch = cancel_fetch
        self._lay_out_pane = lay_out_pane
        self._lay_out_text = lay_out_text
        self._is_remote = graphics.is_remote(os.environ)
        self._setting = _REMOTE if self._is_remote else _LOCAL
        self._folder_setting = f"{self._setting}:{session.library.quoted_target}"
        self._default: _Default = self._configured()
        self._choices: dict[str, bool] = {}
        """Whether the user wants to see an image, by its URL."""
        self._loader: ImageLoader | None = None
        self._view: ReaderView | None = None
        self._text_images: dict[str, RenderedImage | str] = {}
        """The images of the text in the reader by URL, or why one is not shown."""
        self._text_name = ""
        """The id and title of the text that they belong to."""
        self._lead: RenderedImage | None = None
        """The image in the pane."""
        self._lead_url = ""
        self._lead_problem = ""
        """Why it is not shown."""
        self._lead_timer = DelayedCall(pane)
        session.image_fetched.subscribe(self._fetched)
        session.config_changed.subscribe(self._config_changed)

    # Which images are fetched and shown.

    async def load_setting(self) -> None:
        """Load the default that was chosen in an earlier run."""
        run, settings = self._session.background.run, self._session.library.settings
        saved, folder = await run(settings.get, self._setting), await run(settings.get, self._folder_setting)
        before = self._default
        if folder == "on":
            self._default = "folder"
        elif saved in {"ask", "on", "off"}:
            self._default = saved  # type: ignore[assignment]
        if self._default != before:
            self._apply()

    def _configured(self) -> _Default:
        wanted = self._session.config.fetch.images
        return "ask" if wanted == "ask" else "on" if wanted else "off"

    def _config_changed(self, before: Config) -> None:
        if before.fetch.images != self._session.config.fetch.images:
            self._default = self._configured()
        if before.fetch != self._session.config.fetch:
            self._apply()

    def toggle(self) -> None:
        """Show the images of the text or article, fetched if necessary; if they are shown, hide them."""
        urls = self._shown_urls()
        if self._refuse():
            return
        if not urls:
            self._session.show_message("This article has no images.", transient=True)
            return
        can_show = bool(self._text_name) or self._pane_has_room
        shows = not can_show or not all(self._may_fetch(url) or self._is_settled(url) for url in urls)
        self._choices.update(dict.fromkeys(urls, shows))
        if not can_show:
            message = "There is no room for images here; they are shown in the full text."
        elif shows:
            message = f"Images of this article are shown{self._cached_only}.{self._hint()}"
        else:
            message = "Images of this article are hidden."
        self._session.show_message(message, transient=not shows)
        self._apply()

    def change_default(self) -> None:
        """Change which images are fetched and shown by default, and remember it."""
        if self._refuse():
            return
        key = self._session.key
        default = self._default = _NEXT[self._default]
        self._choices.clear()
        self._session.save_setting(self._folder_setting, "on" if default == "folder" else "")
        if default != "folder":
            self._session.save_setting(self._setting, default)
        always, cached_only = "Images are always shown", self._cached_only
        self._session.show_message(
            {
                "folder": f"{always} in this folder{cached_only}. Press {key('images.always')} again for all folders.",
                "on": f"{always}{cached_only}. Press {key('images.always')} again to turn them off.",
                "off": f"Images are not shown; {key('images')} shows those of an article.",
                "ask": f"{key('images')} shows images{'' if self._is_remote else ' that are not cached'}.",
            }[default]
        )
        self._apply()

    def _refuse(self) -> bool:
        """Return whether images cannot be shown here, after a message that says why."""
        if self.terminal.mode != "none":
            return False
        few_colors, by_setting = "this terminal has too few colors", "[fetch] graphics is “none” in the settings"
        why = few_colors if self.terminal.has_few_colors else by_setting
        self._session.show_message(f"Images cannot be shown: {why}.", warning=True)
        return True

    @property
    def _cached_only(self) -> str:
        return " (cached ones only)" if self._session.config.fetch.refusal else ""

    def _hint(self) -> str:
        wanted = self._session.config.fetch.graphics
        if wanted in _NEEDS and wanted != self.terminal.mode:
            return f" {_NEEDS[wanted]}; half-blocks are shown instead."
        return f" {self._session.key('images.always')} shows them always." if self._default == "ask" else ""

    def _draws(self, url: str) -> bool:
        """Whether an image is shown if it is cached."""
        is_default = self._default in {"folder", "on"} or (self._default == "ask" and not self._is_remote)
        return self.terminal.mode != "none" and self._choices.get(url, is_default)

    def _may_fetch(self, url: str) -> bool:
        return self._choices.get(url, self._default in {"folder", "on"})

    def _is_settled(self, url: str) -> bool:
        """Whether an image, or why there is none, is on the screen."""
        return url in self._text_images or (self._lead is not None and url == self._lead_url)

    def _shown_urls(self) -> list[str]:
        """Return the images of the text that is read, else that of the article in the pane."""
        text = self._view.text if self._view is not None and self._text_name else None
        if text is None:
            return [self._lead_url] if self._lead_url else []
        from reader.tui.widgets.reader.lines import images_in

        return list(images_in(text))

    def _note(self, urls: Iterable[str]) -> str:
        """Return which key shows those images that wait for one; empty if there are none. For worker threads."""
        waiting = [url for url in urls if url not in self._choices] if self._default == "ask" else []
        if not waiting or self.terminal.mode == "none":
            return ""
        can_fetch = not self._session.config.fetch.refusal
        try:
            cached = self._session.library.pages.cached_images(waiting)
        except ReaderError:  # the pages report it; without them everything else is shown
            return ""
        number = sum(self._is_remote if url in cached else can_fetch for url in waiting)
        images = "the image" if number == 1 else f"{number} images"
        return f"{self._session.key('images')} shows {images}." if number else ""

    def _apply(self) -> None:
        """Show what is wanted now, and hide everything else."""
        self._text_images = {url: answer for url, answer in self._text_images.items() if self._draws(url)}
        if not self._draws(self._lead_url):
            self._lead = None
        self._lead_problem = ""
        if self._loader is not None:
            self._loader.retry_failed()
        self.request()
        self._lay_out_text()
        self._lay_out_pane()
        self.terminal.forget_hidden()

    def request(self) -> None:
        """Request the images on the screen."""
        self._request_text_images()
        self._request_lead()

    @property
    def _images(self) -> ImageLoader:
        """What renders and fetches images; created on first use."""
        if self._loader is None:
            from reader.tui.loaders.images import ImageLoader

            session = self._session
            self._loader = ImageLoader(
                session.library,
                session.background,
                self._show_result,
                self._fetch,
                self._cancel_fetch,
                may_fetch=lambda url: not session.config.fetch.refusal and self._may_fetch(url),
                idle_seconds=session.timings.process_idle,
            )
        return self._loader

    # In the reader.

    def attach_reader(self, view: ReaderView) -> None:
        """Set the view whose text has images."""
        self._view = view

    def of_text(self, text: ReaderText) -> TextImages:
        """Return the loaded images of a text, or why one is not shown, and a note; for worker threads."""
        from reader.tui.widgets.reader.lines import images_in

        loaded = dict(self._text_images) if self._text_name == _name(text) else {}
        return loaded, self._note(images_in(text))

    def text_shown(self, text: ReaderText) -> None:
        """Request the images of the text that is now shown."""
        if self._text_name != _name(text):
            self._text_name = _name(text)
            self._drop_text_images()
        if self._text_images:
            self._lay_out_text()
        self._request_text_images()

    def text_closed(self) -> None:
        """Drop the images of the text."""
        if self._loader is not None:
            self._loader.request("text", ())
        self._text_name = ""
        self._drop_text_images()
        self._pane.call_after_refresh(self._request_lead)

    def _drop_text_images(self) -> None:
        if self._text_images:
            self._text_images = {}
            self.terminal.forget_hidden()

    def _request_text_images(self) -> None:
        view = self._view
        if view is None or view.text is None or not self._text_name:
            return
        from reader.tui.loaders.images import ImageRequest
        from reader.tui.widgets.reader.lines import images_in

        found = {url: indent for url, indent in images_in(view.text).items() if self._draws(url)}
        if not found and self._loader is None:
            return
        lines = max(_LEAST_LINES, int(view.size.height * _SHARE_OF_SCREEN))
        box = self.terminal.box(view.text_width, lines)
        requests = [ImageRequest(url, box._replace(cells=box.cells - indent)) for url, indent in found.items()]
        self._images.request("text", [request for request in requests if request.box.cells > 0])

    def _lay_out_when_idle(self) -> None:
        view = self._view
        if view is None or not self._text_name:
            return
        if view.is_busy:  # link hints and lines being selected must not move
            view.set_timer(self._session.timings.image_retry, self._lay_out_when_idle)
        else:
            self._lay_out_text()

    # In the pane.

    def article_shown(self, content: ArticleContent) -> None:
        """Request the image of the article in the pane, unless the user moves on."""
        url = _lead_url(content)
        if url != self._lead_url:
            self._lead, self._lead_url, self._lead_problem = None, url, ""
            if self._loader is not None:
                self._loader.request("article", ())
            self.terminal.forget_hidden()
        elif self._lead is not None:
            self._lay_out_pane()
        self._lead_timer.stop()
        if url and self._draws(url):
            self._lead_timer.start(self._session.timings.until_lead_image, self._request_lead)

    def _request_lead(self) -> None:
        url = self._lead_url
        if not url or self._text_name or not self._pane_has_room:
            return
        if not self._draws(url):
            if self._loader is not None:
                self._loader.request("article", ())
            return
        from reader.tui.loaders.images import ImageRequest

        box = self.terminal.box(self._pane.text_width, min(_PANE_LINES, self._pane.size.height // 3))
        self._images.request("article", [ImageRequest(url, box)])

    def _show_lead(self, image: RenderedImage) -> None:
        pane = self._pane
        if pane.content is None or _lead_url(pane.content) != self._lead_url:
            return
        if (pane.scroll_offset.y or pane.selected >= 0) and self._lead is None and self._lead_url not in self._choices:
            return  # what the user reads further down must not move, unless a key asked for it
        self._lead = image
        self.terminal.add(image)
        self._lay_out_pane()

    def lead_images(self) -> LeadImages:
        """Return a function for worker threads, which must not ask a widget for its size.

        Textual may first lay out the screen for the answer, in any thread, and two at once break its caches.
        """
        lead, lead_url, problem, has_room = self._lead, self._lead_url, self._lead_problem, self._pane_has_room

        def lead_of(content: ArticleContent) -> RenderedImage | str:
            url = _lead_url(content)
            if lead is not None and url == lead_url:
                return lead
            if problem and url == lead_url:
                return f"not shown: {problem}"
            return self._note([url]) if url and has_room else ""

        return lead_of

    # Results.

    def _show_result(self, slot: ImageSlot, url: str, answer: RenderedImage | str) -> None:
        if not self._draws(url):
            return
        if slot == "article":
            if not isinstance(answer, str):
                self._show_lead(answer)
            elif answer:
                self._show_lead_problem(url, answer.rstrip("."))
            return
        self._text_images[url] = answer
        if not isinstance(answer, str):
            self.terminal.add(answer)
        self._lay_out_when_idle()

    def _show_lead_problem(self, url: str, problem: str) -> None:
        if self._choices.pop(url, False):  # once; the key tries again
            self._session.show_message(f"The image cannot be shown: {problem}.", warning=True)
        elif url != self._lead_url or problem == self._lead_problem:
            return
        else:
            self._lead_problem = problem
        self._lay_out_pane()

    def _fetched(self, event: ImageFetched) -> None:
        if self._loader is not None:
            self._loader.on_fetched(event.url, event.error)

    def fit(self) -> None:
        """Request images that fit after a resize."""
        if self._lead is not None and not self._pane_has_room:
            self._lead = None
            self._lay_out_pane()
            self.terminal.forget_hidden()
        self.request()

    @property
    def _pane_has_room(self) -> bool:
        size = self._pane.size
        return size.width >= _LEAST_PANE[0] and size.height >= _LEAST_PANE[1]

    def _shown_images(self) -> Iterable[RenderedImage]:
        """Return the images of the text and the one in the pane."""
        return [image for image in (*self._text_images.values(), self._lead) if image and not isinstance(image, str)]

    def forget(self) -> None:
        """Delete every image from the terminal before it is handed over."""
        self._lead, self._text_images = None, {}
        self.terminal.forget_hidden()

    def close(self) -> None:
        """End the renderer."""
        if self._loader is not None:
            self._loader.close()


def _name(text: ReaderText) -> str:
    return f"{text.id} {text.title}"


def _lead_url(content: ArticleContent) -> str:
    """Return the URL of an article's lead image; may be empty."""
    images = content.article.images
    url = images[0].url if images else ""
    return url if url.startswith(("http://", "https://")) else ""
