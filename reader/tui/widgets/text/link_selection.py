"""The link of a text that is selected, to be read or opened in the browser."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from reader.tui.widgets.messages import show_status
from reader.tui.widgets.text.scroll_view import scroll_line_into_view

if TYPE_CHECKING:
    from reader.tui.widgets.text.line_view import LineView


class _Link(NamedTuple):
    """A link where it begins in the text."""

    line: int
    span: tuple[int, int]
    """Start and end in the characters of the line."""
    href: str


class LinkSelection:
    """Goes from link to link in a view."""

    def __init__(self, view: LineView, text: Callable[[], range], on_change: Callable[[], object]) -> None:
        """``text`` returns the lines whose links can be selected; ``on_change`` is called when another one is."""
        self._view = view
        self._text = text
        self._on_change = on_change
        self._link: _Link | None = None

    @property
    def href(self) -> str:
        """The URL of the selected link, while it is on the screen; else an empty string."""
        top, link = self._view.scroll_offset.y, self._link
        return link.href if link is not None and top <= link.line < top + self._view.size.height else ""

    def span_in(self, line: int) -> tuple[int, int] | None:
        """Return where the selected link is in a line, if it is there."""
        return self._link.span if self._link is not None and self._link.line == line else None

    def clear(self) -> None:
        """Select no link."""
        if self._link is not None:
            self._link = None
            self._view.refresh()
            self._on_change()

    @property
    def place(self) -> tuple[int, str] | None:
        """Which of the links is selected, and its URL; the lines may change."""
        links = [*self._links()] if self._link is not None else []
        return (links.index(self._link), self._link.href) if self._link is not None and self._link in links else None

    def restore(self, place: tuple[int, str] | None) -> None:
        """Select the link at a place again, if it is still there."""
        if place is not None:
            at, href = place
            link = next(islice(self._links(), at, None), None)
            self._link = link if link is not None and link.href == href else None
            self._on_change()

    def scrolled(self) -> None:
        """Take a new position of the view: the link may no longer be on the screen."""
        if self._link is not None:
            self._on_change()

    def move(self, step: int) -> None:
        """Select the next link or, with -1, the previous one; the first one from the top of the screen."""
        view, links = self._view, [*self._links()]
        if self.href and self._link in links:
            at = links.index(self._link) + step
        else:
            at = bisect_left(links, view.scroll_offset.y, key=lambda link: link.line) - (step < 0)
        if 0 <= at < len(links):
            self._link = links[at]
            view.position.user_scrolls = True
            scroll_line_into_view(view, self._link.line)
            view.refresh()
            self._on_change()
        elif not links:
            show_status(view, "This text has no links.")
        else:
            show_status(view, "This is the last link." if step > 0 else "This is the first link.")

    def _links(self) -> Iterator[_Link]:
        """Yield the links in order, each where it begins."""
        lines, ended = self._view.lines, ""
        text = self._text()
        for line in range(text.start, min(text.stop, len(lines))):
            at, goes_on, ended = 0, ended, ""
            for href, runs in groupby(lines[line], key=lambda run: run.href):
                start, at = at, at + sum(len(run.text) for run in runs)
                if href and href != goes_on:
                    yield _Link(line, (start, at), href)
                goes_on, ended = "" if href else goes_on, href
