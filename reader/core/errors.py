"""The exception whose message is shown to the user, and messages for system errors."""

from __future__ import annotations

from reader.core.text import clean


class ReaderError(Exception):
    """A failure that is reported to the user.

    ``message`` is a sentence that says what failed, for which file or URL. ``hint`` is a sentence that says what to do
    about it; it may be empty. Text from outside that they quote must have passed :mod:`reader.core.text`.
    """

    gone = False
    """Whether the object in question no longer exists."""
    damaged = False
    """Whether a file of newsreader is damaged, not just busy or unwritable."""
    unwritable = False
    """Whether a file of newsreader cannot be written: no disk space, or no permission."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    @property
    def reason(self) -> str:
        """The message without its capital letter and period, to follow a colon."""
        return self.message[:1].lower() + self.message[1:].rstrip(".")


def describe_error(error: BaseException) -> str:
    """Return the system's reason for an error, without the file name, to follow a colon."""
    words = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return clean(words).rstrip(".").lower()
