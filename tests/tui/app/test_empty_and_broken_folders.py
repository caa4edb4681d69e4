"""Folders that are empty, broken or changing under one's hands: each gets a sentence with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, Reader, document, opened

BROKEN = "---\ntitle: [never closed\n---\n"


def said(reader: Reader) -> str:
    return " ".join(reader.pane.split())


async def test_an_empty_folder_says_what_an_article_is_and_what_to_do(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    async with opened(folder) as reader:
        assert "There are no documents in news yet." in said(reader)
        assert "Put some here and press r" in said(reader)
        for key in ("j", "k", "G", "g", "space", "ctrl+d", "ctrl+u", "enter", "]", "o", "y", "m", "1", "2", "tab", "h"):
            await reader.press(key)
        (folder / "a.md").write_text(document("The first"))
        await reader.press("r")
        assert (reader.row.title, reader.shown) == ("The first", "The first")
        assert reader.message == "1 new or changed."


@pytest.mark.parametrize("size", [SIDE, NARROW])
async def test_a_folder_of_only_broken_documents_says_so_and_shows_them(
    make_folder: MakeFolder, size: tuple[int, int]
) -> None:
    async with opened(make_folder({"a.md": BROKEN, "b.txt": "no front matter"}), size) as reader:
        assert "Nothing in news could be read as an article." in said(reader)
        assert "2 documents have problems: press !" in said(reader)
        assert "2" in reader.lines[0]
        assert "!" in reader.lines[0]
        await reader.press("!")
        assert "2 problems in 2 documents" in reader.text
        assert "a.md" in reader.text
        assert "b.txt" in reader.text


async def test_what_an_empty_folder_says_can_be_seen_where_there_is_one_pane_only(make_folder: MakeFolder) -> None:
    async with opened(make_folder({}), NARROW) as reader:
        assert "There are no documents" in reader.text


async def test_one_broken_document_among_good_ones_is_counted_and_one_key_away(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": BROKEN, "b.md": document("Good", "quality: much")})
    async with opened(folder) as reader:
        assert "2 documents with problems !" in reader.lines[0]
        assert reader.row.title == "Good"
        (folder / "a.md").write_text(document("Mended"))
        await reader.press("r")
        assert "1 document with problems !" in reader.lines[0]
        assert sorted(row.title for row in reader.rows) == ["Good", "Mended"]


async def test_a_document_that_vanishes_while_selected_gets_a_sentence(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n}.md": document(f"N{n}", f"quality: {9 - n}") for n in range(3)})
    async with opened(folder) as reader:
        (folder / "1.md").unlink()
        await reader.press("j")
        assert "1.md" in said(reader)
        assert "Press r to bring the list up to date." in said(reader)
        await reader.press("]", "o", "enter", "enter", "tab", "h")
        await reader.press("r")
        assert [row.title for row in reader.rows] == ["N0", "N2"]
        assert reader.shown == reader.row.title == "N2"


async def test_a_document_that_vanishes_and_comes_back_is_shown_again(make_folder: MakeFolder) -> None:
    folder = make_folder({"0.md": document("N0"), "1.md": document("N1")})
    async with opened(folder) as reader:
        (folder / "1.md").rename(folder / "1.away")
        await reader.press("j")
        assert reader.shown == ""
        (folder / "1.away").rename(folder / "1.md")
        await reader.press("k", "j")
        assert reader.shown == "N1"
        (folder / "1.md").write_text("broken now")
        await reader.press("k", "j")
        assert "can no longer be read as a document" in said(reader)
        (folder / "1.md").write_text(document("N1", body="mended"))
        await reader.press("r")
        assert reader.shown == "N1"
        assert "mended" in reader.pane


async def test_the_selected_article_stays_selected_when_others_come_and_go(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n}.md": document(f"N{n}", f"quality: {50 - n}") for n in range(9)})
    async with opened(folder) as reader:
        await reader.press("j", "j", "j", "j")
        for change, told in (
            (lambda: (folder / "x.md").write_text(document("Better", "quality: 99")), "1 new or changed."),
            ((folder / "1.md").unlink, "1 removed."),
            (lambda: (folder / "8.md").write_text(document("N8, changed", "quality: 70")), "1 new or changed."),
        ):
            change()
            await reader.press("r")
            assert (reader.row.title, reader.shown) == ("N4", "N4")
            assert reader.message == told
        assert [row.title for row in reader.rows][:3] == ["Better", "N8, changed", "N0"]


async def test_the_selected_article_is_shown_anew_when_it_has_changed_and_keeps_its_place(
    make_folder: MakeFolder,
) -> None:
    body = "\n\n".join(f"Paragraph {n}." for n in range(60))
    folder = make_folder({"a.md": document("A", "quality: 9", body=body), "b.md": document("B")})
    async with opened(folder) as reader:
        await reader.press("enter", "pagedown")
        place = reader.article.scroll_offset.y
        (folder / "a.md").write_text(document("A, corrected", "quality: 9", body=body))
        await reader.press("r")
        assert reader.row.title == "A, corrected"
        assert reader.shown == "A, corrected"
        assert (reader.article.scroll_offset.y, reader.focus) == (place, "article")


async def test_a_selection_far_down_is_in_sight_when_a_small_folder_becomes_large(make_folder: MakeFolder) -> None:
    folder = make_folder({"last.md": document("Last")})
    async with opened(folder) as reader:
        make_folder({f"{n}.md": document(f"N{n}", f"quality: {n}") for n in range(300)})
        await reader.press("r")
        assert (reader.row.title, reader.list.cursor) == ("Last", 300)
        assert any("Last" in reader.list.render_line(y).text for y in range(reader.list.size.height))


async def test_deleting_everything_leaves_an_empty_folder(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document()})
    async with opened(folder) as reader:
        (folder / "a.md").unlink()
        await reader.press("r")
        assert reader.list.rowid == -1
        assert "There are no documents in news yet." in said(reader)


async def test_a_folder_that_is_gone_altogether_gets_a_sentence(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document()})
    async with opened(folder) as reader:
        (folder / "a.md").unlink()
        folder.rmdir()
        await reader.press("r")
        assert "news" in reader.message
        assert reader.app.is_running


async def test_one_document_may_be_opened_instead_of_a_folder(seeds: Path) -> None:
    async with opened(seeds / "001_58d2bf108613964b.txt") as reader:
        assert len(reader.rows) == 1
        assert "001_58d2bf108613964b.txt" in reader.lines[0]
        assert reader.shown.startswith("China's top court specifies")
