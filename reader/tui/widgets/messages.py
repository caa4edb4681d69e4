"""Messages that several widgets post."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class LatestMessage(Message):
    """A message of which only the last of a burst counts."""

    def can_replace(self, message: Message) -> bool:
        """Whether this message makes ``message`` obsolete."""
        return isinstance(message, type(self))


class StatusMessage(Message):
    """A sentence for the user. It bubbles up to the screen, which shows it in the key bar."""

    def __init__(self, text: str, *, transient: bool) -> None:
        super().__init__()
        self.text = text
        self.transient = transient
        """Whether it says only that a key had no effect, so that the next key removes it."""

    def can_replace(self, message: Message) -> bool:
        """A transient message gives way to the next one: once is enough, however long a key is held."""
        return self.transient and isinstance(message, StatusMessage) and message.transient


def show_status(widget: Widget, text: str, *, transient: bool = True) -> None:
    """Show a sentence to the user."""
    widget.post_message(StatusMessage(text, transient=transient))
