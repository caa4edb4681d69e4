"""Opening an address in the person's browser, and what to say of it. Runs in a worker."""

from __future__ import annotations

import os
from dataclasses import dataclass

from reader.core.errors import ReaderError
from reader.core.urls import display_host, safe_url
from reader.desktop import browser as web_browser
from reader.desktop.browser import Browser


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    text: str
    warning: bool = False
    copy: str = ""
    """An address to copy, because it could not be opened."""
    in_terminal: Browser | None = None
    """A text browser, which needs the terminal: the screen must step aside for it."""


def open_address(url: str) -> Outcome:
    """Open ``url``, of a document or of a link in its text, and return what to tell."""
    try:
        url = safe_url(url)
    except ReaderError as error:
        return Outcome(f"This link cannot be opened. {error.message}", warning=True)
    try:
        browser = web_browser.find_browser(os.environ)
        if browser is None:
            return Outcome("There is no browser at hand here; the link was copied instead.", copy=url)
        if browser.in_terminal:
            return Outcome(f"Back from {browser.name}.", in_terminal=browser)
        web_browser.open_url(browser, url)
    except ReaderError as error:
        return Outcome(f"{error} The link was copied instead.", warning=True, copy=url)
    return Outcome(f"Opened {display_host(url)} with {browser.name}.")


def run_in_terminal(browser: Browser, url: str) -> None:
    """Run a text browser on ``url`` until the person leaves it. Raises ReaderError."""
    web_browser.run_in_terminal(browser, url)
