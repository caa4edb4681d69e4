"""Messages and screen after the library has failed to do what a key requested."""

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
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.marks.named_items import SettingTable
from reader.storage.sqlite.marks.store import MarkStore
from reader.tui.widgets.article_list.article_list import ArticleList
from tests.conftest import MakeFolder
from tests.tui.helpers import document, open_app


def failing(error: Exception) -> Callable[..., NoReturn]:
    def fail(*arguments: object, **options: object) -> NoReturn:
        raise error

    return fail


async def test_each_failure_is_reported_in_a_sentence(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[tuple[type, str, str]] = [
        (LibraryMarks, "apply", "m"),
        (LibraryMarks, "apply", "s"),
        (LibraryMarks, "apply_to_rows", "M"),
        (LibraryMarks, "undo", "u"),
        (LibraryArticles, "order", "3"),
        (Index, "problems", "!"),
        (SettingTable, "set", "T"),
        (MarkStore, "tags", "t"),
    ]
    async with open_app(seeds) as reader:
        for owner, call, key in failures:
            with monkeypatch.context() as patch:
                patch.setattr(owner, call, failing(ReaderError("The disk says no.", "Try another.")))
                await reader.press(key)
                assert reader.message == "The disk says no. Try another.", key
                reader.clear_message()
                await reader.press("escape")
                assert reader.app.is_running


async def test_an_unexpected_exception_shows_no_traceback(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds) as reader:
        monkeypatch.setattr(LibraryMarks, "apply", failing(KeyError("something")))
        await reader.press("m")
        assert "Internal error in newsreader" in reader.message
        assert "Traceback" not in reader.text


async def test_a_mark_that_cannot_be_saved_is_reverted(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(LibraryMarks, "apply", failing(ReaderError("The disk is full.")))
            await reader.press("m", "s")
        assert (reader.row.read, reader.row.starred) == (False, False)
        assert "5 unread" in reader.lines[0]
        await reader.press("m")
        assert (reader.row.read, reader.message) == (True, "Marked read.")


async def test_a_failed_list_does_not_block_keys(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(LibraryArticles, "order", failing(ReaderError("No order today.")))
            await reader.press("3", "j")
        assert reader.article_list.cursor == 1
        await reader.press("3")
        assert reader.sort.by == "date"


async def test_missing_rows_are_requested_again(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder({f"{n:04}.md": document(f"N{n:04}", f"quality: {9000 - n}") for n in range(1000)})
    async with open_app(folder) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(LibraryArticles, "rows", failing(ReaderError("Not now.")))
            reader.article_list.select(500)
            await reader.wait_until(lambda: reader.message == "Not now.")
        await reader.wait_until(lambda: reader.article_list.row is not None)
        assert reader.row.title == "N0500"


async def test_a_damaged_index_is_rebuilt(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(seeds) as reader:
        damage = StorageError(Path("index.db"), sqlite3.DatabaseError("malformed"), damaged=True)
        renewals: list[object] = []
        renew = Library.renew
        monkeypatch.setattr(Library, "renew", lambda self: renewals.append(renew(self)))
        with monkeypatch.context() as patch:
            patch.setattr(LibraryArticles, "order", failing(damage))
            await reader.press("3")
            await reader.wait_until(lambda: renewals)
            await reader.settle()  # the new one fails in the same way
        assert renewals == [True]
        await reader.press("1")
        assert len(reader.article_list.order) == 5
        assert len(reader.rows) == 5


async def test_a_failure_of_the_app_ends_it_without_describing_its_data(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = []

    class Data:
        """As large as a document."""

        def __repr__(self) -> str:
            described.append(self)
            return "data"

    def fail(*data: object) -> NoReturn:
        raise ValueError("the app fails")

    with pytest.raises(ValueError, match="the app fails"):
        async with open_app(seeds) as reader:
            monkeypatch.setattr(ArticleList, "action_move", lambda *_: fail(Data()))
            await reader.press("j")
    assert not described
