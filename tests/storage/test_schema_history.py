"""Every released format of the marks file is opened and migrated by the newest code; a newer one is not touched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reader.storage.sqlite.marks import schema
from reader.storage.sqlite.marks.store import ArticleMarks, MarkStore

_SCRIPTS = Path(__file__).parents[1] / "data" / "state"
"""One file per format, dumped from what the program of that time wrote."""
_A, _B, _C = "0123456789abcdef", "fedcba9876543210", "00000000000000ff"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def _write(path: Path, format_: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript((_SCRIPTS / f"format-{format_}.sql").read_text("utf-8"))


def _tables(db: sqlite3.Connection) -> set[str]:
    return {" ".join(sql.split()) for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}


def test_every_format_has_a_fixture() -> None:
    names = {f"format-{number}.sql" for number in range(1, schema.FORMAT + 1)}
    assert {each.name for each in _SCRIPTS.iterdir()} == names


@pytest.mark.parametrize("format_", range(1, schema.FORMAT + 1))
def test_every_format_is_migrated_without_loss(path: Path, tmp_path: Path, format_: int) -> None:
    _write(path, format_)
    before = path.read_bytes()
    state, notice = MarkStore.open(path)
    with closing(state):
        assert notice == ""
        marks = state.marks_of([_A, _B, _C])
        all_marks = ArticleMarks(read=True) if format_ == 1 else ArticleMarks(read=True, starred=True, tags=("Später",))
        assert marks == {_A: all_marks, _B: ArticleMarks(read=True)}
        assert state.settings.get("theme") == "light"
        if format_ >= 2:
            assert state.items.get("view") == {"AI": {"query": "tag:ai"}}
            steps = [step.description for step in (state.undo(), state.undo(), state.undo(), state.undo()) if step]
            assert steps == [
                "Saved the view “AI”",
                "Starred 1 article, tagged 1 article “Später”",
                "Marked 1 article unread",
                "Marked 3 articles read",
            ]
        if format_ >= 3:
            assert state.positions.article_position(7) == 120
    backups = list(tmp_path.glob("state.db.before-update-*"))
    assert len(backups) == int(format_ < schema.FORMAT)
    for backup in backups:
        with closing(sqlite3.connect(backup)) as old, closing(sqlite3.connect(":memory:")) as original:
            original.deserialize(before)
            assert list(old.iterdump()) == list(original.iterdump())
    with closing(sqlite3.connect(path)) as migrated, closing(MarkStore.in_memory()) as new:
        assert schema.format_of(migrated) == schema.FORMAT
        with new.file.read() as db:
            assert _tables(migrated) == _tables(db)


def test_a_newer_format_is_refused_and_not_touched(path: Path, tmp_path: Path) -> None:
    _write(path, schema.FORMAT)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={schema.FORMAT + 1}")
    before = path.read_bytes()
    state, notice = MarkStore.open(path)
    with closing(state):
        assert f"written by a newer newsreader (format {schema.FORMAT + 1}, this one supports" in notice
        assert not state.is_saved
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["state.db"]
