from __future__ import annotations

import errno
import os

import pytest

from reader.core.errors import ReaderError, describe_error


@pytest.mark.parametrize(("hint", "shown"), [("Do that.", "This failed. Do that."), ("", "This failed.")])
def test_an_error_is_a_sentence_and_a_hint(hint: str, shown: str) -> None:
    error = ReaderError("This failed.", hint)
    assert (error.message, error.hint, str(error)) == ("This failed.", hint, shown)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOENT, os.strerror(errno.ENOENT), "/a/secret/place"), "no such file or directory"),
        (OSError("Something else."), "something else"),
        (ValueError("Bad\x1b[2J\nvalue."), "bad[2j value"),
        (RecursionError(), "recursionerror"),
        (OSError(), "oserror"),
    ],
)
def test_describe_error_returns_words_that_follow_a_colon(error: BaseException, words: str) -> None:
    assert describe_error(error) == words
