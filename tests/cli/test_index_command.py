"""The command `newsreader index`, in separate processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reader.cli.main import cli
from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.e2e.terminal import Terminal

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
_COMMAND = [sys.executable, "-m", "reader", "index"]
_TOP = Path(__file__).parents[2]


def _index(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*_COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=_TOP, check=False)


def _many(count: int) -> dict[str, str]:
    return {f"{n // 100:02}/{n:05}.md": f"---\ntitle: t{n}\nquality: {n % 90}\n---\n" for n in range(count)}


def _listed(folder: Path) -> int:
    library = Library.open(folder, Paths.from_environment())
    try:
        return len(library.articles.order(Sort()))
    finally:
        library.close()


def test_totals_go_to_stdout(make_folder: MakeFolder) -> None:
    folder = make_folder({**_many(500), "bad.md": "---\nquality: x\n---\n", "none.md": "nothing"})
    first = _index(folder)
    problems = "1 document has problems; `newsreader check` lists them, has:problems finds the documents.\n"
    assert (first.returncode, first.stderr) == (0, f"newsreader: {problems}")
    assert first.stdout.startswith("502 articles in 502 documents, 1 problem; 502 new or changed, in ")
    (folder / "bad.md").unlink()
    (folder / "none.md").rename(folder / "still-none.md")
    second = json.loads(_index(folder, "--json").stdout)
    assert set(second) == {
        "folder", "articles", "documents", "changed", "removed", "moved", "problems", "troubled", "seconds",
    }  # fmt: skip
    assert (second["articles"], second["documents"], second["changed"], second["removed"]) == (501, 501, 1, 2)
    assert (second["problems"], second["troubled"], second["folder"]) == (0, 0, str(folder))
    assert "nothing has changed" in _index(folder).stdout


def test_it_does_the_same_in_this_process(make_folder: MakeFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_folder({**_many(450), "bad.md": "---\nquality: x\n---\n"})
    cli.main(["index", str(folder)], standalone_mode=False)
    assert capsys.readouterr().out.startswith("451 articles in 451 documents, 1 problem; 451 new or changed, in ")
    cli.main(["index", str(folder), "--json", "--rebuild"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["changed"] == 451
    with pytest.raises(SystemExit) as ended:
        cli.main(["index", str(folder), "--strict"], standalone_mode=False)
    assert ended.value.code == 1
    for path in ("", str(folder / "bad.md")):
        with pytest.raises(ReaderError):
            cli.main(["index", path], standalone_mode=False)


def test_in_a_terminal_there_is_a_bar(make_folder: MakeFolder) -> None:
    with Terminal("index", make_folder(_many(1500))) as terminal:
        terminal.wait("1,500 of 1,500")
        assert terminal.end() == 0
        assert "1,500 articles in 1,500 documents, 0 problems" in terminal.text


def test_strict_exits_with_1_if_there_are_problems(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "---\ntitle: a\n---\n"})
    assert _index(folder, "--strict").returncode == 0
    make_folder({"b.md": "---\nquality: x\n---\n"})
    assert _index(folder, "--strict").returncode == 1
    assert _index(folder).returncode == 0


def test_rebuild_reads_everything_again_and_moves_nothing(make_folder: MakeFolder) -> None:
    folder = make_folder(_many(20))
    _index(folder)
    library = Library.open(folder, Paths.from_environment())
    before = list(library.articles.order(Sort()).rowids)
    assert json.loads(_index(folder, "--rebuild", "--json").stdout)["changed"] == 20
    assert list(library.articles.order(Sort()).rowids) == before
    library.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{}/a.md",), "a.md is a single document, which has no index"),
        (("",), "The folder name is empty."),
        (("nowhere",), "no folder"),
    ],
)
def test_a_path_that_cannot_be_indexed_is_reported(
    make_folder: MakeFolder, arguments: tuple[str, ...], words: str
) -> None:
    folder = make_folder({"a.md": "---\ntitle: a\n---\n"})
    found = _index(*(argument.format(folder) for argument in arguments))
    assert found.returncode == 2
    assert words in found.stderr
    assert "Traceback" not in found.stderr


def test_it_waits_for_another_instance_and_says_so(make_folder: MakeFolder) -> None:
    folder = make_folder(_many(3))
    library = Library.open(folder, Paths.from_environment())
    with library.index.writer():
        command = subprocess.Popen([*_COMMAND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=_TOP)
        assert command.stderr is not None
        assert b"Waiting for another newsreader that is reading this folder." in command.stderr.readline()
        listing = subprocess.run(
            [sys.executable, "-m", "reader", "list", str(folder)], capture_output=True, text=True, cwd=_TOP, check=True
        )
        assert "the result covers what it has read so far" in listing.stderr
    out, _ = command.communicate(timeout=30)
    assert out.startswith(b"3 articles in 3 documents")
    library.close()


@pytest.mark.parametrize(("signal_", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_run_is_continued_by_the_next(
    make_folder: MakeFolder, signal_: signal.Signals, status: int
) -> None:
    folder = make_folder(_many(4000))
    command = subprocess.Popen(
        [*_COMMAND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=_TOP, text=True
    )
    deadline = time.monotonic() + 30
    while _listed(folder) == 0:
        assert time.monotonic() < deadline
        assert command.poll() is None
        time.sleep(0.02)  # an index of another process has no event
    os.kill(command.pid, signal_)
    _, output = command.communicate(timeout=30)
    assert command.returncode == status
    assert "Traceback" not in output
    if signal_ == signal.SIGINT:
        assert "Interrupted. What has been read is saved" in output
    read = _listed(folder)
    totals = json.loads(_index(folder, "--json").stdout)
    assert (totals["articles"], totals["documents"]) == (4000, 4000)
    assert totals["changed"] <= 4000 - 48
    assert 48 <= read <= _listed(folder) == 4000
