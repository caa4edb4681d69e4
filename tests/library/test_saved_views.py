"""Saved views in real files: changes in the app, concurrent edits of the file, and errors."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.documents.files import Folder
from reader.library.library import Library
from reader.library.saved_views.store import KIND, SavedViews
from reader.library.saved_views.toml_file import SavedView, edit_views, parse_views
from reader.storage import edited_file
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.marks.store import MarkStore
from tests.conftest import OpenLibrary

Window = Callable[[], tuple[Library, SavedViews]]
AI = '# about robots\n[[view]]\nname = "AI"   # short\nquery = "topic:ai"\n'


@pytest.fixture
def window(library: OpenLibrary, seeds: Path) -> Window:
    """Open another window of the app."""

    def open_() -> tuple[Library, SavedViews]:
        opened = library(seeds)
        return opened, SavedViews(opened, Paths.from_environment().views_file)

    return open_


@pytest.fixture
def path() -> Path:
    path = Paths.from_environment().views_file
    path.parent.mkdir(parents=True)
    return path


def names(views: SavedViews) -> str:
    return " ".join(view.name for view in views.load())


def test_a_view_is_saved_in_a_private_file(window: Window) -> None:
    _, views = window()
    assert views.load() == []
    path = Paths.from_environment().views_file
    assert not path.exists()
    assert views.save("AI  \n news", "topic:ai", Sort("date", reverse=True)) == "Saved the view “AI news”"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert parse_views(path.read_text(), "") == [SavedView("AI news", "topic:ai", Sort("date", reverse=True))]
    assert views.load() == window()[1].load() == [SavedView("AI news", "topic:ai", Sort("date", reverse=True))]
    assert views.save("AI news", "tag:ai", None) == "Changed the view “AI news”"
    assert views.save("AI news", "tag:ai", None) == "Changed the view “AI news”"  # which is not an undo step
    assert views.load() == [SavedView("AI news", "tag:ai")]


def test_every_change_is_undone_and_redone(window: Window) -> None:
    library, views = window()
    states = [views.load()]
    changes: list[Callable[[], str]] = [
        lambda: views.save("A", "a", None),
        lambda: views.save("B", "b", Sort("date")),
        lambda: views.save("C", "c", None),
        lambda: views.move("C", -1),
        lambda: views.move("A", 1),
        lambda: views.rename("C", "D"),
        lambda: views.save("A", "a2", Sort()),
        lambda: views.delete("B"),
        lambda: views.move("D", 1),
    ]
    descriptions = []
    for change in changes:
        descriptions.append(change())
        states.append(views.load())
    assert [view.name for view in states[5]] == ["C", "A", "B"]
    assert states[9] == [SavedView("A", "a2", Sort()), SavedView("D", "c")]
    _, other = window()  # another run in another window
    for before, what in zip(reversed(states[:-1]), reversed(descriptions), strict=True):
        undone = other.undo()
        assert undone is not None
        assert undone.description == what
        assert views.load() == before
    assert other.undo() is None
    for after in states[1:]:
        assert views.undo(redo=True) is not None
        assert other.load() == after
    assert library.marks.undo(redo=True) is None


def test_moving_past_an_end_is_not_an_undo_step(window: Window) -> None:
    _, views = window()
    views.save("A", "", None)
    views.save("B", "", None)
    assert (views.move("A", -1), views.move("B", 1)) == ("", "")
    assert (undone := views.undo()) is not None
    assert undone.description == "Saved the view “B”"


def test_many_moves_can_be_undone(window: Window) -> None:
    _, views = window()
    for name in "ABCD":
        views.save(name, "", None)
    for _ in range(70):  # each time into half of the interval, until no float is left in it
        views.move(views.load()[1].name, 1)
    order = names(views)
    for _ in range(70):
        views.undo()
    assert names(views) == "A B C D"
    for _ in range(70):
        views.undo(redo=True)
    assert names(views) == order


def test_edits_of_the_file_are_loaded_and_never_undone(window: Window, path: Path) -> None:
    _, views = window()
    views.save("A", "a", None)
    views.save("B", "b", None)
    assert not views.has_changed()
    path.write_text("# mine\n" + path.read_text().replace('query = "a"', 'query = "mine"   # better'))
    assert views.has_changed()
    assert views.load()[0] == SavedView("A", "mine")
    assert not views.has_changed()
    assert (undone := views.undo()) is not None
    assert undone.description == "Saved the view “B”"
    assert views.undo() is None  # that of A would destroy what has been written since
    assert "# mine\n" in path.read_text()
    assert 'query = "mine"   # better\n' in path.read_text()
    path.write_text("")
    assert views.load() == []
    assert views.undo(redo=True) is not None
    assert names(views) == "B"


def test_a_restored_file_is_loaded(window: Window, path: Path) -> None:
    _, views = window()
    views.save("A", "a", None)
    old = path.read_bytes()
    views.save("B", "b", None)
    views.move("B", -1)
    path.write_bytes(old)  # as `git checkout` does
    assert names(views) == "A"
    path.unlink()
    assert names(views) == ""
    assert not path.exists()


def test_the_order_in_the_file_wins(window: Window, path: Path) -> None:
    _, views = window()
    for name in "ABC":
        views.save(name, name, None)
    a, b, c = views.load()
    path.write_text(edit_views(path.read_text(), [c, a, b], ""))
    assert views.load() == [c, a, b]
    views.save("D", "d", None)
    assert names(views) == "C A B D"
    views.undo()
    views.undo()  # its earlier state no longer matters: it was moved by hand since
    assert names(views) == "C A"


def test_undoing_a_deletion_restores_the_text_of_the_view(window: Window, path: Path) -> None:
    path.write_text(AI + "\n[[view]]\nname = 'B'\nquery = ''\n")
    _, views = window()
    views.delete("AI")
    assert "robots" not in path.read_text()
    _, other = window()
    other.undo()
    assert AI in path.read_text()
    assert names(views) == "AI B"


def test_windows_do_not_overwrite_each_others_views(window: Window) -> None:
    (_, one), (_, two) = window(), window()
    one.load(), two.load()
    one.save("A", "a", None)
    two.save("B", "b", None)
    assert names(one) == names(two) == "A B"
    one.rename("A", "C")
    with pytest.raises(ReaderError, match="The view “A” no longer exists"):
        two.delete("A")
    assert names(two) == "C B"


@pytest.mark.parametrize("text", ["[[view]\n", "[[view]]\nname = 'A'\nquery = ''\nmode = 'x'\n", "\xff"])
def test_a_file_that_cannot_be_read_is_never_overwritten(window: Window, path: Path, text: str) -> None:
    library, views = window()
    views.save("A", "a", None)
    path.write_bytes(text.encode("latin-1"))
    version = library.marks.store.version()
    for change in (
        views.load,
        lambda: views.save("B", "b", None),
        lambda: views.delete("A"),
        lambda: views.move("A", 1),
        views.undo,
    ):
        with pytest.raises(ReaderError) as caught:
            change()
        assert str(caught.value).startswith(str(path))
    assert path.read_bytes() == text.encode("latin-1")
    assert not views.has_changed()
    assert library.items.get(KIND).keys() == {"A"}
    path.write_text(AI)
    assert names(views) == "AI"
    assert library.marks.store.version() > version


def test_marks_can_be_undone_while_the_file_is_unreadable(window: Window, path: Path) -> None:
    library, views = window()
    path.write_text("[")
    article = library.articles.rows(library.articles.order(Sort()).rowids)[0]
    library.marks.apply([article.id], MarkChange(read=True))
    assert (undone := views.undo()) is not None
    assert undone.changed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_reported(window: Window, path: Path) -> None:
    _, views = window()
    views.save("A", "a", None)
    path.parent.chmod(0o500)
    _refuses(views, path)
    path.parent.chmod(0o700)
    assert views.undo() is not None


def test_a_change_that_cannot_be_written_is_not_an_undo_step(
    window: Window, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, views = window()
    views.save("A", "a", None)

    def full(*_: object) -> None:
        raise ReaderError(f"{path} could not be written: no space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(edited_file, "write_atomically", full)
        _refuses(views, path)
        assert library.items.get(KIND).keys() == {"A"}
    assert (undone := views.undo()) is not None
    assert undone.description == "Saved the view “A”"
    assert views.load() == []


def _refuses(views: SavedViews, path: Path) -> None:
    before = path.read_bytes()
    for change in (
        lambda: views.save("B", "b", None),
        lambda: views.rename("A", "B"),
        lambda: views.delete("A"),
        views.undo,
    ):
        with pytest.raises(ReaderError, match="could not be written"):
            change()
        assert path.read_bytes() == before
        assert names(views) == "A"


def test_a_symbolic_link_and_the_permissions_are_preserved(window: Window, path: Path, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles" / "views.toml"
    dotfiles.parent.mkdir()
    dotfiles.write_text(AI)
    dotfiles.chmod(0o640)
    path.symlink_to(dotfiles)
    _, views = window()
    views.save("B", "b", None)
    assert path.is_symlink()
    assert [view.name for view in parse_views(dotfiles.read_text(), "")] == ["AI", "B"]
    assert stat.S_IMODE(dotfiles.stat().st_mode) == 0o640
    assert [*dotfiles.parent.iterdir()] == [dotfiles]


def test_a_pipe_or_folder_is_reported_without_blocking(window: Window, path: Path) -> None:
    _, views = window()
    os.mkfifo(path)
    with pytest.raises(ReaderError, match="is not a regular file"):
        views.load()
    path.unlink()
    path.mkdir()
    with pytest.raises(ReaderError, match="is not a regular file"):
        views.save("A", "", None)


@pytest.mark.parametrize(
    ("name", "query", "why"),
    [
        ("", "x", "A view needs a name."),
        (" \u202e", "x", "needs a name"),
        ("x" * 201, "x", "The name is longer than 200"),
        ("A", "x" * 4001, "The query is longer than 4,000"),
    ],
)
def test_invalid_names_and_queries_are_reported(window: Window, name: str, query: str, why: str) -> None:
    _, views = window()
    with pytest.raises(ReaderError, match=why):
        views.save(name, query, None)


def test_a_taken_name_is_refused(window: Window) -> None:
    _, views = window()
    views.save("A", "", None)
    views.save("B", "", None)
    with pytest.raises(ReaderError, match="There is already a view “B”"):
        views.rename("A", "B")
    views.rename("A", "A")
    assert names(views) == "A B"


def test_imported_views_are_written_to_the_file(window: Window, path: Path) -> None:
    path.write_text(AI)
    library, views = window()
    views.load()
    value = {"query": "tag:x", "sort": "-date"}
    items = {"X": value, "junk": [3], "bad": {"query": "\x1b"}, "worse": {"query": "", "sort": "up"}}
    library.items.put(KIND, items, description=None)
    assert views.load() == [SavedView("AI", "topic:ai"), SavedView("X", "tag:x", Sort("date", reverse=True))]
    assert path.read_text().startswith(AI)


def test_an_interrupted_change_is_completed(window: Window, path: Path) -> None:
    library, views = window()
    views.save("A", "a", None)
    # The program ended between the step and writing the file.
    library.items.put(KIND, {"A": None, "B": {"query": "b", "sort": "", "rank": 7}}, description="Renamed")
    assert names(window()[1]) == "B"
    views.undo()
    assert names(views) == "A"


def test_views_are_saved_even_if_the_marks_are_in_memory(seeds: Path, path: Path) -> None:
    path.write_text(AI)
    library = Library(Folder.of(seeds), Index.open(None)[0], MarkStore.in_memory())
    views = SavedViews(library, path)
    views.save("B", "b", None)
    assert names(views) == "AI B"
    views.undo()
    assert path.read_text() == AI
    library.close()


class Anything(RuleBasedStateMachine):
    """Two windows and an editor change views in any order: all agree with the file, and no change is lost."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        paths = Paths(root / "cache", root / "data", root / "config")
        paths.config.mkdir()
        (root / "news").mkdir()
        self.path = paths.views_file
        self.libraries = [Library.open(root / "news", paths) for _ in range(2)]
        self.windows = [SavedViews(library, paths.views_file) for library in self.libraries]
        self.expected: list[SavedView] = []
        self.past: list[list[SavedView]] = []
        self.next: list[list[SavedView]] = []

    def teardown(self) -> None:
        for library in self.libraries:
            library.close()
        self.folder.cleanup()

    def _done(self, after: list[SavedView]) -> None:
        if after != self.expected:
            self.past.append(self.expected)
            self.next = []
        self.expected = after

    @rule(which=st.integers(0, 1), name=st.sampled_from("ABCD"), query=st.sampled_from("xy"))
    def save(self, which: int, name: str, query: str) -> None:
        self.windows[which].save(name, query, None)
        view = SavedView(name, query)
        if name in {each.name for each in self.expected}:
            self._done([view if each.name == name else each for each in self.expected])
        else:
            self._done([*self.expected, view])

    @precondition(lambda self: self.expected)
    @rule(which=st.integers(0, 1), at=st.integers(0, 3), to=st.integers(-1, 1), name=st.sampled_from("EF"))
    def change(self, which: int, at: int, to: int, name: str) -> None:
        view = self.expected[at % len(self.expected)]
        window, rest = self.windows[which], [each for each in self.expected if each != view]
        if to == 0:
            window.delete(view.name)
            self._done(rest)
        elif name in {each.name for each in self.expected}:
            window.move(view.name, to)
            place = max(0, min(self.expected.index(view) + to, len(rest)))
            self._done([*rest[:place], view, *rest[place:]])
        else:
            window.rename(view.name, name)
            new = SavedView(name, view.query)
            self._done([new if each == view else each for each in self.expected])

    @precondition(lambda self: self.past)
    @rule(which=st.integers(0, 1))
    def undo(self, which: int) -> None:
        assert self.windows[which].undo() is not None
        self.next.append(self.expected)
        self.expected = self.past.pop()

    @precondition(lambda self: self.next)
    @rule(which=st.integers(0, 1))
    def redo(self, which: int) -> None:
        assert self.windows[which].undo(redo=True) is not None
        self.past.append(self.expected)
        self.expected = self.next.pop()

    @rule(comment=st.sampled_from(["# one\n", "# two\n\n"]))
    def comment(self, comment: str) -> None:
        text = self.path.read_text() if self.path.exists() else ""
        self.path.write_text(comment + text)

    @invariant()
    def all_agree(self) -> None:
        assert self.windows[0].load() == self.windows[1].load() == self.expected
        text = self.path.read_text() if self.path.exists() else ""
        assert parse_views(text, "") == self.expected


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=30, stateful_step_count=30)  # each step writes files
