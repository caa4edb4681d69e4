"""The list marks what can be read offline, and what could not be fetched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, NARROW, SIDE, STACKED, Reader, document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(
        {
            f"{n:03}.md": document(f"N{n:03}", f"quality: {500 - n}", f"originalUrl: https://a.org/{n}")
            for n in range(300)
        }
    )


def save(library: Library, rowid: int) -> None:
    (row,) = library.articles.rows([rowid])
    url, now = row.links.best, datetime.now(UTC)
    library.pages.put(Page(row.id, "original", url, url, Extract(parse_markdown("Words."), 1), now, now), b"<html>")


def fail(library: Library, rowid: int) -> None:
    (row,) = library.articles.rows([rowid])
    library.pages.record_failure(row.id, datetime.now(UTC), [("original", "a.org", "404")], "It is gone.")


def mark_of(reader: Reader, title: str) -> str:
    """Return the mark after a title in the list, or an empty text."""
    pane = reader.article_list.region
    (line,) = (line[: pane.right] for line in reader.lines[pane.y : pane.bottom] if f"{title} " in line)
    return "".join(set(line) & set("⇩✗"))


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW])
async def test_saved_and_failed_originals_have_a_mark(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size, FETCH_DISABLED) as reader:
        library, rowids = reader.app.library, reader.article_list.order.rowids
        assert [mark_of(reader, f"N00{n}") for n in range(3)] == ["", "", ""]
        save(library, rowids[0])
        fail(library, rowids[1])
        save(library, rowids[150])
        reader.app.session.pages_changed.publish(None)
        await reader.settle()
        assert [mark_of(reader, f"N00{n}") for n in range(3)] == ["⇩", "✗", ""]
        assert "⇩ Page saved, 1 word" in reader.pane_text
        await reader.press("j")
        assert "✗ Not fetched: It is gone." in reader.pane_text
        await reader.press("k")
        save(library, rowids[1])
        reader.app.session.pages_changed.publish(None)
        await reader.settle()
        assert [mark_of(reader, f"N00{n}") for n in range(3)] == ["⇩", "⇩", ""]
        await reader.press("m")
        assert mark_of(reader, "N000") == "⇩", "another mark does not remove it"
        await reader.press_at_once(*["pagedown"] * 40)
        reader.article_list.select(150)
        await reader.settle()
        assert mark_of(reader, "N150") == "⇩", "its row was loaded later"
        await reader.press("q")
    async with open_app(folder, size, FETCH_DISABLED) as reader:
        reader.article_list.select(0)
        await reader.settle()
        assert [mark_of(reader, f"N00{n}") for n in range(3)] == ["⇩", "⇩", ""]
        await reader.press("/", *"quality:>498", "enter")
        assert [mark_of(reader, f"N00{n}") for n in range(2)] == ["⇩", "⇩"]
