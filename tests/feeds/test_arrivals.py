"""Entries arrive in a folder once, whatever happens to the feed, the documents, the state or the machine."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.urls import article_key
from reader.documents.parse import parse_document
from reader.feeds.entries import arrivals, new_files
from reader.feeds.entries.arrivals import Arrived, Place, take_entries
from reader.feeds.entries.retention import delete_old
from reader.feeds.model import FeedEntry, ParsedFeed
from reader.feeds.subscriptions import Subscription
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.feeds.store import FeedState, FeedStore

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINE = Subscription("https://a.example/feed", title="A", group="G")
LONG = "<p>" + "a long text " * 100 + "</p>"


def entry(number: int, **changes: object) -> FeedEntry:
    moment = NOW - timedelta(days=number)
    made = FeedEntry(
        id=f"id-{number}",
        title=f"News {number}",
        url=f"https://a.example/{number}",
        published=moment,
        published_text=moment.isoformat(),
        content_html=f"<p>Text of {number}.</p>",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Machine:
    """A folder of documents, and the state that one machine has of it."""

    def __init__(self, top: Path) -> None:
        self.root = top / "news"
        self.file = top / "feeds.db"
        self.store, self.notice = FeedStore.open(self.file)

    def take(self, *entries: FeedEntry, mine: Subscription = MINE, now: datetime = NOW) -> Arrived:
        place = Place(self.root, f"{mine.group}/{mine.title}", {mine.key})
        return take_entries(self.store, place, mine, ParsedFeed(title="A", entries=entries), state=FeedState(), now=now)

    def lose_state(self) -> None:
        self.store.close()
        for each in self.file.parent.glob("feeds.db*"):
            each.unlink()
        self.store, self.notice = FeedStore.open(self.file)

    def close(self) -> None:
        self.store.close()

    def texts(self) -> dict[str, str]:
        found = self.root.rglob("*.md")
        return {each.relative_to(self.root).as_posix(): each.read_text("utf-8") for each in sorted(found)}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.store.close()


def test_new_entries_become_documents_once(machine: Machine) -> None:
    assert machine.take(entry(1), entry(2)).new == ["G/A/2026-11-28-news-1.md", "G/A/2026-11-27-news-2.md"]
    assert machine.take(entry(0), entry(1), entry(2)).new == ["G/A/2026-11-29-news-0.md"]
    assert machine.take(entry(0), entry(1), entry(2)) == Arrived()
    assert len(machine.texts()) == 3


def test_documents_have_the_permissions_of_other_files_unless_the_feed_needs_credentials(machine: Machine) -> None:
    before = os.umask(0o027)
    try:
        machine.take(entry(1))
        headers = {"Authorization": "x"}
        machine.take(entry(2), mine=replace(MINE, url="https://b.example/", title="B", headers=headers))
    finally:
        os.umask(before)
    assert {each.parent.name: each.stat().st_mode & 0o777 for each in machine.root.rglob("*.md")} == {
        "A": 0o640,
        "B": 0o600,
    }


def test_a_deleted_document_does_not_come_back(machine: Machine) -> None:
    (path,) = machine.take(entry(1)).new
    (machine.root / path).unlink()
    assert machine.take(entry(1)) == Arrived()
    assert machine.take(entry(1, content_html="<p>Changed.</p>")) == Arrived()
    assert machine.texts() == {}


def test_a_changed_entry_is_rewritten_and_says_when(machine: Machine) -> None:
    (path,) = machine.take(entry(1)).new
    later = NOW + timedelta(hours=3)
    changed = entry(1, title="Corrected", content_html="<p>Other text.</p>", url="https://a.example/other")
    assert machine.take(changed, now=later) == Arrived([], [path])
    article = parse_document(path.encode(), (machine.root / path).read_bytes()).article
    assert (article.title, article.updated_at) == ("Corrected", later)
    assert article.links.original == "https://a.example/1", "marks know the article by its first link"
    assert article.links.web == "https://a.example/other"
    assert machine.take(changed, now=later) == Arrived()


def test_markup_that_changes_with_each_fetch_is_no_change(machine: Machine) -> None:
    machine.take(entry(1, content_html='<p>Text <img src="https://a.example/1?token=1"></p>'))
    assert machine.take(entry(1, content_html='<p>Text <img src="https://a.example/1?token=2"></p>')) == Arrived()


def test_a_document_that_the_person_changed_is_never_overwritten(machine: Machine) -> None:
    (path,) = machine.take(entry(1)).new
    file = machine.root / path
    file.write_text(file.read_text("utf-8") + "\nMy note.\n", "utf-8")
    assert machine.take(entry(1, content_html="<p>Changed.</p>")) == Arrived()
    assert "My note." in file.read_text("utf-8")


def test_the_former_text_stays_when_an_entry_shrinks_to_a_stub(machine: Machine) -> None:
    (path,) = machine.take(entry(1, content_html=LONG)).new
    stub = entry(1, content_html="<p>Subscribe to read on.</p>")
    assert machine.take(stub) == Arrived()
    assert machine.take(replace(stub, content_html="<p>Subscribe now.</p>")) == Arrived()
    assert "a long text" in machine.texts()[path]
    assert machine.take(entry(1, content_html=LONG + "<p>The end.</p>")).changed == [path]


def test_losing_the_state_resurrects_nothing(machine: Machine) -> None:
    entries = [entry(1), entry(2, id=""), entry(3, url=""), entry(4, title=""), entry(5, published=None)]
    machine.take(*entries)
    before = machine.texts()
    machine.lose_state()
    moved = [replace(each, id=f"x{each.id}") if each.url else each for each in entries]
    assert machine.take(*entries) == Arrived()
    assert machine.take(*moved) == Arrived()
    assert machine.texts() == before


def test_a_damaged_state_is_set_aside_and_resurrects_nothing(machine: Machine) -> None:
    machine.take(entry(1))
    machine.store.close()
    machine.file.write_bytes(b"no database" * 1000)
    for each in machine.file.parent.glob("feeds.db-*"):
        each.unlink()
    machine.store, machine.notice = FeedStore.open(machine.file)
    assert "was damaged" in machine.notice
    assert machine.take(entry(1)) == Arrived()


@pytest.mark.parametrize("backup", ["intact", "damaged"])
@pytest.mark.parametrize("state", ["missing", "damaged", "empty"])
def test_a_lost_state_is_restored_from_its_backup(machine: Machine, state: str, backup: str) -> None:
    machine.take(entry(1), entry(2))
    (machine.root / "G/A/2026-11-28-news-1.md").unlink()
    machine.store.back_up_daily(0.0)
    machine.store.back_up_daily(machine.file.stat().st_mtime)
    machine.take(entry(3), entry(1), entry(2))  # which the backup has not
    machine.store.close()
    if state != "missing":
        machine.file.write_bytes(b"no database" * 1000 if state == "damaged" else b"")
    else:
        machine.file.unlink()  # but not its journal, which must not be applied to the backup
        machine.file.with_name("feeds.db-wal").write_bytes(b"old")
    if backup == "damaged":
        machine.file.with_name("feeds.db-backup").write_bytes(b"no backup" * 1000)
    machine.store, machine.notice = FeedStore.open(machine.file)
    assert f"was {'missing' if state == 'missing' else 'damaged'}" in machine.notice
    assert ("its backup is used" in machine.notice) == (backup == "intact")
    new = [] if backup == "intact" else ["G/A/2026-11-28-news-1.md"]
    assert machine.take(entry(3), entry(1), entry(2)).new == new


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feeds.db"
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StorageError, match="belongs to another program"):
        FeedStore.open(file)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_backup_is_made_once_a_day(machine: Machine) -> None:
    backup = machine.file.with_name("feeds.db-backup")
    machine.store.back_up_daily(0.0)
    made, now = backup.stat().st_ino, backup.stat().st_mtime
    machine.store.back_up_daily(now + 86_000)
    assert backup.stat().st_ino == made
    machine.store.back_up_daily(now + 86_401)
    assert backup.stat().st_ino != made
    assert backup.stat().st_mode & 0o77 == 0


def test_a_folder_that_another_machine_fills_too_gets_nothing_twice(tmp_path: Path) -> None:
    with closing((one := Machine(tmp_path)).store):
        one.take(entry(1))
        other = Machine(tmp_path / "other")
        other.root = one.root
        with closing(other.store):
            assert other.take(entry(1)) == Arrived()
            other.take(entry(2), entry(1))
            assert one.take(entry(2), entry(1)) == Arrived(), "known only to the other machine until now"
        assert len(one.texts()) == 2


def test_a_feed_whose_address_was_edited_resurrects_nothing(machine: Machine) -> None:
    machine.take(entry(1), entry(2))
    moved = replace(MINE, url="https://new.example/feed")
    assert machine.take(entry(0), entry(1), entry(2), mine=moved).new == ["G/A/2026-11-29-news-0.md"]


def test_entries_with_the_same_title_and_day_get_names_of_their_own(machine: Machine) -> None:
    same = [replace(entry(1), id=f"id{n}", url=f"https://a.example/x/{n}") for n in range(3)]
    paths = machine.take(*same).new
    assert len({path.casefold() for path in paths}) == 3
    assert len(machine.texts()) == 3


def test_a_file_of_the_person_is_never_overwritten(machine: Machine) -> None:
    file = machine.root / "G/A/2026-11-28-news-1.md"
    file.parent.mkdir(parents=True)
    file.write_text("Mine", "utf-8")
    (path,) = machine.take(entry(1)).new
    assert path != "G/A/2026-11-28-news-1.md"
    assert file.read_text("utf-8") == "Mine"


@pytest.mark.parametrize("call", ["open", "rename"])
@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_full_disk_loses_and_doubles_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, call: str, fails_at: int
) -> None:
    calls = 0
    real = getattr(os, call)

    def full(path: str, *more: Any) -> Any:
        nonlocal calls
        if ".newsreader-" in str(path):
            calls += 1
            if calls == fails_at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, *more)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(ReaderError, match="could not be written: no space left"):
            machine.take(entry(1), entry(2), entry(3))
    assert not list(machine.root.rglob(".*"))
    there = len(machine.texts())
    assert there == (fails_at - 1 if call == "rename" else 0)
    assert len(machine.take(entry(1), entry(2), entry(3)).new) == 3 - there
    assert len(machine.texts()) == 3


@pytest.mark.parametrize("is_flushed_whole", [True, False])
def test_many_documents_are_flushed_before_they_have_their_names(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, is_flushed_whole: bool
) -> None:
    flushed, flushes = [], []

    def flush(folder: str) -> bool:
        assert not machine.texts()
        flushes.append(folder)
        return is_flushed_whole

    def sync(path: Path) -> None:
        flushed.append(path.name)

    monkeypatch.setattr(new_files, "flush_file_system", flush)
    monkeypatch.setattr(new_files, "sync", sync)
    machine.take(*map(entry, range(3)))
    assert (len([each for each in flushed if each.endswith(".tmp")]), len(flushes)) == (3, 0)
    for path in machine.root.rglob("*.md"):
        path.unlink()
    flushed.clear()
    machine.take(*map(entry, range(3, 20)))
    assert (len([each for each in flushed if each.endswith(".tmp")]), len(flushes)) == (17 * (not is_flushed_whole), 1)
    assert len(machine.texts()) == 17


def test_documents_that_were_written_before_a_crash_are_not_written_again(machine: Machine) -> None:
    machine.take(entry(1), entry(2))
    machine.store.forget(MINE.key)  # the crash was between the documents and the state
    assert machine.take(entry(1), entry(2)) == Arrived()
    assert machine.take(entry(1, content_html="<p>Changed.</p>"), entry(2)).changed, "they are known to be unchanged"


@pytest.mark.parametrize("is_changed_by_person", [False, True])
def test_an_entry_that_changed_between_a_crash_and_the_next_sync_gets_its_new_text(
    machine: Machine, is_changed_by_person: bool
) -> None:
    (path,) = machine.take(entry(1, content_html=LONG)).new
    machine.store.forget(MINE.key)
    if is_changed_by_person:
        (machine.root / path).write_text(f"{machine.texts()[path]}My note.\n", "utf-8")
    before = machine.texts()
    assert machine.take(entry(1, content_html="<p>A stub.</p>")) == Arrived()
    machine.store.forget(MINE.key)
    changed = entry(1, content_html=f"{LONG}<p>Changed.</p>")
    assert machine.take(changed).changed == ([] if is_changed_by_person else [path])
    assert (machine.texts() == before) is is_changed_by_person
    assert machine.take(changed) == Arrived()


def test_a_crash_after_a_document_was_rewritten_does_not_freeze_it(machine: Machine) -> None:
    (path,) = machine.take(entry(1)).new
    known = machine.store.entries(MINE.key)
    machine.take(entry(1, content_html="<p>Second.</p>"))
    machine.store.save(MINE.key, known)
    rewritten = machine.texts()
    assert machine.take(entry(1, content_html="<p>Second.</p>"), now=NOW + timedelta(hours=1)) == Arrived()
    assert machine.texts() == rewritten
    assert machine.take(entry(1, content_html="<p>Third.</p>")).changed == [path]


def test_what_an_interrupted_write_left_is_removed(machine: Machine) -> None:
    folder = machine.root / "G/A"
    folder.mkdir(parents=True)
    (left := folder / ".newsreader-abc.tmp").write_bytes(b"half")
    arrivals.remove_leftovers(folder, datetime.now(UTC) - timedelta(hours=1))
    assert left.exists(), "it may be in use"
    os.utime(left, (0, 0))
    arrivals.remove_leftovers(folder, datetime.now(UTC) - timedelta(hours=1))
    assert not left.exists()


def test_old_documents_are_deleted_but_not_those_that_are_starred_or_changed(machine: Machine) -> None:
    mine = replace(MINE, keep_days=3)
    paths = machine.take(*map(entry, range(8)), mine=mine).new
    (machine.root / paths[5]).write_text("changed by me", "utf-8")
    starred = {article_key("https://a.example/6", b"")}
    assert delete_old(machine.store, machine.root, mine, NOW, starred) == [paths[4], paths[7]]
    assert set(machine.texts()) == {*paths[:4], paths[5], paths[6]}
    assert machine.take(*map(entry, range(8)), mine=mine) == Arrived(), "and they do not come back"
    assert delete_old(machine.store, machine.root, replace(MINE, keep_count=2), NOW, starred) == [paths[2], paths[3]]
    assert delete_old(machine.store, machine.root, MINE, NOW, starred) == []
    assert delete_old(machine.store, machine.root, replace(MINE, keep_days=100_000), NOW, starred) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 6), max_size=5, unique=True),
            st.sampled_from(["", "crash", "lose", "http", "guids"]),
        ),
        max_size=5,
    )
)
def test_each_entry_is_written_exactly_once_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[int], str]]
) -> None:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    seen: set[int] = set()
    with closing(machine):
        for numbers, event in steps:
            entries = [entry(number) for number in numbers]
            if event == "http":
                entries = [replace(each, url=each.url.replace("https", "http")) for each in entries]
            elif event == "guids":
                entries = [replace(each, id=f"new-{each.id}") for each in entries]
            new = machine.take(*entries).new
            assert len(new) == len(set(numbers) - seen)
            seen |= set(numbers)
            if event == "crash":
                machine.store.forget(MINE.key)
            elif event == "lose":
                machine.lose_state()
        assert len(machine.texts()) == len(seen)
