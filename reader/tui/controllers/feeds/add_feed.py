"""Adding a feed: a prompt that looks up the address and, if a page names several feeds, offers them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.core.text import clean, format_count
from reader.tui.prompts import Prompt
from reader.tui.session import Session

if TYPE_CHECKING:
    import subprocess

    from reader.tui.loaders.feeds import Lookup
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine


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
    """One such prompt. It stays open until an address leads to one feed."""

    def __init__(self, session: Session, add: Callable[[str, str], object]) -> None:
        """``add`` gets URL and title of the feed."""
        self._session = session
        self._add = add
        self._found: dict[str, Lookup] = {}
        """What is at the addresses that were looked up, as typed."""
        self._choices: dict[str, str] = {}
        """The titles of the feeds that Tab tries, by URL."""
        self._lookup: _RunningLookup | None = None

    def ask(self, group: str) -> None:
        """Open the prompt."""
        prompt = Prompt(self._submit, self._describe, self._cancel, self._is_unknown, complete=self._complete)
        self._session.prompts.open(prompt, f"Add a feed to {group}: " if group else "Add a feed: ")

    def _submit(self, address: str) -> None:
        feed = self._found[address].feed
        assert feed is not None
        self._add(*feed)

    def _describe(self, line: PromptLine) -> None:
        text = clean(line.text)
        if self._lookup is not None:
            if text == self._lookup.address:
                return
            self._cancel()  # its answer is about another address
        choices = self._choices_at(text)
        if text in choices:
            line.show_hint(choices[text] or "This feed has no title.")
        elif choices:
            line.show_hint(f"The page names {format_count(len(choices), 'feed')}: Tab chooses one, Enter adds it.")
        else:
            line.show_hint("The address of a feed, or of a page: its feeds are found. Enter looks there.")

    def _complete(self, text: str, _: int) -> Completion:
        from reader.tui.widgets.prompt.completion import Completion

        return Completion(0, len(text), tuple(self._choices_at(clean(text))))

    def _choices_at(self, text: str) -> dict[str, str]:
        """Return what Tab tries: the feeds that the page at an address names, also once one of them is in its place."""
        found = self._found.get(text)
        if found is not None and found.choices:
            self._choices = dict(found.choices)
        elif text not in self._choices:
            self._choices = {}
        return self._choices

    def _is_unknown(self, line: PromptLine) -> bool:
        """Look up an address, unless that was done; meanwhile the prompt stays open."""
        address = clean(line.text)
        found = self._found.get(address)
        if found is not None and found.feed is not None:
            return False
        self._describe(line)
        if not address:
            line.hint("Type an address; Esc cancels.", warning=True)
        elif found is None:
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
        if found.feed is not None:
            self._session.prompts.submit(lookup.address)
        else:
            self._describe(line)

    def _cancel(self) -> None:
        """Cancel the lookup."""
        if self._lookup is not None:
            self._lookup.cancel()
            self._lookup = None
