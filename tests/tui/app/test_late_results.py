"""Results that arrive late or twice, after the user has moved on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from reader.config.settings import Config
from reader.core.model import Row
from reader.core.ordering import ArticleOrder, Sort
from reader.library.articles import LibraryArticles
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, Reader, document, key_event, marking_after, open_app


def many(count: int) -> dict[str, str]:
    return {f"{number:03}.md": document(f"N{number:03}", f"quality: {count - number}") for number in range(count)}


async def test_a_late_list_does_not_move_the_selection(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(make_folder(many(30))) as reader:
        await reader.press("j", "j")
        loaded, go = threading.Event(), threading.Event()
        order = LibraryArticles.order

        def slow(library: LibraryArticles, sort: Sort) -> ArticleOrder:
            found = order(library, sort)
            loaded.set()
            assert go.wait(10)
            return found

        monkeypatch.setattr(LibraryArticles, "order", slow)
        reader.reload_list()
        await reader.pilot.pause()
        assert loaded.wait(10)
        burst(reader, "j", "j", "j")
        await reader.pilot.pause()
        assert reader.article_list.cursor == 5
        go.set()
        await reader.settle()
        assert (reader.article_list.cursor, reader.row.title, reader.pane_title) == (5, "N005", "N005")


async def test_rows_loaded_before_a_mark_do_not_revert_it(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds) as reader:
        read, go = threading.Event(), threading.Event()
        rows = LibraryArticles.rows

        def slow(library: LibraryArticles, rowids: Sequence[int]) -> list[Row]:
            found = rows(library, rowids)
            if threading.current_thread() is not threading.main_thread() and len(rowids) > 1:
                read.set()
                assert go.wait(10)
            return found

        monkeypatch.setattr(LibraryArticles, "rows", slow)
        reader.reload_list()  # whose rows are read now and arrive later
        await reader.pilot.pause()
        assert read.wait(10)
        reader.start_action("mark.read")
        await reader.pilot.pause()
        marked = reader.row.id
        go.set()
        await reader.settle()
        assert [row.id for row in reader.cached_rows if row.read] == [marked]


async def test_repeated_refreshes_are_merged(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder(many(5))
    async with open_app(folder) as reader:
        under_way, most, lock = 0, 0, threading.Lock()
        read = LibraryArticles.parse

        def counted(library: LibraryArticles, path: bytes) -> object:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            try:
                return read(library, path)
            finally:
                with lock:
                    under_way -= 1

        make_folder({f"new{number:03}.md": document(f"new{number}") for number in range(300)})
        monkeypatch.setattr(LibraryArticles, "parse", counted)
        for _ in range(8):
            reader.start_action("refresh")
        await reader.settle()
        assert len(reader.article_list.order) == 305
        assert "305 articles" in reader.lines[0]
        assert most <= 3  # one that ends at its next document, one that continues, and the article in the pane


async def test_keys_in_the_list_act_on_the_article(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        original = reader.row.links.original
        await reader.press("tab", "tab")
        assert reader.focus == "related"
        await reader.press("tab", "y")
        assert reader.focus == "list"
        assert reader.app.clipboard == original


async def test_a_hidden_pane_is_laid_out_for_its_future_width(seeds: Path) -> None:
    async with open_app(seeds, NARROW) as reader:
        hidden = reader.pane_layout_width
        await reader.press("l")
        assert reader.pane_layout_width == hidden == reader.article_pane.text_width


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://user:secret@a.example/", "The link cannot be opened."),
        ("mailto:a;curl%7Csh", "The link cannot be opened."),
        ("http://a.example/$(touch x)`id`';rm -rf ~", "No browser is available here; the link was copied instead."),
    ],
)
async def test_copied_links_are_sanitized(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TERMUX_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    async with open_app(make_folder(many(1))) as reader:
        reader.main_screen.links.open(url)
        await reader.settle()
        assert reader.message.startswith(message)
        assert "secret" not in reader.message
        assert not set("$`'; ()") & set(reader.app.clipboard.removeprefix("http://")) - set(";()")


async def test_scores_of_any_size_keep_the_columns(make_folder: MakeFolder) -> None:
    huge = {
        str(value): document(str(value), f"quality: {value}", f"heat: {abs(value)}")
        for value in (10**12, 1234567, 1234, -40)
    }
    folder = make_folder({f"{name}.md": text for name, text in huge.items()})
    for size in ((120, 40), (80, 24), (50, 20), (40, 20)):
        async with open_app(folder, size) as reader:
            lines = [reader.article_list.render_line(y) for y in range(4)]
            assert {line.cell_length for line in lines} == {reader.article_list.render_line(10).cell_length}
            assert len({line.text.find("–") for line in lines}) == 1  # the date, which is unknown, in one column


def burst(reader: Reader, *keys: str) -> None:
    """Press keys faster than anything can answer."""
    for key in keys:
        reader.app.post_message(key_event(key))


async def test_moves_right_after_a_sort_use_the_new_order(make_folder: MakeFolder) -> None:
    async with open_app(make_folder(many(60))) as reader:
        await reader.press("j", "k")
        burst(reader, "1", "j", "j", "j")  # worst first; the selected one, which was the best, is last
        await reader.settle()
        assert reader.row.title == "N000"
        burst(reader, "1", "G")
        await reader.settle()
        assert (reader.article_list.cursor, reader.row.title, reader.pane_title) == (59, "N059", "N059")


async def test_keys_wait_for_the_article_that_is_loading(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        burst(reader, "j", "j", "j", "]")
        await reader.settle()
        assert (reader.pane_title, reader.focus) == (
            "China's top court specifies rules for facial recognition",
            "related",
        )
        await reader.press("escape", "escape")
        burst(reader, "k", "l", "enter")
        await reader.settle()
        assert (reader.row.title, reader.focus) == (reader.pane_title, "text")
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == reader.row.title


async def test_opening_the_app_marks_nothing_read(seeds: Path) -> None:
    async with open_app(seeds, settings=marking_after(0.01)) as reader:
        await reader.pass_time(0.01)
        assert not any(row.read for row in reader.rows)


async def test_the_sort_order_is_remembered(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("3", "3")
    async with open_app(seeds) as reader:
        assert (reader.sort.by, reader.sort.reverse) == ("date", True)
        assert "3 Date ↑" in reader.list_header
        assert reader.row.published_at == min(row.published_at for row in reader.rows if row.published_at)


async def test_the_header_shows_the_key_that_sorts(seeds: Path) -> None:
    async with open_app(seeds, settings=Config(keys={"sort.date": "d", "sort.heat": "ctrl+t"})) as reader:
        assert "d Date" in reader.list_header
        assert "2" not in reader.list_header
        assert "1 Qual" in reader.list_header


async def test_the_pane_shows_whole_addresses(make_folder: MakeFolder) -> None:
    address = "https://a.example/" + "/".join(f"part{number}" for number in range(30))
    text = document("A", f"originalUrl: {address}", f"images: [{address}.png]", body=f"See [this]({address}?q=1) page.")
    async with open_app(make_folder({"a.md": text}), (80, 60)) as reader:
        assert address[-20:] not in reader.pane_text
        await reader.press("e")
        shown = "".join(line.strip() for line in reader.pane_text.splitlines())
        assert f"original  {address}" in shown
        assert f"image     {address}.png" in shown
        assert f"Links in the text (1)this{address}?q=1" in shown
