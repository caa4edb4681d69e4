"""The one exception that is meant for a person, and how the system's own are put into words."""

from __future__ import annotations

from reader.core.text import clean


class ReaderError(Exception):
    """Something failed that the person can do something about.

    ``message`` is a sentence that says what failed and for which file or URL;
    ``hint`` is a sentence that says what to do next, or empty. Both have already
    passed :mod:`reader.core.text` where they quote anything from outside.
    """

    gone = False
    """Whether what it is about is no longer there."""
    damaged = False
    """Whether a file of ours is bad, as opposed to busy, full, or not ours to write."""
    unwritable = False
    """Whether nothing can be written where a file of ours is: no room, or no right to."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


def describe_error(error: BaseException) -> str:
    """Return why something failed, in the system's words and without the file name, fit to follow a colon."""
    words = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return clean(words).rstrip(".").lower()
