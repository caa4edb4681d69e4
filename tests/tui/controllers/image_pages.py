"""Pages with images, and what shows of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.segment import Segment

from reader.config.settings import Config, FetchSettings
from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.events import ImageFetched
from reader.core.model import Image
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from reader.tui.timings import Timings
from reader.tui.widgets.text.line_view import LineView
from tests.tui.helpers import PATIENT, SIDE, Reader, lines_of, open_app, segments

PICTURES = Config(fetch=FetchSettings(enabled=False, images=True))
"""Cached images are shown, and nothing is fetched."""
LEAD, INSIDE, LATER = "https://a.example/lead.png", "https://a.example/in.png", "https://a.example/later.png"
WORDS = "This is what the court has said about it today, and it goes on for a while. " * 6
TEXT = f"{WORDS}\n\n![The court]({INSIDE})\n\n{WORDS}\n\n## Later\n\n> Quoted.\n>\n> ![Judges]({LATER})\n\n{WORDS * 12}"


def keep(folder: Path, markdown: str = TEXT, named: str = LEAD, **images: bytes) -> None:
    """Store a page of the first article, and images by the last parts of their URLs."""
    from reader.indexing.refresh import refresh

    library = Library.open(folder, Paths.from_environment())
    for _ in refresh(library):
        pass
    (row,) = library.articles.rows(library.articles.order(Sort()).rowids[:1])
    now = datetime.now(UTC)
    extract = Extract(parse_markdown(markdown), 2000, image=Image(named, title="The hall"))
    url = row.links.best
    library.pages.put(Page(row.id, "original", url, url, extract, now, now), b"<html>")
    for name, body in images.items():
        library.pages.put_image(f"https://a.example/{name}.png", body, "image/png")
    library.close()


def image_lines(view: LineView) -> list[int]:
    """Return the lines of a view that belong to images."""
    return [at for at, line in enumerate(lines_of(view)) if any(run.image is not None for run in line)]


def top_line(view: LineView) -> str:
    return "".join(run.text for run in lines_of(view)[view.scroll_offset.y])


def blocks_on(reader: Reader) -> list[Segment]:
    """Return the half-blocks of images on the screen."""
    return [each for each in segments(reader) if each.text and set(each.text) == {"▀"}]


@asynccontextmanager
async def reading(
    folder: Path, size: tuple[int, int] = SIDE, settings: Config = PICTURES, timings: Timings = PATIENT
) -> AsyncIterator[Reader]:
    async with open_app(folder, size, settings, timings) as reader:
        await reader.press("f")
        assert reader.focus == "text"
        yield reader


async def deliver(reader: Reader, url: str, body: bytes = b"", error: str = "") -> None:
    """Deliver an image, as the fetching process reports it."""
    if body:
        reader.app.library.pages.put_image(url, body, "image/png")
    reader.report_fetch(ImageFetched(url, error))
    await reader.settle()
