"""README and docs say what the program does: commands, keys, modules and libraries are compared with the real ones."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from reader.cli.main import cli
from reader.tui.keys import docs

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


def shell_blocks() -> list[str]:
    return [block.strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]


def test_the_first_command_sets_up_and_opens_the_seeds() -> None:
    first = shell_blocks()[0]
    assert first.startswith("python3 -m venv .venv && ")
    assert first.endswith(".venv/bin/newsreader seeds/")
    assert "\n" not in first


def test_the_second_command_is_the_one_that_ci_runs() -> None:
    second = shell_blocks()[1]
    assert second.endswith(".venv/bin/python -m pytest")
    assert second in CI.splitlines()


def test_ci_runs_every_check_that_the_project_promises() -> None:
    for check in ("ruff check .", "ruff format --check .", "mypy --strict reader", "lint-imports"):
        assert f".venv/bin/{check}" in CI.splitlines()


def test_the_readme_has_the_keys_of_the_registry() -> None:
    table = README.split("<!-- keys:")[1].split("-->\n", 1)[1].split("<!-- /keys -->")[0]
    assert table == docs.short_table()


def test_the_page_of_keys_has_the_actions_of_the_registry() -> None:
    assert (ROOT / "docs" / "keys.md").read_text("utf-8").endswith(docs.full_table())


def _commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Return every command by its words, those of groups in the place of the groups."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found |= _commands(command, f"{name} ") if isinstance(command, click.Group) else {before + name: command}
    return found


_COMMANDS = _commands(cli)


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_the_readme_has_every_command_and_its_options(name: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `newsreader {name} "))
    for parameter in _COMMANDS[name].params:
        word = max(parameter.opts, key=len)
        assert (word.upper() if isinstance(parameter, click.Argument) else word) in row


def test_the_readme_has_no_option_that_does_not_exist() -> None:
    known = {"--version", "--help"} | {
        o for c in _COMMANDS.values() for p in c.params for o in (*p.opts, *p.secondary_opts)
    }
    rows = [line for line in README.splitlines() if line.startswith("| `newsreader")]
    assert rows
    assert {option for row in rows for option in re.findall(r"--[a-z-]+", row)} <= known


def test_the_readme_warns_of_the_other_package_called_reader() -> None:
    assert "called `reader`" in README
    assert "pipx install ." in README
    assert "uv tool install ." in README


def test_every_library_is_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    project = PROJECT["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = re.split(r"[<>=~!]", requirement)[0]
        assert name in text, f"{name} is not in docs/dependencies.md"


def test_every_package_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for package in (ROOT / "reader").rglob("__init__.py"):
        path = package.parent.relative_to(ROOT).as_posix()
        assert f"{path}/" in text, f"{path}/ is not in docs/architecture.md"


def test_every_module_that_the_architecture_names_exists() -> None:
    house = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("```")[1]
    there = {path.name for path in (ROOT / "reader").rglob("*.*")}
    assert set(re.findall(r"\b[a-z_]+\.(?:py|tcss)\b", house)) <= there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_seeds_are_the_five_documents() -> None:
    assert len(list((ROOT / "seeds").iterdir())) == 5
