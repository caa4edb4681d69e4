"""The pane of views: showing it, choosing in it, and the saved ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.paths import Paths
from reader.export.marks import import_marks
from reader.library.saved_views.toml_file import SavedView, parse_views
from reader.tui.widgets.sidebar.sidebar import Sidebar
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, STACKED, Reader, document, open_app

WIDE = (200, 50)


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    """Twenty articles, of ten sources, three topics and two folders."""
    topics = ("AI", "Law", "Energy")
    return make_folder(
        {
            f"{'eu/uk' if n % 2 else 'us'}/{n:02}.md": document(
                f"Title {n:02}",
                f"quality: {n + 1}",
                f"topics: [{topics[n % 3]}]",
                f"provider: {{name: Source {n % 10}, domain: s{n % 10}.example}}",
            )
            for n in range(20)
        }
    )


def pane(reader: Reader) -> Sidebar:
    views = reader.sidebar
    assert views is not None
    return views


def shown(reader: Reader) -> list[str]:
    """Return the lines of the pane, each with its mark, its text and its count."""
    views = pane(reader)
    lines = (views.render_line(y).text for y in range(views.size.height))
    return [" ".join(line.split()) for line in lines if line.strip()]


async def to(reader: Reader, text: str, kind: str = "") -> None:
    """Walk to a line of the pane."""
    await reader.press("g")
    for _ in range(len(pane(reader).entries)):
        line = pane(reader).line
        if line.text == text and kind in {"", line.kind}:
            return
        await reader.press("j")
    raise AssertionError(f"there is no {text} in {[line.text for line in pane(reader).entries]}")


def query(reader: Reader) -> str:
    return reader.query


def file() -> list[SavedView]:
    return parse_views(Paths.from_environment().views_file.read_text(), "")


# Showing it.


@pytest.mark.parametrize(("size", "shows"), [((139, 40), False), ((140, 40), True), (STACKED, False), (NARROW, False)])
async def test_the_sidebar_shows_by_itself_in_a_wide_terminal(folder: Path, size: tuple[int, int], shows: bool) -> None:
    async with open_app(folder, size) as reader:
        assert ("Saved views" in reader.text) == shows
        assert reader.focus == "list"


@pytest.mark.parametrize("size", [WIDE, SIDE, STACKED, (60, 24)])
async def test_b_focuses_and_hides_the_sidebar_and_is_remembered(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press("b")
        assert pane(reader).has_focus
        assert shown(reader)[:2] == ["▌✓ All 20", "Unread 20"]
        assert "Title 19" in reader.text
        await reader.press("b")
        assert reader.focus == "list"
        assert "Saved views" not in reader.text
    async with open_app(folder, size) as reader:
        assert "Saved views" not in reader.text
        await reader.press("b")
    async with open_app(folder, size) as reader:
        assert "Saved views" in reader.text
        assert reader.focus == "list"


async def test_a_small_terminal_shows_the_focused_pane_alone(folder: Path) -> None:
    async with open_app(folder, NARROW) as reader:
        await reader.press("b")
        assert "Saved views" in reader.text
        assert "Title" not in reader.text
        await to(reader, "Law")
        await reader.press("enter")
        assert "Saved views" not in reader.text
        assert "Title 19" in reader.text
        assert query(reader) == "topic:Law"
        await reader.press("b", "escape")
        assert reader.focus == "list"
        assert "Title 19" in reader.text


async def test_keys_after_b_go_to_the_sidebar(folder: Path) -> None:
    async with open_app(folder) as reader:
        for key in ("b", "j", "enter", "j"):
            reader.app.simulate_key(key)
        await reader.settle()
        assert (query(reader), reader.focus, reader.article_list.cursor) == ("is:unread", "list", 1)


async def test_tab_walks_all_panes(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("tab")
        assert reader.focus == "article"
        await reader.press("tab")
        assert pane(reader).has_focus
        await reader.press("tab")
        assert reader.focus == "list"
        await reader.press("shift+tab")
        assert pane(reader).has_focus
        await reader.press("shift+tab")
        assert reader.focus == "article"
        await reader.press("shift+tab")
        assert reader.focus == "list"


async def test_the_sidebar_follows_the_terminal_width(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await reader.resize(*SIDE)
        assert reader.focus == "list"
        assert "Saved views" not in reader.text
        await reader.resize(*WIDE)
        assert "Saved views" in reader.text
    async with open_app(folder, SIDE) as reader:
        await reader.resize(*WIDE)
        assert shown(reader)[0] == "▌✓ All 20"


async def test_the_title_is_highlighted_with_the_focus(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        title = reader.sidebar_title
        assert not title.lit
        await reader.press("b")
        assert title.lit
        await reader.press("escape")
        assert not title.lit


# What it shows.


async def test_sections_list_the_largest_counts_first(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        assert shown(reader) == [
            "▌✓ All 20", "Unread 20", "Starred 0", "Today 0",
            "▾ Saved views", "none yet; w saves one",
            "▾ Topics 3", "AI 7", "Law 7", "Energy 6",
            "▾ Sources 10", *(f"Source {n} 2" for n in range(7)), "… 3 more",
            "▾ Folders 3", "eu 10", "eu/uk 10", "us 10",
        ]  # fmt: skip


async def test_counts_are_right_after_every_mark_and_undo(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("m", "s")
        assert shown(reader)[1:3] == ["Unread 19", "Starred 1"]
        await reader.press("t", *"new", "enter")
        assert "▾ Tags 1" in shown(reader)
        assert "new 1" in shown(reader)
        await reader.press("M")
        assert shown(reader)[1] == "Unread 0"
        await reader.press("u", "u", "u", "u")
        assert shown(reader)[1:3] == ["Unread 20", "Starred 0"]
        assert "▾ Tags 1" not in shown(reader)


async def test_counts_wait_until_a_held_key_is_released(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        for _ in range(40):
            reader.app.simulate_key("s")
            reader.app.simulate_key("j")
        await reader.settle()
        stars = len([row for row in reader.rows if row.starred])
        assert stars > 0
        assert shown(reader)[2] == f"Starred {stars}"


async def test_folded_sections_are_remembered(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await to(reader, "Law")
        await reader.press("h")
        assert pane(reader).line.text == "Topics"
        assert "▌▸ Topics 3" in shown(reader)
        assert "Law 7" not in shown(reader)
        await reader.press("left")
        assert reader.message == "There is nothing to fold here."
    async with open_app(folder, WIDE) as reader:
        assert "▸ Topics 3" in shown(reader)
        await reader.press("b")
        await to(reader, "Topics")
        await reader.press("right")
        assert "Law 7" in shown(reader)
        await reader.press("right")
        assert reader.message == "There is nothing to unfold here."
        await to(reader, "… 3 more")
        await reader.press("enter")
        assert "Source 9 2" in shown(reader)
        assert "… 3 more" not in shown(reader)
        await to(reader, "Folders")
        await reader.press("enter")
        assert "▌▸ Folders 3" in shown(reader)
        await reader.press("enter")
        assert "▌▾ Folders 3" in shown(reader)


async def test_a_filter_shows_matching_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b", "/", *"AW")
        assert shown(reader) == ["▾ Topics 1", "▌ Law 7"]
        await reader.press("enter")
        assert pane(reader).has_focus
        assert reader.sidebar_title.filter == "AW"
        await to(reader, "Law")
        await reader.press("enter")
        assert query(reader) == "topic:Law"
        await reader.press("b", "escape")
        assert pane(reader).has_focus
        assert shown(reader)[0] == "All 20"
        await reader.press("/", *"zzz")
        assert shown(reader) == ["▌ no matches; Esc shows all"]
        await reader.press("enter", "j", "enter", "d", "space")
        await reader.press("/", "escape")
        assert len(shown(reader)) > 10


# Choosing.


async def test_enter_shows_the_articles_of_an_entry(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await to(reader, "us")
        await reader.press("l")
        assert reader.focus == "list"
        assert (query(reader), len(reader.rows)) == ("folder:us", 10)
        assert "✓ us 10" in shown(reader)[-1]
        await reader.press("b", "g", "enter")
        assert (query(reader), len(reader.rows)) == ("", 20)


async def test_space_combines_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b", "j", "space")
        assert (query(reader), pane(reader).has_focus) == ("is:unread", True)
        for name in ("AI", "Law", "us"):
            await to(reader, name)
            await reader.press("space")
        assert query(reader) == "is:unread (topic:AI OR topic:Law) folder:us"
        assert [line for line in shown(reader) if "✓" in line] == ["✓ Unread 20", "✓ AI 7", "✓ Law 7", "▌✓ us 10"]
        assert len(reader.rows) == 7
        await reader.press("space")
        assert query(reader) == "is:unread (topic:AI OR topic:Law)"
        await reader.press("k", "k", "k")
        await reader.press("g", "space")
        assert query(reader) == ""


async def test_a_typed_query_marks_its_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("/", *"topic:law Title", "enter")
        assert [line for line in shown(reader) if "✓" in line] == ["✓ Law 7"]
        await reader.press("escape")
        assert "▌✓ All 20" in shown(reader)


async def test_the_mouse_selects_and_combines_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:

        async def click(text: str, x: int, *, ctrl: bool = False) -> None:
            y = next(y for y in range(40) if text in pane(reader).render_line(y).text)
            await reader.pilot.click(Sidebar, offset=(x, y), control=ctrl)
            await reader.settle()

        await click("Law", 6)
        assert (query(reader), reader.focus) == ("topic:Law", "list")
        await click("AI", 1)
        assert query(reader) == "topic:Law OR topic:AI"
        await click("Source 1", 8, ctrl=True)
        assert query(reader) == '(topic:Law OR topic:AI) source:"Source 1"'
        await click("Topics", 6)
        assert "▌▸ Topics 3" in shown(reader)
        await click("more", 6)
        assert "Source 9 2" in shown(reader)


async def test_unavailable_keys_say_so(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        for key, words in (
            ("k", "This is the first view."),
            ("d", "Only saved views can be renamed, deleted and moved."),
            ("e", "Only saved views can be renamed"),
            ("J", "Only saved views can be renamed"),
            ("h", "There is nothing to fold here."),
            ("x", "x does nothing here."),
        ):
            await reader.press(key)
            assert words in reader.message
        await reader.press("G", "j")
        assert reader.message == "This is the last view."
        await to_head(reader)
        assert reader.message == "This line cannot be selected."


async def to_head(reader: Reader) -> None:
    await reader.press("g")
    await to(reader, "Topics")
    await reader.press("space")


# Saved views.


async def save(reader: Reader, name: str) -> None:
    await reader.press("w")
    await reader.press(*name, "enter")


async def test_a_view_is_saved_and_selected(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("2", "/", *"topic:law", "enter")
        await save(reader, "My law")
        assert reader.message == "Saved the view “My law”. u undoes it."
        assert [view.name for view in file()] == ["My law"]
        assert "▌✓ My law 7" in shown(reader)
        await reader.press("escape", "1")
        assert "▌ My law 7" in shown(reader)
        await reader.press("b")
        await to(reader, "My law")
        await reader.press("enter")
        assert (query(reader), reader.sort.by, len(reader.rows)) == ("topic:law", "heat", 7)
    async with open_app(folder, WIDE) as reader:
        assert "My law 7" in shown(reader)


async def test_renaming_moving_and_deleting_views_can_be_undone(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        for name in ("A", "B", "C"):
            await save(reader, name)
        await reader.press("b")
        await to(reader, "A", "view")
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
        assert reader.message == "Undone: deleted the view “New”."
        assert [view.name for view in file()] == ["B", "New", "C"]
        assert "New 20" in " ".join(shown(reader))
        await reader.press("u")
        assert "Undone: renamed the view “A” to “New”." in reader.message
        await reader.press("u", "u", "u")
        assert [view.name for view in file()] == ["A", "B", "C"]
        await reader.press("ctrl+r")
        assert reader.message == "Redone: moved the view “A” down."
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


async def test_a_broken_file_is_reported_and_left_alone(folder: Path) -> None:
    path = Paths.from_environment().views_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[view]\n")
    async with open_app(folder, WIDE) as reader:
        assert "views.toml is not valid TOML" in reader.message
        assert "AI 7" in shown(reader)
        await save(reader, "A")
        assert "views.toml is not valid TOML" in reader.message
        await reader.press("m", "u")
        assert reader.message == "Undone: marked 1 article read."
    assert path.read_text() == "[[view]\n"


async def test_a_view_can_be_saved_without_a_sidebar(folder: Path) -> None:
    async with open_app(folder, NARROW) as reader:
        await save(reader, "Mine")
        await reader.press("w", *"m")
        assert "Tab: Mine" in reader.text
        await reader.press("tab")
        assert "A view of this name exists" in reader.text
        await reader.press("escape", "b")
        assert "Mine 20" in " ".join(shown(reader))


async def test_a_view_with_an_invalid_query_is_kept_and_explained(folder: Path) -> None:
    path = Paths.from_environment().views_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[view]]\nname = 'Bad'\nquery = 'sorce:x'\n")
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await to(reader, "Bad")
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
        await to(reader, "[red]x[/] ]52;c;x")
        await reader.press("d")
        assert "Deleted the view “[red]x[/] ]52;c;x”" in reader.message


async def test_a_second_window_shows_saved_views(folder: Path) -> None:
    async with open_app(folder, WIDE) as one, open_app(folder, WIDE) as two:
        await save(one, "A")
        await two.wait_until(lambda: "A 20" in " ".join(shown(two)))
        await save(two, "B")
        assert [view.name for view in file()] == ["A", "B"]


async def test_the_sidebar_is_reachable_without_articles(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({}), WIDE) as reader:
        await reader.press("tab")
        assert pane(reader).has_focus
        await reader.press("j", "enter")
        assert query(reader) == "is:unread"
        await reader.press("shift+tab", "shift+tab")
        assert reader.focus == "list"


async def test_counts_are_right_when_the_sidebar_reappears(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        assert "Unread 20" in shown(reader)
        await reader.press("b", "b")  # there, and away
        await reader.press("m", "j", "m", "s")
        await reader.press("b")
        assert {"Unread 18", "Starred 1"} <= set(shown(reader))
        await reader.press("h")
        await reader.press("escape")
        await reader.resize(120, 40)
        await reader.press("m")
        await reader.resize(*WIDE)
        assert "Unread 19" in shown(reader)


async def test_the_sidebar_keeps_the_focus_in_a_narrow_terminal(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b", "b", "b")
        await reader.resize(50, 20)
        assert pane(reader).has_focus
        at = pane(reader).cursor
        await reader.press("j")
        assert pane(reader).cursor == at + 1
        await reader.resize(*WIDE)
        await reader.press("j")
        assert pane(reader).cursor == at + 2


async def test_imported_views_reach_the_window_and_the_file(folder: Path, tmp_path: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        marks = tmp_path / "marks.jsonl"
        rank = "1" + "0" * 400  # of another make
        marks.write_text(
            '{"format":"newsreader-state","version":1}\n'
            '{"kind":"view","name":"My law","value":{"query":"topic:law"},"changed":"2026-11-21T09:32:00.000Z"}\n'
            f'{{"kind":"view","name":"Odd","value":{{"query":"a","rank":{rank}}},"changed":"2026-11-21T09:32:00.000Z"}}\n'
        )
        with marks.open("rb") as lines:
            import_marks(Paths.from_environment(), lines, "marks", lambda _: None)
        reader.report_marks_change()  # as the keeper of the index tells
        await reader.wait_until(lambda: "My law 7" in shown(reader))
        assert [view.name for view in file()] == ["My law"]


async def test_a_taken_name_keeps_the_prompt_open(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await save(reader, "A")
        await save(reader, "B")
        await reader.press("b")
        await to(reader, "B")
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
        await to(reader, "Bad")
        await reader.press("enter")
        assert pane(reader).has_focus
        assert "quality>= needs a number" in reader.text
