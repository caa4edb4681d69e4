"""Images as Sixel graphics, over half-blocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reader.config.settings import Config, FetchSettings
from tests.images.sample_images import encoded, halves
from tests.images.sixels import painted
from tests.tui.controllers.image_pages import INSIDE, WORDS, blocks_on, image_lines, keep, reading
from tests.tui.helpers import PATIENT, SIDE, STACKED, Reader, open_app, segments

pytestmark = pytest.mark.usefixtures("local_terminal")


SHARP = Config(fetch=FetchSettings(enabled=False, images=True, graphics="sixel"))


def sixels_on(reader: Reader) -> list[str]:
    """Return the escape sequences for the pixels of each image line on the screen."""
    return [each.text for each in segments(reader) if each.control and "\x1bP" in each.text]


async def test_sixel_is_drawn_over_half_blocks(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, settings=SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        lines = image_lines(reader.reader_view)
        assert len(sixels_on(reader)) == len(lines) == 18
        assert sum(each.cell_length for each in blocks_on(reader)) == 18 * 72
        for sent in sixels_on(reader):
            # After the half-blocks, from their first cell, with the cursor back where it was.
            found = re.fullmatch("\x1b8(\x1bP[^\x1b]*\x1b\\\\)\x1b8\x1b\\[72C", sent)
            assert found is not None
            assert {row[0] for row in painted(found[1])[:20]} == {(100, 0, 0)}
        strips = reader.strips
        assert {strip.cell_length for strip in strips} == {SIDE[0]}


async def test_half_blocks_are_shown_while_scrolling(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, STACKED, SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        for _ in range(3):
            await reader.press_at_once("j")
            assert not sixels_on(reader)
            assert blocks_on(reader)
            await reader.wait_until(lambda: sixels_on(reader))
        await reader.press("G")
        await reader.pass_time(PATIENT.images_settled)
        assert not sixels_on(reader)


async def test_half_blocks_are_shown_below_a_dialog(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, settings=SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        await reader.press("question_mark")
        assert not reader.is_main_screen_on_top
        assert not sixels_on(reader)
        assert not [each for each in reader.strips for part in each if part.control]
        await reader.press("escape")
        await reader.wait_until(lambda: sixels_on(reader))


async def test_the_last_line_of_the_terminal_has_no_sixel(pictured: Path) -> None:
    keep(pictured, f"{WORDS}\n\n![The court]({INSIDE})\n\n{WORDS * 20}", **{"in": encoded(halves((800, 400)))})
    timings = PATIENT._replace(transient_message=0.01)
    async with reading(pictured, (100, 24), SHARP, timings) as reader:
        await reader.press("z", "j", "k")  # only the text, down to the last line
        await reader.wait_until(lambda: reader.message == "")
        await reader.wait_until(lambda: sixels_on(reader))
        view = reader.reader_view
        shown = [at for at in image_lines(view) if 0 <= at - view.scroll_offset.y < 24]
        assert view.region.bottom == 24
        assert shown[-1] - view.scroll_offset.y == 23
        assert len(sixels_on(reader)) == len(shown) - 1


async def test_the_pane_uses_sixel_too(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with open_app(pictured, settings=SHARP) as reader:
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        await reader.press("l", "G")
        await reader.wait_until(lambda: sixels_on(reader))
        assert len(sixels_on(reader)) == len(image_lines(reader.article_pane)) > 0
