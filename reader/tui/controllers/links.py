"""Addresses: opened in the browser, or copied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.urls import display_host, shorten_url
from reader.tui.session import Session

if TYPE_CHECKING:
    from textual.app import App

    from reader.core.model import Links
    from reader.tui.loaders.browser import BrowserResult
    from reader.tui.widgets.article_list.article_list import ArticleList


class LinksController:
    """Opens and copies the addresses of articles and links."""

    def __init__(self, session: Session, articles: ArticleList, on_opened: Callable[[int], object]) -> None:
        """``on_opened`` hears of the row number of an article whose own address was opened."""
        self._session = session
        self._list = articles
        self._on_opened = on_opened

    def open_best(self, links: Links) -> None:
        """Open the original in the browser."""
        self.open(links.best, "This document has no address to open.")

    def open_amp(self, links: Links) -> None:
        """Open the AMP copy in the browser."""
        self.open(links.amp_copy, "There is no AMP copy of this. o opens the original.")

    def open(self, url: str, nothing: str = "") -> None:
        """Open ``url`` in the browser, or say ``nothing`` when it is empty."""
        if not url:
            words = nothing if self._list.rowid != -1 else "There is no article to open here."
            self._session.show_message(words, transient=True)
            return
        self._session.show_message(f"Opening {display_host(url) or 'the link'} …")
        is_own = self._list.row is not None and url in self._list.row.links.every()
        rowid = self._list.rowid if is_own else -1
        self._session.background.start(partial(self._open, url, rowid), "browser", exclusive=False)

    async def _open(self, url: str, rowid: int) -> None:
        from reader.tui.loaders.browser import open_address

        result = await self._session.background.run(open_address, url)
        if result.url_to_copy:
            self._session.services.copy_to_clipboard(result.url_to_copy)
        text, is_warning = self._run_in_terminal(result, url)
        self._session.show_message(text, warning=is_warning)
        if rowid != -1 and not (is_warning or result.url_to_copy):
            self._on_opened(rowid)

    def _run_in_terminal(self, result: BrowserResult, url: str) -> tuple[str, bool]:
        """Run a text browser, if that is what the user named; return what to say, and whether it is a warning."""
        if result.terminal_browser is None:
            return result.text, result.is_warning
        from textual.app import SuspendNotSupported

        from reader.desktop.browser import run_in_terminal
        from reader.tui.terminal import graphics

        app: App[None] = self._list.app
        try:
            with graphics.suspended(app):
                run_in_terminal(result.terminal_browser, url)
        except (ReaderError, SuspendNotSupported) as error:
            return str(error), True
        finally:
            app.screen.refresh(layout=True)
        return result.text, result.is_warning

    def copy(self, links: Links) -> None:
        """Copy the address of the original."""
        url = links.best
        if url:
            self._session.services.copy_to_clipboard(url)
            width = self._session.services.screen_width()
            self._session.show_message(f"Copied {shorten_url(url, max(20, width - 9))}")
        elif self._list.rowid == -1:
            self._session.show_message("There is no article here whose address could be copied.", transient=True)
        else:
            self._session.show_message("This document has no address to copy.", transient=True)
