"""Folders that are empty, broken or changing: each gets a message that says what to do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from reader.core.marks import HIDDEN, MarkChange
from reader.core.model import Counts
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.tui.keys.bindings import first_key
from reader.tui.keys.presets import KEYS
from reader.tui.widgets.article_pane.placeholders import empty_folder
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, Reader, document, open_app

BROKEN = "---\ntitle: [never closed\n---\n"


def shown_text(reader: Reader) -> str:
    return " ".join(reader.pane_text.split())


async def test_an_empty_folder_explains_what_to_add(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    async with open_app(folder) as reader:
        assert "There are no documents in news yet." in shown_text(reader)
        assert "Press R to fetch the feeds that write here, + to add a feed" in shown_text(reader)
        assert "R fetch feeds  + new feed" in reader.lines[-1]
        for key in (*"jkGgl]oym12h", "space", "ctrl+d", "ctrl+u", "enter", "tab"):
            await reader.press(key)
        (folder / "a.md").write_text(document("The first"))
        counted: dict[int, str] = {}  # the first text beside each number of articles
        reader.main_screen.session.counts_changed.subscribe(
            lambda counts: counted.setdefault(counts.articles, shown_text(reader))
        )
        await reader.press("r")
        assert (reader.row.title, reader.pane_title) == ("The first", "The first")
        assert "no documents" not in counted[1]
        assert reader.message == "1 new or changed."
        (folder / "b.md").write_text(document("The best", "quality: 90"))
        await reader.press("r")
        assert reader.row.title == "The best", "an untouched list stays at its top while the folder is filled"
        await reader.press("j")
        (folder / "c.md").write_text(document("Even better", "quality: 95"))
        await reader.press("r")
        assert reader.row.title == "The first"


def test_an_empty_folder_names_the_keys_that_were_chosen() -> None:
    _, text = empty_folder("news", Counts(0, 0, 0), partial(first_key, keymap=KEYS["emacs"]))
    assert "Press R to fetch the feeds that write here, Alt+n to add a feed" in text
    assert text.endswith("If you have added some, press g.")


async def test_a_folder_of_hidden_articles_says_so_and_counts_them_if_asked(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({"a.md": document("One"), "b.md": document("Two")})) as reader:
        library = reader.main_screen.session.library
        library.marks.apply_to_rows(library.articles.order(Sort()).rowids, MarkChange(add_tags=(HIDDEN,)))
        await reader.press("r")
        assert "All 2 articles in news are hidden. Press / and enter is:hidden" in shown_text(reader)
        await reader.press("slash", *"is:hidden", "enter")
        assert "2 of 2 articles" in reader.lines[0]


async def test_a_mistake_in_the_rules_is_told_whenever_the_user_reloads(
    make_folder: MakeFolder, own_directories: Paths
) -> None:
    folder = make_folder({"a.md": document("One")})
    own_directories.rules_file.parent.mkdir(parents=True, exist_ok=True)
    own_directories.rules_file.write_text("[[rule\x1b")
    async with open_app(folder) as reader:
        for _ in range(2):
            await reader.press("r")
            assert reader.message.startswith("No rule has run.")
        own_directories.rules_file.write_text("[[rule]]\nname = 'A'\nquery = 'one'\ndo = ['hide']\n")
        await reader.press("r")
        assert "The article in news is hidden." in shown_text(reader)


@pytest.mark.parametrize("size", [SIDE, NARROW])
async def test_a_folder_of_unreadable_documents_lists_their_problems(
    make_folder: MakeFolder, size: tuple[int, int]
) -> None:
    folder = make_folder({})
    for name in ("a.md", "b.txt"):
        (folder / name).symlink_to("nowhere")
    async with open_app(folder, size) as reader:
        assert "None of the documents in news could be read as an article." in shown_text(reader)
        assert "2 documents have problems: press !" in shown_text(reader)
        assert "2" in reader.lines[0]
        assert "!" in reader.lines[0]
        await reader.press("!")
        assert "2 problems in 2 documents" in reader.text
        assert "a.md" in reader.text
        assert "b.txt" in reader.text


async def test_the_explanation_is_visible_with_a_single_pane(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({}), NARROW) as reader:
        assert "There are no documents" in reader.text


async def test_a_broken_document_is_counted_and_shown_by_a_key(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": BROKEN, "b.md": document("Good", "quality: much")})
    async with open_app(folder) as reader:
        assert "! 2 documents with problems" in reader.lines[0]
        assert sorted(row.title for row in reader.rows) == ["Good", "[never closed"]
        (folder / "a.md").write_text(document("Mended"))
        await reader.press("r")
        assert "! 1 document with problems" in reader.lines[0]
        assert sorted(row.title for row in reader.rows) == ["Good", "Mended"]


async def test_a_selected_document_that_vanishes_is_explained(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n}.md": document(f"N{n}", f"quality: {9 - n}") for n in range(3)})
    async with open_app(folder) as reader:
        (folder / "1.md").unlink()
        await reader.press("j")
        assert "1.md" in shown_text(reader)
        assert "Press r to update the list." in shown_text(reader)
        await reader.press("]", "o", "enter", "l", "l", "tab", "h")
        await reader.press("r")
        assert [row.title for row in reader.rows] == ["N0", "N2"]
        assert reader.pane_title == reader.row.title == "N2"


async def test_a_document_that_returns_is_shown_again(make_folder: MakeFolder) -> None:
    folder = make_folder({"0.md": document("N0"), "1.md": document("N1")})
    async with open_app(folder) as reader:
        (folder / "1.md").rename(folder / "1.away")
        await reader.press("j")
        assert reader.pane_title == ""
        (folder / "1.away").rename(folder / "1.md")
        await reader.press("k", "j")
        assert reader.pane_title == "N1"
        (folder / "1.md").write_text("no header now")
        await reader.press("k", "j")
        assert "no header now" in shown_text(reader)
        (folder / "1.md").write_text(document("N1", body="mended"))
        await reader.press("r")
        assert reader.pane_title == "N1"
        assert "mended" in reader.pane_text


async def test_the_selection_stays_while_other_articles_change(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n}.md": document(f"N{n}", f"quality: {50 - n}") for n in range(9)})
    async with open_app(folder) as reader:
        await reader.press("j", "j", "j", "j")
        for change, expected in (
            (lambda: (folder / "x.md").write_text(document("Better", "quality: 99")), "1 new or changed."),
            ((folder / "1.md").unlink, "1 removed."),
            (lambda: (folder / "8.md").write_text(document("N8, changed", "quality: 70")), "1 new or changed."),
        ):
            change()
            await reader.press("r")
            assert (reader.row.title, reader.pane_title) == ("N4", "N4")
            assert reader.message == expected
        assert [row.title for row in reader.rows][:3] == ["Better", "N8, changed", "N0"]


async def test_a_changed_article_is_reloaded_at_the_same_position(
    make_folder: MakeFolder,
) -> None:
    body = "\n\n".join(f"Paragraph {n}." for n in range(60))
    folder = make_folder({"a.md": document("A", "quality: 9", body=body), "b.md": document("B")})
    async with open_app(folder) as reader:
        await reader.press("l", "pagedown")
        place = reader.article_pane.scroll_offset.y
        (folder / "a.md").write_text(document("A, corrected", "quality: 9", body=body))
        await reader.press("r")
        assert reader.row.title == "A, corrected"
        assert reader.pane_title == "A, corrected"
        assert (reader.article_pane.scroll_offset.y, reader.focus) == (place, "article")


async def test_the_selection_stays_visible_when_the_list_grows(make_folder: MakeFolder) -> None:
    folder = make_folder({"last.md": document("Last")})
    async with open_app(folder) as reader:
        make_folder({f"{n}.md": document(f"N{n}", f"quality: {n}") for n in range(300)})
        await reader.press("r")
        assert (reader.row.title, reader.article_list.cursor) == ("Last", 300)
        assert any("Last" in reader.article_list.render_line(y).text for y in range(reader.article_list.size.height))


async def test_deleting_every_document_shows_the_empty_folder(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document()})
    async with open_app(folder) as reader:
        (folder / "a.md").unlink()
        await reader.press("r")
        assert reader.article_list.rowid == -1
        assert "There are no documents in news yet." in shown_text(reader)


async def test_a_deleted_folder_is_explained(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document()})
    async with open_app(folder) as reader:
        (folder / "a.md").unlink()
        folder.rmdir()
        await reader.press("r")
        assert "news" in reader.message
        assert reader.app.is_running


async def test_a_single_document_can_be_opened(seeds: Path) -> None:
    async with open_app(seeds / "001_58d2bf108613964b.txt") as reader:
        assert len(reader.rows) == 1
        assert "001_58d2bf108613964b.txt" in reader.lines[0]
        assert reader.pane_title.startswith("China's top court specifies")
