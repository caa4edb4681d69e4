"""Ways through a text: headings, search, links, selection."""

from __future__ import annotations

from pathlib import Path

from tests.tui.helpers import full_text, left_margin, open_app
from tests.tui.screens.reader_pages import keep, line, link_of, read


async def test_brackets_jump_between_headings(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("]", "]")
        assert line(reader, 1) == "Part 2"
        await reader.press("[")
        assert line(reader, 1) == "Part 1"
        await reader.press("[")
        assert reader.reader_view.scroll_offset.y == 0
        await reader.press("[")
        assert reader.message == "This is the first heading."
        await reader.press("G", "]")
        assert reader.message == "This is the last heading."


async def test_search_is_incremental_and_n_finds_the_next_match(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("/", *"paragraph 1")
        assert "1 of 11" in reader.text  # 1 and 10 to 19
        await reader.press("enter")
        assert reader.focus == "text"
        await reader.press("n")
        assert reader.message == "Match 2 of 11"
        assert any("paragraph 10" in line for line in reader.lines)
        await reader.press("N", "N")
        assert reader.message == "Match 11 of 11 (wrapped)"
        await reader.press("escape")
        assert reader.message == "Search ended."
        assert reader.focus == "text"
        await reader.press("escape")
        assert reader.focus == "list"


async def test_n_searches_from_the_current_line(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("/", *"paragraph", "enter", "n", "n")
        assert reader.message == "Match 3 of 30"
        await reader.press("G", "N")
        last = int(reader.message.split()[1])
        assert last > 20
        await reader.press("g", "n")
        assert reader.message == "Match 1 of 30"
        await reader.press("/", *"goes", "enter")  # not behind the earlier match
        assert reader.reader_view.search_text == "goes"


async def test_a_canceled_search_leaves_no_trace(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("/", *"nowhere")
        assert "Not in this text." in reader.text
        await reader.press("escape")
        assert (reader.focus, reader.reader_view.search_text) == ("text", "")


async def test_without_a_search_n_opens_the_next_unread_article(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("n")
        assert reader.focus == "text"
        assert "Its own words." in full_text(reader.reader_view)
        assert reader.row.title == "With a body"
        await reader.press("n")
        assert "All there is." in full_text(reader.reader_view)
        await reader.press("n")
        assert reader.message == "No unread article in the list."
        assert reader.focus == "text"
        await reader.press("h")
        assert (reader.focus, reader.row.title) == ("list", "With neither")


async def test_a_link_is_read_by_its_letter(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("l")
        assert "Esc cancels" in reader.message
        await reader.press("s")
        assert link_of(reader) == "https://example.org/2"
        await reader.press("backspace", "l", "escape", "j")
        assert link_of(reader) == "https://a.example/"
        assert reader.reader_view.scroll_offset.y == 1


async def test_a_link_is_read_by_its_number(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        for keys, number in ((("1", "7"), 17), (("9",), 9), (("2", "enter"), 2), (("l", "5"), 5)):
            await reader.press(*keys)  # there are thirty: no other number starts with 9
            assert link_of(reader) == f"https://example.org/{number}"
            await reader.press("backspace")
        await reader.press("3", "1")
        assert reader.message == "There is no link 31; the text has 30 links."
        await reader.press("1", "escape", "j")
        assert link_of(reader) == "https://a.example/"
        await reader.press("1", "2", "enter")  # the number is opened before the next key takes effect
        assert link_of(reader) == "https://example.org/12"
        assert "does nothing" not in reader.message
        await reader.press("backspace", "l", "p", "escape")  # a typo and its correction
        assert reader.focus == "text"
        await reader.press("escape")
        assert reader.focus == "list"


async def test_lines_can_be_selected_and_copied(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        await reader.press("v", "j", "y")
        assert reader.app.clipboard == "With a page\nby Ann Author"
        assert reader.message.startswith("Copied")
        await reader.press("y")
        assert reader.app.clipboard == "https://a.example/"
        await reader.press("v", "escape")
        assert reader.focus == "text"


async def test_a_mouse_selection_is_copied(news: Path) -> None:
    async with open_app(news) as reader:
        await read(reader)
        view = reader.reader_view
        left = left_margin(view)
        await reader.pilot.mouse_down(view, offset=(left, 1))
        await reader.pilot.hover(view, offset=(left + 5, 1))
        await reader.pilot.mouse_up(view, offset=(left + 5, 1))
        await reader.settle()
        await reader.press("y")
        assert reader.app.clipboard == "With a"


async def test_the_wrap_sign_of_code_is_not_copied(news: Path) -> None:
    keep(news, "With a page", "```\n" + "word " * 40 + "\n```")
    async with open_app(news) as reader:
        assert "↳ " in await read(reader)
        await reader.press("v", "G", "y")
        assert reader.app.clipboard.split().count("word") == 40
        assert "↳" not in reader.app.clipboard
