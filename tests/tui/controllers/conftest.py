"""Environments and folders of the tests of the controllers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.controllers.image_pages import LEAD
from tests.tui.helpers import document


@pytest.fixture
def local_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a local terminal with many colors that does not draw images itself."""
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "KITTY_WINDOW_ID", "TMUX", "STY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def remote_terminal(local_terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield


@pytest.fixture
def pictured(make_folder: MakeFolder) -> Path:
    return make_folder(
        {
            "a.md": document(
                "ImageFetched",
                "quality: 9",
                "originalUrl: https://a.example/",
                f"images: [{{url: '{LEAD}'}}]",
                "excerpt: " + "What there is to say of it. " * 60,
            ),
            "b.md": document("Without", "quality: 8", "originalUrl: https://b.example/", "excerpt: Words."),
        }
    )
