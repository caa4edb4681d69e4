"""Adding a feed: a prompt that looks up the address, and a dialog to choose among the feeds that a page names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from reader.core.text import clean, format_count
from reader.core.urls import display_host
from reader.tui.prompts import Prompt
from reader.tui.session import Session

if TYPE_CHECKING:
    import subprocess

    from reader.tui.loaders.feeds import Feed, Lookup
    from reader.tui.widgets.prompt.prompt import PromptLine

_NEWEST = 3
"""Entries of a feed that are shown."""
_UNKNOWN = "No entries are known."
"""Of a feed that did not answer, or was not asked: the first feeds of a page are."""
_LISTED = "in your list already"


class _RunningLookup:
    """A lookup in a process of its own, which may be canceled at any time, also before the process is there."""

    def __init__(self, address: str) -> None:
        self.address = address
        """The address as typed."""
        self.is_canceled = False
        self._process: subprocess.Popen[bytes] | None = None

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """Take the process. For worker threads."""
        self._process = process
        if self.is_canceled:
            process.terminate()

    def cancel(self) -> None:
        """End the process; its answer is dropped."""
        self.is_canceled = True
        if self._process is not None:
            self._process.terminate()


class AddFeed:
    """One such prompt. It stays open until an address leads to feeds."""

    def __init__(self, session: Session, group: str, add: Callable[[Feed], object]) -> None:
        """``add`` adds a feed to the group."""
        self._session = session
        self._group = group
        self._add = add
        self._found: dict[str, Lookup] = {}
        """What is at the addresses that were looked up, as typed."""
        self._lookup: _RunningLookup | None = None

    def ask(self, address: str = "") -> None:
        """Open the prompt."""
        prompt = Prompt(self._submit, self._describe, self._cancel, self._is_unknown)
        label = f"Add a feed to {self._group}: " if self._group else "Add a feed: "
        self._session.prompts.open(prompt, label, address)

    def _submit(self, address: str) -> None:
        found = self._found[address]
        if found.feed is not None:
            self._add(found.feed)
        else:
            self._choose(found.choices)

    def _choose(self, feeds: Sequence[Feed]) -> None:
        from reader.tui.screens.choices import Choice, ChoiceScreen

        def chosen(index: int) -> None:
            feed = feeds[index]
            if feed.is_listed:
                self._session.show_message(f"“{feed.title or feed.url}” is {_LISTED}.")
            elif feed.newest:
                self._add(feed)
            else:
                self.ask(feed.url)

        words = ((each.title or "(no title)", each.kind, _LISTED if each.is_listed else "") for each in feeds)
        details = ((each.url, *(each.newest[:_NEWEST] or (_UNKNOWN,))) for each in feeds)
        choices = [Choice(" · ".join(filter(None, each)), more) for each, more in zip(words, details, strict=True)]
        title = f"{display_host(feeds[0].url)} has {format_count(len(feeds), 'feed')}: add which one?"
        self._session.app.push_screen(ChoiceScreen(title, "feed", choices, self._session.config.keys, chosen))

    def _describe(self, line: PromptLine) -> None:
        if self._lookup is not None:
            if clean(line.text) == self._lookup.address:
                return
            self._cancel()  # its answer is about another address
        line.show_hint("The address of a feed, or of a page: its feeds are found. Enter looks there.")

    def _is_unknown(self, line: PromptLine) -> bool:
        """Look up an address, unless that was done; meanwhile the prompt stays open."""
        address = clean(line.text)
        if address in self._found:
            return False
        self._describe(line)
        if not address:
            line.hint("Type an address; Esc cancels.", warning=True)
            return True
        line.hint("Looking for a feed there …")
        if self._lookup is None:
            self._lookup = _RunningLookup(address)
            self._session.background.start(partial(self._look_up, self._lookup, line), "feed lookup")
        return True

    async def _look_up(self, lookup: _RunningLookup, line: PromptLine) -> None:
        from reader.tui.loaders.feeds import look_up

        try:
            found = await self._session.background.run(look_up, lookup.address, lookup.started)
        finally:
            if self._lookup is lookup:
                self._lookup = None
        if lookup.is_canceled or clean(line.text) != lookup.address:
            return
        if found.error:
            line.hint(found.error, warning=True)
            return
        self._found[lookup.address] = found
        self._session.prompts.submit(lookup.address)

    def _cancel(self) -> None:
        """Cancel the lookup."""
        if self._lookup is not None:
            self._lookup.cancel()
            self._lookup = None
