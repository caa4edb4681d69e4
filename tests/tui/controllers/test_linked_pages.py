"""Links of a text, read in the reader: fetched from a real server, the way back, and saving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from reader.config.settings import Config, FetchSettings
from tests.conftest import MakeFolder
from tests.fetching.linked_pages import html
from tests.tui.helpers import SIDE, STACKED, Reader, document, full_text, open_app, record_opened_urls
from tests.tui.screens.reader_pages import link_of
from tests.web.server import Server, redirect, reply, serving

pytestmark = pytest.mark.usefixtures("no_proxy")

_ALLOWED = Config(fetch=FetchSettings(allow_hosts=("127.0.0.1",)))
_OFFLINE = Config(fetch=FetchSettings(offline=True))
_FILLER = "A sentence that has no link in it at all. " * 30


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as served:
        yield served


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were to be opened in the browser."""
    return record_opened_urls(monkeypatch)


def linking(make_folder: MakeFolder, server: Server, *paths: str) -> Path:
    """Return a folder whose first document links to pages of the server, below a screen of text."""
    links = " and ".join(f"[link {path}]({server.url(path)})" for path in paths)
    return make_folder(
        {
            "a.md": document(
                "First", "quality: 9", f"originalUrl: {server.url('/own')}", body=f"{_FILLER}\n\n{links}.\n\n{_FILLER}"
            ),
            "b.md": document("Second", "quality: 8", f"originalUrl: {server.url('/second')}", body="Its own words."),
        }
    )


def title(reader: Reader) -> str:
    text = reader.reader_view.text
    return text.title if text is not None else ""


async def fetched(reader: Reader) -> None:
    """Wait until the page of a link is shown."""
    await reader.wait_until(lambda: reader.reader_view.is_page, seconds=30)


async def test_links_are_read_here_and_backspace_is_the_way_back(
    make_folder: MakeFolder, server: Server, followed: list[str]
) -> None:
    page = html("Page one", more=f'<p>More at <a href="{server.url("/two")}">the second page</a>.</p>')
    server.on("/one", redirect("/there"))
    server.on("/there", reply(page))
    server.on("/two", reply(html("Page two")))
    async with open_app(linking(make_folder, server, "/one"), STACKED, _ALLOWED) as reader:
        await reader.press("enter", *"jjjj")
        place = reader.reader_view.scroll_offset.y
        assert place == 4
        await reader.press("tab", "enter")
        await fetched(reader)
        assert title(reader) == "Page one"
        assert link_of(reader) == server.url("/one")
        assert not followed
        await reader.press("o")
        assert followed == [server.url("/one")]
        await reader.press("backspace")
        assert title(reader) == "First"
        assert "link /one" in "\n".join(reader.lines)
        await reader.press("1")
        await fetched(reader)  # from the cache
        assert server.targets == ["/one", "/there"]
        await reader.press("backspace", "backspace")
        assert title(reader) == "First"
        assert reader.message == "No link led here; there is no text to go back to."
        await reader.press("escape")
        assert reader.focus == "list"


async def test_o_opens_the_selected_link_in_the_browser(
    make_folder: MakeFolder, server: Server, followed: list[str]
) -> None:
    async with open_app(linking(make_folder, server, "/one", "/two"), STACKED, _ALLOWED) as reader:
        await reader.press("enter")
        usual = reader.key_bar.text
        await reader.press("tab", "tab")
        assert reader.key_bar.text.startswith(" Enter read the page  o browser  y copy  Tab next link")
        await reader.press("o")
        assert followed == [server.url("/two")]
        await reader.press("tab")
        assert reader.message == "This is the last link."
        await reader.press("shift+tab", "y")
        assert reader.app.clipboard == server.url("/one")
        await reader.press("shift+tab")
        assert reader.message == "This is the first link."
        await reader.press("escape")  # no link is selected now
        reader.clear_message()
        assert reader.key_bar.text == usual
        await reader.press("G", "o")
        assert followed[-1] == server.url("/own")
        assert server.targets == []


async def test_enter_labels_the_links_if_none_is_selected(make_folder: MakeFolder, server: Server) -> None:
    server.on("/two", reply(html("Page two")))
    async with open_app(linking(make_folder, server, "/one", "/two"), SIDE, _ALLOWED) as reader:
        await reader.press("enter", "enter", "s")
        await fetched(reader)
        assert title(reader) == "Page two"


async def test_a_link_to_an_article_of_the_folder_opens_that(make_folder: MakeFolder, server: Server) -> None:
    async with open_app(linking(make_folder, server, "/second"), SIDE, _ALLOWED) as reader:
        await reader.press("enter", "1")
        assert title(reader) == "Second"
        assert "Its own words." in full_text(reader.reader_view)
        assert server.targets == []  # it has a text
        await reader.press("s", "backspace", "escape", "j")
        assert reader.row.starred


async def test_a_page_that_cannot_be_fetched_says_why(make_folder: MakeFolder, server: Server) -> None:
    server.on("/paper.pdf", reply(b"%PDF-1.7 ...", kind="application/pdf"))
    async with open_app(linking(make_folder, server, "/gone", "/paper.pdf"), SIDE, _ALLOWED) as reader:
        await reader.press("enter", "1")
        await reader.wait_until(lambda: "404 Not Found" in full_text(reader.reader_view), seconds=30)
        assert f"127.0.0.1:{server.port}/gone" in title(reader)
        assert "Not fetched" in full_text(reader.reader_view)
        await reader.press("w")
        assert reader.message.startswith("Only a fetched page can be saved")
        await reader.press("backspace", "2")
        await reader.wait_until(lambda: "a PDF of 12 bytes" in full_text(reader.reader_view), seconds=30)


async def test_offline_nothing_goes_out(make_folder: MakeFolder, server: Server) -> None:
    async with open_app(linking(make_folder, server, "/one"), SIDE, _OFFLINE) as reader:
        await reader.press("enter", "1")
        assert "offline" in full_text(reader.reader_view)
        await reader.press("backspace")
        assert title(reader) == "First"
    assert server.targets == []


async def test_own_pages_and_images_are_not_read_here(
    make_folder: MakeFolder, server: Server, followed: list[str]
) -> None:
    own, image = server.url("/own"), server.url("/a.png")
    body = f"[up]({own}#top) [self]({own})\n\n![A picture]({image})"
    folder = make_folder({"a.md": document("First", f"originalUrl: {own}", body=body)})
    async with open_app(folder, SIDE, _ALLOWED) as reader:
        await reader.press("enter", "1")
        assert reader.message == "This link leads to another place in this text."
        await reader.press("2", "3")
        assert followed == [own, image]
        await reader.press("j", "G")  # no key is held back
        assert title(reader) == "First"
    assert server.targets == []


async def test_a_page_is_saved_as_a_document_once(make_folder: MakeFolder, server: Server) -> None:
    server.on("/one", reply(html("Page one")))
    folder = linking(make_folder, server, "/one")
    taken = folder / f"{datetime.now(UTC).date()}-page-one.md"
    taken.write_text(document("Unrelated"))
    async with open_app(folder, SIDE, _ALLOWED) as reader:
        await reader.press("enter", "w")
        assert reader.message == "This is a document of the folder already."
        await reader.press("1")
        await fetched(reader)
        before = {*folder.iterdir()}
        await reader.press_at_once("w", "w")
        await reader.wait_until(lambda: "aved as" in reader.message)
        (made,) = {*folder.iterdir()} - before
        assert made.name in reader.message
        assert made.name == f"{taken.stem}-2.md"
        assert taken.read_text() == document("Unrelated")
        await reader.press("w")
        assert reader.message == f"This page has been saved as {made.name}."
        await reader.press("backspace", "escape", "r")
        await reader.wait_until(lambda: any(row.title == "Page one" for row in reader.rows))
        (row,) = (row for row in reader.rows if row.title == "Page one")
        assert reader.app.library.pages.page(row.id) is not None  # what was fetched is the page of the document
    assert server.targets == ["/one"]


async def test_a_folder_that_cannot_be_written_is_explained(
    make_folder: MakeFolder, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/one", reply(html("Page one")))
    folder = linking(make_folder, server, "/one")
    async with open_app(folder / "a.md", SIDE, _ALLOWED) as reader:
        await reader.press("enter", "1")
        await fetched(reader)
        await reader.press("w")
        await reader.wait_until(lambda: reader.message)
        assert reader.message.startswith("Only one document is open")


async def test_resizing_keeps_the_selected_link_and_the_way_back(make_folder: MakeFolder, server: Server) -> None:
    server.on("/two", reply(html("Page two")))
    async with open_app(linking(make_folder, server, "/one", "/two"), SIDE, _ALLOWED) as reader:
        await reader.press("enter", "tab", "tab")
        await reader.resize(*STACKED)
        await reader.resize(*SIDE)
        await reader.press("enter")
        await fetched(reader)
        assert link_of(reader) == server.url("/two")
        await reader.resize(*STACKED)
        await reader.press("backspace")
        assert title(reader) == "First"


async def test_fast_keys_apply_to_the_texts_they_were_meant_for(make_folder: MakeFolder, server: Server) -> None:
    for name in ("one", "two"):
        server.on(f"/{name}", reply(html(f"Page {name}")))
    async with open_app(linking(make_folder, server, "/one", "/two"), SIDE, _ALLOWED) as reader:
        await reader.press("enter")
        await reader.press_at_once("1", "backspace", "2", "backspace", "1")
        await fetched(reader)
        assert link_of(reader) == server.url("/one")
