"""Images that come and go: the text that is being read stays in its place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.images.sample_images import encoded, halves
from tests.tui.controllers.image_pages import (
    INSIDE,
    LEAD,
    PICTURES,
    WORDS,
    blocks_on,
    deliver,
    image_lines,
    keep,
    reading,
    top_line,
)
from tests.tui.helpers import PATIENT, SIDE, STACKED, lines_of, open_app

pytestmark = pytest.mark.usefixtures("local_terminal")


@pytest.mark.parametrize("down", [5, 14, 40])
async def test_an_arriving_image_does_not_move_the_text(pictured: Path, down: int) -> None:
    keep(pictured)
    async with reading(pictured, STACKED) as reader:
        await reader.press_at_once(*"j" * down)
        before = top_line(reader.reader_view)
        await deliver(reader, LEAD, encoded(halves((800, 400))))
        await deliver(reader, INSIDE, encoded(halves((400, 200))))
        assert image_lines(reader.reader_view)
        assert top_line(reader.reader_view) == before


SEVERAL = "\n\n".join(
    f"![Number {n}](https://a.example/p{n}.png)\n\n"
    + "\n\n".join(f"Paragraph {n}.{part} has its words. " + WORDS for part in range(2))
    for n in range(4)
)


@pytest.mark.parametrize("reads", [True, False])
async def test_the_top_line_stays_after_all_layout_changes_are_undone(pictured: Path, reads: bool) -> None:
    timings = PATIENT._replace(until_reading=0.0) if reads else PATIENT
    sizes = {f"p{n}": encoded(halves((300 * (n + 1), 200))) for n in range(4)}
    keep(pictured, SEVERAL, lead=encoded(halves((800, 400))), **sizes)
    async with reading(pictured, STACKED, timings=timings) as reader:
        await reader.wait_until(lambda: len({run.image.picture for line in lines_of(reader.reader_view) for run in line
                                        if run.image is not None}) == 5)  # fmt: skip
        view = reader.reader_view
        lines = len(lines_of(view))

        async def wait_until_at(y: int) -> None:
            """Wait for the last image, after which nothing moves."""
            await reader.wait_until(lambda: len(lines_of(view)) == lines and view.scroll_offset.y == y)

        for down in (0, 5, 20, 45):
            await reader.press_at_once("g", *"j" * down)
            before = view.scroll_offset.y
            await reader.press("T")
            assert view.scroll_offset.y == before
            await reader.press("i")
            assert not image_lines(view)
            await reader.press("i")
            await wait_until_at(before)
            for size in ((80, 40), (200, 50), (50, 12)):
                await reader.resize(*size)
                await reader.resize(*STACKED)
                await wait_until_at(before)


async def test_reading_positions_do_not_depend_on_images(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))), **{"in": encoded(halves((400, 200)))})
    async with reading(pictured, STACKED) as reader:
        await reader.press("]", "]")
        assert top_line(reader.reader_view) == "Later"
        await reader.press("h")
    async with reading(pictured, STACKED) as reader:
        assert top_line(reader.reader_view) == "Later"
        await reader.press("i")
        assert top_line(reader.reader_view) == "Later"


@pytest.mark.parametrize("size", [(60, 24), (200, 50)])
async def test_images_are_scaled_when_the_terminal_is_resized(pictured: Path, size: tuple[int, int]) -> None:
    keep(pictured, lead=encoded(halves((4000, 2000))))
    async with reading(pictured) as reader:
        first = image_lines(reader.reader_view)
        await reader.resize(*size)
        await reader.wait_until(lambda: image_lines(reader.reader_view))
        widths = {
            sum(len(run.text) for run in lines_of(reader.reader_view)[at]) for at in image_lines(reader.reader_view)
        }
        assert len(widths) == 1
        assert widths.pop() <= reader.reader_view.text_width
        await reader.resize(*SIDE)
        await reader.wait_until(lambda: image_lines(reader.reader_view) == first)


async def test_an_arriving_image_keeps_link_hints_and_selection(pictured: Path) -> None:
    keep(pictured)
    async with reading(pictured, STACKED, timings=PATIENT._replace(image_retry=0.01)) as reader:
        await reader.press("l")
        assert reader.reader_view.hints.is_active
        await deliver(reader, LEAD, encoded(halves((800, 400))))
        assert reader.reader_view.hints.is_active
        assert not image_lines(reader.reader_view)
        await reader.press("escape")
        await reader.wait_until(lambda: image_lines(reader.reader_view))


async def test_an_image_does_not_scroll_a_pane_the_user_has_scrolled(pictured: Path) -> None:
    keep(pictured)
    async with open_app(pictured, (120, 30), PICTURES) as reader:
        await asyncio.sleep(0.05)
        await reader.settle()  # it was requested, and is not cached
        await reader.press("l", "j")
        assert reader.article_pane.scroll_offset.y == 1
        before = reader.pane_text
        await deliver(reader, LEAD, encoded(halves((800, 400))))
        assert reader.pane_text == before


async def test_no_image_is_left_after_scrolling_or_leaving(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, STACKED) as reader:
        assert blocks_on(reader)
        await reader.press("G")
        assert not blocks_on(reader)
        await reader.press("g")
        assert blocks_on(reader)
        await reader.press("h")
        assert reader.focus == "list"
        assert not blocks_on(reader)
