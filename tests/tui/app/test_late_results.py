"""What arrives late, or twice: answers of the library meet a person who has gone on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events

from reader.config.settings import Config
from reader.core.model import Row
from reader.library.library import Library
from reader.tui import addresses
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, PATIENT, Reader, document, opened


def many(count: int) -> dict[str, str]:
    return {f"{number:03}.md": document(f"N{number:03}", f"quality: {count - number}") for number in range(count)}


async def test_a_view_that_comes_late_does_not_take_the_selection_back(make_folder: MakeFolder) -> None:
    async with opened(make_folder(many(30))) as reader:
        await reader.press("j", "j")
        view, rows, keep = reader.list.order, reader.rows, reader.list.rowid
        await reader.press("j", "j", "j")
        reader.report_loaded_list(view, rows, keep)
        await reader.settled()
        assert (reader.list.cursor, reader.row.title, reader.shown) == (5, "N005", "N005")


async def test_rows_that_were_read_before_a_mark_do_not_undo_it(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(seeds) as reader:
        read, go = threading.Event(), threading.Event()
        rows = Library.rows

        def slow(library: Library, rowids: Sequence[int]) -> list[Row]:
            found = rows(library, rowids)
            if threading.current_thread() is not threading.main_thread() and len(rowids) > 1:
                read.set()
                assert go.wait(10)
            return found

        monkeypatch.setattr(Library, "rows", slow)
        reader.reload_list()  # whose rows are read now and come later
        await reader.pilot.pause()
        assert read.wait(10)
        reader.start_action("toggle_read")
        await reader.pilot.pause()
        marked = reader.row.id
        go.set()
        await reader.settled()
        assert [row.id for row in reader.cached_rows if row.read] == [marked]


async def test_pressing_r_again_and_again_leaves_one_refresh(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(many(5))
    async with opened(folder) as reader:
        under_way, most, lock = 0, 0, threading.Lock()
        read = Library.read

        def counted(library: Library, path: bytes) -> object:
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
        monkeypatch.setattr(Library, "read", counted)
        for _ in range(8):
            reader.start_action("refresh_folder")
        await reader.settled()
        assert len(reader.list.order) == 305
        assert "305 articles" in reader.lines[0]
        assert most <= 3  # one that ends at its next document, one that goes on, and the article in the pane


async def test_in_the_list_keys_are_about_the_article_whatever_was_selected_below_it(seeds: Path) -> None:
    async with opened(seeds) as reader:
        original = reader.row.links.original
        await reader.press("tab", "tab")
        assert reader.focus == "related"
        await reader.press("tab", "y")
        assert reader.focus == "list"
        assert reader.app.clipboard == original


async def test_a_pane_that_is_hidden_is_laid_out_for_the_width_it_will_have(seeds: Path) -> None:
    async with opened(seeds, NARROW) as reader:
        hidden = reader.pane_layout_width
        await reader.press("enter")
        assert reader.pane_layout_width == hidden == reader.article.text_width


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://user:secret@a.example/", "The link cannot be opened."),
        ("mailto:a;curl%7Csh", "The link cannot be opened."),
        ("http://a.example/$(touch x)`id`';rm -rf ~", "No browser is available here; the link was copied instead."),
    ],
)
def test_a_link_in_a_text_passes_the_gate_on_its_way_to_the_clipboard(
    monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TERMUX_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    outcome = addresses.open_address(url)
    assert outcome.text.startswith(said)
    assert "secret" not in outcome.text
    assert not set("$`'; ()") & set(outcome.copy.removeprefix("http://")) - set(";()")


async def test_numbers_of_any_size_keep_the_columns(make_folder: MakeFolder) -> None:
    huge = {
        str(value): document(str(value), f"quality: {value}", f"heat: {abs(value)}")
        for value in (10**12, 1234567, 1234, -40)
    }
    folder = make_folder({f"{name}.md": text for name, text in huge.items()})
    for size in ((120, 40), (80, 24), (50, 20), (40, 20)):
        async with opened(folder, size) as reader:
            lines = [reader.list.render_line(y) for y in range(4)]
            assert {line.cell_length for line in lines} == {reader.list.render_line(10).cell_length}
            assert len({line.text.find("–") for line in lines}) == 1  # the date, which is unknown, in one column


def burst(reader: Reader, *keys: str) -> None:
    """Press keys faster than anything can answer."""
    for key in keys:
        name = {"]": "right_square_bracket"}.get(key, key)
        reader.app.post_message(events.Key(name, key if len(key) == 1 else None))


async def test_moves_that_follow_a_sort_at_once_are_made_in_the_new_order(make_folder: MakeFolder) -> None:
    async with opened(make_folder(many(60))) as reader:
        await reader.press("j", "k")
        burst(reader, "1", "j", "j", "j")  # worst first; the selected one, until now the best, is the last
        await reader.settled()
        assert reader.row.title == "N000"
        burst(reader, "1", "G")
        await reader.settled()
        assert (reader.list.cursor, reader.row.title, reader.shown) == (59, "N059", "N059")


async def test_what_is_asked_of_an_article_that_is_on_its_way_is_done_with_it(seeds: Path) -> None:
    async with opened(seeds) as reader:
        burst(reader, "j", "j", "j", "]")
        await reader.settled()
        assert (reader.shown, reader.focus) == ("China's top court specifies rules for facial recognition", "related")
        await reader.press("escape", "escape")
        burst(reader, "k", "enter", "enter")
        await reader.settled()
        assert (reader.row.title, reader.focus) == (reader.shown, "text")
        assert reader.reading.text is not None
        assert reader.reading.text.title == reader.row.title


async def test_an_app_that_was_only_opened_marks_nothing_read(seeds: Path) -> None:
    async with opened(seeds, timings=PATIENT._replace(until_read=0.01)) as reader:
        await reader.until(lambda: not reader.is_read_timer_running)
        assert not any(row.read for row in reader.rows)


async def test_the_order_is_kept_between_runs(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.press("3", "3")
    async with opened(seeds) as reader:
        assert (reader.sort.by, reader.sort.reverse) == ("date", True)
        assert "3 Date ↑" in reader.header
        assert reader.row.published_at == min(row.published_at for row in reader.rows if row.published_at)


async def test_the_header_shows_the_key_that_sorts(seeds: Path) -> None:
    async with opened(seeds, settings=Config(keys={"sort.date": "d", "sort.heat": "ctrl+t"})) as reader:
        assert "d Date" in reader.header
        assert "2" not in reader.header
        assert "1 Qual" in reader.header


async def test_whole_addresses_can_be_read_in_the_pane(make_folder: MakeFolder) -> None:
    address = "https://a.example/" + "/".join(f"part{number}" for number in range(30))
    text = document("A", f"originalUrl: {address}", f"images: [{address}.png]", body=f"See [this]({address}?q=1) page.")
    async with opened(make_folder({"a.md": text}), (80, 40)) as reader:
        shown = "".join(line.strip() for line in reader.pane.splitlines())
        assert f"Original  {address}" in shown
        assert f"Picture{address}.png" in shown
        assert f"Links in the text (1)this{address}?q=1" in shown
