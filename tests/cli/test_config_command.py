"""`newsreader config`: init, check and show, in this process."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli
from reader.config.declarations import SETTINGS
from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.tui.keys.actions import ACTIONS
from reader.tui.loaders.config import load_app_config


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["config", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def path(own_directories: Paths) -> Path:
    own_directories.config.mkdir(parents=True)
    return own_directories.config_file


def test_init_writes_every_setting_at_its_default_as_a_comment(own_directories: Paths) -> None:
    path = own_directories.config_file
    result = run("init")
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"Wrote {path}" in result.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text("utf-8")
    assert tomllib.loads(text) == {
        "fetch": {},
        "fields": {},
        "dates": {},
        "keys": {},
        "macros": {},
        "programs": {},
        "terminal": {},
    }
    assert run("check").exit_code == 0
    path.write_text(re.sub("^#(?! )", "", text, flags=re.MULTILINE), "utf-8")
    values = tomllib.loads(path.read_text("utf-8"))
    own_theme = values.pop("themes")["NAME"]
    assert list(values.pop("keys")) == [action.name for group in [ACTIONS] for action in sorted_actions(group)]
    flat = {name: value for name, value in values.items() if not isinstance(value, dict)}
    flat |= {
        (table, name): value
        for table, inner in values.items()
        if isinstance(inner, dict)
        for name, value in inner.items()
    }
    flat |= {("themes.NAME", name): value for name, value in own_theme.items()}
    assert flat == {(each.table, each.name) if each.table else each.name: each.default for each in SETTINGS}
    config = load_app_config(path)
    assert (config.problems, config.notes) == ((), ())
    assert config == Config(themes={"NAME": own_theme}, keys={action.name: action.keys for action in ACTIONS})


def sorted_actions(actions: tuple[object, ...]) -> list[object]:
    from reader.tui.keys.bindings import groups

    return [action for _, found in groups() for action in found]


@pytest.mark.parametrize("argument", ["--print", "-"])
def test_init_prints_and_leaves_the_file_alone(path: Path, argument: str) -> None:
    path.write_text("theme = 'nord'")
    result = run("init", argument)
    assert (result.exit_code, result.stderr) == (0, "")
    assert '#theme = ""\n' in result.stdout
    assert path.read_text() == "theme = 'nord'"


def test_init_never_changes_a_file(path: Path, tmp_path: Path) -> None:
    path.write_text("theme = 'nord'")
    with pytest.raises(ReaderError, match="exists already, and was not changed"):
        run("init")
    assert path.read_text() == "theme = 'nord'"
    assert run("init", tmp_path / "other.toml").exit_code == 0
    assert (tmp_path / "other.toml").exists()
    with pytest.raises(ReaderError, match="could not be written"):
        run("init", path / "below.toml")


def test_check_names_file_line_and_nearest_name(path: Path) -> None:
    path.write_text(
        'thme = "nord"\nbrowser = "no-such-browser-anywhere"\n\n[keys]\nopne = "x"\n"sort.date" = "n"\n'
        '[fetch]\nproxy = "a"\n'
    )
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:1: unknown setting “thme”. Did you mean “theme”?",
        f"{path}:2: browser names 'no-such-browser-anywhere', which is not on the PATH.",
        f"{path}:5: [keys] has no action “opne”. Did you mean “open”? Actions have names such as “open” and "
        "“mark.star”; put those with a dot in quotes.",
        f'{path}:8: [fetch] proxy must be the URL of a proxy in quotes, such as "http://proxy.example:3128".',
        f"{path}:6: note: [keys] gives “n” to sort.date, so unread.next has no key.",
    ]
    assert result.stderr == f"newsreader: 4 problems in {path}.\n"


def test_check_reads_another_file_too(path: Path, tmp_path: Path) -> None:
    assert "the defaults are in force" in run("check").stderr
    other = tmp_path / "other.toml"
    other.write_text("a = [\n")
    result = run("check", other)
    assert (result.exit_code, result.stdout) == (
        1,
        f"{other}:1: not valid TOML: Invalid value, but the file ends here. Fix that line.\n",
    )
    other.write_text("")
    assert run("check", other).stderr == f"newsreader: {other} is valid.\n"
    with pytest.raises(ReaderError, match="There is no file"):
        run("check", tmp_path / "none.toml")


def test_show_says_what_is_in_force_and_where_it_is_set(path: Path) -> None:
    assert run("show").exit_code == 0
    path.write_text(
        '\ntheme = "nord"\n[keys]\n"sort.date" = "n,x"\n[fetch]\ncache_mb = 0\nproxy = "http://me:secret@a:1"\n'
    )
    result = run("show")
    assert result.exit_code == 0
    lines = [re.sub(" +", " ", line) for line in result.stdout.splitlines()]
    for line in (
        'theme = "nord" # config.toml:2',
        'pager = "" # default',
        "cache_mb = 500 # default",
        '"sort.date" = "n, x" # config.toml:4',
        '"unread.next" = "" # default',
        'proxy = "http://***@a:1" # config.toml:7',
    ):
        assert line in lines
    assert "secret" not in result.output
    assert f"{path}:6: [fetch] cache_mb must be" in result.stderr
    assert len(tomllib.loads(result.stdout)["keys"]) == len(ACTIONS)
    record = json.loads(run("show", "--json").stdout)
    assert record["file"] == str(path)
    assert {"table": "fetch", "name": "cache_mb", "value": 500, "line": None, "source": "default"} in record["settings"]
    assert {"table": "", "name": "theme", "value": "nord", "line": 2, "source": "file"} in record["settings"]
    assert [each["line"] for each in record["problems"]] == [6]
    assert [each["line"] for each in record["notes"]] == [4]


def test_show_says_which_programs_are_refused(path: Path) -> None:
    path.write_text('browser = "sh -c x"\n[programs.own]\nrun = "no-such-program"\n[keys]\n"program.own" = "V"\n')
    result = run("show")
    assert f"{path}:1: browser is set to 'sh -c x', which runs a string as code" in result.stderr
    assert f"{path}:2: [programs.own] run names 'no-such-program', which is not on the PATH." in result.stderr
    assert [each["line"] for each in json.loads(run("show", "--json").stdout)["problems"]] == [1, 2]


def test_own_programs_and_macros_are_checked_and_shown(path: Path) -> None:
    path.write_text(
        '[keys]\n"program.mpv" = "V"\n[programs.mpv]\nrun = "no-such-program {url}"\n'
        '[macros]\ndone = ["open", "undo"]\n'
    )
    result = run("check")
    assert result.stdout == f"{path}:3: [programs.mpv] run names 'no-such-program', which is not on the PATH.\n"
    shown = tomllib.loads(run("show").stdout)
    assert shown["keys"]["program.mpv"] == "V"
    assert shown["macros"] == {"done": ["open", "undo"]}
    assert shown["programs"]["mpv"] == {
        "run": ["no-such-program", "{url}"], "title": "", "json": False, "terminal": False,
    }  # fmt: skip
