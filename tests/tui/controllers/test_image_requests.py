"""What is fetched of the pictures that are wanted, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.message import Message

from reader.images.model import ImageBox
from reader.tui import messages
from reader.tui.pictures_desk import NOT_KEPT, PicturesDesk, Wanted
from tests.conftest import MakeFolder, OpenLibrary

URL = "https://a.example/1.png"
BOX = ImageBox(10, 5, (0, 0, 0), (8, 16), False)


class Screen:
    """A desk whose work is done at once, and what it asks and tells; nothing that is fetched is kept."""

    def __init__(self, make_folder: MakeFolder, library: OpenLibrary) -> None:
        self.fetched: list[str] = []
        self.dropped: list[str] = []
        self.told: list[messages.PictureMade] = []
        self._missing: list[messages.PicturesMissing] = []
        opened = library(make_folder({"a.md": "---\ntitle: A\n---\n"}))
        self.desk = PicturesDesk(opened, self._run, self._post, self.fetched.append, self.dropped.append)

    def _run(self, work: Callable[[], object], *_: Any, **__: Any) -> None:
        work()

    def _post(self, message: Message) -> None:
        if isinstance(message, messages.PictureMade):
            self.told.append(message)
        elif isinstance(message, messages.PicturesMissing):
            self._missing.append(message)

    def settle(self) -> None:
        """Take what was posted, as the screen does."""
        for _ in range(20):
            if not self._missing:
                return
            self.desk.fetch_missing(self._missing.pop().urls)
        pytest.fail("it goes on for ever")

    def ask(self, *urls: str) -> None:
        self.desk.ask("text", [Wanted(url, BOX) for url in urls])
        self.settle()

    def come(self, url: str, error: str = "") -> None:
        self.desk.heard(url, error)
        self.settle()


@pytest.fixture
def screen(make_folder: MakeFolder, library: OpenLibrary) -> Screen:
    return Screen(make_folder, library)


def test_a_picture_that_came_and_is_not_kept_is_told_once_and_not_fetched_again(screen: Screen) -> None:
    screen.ask(URL)
    screen.come(URL)
    assert screen.fetched == [URL]
    assert [(each.url, each.answer) for each in screen.told] == [(URL, NOT_KEPT)]
    screen.ask(URL, "https://a.example/2.png")
    assert screen.fetched == [URL, "https://a.example/2.png"]
    screen.desk.forgive()
    screen.ask(URL)
    assert screen.fetched[2:] == [URL], "who wants it anew may have it tried"


def test_a_picture_that_was_dropped_is_fetched_when_it_is_wanted_again(screen: Screen) -> None:
    screen.ask(URL)
    screen.ask()
    assert screen.dropped == [URL]
    screen.ask(URL)
    screen.come(URL)  # given up
    assert screen.fetched == [URL, URL]
    assert screen.told == []
    screen.come(URL, "404 Not Found.")
    assert [each.answer for each in screen.told] == ["404 Not Found."]
