"""The reader above the main screen, made on first use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from reader.tui.session import Session

if TYPE_CHECKING:
    from textual.widget import Widget

    from reader.tui.screens.reader import ReaderScreen


class ReaderLayer:
    """Pushes the reader above a screen, and removes it."""

    def __init__(self, below: Screen[None], session: Session, make: Callable[[], ReaderScreen]) -> None:
        """``make`` returns the reader."""
        self._below = below
        self._session = session
        self._make = make
        self._screen: ReaderScreen | None = None
        self.focus_before: Widget | None = None
        """What had the focus below when a text was opened."""

    @property
    def screen(self) -> ReaderScreen | None:
        """The reader, while it is on the screen."""
        screen = self._screen
        return screen if screen is not None and screen in self._below.app.screen_stack else None

    async def show(self) -> None:
        """Show the reader, and wait until it is laid out."""
        app = self._below.app
        if self._screen is None:
            self._screen = self._make()
            app.install_screen(self._screen, "reader")
        if self.screen is None and not self._session.gate.is_closed:
            self._session.prompts.cancel()  # opened since, by the mouse for instance; it would be below the reader
            self._below.set_focus(None)
            await app.push_screen(self._screen)
            laid_out = asyncio.Event()
            self._screen.call_after_refresh(laid_out.set)
            await laid_out.wait()

    def hide(self) -> None:
        """Remove the reader, with whatever is above it."""
        while self.screen is not None:
            self._below.app.pop_screen()
