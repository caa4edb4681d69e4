"""Folders with pages to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.helpers import document, record_opened_urls
from tests.tui.screens.reader_pages import PARAGRAPHS, keep


@pytest.fixture
def news(make_folder: MakeFolder) -> Path:
    """A folder of three articles, the first of which has a page."""
    folder = make_folder(
        {
            "a.md": document("With a page", "quality: 9", "originalUrl: https://a.example/", "excerpt: The excerpt."),
            "b.md": document("With a body", "quality: 8", "originalUrl: https://b.example/", body="Its own **words**."),
            "c.md": document("With neither", "quality: 7", "excerpt: All there is."),
        }
    )
    keep(folder, "With a page", PARAGRAPHS)
    return folder


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were to be opened in the browser."""
    return record_opened_urls(monkeypatch)
