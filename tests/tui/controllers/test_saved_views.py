"""Saved views in the sidebar and in their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.paths import Paths
from reader.export.marks import import_marks
from reader.library.saved_views.toml_file import SavedView, parse_views
from tests.conftest import MakeFolder
from tests.tui.controllers.sidebar_lines import WIDE, move_to, pane, query, shown, twenty_articles
from tests.tui.helpers import NARROW, Reader, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return twenty_articles(make_folder)


def file() -> list[SavedView]:
    return parse_views(Paths.from_environment().views_file.read_text(), "")


# Saved views.


async def save(reader: Reader, name: str) -> None:
    await reader.press("w")
    await reader.press(*name, "enter")


async def test_a_view_is_saved_and_selected(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("1", "/", *"topic:law", "enter")
        order = reader.sort
        await save(reader, "My law")
        assert reader.message == "Saved the view “My law”. u undoes it."
        assert [view.name for view in file()] == ["My law"]
        assert "▌✓ My law 7" in shown(reader)
        await reader.press("escape", "1")
        assert reader.sort != order
        assert "▌ My law 7" in shown(reader)
        await reader.press("b")
        await move_to(reader, "My law")
        await reader.press("enter")
        assert (query(reader), reader.sort, len(reader.rows)) == ("topic:law", order, 7)
    async with open_app(folder, WIDE) as reader:
        assert "My law 7" in shown(reader)


async def test_renaming_moving_and_deleting_views_can_be_undone(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        for name in ("A", "B", "C"):
            await save(reader, name)
        await reader.press("b")
        await move_to(reader, "A", "view")
        await reader.press("J")
        assert reader.message == "Moved the view “A” down. u undoes it."
        assert pane(reader).line.text == "A"
        await reader.press("alt+down", "J")
        assert reader.message == "This is the last saved view."
        assert [view.name for view in file()] == ["B", "C", "A"]
        await reader.press("K", "e", "backspace", *"New", "enter")
        assert reader.message == "Renamed the view “A” to “New”. u undoes it."
        assert pane(reader).line.text == "New"
        await reader.press("d")
        assert reader.message == "Deleted the view “New”. u undoes it."
        assert [view.name for view in file()] == ["B", "C"]
        await reader.press("u")
        assert reader.message == "Undone: deleting the view “New”."
        assert [view.name for view in file()] == ["B", "New", "C"]
        assert "New 20" in " ".join(shown(reader))
        await reader.press("u")
        assert "Undone: renaming the view “A” to “New”." in reader.message
        await reader.press("u", "u", "u")
        assert [view.name for view in file()] == ["A", "B", "C"]
        await reader.press("ctrl+r")
        assert reader.message == "Redone: moving the view “A” down."
        assert [view.name for view in file()] == ["B", "A", "C"]


async def test_edits_of_the_file_are_followed(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await save(reader, "A")
        path = Paths.from_environment().views_file
        path.write_text(path.read_text() + "\n[[view]]\nname = 'Edited'\nquery = 'topic:ai'\n")
        await reader.wait_until(lambda: "Edited 7" in shown(reader))
        text = path.read_text()
        path.write_text(text.replace("query = 'topic:ai'", "query = 3"))
        await reader.wait_until(lambda: "the view “Edited”: query must be a string" in reader.text.replace("\n", ""))
        assert "Edited 7" in shown(reader)  # as long as it cannot be read
        await save(reader, "B")
        assert "query must be a string" in reader.message
        assert "query = 3" in path.read_text()
        path.write_text(text)
        await save(reader, "B")
        assert [view.name for view in file()] == ["A", "Edited", "B"]


async def test_a_broken_file_is_reported_and_not_changed(folder: Path) -> None:
    path = Paths.from_environment().views_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[view]\n")
    async with open_app(folder, WIDE) as reader:
        assert "views.toml, line 1, is not valid TOML" in reader.message
        assert "AI 7" in shown(reader)
        await save(reader, "A")
        assert "views.toml, line 1, is not valid TOML" in reader.message
        await reader.press("m", "u")
        assert reader.message == "Undone: marking 1 article read."
    assert path.read_text() == "[[view]\n"


async def test_a_view_can_be_saved_without_a_sidebar(folder: Path) -> None:
    async with open_app(folder, NARROW) as reader:
        await save(reader, "Mine")
        await reader.press("w", *"m")
        assert "Tab: Mine" in reader.text
        await reader.press("tab")
        assert "Replaces the existing view" in reader.text
        await reader.press("escape", "b")
        assert "Mine 20" in " ".join(shown(reader))


async def test_a_view_with_an_invalid_query_is_kept_and_explained(folder: Path) -> None:
    path = Paths.from_environment().views_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[view]]\nname = 'Bad'\nquery = 'sorce:x'\n")
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await move_to(reader, "Bad")
        assert "▌ Bad" in shown(reader)
        for key in ("space", "enter"):
            await reader.press("b") if not pane(reader).has_focus else None
            await reader.press(key)
            assert "There is no field “sorce”." in reader.message
            assert query(reader) == ""


async def test_names_from_the_file_are_sanitized(folder: Path) -> None:
    path = Paths.from_environment().views_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('[[view]]\nname = "[red]x[/] \\u001b]52;c;x\\u0007"\nquery = ""\n')
    async with open_app(folder, WIDE) as reader:
        assert "[red]x[/] ]52;c;x" in reader.text
        await reader.press("b")
        await move_to(reader, "[red]x[/] ]52;c;x")
        await reader.press("d")
        assert "Deleted the view “[red]x[/] ]52;c;x”" in reader.message


async def test_a_second_window_shows_saved_views(folder: Path) -> None:
    async with open_app(folder, WIDE) as one, open_app(folder, WIDE) as two:
        await save(one, "A")
        await two.wait_until(lambda: "A 20" in " ".join(shown(two)))
        await save(two, "B")
        assert [view.name for view in file()] == ["A", "B"]


async def test_imported_views_reach_the_window_and_the_file(folder: Path, tmp_path: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        marks = tmp_path / "marks.jsonl"
        rank = "1" + "0" * 400  # written by another version
        marks.write_text(
            '{"format":"newsreader-state","version":1}\n'
            '{"kind":"view","name":"My law","value":{"query":"topic:law"},"changed":"2026-11-21T09:32:00.000Z"}\n'
            f'{{"kind":"view","name":"Odd","value":{{"query":"a","rank":{rank}}},"changed":"2026-11-21T09:32:00.000Z"}}\n'
        )
        with marks.open("rb") as lines:
            import_marks(Paths.from_environment(), lines, "marks", lambda _: None)
        reader.report_marks_change()  # as reported by the index updater
        await reader.wait_until(lambda: "My law 7" in shown(reader))
        assert [view.name for view in file()] == ["My law"]


async def test_a_taken_name_keeps_the_prompt_open(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await save(reader, "A")
        await save(reader, "B")
        await reader.press("b")
        await move_to(reader, "B")
        await reader.press("e", "ctrl+u", "A", "enter")
        assert "There is already a view “A”." in reader.lines[-1]
        await reader.press("2", "enter")
        assert [view.name for view in file()] == ["A", "A2"]


async def test_selecting_an_invalid_view_stays_in_the_sidebar(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        Paths.from_environment().views_file.parent.mkdir(parents=True, exist_ok=True)
        Paths.from_environment().views_file.write_text("[[view]]\nname = 'Bad'\nquery = 'quality>=high'\n")
        await reader.wait_until(lambda: any(line.startswith("Bad") for line in shown(reader)))
        await reader.press("b", "b", "b")
        await move_to(reader, "Bad")
        await reader.press("enter")
        assert pane(reader).has_focus
        assert "quality>= needs a number" in reader.text
