"""What is done with URLs: they are opened in the browser or copied, and their pages are saved as documents."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.urls import display_host, safe_url, shorten_url
from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.content.page import Page
    from reader.core.model import Links
    from reader.desktop.browser import Browser
    from reader.tui.widgets.article_list.article_list import ArticleList
    from reader.tui.widgets.reader.lines import ReaderText


class LinksController:
    """Opens and copies the URLs of articles and links, and saves pages."""

    def __init__(self, session: Session, articles: ArticleList, on_opened: Callable[[int], object]) -> None:
        """``on_opened`` gets the row id of an article whose own URL was opened."""
        self._session = session
        self._list = articles
        self._on_opened = on_opened
        self._saved: dict[str, str] = {}
        """The names of the documents that pages were saved as, by their ids; empty while one is being saved."""

    def open(self, url: str, also: str = "", *, nothing: str = "") -> None:
        """Open ``url`` in the browser and ``also`` show that sentence, or show ``nothing`` if there is no URL."""
        if not url:
            words = nothing if self._list.rowid != -1 else "There is no article to open here."
            self._session.show_message(words, transient=True)
            return
        self._session.show_message(f"Opening {display_host(url) or 'the link'} …")
        is_own = self._list.row is not None and url in self._list.row.links.all_urls()
        rowid = self._list.rowid if is_own else -1
        self._session.background.start(partial(self._open, url, rowid, also), "browser", exclusive=False)

    async def _open(self, url: str, rowid: int, also: str) -> None:
        session = self._session
        try:
            url = safe_url(url)  # of a document, or of a link in its text
        except ReaderError as error:
            session.show_message(f"The link cannot be opened. {error.message}", warning=True)
            return
        try:
            browser = await session.background.run(_open_in_browser, url, session.config.browser)
        except ReaderError as error:
            session.app.copy_to_clipboard(url)
            session.show_message(f"{error} The link was copied instead.", warning=True)
            return
        if browser is None:
            session.app.copy_to_clipboard(url)
            session.show_message(f"No browser is available here; the link was copied instead. {also}".rstrip())
        elif not browser.in_terminal or self._run_in_terminal(browser, url):
            what = "Back from" if browser.in_terminal else f"Opened {display_host(url)} with"
            session.show_message(f"{what} {browser.name}. {also}".rstrip())
            if rowid != -1:
                self._on_opened(rowid)

    def _run_in_terminal(self, browser: Browser, url: str) -> bool:
        """Leave the terminal to a text browser until it ends; return False after a message if that failed."""
        from reader.desktop.browser import run_in_terminal
        from reader.tui.terminal.suspend import suspended

        try:
            with suspended(self._session.app):
                run_in_terminal(browser, url)
        except ReaderError as error:
            self._session.show_message(str(error), warning=True)
            return False
        return True

    def copy(self, links: Links) -> None:
        """Copy the URL of the original."""
        url = links.best
        if url:
            self._session.app.copy_to_clipboard(url)
            width = self._session.app.size.width
            self._session.show_message(f"Copied {shorten_url(url, max(20, width - 9))}")
        elif self._list.rowid == -1:
            self._session.show_message("There is no article here, so there is no URL to copy.", transient=True)
        else:
            self._session.show_message("This document has no URL to copy.", transient=True)

    def save_page(self, text: ReaderText | None) -> None:
        """Save the page of a text as a document of the folder, unless it has one."""
        session = self._session
        if text is None:
            return
        if text.rowid is not None:
            session.show_message("This is a document of the folder already.", transient=True)
        elif text.page is None:
            words = f"Only a fetched page can be saved; {session.key('fetch')} fetches it."
            session.show_message(words, transient=True)
        elif name := self._saved.get(text.id):
            session.show_message(f"This page has been saved as {name}.", transient=True)
        elif text.id not in self._saved:
            self._saved[text.id] = ""
            session.background.start(partial(self._save_page, text.page), "new document", exclusive=False)

    async def _save_page(self, page: Page) -> None:
        from reader.library.new_documents import save_page

        session = self._session
        try:
            name = await session.background.run(save_page, session.library.folder, page)
        except ReaderError as error:
            del self._saved[page.id]
            session.show_message(str(error), warning=True)
        else:
            self._saved[page.id] = name
            session.show_message(f"Saved as {name}.")


def _open_in_browser(url: str, configured: Sequence[str]) -> Browser | None:
    """Open ``url`` in the user's browser, unless there is none or it needs the terminal; return it. For threads."""
    from reader.desktop import browser as web_browser

    browser = web_browser.find_browser(os.environ, configured=configured)
    if browser is not None and not browser.in_terminal:
        web_browser.open_url(browser, url)
    return browser
