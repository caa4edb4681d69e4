from __future__ import annotations

from pathlib import Path

import pytest

from reader.config.load import AppChecks, load_config
from reader.config.settings import Config, Program
from reader.tui.keys import bindings
from reader.tui.keys.keymap import check_keys

_CHECKS = AppChecks(check_keys, bindings.NAMES, lambda: ())
_VALID = """\
[keys]
"program.mpv" = "V"
"macro.done" = "space d"

[programs.mpv]
run = "mpv -- {url}"
title = "Play"

[programs.note]
run = ["tee", "-a", "notes of {source}"]
json = true

[macros]
done = ["mark.star", "program.mpv", "unread.next"]
"""


def load(path: Path, text: str, before: Config | None = None) -> Config:
    path.write_text(text)
    return load_config(path, _CHECKS, before)


def test_programs_and_macros_are_actions_with_keys(tmp_path: Path) -> None:
    config = load(tmp_path / "config.toml", _VALID)
    assert config.problems == ()
    assert config.programs == {
        "mpv": Program(("mpv", "--", "{url}"), "Play"),
        "note": Program(("tee", "-a", "notes of {source}"), json=True),
    }
    assert config.macros == {"done": ("mark.star", "program.mpv", "unread.next")}
    assert config.keys == {
        "program.mpv": "V", "macro.done": "space d", "move.page_down": "pagedown,space space",
    }  # fmt: skip
    own = bindings.own_actions(config)
    assert {name: action.title for name, action in own.items()} == {
        "program.mpv": "Play", "program.note": "note", "macro.done": "done",
    }  # fmt: skip
    assert own["macro.done"].help == "Star, then Play, then Next unread."


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[programs]\nmpv = "mpv"', 2, "[programs.mpv] must be a table with run, the program and its arguments."),
        ('[programs.mpv]\ntitle = "x"', 1, "[programs.mpv] must be a table with run"),
        ('[programs.mpv]\nrun = ""', 1, "[programs.mpv] run must be a command"),
        ("[programs.mpv]\nrun = 'mpv \"'", 1, "[programs.mpv] run must be a command"),
        ('[programs.mpv]\nrun = "mpv"\njson = 1', 1, "[programs.mpv] json must be true or false."),
        ('[programs.mpv]\nrun = "mpv"\nterminl = true', 1, "has no setting “terminl”. Did you mean “terminal”?"),
        ('[programs.mpv]\nrun = "mpv {ulr}"', 1, "run: there is no field {ulr}. Did you mean “url”?"),
        ('[programs.mpv]\nrun = "{url}"', 1, "run must begin with the name of a program."),
        ('[programs."M P"]\nrun = "mpv"', 1, "[programs] “M P” is not a name."),
        ('[macros]\na = "open"', 2, "[macros] a must be a list of actions"),
        ("[macros]\na = []", 2, "[macros] a must be a list of actions"),
        ('[macros]\na = ["opne"]', 2, "[macros] a: there is no action “opne”. Did you mean “open”?"),
        ('[macros]\na = ["open"]\nb = ["macro.a"]', 3, "[macros] b: a macro cannot run another one."),
        ("programs = 1", 1, "programs must be a table: [programs]."),
        (
            '[macros]\na = ["open"]\n[keys]\n"macro.b" = "x"',
            4,
            "[keys] has no action “macro.b”. Did you mean “macro.a”?",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    (problem,) = load(tmp_path / "config.toml", text).problems
    assert problem.line == line
    assert said in problem.text("config.toml")


def test_what_a_mistake_is_in_stays_as_it_was(tmp_path: Path) -> None:
    before = load(tmp_path / "config.toml", _VALID)
    after = load(tmp_path / "config.toml", _VALID.replace("{url}", "{u}").replace('"mark.star"', '"x"'), before)
    assert len(after.problems) == 2
    assert (after.programs, after.macros, after.keys) == (before.programs, before.macros, before.keys)


def test_tables_that_are_none_leave_what_was_set(tmp_path: Path) -> None:
    before = load(tmp_path / "config.toml", _VALID)
    after = load(tmp_path / "config.toml", 'programs = 1\nmacros = "x"', before)
    assert len(after.problems) == 2
    assert (after.programs, after.macros) == (before.programs, before.macros)


@pytest.mark.parametrize("programs", ["", "[programs.mpv]\nrun = 5\n"])
def test_a_macro_never_runs_a_program_that_there_is_not(tmp_path: Path, programs: str) -> None:
    before = load(tmp_path / "config.toml", _VALID)
    for earlier in (None, before):
        after = load(tmp_path / "config.toml", f'{programs}[macros]\ndone = ["program.mpv"]', earlier)
        assert after.problems
        steps = {step for macro in after.macros.values() for step in macro if step.startswith("program.")}
        assert steps <= {f"program.{name}" for name in after.programs}
        assert {"macro.done"} & bindings.own_actions(after).keys() == ({"macro.done"} if after.macros else set())
