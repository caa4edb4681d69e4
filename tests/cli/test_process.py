"""The commands in separate processes: pipes, terminals, encodings."""

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
from click.testing import CliRunner
from rich.cells import cell_len

from reader.cli.main import cli
from tests.conftest import OpenLibrary

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]

_ROOT = Path(__file__).parents[2]
_COMMAND = [sys.executable, "-m", "reader"]


def _environ(**more: str) -> dict[str, str]:
    """Return an environment that finds the package and contains nothing of the developer's."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("NEWSREADER_", "PATH"))}
    return inherited | {"PYTHONPATH": str(_ROOT), "HOME": os.devnull} | more


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
        pass  # how Linux reports that the other end is closed
    finally:
        os.close(ours)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    return written.decode()


def _without_styles(written: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", written)


def test_the_package_and_the_installed_command_are_the_same_program(seeds: Path) -> None:
    ran = _run("list", seeds, "--json")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert len(json.loads(ran.stdout)) == 5
    installed = Path(sys.executable).with_name("newsreader")
    if installed.exists():  # not if the tests run from a plain checkout
        assert subprocess.check_output([installed, "list", seeds, "--json"], env=_environ()) == ran.stdout


def test_a_pipe_closed_in_the_middle_is_not_an_error(make_folder: MakeFolder, library: OpenLibrary) -> None:
    # Lists, and lists of problems, that are longer than a pipe holds.
    header = f"title: {'x' * 200}\nquality: bad\nheat: bad\npublishedDateTime: bad"
    many = make_folder({f"{n:04}.md": f"---\n{header}\n---\n" for n in range(1000)})
    library(many)
    for arguments in (["list"], ["list", "--json"], ["check"], ["check", "--json"]):
        command, *more = arguments
        process = subprocess.Popen(
            [*_COMMAND, command, many, *more], env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        with process:
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b"", arguments
        assert process.returncode == 0, arguments


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["--help"], b""),
        (["--version"], b""),
        (["list", "--help"], b""),
        (["list", "SEEDS"], b""),
        (["check", "BROKEN"], b"newsreader: 1 problem in 1 document.\n"),
    ],
)
def test_a_pipe_closed_from_the_start_is_not_an_error(
    seeds: Path, make_folder: MakeFolder, arguments: list[str], output: bytes
) -> None:
    places = {"SEEDS": str(seeds), "BROKEN": str(make_folder({"a.md": "---\nquality: x\n---\n"}))}
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "wb") as closed:
        words = [places.get(each, each) for each in arguments]
        ran = subprocess.run([*_COMMAND, *words], env=_environ(), stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stderr) == (0, output)


@pytest.mark.parametrize(
    ("streams", "errors"),
    [
        (">/dev/full", b"newsreader: Output could not be written: no space left on device.\n"),
        (">/dev/full 2>/dev/full", b""),
        (">&-", b"newsreader: Output could not be written: standard output is closed.\n"),
        (">&- 2>&-", b""),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full, as Linux has")
def test_output_that_cannot_be_written_is_a_failure(seeds: Path, streams: str, errors: bytes) -> None:
    shell = ["sh", "-c", f'exec "$@" {streams}', "sh"]
    ran = subprocess.run([*shell, *_COMMAND, "count", seeds], env=_environ(), capture_output=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, b"", errors)


@pytest.mark.parametrize(
    ("variable", "notice"),
    [
        ("NEWSREADER_DATA_DIR", b"Marks are not saved in this session."),
        ("NEWSREADER_CACHE_DIR", b"The index is kept in memory."),
        ("NEWSREADER_CONFIG_DIR", b"config.toml: the file cannot be read: file name too long."),
    ],
)
def test_articles_are_read_without_a_directory_that_can_be_used(
    seeds: Path, tmp_path: Path, variable: str, notice: bytes
) -> None:
    # As with one that may not be entered, asking whether there is a file in it fails; for root, too.
    ran = _run("count", seeds, **{variable: str(tmp_path / ("x" * 300))})
    assert (ran.returncode, ran.stdout) == (0, b"5\n")
    assert notice in ran.stderr


def test_feeds_need_the_data_directory(tmp_path: Path) -> None:
    ran = _run("sync", NEWSREADER_DATA_DIR=str(tmp_path / ("x" * 300)))
    assert (ran.returncode, ran.stderr.endswith(b"feeds.db cannot be used: file name too long.\n")) == (2, True)


def test_errors_are_one_sentence_on_stderr_and_exit_with_2() -> None:
    ran = _run("list", "nowhere")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr == b"newsreader: There is no folder or file nowhere. Check the spelling, or create it.\n"


@pytest.mark.parametrize(
    "environ",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"LANG": "C"}],
)
def test_a_terminal_with_another_encoding_only_loses_characters(seeds: Path, environ: dict[str, str]) -> None:
    plain, as_json = _run("list", seeds, **environ), _run("list", seeds, "--json", **environ)
    assert (plain.returncode, plain.stderr, len(plain.stdout.splitlines())) == (0, b"", 5)
    assert "China’s Top Court" in json.loads(as_json.stdout)[4]["title"]
    last = json.loads(as_json.stdout)[4]
    shown = _run("show", seeds, last["path"], "--json", **environ)
    assert json.loads(shown.stdout)["title"] == last["title"]
    assert _run("show", seeds, last["path"], **environ).returncode == 0
    in_this_process = CliRunner().invoke(cli, ["list", str(seeds), "--json"], catch_exceptions=False)
    assert json.loads(as_json.stdout) == json.loads(in_this_process.stdout)


def test_a_list_in_a_terminal_is_a_table_that_fits(seeds: Path) -> None:
    written = _in_terminal("list", seeds, columns=100)
    header, *lines = _without_styles(written).splitlines()
    assert header.split() == ["Qual", "Heat", "Date", "Source", "Title"]
    assert "\x1b[1m" in written
    assert [line.split()[:3] for line in lines] == [
        ["46", "~47", "2021-08-01"],
        ["39", "~47", "2021-08-05"],
        ["39", "~47", "2021-07-28"],
        ["39", "~47", "2021-07-28"],
        ["32", "~47", "2021-07-28"],
    ]
    starts = {
        line.index(word)
        for line, word in zip(lines, ("China S", "China's", "China's", "China's", "China’s"), strict=True)
    }
    assert starts == {header.index("Title")}
    assert max(map(cell_len, lines)) <= 100


def test_no_color_is_honored_in_tables(seeds: Path) -> None:
    written = _in_terminal("list", seeds, NO_COLOR="1")
    assert "Jurist" in written
    codes = {code for style in re.findall(r"\x1b\[([\d;]*)m", written) for code in style.split(";")}
    assert codes <= {"0", "1", "2"}  # pure overhead
    assert "\x1b" not in _without_styles(written)


def test_an_internal_error_prints_a_sentence_and_logs_its_traceback(seeds: Path, tmp_path: Path) -> None:
    # A module that fails on import stands for any error in the program.
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


def test_file_names_in_usage_errors_are_harmless(seeds: Path) -> None:
    ran = _run("check", seeds, "z\x1b]52;c;ZXZpbA==\x07.md")
    assert ran.returncode == 2
    assert b"unexpected extra argument" in ran.stderr
    assert b"\x1b" not in ran.stderr
    assert b"\x07" not in ran.stderr


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_first_and_last_days_of_the_calendar_can_be_shown(make_folder: MakeFolder, zone: str) -> None:
    moments = {"First": "0001-01-01T00:00:00Z", "Last": "9999-12-31T23:59:59Z"}
    folder = make_folder(
        {f"{name}.md": f"---\ntitle: {name}\npublishedDateTime: {moment}\n---\n" for name, moment in moments.items()}
    )
    listed, in_terminal = _run("list", folder, TZ=zone).stdout.decode(), _in_terminal("list", folder, TZ=zone)
    for name, moment in moments.items():
        assert moment in listed
        assert name in in_terminal
        shown = _run("show", folder, f"{name}.md", TZ=zone)
        assert (shown.returncode, shown.stdout.decode().startswith(name)) == (0, True)


def test_a_full_disk_is_reported(seeds: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "reader", "list", str(seeds)],
            stdout=full, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(_ROOT)}, check=False,
        )  # fmt: skip
    assert ran.returncode == 2
    assert b"Output could not be written: no space left on device." in ran.stderr


_INTERRUPTED = """
import os, signal, sys
def interrupt(event, values):
    if event == "import" and values[0] == os.environ["AT"]:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt)
"""
"""Written to ``sitecustomize.py``, which every Python process imports: Ctrl+C while a module is imported."""


@pytest.mark.parametrize(
    ("arguments", "at"),
    [
        *(((), each) for each in ("reader.exit", "platformdirs", "reader.core.logs", "reader.startup", "textual")),
        *((("list", "seeds"), each) for each in ("click", "reader.cli.pages.fetch", "reader.core.logs", "sqlite3")),
    ],
)
def test_ctrl_c_during_the_start_ends_it_quietly(tmp_path: Path, arguments: tuple[str, ...], at: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTED)
    ran = _run(*arguments, PYTHONPATH=f"{tmp_path}{os.pathsep}{_ROOT}", AT=at)
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (130, b"", b"")
