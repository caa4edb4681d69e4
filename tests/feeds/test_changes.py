"""Changes of the list in the app: undone and redone in the text, whatever else has changed there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.hashing import hash_bytes
from reader.core.paths import Paths
from reader.feeds.changes import (
    FeedChanges,
    Patch,
    parse_settings_line,
    settings_line,
    with_group_renamed,
    with_settings,
    without,
)
from reader.feeds.subscriptions import Subscription, Subscriptions
from reader.library.library import Library
from reader.storage.sqlite.feeds.store import FeedState, FeedStore, StoredEntry
from reader.storage.trash import DAYS, Trash

A, B = Subscription("https://a.example/feed"), Subscription("https://b.example/feed")
TEXT = """# mine
[[feed]]
url = "https://a.example/feed"  # the first
group = "Old"

# the second
[[feed]]
url = "https://b.example/feed"
headers = { Authorization = "secret" }
"""
texts = st.lists(st.sampled_from("abc\n"), max_size=12).map("".join)


@given(texts, texts)
@settings(max_examples=100)
def test_a_patch_leads_there_and_back(before: str, after: str) -> None:
    patch = Patch.between(before, after)
    assert patch.apply(before) == after
    assert patch.reversed.apply(after) == before


def test_a_patch_finds_its_lines_where_others_have_changed_and_nowhere_else() -> None:
    lines = [f"{n}\n" for n in range(60)]
    patch = Patch.between("".join(lines), "".join(lines).replace("30\n", "thirty\n"))
    moved = ["new\n", *lines[:50], "x\n"]
    assert patch.apply("".join(moved)) == "".join(moved).replace("30\n", "thirty\n")
    assert patch.apply("".join(lines).replace("31\n", "x\n")) is None
    assert patch.apply("x" + "".join(lines[30:])) is None, "a line is a whole line"
    assert patch.apply("".join(["a\n", *lines, *lines])) is None, "it is not certain which"


@pytest.fixture
def changes(tmp_path: Path, own_directories: Paths) -> Iterator[FeedChanges]:
    own_directories.config.mkdir(parents=True)
    own_directories.feeds_file.write_text(TEXT, "utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    store, _ = FeedStore.open(own_directories.feed_state_file)
    with contextlib.closing(store), contextlib.closing(Library.open(folder, own_directories)) as library:
        trash = Trash(own_directories.trash_folder)
        yield FeedChanges(library, Subscriptions(own_directories.feeds_file), store, trash)


def undo(changes: FeedChanges, *, redo: bool = False) -> str:
    step = changes.library.marks.undo(redo=redo)
    return "nothing" if step is None else changes.follow(step)


def test_changes_are_undone_with_comments_and_secrets_and_redone(changes: FeedChanges, own_directories: Paths) -> None:
    file = own_directories.feeds_file
    assert changes.change("Removed the feed “B”", without([B.key])).is_done
    assert changes.change("Renamed the group “Old” to “New”", with_group_renamed("Old", "New/Deep")).is_done
    assert not changes.change("Paused nothing", with_settings(["x"], paused=True)).is_done
    changed = file.read_text("utf-8")
    assert 'group = "New/Deep"' in changed
    assert "secret" not in changed
    assert undo(changes) == "Undone: renaming the group “Old” to “New”."
    assert undo(changes) == "Undone: removing the feed “B”."
    assert file.read_text("utf-8") == TEXT
    assert undo(changes) == "nothing"
    assert undo(changes, redo=True) == "Redone: removing the feed “B”."
    assert undo(changes, redo=True) == "Redone: renaming the group “Old” to “New”."
    assert file.read_text("utf-8") == changed
    assert "secret" not in own_directories.state_file.read_bytes().decode("latin-1")


def test_what_has_changed_meanwhile_stays(changes: FeedChanges, own_directories: Paths) -> None:
    file = own_directories.feeds_file
    changes.change("Paused the feed “A”", with_settings([A.key], paused=True))
    file.write_text(file.read_text("utf-8") + '\n[[feed]]\nurl = "https://c.example/"\n', "utf-8")
    assert undo(changes) == "Undone: pausing the feed “A”."
    assert [each.paused for each in changes.subscriptions.load()] == [False, False, False]

    changes.change("Removed the feed “A”", without([A.key]))
    file.write_text(f"[[feed]]\nurl = '{A.url}'\n{file.read_text('utf-8')}", "utf-8")  # added again by hand
    before = file.read_text("utf-8")
    assert undo(changes) == "feeds.toml has changed there since: not undone: removing the feed “A”."
    assert file.read_text("utf-8") == before

    changes.change("Paused the feed “B”", with_settings([B.key], paused=True))
    paused = file.read_text("utf-8")
    file.write_text("[[feed", "utf-8")
    with pytest.raises(ReaderError, match="not valid TOML"):
        undo(changes)
    file.write_text(paused, "utf-8")
    assert undo(changes) == "Undone: pausing the feed “B”.", "the step was kept"


def test_what_is_known_of_a_feed_follows_its_address(changes: FeedChanges) -> None:
    moved = Subscription("https://a.example/moved")
    changes.store.save(A.key, [])
    changes.change("Changed url", with_settings([A.key], url=moved.url), (A.key, moved.key))
    assert list(changes.store.states()) == [moved.key]
    undo(changes)
    assert list(changes.store.states()) == [A.key]
    with pytest.raises(ReaderError, match="with this address"):
        changes.change("Changed url", with_settings([A.key], url=B.url))


def test_a_group_is_renamed_with_the_groups_in_it() -> None:
    feeds = [Subscription(f"https://{n}.example", group=group) for n, group in enumerate(("G", "G/H", "GH", ""))]
    assert [each.group for each in with_group_renamed("G", "N")(feeds)] == ["N", "N/H", "GH", ""]
    assert [each.group for each in with_group_renamed("G", "")(feeds)] == ["", "H", "GH", ""]


def test_settings_are_edited_as_a_line() -> None:
    feed = Subscription("https://a.example/?b=c", title="A & B", interval=120, topics=("x", "y"), paused=True)
    line = "title=A & B group= topics=x, y interval=2h fetch=ask paused=true url=https://a.example/?b=c"
    assert settings_line(feed) == line
    assert parse_settings_line(line, feed) == {}
    edited = line.replace("A & B", "The “C”").replace("2h", "").replace(" paused=true", " paused=no")
    assert parse_settings_line(edited, feed) == {"title": "The “C”", "interval": 0, "paused": False}
    for wrong, words in (("x", "name=value"), ("titel=x", "Did you mean"), ("interval=1m", "interval must be")):
        with pytest.raises(ReaderError, match=words):
            parse_settings_line(wrong, feed)


@given(
    st.text('ab =é/"\\', max_size=12),
    st.sampled_from((0, 60, 90, 1440)),
    st.booleans(),
    st.lists(st.text("a b"), max_size=2),
)
@settings(max_examples=50)
def test_a_line_of_settings_says_what_the_feed_has(title: str, interval: int, paused: bool, topics: list[str]) -> None:
    words = " ".join(title.split())
    each_once = tuple(dict.fromkeys(filter(None, (" ".join(topic.split()) for topic in topics))))
    feed = Subscription("https://a.example", title=words, interval=interval, paused=paused, topics=each_once)
    assert parse_settings_line(settings_line(feed), feed) == {}


def test_the_title_of_a_feed_sets_nothing_else() -> None:
    """A feed may say what it is called, and that stands in the line."""
    feed = Subscription("https://a.example", title='News keep_count=1 folder=/etc "x', group='"G" keep_days=1')
    line = settings_line(feed)
    assert parse_settings_line(line, feed) == {}
    assert parse_settings_line(f"{line} paused=yes", feed) == {"paused": True}
    assert parse_settings_line('title="A B" group="G" H', feed) == {"title": "A B", "group": '"G" H'}


def test_a_feed_has_one_source(changes: FeedChanges) -> None:
    with pytest.raises(ReaderError, match="one of url, exec and file"):
        changes.change("Changed", with_settings([A.key], file="/x"))


def write_documents(changes: FeedChanges, **texts: str) -> Path:
    """Write documents of the feed A, of which newsreader knows the text "same"."""
    folder = changes.library.folder.root / "Old/A"
    folder.mkdir(parents=True)
    entries = []
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
        entries.append(StoredEntry(0, f"Old/A/{name}.md", (), name, None, 0, None, hash_bytes(b"same", 16)))
    deleted_by_person = StoredEntry(0, "Old/A/gone.md", (), "gone", None, 0, None, None)
    changes.store.save(A.key, [*entries, deleted_by_person], FeedState(title="A"))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_deleted_documents_come_back_and_go_again(changes: FeedChanges) -> None:
    folder = write_documents(changes, one="same", two="changed")
    known = changes.store.entries(A.key)
    done = changes.change("Removed the feed “A”", without([A.key]), deleting=[A.key])
    assert (done.deleted, done.failure, names(folder)) == (1, "", ["two.md"]), "what the person has changed stays"
    assert changes.store.entries(A.key) == []
    assert changes.store.keys_in("Old/A") == [], "if the feed is added again, its documents are written again"

    assert undo(changes) == "Undone: removing the feed “A”. 1 document restored."
    assert names(folder) == ["one.md", "two.md"]
    assert changes.store.entries(A.key) == known, "also what the person has deleted"
    assert changes.store.states()[A.key].title == "A"
    assert list(changes.trash.folder.iterdir()) == []

    assert undo(changes, redo=True) == "Redone: removing the feed “A”."
    assert names(folder) == ["two.md"]
    (folder / "one.md").write_text("another", "utf-8")
    assert ": others have their names." in undo(changes)
    assert (folder / "one.md").read_text("utf-8") == "another"
    assert len(list(changes.trash.folder.rglob("one.md"))) == 1


def test_what_a_sync_wrote_after_a_removal_is_known_beside_what_comes_back(changes: FeedChanges) -> None:
    write_documents(changes, one="same")
    changes.change("Removed the feed “A”", without([A.key]), deleting=[A.key])
    late = StoredEntry(0, "Old/A/late.md", (), "late", None, 0, None, None)
    changes.store.save(A.key, [late], FeedState(title="A"))
    undo(changes)
    assert {each.title for each in changes.store.entries(A.key)} == {"one", "gone", "late"}
    assert list(changes.store.states()) == [A.key]


def test_a_removal_is_a_step_even_if_its_documents_cannot_be_deleted(changes: FeedChanges) -> None:
    folder = write_documents(changes, one="same")
    changes.trash.folder.write_text("a file is in the way", "utf-8")
    done = changes.change("Removed the feed “A”", without([A.key]), deleting=[A.key])
    assert (done.is_done, done.deleted, names(folder)) == (True, 0, ["one.md"])
    assert "cannot be created" in done.failure
    undo(changes)
    assert A.key in {each.key for each in changes.subscriptions.load()}
    assert len(changes.store.entries(A.key)) == 2


def test_a_restore_that_fails_half_way_is_continued_by_the_next_undo(changes: FeedChanges) -> None:
    folder = write_documents(changes, one="same")
    (folder.parent / "B").mkdir()
    (folder.parent / "B/two.md").write_text("same", "utf-8")
    changes.store.save(A.key, [StoredEntry(0, "Old/B/two.md", (), "two", None, 0, None, hash_bytes(b"same", 16))])
    known = changes.store.entries(A.key)
    assert changes.change("Removed the feed “A”", without([A.key]), deleting=[A.key]).deleted == 2
    (folder.parent / "B").rmdir()
    (folder.parent / "B").write_text("in the way", "utf-8")
    with pytest.raises(ReaderError, match=r"cannot be moved.* The rest is in .*; undo again to continue"):
        undo(changes)
    assert names(folder) == ["one.md"]
    assert changes.store.entries(A.key) == [], "two.md does not count as deleted"
    assert A.key not in {each.key for each in changes.subscriptions.load()}
    (folder.parent / "B").unlink()
    assert undo(changes) == "Undone: removing the feed “A”. 1 document restored."
    assert (names(folder.parent / "B"), changes.store.entries(A.key)) == (["two.md"], known)


def test_what_cannot_be_a_step_is_not_done(
    changes: FeedChanges, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ReaderError("feeds.db cannot be written: no space left on device.")

    before = changes.subscriptions.load()
    with monkeypatch.context() as patch:
        patch.setattr(FeedStore, "save_change", full)
        with pytest.raises(ReaderError, match="no space left"):
            changes.change("Removed the feed “A”", without([A.key]))
        with pytest.raises(ReaderError, match="no space left"):
            changes.export(tmp_path / "feeds.opml", b"<opml/>", "Exported 1 feed")
    assert changes.subscriptions.load() == before
    assert not (tmp_path / "feeds.opml").exists()


def test_the_trash_is_emptied(changes: FeedChanges) -> None:
    folder = write_documents(changes, one="same")
    changes.change("Removed the feed “A”", without([A.key]), deleting=[A.key])
    (removal,) = changes.trash.folder.iterdir()
    removed = removal.stat().st_mtime
    changes.trash.drop_old(removed + DAYS * 86_400 - 1)
    assert removal.exists()
    changes.trash.drop_old(removed + DAYS * 86_400 + 1)
    assert not removal.exists()
    assert "no longer in the trash" in undo(changes)
    assert names(folder) == []
    assert changes.store.entries(A.key) == [], "so that the next sync writes them"


def test_what_was_set_aside_is_forgotten_with_the_change(changes: FeedChanges) -> None:
    write_documents(changes, one="same")
    changes.change("Removed the feed “A”", without([A.key]), deleting=[A.key])
    assert len(changes.store.states()) == 1
    for number in range(200):
        changes.store.save_change(f"{number}", [])
    assert changes.store.states() == {}


def test_an_export_is_undone_unless_the_file_has_changed(changes: FeedChanges, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    changes.export(file, b"<opml/>", "Exported 1 feed to feeds.opml")
    with pytest.raises(ReaderError, match="exists already"):
        changes.export(file, b"<opml/>", "Exported 1 feed to feeds.opml")
    assert undo(changes) == "Undone: exporting 1 feed to feeds.opml."
    assert not file.exists()
    assert undo(changes, redo=True) == "Redone: exporting 1 feed to feeds.opml."
    assert file.read_bytes() == b"<opml/>"
    file.write_bytes(b"mine")
    assert "feeds.opml has changed or is gone: not undone: exporting 1 feed" in undo(changes)
    assert file.read_bytes() == b"mine"


def test_a_step_of_another_machine_is_not_taken_for_one_of_this(changes: FeedChanges) -> None:
    changes.library.items.put("feeds", {"0123": True}, description="Removed the feed “A”")  # as a merge brings it
    reason = "It is not known on this machine which lines of feeds.toml that changed"
    assert undo(changes) == f"{reason}: not undone: removing the feed “A”."
