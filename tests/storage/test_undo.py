"""Undo and redo: in order, across sessions, and never over later changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.marks import READ, STARRED, TAG, Mark, MarkChange, MarkSet, NamedItem
from reader.core.model import Json
from reader.storage.sqlite.marks import undo
from reader.storage.sqlite.marks.store import ArticleMarks, MarkStore
from tests.storage.mark_helpers import TAGS, content_of

_A, _B, _C = (f"{n:016x}" for n in (1, 2, 3))


@pytest.fixture
def state() -> Iterator[MarkStore]:
    with closing(MarkStore.in_memory()) as opened:
        yield opened


def _marks(state: MarkStore) -> dict[str, ArticleMarks]:
    return {id_: said for id_, said in state.marks_of([_A, _B, _C]).items() if said != ArticleMarks()}


def test_steps_are_undone_and_redone_in_order_and_named(state: MarkStore) -> None:
    state.mark([_A, _B], MarkChange(read=True))
    state.mark([_A], MarkChange(starred=True, add_tags=("AI",)))
    state.mark([_B], MarkChange(remove_tags=("none",)))  # changes nothing, so it is not a step
    everything = _marks(state)
    assert everything == {_A: ArticleMarks(True, True, ("AI",)), _B: ArticleMarks(read=True)}
    sentences = []
    while step := state.undo():
        sentences.append(step.sentence)
    assert _marks(state) == {}
    assert sentences == ["Undone: starring 1 article, tagging 1 article “AI”.", "Undone: marking 2 articles read."]
    again = []
    while step := state.undo(redo=True):
        again.append(step.description)
    assert _marks(state) == everything
    assert again == ["Marked 2 articles read", "Starred 1 article, tagged 1 article “AI”"]


def test_a_given_description_is_cleaned(state: MarkStore) -> None:
    state.items.put("view", {"AI": 1}, description="\x1b[2JRead\nall. ")
    undone = state.undo()
    assert undone is not None
    assert undone.sentence == "Undone: [2JRead all."


def test_only_the_verbs_of_an_undone_step_change(state: MarkStore) -> None:
    state.items.put("view", {"AI": 1}, description="Renamed the view “Old, starred ones” to “Tagged news”")
    undone = state.undo()
    assert undone is not None
    assert undone.sentence == "Undone: renaming the view “Old, starred ones” to “Tagged news”."


def test_undo_reports_which_articles_became_read_or_unread(state: MarkStore) -> None:
    state.mark([_A, _B], MarkChange(read=True, starred=True))
    undone, redone = state.undo(), state.undo(redo=True)
    assert undone is not None
    assert redone is not None
    assert (undone.changed, undone.became(read=True), undone.became(read=False)) == ({1, 2}, set(), {1, 2})
    assert (redone.changed, redone.became(read=True), redone.became(read=False)) == ({1, 2}, {1, 2}, set())
    assert redone.version == undone.version + 1 == state.version()


def test_steps_are_stored_between_runs_and_shared_by_windows(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(MarkStore.open(path)[0]) as one, closing(MarkStore.open(path)[0]) as other:
        one.mark([_A], MarkChange(read=True))
        other.mark([_B], MarkChange(starred=True))
        undone = one.undo()
        assert undone is not None
        assert undone.description == "Starred 1 article"
        assert _marks(other) == {_A: ArticleMarks(read=True)}
    with closing(MarkStore.open(path)[0]) as later:
        undone = later.undo()
        assert undone is not None
        assert undone.description == "Marked 1 article read"
        assert later.undo() is None
        assert later.undo(redo=True) is not None
        assert later.undo(redo=True) is not None
        assert _marks(later) == {_A: ArticleMarks(read=True), _B: ArticleMarks(starred=True)}


def test_undo_skips_later_imports_and_reports_it(state: MarkStore) -> None:
    state.mark([_A, _B, _C], MarkChange(read=True))
    later = content_of(state).marks[1, READ].at + 10
    state.merge(MarkSet({(1, READ): Mark(later, False), (2, READ): Mark(later, True)}))
    undone = state.undo()
    assert undone is not None
    assert undone.sentence == "Undone: marking 3 articles read (2 changed since, left as they are)."
    assert _marks(state) == {_B: ArticleMarks(read=True)}
    redone = state.undo(redo=True)
    assert redone is not None
    assert redone.changed == {3}
    assert _marks(state) == {_B: ArticleMarks(read=True), _C: ArticleMarks(read=True)}


def test_a_fully_overwritten_step_is_skipped(state: MarkStore) -> None:
    state.mark([_B], MarkChange(starred=True))
    state.mark([_A], MarkChange(read=True))
    state.merge(MarkSet({(1, READ): Mark(content_of(state).marks[1, READ].at + 10, False)}))
    undone = state.undo()
    assert undone is not None
    assert undone.description == "Starred 1 article"
    assert state.undo() is None


def test_redo_after_other_changes_does_not_overwrite_them(state: MarkStore) -> None:
    state.mark([_A, _B], MarkChange(read=True))
    state.undo()
    state.mark([_A], MarkChange(read=True))  # another change of one of the two
    redone = state.undo(redo=True)
    assert redone is not None
    assert (redone.changed, redone.skipped) == ({2}, 1)
    assert redone.sentence == "Redone: marking 2 articles read (1 changed since, left as it is)."
    assert _marks(state) == {_A: ArticleMarks(read=True), _B: ArticleMarks(read=True)}
    for left in ({_A: ArticleMarks(read=True)}, {}):
        assert state.undo() is not None
        assert _marks(state) == left


def test_a_mark_changed_back_and_forth_is_undone_step_by_step(state: MarkStore) -> None:
    for read in (True, False, True):
        state.mark([_A], MarkChange(read=read))
    seen = []
    while state.undo():
        seen.append(_A in _marks(state))
    assert seen == [False, True, False]


def test_undoing_is_a_change_with_its_own_time(state: MarkStore) -> None:
    elsewhere = MarkStore.in_memory()
    state.mark([_A], MarkChange(read=True))
    elsewhere.merge(content_of(state))
    state.undo()
    elsewhere.merge(content_of(state))
    assert elsewhere.read_among([_A]) == frozenset()
    elsewhere.close()


def test_marks_and_steps_follow_a_moved_document(state: MarkStore) -> None:
    state.mark([_A], MarkChange(read=True, starred=True, add_tags=("x",)))
    state.mark([_C], MarkChange(starred=True))
    state.mark([_C], MarkChange(starred=False))
    times = content_of(state).marks
    state.reassign_ids([(1, 2), (1, 3), (4, 5)])
    assert _marks(state) == {
        _A: ArticleMarks(True, True, ("x",)),
        _B: ArticleMarks(True, True, ("x",)),
        _C: ArticleMarks(True, False, ("x",)),  # its own mark stays, as it was undone
    }
    assert content_of(state).marks[2, STARRED] == times[1, STARRED]
    state.undo()
    state.undo()
    assert state.undo() is not None
    assert _marks(state) == {}
    for _ in range(3):
        assert state.undo(redo=True) is not None
    assert _marks(state)[_B] == ArticleMarks(True, True, ("x",))


def test_tags_ignore_case_and_are_shown_as_first_written(state: MarkStore) -> None:
    state.mark([_A], MarkChange(add_tags=("Later", "AI", "ai")))
    state.mark([_B], MarkChange(add_tags=("LATER",)))
    assert _marks(state) == {_A: ArticleMarks(tags=("AI", "Later")), _B: ArticleMarks(tags=("Later",))}
    assert sorted(state.all_but_read()[0][TAG + "later"]) == [1, 2]
    assert (
        state.mark([_A, _B], MarkChange(remove_tags=("lateR",))).description
        == "Removed the tag “Later” from 2 articles"
    )
    assert _marks(state) == {_A: ArticleMarks(tags=("AI",))}


def test_an_invalid_tag_changes_nothing(state: MarkStore) -> None:
    for tags in (["a,b"], ["fine", ""]):
        with pytest.raises(ReaderError):
            state.mark([_A], MarkChange(read=True, add_tags=tuple(tags)))
    with pytest.raises(ReaderError, match="“AI” cannot be added and removed at the same time"):
        state.mark([_A], MarkChange(add_tags=("AI",), remove_tags=("ai",)))
    assert (_marks(state), state.version(), state.undo()) == ({}, 0, None)


def test_at_least_a_hundred_large_steps_are_stored(state: MarkStore) -> None:
    ids = [f"{n:016x}" for n in range(2000)]
    for n in range(100):
        state.mark(ids, MarkChange(read=n % 2 == 0))
    for n in reversed(range(100)):
        assert state.undo() is not None
        assert len(state.all_marked("read")) == (2000 if n % 2 else 0)
    assert state.undo() is None


def _rows(state: MarkStore, table: str) -> int:
    with state.file.current().read() as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_the_oldest_steps_are_dropped(state: MarkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "MIN_STEPS", 1)
    monkeypatch.setattr(undo, "MAX_STEPS", 3)
    for n in range(5):
        state.mark([f"{n:016x}"], MarkChange(read=True))
    monkeypatch.setattr(undo, "MAX_CHANGES", 4)
    state.mark([_A, _B, _C], MarkChange(starred=True))
    sizes = []
    while undone := state.undo():
        sizes.append(len(undone.changed))
    assert sizes == [3, 1]
    state.mark([f"{n:016x}" for n in range(9)], MarkChange(starred=True))
    assert (_rows(state, "steps"), _rows(state, "changes"), _rows(state, "runs")) == (1, 1, 1)
    assert state.undo() is not None  # the last one, of any size


def test_the_latest_steps_are_stored_however_large(state: MarkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "MAX_CHANGES", 10)
    ids = [f"{n:016x}" for n in range(50)]
    for n in range(undo.MIN_STEPS + 5):
        state.mark(ids[n % 7 :], MarkChange(starred=True))
        state.mark(ids[n % 7 :], MarkChange(starred=False))
    assert _rows(state, "runs") == 7  # the same articles are stored once
    count = 0
    while state.undo():
        count += 1
    assert count == undo.MIN_STEPS == 100
    while state.undo(redo=True):
        count -= 1
    assert count == 0


def test_undone_steps_are_dropped_before_undoable_ones(state: MarkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "MIN_STEPS", 2)
    monkeypatch.setattr(undo, "MAX_STEPS", 3)
    for id_ in (_A, _B, _C):
        state.mark([id_], MarkChange(read=True))
    state.undo()
    state.mark([_C], MarkChange(starred=True))
    assert state.undo(redo=True) is None
    for _ in range(3):
        assert state.undo() is not None
    assert _marks(state) == {}


def test_an_unreadable_step_is_skipped_and_the_marks_stay(state: MarkStore) -> None:
    for id_ in (_A, _B, _C):
        state.mark([id_], MarkChange(read=True))
    with state.file.current().write() as db:
        db.execute("UPDATE changes SET formers = x'00' WHERE step = 3")
        db.execute("DELETE FROM runs WHERE number = (SELECT run FROM changes WHERE step = 2)")
    undone = state.undo()
    assert undone is not None
    assert undone.changed == {1}
    assert (_marks(state), state.undo()) == ({_B: ArticleMarks(read=True), _C: ArticleMarks(read=True)}, None)


def test_a_document_moved_away_and_back_keeps_interim_changes(state: MarkStore) -> None:
    state.mark([_A], MarkChange(read=True, add_tags=("x",)))
    state.reassign_ids([(1, 2)])
    state.mark([_B], MarkChange(read=False, starred=True))
    for _ in range(2):  # named twice, changed once
        state.reassign_ids([(2, 1)])
        assert _marks(state) == {_A: ArticleMarks(False, True, ("x",)), _B: ArticleMarks(False, True, ("x",))}
    state.reassign_ids([(1, 2)])
    assert _marks(state)[_B] == ArticleMarks(False, True, ("x",))
    undone = state.undo()
    assert undone is not None
    assert (undone.changed, undone.skipped) == ({1, 2}, 0)
    assert _marks(state) == {_A: ArticleMarks(True, False, ("x",)), _B: ArticleMarks(True, False, ("x",))}
    assert state.undo() is not None
    assert (_marks(state), state.undo()) == ({}, None)
    for _ in range(2):
        assert state.undo(redo=True) is not None
    assert _marks(state) == {_A: ArticleMarks(False, True, ("x",)), _B: ArticleMarks(False, True, ("x",))}


def test_if_both_documents_have_a_mark_the_later_wins(state: MarkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for now, id_, read in ((1000, _B, True), (2000, _A, True), (3000, _A, False), (4000, _C, True)):
        monkeypatch.setattr("reader.storage.sqlite.marks.schema.timestamp", lambda now=now: now)
        state.mark([id_], MarkChange(read=read))
    state.reassign_ids([(1, 2), (1, 3)])
    assert _marks(state) == {_C: ArticleMarks(read=True)}
    seen = []
    while state.undo():
        seen.append(sorted(_marks(state)))
    assert seen == [[], [_A, _B], []]


def test_two_documents_that_swap_paths_have_the_later_marks_of_both(
    state: MarkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now, id_, read in ((1000, _A, True), (2000, _B, True), (3000, _B, False)):
        monkeypatch.setattr("reader.storage.sqlite.marks.schema.timestamp", lambda now=now: now)
        state.mark([id_], MarkChange(read=read))
    state.mark([_A], MarkChange(starred=True))
    for _ in range(2):
        state.reassign_ids([(1, 2), (2, 1)])
        assert _marks(state) == {_A: ArticleMarks(starred=True), _B: ArticleMarks(starred=True)}


def test_items_are_stored_undone_and_redone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(MarkStore.open(path)[0]) as state:
        assert (
            state.items.put("view", {"AI": {"query": "tag:ai", "sort": "date"}}, description="Saved the view “AI”.")
            == 1
        )
        version = state.version()
        assert state.items.put("view", {"AI": {"sort": "date", "query": "tag:ai"}, "none": None}, description="x") == 0
        assert state.version() == version
        state.mark([_A], MarkChange(read=True))
        state.items.put("view", {"AI": None, "News": {"query": "tag:ai", "sort": "date"}}, description="Renamed “AI”")
        assert state.items.get("search") == {}
    with closing(MarkStore.open(path)[0]) as state:
        assert state.items.get("view") == {"News": {"query": "tag:ai", "sort": "date"}}
        undone = state.undo()
        assert undone is not None
        assert (undone.sentence, undone.kinds, undone.changed) == ("Undone: renaming “AI”.", {"view"}, set())
        assert state.items.get("view") == {"AI": {"query": "tag:ai", "sort": "date"}}
        undone = state.undo()
        assert undone is not None
        assert (undone.kinds, undone.changed) == (frozenset(), {1})
        undone = state.undo()
        assert undone is not None
        assert undone.description == "Saved the view “AI”"
        assert (state.items.get("view"), state.undo()) == ({}, None)
        while state.undo(redo=True):
            pass
        assert state.items.get("view") == {"News": {"query": "tag:ai", "sort": "date"}}


def test_an_item_changed_since_is_not_undone(state: MarkStore) -> None:
    state.items.put("view", {"one": 1, "two": 2}, description="Saved two views")
    later = content_of(state).items["view", "one"].at + 10
    state.merge(MarkSet(items={("view", "one"): NamedItem(later, "7")}))
    undone = state.undo()
    assert undone is not None
    assert undone.sentence == "Undone: saving two views (1 changed since, left as it is)."
    assert state.items.get("view") == {"one": 7}
    assert content_of(state).items["view", "two"].value == ""
    redone = state.undo(redo=True)
    assert redone is not None
    assert state.items.get("view") == {"one": 7, "two": 2}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("", 1, "is not a valid name"),
        ("x" * 201, 1, "is not a valid name"),
        ("two\nlines", 1, "is not a valid name"),
        ("\x1b[2J", 1, "is not a valid name"),
        ("a", float("nan"), "cannot be written as JSON"),
        ("a", "\ud800", "cannot be written as JSON"),
        ("a", "é" * 20_000, "longer than 32,768 bytes"),
    ],
)
def test_an_invalid_item_is_reported_and_changes_nothing(state: MarkStore, name: str, value: Json, why: str) -> None:
    with pytest.raises(ReaderError, match=why) as caught:
        state.items.put("view", {"fine": 1, name: value}, description="Saved")
    assert str(caught.value).isprintable()
    assert (state.items.get("view"), state.version(), state.undo()) == ({}, 0, None)


_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("mark"), st.sets(st.sampled_from([_A, _B, _C]), min_size=1), st.sampled_from([None, True, False]),
            st.sampled_from([None, True, False]), st.sets(TAGS, max_size=2),
        ),
        st.tuples(st.just("untag"), st.sets(st.sampled_from([_A, _B, _C]), min_size=1), TAGS),
        st.tuples(
            st.just("keep"),
            st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([None, 1, [2]]), min_size=1),
        ),
        st.sampled_from([("undo",), ("redo",)]),
    ),
    max_size=12,
)  # fmt: skip


def _do(state: MarkStore, step: tuple[object, ...]) -> None:
    match step:
        case ("mark", ids, read, starred, tags):
            state.mark(ids, MarkChange(read=read, starred=starred, add_tags=tuple(tags)))  # type: ignore[arg-type]
        case ("untag", ids, text):
            state.mark(ids, MarkChange(remove_tags=(text,)))  # type: ignore[arg-type, list-item]
        case ("keep", things):
            state.items.put("view", things, description="Saved")  # type: ignore[arg-type]
        case ("undo",):
            state.undo()
        case _:
            state.undo(redo=True)


def _all(state: MarkStore) -> tuple[dict[str, ArticleMarks], dict[str, Json]]:
    return _marks(state), state.items.get("view")


@given(_STEPS)
def test_undo_then_redo_changes_nothing(steps: list[tuple[object, ...]]) -> None:
    with closing(MarkStore.in_memory()) as state:
        for step in steps:
            _do(state, step)
        before = _all(state)
        count = 0
        while state.undo():
            count += 1
        assert _all(state) == ({}, {})  # only steps have been here
        for _ in range(count):
            assert state.undo(redo=True) is not None
        assert _all(state) == before


@given(_STEPS)
def test_undo_reverts_exactly_the_last_change(steps: list[tuple[object, ...]]) -> None:
    with closing(MarkStore.in_memory()) as state:
        for step in steps:
            before, version = _all(state), state.version()
            _do(state, step)
            if step[0] in {"mark", "untag", "keep"} and state.version() > version:
                state.undo()
                assert _all(state) == before
                state.undo(redo=True)
