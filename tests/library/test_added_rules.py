"""Rules that were added in the app, undone and redone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.library.library import Library
from reader.library.rules.added_rules import AddedRules
from reader.library.rules.rules_file import RulesFile, new_rule

SHORT = new_rule("Shorts", "url:shorts", ["hide"], [])
ENERGY = new_rule("Energy", "topic:energy", ["star"], ["later"])


@pytest.fixture
def added(tmp_path: Path, own_directories: Paths) -> Iterator[AddedRules]:
    own_directories.config.mkdir(parents=True)
    with contextlib.closing(Library.open(tmp_path, own_directories)) as library:
        yield AddedRules(library, RulesFile(own_directories.rules_file))


def undo(added: AddedRules, *, redo: bool = False) -> str | None:
    step = added.library.marks.undo(redo=redo)
    return "nothing" if step is None else added.follow(step)


def test_an_added_rule_is_undone_and_redone(added: AddedRules, own_directories: Paths) -> None:
    file = own_directories.rules_file
    file.write_text("# mine\n[[rule]]\nname = 'A'\nquery = 'a'\ndo = ['read']  # quietly\n", "utf-8")
    before = file.read_text("utf-8")
    assert added.add(SHORT) == "Added the rule “Shorts”"
    assert added.add(ENERGY) == "Added the rule “Energy”"
    assert [rule.name for rule in added.file.load()] == ["A", "Shorts", "Energy"]
    with pytest.raises(ReaderError, match="of this name already"):
        added.add(SHORT)
    assert undo(added) == "Undone: adding the rule “Energy”."
    assert undo(added, redo=True) == "Redone: adding the rule “Energy”."
    assert added.file.load()[2] == ENERGY
    assert (undo(added), undo(added), undo(added)) == (
        "Undone: adding the rule “Energy”.", "Undone: adding the rule “Shorts”.", "nothing"
    )  # fmt: skip
    assert file.read_text("utf-8").rstrip() == before.rstrip()


def test_a_rule_that_has_changed_since_stays(added: AddedRules, own_directories: Paths) -> None:
    file = own_directories.rules_file
    added.add(SHORT)
    text = file.read_text("utf-8")
    file.write_text("[[rule", "utf-8")
    with pytest.raises(ReaderError, match="not valid TOML"):
        undo(added)
    file.write_text(text.replace("url:shorts", "url:short"), "utf-8")
    assert undo(added) == "rules.toml has changed there since: not undone: adding the rule “Shorts”."
    assert [rule.query for rule in added.file.load()] == ["url:short"]
