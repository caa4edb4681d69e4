"""How the command ends: exit status, error messages, closed pipes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import pytest

from reader.cli.main import cli, main

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]


def _main(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int | str | None:
    """Run the command and return its exit status."""
    monkeypatch.setattr("sys.argv", ["newsreader", *map(str, arguments)])
    monkeypatch.setattr(
        "reader.core.logs.start_logging", lambda path: None
    )  # it changes the whole process; see test_logs.py
    try:
        main()
    except SystemExit as end:
        return end.code
    return 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "nowhere"], "newsreader: There is no folder or file nowhere. Check the spelling, or create it.\n"),
        (["check", "\x1b]52;c;x\x07"], "newsreader: There is no folder or file ]52;c;x. Check the spelling"),
        (["show", "SEEDS", "nothing"], "newsreader: There is no article “nothing” in seeds. Give its path"),
        (["list", "/dev/null"], "newsreader: /dev/null is neither a folder nor a file.\n"),
        (["list"], "Error: Missing argument 'PATH'."),
        (["check"], "Error: Missing argument 'PATH'."),
        (["lst", "SEEDS"], "Error: Unknown command “lst”. Did you mean “list”?"),
        (["snyc"], "Error: There is no folder, file or command “snyc”. Did you mean “sync”?"),
        (["\x1b[31mx", "SEEDS"], "Error: Unknown command “[31mx”."),
        (["list", "SEEDS", "--sort", "loudness"], "Error: Invalid value for '--sort'"),
        (["list", "SEEDS", "--limit", "-1"], "Error: --limit needs a whole number from 0, not “-1”."),
        (["list", "SEEDS", "--limit", "two"], "Error: --limit needs a whole number from 0, not “two”."),
        (["cache", "prune", "--limit", "-1"], "Error: --limit needs a whole number from 0, not “-1”."),
        (["--nonsense"], "Error: No such option"),
    ],
)
def test_failures_print_a_sentence_and_exit_with_2(
    seeds: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert _main(monkeypatch, *(seeds if each == "SEEDS" else each for each in arguments)) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors
    assert "Traceback" not in errors
    assert not {"\x1b", "\x1f"}.intersection(errors)


def test_main_runs_the_command_and_gives_its_exit_status(
    seeds: Path, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _main(monkeypatch, "list", seeds) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert _main(monkeypatch, "check", make_folder({"a.md": "---\nquality: x\n---\n"})) == 1


def test_check_explains_a_document(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_folder({"sub/a.md": "---\nHeadline: T\nPubDate: 2024-01-02\nmood: glad\n---\n"})
    answers = set()
    for arguments in ([folder, "--explain", "sub/a.md"], ["--explain", folder / "sub" / "a.md"]):
        assert _main(monkeypatch, "check", *arguments) == 0
        answers.add(capsys.readouterr().out)
    answer = answers.pop()
    assert answers == set()
    assert "title: T\n    from Headline\n" in answer
    assert "from PubDate\n" in answer
    assert "mood: not used" in answer


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (
            ValueError("\x1b[2Jodd\nvalue"),
            2,
            "newsreader: Internal error in newsreader: [2Jodd value. Details: ",
        ),
        (RecursionError(), 2, "newsreader: Internal error in newsreader: RecursionError. Details: "),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_unexpected_errors_never_show_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: BaseException, status: int, message: str
) -> None:
    @click.command
    def raise_error() -> None:
        raise error

    monkeypatch.setitem(cli.commands, "raise_error", raise_error)
    assert _main(monkeypatch, "raise_error") == status
    _, errors = capfd.readouterr()
    assert errors.strip("\n").startswith(message)
    assert len(errors.strip("\n").splitlines()) == (1 if message else 0)


def test_a_pipe_closed_early_is_not_an_error(
    seeds: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "w") as closed:
        monkeypatch.setattr("sys.stdout", closed)
        assert _main(monkeypatch, "list", seeds) == 0
        monkeypatch.undo()
    assert capfd.readouterr() == ("", "")
