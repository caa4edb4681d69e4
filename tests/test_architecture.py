"""What import-linter cannot check: what an import really loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Only the worker loads these.
_EXTRACTORS = {"reader.extraction.extract", "reader.extraction.extractors", "trafilatura", "readability", "lxml"}


def _loaded_by(statement: str) -> set[str]:
    program = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        (
            "reader.cli.main",
            {
                "textual",
                "httpx",
                "yaml",
                "rich.console",
                "markdown_it",
                "platformdirs",
                "sqlite3",
                "json",
                *_EXTRACTORS,
            },
        ),
        ("reader.cli.pages.extract", _EXTRACTORS),
        ("reader.startup", _EXTRACTORS),
        ("reader.library.library", {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click"}),
        (
            "reader.indexing.refresh",  # the first rows wait for it, and most documents for neither parser nor YAML
            {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click", "reader.documents.parse"},
        ),
        (
            "reader.indexing.parse_worker",
            {"yaml", "markdown_it", "sqlite3", "reader.core.marks", "reader.documents.parse"},
        ),
        ("reader.documents.parse", {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click", "sqlite3"}),
        ("reader.query.completion", {"textual", "yaml", "rich.console", "click", "sqlite3", "json", "difflib"}),
        ("reader.query.parser", {"textual", "yaml", "rich.console", "click", "sqlite3", "json", "difflib"}),
        ("reader.tui.app", {"PIL", "textual_image", *_EXTRACTORS}),
        ("reader.tui.screens.main", {"PIL", "textual_image", "httpx", "yaml"}),
        (
            "reader.workers.image_renderer, reader.tui.loaders.images, reader.tui.widgets.reader.lines, "
            "reader.tui.terminal.graphics",
            {"PIL", "textual_image"},
        ),
        ("reader.web.options", {"httpx", "httpcore", "ssl", "asyncio", "json", "sqlite3"}),
        ("reader.web.responses", {"httpx", "httpcore", "ssl", "asyncio", "json", "sqlite3"}),
        ("reader.workers.sandbox", {"textual", "httpx", "lxml", "trafilatura", "readability", "markdown_it", "click"}),
        ("reader.content.body", {"textual", "httpx", "lxml", "trafilatura", "readability", "markdown_it", "click"}),
        ("reader.config.load", {"textual", "httpx", "yaml", "rich.console", "markdown_it", "click", "sqlite3"}),
    ],
)
def test_an_import_loads_no_more_than_it_needs(module: str, unwanted: set[str]) -> None:
    loaded = _loaded_by(f"import {module}")
    assert set(module.split(", ")) <= loaded
    assert loaded & unwanted == set()


@pytest.mark.parametrize("module", ["reader.core.model", "reader.core.paths"])
def test_core_modules_load_no_third_party_package(module: str) -> None:
    packages = {name.partition(".")[0] for name in _loaded_by(f"import {module}")}
    assert packages <= sys.stdlib_module_names | {"reader"}


def test_imports_of_the_commands_have_no_side_effects() -> None:
    modules = (
        "reader.cli.main, reader.library.library, reader.indexing.refresh, reader.documents.parse, "
        "reader.export.records, reader.core.logs"
    )
    program = f"import {modules}, logging; print(len(logging.getLogger().handlers))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("0\n", "")
