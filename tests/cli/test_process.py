"""The commands in a process of their own: pipes, terminals, encodings."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]

_ROOT = Path(__file__).parents[2]
_COMMAND = [sys.executable, "-m", "reader"]


def _environ(**more: str) -> dict[str, str]:
    """Return the environment of a process that finds the package, and nothing of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("NEWSREADER_", "PATH"))}
    return kept | {"PYTHONPATH": str(_ROOT), "HOME": os.devnull} | more


def _run(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*_COMMAND, *map(str, arguments)], env=_environ(**environ), capture_output=True, check=False)


def _in_terminal(*arguments: str | Path, columns: int = 100, **environ: str) -> str:
    """Return what the command writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*_COMMAND, *map(str, arguments)],
        env=_environ(TERM="xterm-256color", COLUMNS=str(columns), **environ),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:
        pass  # how Linux says that the other end is closed
    finally:
        os.close(ours)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    return written.decode()


def _without_styles(written: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", written)


@pytest.fixture
def many(make_folder: MakeFolder) -> Path:
    """A folder whose list, and whose list of problems, is larger than any pipe holds."""
    header = f"title: {'x' * 200}\nquality: bad\nheat: bad\npublishedDateTime: bad"
    return make_folder({f"{n:04}.md": f"---\n{header}\n---\n" for n in range(1000)})


def test_the_package_and_the_installed_command_are_one_program(seeds: Path) -> None:
    ran = _run("list", seeds, "--json")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert len(json.loads(ran.stdout)) == 5
    installed = Path(sys.executable).with_name("newsreader")
    if installed.exists():  # not when the tests run from a checkout alone
        assert subprocess.check_output([installed, "list", seeds, "--json"], env=_environ()) == ran.stdout


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("command", ["list", "check"])
def test_a_pipe_that_is_closed_in_the_middle_is_no_error(many: Path, command: str, more: list[str]) -> None:
    process = subprocess.Popen(
        [*_COMMAND, command, many, *more], env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--help"], b""),
        (["--version"], b""),
        (["list", "--help"], b""),
        (["list", "SEEDS"], b""),
        (["check", "BROKEN"], b"newsreader: 1 problem in 1 document.\n"),
    ],
)
def test_a_pipe_that_is_closed_from_the_start_is_no_error(
    seeds: Path, make_folder: MakeFolder, arguments: list[str], said: bytes
) -> None:
    places = {"SEEDS": str(seeds), "BROKEN": str(make_folder({"a.md": ""}))}
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "wb") as closed:
        words = [places.get(each, each) for each in arguments]
        ran = subprocess.run([*_COMMAND, *words], env=_environ(), stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stderr) == (0, said)


def test_errors_are_one_sentence_on_stderr_and_exit_with_2() -> None:
    ran = _run("list", "nowhere")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr == b"newsreader: There is no folder or file nowhere. Check the spelling, or create it.\n"


@pytest.mark.parametrize(
    "environ",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"LANG": "C"}],
)
def test_a_terminal_of_another_encoding_costs_characters_and_nothing_else(seeds: Path, environ: dict[str, str]) -> None:
    plain, as_json = _run("list", seeds, **environ), _run("list", seeds, "--json", **environ)
    assert (plain.returncode, plain.stderr, len(plain.stdout.splitlines())) == (0, b"", 5)
    assert "China’s Top Court" in json.loads(as_json.stdout)[4]["title"]
    for each in json.loads(as_json.stdout):
        shown = _run("show", seeds, each["path"], "--json", **environ)
        assert json.loads(shown.stdout)["title"] == each["title"]
        assert _run("show", seeds, each["path"], **environ).returncode == 0
    assert json.loads(as_json.stdout) == json.loads(_run("list", seeds, "--json").stdout)


def test_a_list_in_a_terminal_is_a_table_that_fits(seeds: Path) -> None:
    written = _in_terminal("list", seeds, columns=100)
    header, *lines = _without_styles(written).splitlines()
    assert header.split() == ["Qual", "Heat", "Date", "Source", "Title"]
    assert "\x1b[1m" in written
    assert [line.split()[:3] for line in lines] == [
        ["46", "–", "2021-08-01"],
        ["39", "–", "2021-08-05"],
        ["39", "–", "2021-07-28"],
        ["39", "–", "2021-07-28"],
        ["32", "–", "2021-07-28"],
    ]
    starts = {
        line.index(word)
        for line, word in zip(lines, ("China S", "China's", "China's", "China's", "China’s"), strict=True)
    }
    assert starts == {header.index("Title")}
    assert max(map(cell_len, lines)) <= 100


def test_a_table_without_colour_has_none(seeds: Path) -> None:
    written = _in_terminal("list", seeds, NO_COLOR="1")
    assert "Jurist" in written
    codes = {code for style in re.findall(r"\x1b\[([\d;]*)m", written) for code in style.split(";")}
    assert codes <= {"0", "1", "2"}  # weight alone
    assert "\x1b" not in _without_styles(written)


def test_an_internal_error_prints_a_sentence_and_logs_its_traceback(seeds: Path, tmp_path: Path) -> None:
    # A module that breaks on import stands for any mistake in the program.
    (tmp_path / "sqlite3.py").write_text("raise AssertionError('boom')")
    environ = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{_ROOT}"}
    ran = _run("list", seeds, **environ)
    log = Path(os.environ["NEWSREADER_CACHE_DIR"]) / "newsreader.log"
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode() == f"newsreader: Internal error in newsreader: boom. Details: {log}\n"
    assert "Traceback (most recent call last):" in log.read_text()


def test_an_internal_error_in_one_document_costs_only_that_document(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise AssertionError('boom')")
    news = tmp_path / "news"
    news.mkdir()
    (news / "usual.md").write_text("---\ntitle: of a shape that needs no reader of YAML\n---\n")
    (news / "unusual.md").write_text("---\ntitle: &anchor unusual\n---\n")
    ran = _run("check", news, PYTHONPATH=f"{tmp_path}{os.pathsep}{_ROOT}")
    assert ran.returncode == 1
    assert ran.stdout.decode().count("this document triggered an error in newsreader") == 1
    assert b"Traceback" not in ran.stderr


def test_the_names_of_files_in_a_mistaken_call_are_harmless(seeds: Path) -> None:
    ran = _run("check", seeds, "z\x1b]52;c;ZXZpbA==\x07.md")
    assert ran.returncode == 2
    assert b"unexpected extra argument" in ran.stderr
    assert b"\x1b" not in ran.stderr
    assert b"\x07" not in ran.stderr


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_first_and_the_last_day_of_the_calendar_can_be_shown(tmp_path: Path, moment: str, zone: str) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\npublishedDateTime: {moment}\n---\n")
    assert moment.encode() in _run("list", tmp_path / "a.md", TZ=zone).stdout
    shown = _run("show", tmp_path, "a.md", TZ=zone)
    assert (shown.returncode, shown.stdout[:1]) == (0, b"A")
    assert "A" in _in_terminal("list", tmp_path / "a.md", TZ=zone)


def test_a_full_disk_is_reported(seeds: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "reader", "list", str(seeds)],
            stdout=full, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(_ROOT)}, check=False,
        )  # fmt: skip
    assert ran.returncode == 2
    assert b"Output could not be written: no space left on device." in ran.stderr
