"""Which images are fetched, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from reader.images.model import CellSize, ImageBox, RenderedImage
from reader.tui.loaders.images import NOT_CACHED, ImageLoader, ImageRequest, ImageSlot
from tests.conftest import MakeFolder, OpenLibrary

T = TypeVar("T")
URL = "https://a.example/1.png"
BOX = ImageBox(10, 5, (0, 0, 0), CellSize(8, 16))


class InPlace:
    """A background whose jobs run when the test says so."""

    def __init__(self) -> None:
        self._jobs: list[Callable[[], Awaitable[object]]] = []

    def start(self, job: Callable[[], Awaitable[object]], group: str, *, exclusive: bool = True) -> None:
        self._jobs.append(job)

    def finish(self) -> None:
        """Run all jobs, and those that they start."""
        for _ in range(20):
            if not self._jobs:
                return
            asyncio.run(self._jobs.pop(0)())  # type: ignore[arg-type]
        pytest.fail("it never ends")

    async def run(self, function: Callable[..., T], *args: object) -> T:
        return function(*args)


class Images:
    """An image loader, and what it fetches, cancels and reports; nothing that is fetched can be cached."""

    def __init__(self, make_folder: MakeFolder, library: OpenLibrary) -> None:
        self.fetched: list[str] = []
        self.canceled: list[str] = []
        self.unwanted: set[str] = set()
        self.answers: list[tuple[str, RenderedImage | str]] = []
        self._background = InPlace()
        opened = library(make_folder({"a.md": "---\ntitle: A\n---\n"}))
        self.loader = ImageLoader(
            opened,
            self._background,  # type: ignore[arg-type]
            self._on_image,
            self.fetched.append,
            self.canceled.append,
            may_fetch=lambda url: url not in self.unwanted,
        )

    def _on_image(self, _: ImageSlot, url: str, answer: RenderedImage | str) -> None:
        self.answers.append((url, answer))

    def request(self, *urls: str) -> None:
        self.loader.request("text", [ImageRequest(url, BOX) for url in urls])
        self._background.finish()

    def fetch_ended(self, url: str, error: str = "") -> None:
        self.loader.on_fetched(url, error)
        self._background.finish()


@pytest.fixture
def images(make_folder: MakeFolder, library: OpenLibrary) -> Images:
    return Images(make_folder, library)


def test_an_image_that_cannot_be_cached_is_reported_once_and_not_fetched_again(images: Images) -> None:
    images.request(URL)
    images.fetch_ended(URL)
    assert images.fetched == [URL]
    assert images.answers == [(URL, NOT_CACHED)]
    images.request(URL, "https://a.example/2.png")
    assert images.fetched == [URL, "https://a.example/2.png"]
    images.loader.retry_failed()
    images.request(URL)
    assert images.fetched[2:] == [URL], "a new request tries it again"


def test_an_image_whose_fetch_was_canceled_is_fetched_when_it_is_requested_again(images: Images) -> None:
    images.request(URL)
    images.request()
    assert images.canceled == [URL]
    images.request(URL)
    images.fetch_ended(URL)  # canceled
    assert images.fetched == [URL, URL]
    assert images.answers == []
    images.fetch_ended(URL, "404 Not Found.")
    assert [answer for _, answer in images.answers] == ["404 Not Found."]


def test_only_what_may_be_fetched_is_fetched(images: Images) -> None:
    other = "https://a.example/2.png"
    images.unwanted.add(URL)
    images.request(URL, other)
    assert images.fetched == [other]
    images.unwanted.clear()
    images.loader.retry_failed()
    images.request(URL, other)
    assert images.fetched == [other, URL]
