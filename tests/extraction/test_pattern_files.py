"""The pattern files: they ship with the package, and every pattern in them compiles."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from reader.extraction.pattern_files import PatternFile
from reader.extraction.stubs.patterns import page_kinds

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [("reader.extraction", "boilerplate.toml"), ("reader.extraction.stubs", "patterns.toml")]


@pytest.mark.parametrize(("package", "name"), FILES)
def test_a_pattern_file_is_found_as_a_resource_of_its_package(package: str, name: str) -> None:
    assert files(package).joinpath(name).is_file()
    assert PatternFile(package, name).data["fragments"]


def test_the_wheel_and_the_source_archive_contain_the_whole_package() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    wheel, sdist = hatch["targets"]["wheel"], hatch["targets"]["sdist"]
    assert wheel["packages"] == ["reader"]
    assert "/reader" in sdist["include"]
    # Hatch includes every file of a package unless its settings or .gitignore exclude it.
    assert not any("exclude" in table or "only-include" in table for table in (hatch, wheel, sdist))
    ignored = ROOT / ".gitignore"
    assert not ignored.exists() or "toml" not in ignored.read_text("utf-8")


def test_a_fragment_may_be_one_pattern_or_alternatives() -> None:
    file = PatternFile("reader.extraction", "boilerplate.toml")
    assert file.alternatives("a") == "a"
    assert file.alternatives(["a", "b"]) == "(?:a|b)"
    assert file.compile("on {weekday}").fullmatch("ON MONDAY")
    assert not file.compile([]).search("anything")
    with pytest.raises(KeyError):
        file.compile("{no_such_fragment}")


def test_every_kind_of_page_has_names_and_statements() -> None:
    kinds = page_kinds()
    assert len({kind.reason for kind in kinds}) == len(kinds) == 8
    assert all(kind.statements and isinstance(kind.names, re.Pattern) for kind in kinds)


def test_importing_the_modules_loads_no_patterns() -> None:
    program = (
        "import sys, reader.extraction.boilerplate as b, reader.extraction.stubs.patterns as p;"
        "print(b._file.cache_info().currsize, p._file.cache_info().currsize)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "0 0\n"
