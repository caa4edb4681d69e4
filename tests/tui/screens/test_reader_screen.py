"""The reading view: into it and out, what it shows, its width and place."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reader.config.settings import Config
from reader.tui.widgets.reader.lines import ReaderLayout
from reader.tui.widgets.text.lines import Run
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, PATIENT, SIDE, STACKED, document, full_text, open_app
from tests.tui.screens.reader_pages import keep, line, read


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW, (200, 50)])
async def test_f_opens_a_cached_page_and_escape_returns(news: Path, size: tuple[int, int]) -> None:
    async with open_app(news, size) as reader:
        shown = await read(reader)
        assert "This is paragraph 1, with link 1¹" in " ".join(shown.split())
        assert "by Ann Author" in shown
        assert line(reader, 2) == "With a page"
        assert "newsreader" in reader.lines[0]
        await reader.press("escape")
        assert reader.focus == "list"
        assert any("With a body" in line for line in reader.lines)


async def test_enter_opens_the_reader_and_q_returns(news: Path) -> None:
    async with open_app(news) as reader:
        for before in ("list", "article"):
            for back in ("q", "h", "escape", "left"):
                await reader.press("enter")
                assert reader.focus == "text"
                assert "paragraph 1," in full_text(reader.reader_view)
                await reader.press(back)
                assert reader.focus == before
                assert reader.app.is_running
            await reader.press("l")


async def test_enter_fetches_nothing_and_offers_the_original(news: Path) -> None:
    (news / "d.md").write_text(document("Last", "quality: 6", "originalUrl: https://d.example/", "excerpt: In short."))
    async with open_app(news, settings=Config()) as reader:
        await reader.press("G", "enter")
        assert reader.reader_view.text.title == "Last"
        assert "In short. f fetches the original." in " ".join(full_text(reader.reader_view).split())
        assert not reader.fetches


async def test_a_document_with_a_body_shows_it(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("j", "enter")
        assert "Its own words." in full_text(reader.reader_view)
        assert "From the document" in full_text(reader.reader_view)


async def test_a_document_without_an_address_cannot_be_fetched(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("G", "f")
        shown = " ".join(full_text(reader.reader_view).split())
        assert "All there is. This document has no URL" in shown


async def test_disabled_fetching_is_explained(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("j", "f")
        assert "enabled = false" in " ".join(full_text(reader.reader_view).split())
        await reader.press("h", "F")
        assert "enabled = false" in reader.message


async def test_opening_the_reader_marks_the_article_read(news: Path) -> None:
    async with open_app(news) as reader:
        assert not reader.row.read
        await reader.press("f")
        assert reader.row.read


async def test_the_header_shows_title_and_progress(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        assert "With a page" not in reader.lines[0]
        assert "min left" in reader.lines[0]
        await reader.press("space")
        assert "With a page" in reader.lines[0]
        await reader.press("G")
        assert "100%  at the end" in reader.lines[0]


async def test_the_column_width_is_adjustable_and_remembered(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        assert reader.reader_view.text_width == 72
        await reader.press("space")
        view = reader.reader_view
        place = view.text_layout.position_of(view.scroll_offset.y)
        await reader.press("plus", "+")
        assert reader.reader_view.text_width == 80
        assert reader.message == "80 characters per line."
        await reader.press(*["-"] * 10)
        assert reader.reader_view.text_width == 40
        assert view.scroll_offset.y == view.text_layout.line_of(place)
        await reader.press("-")
        assert reader.message == "The column is already at its minimum width."
        await reader.press("plus")
    async with open_app(news) as reader:
        await read(reader)
        assert reader.reader_view.text_width == 44
        await reader.press("=")
        assert reader.reader_view.text_width == 72
        assert reader.message == "72 characters per line."
    async with open_app(news) as reader:
        await read(reader)
        assert reader.reader_view.text_width == 72


async def test_zen_mode_shows_only_the_text(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("space", "z")
        reader.clear_message()
        await reader.settle()
        assert "newsreader" not in reader.text
        assert "help" not in reader.lines[-1]
        await reader.press("z")
        assert "With a page" in reader.lines[0]
        await reader.press("z", "h")
        assert "newsreader" in reader.lines[0]


async def test_the_position_survives_restarts_and_resizing(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("]", "]", "]", "h", "f")
        assert line(reader, 1) == "Part 3"
        await reader.press("q")
    async with open_app(news, STACKED) as reader:
        await read(reader)
        assert line(reader, 1) == "Part 3"
        await reader.resize(50, 20)
        assert line(reader, 1) == "Part 3"


async def test_marks_apply_to_the_open_article(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("s")
        assert reader.row.starred
        for key in ("M", "b"):
            await reader.press(key)
            assert "does nothing here" in reader.message
        assert [row.read for row in reader.rows] == [True, False, False]


async def test_an_external_related_item_is_readable_and_not_marked(make_folder: MakeFolder) -> None:
    related = "related:\n- {title: Elsewhere, excerpt: Words of elsewhere., originalUrl: 'https://e.example/'}"
    folder = make_folder({"a.md": document("Here", related)})
    async with open_app(folder) as reader:
        await reader.press("]", "f")
        shown = " ".join(full_text(reader.reader_view).split())
        assert "Elsewhere" in shown
        assert "Words of elsewhere." in shown
        await reader.press("s")
        assert reader.message == "There is no article to mark here."
        await reader.press("y")
        assert reader.app.clipboard == "https://e.example/"
        await reader.press("h")
        assert reader.focus == "related"


async def test_a_deleted_document_is_explained(news: Path) -> None:
    async with open_app(news) as reader:
        (news / "b.md").unlink()
        await reader.press("j", "f")
        assert reader.focus == "list"
        assert "b.md" in reader.message or "no longer" in reader.message


def taller(laid: ReaderLayout) -> ReaderLayout:
    """Return a layout with nine more lines above the text, as for an image."""
    before, at = list(laid.before), laid.text.start
    return replace(
        laid,
        lines=(*laid.lines[:at], *[(Run("", counts=False),)] * 9, *laid.lines[at:]),
        before=[*before[:at], *[before[at]] * 9, *before[at:]],
    )


async def test_a_taller_layout_of_a_text_just_opened_keeps_its_top(news: Path) -> None:
    async with open_app(news, timings=PATIENT) as reader:
        await read(reader)
        view = reader.reader_view
        assert view.text is not None
        view.refit(view.text, taller(view.text_layout))
        await reader.settle()
        assert (view.scroll_offset.y, line(reader, 2)) == (0, "With a page")


async def test_a_taller_layout_keeps_the_line_being_read(news: Path) -> None:
    async with open_app(news, timings=PATIENT._replace(until_reading=0.0)) as reader:
        await read(reader)
        view, laid = reader.reader_view, reader.reader_view.text_layout
        assert view.text is not None
        middle = view.size.height // 2
        seen = line(reader, middle + 1)
        assert seen
        view.refit(view.text, taller(laid))
        await reader.settle()
        assert line(reader, middle + 1) == seen
        view.refit(view.text, laid)
        await reader.settle()
        assert line(reader, middle + 1) == seen


async def test_a_document_deleted_while_read_stays_open(news: Path) -> None:
    async with open_app(news) as reader:
        await reader.press("j", "f")
        keep(news, "With a body", "The page that has come.")
        (news / "b.md").unlink()
        reader.reload_article()
        await reader.settle()
        assert "The page that has come." in full_text(reader.reader_view)


async def test_fetching_a_large_selection_asks_for_confirmation(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:03}.md": document(f"Article {n}") for n in range(230)})
    async with open_app(folder, settings=Config()) as reader:
        await reader.press("v", "G", "F")
        assert "Press F again to fetch 230 articles; cached ones are skipped." in reader.message
        await reader.press("F")
        assert "again" not in reader.message


async def test_the_pager_gets_a_new_file_after_the_first_was_deleted(news: Path, tmp_path: Path) -> None:
    from reader.tui.terminal.pager import show_in_pager
    from reader.tui.terminal.private_files import PrivateFolder

    program = tmp_path / "pager"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/seen\n')
    program.chmod(0o700)
    folder = PrivateFolder(tmp_path)
    async with open_app(news) as reader:
        await read(reader)
        text = reader.reader_view.text
        assert text is not None
        for _ in range(2):
            show_in_pager(text, folder, {"PAGER": str(program)})
            shutil.rmtree(Path((tmp_path / "seen").read_text().splitlines()[-1]).parent)


async def test_the_pager_gets_the_text_in_a_private_file(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reader.tui.terminal.pager import find_viewer, show_in_pager
    from reader.tui.terminal.private_files import PrivateFolder

    program = tmp_path / "pager"
    program.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/seen; stat -c %a "$(dirname "$1")" > {tmp_path}/mode\n')
    program.chmod(0o700)
    assert find_viewer({"PAGER": str(program), "EDITOR": "vi"}) == [str(program)]
    environ = {"PAGER": "p", "VISUAL": "v", "EDITOR": "e"}
    assert find_viewer(environ, str, pager=["mine", "-x"], editor=["edit"]) == ["mine", "-x"]
    assert find_viewer(environ, str, editor=["edit"]) == ["p"]
    assert find_viewer(environ | {"PAGER": ""}, str, editor=["edit"]) == ["edit"]
    assert find_viewer(environ | {"PAGER": ""}, str) == ["v"]
    async with open_app(news) as reader:
        await read(reader)
        text = reader.reader_view.text
        assert text is not None
        assert show_in_pager(text, PrivateFolder(None), {"PAGER": str(program)}) == "pager"
        await reader.press("e")
        assert reader.message  # in a test there is no terminal to release, and a message says so
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith("With a page\nby Ann Author\nThe original at a.example, fetched just now")
    assert "https://example.org/30" in seen
    assert max(map(len, seen.splitlines())) <= 72
    assert (tmp_path / "mode").read_text() == "700\n"
