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

    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine


class AddFeed:
    """One such prompt. It stays open until an address leads to one feed."""

    def __init__(self, session: Session, add: Callable[[str, str], object]) -> None:
        """``add`` gets URL and title of the feed."""
        self._session = session
        self._add = add
        self._found: dict[str, tuple[str, str]] = {}
        """URL and title of the feeds that were looked up, by the address as typed."""
        self._choices: dict[str, str] = {}
        """The titles of the feeds that a page names, by URL."""
        self._looking_for = ""
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, group: str) -> None:
        """Open the prompt."""
        prompt = Prompt(self._submit, self._describe, self._stop, self._is_unknown, complete=self._complete)
        self._session.prompts.open(prompt, f"Add a feed to {group}: " if group else "Add a feed: ")

    def _submit(self, address: str) -> None:
        self._add(*self._found[address])

    def _describe(self, line: PromptLine) -> None:
        text = clean(line.text)
        if text in self._choices:
            line.show_hint(self._choices[text] or "This feed has no title.")
        elif self._choices:
            line.show_hint(f"The page names {format_count(len(self._choices), 'feed')}; Tab tries them.")
        else:
            line.show_hint("The address of a feed, or of a page: its feeds are found. Enter looks there.")

    def _complete(self, text: str, _: int) -> Completion:
        from reader.tui.widgets.prompt.completion import Completion

        return Completion(0, len(text), tuple(self._choices))

    def _is_unknown(self, line: PromptLine) -> bool:
        """Look up an address, unless that was done; meanwhile the prompt stays open."""
        address = clean(line.text)
        if address in self._found:
            return False
        if not address:
            line.hint("Type an address; Esc cancels.", warning=True)
        else:
            line.hint("Looking for a feed there …")
            if address != self._looking_for:
                self._stop()
                self._looking_for = address
                self._session.background.start(partial(self._look_up, address, line), "feed lookup")
        return True

    async def _look_up(self, address: str, line: PromptLine) -> None:
        from reader.tui.loaders.feeds import look_up

        def keep(process: subprocess.Popen[bytes]) -> None:
            self._process = process

        found = await self._session.background.run(look_up, address, keep)
        if self._looking_for != address or self._session.prompts.line is not line:
            return  # another address, or canceled
        self._looking_for, self._process = "", None
        if found.feed is not None:
            self._found[address] = found.feed
            if clean(line.text) == address:
                self._session.prompts.submit(address)
        elif found.choices:
            self._choices = dict(found.choices)
            self._describe(line)
        else:
            line.hint(found.error, warning=True)

    def _stop(self) -> None:
        """End a lookup."""
        self._looking_for = ""
        if self._process is not None:
            self._process.terminate()
            self._process = None
