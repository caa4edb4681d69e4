"""Commands and app start with an index that is damaged or cannot be written, in separate processes."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.startup import Opening
from tests.conftest import MakeFolder

_TOP = Path(__file__).parents[2]
_COUNT = 300


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder({f"{n:03}.md": f"---\ntitle: t{n}\nexcerpt: {'x' * 300}\n---\n" for n in range(_COUNT)})


def _run(*arguments: str | Path, room: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; ``room`` is the maximum size of any file in bytes, as on a full disk."""

    def limit() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    return subprocess.run(
        [sys.executable, "-m", "reader", *map(str, arguments)],
        capture_output=True, text=True, cwd=_TOP, check=False, preexec_fn=limit,
    )  # fmt: skip


def _index(folder: Path) -> None:
    with closing(Library.open(folder, Paths.from_environment())) as library:
        for _ in refresh(library):
            pass


def _listed(folder: Path) -> int:
    _index(folder)
    with closing(Library.open(folder, Paths.from_environment())) as library:
        return len(library.articles.order(Sort()))


def _damage(folder: Path, start: int) -> None:
    """Overwrite the index from ``start`` on; its first page, which is checked on opening, stays intact."""
    _index(folder)
    path = Paths.from_environment().index_file(folder)
    data = path.read_bytes()
    assert len(data) > 10 * 4096
    path.write_bytes(data[:start] + b"\xa5" * (len(data) - start))


def _set_aside() -> list[Path]:
    return [path for path in Paths.from_environment().index_file(Path("/x")).parent.iterdir() if "damaged" in path.name]


@pytest.mark.parametrize("start", [4096, 5 * 4096])
@pytest.mark.parametrize("arguments", [("list", "--json"), ("show", "--json"), ("index",)])
def test_commands_rebuild_a_damaged_index_or_say_that_the_next_one_will(
    folder: Path, start: int, arguments: tuple[str, ...]
) -> None:
    command, *options = arguments
    which = ["001.md"] if command == "show" else []
    _damage(folder, start)
    first = _run(command, folder, *which, *options)
    assert "Traceback" not in first.stderr
    if first.returncode:
        assert (first.returncode, first.stdout) == (2, "")
        assert "run the command again" in first.stderr
        first = _run(command, folder, *which, *options)
    assert (first.returncode, first.stderr) == (0, "")
    if command == "list":
        assert len(json.loads(first.stdout)) == _COUNT
    elif command == "show":
        assert json.loads(first.stdout)["title"] == "t1"
    else:
        assert f"{_COUNT} articles" in first.stdout
        assert _listed(folder) == _COUNT


@pytest.mark.parametrize("start", [4096, 5 * 4096])
def test_the_app_rebuilds_a_damaged_index(folder: Path, start: int) -> None:
    _damage(folder, start)
    first = Opening(str(folder), Paths.from_environment()).wait(pytest.fail)
    try:
        assert not first.library.index.in_memory
        if first.updater is not None:
            first.updater.close()
        assert len(first.library.articles.rows(first.order.rowids)) == len(first.order)
    finally:
        first.library.close()
    assert _set_aside()


def test_commands_work_on_a_full_disk(folder: Path) -> None:
    listed = _run("list", folder, "--json", room=40_000)
    assert (listed.returncode, len(json.loads(listed.stdout))) == (0, _COUNT)
    assert listed.stderr.count("The index is kept in memory.") == 1
    shown = _run("show", folder, "002.md", "--json", room=40_000)
    assert (shown.returncode, json.loads(shown.stdout)["title"]) == (0, "t2")
    indexed = _run("index", folder, room=40_000)
    assert indexed.returncode == 2
    assert "Traceback" not in indexed.stderr
    assert indexed.stderr.strip()


def test_a_folder_in_the_place_of_the_index_is_set_aside(folder: Path) -> None:
    path = Paths.from_environment().index_file(folder)
    path.mkdir(parents=True)
    (path / "something").write_text("of somebody")
    listed = _run("list", folder, "--json")
    assert (listed.returncode, len(json.loads(listed.stdout))) == (0, _COUNT)
    assert listed.stderr == ""
    assert path.is_file()
    assert [each.read_text() for each in path.parent.rglob("something")] == ["of somebody"]


@pytest.mark.parametrize("command", ["list", "show", "check"])
def test_damage_found_by_a_query_is_repaired_in_the_same_run(folder: Path, command: str) -> None:
    _index(folder)
    path = Paths.from_environment().index_file(folder)
    data = path.read_bytes()
    title = data.index(b"t1", data.index(b"t0"))
    path.write_bytes(data[:title] + b"\xff" + data[title + 1 :])  # it is no longer text; the database pages are intact
    found = _run(command, folder, *(["000.md"] if command == "show" else []))
    assert (found.returncode, "Traceback" in found.stderr) == (0, False)
    assert len(_run("list", folder).stdout.splitlines()) == _COUNT
    warnings = [line for line in Paths.from_environment().log_file.read_text().splitlines() if "damaged" in line]
    assert len(warnings) == 1, warnings


def test_a_rebuild_does_not_use_an_inconsistent_index(folder: Path) -> None:
    _index(folder)
    path = Paths.from_environment().index_file(folder)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO files (folder, name, mtime_ns, size) VALUES (77, 'ghost.md', 0, 0)")
        db.execute("DELETE FROM articles WHERE rowid = 5")
        db.commit()
    assert _run("index", folder, "--rebuild").returncode == 0
    assert f"{_COUNT} articles in {_COUNT} documents" in _run("index", folder).stdout
    assert _listed(folder) == _COUNT
    assert len(_set_aside()) == 1


def test_only_the_last_damaged_index_is_kept(folder: Path) -> None:
    for start in (4096, 5 * 4096, 9 * 4096):
        _damage(folder, start)
        _run("list", folder)
    _index(folder)
    assert len([path for path in _set_aside() if not path.name.endswith(("-wal", "-shm"))]) == 1
