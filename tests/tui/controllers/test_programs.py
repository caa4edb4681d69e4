"""The user's own programs and macros."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reader.config.settings import Config, Program
from reader.tui.keys.keymap import check_keys
from tests.conftest import MakeFolder
from tests.tui.helpers import FETCH_DISABLED, Reader, document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    long = "A paragraph.\n\n" * 99
    return make_folder({
        **{
            f"{n}.md": document(f"N{n}", f"quality: {90 - n}", f"originalUrl: https://n{n}.example/", body=long)
            for n in range(9)
        },
        "none.md": document("No address", "quality: 1"),
    })  # fmt: skip


def settings(
    keys: Mapping[str, str], programs: Mapping[str, Program] = {}, macros: Mapping[str, Sequence[str]] = {}
) -> Config:
    own = [*(f"program.{name}" for name in programs), *(f"macro.{name}" for name in macros)]
    found = check_keys(keys, own_names=own)
    assert found.problems == []
    steps = {name: tuple(actions) for name, actions in macros.items()}
    return replace(FETCH_DISABLED, keys=found.keymap, programs=programs, macros=steps)


async def says(reader: Reader, text: str) -> None:
    await reader.wait_until(lambda: text in reader.message)


async def test_a_program_gets_the_article_and_its_outcome_is_told(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "program"
    script.write_text(f"#!{sys.executable}\nimport sys\nopen(sys.argv[1], 'a').write(str(sys.argv[2:]) + '\\n')\n")
    script.chmod(0o700)
    args, lines = tmp_path / "args", tmp_path / "lines"
    programs = {
        "args": Program((str(script), str(args), "{title}: {url}", "{path}"), "Note down"),
        "lines": Program(("tee", "-a", str(lines)), json=True),
        "fails": Program(("false",)),
    }
    keys = {"program.args": "P", "program.lines": "space l", "program.fails": "ctrl+e"}
    async with open_app(folder, settings=settings(keys, programs)) as reader:
        await reader.press("P")
        await says(reader, "“Note down” has finished.")
        await reader.press("j", "enter")
        await reader.press_at_once("space", "l")
        await says(reader, "“lines” has finished.")
        await reader.press("ctrl+e")
        await says(reader, "“fails” failed (exit status 1).")
        await reader.press("q", "end", "P")
        await says(reader, "This document has no URL for “Note down”.")
    assert args.read_text() == f"['N0: https://n0.example/', '{folder}/0.md']\n"
    record = json.loads(lines.read_text())
    assert (record["title"], record["originalUrl"], record["read"]) == ("N1", "https://n1.example/", True)
    assert record["file"] == f"{folder}/1.md"


async def test_a_macro_runs_its_actions_in_order_before_the_next_keys(folder: Path) -> None:
    macros = {
        "done": ["mark.star", "move.down", "mark.read", "move.down"],
        "read": ["article.enter", "move.end", "text.leave", "unread.next"],
    }
    async with open_app(folder, settings=settings({"macro.done": "x", "macro.read": "space r"}, {}, macros)) as reader:
        await reader.press_at_once(*"xxs")
        assert [row.title for row in reader.rows if row.starred] == ["N0", "N2", "N4"]
        assert [row.title for row in reader.rows if row.read] == ["N1", "N3"]
        await reader.press_at_once("space", "r", "space", "r", "s")
        assert reader.focus == "list"
        assert [row.title for row in reader.rows if row.read] == ["N1", "N3", "N4", "N5"]
        assert reader.row.title == "N6"
        assert reader.row.starred


async def test_a_macro_ends_at_an_action_that_does_not_apply(folder: Path) -> None:
    macros = {"odd": ["move.down", "text.zen", "mark.read"]}
    async with open_app(folder, settings=settings({"macro.odd": "x"}, {}, macros)) as reader:
        await reader.press_at_once(*"xj")
        assert (reader.article_list.cursor, reader.rows[1].read) == (2, False)
        await reader.press("x")
        assert reader.message == "“Zen mode” does nothing here."


async def test_quit_works_while_a_macro_runs(folder: Path) -> None:
    macros = {"long": ["article.enter", "text.leave"] * 20}
    async with open_app(folder, settings=settings({"macro.long": "x"}, {}, macros)) as reader:
        await reader.press_at_once("x", "ctrl+q")
        await reader.wait_until(lambda: not reader.app.is_running)
        assert reader.app.return_code == 0


async def test_the_palette_and_the_help_have_own_actions(folder: Path) -> None:
    macros = {"done": ["mark.star", "unread.next"]}
    programs = {"mpv": Program(("mpv", "{url}"), "Play it")}
    async with open_app(folder, settings=settings({"macro.done": "x"}, programs, macros)) as reader:
        await reader.press("?", "/", *"play it")
        assert "Programs and macros" in reader.text
        await reader.press("escape", "escape")
        await reader.press_at_once("ctrl+p", *"done", "enter")
        await reader.wait_until(lambda: reader.is_main_screen_on_top and reader.article_list.cursor == 1)
        assert reader.rows[0].starred
