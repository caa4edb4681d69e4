"""What the person hears when the library fails at what a key has asked for, and what the screen shows then."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from reader.core.errors import ReaderError
from reader.library.articles import LibraryArticles
from reader.library.library import Library
from reader.library.marks import LibraryMarks
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.marks.named_items import SettingTable
from tests.conftest import MakeFolder
from tests.tui.helpers import document, opened


def failing(error: Exception) -> Callable[..., NoReturn]:
    def fail(*arguments: object, **options: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("owner", "call", "keys"),
    [
        (LibraryMarks, "apply", "m"),
        (LibraryMarks, "apply", "s"),
        (LibraryMarks, "set_or_toggle", "M"),
        (LibraryMarks, "undo", "u"),
        (LibraryArticles, "order", "2"),
        (LibraryArticles, "problems", "!"),
        (SettingTable, "set", "T"),
        (LibraryMarks, "tags", "t"),
    ],
)
async def test_whatever_fails_is_told_in_a_sentence(
    seeds: Path, monkeypatch: pytest.MonkeyPatch, owner: type, call: str, keys: str
) -> None:
    async with opened(seeds) as reader:
        monkeypatch.setattr(owner, call, failing(ReaderError("The disk says no.", "Try another.")))
        await reader.press(*keys)
        assert reader.message == "The disk says no. Try another."
        await reader.press("escape")
        assert reader.app.is_running


async def test_a_fault_of_ours_is_told_without_a_traceback(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(seeds) as reader:
        monkeypatch.setattr(LibraryMarks, "apply", failing(KeyError("something")))
        await reader.press("m")
        assert "went wrong in newsreader itself" in reader.message
        assert "Traceback" not in reader.text


async def test_a_mark_that_could_not_be_kept_is_taken_back(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(seeds) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(LibraryMarks, "apply", failing(ReaderError("The disk is full.")))
            await reader.press("m", "s")
        assert (reader.row.read, reader.row.starred) == (False, False)
        assert "5 unread" in reader.lines[0]
        await reader.press("m")
        assert (reader.row.read, reader.message) == (True, "Marked read.")


async def test_a_view_that_does_not_come_holds_no_key_back(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(seeds) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(LibraryArticles, "order", failing(ReaderError("No order today.")))
            await reader.press("2", "j")
        assert reader.list.cursor == 1
        await reader.press("3")
        assert reader.message.startswith("Sorted by date")


async def test_rows_that_do_not_come_are_asked_for_again(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({f"{n:04}.md": document(f"N{n:04}", f"quality: {9000 - n}") for n in range(1000)})
    async with opened(folder) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(LibraryArticles, "rows", failing(ReaderError("Not now.")))
            reader.list.select(500)
            await reader.until(lambda: reader.message == "Not now.")
        await reader.until(lambda: reader.list.row is not None)
        assert reader.row.title == "N0500"


async def test_an_index_that_turns_out_to_be_damaged_is_built_anew(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(seeds) as reader:
        damage = StorageError(Path("index.db"), sqlite3.DatabaseError("malformed"), damaged=True)
        renewals: list[object] = []
        renew = Library.renew
        monkeypatch.setattr(Library, "renew", lambda self: renewals.append(renew(self)))
        with monkeypatch.context() as patch:
            patch.setattr(LibraryArticles, "order", failing(damage))
            await reader.press("2")
            await reader.until(lambda: renewals)
            await reader.settled()  # the new one fails in the same way
        assert renewals == [True]
        await reader.press("1")
        assert len(reader.list.order) == 5
        assert len(reader.rows) == 5
