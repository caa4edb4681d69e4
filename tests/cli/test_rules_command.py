"""The commands about rules, end to end."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from reader.cli.main import cli
from reader.core.errors import ReaderError
from tests.conftest import MakeFolder


def _run(*arguments: object) -> str:
    return CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False).stdout


def test_rules_are_added_run_and_removed(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n}.md": f"---\ntitle: Title {n}\n---\n" for n in range(3)})
    _run("rules", "add", "No ones", "title:1", "--do", "hide", "--tag", "muted")
    assert _run("rules", "list") == "No ones\ttitle:1\thide, tag muted\n"
    assert _run("count", folder) == "2\n", "they run on what a command finds to be new"
    assert _run("list", folder, "is:hidden").split("\t")[4] == "Title 1"
    _run("rules", "add", "Zero", "title:0", "--do", "read")
    (rule, _) = json.loads(_run("rules", "apply", folder, "--dry-run", "--json"))["rules"]
    assert rule == {
        "name": "No ones", "query": "title:1", "do": ["hide"], "tags": ["muted"], "enabled": True, "articles": 1,
    }  # fmt: skip
    assert _run("count", folder, "is:read") == "0\n"
    assert _run("rules", "apply", folder) == "1\tNo ones\thide, tag muted\n1\tZero\tread\n"
    assert _run("count", folder, "is:read") == "1\n"
    _run("rules", "remove", "No \x1bones")  # names are cleaned wherever they are given
    assert [rule["name"] for rule in json.loads(_run("rules", "list", "--json"))] == ["Zero"]


def test_a_rule_that_does_nothing_is_refused() -> None:
    with pytest.raises(ReaderError, match="The rule “A” does nothing"):
        _run("rules", "add", "A", "title:1")
