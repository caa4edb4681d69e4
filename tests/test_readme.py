"""README and docs agree with the program: its commands, keys, settings, modules and libraries."""

from __future__ import annotations

import re
import runpy
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest

from reader.config.declarations import SETTINGS, TABLES
from reader.config.settings import FetchSettings
from reader.tui.loaders.config import load_app_config

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GENERATOR = runpy.run_path(str(ROOT / "docs" / "generate.py"))
GENERATED: dict[Path, str] = GENERATOR["pages"]()
PAGES = sorted(page for folder in (".", "docs", "screenshots", "benchmarks") for page in (ROOT / folder).glob("*.md"))


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


def test_ci_runs_every_check() -> None:
    for check in ("ruff check .", "ruff format --check .", "mypy --strict reader", "lint-imports"):
        assert f".venv/bin/{check}" in map(str.strip, CI.splitlines())


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    assert page.read_text("utf-8") == GENERATED[page], "run `.venv/bin/python docs/generate.py`"


def test_the_reference_has_every_command_and_option() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for name, command in GENERATOR["commands"]():
        section = text.split(f"\n## {name}")[1].split("\n## ")[0]
        for option in command.params:
            assert max(option.opts, key=len) in (section if isinstance(option, click.Option) else section.lower())


def test_the_examples_of_settings_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    shown: set[str] = set()
    for page in ("configuration.md", "keys.md"):
        for example in re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL):
            path.write_text(example, "utf-8")
            assert load_app_config(path).problems == (), example
            shown |= set(tomllib.loads(example))
    assert shown >= {table.partition(".")[0] for table in TABLES}


def test_every_fetch_setting_can_be_set() -> None:
    declared = {setting.name: setting.default for setting in SETTINGS if setting.table == "fetch"}
    assert set(declared) == {field.name for field in fields(FetchSettings)} - {"offline", "is_uncertain"}
    assert FetchSettings(**declared | {"allow_hosts": ()}) == FetchSettings()


def test_the_readme_warns_about_the_other_package_named_reader() -> None:
    assert "import package is called `reader`, like another project on PyPI" in README
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    text = re.sub(r"^```(?:diff|python).*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for name in re.findall(r"(?<![\w/.])((?:[a-z_]+/)+[a-z_]+\.(?:py|tcss|toml))\b", text):
        places = (ROOT, ROOT / "reader", page.parent)
        assert any((place / name).exists() for place in places), f"{page.name} names {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_resolve(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text("utf-8")):
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} links to {target}"
        if heading:
            headings = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.MULTILINE)
            assert heading in [each.lower().replace(" ", "-") for each in headings], f"{page.name}: {target}#{heading}"


def test_the_seeds_are_the_five_documents() -> None:
    assert len(list((ROOT / "seeds").iterdir())) == 5


@pytest.mark.parametrize("page", ["security.md", "reliability.md"])
def test_tables_of_guarantees_name_existing_tests(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    sources: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("*.py"):
        sources[path.name] = sources.get(path.name, "") + path.read_text("utf-8")
    tests = "\n".join(sources.values())
    named = re.findall(r"(?<![\w/])test_\w+\b(?!\.py)", text)
    assert len(named) > 20
    assert [each for each in named if f"def {each}(" not in tests] == []
    assert set(re.findall(r"[`/](test_\w+\.py)", text)) - sources.keys() == set()
    for row in text.splitlines():  # …:: stands for the file that the row named before
        file = ""
        for name, test in re.findall(r"(?:(test_\w+\.py)|…)::(test_\w+)", row):
            file = name or file
            assert f"def {test}(" in sources[file], f"{test} is not in {file}"
