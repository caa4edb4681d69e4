"""What a widget has to tell the user; the screen shows it in the key bar."""

from __future__ import annotations

from textual.message import Message


class StatusMessage(Message):
    """A sentence for the user. It bubbles up to the screen."""

    def __init__(self, text: str, warning: bool = False, transient: bool = False) -> None:
        super().__init__()
        self.text = text
        self.warning = warning
        self.transient = transient
        """Whether it says only that a key had no effect, so that the next key removes it."""

    def can_replace(self, message: Message) -> bool:
        """A transient message gives way to the next one: once is enough, however long a key is held."""
        return self.transient and isinstance(message, StatusMessage) and message.transient
