"""The entry point: which path each command line takes, and what the shortest path does not import."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reader import __main__ as start
from reader.cli.main import cli
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from tests.e2e.terminal import Terminal

# Runs the command and records every imported module and opened file, up to the first frame of the list.
_WATCHED = """
import json, os, sys
report, sys.argv[1:] = sys.argv[1], sys.argv[2:]
opened = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        opened.append(os.fsdecode(arguments[0]))
sys.addaudithook(watch)
from reader import __main__ as start
from reader.startup import Opening
wait = Opening.wait
def waited(self, *arguments):
    # As late as the screen's own first work after the first frame: begin is asked for on mount, by the same way.
    first = wait(self, *arguments)
    from reader.tui.screens.main import MainScreen
    begin = MainScreen.begin
    def begun(screen):
        drawn = [screen.articles.render_line(y).text for y in range(len(screen.articles.order))]
        with open(report + ".part", "w") as out:
            from textual import constants
            json.dump(
                {"modules": sorted(sys.modules), "opened": opened, "rows": drawn, "frames": constants.MAX_FPS}, out
            )
        os.replace(report + ".part", report)
        begin(screen)
    MainScreen.begin = begun
    return first
Opening.wait = waited
start.main()
"""
_LATER = {
    "PIL", "_hashlib", "_ssl", "click", "html", "httpx", "logging.handlers", "markdown_it", "multiprocessing",
    "reader.cli.main", "reader.documents.parse", "reader.indexing.refresh", "reader.content.blocks",
    "reader.tui.widgets.article_pane.lines", "reader.tui.screens.listings",
    "reader.tui.widgets.article_pane.content",
    "reader.desktop.browser", "rich.console.html", "ryml", "ryaml", "shlex", "textual.widgets._footer", "tomllib",
    "watchfiles", "yaml",
}  # fmt: skip
"""What a warm start must not have imported when the list is on the screen."""


def test_the_entry_point_knows_all_commands() -> None:
    assert set(cli.commands) == start.COMMANDS


@pytest.mark.parametrize(
    ("line", "app"),
    [
        ("", True),
        ("news", True),
        ("./list", True),
        ("list", False),
        ("open news", False),
        ("news more", False),
        ("--help", False),
        ("-h", False),
        ("--version", False),
        ("-", False),
    ],
)
def test_only_a_plain_path_skips_the_command_line_parser(line: str, app: bool) -> None:
    assert start.opens_app(line.split()) is app


def test_a_warm_start_imports_no_more_than_the_list_needs_and_reads_no_document(
    seeds: Path, tmp_path: Path, own_directories: Paths
) -> None:
    library = Library.open(seeds, Paths.from_environment())
    for _ in refresh(library):
        pass
    library.close()
    report = tmp_path / "report"
    with Terminal(report, seeds, program=("-c", _WATCHED)) as terminal:
        terminal.wait(report.exists)
        terminal.wait("5 articles  5 unread")
        terminal.send("q")
        assert terminal.end() == 0
    found = json.loads(report.read_text())
    assert len(found["rows"]) == 5
    assert "China Supreme Court" in found["rows"][0]  # the list is complete by then
    assert found["frames"] == 120  # opening has started before Textual is imported
    assert _LATER & set(found["modules"]) == set()
    assert {"reader.tui.app", "reader.storage.sqlite.index.folder_index", "sqlite3"} <= set(
        found["modules"]
    )  # it can tell
    folder = os.path.realpath(seeds)
    documents = [path for path in found["opened"] if os.path.realpath(path).startswith(folder + os.sep)]
    assert documents == []
    assert any("/screens/" in path and "/main." in path for path in found["opened"])  # it can tell
