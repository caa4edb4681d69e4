"""Opening an address in the user's browser, in a worker thread."""

from __future__ import annotations

import os
from typing import NamedTuple

from reader.core.errors import ReaderError
from reader.core.urls import display_host, safe_url
from reader.desktop import browser as web_browser
from reader.desktop.browser import Browser


class BrowserResult(NamedTuple):
    """What came of it."""

    text: str
    is_warning: bool = False
    url_to_copy: str = ""
    """An address to copy, because it could not be opened."""
    terminal_browser: Browser | None = None
    """A text browser, for which the app has to leave the terminal."""


def open_address(url: str) -> BrowserResult:
    """Open ``url``, of a document or of a link in its text."""
    try:
        url = safe_url(url)
    except ReaderError as error:
        return BrowserResult(f"The link cannot be opened. {error.message}", is_warning=True)
    try:
        browser = web_browser.find_browser(os.environ)
        if browser is None:
            return BrowserResult("No browser is available here; the link was copied instead.", url_to_copy=url)
        if browser.in_terminal:
            return BrowserResult(f"Back from {browser.name}.", terminal_browser=browser)
        web_browser.open_url(browser, url)
    except ReaderError as error:
        return BrowserResult(f"{error} The link was copied instead.", is_warning=True, url_to_copy=url)
    return BrowserResult(f"Opened {display_host(url)} with {browser.name}.")
