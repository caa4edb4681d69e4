"""Images in the text that is read and in the pane: shown, switched off, explained, fetched."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from reader.config.settings import Config, FetchSettings
from reader.tui.theme.styles import theme_style
from reader.workers.sandbox import SandboxPool
from tests.conftest import MakeFolder
from tests.images.sample_images import bomb, encoded, halves
from tests.tui.controllers.image_pages import (
    LATER,
    LEAD,
    PICTURES,
    WORDS,
    blocks_on,
    deliver,
    image_lines,
    keep,
    reading,
)
from tests.tui.helpers import FETCH_DISABLED, PATIENT, SIDE, STACKED, document, full_text, open_app, segments
from tests.web.server import reply, serving

pytestmark = pytest.mark.usefixtures("local_terminal")


async def test_images_stand_above_their_captions(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))), **{"in": encoded(halves((400, 200)))})
    async with reading(pictured) as reader:
        lines = image_lines(reader.reader_view)
        text = full_text(reader.reader_view).split("\n")
        assert [len(text[at].strip("\n")) for at in (lines[0], lines[-1])] == [72, 72]
        assert len(lines) == 18 + 18
        assert text[1] == "ImageFetched"
        assert text[lines[17] + 1] == "The hall"
        assert text[lines[-1] + 1].startswith("Image · The court")
        shown = blocks_on(reader)
        assert {each.style.color.triplet.hex for each in shown if each.style and each.style.color} >= {
            "#ff0000",
            "#0000ff",
        }


async def test_images_take_at_most_two_thirds_of_the_screen(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((1000, 3000))))
    async with reading(pictured, STACKED) as reader:
        assert 4 <= len(image_lines(reader.reader_view)) <= reader.reader_view.size.height * 2 / 3


async def test_i_hides_and_shows_the_images_of_this_article(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured) as reader:
        assert image_lines(reader.reader_view)
        await reader.press("i")
        assert reader.message == "Images of this article are hidden."
        assert not image_lines(reader.reader_view)
        assert not blocks_on(reader)
        await reader.press("i")
        assert reader.message == "Images of this article are shown (cached ones only)."
        assert image_lines(reader.reader_view)


async def test_the_default_is_chosen_for_good(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    words = {
        "folder": "Images are always shown in this folder (cached ones only). Press I again for all folders.",
        "on": "Images are always shown (cached ones only). Press I again to turn them off.",
        "off": "Images are not shown; i shows those of an article.",
        "ask": "i shows images that are not cached.",
    }
    for default, message in words.items():
        async with reading(pictured, settings=FETCH_DISABLED) as reader:
            await reader.press("I")
            assert reader.message == message
            assert bool(image_lines(reader.reader_view)) is (default != "off")
        async with reading(pictured, settings=FETCH_DISABLED) as reader:
            assert bool(image_lines(reader.reader_view)) is (default != "off")


@pytest.mark.usefixtures("remote_terminal")
async def test_over_ssh_cached_images_wait_too_and_the_default_is_another(
    pictured: Path, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, settings=FETCH_DISABLED) as reader:
        assert not image_lines(reader.reader_view)
        assert "i shows the image." in full_text(reader.reader_view)
        await reader.press("i")
        assert image_lines(reader.reader_view)
        assert "i shows the image." not in full_text(reader.reader_view)
        await reader.press("I", "I", "I")
    async with reading(pictured, settings=FETCH_DISABLED) as reader:
        assert "i shows" not in full_text(reader.reader_view), "never"
    monkeypatch.delenv("SSH_CONNECTION")
    async with reading(pictured, settings=FETCH_DISABLED) as reader:
        assert image_lines(reader.reader_view)


async def test_offline_cached_images_are_shown_and_no_key_is_offered_for_others(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, settings=Config(fetch=FetchSettings(offline=True))) as reader:
        assert image_lines(reader.reader_view)
        assert "i shows" not in full_text(reader.reader_view)


async def test_images_can_be_off_by_configuration(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured, settings=Config(fetch=FetchSettings(enabled=False, images=False))) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert image_lines(reader.reader_view)


@pytest.mark.parametrize(("term", "graphics", "why"), [("xterm-16color", "auto", "too few colors"),
                                                       ("xterm-256color", "none", "[fetch] graphics")])  # fmt: skip
async def test_i_says_why_images_cannot_be_shown(
    pictured: Path, monkeypatch: pytest.MonkeyPatch, term: str, graphics: str, why: str
) -> None:
    monkeypatch.setenv("TERM", term)
    if term == "xterm-16color":
        monkeypatch.delenv("COLORTERM")
    keep(pictured, lead=encoded(halves((800, 400))))
    settings = Config(fetch=FetchSettings(enabled=False, images=True, graphics=graphics))
    async with reading(pictured, settings=settings) as reader:
        assert not image_lines(reader.reader_view)
        await reader.press("i")
        assert why in reader.message
        assert not image_lines(reader.reader_view)


async def test_i_says_that_kitty_graphics_are_unavailable(pictured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM")  # 256 colors
    keep(pictured, lead=encoded(halves((800, 400))))
    settings = Config(fetch=FetchSettings(enabled=False, images=False, graphics="kitty"))
    async with reading(pictured, size=(200, 50), settings=settings) as reader:
        await reader.press("i")
        assert "half-blocks are shown instead" in reader.message
        assert blocks_on(reader)


async def test_kitty_images_are_placeholder_cells(pictured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured) as reader:
        await reader.wait_until(lambda: image_lines(reader.reader_view))
        shown = [each for each in segments(reader) if "\U0010eeee" in each.text]
        assert len(shown) == len(image_lines(reader.reader_view))
        assert {each.cell_length for each in shown} == {72}
        assert len({each.style.color.triplet for each in shown if each.style and each.style.color}) == 1
        await reader.press("h")
        assert not [each for each in segments(reader) if "\U0010eeee" in each.text and each.cell_length > 50]


async def test_a_missing_image_is_explained_in_its_place(pictured: Path) -> None:
    keep(pictured, **{"in": bomb()})
    async with reading(pictured) as reader:
        await deliver(reader, LATER, error="404 Not Found at a.example.")
        shown = " ".join(full_text(reader.reader_view).replace("▎", " ").split())
        assert "Image · The court¹ The image cannot be shown: it has more than 40 million pixels." in shown
        assert "Image · Judges² The image cannot be shown: 404 Not Found at a.example." in shown


async def test_tracking_pixels_are_ignored(pictured: Path) -> None:
    from PIL import Image as Pillow

    keep(pictured, lead=encoded(Pillow.new("RGB", (1, 1))))
    async with reading(pictured) as reader:
        assert not image_lines(reader.reader_view)
        assert "not shown" not in full_text(reader.reader_view)


async def test_copied_text_contains_no_image_cells(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured) as reader:
        await reader.press("v", "G", "y")
        assert "The hall" in reader.app.clipboard
        assert "▀" not in reader.app.clipboard
        assert not [line for line in reader.app.clipboard.split("\n") if line and not line.strip()]


async def test_search_works_below_images(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with reading(pictured) as reader:
        await reader.press("/", *"quoted", "enter")
        found = theme_style(reader.reader_view, "found-here").bgcolor
        assert [each.text for each in segments(reader) if each.style and each.style.bgcolor == found] == ["Quoted"]


async def test_transparent_images_take_the_background_of_the_theme(pictured: Path) -> None:
    from PIL import Image as Pillow

    keep(pictured, lead=encoded(Pillow.new("RGBA", (800, 400), (0, 0, 0, 0))))
    async with reading(pictured) as reader:

        def backgrounds() -> set[str]:
            styles = [each.style for each in blocks_on(reader) if each.style is not None]
            return {style.color.triplet.hex for style in styles if style.color is not None and style.color.triplet}

        dark = backgrounds()
        assert len(dark) == 1
        await reader.press("T")
        await reader.wait_until(lambda: len(backgrounds()) == 1 and backgrounds() != dark)


async def test_the_pane_shows_the_lead_image_below_the_text(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with open_app(pictured, settings=PICTURES) as reader:
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        lines = image_lines(reader.article_pane)
        assert len(lines) <= 12
        text = reader.pane_text.split("\n")
        assert "What there is to say" in "\n".join(text[: lines[0]])
        assert text[lines[-1] + 2].startswith("▸ More")
        await reader.press("j")
        assert not image_lines(reader.article_pane)
        await reader.press("k")
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        await reader.press("i")
        assert not image_lines(reader.article_pane)


async def test_an_image_never_takes_the_place_of_the_excerpt(make_folder: MakeFolder) -> None:
    excerpt = " ".join(f"word{number}" for number in range(60))
    fields = (f"excerpt: {excerpt}", "originalUrl: https://a.example/", f"images: [{{url: '{LEAD}'}}]")
    folder = make_folder({"a.md": document("A", *fields, body=WORDS)})
    keep(folder, lead=encoded(halves((400, 3000))))
    async with open_app(folder, settings=PICTURES) as reader:
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        text = reader.pane_text.split("\n")
        last = next(at for at, line in enumerate(text) if "word59" in line)
        assert last < min(image_lines(reader.article_pane)[0], reader.article_pane.size.height)


async def test_a_small_pane_shows_no_image(pictured: Path) -> None:
    keep(pictured, lead=encoded(halves((800, 400))))
    async with open_app(pictured, STACKED, PICTURES) as reader:
        await asyncio.sleep(0.05)
        await reader.settle()
        assert not image_lines(reader.article_pane)
        await reader.resize(*SIDE)
        await reader.wait_until(lambda: image_lines(reader.article_pane))
        await reader.resize(*STACKED)
        await reader.wait_until(lambda: not image_lines(reader.article_pane))


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


ALLOWED = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",)))


@pytest.mark.usefixtures("no_proxy")
async def test_nothing_is_fetched_until_a_key_asks_for_it(make_folder: MakeFolder) -> None:
    async with serving() as server:
        urls = [server.on(f"/{n}.png", reply(encoded(halves((800, 400))), kind="image/png")) for n in range(3)]
        folder = make_folder({f"{n}.md": document(f"T {n}", f"quality: {9 - n}", f"images: [{{url: '{urls[n]}'}}]")
                              for n in range(3)})  # fmt: skip
        before = set(threading.enumerate())
        async with open_app(folder, SIDE, ALLOWED) as reader:
            await reader.wait_until(lambda: "i shows the image." in reader.pane_text)
            await reader.press("j", "k", "l", "space", "h")
            assert not [thread for thread in set(threading.enumerate()) - before if "fetching" in thread.name]
            assert server.targets == []
            await reader.press("i")
            assert reader.message == "Images of this article are shown. I shows them always."
            assert "i shows the image." not in reader.pane_text
            await reader.wait_until(lambda: image_lines(reader.article_pane), seconds=30)
            await reader.press("j")
            assert "i shows the image." in reader.pane_text
            assert server.targets == ["/0.png"]
            await reader.press("I")
            assert reader.message == "Images are always shown in this folder. Press I again for all folders."
            await reader.wait_until(lambda: image_lines(reader.article_pane), seconds=30)
            assert server.targets == ["/0.png", "/1.png"]
        other = folder.with_name("other")
        other.mkdir()
        (other / "a.md").write_text(document("Other", f"images: [{{url: '{urls[2]}'}}]"))
        async with open_app(other, SIDE, ALLOWED) as reader:
            await reader.wait_until(lambda: "i shows the image." in reader.pane_text)
        assert server.targets == ["/0.png", "/1.png"]


@pytest.mark.usefixtures("no_proxy")
async def test_a_text_says_how_many_images_wait(make_folder: MakeFolder) -> None:
    async with serving() as server:
        image = reply(encoded(halves((800, 400))), kind="image/png")
        lead, inside = server.on("/a.png", image), server.on("/b.png", image)
        folder = make_folder({"a.md": document("A", "originalUrl: https://a.example/", f"images: [{{url: '{lead}'}}]")})
        keep(folder, f"{WORDS}\n\n![Inside]({inside})", named=lead)
        async with open_app(folder, STACKED, ALLOWED) as reader:
            await reader.press("i")
            assert reader.message == "There is no room for images here; they are shown in the full text."
            await reader.press("f")
            assert "i shows the image." in full_text(reader.reader_view), "the key was for the other one"
            await reader.wait_until(lambda: image_lines(reader.reader_view), seconds=30)
            assert server.targets == ["/a.png"]
            await reader.press("i")
            await reader.wait_until(lambda: "/b.png" in server.targets, seconds=30)
            assert "i shows" not in full_text(reader.reader_view)
            await reader.press("h", "i", "f", "i", "i")


@pytest.mark.usefixtures("no_proxy")
async def test_an_image_that_a_key_asked_for_and_that_is_missing_is_explained(make_folder: MakeFolder) -> None:
    async with serving() as server:
        folder = make_folder({"a.md": document("A", f"images: [{{url: '{server.url('/gone.png')}'}}]")})
        async with open_app(folder, SIDE, ALLOWED) as reader:
            await reader.press("i")
            await reader.wait_until(lambda: "404" in reader.message, seconds=30)
            assert reader.message.startswith("The image cannot be shown: 404")
            assert "i shows the image." in reader.text
            await reader.press("I")
            await reader.wait_until(lambda: "not shown: 404 Not Found at 127.0.0.1" in reader.text, seconds=30)
            await reader.press("I", "I", "I")
            assert "i shows the image." in reader.text


@pytest.mark.usefixtures("no_proxy")
async def test_processes_end_without_work_and_start_again(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.workers.sandbox.SandboxPool", SandboxPool)  # those of the run stay
    before = children()
    async with serving() as server:
        urls = [server.on(f"/{n}.png", reply(encoded(halves((800, 400))), kind="image/png")) for n in range(2)]
        folder = make_folder({f"{n}.md": document(f"T {n}", f"quality: {9 - n}", f"images: [{{url: '{urls[n]}'}}]")
                              for n in range(2)})  # fmt: skip
        async with open_app(folder, SIDE, ALLOWED, PATIENT._replace(process_idle=0.3)) as reader:
            for key in ("k", "j"):
                await reader.press(key, "i")
                await reader.wait_until(lambda: image_lines(reader.article_pane), seconds=30)
                await reader.wait_until(lambda: not children() - before, seconds=30)
        assert sorted(server.targets) == ["/0.png", "/1.png"]


def children() -> set[str]:
    """Return the ids of the processes that this one has started; none where there is no /proc."""
    return {pid for task in Path("/proc/self/task").glob("*/children") for pid in task.read_text().split()}


@pytest.mark.usefixtures("no_proxy")
async def test_hidden_images_are_not_fetched(make_folder: MakeFolder) -> None:
    async with serving() as server:
        picture = reply(encoded(halves((800, 400))), kind="image/png")
        for name in ("shown", "t1", "t2", "t3", "t4"):
            server.on(f"/{name}.png", picture)
        hidden = (
            '<img src="/t1.png" style="display:none"> <img src="/t2.png" width="1" height="1">'
            '<div hidden><img src="/t3.png"></div>'
            '<style>.count{visibility:hidden}</style><img class=count src="/t4.png">'
        )
        page = f'<html><body><article><h1>A</h1><p>{WORDS}</p>{hidden}<img src="/shown.png"><p>{WORDS}</p></article>'
        url = server.on("/page", reply(page.encode()))
        folder = make_folder({"a.md": document("A", f"originalUrl: {url}")})
        always = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",), images=True))
        async with open_app(folder, STACKED, always) as reader:
            await reader.press("f")
            await reader.wait_until(lambda: image_lines(reader.reader_view), seconds=30)
        assert sorted(server.targets) == ["/page", "/shown.png"]
