"""The commands of the palette, found by the words of their titles and of what is said of them."""

from __future__ import annotations

from collections.abc import Iterable

from textual.command import Hit, Hits
from textual.content import Content
from textual.system_commands import SystemCommandsProvider

_OF_A_DESCRIPTION = 0.1
"""The score of a command that is found by its description alone: below all that are found by their title."""


class Commands(SystemCommandsProvider):
    """Textual looks at titles alone, in which “fetch” is not a word of “Read the original”."""

    async def search(self, query: str) -> Hits:
        """Yield the commands whose title is like ``query``, and those whose words begin with all words of it."""
        matcher = self.matcher(query)
        sought = query.lower().split()
        for name, text, act, *_ in self.app.get_system_commands(self.screen):
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), act, help=text)
            elif sought and has_words(sought, f"{name} {text}"):
                yield Hit(_OF_A_DESCRIPTION, Content(name), act, text=name, help=text)


def has_words(sought: Iterable[str], text: str) -> bool:
    """Whether each of the words ``sought``, in lower case, is the beginning of a word of ``text``."""
    words = [word.strip("(“”).,;:") for word in text.lower().split()]
    return all(any(word.startswith(each) for word in words) for each in sought)
