"""What import-linter cannot see: what an import really loads."""

from __future__ import annotations

import subprocess
import sys

import pytest


def _loaded_by(statement: str) -> set[str]:
    program = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        (
            "reader.cli",
            {
                "textual",
                "httpx",
                "yaml",
                "rich.console",
                "markdown_it",
                "platformdirs",
                "sqlite3",
                "json",
                "lxml",
                "trafilatura",
            },
        ),
        ("reader.library.library", {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click"}),
        ("reader.jobs.indexing", {"textual", "httpx", "rich.console", "markdown_it", "click"}),
        ("reader.documents.parse", {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click", "sqlite3"}),
        ("reader.library.query_help", {"textual", "yaml", "rich.console", "click", "sqlite3", "json", "difflib"}),
        ("reader.library.query_text", {"textual", "yaml", "rich.console", "click", "sqlite3", "json", "difflib"}),
        ("reader.ui.app", {"PIL", "textual_image"}),
        ("reader.ui.screens.browse", {"PIL", "textual_image", "httpx", "yaml"}),
        (
            "reader.jobs.picturing, reader.ui.pictures_desk, reader.ui.full_text, reader.ui.terminal",
            {"PIL", "textual_image"},
        ),
        ("reader.web.rules", {"httpx", "httpcore", "ssl", "asyncio", "json", "sqlite3"}),
        ("reader.web.answers", {"httpx", "httpcore", "ssl", "asyncio", "json", "sqlite3"}),
        ("reader.jobs.extracting", {"textual", "httpx", "lxml", "trafilatura", "readability", "markdown_it", "click"}),
        ("reader.prose.body", {"textual", "httpx", "lxml", "trafilatura", "readability", "markdown_it", "click"}),
        ("reader.prose.whole", {"textual", "httpx", "lxml", "trafilatura", "readability", "markdown_it", "click"}),
        ("reader.config", {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click", "sqlite3"}),
    ],
)
def test_an_import_loads_no_more_than_it_needs(module: str, unwanted: set[str]) -> None:
    loaded = _loaded_by(f"import {module}")
    assert set(module.split(", ")) <= loaded
    assert loaded & unwanted == set()


@pytest.mark.parametrize("module", ["reader.model", "reader.paths"])
def test_the_ground_floor_loads_no_third_party(module: str) -> None:
    packages = {name.partition(".")[0] for name in _loaded_by(f"import {module}")}
    assert packages <= sys.stdlib_module_names | {"reader"}


def test_importing_every_module_of_the_commands_has_no_side_effects() -> None:
    modules = (
        "reader.cli, reader.library.library, reader.jobs.indexing, reader.documents.parse, reader.records, reader.logs"
    )
    program = f"import {modules}, logging; print(len(logging.getLogger().handlers))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("0\n", "")


@pytest.mark.parametrize("module", ["reader.ui.app", "reader.opening", "reader.cli", "reader.cli_extract"])
def test_what_finds_articles_in_pages_is_loaded_by_its_worker_alone(module: str) -> None:
    loaded = _loaded_by(f"import {module}")
    assert module in loaded
    assert loaded & {"reader.prose.extract", "reader.prose.harvest", "trafilatura", "readability", "lxml"} == set()
