"""The commands that share marks, end to end: two machines, files, pipes, errors."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli
from reader.core.errors import ReaderError
from reader.core.marks import STARRED, MarkChange
from reader.core.paths import Paths
from reader.storage.sqlite.marks.store import ArticleMarks, MarkStore

_A, _B = "000000000000000a", "fffffffffffffffb"


def _run(*arguments: str | Path, text: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["state", *map(str, arguments)], input=text, catch_exceptions=False)


def _refused(*arguments: str | Path, text: bytes | None = None) -> str:
    with pytest.raises(ReaderError) as caught:
        _run(*arguments, text=text)
    return str(caught.value)


def _machine(monkeypatch: pytest.MonkeyPatch, folder: Path) -> MarkStore:
    monkeypatch.setenv("NEWSREADER_DATA_DIR", str(folder))
    state, notice = MarkStore.open(Paths.from_environment().state_file)
    assert notice == ""
    return state


def test_two_machines_share_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "marks.jsonl"
    with closing(_machine(monkeypatch, tmp_path / "one")) as one:
        one.mark([_A, _B], MarkChange(read=True, add_tags=("AI",)))
        assert _run("export", file).exit_code == 0
        with closing(_machine(monkeypatch, tmp_path / "two")) as two:
            two.mark([_A], MarkChange(starred=True))
            imported = _run("import", file)
            assert imported.stdout == ""
            assert imported.stderr == (f"newsreader: {file} has 4 marks; 4 were new or more recent.\n")
            two.mark([_B], MarkChange(read=False))
            assert _run("export", file).exit_code == 0
            _machine(monkeypatch, tmp_path / "one").close()
            assert "has 5 marks; 2 were" in _run("import", file).stderr
            assert "has 5 marks; 0 were" in _run("import", file).stderr
            expected = {_A: ArticleMarks(True, True, ("AI",)), _B: ArticleMarks(False, False, ("AI",))}
            assert one.marks_of([_A, _B]) == two.marks_of([_A, _B]) == expected
    exported = file.read_bytes()
    assert _run("export", "-").stdout_bytes == exported
    _machine(monkeypatch, tmp_path / "three").close()
    assert "5 marks; 5" in _run("import", "-", text=exported).stderr
    assert _run("export", "-").stdout_bytes == exported


def test_a_backup_is_made_before_an_import_that_changes_something(own_directories: Paths, tmp_path: Path) -> None:
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark([_A], MarkChange(read=True))
    exported = _run("export", "-").stdout_bytes
    assert "; 0 were" in _run("import", "-", text=exported).stderr
    assert list(own_directories.data.glob("*before-import*")) == []
    _run("import", "-", text=exported.replace(b"true", b"false").replace(b'd":"20', b'd":"30'))
    (backup,) = own_directories.data.glob("*before-import*")
    with closing(MarkStore.open(backup)[0]) as before, closing(MarkStore.open(own_directories.state_file)[0]) as now:
        assert (before.read_among([_A]), now.read_among([_A])) == ({_A}, frozenset())


def test_an_import_reports_items_and_wrong_clocks(own_directories: Paths) -> None:
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark([_A, _B], MarkChange(read=True))
        state.items.put("view", {"AI": {"query": "tag:ai"}, "All": {}}, description="Saved two views")
    exported = _run("export", "-").stdout_bytes
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        while state.undo():
            pass
    later = exported.replace(b'"changed":"2', b'"changed":"3')
    result = _run("import", "-", text=later)
    assert result.stderr.splitlines()[1:] == [
        "newsreader: It also has 2 saved views.",
        "newsreader: 2 marks in it had a time in the future: a clock is or was wrong, there or here. "
        "Your next changes still count as more recent.",
    ]
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        assert state.items.get("view") == {"AI": {"query": "tag:ai"}, "All": {}}
        assert _run("export", "-").stdout_bytes == later


def _process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    where = {"PYTHONPATH": str(Path(__file__).parents[2]), **options.pop("env", {})}
    command = [sys.executable, "-m", "reader", "state", *arguments]
    return subprocess.run(command, capture_output=True, env=os.environ | where, check=False, **options)


def test_an_export_is_the_same_in_every_process(own_directories: Paths) -> None:
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark(
            [f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(50)],
            MarkChange(read=True, add_tags=("b", "A", "é")),
        )
        state.items.put("view", {name: {"b": 1, "a": 2} for name in ("z", "y")}, description="Saved two views")
    exports = {_process("export", "-", env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "random")}
    assert exports == {_run("export", "-").stdout_bytes}


def test_closed_standard_input_is_reported(own_directories: Paths) -> None:
    ended = _process("import", "-", preexec_fn=lambda: os.close(0))
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"newsreader: Cannot read standard input: bad file descriptor.")


def test_one_invalid_line_prevents_the_import(own_directories: Paths) -> None:
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark([_A], MarkChange(read=True))
        exported = _run("export", "-").stdout_bytes
        state.mark([_A], MarkChange(read=False))
        before = _run("export", "-").stdout_bytes
        error = _refused("import", "-", text=exported + b'{"id":"x"}\n')
        assert error.startswith("Line 3 of standard input is invalid: it lacks “mark”.")
        assert _run("export", "-").stdout_bytes == before


def test_a_list_has_the_marks(seeds: Path, own_directories: Paths) -> None:
    def listed() -> list[dict[str, object]]:
        found = CliRunner().invoke(cli, ["list", str(seeds), "--json"], catch_exceptions=False).stdout
        return [{name: each[name] for name in ("id", "read", "starred", "tags")} for each in json.loads(found)]

    id_ = str(listed()[1]["id"])
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark([id_], MarkChange(read=True, starred=True, add_tags=("b", "A")))
    assert listed()[1] == {"id": id_, "read": True, "starred": True, "tags": ["A", "b"]}
    assert listed()[0]["tags"] == []
    shown = CliRunner().invoke(cli, ["show", str(seeds), id_, "--json"], catch_exceptions=False).stdout
    assert {name: json.loads(shown)[name] for name in ("read", "starred", "tags")} == {
        "read": True, "starred": True, "tags": ["A", "b"],
    }  # fmt: skip


def test_unreadable_and_unwritable_files_are_reported(tmp_path: Path) -> None:
    assert "nowhere: no such file or directory." in _refused("import", tmp_path / "nowhere")
    assert "is a folder, not a file." in _refused("import", tmp_path)
    assert "could not be written" in _refused("export", tmp_path / "no" / "such")
    assert "Cannot read ]0;x" in _refused("import", "\x1b]0;x\x07")


def test_without_usable_marks_nothing_is_exported_or_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = _run("export", "-").stdout_bytes
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NEWSREADER_DATA_DIR", str(tmp_path / "file"))
    target = tmp_path / "marks.jsonl"
    target.write_bytes(b"former")
    assert "Marks are not saved in this session." in _refused("export", target)
    assert target.read_bytes() == b"former"
    assert "Marks are not saved in this session." in _refused("import", "-", text=exported)


def test_a_damaged_file_is_reported_and_the_rest_exported(own_directories: Paths) -> None:
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark([_A], MarkChange(read=True))
        state.backup_if_due()
    own_directories.state_file.write_bytes(b"garbage" * 1000)
    result = _run("export", "-")
    assert result.stderr.startswith("newsreader: The marks file was damaged. It was moved to ")
    assert _A.encode() in result.stdout_bytes


@pytest.mark.parametrize(("name", "command"), [("state", "export"), ("config", "check"), ("cache", "prune")])
def test_a_group_alone_shows_its_commands(name: str, command: str) -> None:
    result = CliRunner().invoke(cli, [name])
    assert result.exit_code == 0
    assert f"\n  {command} " in result.stdout


def test_an_export_into_a_closed_pipe_is_not_an_error(own_directories: Paths) -> None:
    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.mark([f"{n:016x}" for n in range(5000)], MarkChange(read=True))
    process = subprocess.Popen(
        [sys.executable, "-m", "reader", "state", "export", "-"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"format"')
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait() == 0


def test_marks_that_only_commands_made_survive_the_loss_of_the_file(
    seeds: Path, own_directories: Paths, tmp_path: Path
) -> None:
    def lose() -> None:
        for each in own_directories.data.glob("state.db*"):
            if ".daily-" not in each.name:
                each.unlink()

    def restored() -> int:
        lose()
        with closing(MarkStore.open(own_directories.state_file)[0]) as state:
            return len(state.all_marked(STARRED))

    with closing(MarkStore.open(own_directories.state_file)[0]) as state:
        state.settings.set("theme", "light")
        state.items.put("view", {"x": {"query": ""}}, description=None)
        assert state.backup_if_due() is not None  # of today, and without marks
    marked = CliRunner().invoke(cli, ["mark", str(seeds), "is:unread", "--star"], catch_exceptions=False)
    assert (marked.exit_code, restored()) == (0, 5)
    file = tmp_path / "marks.jsonl"
    assert _run("export", file).exit_code == 0
    for each in own_directories.data.iterdir():
        each.unlink()
    assert _run("import", file).exit_code == 0
    assert restored() == 5


def test_a_backup_that_fails_after_a_mark_is_reported(
    seeds: Path, own_directories: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.storage.sqlite.marks.backups.sync", _fail)
    marked = CliRunner().invoke(cli, ["mark", str(seeds), "is:unread", "--star"], catch_exceptions=False)
    assert marked.exit_code == 0
    assert "Starred 5 articles." in marked.stderr
    assert "could not be backed up" in marked.stderr


def _fail(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
