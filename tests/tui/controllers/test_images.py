"""Pictures in the text that is read and in the pane: shown, taken away, fetched, and never in the way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
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
from tests.conftest import MakeFolder
from tests.images.sample_images import bomb, encoded, halves
from tests.images.sixels import painted
from tests.tui.helpers import (
    FETCH_DISABLED,
    PATIENT,
    SIDE,
    STACKED,
    Reader,
    document,
    full_text,
    lines_of,
    open_app,
    segments,
)
from tests.web.server import reply, serving

PICTURES = Config(fetch=FetchSettings(enabled=False, images=True))
"""Those that are kept are shown, and nothing is fetched."""
LEAD, INSIDE, LATER = "https://a.example/lead.png", "https://a.example/in.png", "https://a.example/later.png"
WORDS = "This is what the court has said about it today, and it goes on for a while. " * 6
TEXT = f"{WORDS}\n\n![The court]({INSIDE})\n\n{WORDS}\n\n## Later\n\n> Quoted.\n>\n> ![Judges]({LATER})\n\n{WORDS * 12}"


@pytest.fixture(autouse=True)
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sit before a terminal of many colours that draws no pictures itself, and is no remote one."""
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "KITTY_WINDOW_ID", "TMUX", "STY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def far(near: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")


def keep(folder: Path, markdown: str = TEXT, named: str = LEAD, **images: bytes) -> None:
    """Keep a page of the first article, and images by the last parts of their addresses."""
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


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
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


def image_lines(view: LineView) -> list[int]:
    """Return which lines of a view are of pictures."""
    return [at for at, line in enumerate(lines_of(view)) if any(run.image is not None for run in line)]


def top_line(view: LineView) -> str:
    return "".join(run.text for run in lines_of(view)[view.scroll_offset.y])


def blocks_on(reader: Reader) -> list[Segment]:
    """Return the half-blocks of pictures on the screen."""
    return [each for each in segments(reader) if each.text and set(each.text) == {"▀"}]


@asynccontextmanager
async def reading(
    folder: Path, size: tuple[int, int] = SIDE, settings: Config = PICTURES, timings: Timings = PATIENT
) -> AsyncIterator[Reader]:
    async with open_app(folder, size, settings, timings) as reader:
        await reader.press("f")
        assert reader.focus == "text"
        yield reader


async def test_images_stand_above_their_captions(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))), **{"in": encoded(halves((400, 200)))})
    async with reading(folder) as reader:
        lines = image_lines(reader.reader_view)
        text = full_text(reader.reader_view).split("\n")
        assert [len(text[at].strip("\n")) for at in (lines[0], lines[-1])] == [72, 40]
        assert len(lines) == 18 + 10
        assert text[1] == "ImageFetched"
        assert text[lines[17] + 1] == "The hall"
        assert text[lines[-1] + 1].startswith("Picture · The court")
        shown = blocks_on(reader)
        assert {each.style.color.triplet.hex for each in shown if each.style and each.style.color} >= {
            "#ff0000",
            "#0000ff",
        }


async def test_images_take_at_most_two_thirds_of_the_screen(folder: Path) -> None:
    keep(folder, lead=encoded(halves((1000, 3000))))
    async with reading(folder, STACKED) as reader:
        assert 4 <= len(image_lines(reader.reader_view)) <= reader.reader_view.size.height * 2 / 3


async def test_i_switches_images_off_and_on_and_is_remembered(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder) as reader:
        assert image_lines(reader.reader_view)
        await reader.press("i")
        assert reader.message == "Pictures are off."
        assert not image_lines(reader.reader_view)
        assert not blocks_on(reader)
    async with reading(folder) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert reader.message == "Pictures are on, but only stored ones can be shown."
        assert image_lines(reader.reader_view)
    async with reading(folder) as reader:
        assert image_lines(reader.reader_view)


@pytest.mark.usefixtures("far")
async def test_the_switch_is_remembered_separately_for_ssh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder, settings=FETCH_DISABLED) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert "They were off over ssh." in reader.message
        assert image_lines(reader.reader_view)
    async with reading(folder, settings=FETCH_DISABLED) as reader:
        assert image_lines(reader.reader_view)
        await reader.press("i")
    monkeypatch.delenv("SSH_CONNECTION")
    async with reading(folder) as reader:
        assert image_lines(reader.reader_view)


async def test_the_switch_is_remembered_separately_for_offline_use(folder: Path) -> None:
    body = encoded(halves((800, 400)))
    keep(folder, lead=body, later=body, **{"in": body})  # so that none is missing where they could be fetched
    offline = Config(fetch=FetchSettings(offline=True))
    async with reading(folder, settings=offline) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert (
            reader.message
            == "Pictures are on, but only stored ones can be shown. They were off while nothing is fetched."
        )
        assert image_lines(reader.reader_view)
    async with reading(folder, settings=offline) as reader:
        assert image_lines(reader.reader_view)
        await reader.press("i")
        assert reader.message == "Pictures are off."
    async with reading(folder, settings=Config()) as reader:
        assert image_lines(reader.reader_view)


async def test_images_can_be_off_by_configuration(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder, settings=Config(fetch=FetchSettings(enabled=False, images=False))) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert "They were off by [fetch] images." in reader.message
        assert image_lines(reader.reader_view)


@pytest.mark.parametrize(("term", "graphics", "why"), [("xterm-16color", "auto", "too few colors"),
                                                       ("xterm-256color", "none", "[fetch] graphics")])  # fmt: skip
async def test_i_says_why_images_cannot_be_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, term: str, graphics: str, why: str
) -> None:
    monkeypatch.setenv("TERM", term)
    if term == "xterm-16color":
        monkeypatch.delenv("COLORTERM")
    keep(folder, lead=encoded(halves((800, 400))))
    settings = Config(fetch=FetchSettings(enabled=False, images=True, graphics=graphics))
    async with reading(folder, settings=settings) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert why in reader.message
        assert not image_lines(reader.reader_view)


async def test_i_says_that_kitty_graphics_are_unavailable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM")  # 256 colours
    keep(folder, lead=encoded(halves((800, 400))))
    settings = Config(fetch=FetchSettings(enabled=False, images=False, graphics="kitty"))
    async with reading(folder, size=(200, 50), settings=settings) as reader:
        await reader.press("i")
        assert "these are half-blocks" in reader.message
        assert blocks_on(reader)


async def test_kitty_images_are_placeholder_cells(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder) as reader:
        await reader.wait_until(lambda: image_lines(reader.reader_view))
        shown = [each for each in segments(reader) if "\U0010eeee" in each.text]
        assert len(shown) == len(image_lines(reader.reader_view))
        assert {each.cell_length for each in shown} == {72}
        assert len({each.style.color.triplet for each in shown if each.style and each.style.color}) == 1
        await reader.press("h")
        assert not [each for each in segments(reader) if "\U0010eeee" in each.text and each.cell_length > 50]


async def come(reader: Reader, url: str, body: bytes = b"", error: str = "") -> None:
    """Let a picture come, as the process that fetches tells of it."""
    if body:
        reader.app.library.pages.put_image(url, body, "image/png")
    reader.report_fetch(ImageFetched(url, error))
    await reader.settle()


@pytest.mark.parametrize("down", [5, 14, 40])
async def test_an_arriving_image_does_not_move_the_text(folder: Path, down: int) -> None:
    keep(folder)
    async with reading(folder, STACKED) as reader:
        await reader.press_at_once(*"j" * down)
        before = top_line(reader.reader_view)
        await come(reader, LEAD, encoded(halves((800, 400))))
        await come(reader, INSIDE, encoded(halves((400, 200))))
        assert image_lines(reader.reader_view)
        assert top_line(reader.reader_view) == before


SEVERAL = "\n\n".join(
    f"![Number {n}](https://a.example/p{n}.png)\n\n"
    + "\n\n".join(f"Paragraph {n}.{part} has its words. " + WORDS for part in range(2))
    for n in range(4)
)


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("down", [0, 5, 20, 45])
async def test_the_top_line_stays_after_all_layout_changes_are_undone(folder: Path, down: int, reads: bool) -> None:
    timings = PATIENT._replace(until_reading=0.0 if reads else 3600.0)
    sizes = {f"p{n}": encoded(halves((300 * (n + 1), 200))) for n in range(4)}
    keep(folder, SEVERAL, lead=encoded(halves((800, 400))), **sizes)
    async with reading(folder, STACKED, timings=timings) as reader:
        await reader.wait_until(lambda: len({run.image.picture for line in lines_of(reader.reader_view) for run in line
                                        if run.image is not None}) == 5)  # fmt: skip
        lines = len(lines_of(reader.reader_view))
        await reader.press_at_once(*"j" * down)
        before = reader.reader_view.scroll_offset.y

        async def all_as_it_was() -> None:
            """Wait for the last of the pictures, behind which nothing moves any more."""
            view = reader.reader_view
            await reader.wait_until(lambda: len(lines_of(view)) == lines and view.scroll_offset.y == before)

        await reader.press("T")
        assert reader.reader_view.scroll_offset.y == before
        await reader.press("i")
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        await all_as_it_was()
        for size in ((80, 40), (200, 50), (50, 12)):
            await reader.resize(*size)
            await reader.resize(*STACKED)
            await all_as_it_was()


async def test_reading_positions_do_not_depend_on_images(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))), **{"in": encoded(halves((400, 200)))})
    async with reading(folder, STACKED) as reader:
        await reader.press("]", "]")
        assert top_line(reader.reader_view) == "Later"
        await reader.press("h")
    async with reading(folder, STACKED) as reader:
        assert top_line(reader.reader_view) == "Later"
        await reader.press("i")
        assert top_line(reader.reader_view) == "Later"


async def test_a_missing_image_is_explained_in_its_place(folder: Path) -> None:
    keep(folder, **{"in": bomb()})
    async with reading(folder) as reader:
        await come(reader, LATER, error="404 Not Found at a.example.")
        shown = " ".join(full_text(reader.reader_view).replace("▎", " ").split())
        assert "Picture · The court¹ The picture cannot be shown: it has more than 40 million pixels." in shown
        assert "Picture · Judges² The picture cannot be shown: 404 Not Found at a.example." in shown


async def test_tracking_pixels_are_ignored(folder: Path) -> None:
    from PIL import Image as Pillow

    keep(folder, lead=encoded(Pillow.new("RGB", (1, 1))))
    async with reading(folder) as reader:
        assert not image_lines(reader.reader_view)
        assert "not shown" not in full_text(reader.reader_view)


@pytest.mark.parametrize("size", [(60, 24), (200, 50)])
async def test_images_are_scaled_when_the_terminal_is_resized(folder: Path, size: tuple[int, int]) -> None:
    keep(folder, lead=encoded(halves((4000, 2000))))
    async with reading(folder) as reader:
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


async def test_no_image_is_left_after_scrolling_or_leaving(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder, STACKED) as reader:
        assert blocks_on(reader)
        await reader.press("G")
        assert not blocks_on(reader)
        await reader.press("g")
        assert blocks_on(reader)
        await reader.press("h")
        assert reader.focus == "list"
        assert not blocks_on(reader)


async def test_an_arriving_image_keeps_link_hints_and_selection(folder: Path) -> None:
    keep(folder)
    async with reading(folder, STACKED, timings=PATIENT._replace(image_retry=0.01)) as reader:
        await reader.press("l")
        assert reader.reader_view.hints.is_active
        await come(reader, LEAD, encoded(halves((800, 400))))
        assert reader.reader_view.hints.is_active
        assert not image_lines(reader.reader_view)
        await reader.press("escape")
        await reader.wait_until(lambda: image_lines(reader.reader_view))


async def test_what_is_copied_has_nothing_of_a_picture(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder) as reader:
        await reader.press("v", "G", "y")
        assert "The hall" in reader.app.clipboard
        assert "▀" not in reader.app.clipboard
        assert not [line for line in reader.app.clipboard.split("\n") if line and not line.strip()]


async def test_search_works_below_images(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder) as reader:
        await reader.press("/", *"quoted", "enter")
        assert "Quoted" in "".join(run.text for run in lines_of(reader.reader_view)[reader.first_match])


async def test_transparent_images_take_the_background_of_the_theme(folder: Path) -> None:
    from PIL import Image as Pillow

    keep(folder, lead=encoded(Pillow.new("RGBA", (800, 400), (0, 0, 0, 0))))
    async with reading(folder) as reader:

        def grounds() -> set[str]:
            styles = [each.style for each in blocks_on(reader) if each.style is not None]
            return {style.color.triplet.hex for style in styles if style.color is not None and style.color.triplet}

        dark = grounds()
        assert len(dark) == 1
        await reader.press("T")
        await reader.wait_until(lambda: len(grounds()) == 1 and grounds() != dark)


# In the pane.


async def test_the_pane_shows_the_lead_image_below_the_facts(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with open_app(folder, settings=PICTURES) as reader:
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        lines = image_lines(reader.article_pane)
        assert len(lines) <= 12
        text = reader.pane_text.split("\n")
        assert "quality" in "\n".join(text[: lines[0]])
        assert "What there is to say" in "\n".join(text[lines[-1] + 1 :])
        await reader.press("j")
        assert not image_lines(reader.article_pane)
        await reader.press("k")
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        await reader.press("i")
        assert not image_lines(reader.article_pane)


async def test_a_small_pane_shows_no_image(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with open_app(folder, STACKED, PICTURES) as reader:
        await asyncio.sleep(0.05)
        await reader.settle()
        assert not image_lines(reader.article_pane)
        await reader.resize(*SIDE)
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        await reader.resize(*STACKED)
        await reader.wait_until(lambda: not image_lines(reader.article_pane))


async def test_an_image_does_not_scroll_a_pane_the_user_has_scrolled(folder: Path) -> None:
    keep(folder)
    async with open_app(folder, (120, 30), PICTURES) as reader:
        await asyncio.sleep(0.05)
        await reader.settle()  # it was asked for, and is not kept
        await reader.press("enter", "j")
        assert reader.article_pane.scroll_offset.y == 1
        before = reader.pane_text
        await come(reader, LEAD, encoded(halves((800, 400))))
        assert reader.pane_text == before


# Fetched.


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield


@pytest.mark.usefixtures("no_proxy")
async def test_an_uncached_image_is_fetched_once(make_folder: MakeFolder) -> None:
    async with serving() as server:
        url = server.on("/a.png", reply(encoded(halves((800, 400))), kind="image/png"))
        gone = server.url("/gone.png")
        folder = make_folder(
            {"a.md": document("ImageFetched", "originalUrl: https://a.example/", f"images: [{{url: '{url}'}}]")}
        )
        keep(folder, f"{WORDS}\n\n![Gone]({gone})", named=url)
        allowed = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",), images=True))
        async with open_app(folder, STACKED, allowed) as reader:
            await reader.press("f")
            await reader.wait_until(lambda: image_lines(reader.reader_view), seconds=30)
            await reader.wait_until(lambda: "404" in full_text(reader.reader_view), seconds=30)
        assert sorted(server.targets) == ["/a.png", "/gone.png"]
        async with open_app(folder, STACKED, PICTURES) as reader:
            await reader.press("f")
            await reader.wait_until(lambda: image_lines(reader.reader_view))
        assert len(server.targets) == 2


@pytest.mark.usefixtures("no_proxy")
async def test_passed_or_disabled_images_are_not_fetched(make_folder: MakeFolder) -> None:
    async with serving() as server:
        image = server.on("/a.png", reply(encoded(halves()), kind="image/png"))
        folder = make_folder({f"{n}.md": document(f"T {n}", f"images: [{{url: '{image}'}}]") for n in range(5)})
        settings = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",)))
        async with open_app(folder, SIDE, settings, PATIENT._replace(until_lead_image=3600.0)) as reader:
            await reader.press_at_once(*"jjjj")
            assert not reader.image_requests
            await reader.press("i", "f")
            await reader.settle()
            assert not reader.image_requests
        assert server.targets == []


# Sixel.

SHARP = Config(fetch=FetchSettings(enabled=False, images=True, graphics="sixel"))


def sixels_on(reader: Reader) -> list[str]:
    """Return what goes to the terminal for the pixels of each line of pictures that is on the screen."""
    return [each.text for each in segments(reader) if each.control and "\x1bP" in each.text]


async def test_sixel_is_drawn_over_half_blocks(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder, settings=SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        lines = image_lines(reader.reader_view)
        assert len(sixels_on(reader)) == len(lines) == 18
        assert sum(each.cell_length for each in blocks_on(reader)) == 18 * 72
        for sent in sixels_on(reader):
            # Behind the blocks, from where they began, and the cursor is where it was.
            found = re.fullmatch("\x1b8(\x1bP[^\x1b]*\x1b\\\\)\x1b8\x1b\\[72C", sent)
            assert found is not None
            assert {row[0] for row in painted(found[1])[:20]} == {(100, 0, 0)}
        strips = reader.strips
        assert {strip.cell_length for strip in strips} == {SIDE[0]}


async def test_half_blocks_are_shown_while_scrolling(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder, STACKED, SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        for _ in range(3):
            await reader.press_at_once("j")
            assert not sixels_on(reader)
            assert blocks_on(reader)
            await reader.wait_until(lambda: sixels_on(reader))
        await reader.press("G")
        await reader.wait_until(lambda: not reader.is_scrolling)
        assert not sixels_on(reader)


async def test_half_blocks_are_shown_below_a_dialog(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with reading(folder, settings=SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        await reader.press("question_mark")
        assert not reader.is_main_screen_on_top
        assert not sixels_on(reader)
        assert not [each for each in reader.strips for part in each if part.control]
        await reader.press("escape")
        await reader.wait_until(lambda: sixels_on(reader))


async def test_the_last_line_of_the_terminal_has_no_sixel(folder: Path) -> None:
    keep(folder, f"{WORDS}\n\n![The court]({INSIDE})\n\n{WORDS * 20}", **{"in": encoded(halves((800, 400)))})
    async with reading(folder, (100, 24), SHARP) as reader:
        await reader.press("z", "j", "k")  # nothing but the text, to the last line
        await reader.wait_until(lambda: reader.message == "")
        await reader.wait_until(lambda: sixels_on(reader))
        view = reader.reader_view
        shown = [at for at in image_lines(view) if 0 <= at - view.scroll_offset.y < 24]
        assert view.region.bottom == 24
        assert shown[-1] - view.scroll_offset.y == 23
        assert len(sixels_on(reader)) == len(shown) - 1


async def test_the_pane_uses_sixel_too(folder: Path) -> None:
    keep(folder, lead=encoded(halves((800, 400))))
    async with open_app(folder, settings=SHARP) as reader:
        await reader.wait_until(lambda: sixels_on(reader))
        assert len(sixels_on(reader)) == len(image_lines(reader.article_pane)) > 0
