"""Hostile text: whatever a document contains, the screen shows harmless text in whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.events import Paste
from textual.widgets import Input

from reader.core.text import clean, stable_width
from reader.tui.widgets.article_list.columns import columns
from tests.conftest import MakeFolder
from tests.tui.helpers import FORBIDDEN, LOW, NARROW, SIDE, STACKED, Reader, open_app, segments, visible_text
from tests.tui.hostile_documents import HOSTILE, WIDE, everywhere, quoted

SIZES = (SIDE, STACKED, NARROW, LOW)


@pytest.fixture
def hostile(make_folder: MakeFolder) -> Path:
    """Documents whose names and contents attack the reader."""
    folder = make_folder({f"{n}.md": everywhere(text) for n, text in enumerate(HOSTILE)})
    for n, text in enumerate(HOSTILE):
        name = text.replace("/", "-").replace("\x00", "").encode()
        Path(folder, name.decode("utf-8", "surrogateescape") + ".html").write_text(everywhere(f"{n} {text}"), "utf-8")
        Path(folder, f"broken {n} {name.decode()}.md").write_text(f"---\n{text}: [\n---\n", "utf-8")
    return folder


def check(reader: Reader) -> None:
    """Check that everything on the screen is safe, and everything that scrolling would show."""
    width = reader.app.size.width
    assert reader.app.is_running
    assert reader.app.return_code is None
    for segment in segments(reader):
        assert not FORBIDDEN.search(segment.text), segment
        link = segment.style.link if segment.style else None
        assert not (link and FORBIDDEN.search(link))
    for line in reader.lines:
        assert cell_len(line) == width
    assert not FORBIDDEN.search(reader.pane_text.replace("\n", ""))


@pytest.mark.parametrize("size", SIZES)
async def test_documents_draw_only_harmless_text(hostile: Path, size: tuple[int, int]) -> None:
    async with open_app(hostile, size) as reader:
        assert len(reader.rows) == 3 * len(HOSTILE)
        for number in range(len(reader.rows) if size == SIDE else 4):
            check(reader)
            if number >= len(HOSTILE):  # under other names, but as before
                await reader.press("j")
                continue
            await reader.press("enter")
            check(reader)
            await reader.press("q", "l")
            check(reader)
            await reader.press("]", "]", "enter")
            check(reader)
            await reader.press("G")
            check(reader)
            await reader.press("backspace", "y")
            check(reader)
            await reader.press("o", "h", "h", "j")


async def test_documents_and_pasted_filters_draw_only_harmless_text_on_other_screens(hostile: Path) -> None:
    async with open_app(hostile) as reader:
        for key in ("exclamation_mark", "question_mark", "ctrl+p"):
            await reader.press(key)
            assert not reader.is_main_screen_on_top
            check(reader)
            await reader.press("pagedown")
            check(reader)
            await reader.press("slash")
            for text in HOSTILE:
                reader.app.post_message(Paste(text))
                await reader.settle()
                assert clean(text)[-5:] in reader.app.screen.query_one(Input).value
                check(reader)
            await reader.press("escape", "escape")
            assert reader.is_main_screen_on_top


async def test_a_paste_keeps_a_space_at_its_end(hostile: Path) -> None:
    async with open_app(hostile) as reader:
        for pasted, text in (
            ("hello ", "hello world"),
            ("a\nb\n", "a bworld"),
            (" \t ", " world"),
            ("é\x1b \n", "é world"),
        ):
            await reader.press("/")
            reader.app.post_message(Paste(pasted))
            await reader.settle()
            await reader.press_at_once(*"world")
            assert reader.prompt.text == text
            await reader.press("escape")


async def test_markup_is_shown_literally(make_folder: MakeFolder) -> None:
    texts = [text for text in HOSTILE if text.startswith("[")]
    async with open_app(make_folder({f"{n}.md": everywhere(text) for n, text in enumerate(texts)})) as reader:
        for text in texts:
            assert any(text in line for line in reader.lines)
        for row in reader.rows:
            assert row.title in texts
            await reader.press("j")
        await reader.pilot.click(type(reader.article_list), offset=(60, 1))
        await reader.settle()
        assert reader.app.is_running
        await reader.press("y")
        assert reader.message.startswith("Copied a.org/")


async def test_a_hostile_folder_name_is_shown_as_text(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = tmp_path / "\x1b]0;x\x07[bold]\u202egnp.exe"
    folder.mkdir()
    async with open_app(folder) as reader:
        check(reader)
        assert "[bold]" in reader.lines[0]
        await reader.press("r")
        check(reader)


# The grid.


def titles() -> Iterator[str]:
    yield from WIDE
    yield from (" ".join(pair) for pair in zip(WIDE, reversed(WIDE), strict=True))
    yield "plain"


@pytest.fixture
def wide(make_folder: MakeFolder) -> Path:
    """Documents whose titles and sources are hard to measure; one is not an article, which adds a column."""
    return make_folder(
        {
            f"{n}.md": f"---\ntitle: {quoted(title)}\nquality: {n * 7}\nheat: {400 - n}\n"
            f"type: {'video' if n == 3 else 'article'}\nprovider: {{name: {quoted(title)}}}\n---\n{title}\n"
            for n, title in enumerate(titles())
        }
    )


async def test_titles_of_every_script_keep_the_grid(wide: Path) -> None:
    async with open_app(wide) as reader:
        view = reader.article_list
        for size, key in product([*SIZES, (200, 40), (61, 40), (99, 40), (20, 10)], ("g", "pagedown", "pagedown")):
            await reader.resize(*size)
            await reader.press(key)
            cells = view.scrollable_content_region.width
            layout = columns(cells, view.fields, comfortable=view.comfortable)
            for y in range(view.size.height):
                strip = view.render_line(y)
                assert strip.cell_length == cells
                assert cell_len(strip.text) == cells
                if y + view.scroll_offset.y < len(view.order) * view.row_height:
                    line = layout.lines[(y + view.scroll_offset.y) % view.row_height]
                    for column in (c for c in line if 0 < c.start < cells):
                        # A character starts at the start of every column, whatever precedes it.
                        before, after = strip.crop(0, column.start).text, strip.crop(column.start).text
                        assert before + after == strip.text, column
                        assert cell_len(before) == column.start, (column, strip.text)
            assert all(cell_len(line) == size[0] for line in reader.lines)


async def test_characters_of_unclear_width_are_not_drawn(wide: Path) -> None:
    async with open_app(wide) as reader:
        text = visible_text(reader.article_list)
        assert text == stable_width(text)
        for char in ("\u200d", "\ufe0f", "\u20e3", "\U0001f3fd"):
            assert char not in reader.text


async def test_copying_a_wide_title_keeps_its_whole_address(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": '---\ntitle: "最高"\noriginalUrl: "https://a.org/最高?q=é"\n---\n'})
    async with open_app(folder) as reader:
        await reader.press("y")
        assert reader.app.clipboard == "https://a.org/%E6%9C%80%E9%AB%98?q=%C3%A9"
