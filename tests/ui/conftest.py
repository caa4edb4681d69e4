"""What all tests of the screen share."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from reader.ui import bars
from reader.ui.screens import browse


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing happen by the clock alone: a busy machine is no reason for an article to be read."""
    monkeypatch.setattr(browse, "_SECONDS_UNTIL_READ", 3600.0)
    monkeypatch.setattr(bars, "_SECONDS_SHOWN", 3600.0)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show times in UTC, wherever the tests run."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
