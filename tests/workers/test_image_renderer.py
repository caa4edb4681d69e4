"""Stored images, rendered by a real sandbox process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image

from reader.images.model import ImageBox, RenderedImage
from reader.library.library import Library
from reader.workers.image_renderer import ImageRenderer
from tests.conftest import MakeFolder, OpenLibrary
from tests.images.sample_images import bomb, encoded, halves

URL = "https://a.example/a.jpg"
BOX = ImageBox(72, 24)


@pytest.fixture
def opened(make_folder: MakeFolder, library: OpenLibrary) -> Library:
    return library(make_folder({}))


@pytest.fixture
def pictures(opened: Library) -> Iterator[ImageRenderer]:
    made = ImageRenderer(opened)
    yield made
    made.close()


def test_stored_images_are_rendered_and_others_are_not(opened: Library, pictures: ImageRenderer) -> None:
    assert pictures.render(URL, BOX) is None
    opened.pages.put_image(URL, encoded(halves()), "image/png")
    made = pictures.render(URL, BOX)
    assert isinstance(made, RenderedImage)
    assert (made.cells, made.lines) == (60, 15), "three times as large, at most"


def test_an_image_is_rendered_once_per_size(opened: Library, pictures: ImageRenderer) -> None:
    opened.pages.put_image(URL, encoded(halves()), "image/png")
    first = pictures.render(URL, BOX)
    assert pictures.render(URL, BOX) is first
    other = pictures.render(URL, BOX._replace(cells=10))
    assert isinstance(other, RenderedImage)
    assert other.cells == 10


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "its format is not supported (only JPEG, PNG, GIF, WebP and AVIF are)"),
        (bomb(), "it has more than 40 million pixels"),
        (encoded(halves())[:100], "it is damaged or incomplete"),
        (encoded(Image.new("RGB", (1, 1)), "GIF"), ""),
    ],
    ids=["not an image", "bomb", "truncated", "tracking pixel"],
)
def test_an_image_that_cannot_be_shown_has_a_reason(
    opened: Library, pictures: ImageRenderer, body: bytes, why: str
) -> None:
    opened.pages.put_image(URL, body, "image/png")
    assert pictures.render(URL, BOX) == why
    opened.pages.put_image("https://a.example/b.png", encoded(halves()), "image/png")
    assert isinstance(pictures.render("https://a.example/b.png", BOX), RenderedImage)


@pytest.mark.parametrize(
    ("mode", "kind", "side"), [("RGBA", "PNG", 6_300), ("RGB", "JPEG", 6_300), ("RGBA", "WEBP", 3_000)]
)
def test_large_images_fit_into_the_memory_limit(
    opened: Library, pictures: ImageRenderer, mode: str, kind: str, side: int
) -> None:
    opened.pages.put_image(URL, encoded(Image.new(mode, (side, side)), kind), "image/png")
    assert isinstance(pictures.render(URL, BOX), RenderedImage)


def test_a_closed_renderer_says_so(opened: Library, pictures: ImageRenderer) -> None:
    opened.pages.put_image(URL, encoded(halves()), "image/png")
    pictures.close()
    assert pictures.render(URL, BOX) == "newsreader is closing."
